"""One feature of a file of shapes: its properties as a table's cells, and its shape."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from edge.cadastre.geometry import Geometry
from edge.heat.intake.cells import Cell

MOST_FEATURES = 200_000  # of a file


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature. Without a ``shape``, ``wrong`` may say why."""

    properties: Mapping[str, Cell]
    shape: Geometry | None
    wrong: str = ""


def cells_of(given: Iterable[tuple[object, object]]) -> dict[str, Cell]:
    """Return properties as a table's cells."""
    found: dict[str, Cell] = {}
    for name, value in given:
        if isinstance(value, bool):
            cell: Cell = "ja" if value else "nein"
        elif isinstance(value, (int, float)):
            cell = float(value) if abs(value) < 1e15 else str(value)
        elif value is None or isinstance(value, (str, date)):
            cell = value
        elif isinstance(value, (bytes, memoryview)):
            continue
        else:
            cell = json.dumps(value, ensure_ascii=False)
        found[str(name)] = cell
    return found
