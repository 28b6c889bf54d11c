"""Geometry for `$filter`, by the library `shapely` where it is installed. Distances are in degrees.

Source: OGC 18-088, 9.3.3.5.2; geometries as GeoJSON (RFC 7946) or well-known text.
"""

from __future__ import annotations

import importlib.util
import json
import re
from functools import lru_cache
from typing import Any

from datasette_sensorthings.errors import SensorThingsError

INSTALLED = importlib.util.find_spec("shapely") is not None
MAX_TEXT = 100_000  # of one geometry
_SRID = re.compile(r"SRID=\d{1,6};", re.IGNORECASE)
_PATTERN = re.compile(r"[TF012*]{9}")


def required(at: int) -> None:
    """Refuse if there is no `shapely`.

    :raises SensorThingsError: (501)
    """
    if not INSTALLED:
        what = "geospatial functions need the library shapely, which is not installed here"
        raise SensorThingsError(what, status=501, position=at)


def checked(text: str, at: int) -> None:
    """Refuse well-known text that says no geometry.

    :raises SensorThingsError: (400)
    """
    if _shape(text) is None:
        raise SensorThingsError("this is no geometry", position=at)


def calculate(name: str, one: object, other: object, pattern: object) -> float | None:
    """Return what SQL asks for: a length, a distance, or 0 and 1; None where a geometry is none."""
    here = _shape(str(one)) if one is not None else None
    if here is None:
        return None
    if name == "length":
        return float(here.length)
    there = _shape(str(other)) if other is not None else None
    if there is None:
        return None
    if name == "distance":
        return float(here.distance(there))
    if name == "relate":
        fits = isinstance(pattern, str) and _PATTERN.fullmatch(pattern)
        return float(bool(fits and here.relate_pattern(there, pattern)))
    return float(bool(getattr(here, name)(there)))


@lru_cache(maxsize=256)
def _shape(text: str) -> Any | None:
    import shapely  # noqa: PLC0415 - optional
    from shapely.geometry import shape  # noqa: PLC0415

    if len(text) > MAX_TEXT:
        return None
    try:
        if text.lstrip().startswith("{"):
            said = json.loads(text)
            return shape(said["geometry"] if said.get("type") == "Feature" else said)
        made = shapely.from_wkt(_SRID.sub("", text, count=1))
    except (shapely.errors.ShapelyError, ValueError, TypeError, LookupError, AttributeError):
        return None
    return None if made is None or made.is_empty else made
