"""Blocks and street sections merged into cells that may be published. Pure.

Cells are merged, never masked: a block of three buildings is shown with its neighbour. What fits in
no cell at all (a hall that outweighs all its neighbours; three houses far from any) is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

from edge.publish.carriers import shown_carriers
from edge.publish.heating import shown_heating
from edge.publish.plain import too_plain
from edge.publish.share import REST, Part, Rule, Share
from edge.publish.ties import NOWHERE, Joined, Net

_ENOUGH = 4  # a cell of so many times k that one building outweighs is not merged further


@dataclass(frozen=True, slots=True)
class Formed:
    """``cells`` maps a place to its cell's name; ``left_out`` buildings are in none."""

    shares: dict[int, Share]
    cells: dict[int, str]
    left_out: int


def form(parts: Iterable[Part], rule: Rule, *, after: int = 0) -> Formed:
    """Merge the places of ``parts`` into cells. New cells are numbered from ``after`` + 1 on."""
    found = _Forming(parts, rule)
    count = len(found.parts)
    while found.grow() or found.tie() or found.outgrown():
        pass
    names = found.names(after)
    shown = shown_carriers(
        [(one, found.pair(one)) for one in found.parts.values()],
        rule,
        first=max(found.places(), default=0) + 1,
    )
    heating = shown_heating(
        ((one, found.pair(one)[0], shown[one.building]) for one in found.parts.values()), rule.k
    )
    shares = {
        one.building: Share(
            one.building,
            names.get(found.cell.of(one.block), "") if one.block else "",
            names.get(found.cell.of(one.section), "") if one.section else "",
            shown[one.building],
            one.kwh,
            one.type,
            one.age,
            heating.get(one.building, REST),
        )
        for one in found.parts.values()
    }
    cells = {place: names[found.cell.of(place)] for place in found.places()}
    return Formed(shares, cells, count - len(found.parts))


