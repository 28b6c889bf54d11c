"""What was published of buildings, and what of that may change in another release. Pure.

A cell's buildings are the same for a year. After it, buildings join, leave or change their carrier
only in sets that no sum, no difference between releases, and no difference between blocks and
sections tells from fewer than k others. A value changes only together with as many others; until
then it stays what it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from edge.publish.cells import form
from edge.publish.plain import too_plain
from edge.publish.share import REST, Part, Rule, Share
from edge.publish.ties import NOWHERE, counted, firm, small_sides

_Cell = tuple[str, str]  # a cell of blocks and a carrier, or a cell of sections and nothing


@dataclass(frozen=True, slots=True)
class Line:
    """Buildings that were in the same cells in every release have the same number, else not.

    ``low`` and ``high``: the least and the most kWh that a building was published with.
    """

    block: int
    section: int
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class History:
    """All that was published: what holds now, by building, and how it came to be there."""

    shares: dict[int, Share]
    lines: dict[int, Line]
    cells: dict[int, str]
    next_line: int


@dataclass(frozen=True, slots=True)
class Change:
    """What another release changes: shares, and cells of places that had none.

    ``waiting`` buildings joined, left or changed, and are shown so once there are enough of them.
    ``left_out`` buildings fit in no cell.
    """

    shares: dict[int, Share]
    cells: dict[int, str]
    waiting: int
    left_out: int


def history(released: Iterable[tuple[int, Share]], cells: Mapping[int, str]) -> History:
    """Return the history of releases, each share with its release's number, in order."""
    shares: dict[int, Share] = {}
    lines: dict[int, Line] = {}
    known: dict[tuple[int, int, str, str], int] = {}
    for release, one in released:
        before, line = shares.get(one.building), lines.get(one.building)
        shares[one.building] = one
        lines[one.building] = _line(before, line, one, release, known)
    return History(shares, lines, dict(cells), len(known) + 1)


def _line(
    before: Share | None,
    line: Line | None,
    now: Share,
    release: int,
    known: dict[tuple[int, int, str, str], int],
    *,
    start: int = 1,
) -> Line:
    block, section = (NOWHERE, NOWHERE) if line is None else (line.block, line.section)
    if (now.block, now.carrier) != (
        ("", REST) if before is None else (before.block, before.carrier)
    ):
        block = known.setdefault((release, block, now.block, now.carrier), len(known) + start)
    if now.section != ("" if before is None else before.section):
        section = known.setdefault((-release, section, now.section, ""), len(known) + start)
    low = now.kwh if line is None else min(line.low, now.kwh)
    high = now.kwh if line is None else max(line.high, now.kwh)
    return Line(block, section, low, high)


def advance(past: History, parts: Iterable[Part], rule: Rule, *, thaw: bool) -> Change:
    """Return what may change after ``past``. ``thaw``: a new year began, cells may change."""
    standing = {one.building: one for one in parts}
    moved: dict[int, Share] = {}
    cells: dict[int, str] = {}
    left_out = wished = 0
    if thaw:
        new = [one for one in standing.values() if one.building not in past.shares]
        fresh = form(
            [one for one in new if not {one.block, one.section} & set(past.cells)],
            rule,
            after=max((int(name[1:]) for name in past.cells.values()), default=0),
        )
        cells, left_out = fresh.cells, fresh.left_out
        wishes = _wishes(past, standing, new, fresh.shares, rule.k)
        wished = len(wishes)
        moved = _allowed(past, wishes, fresh.shares, rule)
        cells = cells if set(fresh.shares) <= set(moved) else {}
        moved = _described(past, moved, standing, rule)
    valued = _valued(past, moved, standing, rule)
    granted = sum(one in moved for one in wishes) if thaw else 0
    held = sum(
        one.building in past.shares
        and one.kwh != past.shares[one.building].kwh
        and one.building not in valued
        for one in standing.values()
    )
    return Change({**moved, **valued}, cells, wished - granted + held, left_out)


