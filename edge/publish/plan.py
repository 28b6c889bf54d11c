"""Rows of the cadastre's cube from what a release shows of buildings. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from edge.heat.building import age_words
from edge.publish.cube import Cube
from edge.publish.heat import Cell, Rows
from edge.publish.outlines import Collected, collected
from edge.publish.share import REST, Rule, Share

MIXED = "gemischt"
CARRIERS = {
    REST: "übrige und nicht bekannte",
    "gas": "Erdgas",
    "liquid_gas": "Flüssiggas",
    "oil": "Heizöl",
    "wood": "Holz",
    "coal": "Kohle",
    "electricity": "Strom",
    "district": "Wärmenetz",
    "solar": "Solarthermie",
    "other": "sonstige",
}
HEATINGS = {
    REST: "übrige und nicht bekannte",
    "boiler": "Heizkessel",
    "condensing": "Brennwertkessel",
    "heat_pump": "Wärmepumpe",
    "station": "Hausübergabestation",
    "stove": "Einzelofen",
    "storage_heater": "Nachtspeicherheizung",
    "other": "sonstige",
}
TYPES = {
    "EFH": "Einfamilienhaus",
    "RH": "Reihenhaus",
    "MFH": "Mehrfamilienhaus",
    "GMH": "großes Mehrfamilienhaus",
    "NWG": "kein Wohngebäude",
}


@dataclass(frozen=True, slots=True)
class Sized:
    """A block or a section as it is called, its hectares or metres and outline if they are known.

    ``outline``: GeoJSON, as the cadastre kept it when a release first showed it.
    """

    name: str
    size: float | None
    outline: str | None = None


def rule_of(cube: Cube) -> Rule:
    """Return the rule that the cube declares."""
    said = cube.disclosure
    return Rule(said.k, said.p_percent, cube.plan.largest_percent)


def plan_rows(
    cube: Cube,
    shares: Iterable[Share],
    blocks: Mapping[str, Sequence[Sized]],
    sections: Mapping[str, Sequence[Sized]],
    stand: Mapping[str, str],
) -> Rows:
    """Return every table's rows. ``blocks`` and ``sections`` name the places of each cell.

    ``stand``: what is said besides of the release.
    """
    by_block: dict[str, list[Share]] = {}
    by_section: dict[str, list[Share]] = {}
    for one in shares:
        if one.block:
            by_block.setdefault(one.block, []).append(one)
        if one.section:
            by_section.setdefault(one.section, []).append(one)
    return {
        "block": [_block(cube, cell, each, blocks[cell]) for cell, each in by_block.items()],
        "traeger": [row for cell, each in by_block.items() for row in _carriers(cell, each)],
        "erzeuger": [row for cell, each in by_block.items() for row in _generators(cell, each)],
        "abschnitt": [_section(cell, each, sections[cell]) for cell, each in by_section.items()],
        "umriss": [
            *(_outline(cell, blocks[cell], "MultiPolygon") for cell in by_block),
            *(_outline(cell, sections[cell], "MultiLineString") for cell in by_section),
        ],
        "_about": sorted({**cube.about, **stand}.items()),
    }


def mwh(shares: Iterable[Share]) -> int:
    """Return a sum in whole MWh."""
    return (sum(one.kwh for one in shares) + 500) // 1000


def _block(
    cube: Cube, cell: str, shares: Sequence[Share], places: Sequence[Sized]
) -> tuple[Cell, ...]:
    area, heat = _size(places), mwh(shares)
    k = cube.disclosure.k
    age = _most((one.age for one in shares), k)
    return (
        cell,
        _names(places),
        len(shares),
        area,
        float(heat),
        None if area is None else round(heat / area, 1),
        TYPES.get(_most((one.type for one in shares), k), MIXED),
        age_words(age) if age else MIXED,
    )


def _carriers(cell: str, shares: Sequence[Share]) -> Iterable[tuple[Cell, ...]]:
    by_carrier: dict[str, list[Share]] = {}
    for one in shares:
        by_carrier.setdefault(one.carrier, []).append(one)
    whole = sum(one.kwh for one in shares)
    for carrier, each in by_carrier.items():
        percent = round(100 * sum(one.kwh for one in each) / whole)
        count = len(each)
        yield (
            *(cell, CARRIERS[carrier], count, float(mwh(each)), float(percent)),
            None if carrier == REST else count,
        )


def _generators(cell: str, shares: Sequence[Share]) -> Iterable[tuple[Cell, ...]]:
    """Return how many generators of a kind there are, by carrier: one a building."""
    for (carrier, kind), count in Counter((one.carrier, one.heating) for one in shares).items():
        yield cell, CARRIERS[carrier], HEATINGS[kind], count


def _section(cell: str, shares: Sequence[Share], places: Sequence[Sized]) -> tuple[Cell, ...]:
    length, heat = _size(places), mwh(shares)
    dense = None if length is None else round(1000 * heat / length, 1)
    return cell, _names(places), len(shares), length, float(heat), dense


def _outline(cell: str, places: Sequence[Sized], kind: Collected) -> tuple[Cell, ...]:
    """Return the outlines of a cell's places together: whoever of their buildings is in it."""
    known = [one.outline for one in sorted(places, key=lambda one: one.name) if one.outline]
    return cell, collected(known, kind), len(places) - len(known)


def _size(places: Sequence[Sized]) -> float | None:
    sizes = [one.size for one in places if one.size]
    return round(sum(sizes), 3) if len(sizes) == len(places) else None


def _names(places: Sequence[Sized]) -> str:
    return ", ".join(sorted(one.name for one in places))


def _most(words: Iterable[str], k: int) -> str:
    """Return the word that most have, if they are k and more than have any other; else ""."""
    first, *others = Counter(words).most_common(2)
    alone = not others or others[0][1] < first[1]
    return first[0] if alone and first[1] >= k else ""