class _Forming:
    """Cells on their way: who is in each, and how many buildings it has in common with which."""

    def __init__(self, parts: Iterable[Part], rule: Rule) -> None:
        self.parts: dict[int, Part] = {}
        self.rule = rule
        self.cell = Joined()
        self._blocks: set[int] = set()
        self._members: dict[int, dict[int, Part]] = {}
        self._near: dict[int, dict[int, int]] = {}
        for one in parts:
            if one.block or one.section:
                self.parts[one.building] = one
                self._blocks.add(one.block)
                self._count(one.block, one.section, 1)
                for place in (one.block, one.section):
                    if place != NOWHERE:
                        self._members.setdefault(place, {})[one.building] = one

    def places(self) -> set[int]:
        """Return the places that have buildings."""
        return {place for one in self.parts.values() for place in _ends(one) if place != NOWHERE}

    def names(self, after: int) -> dict[int, str]:
        """Name the cells by the order of their first places: B1, B2, ... and S1, S2, ..."""
        found: dict[int, str] = {}
        for letter, is_block in (("B", True), ("S", False)):
            cells = sorted(one for one in self._members if (one in self._blocks) == is_block)
            found |= {one: f"{letter}{after + number}" for number, one in enumerate(cells, start=1)}
        return found

    def grow(self) -> bool:
        """Merge cells that are too small or too uneven with a neighbour; False if none is."""
        changed = False
        heap = [(len(members), one) for one, members in self._members.items()]
        heapify(heap)
        while heap:
            count, one = heappop(heap)
            members = self._members.get(one, {})
            if count != len(members) or self.rule.allows(part.kwh for part in members.values()):
                continue
            changed = True
            partner = self._partner(one)
            if partner is None or count >= _ENOUGH * self.rule.k:
                gone = list(members.values())
                if count >= self.rule.k:
                    gone = [max(gone, key=_by_amount)]
                touched = {cell for part in gone for cell in self.pair(part)}
                self._leave(gone)
            else:
                touched = {self._join(one, partner)}
            for cell in touched & set(self._members):
                heappush(heap, (len(self._members[cell]), cell))
        return changed

    def tie(self) -> bool:
        """Merge across cuts of fewer than k buildings; False if there is none."""
        net = Net(
            {
                (one, other): count
                for one, row in self._near.items()
                for other, count in row.items()
                if one < other
            },
            self.rule.k,
        )
        changed = False
        while True:
            net.draw()
            small = net.small()
            if not small:
                return changed
            changed = True
            if not self._close(net, {one: net.drawn_into(one).copy() for one in small}):
                return True

    def _close(self, net: Net, sides: Mapping[int, Sequence[int]]) -> bool:
        """Merge one cell across each of these cuts; False if buildings had to be left out."""
        touched: set[int] = set()
        for one, side in sides.items():
            if one in touched:
                continue
            inside, crossing = self._crossing(net, one, side)
            choices = [two for pair in crossing for two in self._across(pair, inside)]
            if not choices:
                gone = {frozenset(pair) for pair in crossing}
                some = {cell for pair in crossing for cell in pair if cell != NOWHERE}
                parts = [part for cell in some for part in self._members[cell].values()]
                self._leave([part for part in parts if frozenset(self.pair(part)) in gone])
                return False
            best = min(choices, key=lambda two: (self._cost(two), two))
            touched |= {net.sets.of(cell) for cell in best}
            self._join(*best)
            net.contract([best])
            touched.add(net.sets.of(best[0]))
        return True

    def _crossing(
        self, net: Net, one: int, side: Sequence[int]
    ) -> tuple[Callable[[int], bool], list[tuple[int, int]]]:
        """Return who is on a cut's side, what was drawn into ``one``, and the pairs across it."""
        near = self._near
        if one in net.near and len(side) == len(net.drawn_into(one)):
            of = net.sets.of
            beyond = [cell for node in net.near[one] for cell in net.drawn_into(node)]
            if len(beyond) < len(side):  # most of the village: from the other side
                pairs = [
                    (inner, outer)
                    for outer in beyond
                    if outer in near
                    for inner in near[outer]
                    if of(inner) == one
                ]
                return lambda cell: of(cell) == one, pairs
        known = {cell for cell in side if cell in near}
        pairs = [(inner, outer) for inner in known for outer in near[inner] if outer not in known]
        return known.__contains__, pairs

    def outgrown(self) -> bool:
        """Leave out buildings that the sums around them would tell too closely."""
        found = too_plain(
            [(*self.pair(one), one.building, one.kwh, one.kwh) for one in self.parts.values()],
            self.rule,
        )
        self._leave([self.parts[building] for building in found])
        return bool(found)

    def pair(self, one: Part) -> tuple[int, int]:
        """Return the cells that a building is in, `NOWHERE` where it is in none."""
        return (
            self.cell.of(one.block) if one.block else NOWHERE,
            self.cell.of(one.section) if one.section else NOWHERE,
        )

    def _across(
        self, pair: tuple[int, int], inside: Callable[[int], bool]
    ) -> list[tuple[int, int]]:
        """Return which two cells of a kind, one on each side, would close the cut at ``pair``."""
        inner, outer = pair
        if NOWHERE in pair:
            return []
        return [
            *((inner, one) for one in self._near[outer] if one != NOWHERE and not inside(one)),
            *((one, outer) for one in self._near[inner] if one != NOWHERE and inside(one)),
        ]

    def _cost(self, two: tuple[int, int]) -> int:
        return sum(len(self._members[one]) for one in two)

    def _partner(self, one: int) -> int | None:
        """Return the cell of the same kind that has most in common with ``one``."""
        common: dict[int, int] = {}
        for between, count in self._near[one].items():
            if between != NOWHERE:
                for other, there in self._near[between].items():
                    if other not in {one, NOWHERE}:
                        common[other] = common.get(other, 0) + min(count, there)
        if common:
            return min(common, key=lambda cell: (-common[cell], len(self._members[cell]), cell))
        kind = one in self._blocks
        alike = [cell for cell in self._members if (cell in self._blocks) == kind and cell != one]
        return min(alike, key=lambda cell: (abs(cell - one), cell), default=None)

    def _join(self, one: int, other: int) -> int:
        """Make one cell of two and return it."""
        self.cell.join(one, other)
        keep = self.cell.of(one)
        gone = other if keep == one else one
        self._members[keep] |= self._members.pop(gone)
        for near, count in self._near.pop(gone).items():
            del self._near[near][gone]
            self._count(keep, near, count)
        return keep

    def _leave(self, parts: Iterable[Part]) -> None:
        for one in parts:
            if self.parts.pop(one.building, None) is None:
                continue
            pair = self.pair(one)
            self._count(*pair, -1)
            for cell in pair:
                if cell != NOWHERE:
                    del self._members[cell][one.building]
                    if not self._members[cell]:
                        del self._members[cell], self._near[cell]

    def _count(self, one: int, other: int, more: int) -> None:
        for here, there in ((one, other), (other, one)):
            row = self._near.setdefault(here, {})
            row[there] = row.get(there, 0) + more
            if not row[there]:
                del row[there]


def _by_amount(one: Part) -> tuple[int, int]:
    return one.kwh, one.building


def _ends(one: Part) -> tuple[int, int]:
    return one.block, one.section
