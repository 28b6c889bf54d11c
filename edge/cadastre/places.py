"""Sums of blocks and sections of streets, and how dense they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge.store.village import VillageStore

if TYPE_CHECKING:
    from edge.store.village_heat import PlaceKind

_SIZE = {"block": ("hectares", "MWh/(ha a)", 1000.0), "section": ("length", "kWh/(m a)", 1.0)}


@dataclass(frozen=True, slots=True)
class PlaceSum:
    """A place's sum in kWh a year with its 80 % band; None where it has fewer than five buildings.

    ``density`` in ``unit``: MWh/(ha a) of a block, kWh/(m a) of a section (WPG annex 2); None where
    its size is not known.
    """

    name: str
    buildings: int
    kwh: float | None
    low: float | None
    high: float | None
    density: float | None
    unit: str


def place_sums(village: VillageStore, kind: PlaceKind, name: str = "") -> list[PlaceSum]:
    """Return the sums of the newest estimate, by name; of one place, if named."""
    run = village.last_heat_run()
    totals = {} if run is None else village.heat_totals(run.run)
    field, unit, factor = _SIZE[kind]
    found: list[PlaceSum] = []
    for place in village.heat_places(kind):
        if name not in {"", place.name}:
            continue
        one = totals.get(place.place)
        if one is None:
            found.append(PlaceSum(place.name, 0, None, None, None, None, unit))
            continue
        size = place.facts.get(field)
        density = None if size is None else one.kwh / factor / size.number
        found.append(PlaceSum(place.name, one.buildings, one.kwh, one.low, one.high, density, unit))
    return found
