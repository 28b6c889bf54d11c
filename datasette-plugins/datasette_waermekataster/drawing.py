"""Geometries of GeoJSON as paths of a drawing, and put together for each cell. Pure.

Within a village the earth is flat: degrees become units of the drawing, north above.

Source: RFC 7946 (GeoJSON; longitude before latitude, outer rings against the clock).
"""

from __future__ import annotations

import json
import math
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

WIDTH, TALLEST, EDGE = 1000, 1300, 24  # drawing units
MAX_GEOMETRY = 200_000  # characters of one

Point = tuple[float, float]
Line = list[Point]


@dataclass(frozen=True, slots=True)
class Shape:
    """Polygons, each its rings, and lines."""

    polygons: tuple[tuple[Line, ...], ...] = ()
    lines: tuple[Line, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.polygons or self.lines)

    def __add__(self, other: Shape) -> Shape:
        return Shape(self.polygons + other.polygons, self.lines + other.lines)

    def points(self) -> Iterable[Point]:
        """Return every point."""
        for rings in self.polygons:
            for ring in rings:
                yield from ring
        for line in self.lines:
            yield from line

    def geometry(self) -> dict[str, object] | None:
        """Return it as GeoJSON; None where it is nothing."""
        areas = [[_turned(r, against=not n) for n, r in enumerate(p)] for p in self.polygons]
        parts: list[dict[str, object]] = []
        if areas:
            one = len(areas) == 1
            kind = "Polygon" if one else "MultiPolygon"
            parts.append({"type": kind, "coordinates": areas[0] if one else areas})
        if self.lines:
            one = len(self.lines) == 1
            kind = "LineString" if one else "MultiLineString"
            lines = self.lines[0] if one else list(self.lines)
            parts.append({"type": kind, "coordinates": lines})
        if len(parts) > 1:
            return {"type": "GeometryCollection", "geometries": parts}
        return parts[0] if parts else None


def read_shape(text: object) -> Shape:
    """Return the polygons and lines of a GeoJSON geometry; of anything else, nothing."""
    if not isinstance(text, str) or len(text) > MAX_GEOMETRY:
        return Shape()
    try:
        said = json.loads(text)
        kind, found = said["type"], said["coordinates"]
        if kind in {"Polygon", "MultiPolygon"}:
            areas = [found] if kind == "Polygon" else found
            polygons = tuple(tuple(_line(ring, least=4) for ring in area) for area in areas if area)
            return Shape(polygons=polygons)
        if kind in {"LineString", "MultiLineString"}:
            lines = [found] if kind == "LineString" else found
            return Shape(lines=tuple(_line(line, least=2) for line in lines))
    except (ValueError, TypeError, LookupError, RecursionError, OverflowError):
        return Shape()
    return Shape()


def read_shapes(
    outlines: Iterable[tuple[object, object]], cells: Container[object]
) -> dict[object, Shape]:
    """Return the shape of each of the cells that has one, of keys and geometries."""
    shapes: dict[object, Shape] = {}
    for key, text in outlines:
        if key in cells and (shape := read_shape(text)):
            shapes[key] = shapes.get(key, Shape()) + shape
    return shapes


class Paper:
    """Turns longitude and latitude into drawing units."""

    def __init__(self, shapes: Iterable[Shape]) -> None:
        points = [point for shape in shapes for point in shape.points()] or [(0.0, 0.0)]
        west, east = min(x for x, _ in points), max(x for x, _ in points)
        south, north = min(y for _, y in points), max(y for _, y in points)
        self._narrow = max(0.01, math.cos(math.radians((south + north) / 2)))
        self._west, self._north = west, north
        wide, high = (east - west) * self._narrow, north - south
        inner = WIDTH - 2 * EDGE
        self._scale = min(inner / max(wide, 1e-5), (TALLEST - 2 * EDGE) / max(high, 1e-5))
        self._left = (WIDTH - wide * self._scale) / 2
        self.height = round(high * self._scale) + 2 * EDGE

    def path(self, shape: Shape) -> str:
        """Return the path of a shape."""
        rings = [ring for polygon in shape.polygons for ring in polygon]
        closed = "".join(self._steps(ring) + "Z" for ring in rings)
        return closed + "".join(self._steps(line) for line in shape.lines)

    def _steps(self, line: Line) -> str:
        points = [self._at(point) for point in line]
        kept = [one for n, one in enumerate(points) if not n or one != points[n - 1]]
        return "M" + "L".join(f"{x} {y}" for x, y in kept)

    def _at(self, point: Point) -> tuple[int, int]:
        x = (point[0] - self._west) * self._narrow * self._scale + self._left
        return round(x), round((self._north - point[1]) * self._scale + EDGE)


def _line(raw: Sequence[Sequence[float]], *, least: int) -> Line:
    points = [(float(point[0]), float(point[1])) for point in raw]
    if len(points) < least or not all(-180 <= x <= 180 and -90 <= y <= 90 for x, y in points):
        raise ValueError("no line")
    return points


def _turned(ring: Line, *, against: bool) -> Line:
    area = sum(ax * by - bx * ay for (ax, ay), (bx, by) in pairwise(ring))
    return ring if (area > 0) == against else ring[::-1]
