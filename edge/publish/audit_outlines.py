"""The auditor's rules for outlines: each is that of the cell's frozen places, and no other is told.

An outline is believed only if every part of it is one that the cadastre declared of a block or a
section of that cell before anybody saw it, and none of them is left out. Where buildings stand is
never looked at: so nothing that follows from them passes, also no hull that happens to be near.

Source: RFC 7946 (GeoJSON geometries).
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from edge.publish.cube import Cube
from edge.publish.finding import Finding

_DIGITS = 6  # of a degree, at most
_KINDS = {  # of a cell in the file; and of one part and of several, as the cadastre keeps them
    "block": ("MultiPolygon", "Polygon"),
    "section": ("MultiLineString", "LineString"),
}
_LON, _LAT = r"(?:[5-9]|1[0-5])[.,]\d{4,}", r"(?:4[7-9]|5[0-5])[.,]\d{4,}"
_EAST, _NORTH = r"[2-9]\d{5}(?:[.,]\d+)?", r"5[2-9]\d{5}(?:[.,]\d+)?"
_PLACED = re.compile(
    rf"(?:\b{_LON}\D{{1,4}}{_LAT}|\b{_LAT}\D{{1,4}}{_LON}|\b{_EAST}\D{{1,4}}{_NORTH}"
    r"|(?:POINT|POLYGON|LINESTRING)\s*\(|\"coordinates\")",
    re.IGNORECASE,
)

Points = tuple[tuple[float, float], ...]
Part = tuple[Points, ...]  # a polygon's rings, or one line


class Frozen(NamedTuple):
    """A place that was published: its cell, `block` or `section`, and its outline if one is."""

    cell: str
    kind: str
    geometry: str | None


FROZEN = (
    "SELECT r.cell, p.kind, o.geometry FROM heat_release_place AS r"
    " JOIN heat_place AS p USING (place)"
    " LEFT JOIN heat_release_outline AS o ON o.place = r.place AND o.release <= ?1"
    " WHERE r.release <= ?1"
)


def audit_outlines(
    connection: sqlite3.Connection, places: Sequence[Frozen], cube: Cube
) -> Iterator[Finding]:
    """Yield every outline that is not what the cell's places were frozen with, or stands elsewhere.

    ``places``: all that were published up to this release, as `FROZEN` asks village.db for them.
    """
    shown = {cell for (cell,) in connection.execute(
        "SELECT bereich FROM block UNION SELECT bereich FROM abschnitt"
    )}  # fmt: skip
    of_cell: dict[str, list[Frozen]] = {}
    for one in places:
        of_cell.setdefault(one.cell, []).append(one)
    for cell, text, without in connection.execute(
        "SELECT bereich, umriss, ohne_umriss FROM umriss"
    ):
        where = f"umriss[bereich={cell}]"
        if cell not in shown:
            yield Finding(where, "ist von einem Bereich, der nicht veröffentlicht ist")
            continue
        shown.discard(cell)
        mine = of_cell.get(cell, [])
        declared = [one for one in mine if one.geometry is not None]
        if without != len(mine) - len(declared):
            yield Finding(f"{where}.ohne_umriss", "ist nicht die Zahl der Orte ohne Umriss")
        if (text is None) == bool(declared):
            yield Finding(f"{where}.umriss", "fehlt, oder ist von keinem Ort des Bereichs")
        elif text is not None:
            yield from _outline(f"{where}.umriss", text, declared)
    for cell in sorted(shown):
        yield Finding(f"umriss[bereich={cell}]", "fehlt")
    yield from _elsewhere(connection, cube)


def _outline(where: str, text: str, declared: Sequence[Frozen]) -> Iterator[Finding]:
    whole, _ = _KINDS[declared[0].kind]
    try:
        said = json.loads(text)
        plain = json.dumps(said, separators=(",", ":")) == text
        fine = plain and set(said) == {"type", "coordinates"} and said["type"] == whole
        found = _parts(said) if fine else []
    except (ValueError, TypeError, LookupError, RecursionError, OverflowError):
        fine = False
    if not fine:
        yield Finding(where, f"ist kein {whole} als GeoJSON, oder sagt noch anderes")
        return
    numbers = [number for part in found for line in part for point in line for number in point]
    if any(round(number, _DIGITS) != number for number in numbers):
        yield Finding(where, f"hat mehr als {_DIGITS} Stellen nach dem Komma")
        return
    right = [part for one in declared for part in _parts(json.loads(str(one.geometry)))]
    if Counter(map(_rounded, right)) != Counter(found):
        yield Finding(where, "ist nicht der festgehaltene Umriss der Orte des Bereichs")


def _parts(shape: dict[str, object]) -> list[Part]:
    """Return a geometry's polygons, each its rings, or its lines, each alone.

    :raises ValueError: or one of its like, if it is none of these.
    """
    inside: object = shape["coordinates"]
    if shape["type"] in {one for _, one in _KINDS.values()}:
        inside = [inside]
    if not isinstance(inside, list):
        raise TypeError("no parts")
    is_area = str(shape["type"]).endswith("Polygon")
    return [tuple(_points(line) for line in (one if is_area else [one])) for one in inside]


def _points(line: Sequence[Sequence[float]]) -> Points:
    found = []
    for east, north in line:
        if not all(type(one) in {int, float} for one in (east, north)):
            raise TypeError("no number")
        found.append((float(east), float(north)))
    return tuple(found)


def _rounded(part: Part) -> Part:
    return tuple(tuple((round(x, _DIGITS), round(y, _DIGITS)) for x, y in line) for line in part)


def _elsewhere(connection: sqlite3.Connection, cube: Cube) -> Iterator[Finding]:
    """Yield every other text of the file in which a position stands."""
    for table in cube.tables:
        for column in table.columns:
            if column.type != "TEXT" or (table.name, column.name) == ("umriss", "umriss"):
                continue
            for (text,) in connection.execute(
                f'SELECT DISTINCT "{column.name}" FROM "{table.name}"'  # noqa: S608 - declared names
            ):
                if text is not None and _PLACED.search(text):
                    yield Finding(f"{table.name}.{column.name}", "nennt eine Lage")
