"""A made-up village's outlines: blocks and streets on a grid, houses along the streets.

Coordinates are EPSG:25832, somewhere in a wood of Hesse.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

EAST, NORTH = 548_000.0, 5_612_000.0
TURN = math.radians(17)  # no village lies along the axes
CRS = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::25832"}}
STREETS = ("Hauptstraße", "Lindenweg", "Am Bach", "Kirchgasse", "Bergstraße", "Schulstraße")


def turned(points: Iterable[tuple[float, float]]) -> list[list[float]]:
    """Return points of the village's own grid, in m, as east and north."""
    return [
        [
            round(EAST + x * math.cos(TURN) - y * math.sin(TURN), 3),
            round(NORTH + x * math.sin(TURN) + y * math.cos(TURN), 3),
        ]
        for x, y in points
    ]


def box(x: float, y: float, width: float, height: float) -> dict[str, Any]:
    """Return a rectangle."""
    ring = [(x, y), (x + width, y), (x + width, y + height), (x, y + height), (x, y)]
    return {"type": "Polygon", "coordinates": [turned(ring)]}


def feature(geometry: dict[str, Any] | None, **properties: object) -> dict[str, Any]:
    """Return a feature."""
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def collection(
    features: Iterable[dict[str, Any]], crs: dict[str, Any] | None = CRS
) -> dict[str, Any]:
    """Return a file's worth of features."""
    found = {"type": "FeatureCollection", "features": list(features)}
    return found if crs is None else {**found, "crs": crs}


def write(folder: Path, count: int) -> tuple[Path, Path, Path]:
    """Write blocks, sections and houses for the first ``count`` of `village.write`."""
    per_street = math.ceil(count / len(STREETS))
    length = per_street * 22.0
    blocks = [
        feature(box(0, row * 80 - 36, length, 72), Baublock=f"Block {row + 1}")
        for row in range(len(STREETS))
    ]
    sections = [
        feature(
            {"type": "LineString", "coordinates": turned([(0, row * 80), (length, row * 80)])},
            Straßenabschnitt=name,
        )
        for row, name in enumerate(STREETS)
    ]
    houses = []
    for n in range(count):
        street, number = n // per_street, n % per_street + 1
        side = 8 if number % 2 else -20
        outline = box((number - 1) * 22 + 4, street * 80 + side, 11 + n % 4, 12)
        houses.append(feature(outline, Straße=STREETS[street], Hausnummer=number))
    paths = []
    for name, found in (("bloecke", blocks), ("abschnitte", sections), ("haeuser", houses)):
        path = folder / f"{name}.geojson"
        path.write_text(json.dumps(collection(found), ensure_ascii=False), "utf-8")
        paths.append(path)
    return paths[0], paths[1], paths[2]
