"""Which wishes to show buildings otherwise may come true together in one release. Pure.

All are granted at first; then, round by round, those around a cut of too few, a building that could
be told, or a sum of too few are refused, until nothing is wrong. A refused wish is never heard
again, so what is shown in spite of it only grows: the nodes that this draws together stay together,
and each round looks at the rest alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from edge.publish.heating import Classes
from edge.publish.history import (
    Cell,
    Class,
    History,
    Line,
    cells_of,
    class_of,
    lines_after,
    nodes_of,
)
from edge.publish.plain import Edge, Sums
from edge.publish.share import Rule, Share
from edge.publish.ties import NOWHERE, Net, counted

_Place = int | Cell | Class


def allowed(
    past: History, wishes: dict[int, Share], fresh: Mapping[int, Share], rule: Rule
) -> dict[int, Share]:
    """Return the wishes, as many as can be, that leave no cut of too few, and ``fresh``.

    ``fresh`` are buildings of new cells: they are left out, all of them, if they do not fit.
    """
    if not wishes and not fresh:
        return {}
    left, new = dict(wishes), dict(fresh)
    granted = _Granted(past, left, new, rule)
    while left or new:
        wrong = granted.wrong()
        if not wrong:
            break
        drop = granted.around(wrong, left)
        if not drop and not left:  # it is the new cells that do not fit
            drop, new = set(new), {}
        drop = drop or set(left)
        for building in drop:
            left.pop(building, None)
        granted.refuse(drop)
    return {**left, **new}


class _Granted:
    """Buildings as they stand if the wishes that nobody refused yet came true."""

    def __init__(
        self, past: History, wishes: Mapping[int, Share], fresh: Mapping[int, Share], rule: Rule
    ) -> None:
        self._past = past
        self._changes = {**wishes, **fresh}
        self._lines = lines_after(past, self._changes)
        self._net = Net(counted(_stay(past, self._changes)), rule.k)
        self._moving = counted(nodes_of(self._lines[building]) for building in self._changes)
        self._order = _Order(past, self._changes, self._lines)
        self._told = _Told(self._lines, past.lines, rule)
        self._cells = _Uneven({**past.shares, **self._changes}, rule)
        self._classes = Classes(self._lines.values(), rule.k)
        self._rounds = 0
        self._at: dict[_Place, list[int]] = {}  # the wishes of each: those left by the first round

    def wrong(self) -> set[_Place]:
        """Return the nodes, cells and classes that must not be shown as they are now."""
        return {*self._loose(), *self._told.nodes(), *self._cells.found(), *self._classes.few}

    def _loose(self) -> set[int]:
        """Return the nodes on the small side of a cut of too few.

        The same as if nothing were known of earlier rounds: nodes have their turn as buildings do.
        """
        net, order = self._net, self._order
        net.draw_heavy()
        named = order.names(self._changes)
        trial = net.copy()
        for (one, other), count in self._moving.items():
            first, second = named.get(one), named.get(other)
            trial.add(
                net.sets.of(one) if first is None else first,
                net.sets.of(other) if second is None else second,
                count,
            )
        trial.draw_heavy()
        trial.sort(order.first)
        trial.draw()
        of = {name: node for node, name in named.items()}
        found: set[int] = set()
        for small in trial.small():
            for node in trial.drawn_into(small):
                found.update((of[node],) if node in of else net.drawn_into(node))
        return found

    def around(self, wrong: set[_Place], left: Mapping[int, Share]) -> set[int]:
        """Return whose wish, of those that are left, has to do with these; it is to be refused."""
        self._rounds += 1
        if self._rounds == 1:  # most are: these are not worth an index
            return {one for one in left if not wrong.isdisjoint(self._places(one))}
        if self._rounds == 2:
            for building in left:
                for place in self._places(building):
                    self._at.setdefault(place, []).append(building)
        found: set[int] = set()
        for place in wrong:
            found.update(self._at.pop(place, ()))
        return found & left.keys()

    def _places(self, building: int) -> set[_Place]:
        """Return where a building was and would be."""
        past = self._past
        return {
            *_places(past.lines.get(building)),
            *_places(self._lines[building]),
            *cells_of(past.shares.get(building)),
            *cells_of(self._changes[building]),
        }

    def refuse(self, buildings: Iterable[int]) -> None:
        """Show these as before."""
        gone: dict[tuple[int, int], int] = {}
        back: dict[tuple[int, int], int] = {}
        for building in buildings:
            now, old = self._lines[building], self._past.lines.get(building)
            pair = now.block, now.section
            gone[pair] = gone.get(pair, 0) + 1
            if old is not None:
                pair = old.block, old.section
                back[pair] = back.get(pair, 0) + 1
                self._order.stand(building, old)
            self._told.move(building, now, old)
            self._classes.move(now, old)
            self._cells.move(self._changes.pop(building), self._past.shares.get(building))
        for pair, count in gone.items():
            self._moving[pair] -= count
            if not self._moving[pair]:
                del self._moving[pair]
        for pair, count in back.items():
            self._net.add(*pair, count)


def _places(line: Line | None) -> tuple[_Place, ...]:
    alike = class_of(line)
    return nodes_of(line) if alike is None else (*nodes_of(line), alike)


def _stay(past: History, changes: Mapping[int, Share]) -> Iterable[tuple[int, int]]:
    """Yield the nodes of those who have no wish."""
    return (
        (line.block, line.section)
        for building, line in past.lines.items()
        if building not in changes
    )


class _Order:
    """When nodes have their turn: as their first buildings do, of those that are there now."""

    def __init__(
        self, past: History, changes: Mapping[int, Share], lines: Mapping[int, Line]
    ) -> None:
        self._next = past.next_line
        self._place = {building: 2 * number for number, building in enumerate(lines)}
        self._turn: dict[int, int] = {}  # of nodes that were there before: these only gain
        self._guests: dict[int, int] = {}  # of others, as they are named now
        for building in past.lines:
            self.stand(building, lines[building])
        self._come: dict[int, list[tuple[int, int, int]]] = {}  # to others, the first one last
        for number, building in reversed(list(enumerate(changes))):
            for side, node in enumerate(nodes_of(lines[building])):
                if node >= self._next or (node == NOWHERE and building not in past.lines):
                    name = NOWHERE if node == NOWHERE else self._next + 2 * number + side
                    one = building, name, self._place[building] + side
                    self._come.setdefault(node, []).append(one)

    def stand(self, building: int, line: Line) -> None:
        """Let a building stand where it was before."""
        if line.block == line.section:
            return
        turn, turns = self._place[building], self._turn
        if line.block < self._next and turn < turns.get(line.block, turn + 1):
            turns[line.block] = turn
        turn += 1
        if line.section < self._next and turn < turns.get(line.section, turn + 1):
            turns[line.section] = turn

    def names(self, changes: Mapping[int, Share]) -> dict[int, int]:
        """Name the new nodes of those who still have a wish by who comes there first."""
        found: dict[int, int] = {}
        self._guests = {}
        for node, come in self._come.items():
            while come and come[-1][0] not in changes:
                come.pop()
            if come:
                _, found[node], self._guests[found[node]] = come[-1]
        return found

    def first(self, name: int) -> int:
        """Return a node's turn, by its name."""
        turns = self._turn.get(name), self._guests.get(name)
        return min(turn for turn in turns if turn is not None)