def _wishes(
    past: History,
    standing: Mapping[int, Part],
    new: Iterable[Part],
    fresh: Mapping[int, Share],
    k: int,
) -> dict[int, Share]:
    """Return how buildings would be shown if nobody could compare."""
    named: dict[str, set[str]] = {}
    for one in past.shares.values():
        named.setdefault(one.block, set()).add(one.carrier)
    found: dict[int, Share] = {}
    for one in past.shares.values():
        part = standing.get(one.building)
        if not one.block and not one.section:
            continue
        if part is None:
            found[one.building] = replace(one, block="", section="", carrier=REST)
        elif one.block and part.carrier != one.carrier:
            found[one.building] = replace(one, carrier=part.carrier)
    for part in new:
        if part.building in fresh:
            continue
        block, section = past.cells.get(part.block, ""), past.cells.get(part.section, "")
        if block or section:
            carrier = part.carrier if block else REST
            found[part.building] = Share(
                part.building, block, section, carrier, part.kwh, part.type, part.age
            )
    return {
        building: wish
        for building, wish in _merged(found, named, past, k).items()
        if wish != past.shares.get(building)
    }


def _merged(
    wishes: Mapping[int, Share], named: Mapping[str, set[str]], past: History, k: int
) -> dict[int, Share]:
    """Put carriers that were not told apart in a cell, and are still of few, among the rest."""
    count: dict[tuple[str, str], int] = {}
    for one in wishes.values():
        count[one.block, one.carrier] = count.get((one.block, one.carrier), 0) + 1
    found = {}
    for building, one in wishes.items():
        known = one.carrier in named.get(one.block, set())
        before = past.shares.get(building)
        if not known and (count[one.block, one.carrier] < k or before is None):
            one = replace(one, carrier=REST)  # noqa: PLW2901
        found[building] = one
    return found


def _allowed(
    past: History, wishes: dict[int, Share], fresh: Mapping[int, Share], rule: Rule
) -> dict[int, Share]:
    """Return the wishes, as many as can be, that leave no cut of too few."""
    left = dict(wishes)
    cells = _Uneven({**past.shares, **left, **fresh}, rule)
    while True:
        lines = _lines(past, {**left, **fresh})
        edges = [
            (line.block, line.section, building, line.low, line.high)
            for building, line in lines.items()
        ]
        sides = small_sides(counted((line.block, line.section) for line in lines.values()), rule.k)
        wrong: set[int] = set().union(*sides)
        plain = set(too_plain(edges, rule))
        wrong |= {node for edge in edges if edge[2] in plain for node in edge[:2]}
        uneven = cells.found()
        if not wrong and not uneven:
            return {**left, **fresh}
        if not left and not fresh:
            return {}
        drop = {
            building
            for building, wish in left.items()
            if {*_nodes(lines[building]), *_nodes(past.lines.get(building))} & wrong
            or {*_cells(wish), *_cells(past.shares.get(building))} & uneven
        }
        if not drop and not left:  # it is the new cells that do not fit
            for one in fresh.values():
                cells.move(one, None)
            fresh = {}
        for building in drop or set(left):
            cells.move(left.pop(building), past.shares.get(building))


def _lines(past: History, changes: Mapping[int, Share]) -> dict[int, Line]:
    known: dict[tuple[int, int, str, str], int] = {}
    lines = dict(past.lines)
    for building, one in changes.items():
        lines[building] = _line(
            past.shares.get(building), past.lines.get(building), one, 1, known,
            start=past.next_line,
        )  # fmt: skip
    return lines


class _Uneven:
    """The cells that the rule does not let be shown; asked again, only what moved is looked at."""

    def __init__(self, shares: Mapping[int, Share], rule: Rule) -> None:
        self._rule = rule
        self._amounts: dict[_Cell, dict[int, int]] = {}
        for building, one in shares.items():
            for cell in _cells(one):
                self._amounts.setdefault(cell, {})[building] = one.kwh
        self._touched = set(self._amounts)
        self._found: set[_Cell] = set()

    def move(self, one: Share, to: Share | None) -> None:
        """Show a building as ``to`` says instead."""
        for cell in _cells(one):
            del self._amounts[cell][one.building]
            self._touched.add(cell)
        for cell in _cells(to):
            self._amounts.setdefault(cell, {})[one.building] = to.kwh if to else 0
            self._touched.add(cell)

    def found(self) -> set[_Cell]:
        """Return the cells that are so now."""
        for cell in self._touched:
            amounts = self._amounts[cell]
            if amounts and not self._rule.allows(amounts.values()):
                self._found.add(cell)
            else:
                self._found.discard(cell)
        self._touched = set()
        return self._found


