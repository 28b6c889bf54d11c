"""The cadastre's completeness as a picture: whole village by method, and block by block."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from edge.cadastre.quality import Quality, quality
from edge.cadastre.quality_blocks import MARKS, BlockQuality, quality_blocks
from edge.heat.said import METHOD_WORDS, Method
from edge.store.village import VillageStore
from edge.web import words

WIDE = 200  # drawing units
HEADS = {
    "type": "Bauart",
    "age": "Alter",
    "area": "Fläche",
    "heating": "Heizung",
    "measured": "gemessen",
    "estimated": "geschätzt",
}
_OWN = {"heating", "carrier"}  # of houses of one or two homes the household's
_FIELDS = {
    "type": "Bauart",
    "year_built": "Baujahr",
    "age_class": "Baualtersklasse statt Baujahr",
    "area": "Fläche",
    "units": "Zahl der Wohnungen",
    "refurbishment": "Sanierungsstand",
    "heating": "Heizung",
    "carrier": "Energieträger",
    "network": "Wärmenetz",
}
NOBODYS = "entfällt"
METHODS = tuple(sorted(Method, reverse=True))  # the best first


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a bar: which method, where it begins and how long it is."""

    method: str
    begin: int
    length: int


@dataclass(frozen=True, slots=True)
class FieldBar:
    """A field of the whole cadastre: how many buildings have it, and by which method."""

    label: str
    said: str
    how: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """What a block has of one mark: in words, and how long its bar is; None: nobody could."""

    said: str
    length: int | None


@dataclass(frozen=True, slots=True)
class BlockRow:
    """A block's line. ``place`` is its number on the map."""

    name: str
    place: int | None
    buildings: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class QualityPicture:
    """What the page shows."""

    buildings: int
    fields: tuple[FieldBar, ...]
    blocks: tuple[BlockRow, ...]
    basis: tuple[str, ...]


def quality_picture(village: VillageStore) -> QualityPicture:
    """Return the picture of the cadastre's completeness.

    :raises StoreError: if the store cannot be read.
    """
    found, blocks = quality(village), quality_blocks(village)
    most = {True: sum(one.may_heat for one in blocks), False: found.buildings}
    return QualityPicture(
        buildings=found.buildings,
        fields=tuple(
            _field(label, found.methods.get(name, {}), most[name in _OWN])
            for name, label in _FIELDS.items()
        ),
        blocks=tuple(map(_row, blocks)),
        basis=_basis(found),
    )


def _field(label: str, counts: Mapping[str, int], most: int) -> FieldBar:
    if not most:
        return FieldBar(label, NOBODYS, "", ())
    parts, begin, seen = [], 0, 0
    for method in METHODS:
        seen += counts.get(method.name.lower(), 0)
        end = round(WIDE * seen / most)
        parts.append(Part(method.name.lower(), begin, end - begin))
        begin = end
    how = [
        f"{METHOD_WORDS[method]}: {words.number(counts[method.name.lower()])}"
        for method in METHODS
        if counts.get(method.name.lower())
    ]
    return FieldBar(label, _of(seen, most), ", ".join(how), tuple(parts))


def _row(one: BlockQuality) -> BlockRow:
    name = one.name
    if one.place is None:
        name = "Kleine Blöcke und Gebäude ohne Block" if one.folded else "Gebäude ohne Block"
    return BlockRow(
        name,
        one.place,
        words.number(one.buildings),
        tuple(_cell(one.have[mark], one.of(mark)) for mark in MARKS),
    )


def _cell(have: int, most: int) -> Cell:
    if not most:
        return Cell(NOBODYS, None)
    return Cell(_of(have, most), round(WIDE * have / most))


def _of(have: int, most: int) -> str:
    return f"{words.number(have)} von {words.number(most)}"


def _basis(found: Quality) -> tuple[str, ...]:
    weather = f"Gradtagszahlen von {found.weather_years} Jahren"
    normal = "die normale ist bekannt" if found.normal_year else "die normale fehlt"
    return (
        f"Einzeln gemessene Gebäude: {words.number(found.measured)}",
        f"Gruppen mit gemeinsamem Verbrauch: {words.number(found.groups)}",
        f"{weather}; {normal}",
        *(
            f"{one.file}: {words.number(one.taken)} Zeilen übernommen, "
            f"{words.number(one.refused)} abgelehnt"
            for one in found.imports[:5]
        ),
    )
