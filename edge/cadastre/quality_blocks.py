"""How complete the cadastre is block by block, and nowhere of fewer than five buildings.

Blocks of fewer, and buildings of no block, are folded into one; if they are fewer than five
together, the smallest blocks go with them. So no difference of two rows is of fewer either.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from edge.heat.building import FEW_UNITS, Building, is_one_home
from edge.store.village import VillageStore

MARKS = ("type", "age", "area", "heating", "measured", "estimated")


@dataclass(frozen=True, slots=True)
class BlockQuality:
    """How many buildings of a block have what, by mark of `MARKS`.

    ``may_heat`` of them are no houses of one or two homes, whose heating is the household's own
    and not here. ``place`` is None of what was folded, which has ``folded`` blocks.
    """

    name: str
    place: int | None
    buildings: int
    may_heat: int
    have: dict[str, int]
    folded: int = 0

    def of(self, mark: str) -> int:
        """Return how many buildings could have a mark."""
        return self.may_heat if mark == "heating" else self.buildings

    @property
    def share(self) -> float:
        """What there is of all that there could be, 0 to 1."""
        return sum(self.have.values()) / sum(map(self.of, MARKS))


@dataclass(frozen=True, slots=True)
class _Known:
    """Buildings that are measured, alone or with others, and those that are estimated."""

    measured: frozenset[int]
    estimated: frozenset[int]


def quality_blocks(village: VillageStore) -> list[BlockQuality]:
    """Return the blocks, the least complete first and what was folded last; none of a few houses.

    :raises StoreError: if the store cannot be read.
    """
    places = {one.name: one.place for one in village.heat_places("block")}
    measured = set(village.lawful_years())
    measured |= {one.building for one in village.meter_assignments() if one.valid_until is None}
    measured |= {one for group in village.heat_groups() for one in group.buildings}
    known = _Known(frozenset(measured), frozenset(village.heat_estimates()))
    by_block: dict[str, list[Building]] = {}
    for one in village.cadastre():
        by_block.setdefault(one.block, []).append(one)
    rest = by_block.pop("", [])
    folded = 0
    for name in sorted(by_block, key=lambda one: (len(by_block[one]), one)):
        if len(by_block[name]) >= FEW_UNITS and (not rest or len(rest) >= FEW_UNITS):
            break
        rest += by_block.pop(name)
        folded += 1
    found = [_counted(name, places.get(name), some, known) for name, some in by_block.items()]
    found.sort(key=lambda one: (one.share, one.name))
    if len(rest) >= FEW_UNITS:
        found.append(_counted("", None, rest, known, folded))
    return found


def _counted(
    name: str, place: int | None, buildings: Collection[Building], known: _Known, folded: int = 0
) -> BlockQuality:
    have: Counter[str] = Counter(dict.fromkeys(MARKS, 0))
    may_heat = 0
    for one in buildings:
        may = not is_one_home(one.type, one.amount("units"))
        may_heat += may
        have.update(_marks(one, may=may))
        have["measured"] += one.number in known.measured
        have["estimated"] += one.number in known.estimated
    return BlockQuality(name, place, len(buildings), may_heat, dict(have), folded)


def _marks(one: Building, *, may: bool) -> Iterable[str]:
    if one.type is not None:
        yield "type"
    if one.age is not None:
        yield "age"
    if "area" in one.facts:
        yield "area"
    if may and ("heating" in one.facts or "carrier" in one.facts):
        yield "heating"
