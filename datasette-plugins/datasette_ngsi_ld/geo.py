"""Geo-queries on places that are points: near, and within. Distances are in metres on a sphere.

Source: ETSI GS CIM 009 V1.8.1, 4.10; geometries as GeoJSON (RFC 7946).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from datasette_ngsi_ld.errors import NgsiError, NotSupportedError

EARTH_M = 6_371_008.8  # mean radius
MAX_TEXT = 20_000
_NEAR = re.compile(r"near;(max|min)Distance==(\d+(?:\.\d+)?)")
_KNOWN = {"contains", "intersects", "equals", "disjoint", "overlaps"}

Point = tuple[float, float]
Ring = list[Point]


@dataclass(frozen=True, slots=True)
class GeoQuery:
    """What is asked of the place ``attribute``: polygons it lies in, or a point and a distance."""

    attribute: str
    polygons: tuple[list[Ring], ...] = ()
    center: Point | None = None
    metres: float = 0
    beyond: bool = False

    def holds(self, told: Mapping[str, object]) -> bool:
        """Tell whether an entity's place meets it."""
        place = told.get(self.attribute)
        point = point_of(place.get("value")) if isinstance(place, dict) else None
        if point is None:
            return False
        if self.center is not None:
            far = _distance_m(point, self.center)
            return far >= self.metres if self.beyond else far <= self.metres
        return any(
            _inside(point, rings[0]) and not any(_inside(point, hole) for hole in rings[1:])
            for rings in self.polygons
        )


def read_geo(relation: str, geometry: str, coordinates: str, attribute: str) -> GeoQuery:
    """Read a geo-query.

    :raises NgsiError: (400, and 422 for relations of other geometries)
    """
    if relation in _KNOWN:
        raise NotSupportedError(f"georel={relation} is not known here: near and within are")
    near = _NEAR.fullmatch(relation)
    if not near and relation != "within":
        raise NgsiError("georel is within, or near;maxDistance==METRES or near;minDistance==METRES")
    if len(coordinates) > MAX_TEXT:
        raise NgsiError(f"coordinates have at most {MAX_TEXT} characters")
    try:
        said = json.loads(coordinates)
    except (ValueError, RecursionError) as error:
        raise NgsiError("coordinates are no JSON") from error
    if near:
        center = _point(said) if geometry == "Point" else None
        if center is None:
            raise NgsiError("near wants geometry=Point and coordinates=[longitude,latitude]")
        beyond = near.group(1) == "min"
        return GeoQuery(attribute, center=center, metres=float(near.group(2)), beyond=beyond)
    areas = {"Polygon": [said], "MultiPolygon": said}.get(geometry)
    polygons = [_polygon(area) for area in areas] if isinstance(areas, list) else []
    if not polygons or None in polygons:
        raise NgsiError("within wants geometry=Polygon or MultiPolygon and closed rings")
    return GeoQuery(attribute, polygons=tuple(one for one in polygons if one))


def point_of(value: object) -> Point | None:
    """Return the place of a GeoJSON point."""
    if isinstance(value, dict) and value.get("type") == "Point":
        return _point(value.get("coordinates"))
    return None


def _point(said: object) -> Point | None:
    if not isinstance(said, list) or not 2 <= len(said) <= 3:
        return None
    if any(isinstance(n, bool) or not isinstance(n, int | float) for n in said):
        return None
    longitude, latitude = said[0], said[1]
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
        return None
    return float(longitude), float(latitude)


def _polygon(said: object) -> list[Ring] | None:
    if not isinstance(said, list) or not said:
        return None
    rings: list[Ring] = []
    for ring in said:
        points = [_point(one) for one in ring] if isinstance(ring, list) else []
        if len(points) < 4 or None in points or points[0] != points[-1]:
            return None
        rings.append([point for point in points if point])
    return rings


def _inside(point: Point, ring: Sequence[Point]) -> bool:
    x, y = point
    inside = False
    for (x1, y1), (x2, y2) in pairwise(ring):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside


def _distance_m(one: Point, other: Point) -> float:
    (x1, y1), (x2, y2) = (tuple(map(math.radians, point)) for point in (one, other))
    h = math.sin((y2 - y1) / 2) ** 2
    h += math.cos(y1) * math.cos(y2) * math.sin((x2 - x1) / 2) ** 2
    return 2 * EARTH_M * math.asin(math.sqrt(min(1.0, h)))
