"""Blocks and street sections merged into cells that may be published. Pure.

Cells are merged, never masked: a block of three buildings is shown with its neighbour. What fits in
no cell at all (a hall that outweighs all its neighbours; three houses far from any) is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

from edge.publish.share import REST, Part, Rule, Share
from edge.publish.ties import NOWHERE, Joined, Net, counted, small_sides

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
    node_of, carrier_of = _carriers(found)
    shares = {
        one.building: Share(
            one.building,
            names.get(found.cell.of(one.block), "") if one.block else "",
            names.get(found.cell.of(one.section), "") if one.section else "",
            carrier_of[node_of[one.building]],
            one.kwh,
            one.type,
            one.age,
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
            sides: dict[int, set[int]] = {one: set() for one in small}
            for node in self._near:
                sides.get(net.sets.of(node), set()).add(node)
            if not self._close(net, sides):
                return True

    def _close(self, net: Net, sides: Mapping[int, set[int]]) -> bool:
        """Merge one cell across each of these cuts; False if buildings had to be left out."""
        touched: set[int] = set()
        for one, side in sides.items():
            if one in touched:
                continue
            crossing = [
                (inner, outer)
                for inner in sorted(side)
                for outer in self._near[inner]
                if outer not in side
            ]
            choices = [two for pair in crossing for two in self._across(pair, side)]
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

    def _across(self, pair: tuple[int, int], side: set[int]) -> list[tuple[int, int]]:
        """Return which two cells of a kind, one on each side, would close the cut at ``pair``."""
        inner, outer = pair
        if NOWHERE in pair:
            return []
        return [
            *((inner, one) for one in self._near[outer] if one not in side and one != NOWHERE),
            *((one, outer) for one in self._near[inner] if one in side and one != NOWHERE),
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


Edge = tuple[int, int, int, int, int]


def too_plain(edges: Sequence[Edge], rule: Rule) -> list[int]:
    """Return buildings whose amount all sums together might tell more closely than p percent.

    ``edges`` are two nodes, the building, and the least and the most that it was published with. A
    building is safe if enough of its neighbours' amounts could be its own without any sum changing:
    those between the same two nodes, and those on the other corners of two blocks and two sections.
    """
    large = rule.large(min((low for *_, low, _ in edges), default=0))
    suspects = [edge for edge in edges if edge[4] > large]
    if not suspects:
        return []
    amount: dict[tuple[int, int], int] = {}
    near: dict[int, set[int]] = {}
    for block, section, _, low, _ in edges:
        amount[block, section] = amount.get((block, section), 0) + low
        near.setdefault(block, set()).add(section)
        near.setdefault(section, set()).add(block)
    found = []
    for block, section, building, low, high in suspects:
        room = amount[block, section] - low
        given: dict[int, int] = {}  # what of each other section of the block is taken already
        for other in sorted(near[section] - {block}):
            left = amount.get((other, section), 0)
            for one in sorted(near[other] & near[block] - {section}):
                step = min(left, amount.get((block, one), 0) - given.get(one, 0))
                given[one] = given.get(one, 0) + step
                room, left = room + step, left - step
        if 100 * room < rule.p_percent * high:
            found.append(building)
    return found


def _by_amount(one: Part) -> tuple[int, int]:
    return one.kwh, one.building


def _ends(one: Part) -> tuple[int, int]:
    return one.block, one.section


def _carriers(found: _Forming) -> tuple[dict[int, int], dict[int, str]]:
    """Tell carriers apart in blocks where that is safe: each building's node, each node's carrier.

    Nodes are new numbers; a carrier that cannot be told apart is among :data:`REST`.
    """
    by_cell: dict[int, list[Part]] = {}
    for one in found.parts.values():
        by_cell.setdefault(found.cell.of(one.block) if one.block else NOWHERE, []).append(one)
    named = {
        cell: _named(members, found.rule) if cell != NOWHERE else set()
        for cell, members in by_cell.items()
    }
    section = {
        one.building: found.cell.of(one.section) if one.section else NOWHERE
        for one in found.parts.values()
    }
    start = max(found.places(), default=0) + 1
    while True:
        numbers: dict[tuple[int, str], int] = {}
        node_of: dict[int, int] = {}
        for cell, members in by_cell.items():
            for one in members:
                key = (cell, one.carrier if one.carrier in named[cell] else REST)
                node_of[one.building] = numbers.setdefault(key, start + len(numbers))
        edges = [
            (
                node_of[one.building] if one.block else NOWHERE,
                section[one.building],
                one.building,
                one.kwh,
                one.kwh,
            )
            for one in found.parts.values()
        ]
        sides = small_sides(counted(edge[:2] for edge in edges), found.rule.k)
        wrong = set().union(*sides)
        plain = set(too_plain(edges, found.rule))
        wrong |= {node for node, _, building, *_ in edges if building in plain}
        cells = {cell for (cell, _), node in numbers.items() if node in wrong and named[cell]}
        if not wrong:
            return node_of, {node: carrier for (_, carrier), node in numbers.items()}
        for cell in cells or {cell for cell, carriers in named.items() if carriers}:
            named[cell] = set()


def _named(members: Sequence[Part], rule: Rule) -> set[str]:
    """Return the carriers of a cell that may be told apart, each and all the others together."""
    by_carrier: dict[str, list[int]] = {}
    for one in members:
        by_carrier.setdefault(one.carrier, []).append(one.kwh)
    named = {
        carrier
        for carrier, amounts in by_carrier.items()
        if carrier != REST and rule.allows(amounts)
    }
    while named:
        rest = [kwh for carrier, each in by_carrier.items() if carrier not in named for kwh in each]
        if not rest or rule.allows(rest):
            break
        named.remove(min(named, key=lambda carrier: (len(by_carrier[carrier]), carrier)))
    return named
