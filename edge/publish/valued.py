"""Whose amount may change in a release: only together with as many others'. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from edge.publish.history import Cell, History, Line, cells_of, lines_after, nodes_of
from edge.publish.plain import too_plain
from edge.publish.share import Part, Rule, Share
from edge.publish.ties import NOWHERE, firm

_Pair = tuple[int, int]


def valued(
    past: History, moved: Mapping[int, Share], standing: Mapping[int, Part], rule: Rule
) -> dict[int, Share]:
    """Return the shares whose amount may change, and does; ``moved`` are shown otherwise now."""
    shares, lines = {**past.shares, **moved}, lines_after(past, moved)
    new: dict[int, int] = {}
    for building, part in standing.items():
        one = shares.get(building)
        if one is None or building not in past.shares or part.kwh == one.kwh:
            continue
        if one.block or one.section:
            new[building] = part.kwh
    changing = _Changing(shares, lines, new, rule)
    while changing.new:
        if changing.settle():
            continue
        plain = _plain(lines, changing.new, rule)
        drop = [one for one in changing.new if not plain.isdisjoint(nodes_of(lines[one]))]
        changing.leave(drop)
        if not drop:
            break
    return {building: shares[building].of(kwh) for building, kwh in changing.new.items()}


class _Changing:
    """The amounts that are to change; asked again, only what was left out is looked at."""

    def __init__(
        self,
        shares: Mapping[int, Share],
        lines: Mapping[int, Line],
        new: dict[int, int],
        rule: Rule,
    ) -> None:
        self.new = new
        self._shares, self._lines, self._rule = shares, lines, rule
        self._between: dict[_Pair, set[int]] = {}
        for building in new:
            self._between.setdefault(nodes_of(lines[building]), set()).add(building)
        self._around: dict[int, set[_Pair]] = {}
        for pair in self._between:
            for node in pair:
                self._around.setdefault(node, set()).add(pair)
        self._weaker = set(self._around)  # what a cut of too few may part since it was asked last
        self._steps: dict[Cell, dict[int, int]] = {}
        self._members: dict[Cell, list[int]] = {}
        for building, one in shares.items():
            kwh = new.get(building)
            for cell in cells_of(one):
                self._members.setdefault(cell, []).append(building)
                if kwh is not None:
                    self._steps.setdefault(cell, {})[building] = abs(kwh - one.kwh)
        self._touched = set(self._steps)

    def leave(self, buildings: Iterable[int]) -> None:
        """Leave the amounts of these as they are."""
        for building in buildings:
            del self.new[building]
            pair = nodes_of(self._lines[building])
            left = self._between[pair]
            left.remove(building)
            if len(left) < self._rule.k:
                self._weaker.update(pair)
            if not left:
                del self._between[pair]
                for node in pair:
                    self._around[node].discard(pair)
            for cell in cells_of(self._shares[building]):
                del self._steps[cell][building]
                self._touched.add(cell)

    def settle(self) -> bool:
        """Leave out what cannot change by itself; return whether anything was."""
        pairs = {pair: len(self._between[pair]) for pair in self._shaken()}
        kept = firm(pairs, self._rule.k)
        loose = [one for pair in pairs if pair not in kept for one in self._between[pair]]
        self.leave(loose)
        uneven = self._uneven()
        self.leave(uneven)
        return bool(loose or uneven)

    def _shaken(self) -> set[_Pair]:
        """Return the pairs that hang together with what is weaker; all others are firm still."""
        todo, seen = list(self._weaker), self._weaker
        found: set[_Pair] = set()
        while todo:
            for pair in self._around[todo.pop()]:
                found.add(pair)
                for node in pair:
                    if node not in seen:
                        seen.add(node)
                        todo.append(node)
        self._weaker = set()
        return found

    def _uneven(self) -> set[int]:
        """Return the largest changes where one would be most of its cell's, or of its new sum."""
        drop: set[int] = set()
        new, shares = self.new, self._shares
        for cell in self._touched:
            each = self._steps[cell]
            if not each:
                continue
            amounts = [new[one] if one in new else shares[one].kwh for one in self._members[cell]]
            if not self._rule.allows(each.values()) or not self._rule.allows(amounts):
                few = len(each) <= self._rule.k
                drop |= set(each) if few else {max((step, one) for one, step in each.items())[1]}
        self._touched = set()
        return drop


def _plain(lines: Mapping[int, Line], new: Mapping[int, int], rule: Rule) -> set[int]:
    """Return the nodes at which a building could be told too closely with its new amount."""
    edges = []
    for building, line in lines.items():
        low, high, kwh = line.low, line.high, new.get(building)
        if kwh is not None:
            low, high = min(low, kwh), max(high, kwh)
        edges.append((line.block, line.section, building, low, high))
    return {node for one in too_plain(edges, rule) for node in nodes_of(lines[one])} - {NOWHERE}