def _described(
    past: History, moved: dict[int, Share], standing: Mapping[int, Part], rule: Rule
) -> dict[int, Share]:
    """Add types and age classes that changed in k buildings of a cell and more."""
    differ: dict[str, list[Share]] = {}
    for building, before in past.shares.items():
        one, part = moved.get(building, before), standing.get(building)
        if one.block and part is not None and (part.type, part.age) != (one.type, one.age):
            differ.setdefault(one.block, []).append(replace(one, type=part.type, age=part.age))
    changed = {one.building: one for each in differ.values() if len(each) >= rule.k for one in each}
    return {**moved, **changed}


def _valued(
    past: History, moved: Mapping[int, Share], standing: Mapping[int, Part], rule: Rule
) -> dict[int, Share]:
    """Return the shares whose amount may change, and does."""
    shares, lines = {**past.shares, **moved}, _lines(past, moved)
    new = {
        building: part.kwh
        for building, part in standing.items()
        if building in past.shares
        and (shares[building].block or shares[building].section)
        and part.kwh != shares[building].kwh
    }
    members: dict[_Cell, list[int]] = {}
    for building, one in shares.items():
        for cell in _cells(one):
            members.setdefault(cell, []).append(building)
    nodes = {building: _nodes(lines[building]) for building in new}
    while new:
        count = len(new)
        tied = firm(counted(nodes[building] for building in new), rule.k)
        new = {building: kwh for building, kwh in new.items() if nodes[building] in tied}
        new = _even(shares, members, new, rule)
        if len(new) < count:
            continue
        plain = _plain(lines, new, rule)
        new = {building: kwh for building, kwh in new.items() if not plain & set(nodes[building])}
        if len(new) == count:
            break
    return {building: replace(shares[building], kwh=kwh) for building, kwh in new.items()}


def _plain(lines: Mapping[int, Line], new: Mapping[int, int], rule: Rule) -> set[int]:
    """Return the nodes at which a building could be told too closely with its new amount."""
    edges = []
    for building, line in lines.items():
        kwh = new.get(building, line.low)
        low, high = min(line.low, kwh), max(line.high, kwh)
        edges.append((line.block, line.section, building, low, high))
    return {node for one in too_plain(edges, rule) for node in _nodes(lines[one])} - {NOWHERE}


def _even(
    shares: Mapping[int, Share],
    members: Mapping[_Cell, Sequence[int]],
    new: dict[int, int],
    rule: Rule,
) -> dict[int, int]:
    """Leave out the largest changes where one would be most of its cell's, or of its new sum."""
    steps: dict[_Cell, dict[int, int]] = {}
    for building, kwh in new.items():
        for cell in _cells(shares[building]):
            steps.setdefault(cell, {})[building] = abs(kwh - shares[building].kwh)
    drop: set[int] = set()
    for cell, each in steps.items():
        amounts = [new.get(one, shares[one].kwh) for one in members[cell]]
        if not rule.allows(each.values()) or not rule.allows(amounts):
            few = len(each) <= rule.k
            drop |= set(each) if few else {max(each, key=lambda one: (each[one], one))}
    return {building: kwh for building, kwh in new.items() if building not in drop}


def _nodes(line: Line | None) -> tuple[int, int]:
    return (NOWHERE, NOWHERE) if line is None else (line.block, line.section)


def _cells(one: Share | None) -> list[_Cell]:
    if one is None:
        return []
    found = [(one.block, one.carrier)] if one.block else []
    return [*found, (one.section, "§")] if one.section else found
