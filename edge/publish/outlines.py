"""Outlines of blocks and street sections put together for the cells they are in. Pure.

Only what was declared of a place goes in: never where a building stands, nor which of them count.

Source: RFC 7946 (GeoJSON geometries).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Literal

DIGITS = 6  # of a degree: about a decimetre
Collected = Literal["MultiPolygon", "MultiLineString"]


def collected(outlines: Iterable[str], kind: Collected) -> str | None:
    """Return GeoJSON geometries of longitude and latitude as one of a kind; None if there is none.

    :raises ValueError: if one is of another kind.
    """
    parts: list[Any] = []
    for text in outlines:
        shape = json.loads(text)
        if shape["type"] == kind:
            parts += shape["coordinates"]
        elif f"Multi{shape['type']}" == kind:
            parts.append(shape["coordinates"])
        else:
            raise ValueError(f"a {shape['type']} is no part of a {kind}")
    whole = {"type": kind, "coordinates": _rounded(parts)}
    return json.dumps(whole, separators=(",", ":")) if parts else None


def _rounded(found: Any) -> Any:
    if isinstance(found, list):
        return [_rounded(one) for one in found]
    return round(found, DIGITS)
