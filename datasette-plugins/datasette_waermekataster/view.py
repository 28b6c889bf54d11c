"""What the page shows: cells in classes, the densest first, with paths where outlines are known."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from datasette_waermekataster import words
from datasette_waermekataster.drawing import WIDTH, Paper, Shape
from datasette_waermekataster.settings import Layer

BAR = 100  # drawing units of the longest bar


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell; ``level`` is its class from 1, or 0 where its density is not known."""

    number: int
    name: str
    level: int
    density: str
    buildings: str
    bar: float
    path: str
    words: str


@dataclass(frozen=True, slots=True)
class Level:
    """A class: from where to where, how many cells are in it, and a word for it, if any."""

    number: int
    span: str
    count: int
    word: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """The map and the list. ``missing``: cells of which no outline is known."""

    cells: tuple[Cell, ...]
    levels: tuple[Level, ...]
    unknown: int
    missing: int
    height: int
    width: int = WIDTH

    @property
    def is_drawn(self) -> bool:
        """Whether there is anything to draw."""
        return any(cell.path for cell in self.cells)

    @property
    def is_of_ways(self) -> bool:
        """Whether lines are drawn, and no areas."""
        return self.is_drawn and not any("Z" in cell.path for cell in self.cells)


def make(
    layer: Layer, rows: Sequence[Mapping[str, object]], shapes: Mapping[object, Shape], lang: str
) -> View:
    """Return the view of a layer's rows."""
    there = [shapes[row[layer.key]] for row in rows if row[layer.key] in shapes]
    paper = Paper(there)
    ordered = sorted(rows, key=lambda row: (-density_of(layer, row), name_of(layer, row)))
    most = max((density_of(layer, row) for row in rows), default=0.0)
    cells = []
    for number, row in enumerate(ordered, 1):
        value = density_of(layer, row)
        level = 0 if value < 0 else 1 + sum(value > limit for limit in layer.limits)
        known = words.number(lang, value) if level else words.text(lang, "none")
        count = row.get(layer.buildings) if layer.buildings else None
        name = name_of(layer, row)
        said = f"{name}: {_called(layer, level, lang)}, {known} {layer.unit}" if level else ""
        shape = shapes.get(row[layer.key])
        cells.append(
            Cell(
                number,
                name,
                level,
                known,
                words.number(lang, count) if isinstance(count, int | float) else "",
                round(BAR * value / most, 1) if level and most else 0.0,
                paper.path(shape) if shape else "",
                said or f"{name}: {known}",
            )
        )
    return View(
        tuple(cells),
        tuple(
            Level(
                n + 1,
                _span(layer.limits, n, lang),
                sum(cell.level == n + 1 for cell in cells),
                layer.levels[n] if layer.levels else "",
            )
            for n in range(len(layer.limits) + 1)
        ),
        sum(not cell.level for cell in cells),
        sum(not cell.path for cell in cells),
        paper.height,
    )


def _called(layer: Layer, level: int, lang: str) -> str:
    word = f" ({layer.levels[level - 1]})" if layer.levels else ""
    return f"{words.text(lang, 'class')} {level}{word}"


def name_of(layer: Layer, row: Mapping[str, object]) -> str:
    """Return what a row is called, and where it is if the layer says that."""
    place = row[layer.place] if layer.place else None
    return f"{row[layer.label]} ({place})" if place else str(row[layer.label])


def density_of(layer: Layer, row: Mapping[str, object]) -> float:
    """Return a row's density; -1 where it is not known."""
    value = row[layer.density]
    if isinstance(value, int | float) and math.isfinite(value) and value >= 0:
        return float(value)
    return -1.0


def _span(limits: Sequence[float], n: int, lang: str) -> str:
    ends = [words.number(lang, limit) for limit in limits]
    if n == 0:
        return words.text(lang, "upto", b=ends[0])
    if n == len(limits):
        return words.text(lang, "over", a=ends[-1])
    return words.text(lang, "from", a=ends[n - 1], b=ends[n])
