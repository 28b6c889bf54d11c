"""A picture of series as SVG has it: numbers in, coordinates out. No colours and no words. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from datasette_charts_offline.series import Part, Picture, Series, runs, scale

WIDTH, HEIGHT = 1000.0, 360.0
BAR_SHARE = 0.8  # of the room between two places
DOT = 4.0  # radius: a value alone would be a line without length


@dataclass(frozen=True, slots=True)
class Bar:
    """One rectangle, from nought to its value."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Drawn:
    """One series: lines and bands as paths, values alone as dots, or bars."""

    name: str
    line: str
    band: str
    dots: tuple[tuple[float, float], ...]
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """All series in a field of `WIDTH` times `HEIGHT`; ``marks`` are values and their heights."""

    series: tuple[Drawn, ...]
    marks: tuple[tuple[float, float], ...]
    nought: float | None


def draw(picture: Picture, *, bars: bool) -> Drawing:
    """Return the coordinates of ``picture``, as lines or as bars that begin at nought."""
    parts = [part for one in picture.series for part in one.parts]
    values = [v for part in parts for v in (part.low, part.high) if v is not None]
    marks = scale(values, zero=bars)
    low, high = marks[0], marks[-1]

    def up(value: float) -> float:
        return round(HEIGHT * (high - value) / (high - low), 2)

    positions = [part.position for part in parts]
    first, last = (min(positions), max(positions)) if positions else (0.0, 1.0)
    edge = _half(sorted(set(positions))) if bars else 0.0

    def across(position: float) -> float:
        if last == first:
            return WIDTH / 2
        return round(edge + (WIDTH - 2 * edge) * (position - first) / (last - first), 2)

    drawn = []
    for number, one in enumerate(picture.series):
        if bars:
            room = 2 * edge * BAR_SHARE / len(picture.series)
            offset = room * (number - len(picture.series) / 2)
            drawn.append(Drawn(one.name, "", "", (), _bars(one, across, up, offset, room)))
        else:
            drawn.append(_lines(one, picture.kind, across, up))
    nought = up(0.0) if low < 0 < high else None
    return Drawing(tuple(drawn), tuple((mark, up(mark)) for mark in marks), nought)


def _half(positions: list[float]) -> float:
    """Return half the width of the narrowest place, so that no two bars overlap."""
    step = min((b - a for a, b in pairwise(positions)), default=0.0)
    whole = positions[-1] - positions[0] + step if positions else 0.0
    return WIDTH * step / whole / 2 if whole else WIDTH / 2


def _lines(
    series: Series, kind: str, across: Callable[[float], float], up: Callable[[float], float]
) -> Drawn:
    lines, bands, dots = [], [], []
    for run in runs(series, kind):
        points = [(across(part.position), up(part.mean or 0.0)) for part in run]
        if len(points) == 1:
            dots.append(points[0])
        else:
            lines.append(_path(points))
        if any(part.low != part.high for part in run):
            bands.append(_band(run, across, up))
    return Drawn(series.name, " ".join(lines), " ".join(bands), tuple(dots), ())


def _band(run: list[Part], across: Callable[[float], float], up: Callable[[float], float]) -> str:
    above = [(across(part.position), up(part.high or 0.0)) for part in run]
    below = [(across(part.position), up(part.low or 0.0)) for part in reversed(run)]
    if len(run) == 1:  # a line upright
        return _path([above[0], below[0]])
    return _path([*above, *below]) + "Z"


def _bars(
    series: Series,
    across: Callable[[float], float],
    up: Callable[[float], float],
    offset: float,
    room: float,
) -> tuple[Bar, ...]:
    found = []
    for part in series.parts:
        if part.mean is None:
            continue
        top, base = up(part.mean), up(0.0)
        x = round(across(part.position) + offset, 2)
        found.append(Bar(x, min(top, base), round(room, 2), round(abs(base - top), 2)))
    return tuple(found)


def _path(points: list[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in points)