class _Told:
    """The buildings that all sums together tell too closely; only what moved is looked at again."""

    def __init__(self, lines: Mapping[int, Line], stay: Mapping[int, Line], rule: Rule) -> None:
        self._rule = rule
        self._sums = Sums([_edge(building, line) for building, line in lines.items()], rule)
        self._suspects = {edge[2]: edge for edge in self._sums.suspects}
        self._by_section: dict[int, set[int]] = {}
        for edge in self._sums.suspects:
            self._by_section.setdefault(edge[1], set()).add(edge[2])
        self._plain = set(self._sums.too_plain())
        self._least = min((line.low for line in stay.values()), default=None)
        self._guests = {one: line.low for one, line in lines.items() if one not in stay}
        self._left = False

    def nodes(self) -> set[int]:
        """Return the nodes that the buildings stand between which could be told now."""
        if self._left:
            self._trust()
        again = {one for node in self._sums.shaken() for one in self._by_section.get(node, ())}
        self._plain -= again
        self._plain.update(self._sums.too_plain(self._suspects[one] for one in again))
        return {node for one in self._plain for node in self._suspects[one][:2]}

    def move(self, building: int, now: Line, to: Line | None) -> None:
        """Show a building, of the same amount, between other nodes, or nowhere."""
        if not self._suspects:
            return
        edge = None if to is None else _edge(building, to)
        self._sums.move(_edge(building, now), edge)
        if building in self._suspects:
            self._lose(building)
            if edge is not None:
                self._suspects[building] = edge
                self._by_section.setdefault(edge[1], set()).add(building)
        if edge is None:
            del self._guests[building]
            self._left = True

    def _lose(self, building: int) -> None:
        self._by_section[self._suspects.pop(building)[1]].remove(building)
        self._plain.discard(building)

    def _trust(self) -> None:
        """Suspect nobody who is not large beside the smallest that is left."""
        self._left = False
        lows = [*self._guests.values(), *([] if self._least is None else [self._least])]
        large = self._rule.large(min(lows, default=0))
        for building in [one for one, edge in self._suspects.items() if edge[4] <= large]:
            self._lose(building)


def _edge(building: int, line: Line) -> Edge:
    return line.block, line.section, building, line.low, line.high


class _Uneven:
    """The cells that the rule does not let be shown; asked again, only what moved is looked at."""

    def __init__(self, shares: Mapping[int, Share], rule: Rule) -> None:
        self._rule = rule
        self._amounts: dict[Cell, dict[int, int]] = {}
        for building, one in shares.items():
            for cell in cells_of(one):
                self._amounts.setdefault(cell, {})[building] = one.kwh
        self._touched = set(self._amounts)
        self._found: set[Cell] = set()

    def move(self, one: Share, to: Share | None) -> None:
        """Show a building as ``to`` says instead, its amount the same."""
        before, after = cells_of(one), cells_of(to)
        for cell in before:
            if cell not in after:
                del self._amounts[cell][one.building]
                self._touched.add(cell)
        for cell in after:
            if cell not in before:
                self._amounts.setdefault(cell, {})[one.building] = one.kwh
                self._touched.add(cell)

    def found(self) -> set[Cell]:
        """Return the cells that are so now."""
        for cell in self._touched:
            amounts = self._amounts[cell]
            if amounts and not self._rule.allows(amounts.values()):
                self._found.add(cell)
            else:
                self._found.discard(cell)
        self._touched = set()
        return self._found
