"""The features of a file that were not taken whole, written beside it as GeoJSON.

They have their own properties and system, so that the same mapping reads them once they are
corrected; what is wrong stands in three properties more. Only who has the file may read it.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from edge.cadastre.geometry import shapely
from edge.cadastre.quarantine import COLUMNS
from edge.cadastre.shape_files import ShapeFile
from edge.heat.intake.cells import Cell
from edge.heat.intake.lines import Finding


def beside(path: Path) -> Path:
    """Return where the features of a file go."""
    return path.with_name(f"{path.stem}.abgelehnt.geojson")


class ShapeQuarantine:
    """Keeps features that were not taken until `finish`. ``path`` None writes none."""

    def __init__(self, path: Path | None, file: ShapeFile) -> None:
        self._path, self._file = path, file
        self._found: dict[int, list[Finding]] = {}

    def add(self, number: int, _row: Sequence[Cell], found: Sequence[Finding]) -> None:
        """Keep a feature and what is wrong with it."""
        self._found.setdefault(number, []).extend(found)

    def finish(self) -> Path | None:
        """Write the file and return it; None if there was nothing to write."""
        if self._path is None or not self._found:
            return None
        whole = {
            "type": "FeatureCollection",
            "crs": {
                "type": "name",
                "properties": {"name": f"urn:ogc:def:crs:EPSG::{self._file.epsg}"},
            },
            "features": [self._feature(number, found) for number, found in self._found.items()],
        }
        part = self._path.with_name(f".{self._path.name}.part")
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(whole, file, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self._path)
        return self._path

    def _feature(self, number: int, found: Sequence[Finding]) -> dict[str, Any]:
        one = self._file.features[number - 1]
        said = {
            name: value.isoformat() if isinstance(value, date) else value
            for name in self._file.header  # all, for the mapping names them
            for value in (one.properties.get(name),)
            if not (isinstance(value, float) and not math.isfinite(value))
        }
        why = " | ".join(f"{each.column}: {each.why}" for each in found)
        todo = " | ".join(dict.fromkeys(each.todo for each in found))
        shape = None
        if one.shape is not None and _is_finite(one.shape):
            shape = json.loads(shapely.to_geojson(one.shape))
        return {
            "type": "Feature",
            "properties": {**said, **dict(zip(COLUMNS, (number, why, todo), strict=True))},
            "geometry": shape,
        }


def _is_finite(shape: Any) -> bool:
    return all(map(math.isfinite, shapely.get_coordinates(shape).ravel()))
