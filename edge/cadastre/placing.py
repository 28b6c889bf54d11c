"""Where buildings belong by their position, and what their outlines say of their size.

What a table says counts before it: only buildings of which no table names the block, or the
section, are placed, and a computed area is kept where there is no other. A building is in the block
that covers its middle, and at the nearest section of at most `NEAREST_M`; a section that is called
like the building's street comes before nearer ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from edge.cadastre.geometry import Geometry, in_plane, shapely
from edge.heat.address import street_key
from edge.heat.errors import CadastreError
from edge.heat.said import MAX_SOURCE_CHARACTERS, Method, Said
from edge.store.village import VillageStore
from edge.store.village_heat_outlines import Placed, Standing

NEAREST_M = 60.0  # from a building's middle to the middle of its street


@dataclass(frozen=True, slots=True)
class PlacedSum:
    """How many buildings were placed anew, and the names of blocks that overlap there."""

    placed: int
    nowhere: int
    unclear: tuple[str, ...] = ()


def computed(value: float | str, source: str, day: date) -> Said:
    """Return a value that was computed from somebody's shapes."""
    said = f"berechnet aus: {source}"[:MAX_SOURCE_CHARACTERS]
    return Said(value, said, day, Method.ESTIMATED)


def place_buildings(
    village: VillageStore, kind: Placed, said: tuple[str, date], at: int, imported: int | None
) -> PlacedSum:
    """Put buildings into blocks, or at sections, by where they lie.

    ``said`` is the source of the shapes and its day.
    """
    names = {one.place: one.name for one in village.heat_places(kind)}
    outlines = village.place_outlines(kind)
    numbers = list(outlines)
    waiting = [one for one in village.outlined_buildings(kind) if one.open]
    if not numbers or not waiting:
        return PlacedSum(0, len(waiting) if numbers else 0)
    shapes = [in_plane(outlines[one]) for one in numbers]
    tree = shapely.STRtree(shapes)
    middles = [middle(in_plane(one.geometry)) for one in waiting]
    found: list[tuple[int, int, Said]] = []
    unclear: list[str] = []
    nowhere = 0
    keys = [_key(names[one]) for one in numbers]
    for one, point in zip(waiting, middles, strict=True):
        if kind == "block":
            there = [int(n) for n in tree.query(point, predicate="intersects")]
            if len(there) > 1:
                unclear.append(" und ".join(sorted(names[numbers[n]] for n in there)))
        else:
            near = [int(n) for n in tree.query(point, predicate="dwithin", distance=NEAREST_M)]
            there = _nearest(near, shapes, keys, one, point)
        if len(there) != 1:
            nowhere += 1
            continue
        place = numbers[there[0]]
        if names[place] != one.holds:
            found.append((one.building, place, computed(names[place], *said)))
    village.put_by_position(kind, found, at, imported)
    return PlacedSum(len(found), nowhere, tuple(dict.fromkeys(unclear)))


def middle(shape: Geometry) -> Geometry:
    """Return a point inside a shape, its centre if that is."""
    centre = shape.centroid
    return centre if shape.covers(centre) else shape.representative_point()


def _nearest(
    near: list[int], shapes: list[Geometry], keys: list[str], one: Standing, point: Geometry
) -> list[int]:
    if not near:
        return []
    return [
        min(near, key=lambda n: (not keys[n].startswith(one.street), shapes[n].distance(point)))
    ]


def _key(name: str) -> str:
    try:
        return street_key(name)
    except CadastreError:
        return ""
