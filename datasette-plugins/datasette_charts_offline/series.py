"""Rows to what is drawn: few enough to draw, with nothing hidden and nothing made up. Pure.

What is closer together than can be told apart is put into parts of equal width; of each part the
mean is drawn, and the band from its least to its greatest value. Where rows have no value, and in
time where none are for long, a line ends and another begins.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import pairwise

PARTS = 240  # as many as a hand can tell apart on a screen


@dataclass(frozen=True, slots=True)
class Row:
    """One row: where it stands on the way across, its value (None: missing) and its series."""

    x: object
    y: float | None
    series: str


@dataclass(frozen=True, slots=True)
class Part:
    """What is drawn at one place: ``low`` and ``high`` are the mean where one value lies there.

    ``missing`` rows are there and have no value.
    """

    position: float
    label: str
    low: float | None
    mean: float | None
    high: float | None
    values: int
    missing: int


@dataclass(frozen=True, slots=True)
class Series:
    """One line or one colour of bars, its parts from left to right."""

    name: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """All series over the same places. ``kind`` is `time`, `number` or `name`."""

    kind: str
    series: tuple[Series, ...]
    thinned: bool
    rows: int


def picture(rows: Sequence[Row], parts: int = PARTS) -> Picture:
    """Return what is drawn of ``rows``, in at most ``parts`` places across."""
    kind = _kind(rows)
    places = _places(rows, kind)
    usable = [row for row in rows if row.x is not None and str(row.x) in places]
    different = sorted(set(places.values()))
    thinned = len(different) > parts
    if thinned:
        first, last = different[0], different[-1]
        width = (last - first) / parts
        slot = {p: min(int((p - first) / width), parts - 1) for p in different}
        middles = [first + (n + 0.5) * width for n in range(parts)]
    else:
        slot = {p: n for n, p in enumerate(different)}
        middles = list(different)
    names = {places[str(row.x)]: str(row.x) for row in reversed(usable)}
    labels: list[str] = ["" for _ in middles]
    for p in reversed(different):
        labels[slot[p]] = names[p]
    kept: dict[str, list[list[float | None]]] = {}
    for row in usable:
        if row.series not in kept:
            kept[row.series] = [[] for _ in middles]
        value = row.y if row.y is not None and math.isfinite(row.y) else None
        kept[row.series][slot[places[str(row.x)]]].append(value)
    series = [
        Series(
            name,
            tuple(
                _part(middle, label, values)
                for middle, label, values in zip(middles, labels, cells, strict=True)
            ),
        )
        for name, cells in sorted(kept.items())
    ]
    return Picture(kind, tuple(series), thinned, len(rows))


def runs(series: Series, kind: str) -> list[list[Part]]:
    """Return the lines of a series: where rows are without any value, one ends.

    In time a hole of more than twice the usual step is a gap even if no row says so.
    """
    there = [part for part in series.parts if part.mean is not None]
    steps = sorted(b.position - a.position for a, b in pairwise(there))
    most = 2.2 * steps[len(steps) // 2] if steps and kind == "time" else math.inf
    found: list[list[Part]] = []
    before: Part | None = None
    broken = True
    for part in series.parts:
        if part.mean is None:
            broken = broken or part.missing > 0  # where no row is, the time between tells
            continue
        if broken or before is None or part.position - before.position > most:
            found.append([])
        found[-1].append(part)
        before, broken = part, False
    return found


def scale(values: Iterable[float], *, zero: bool) -> list[float]:
    """Return four to eight even marks that hold all ``values``; ``zero``: from or to nought."""
    known = list(values) or [0.0, 1.0]
    low, high = min(known), max(known)
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if high - low <= abs(high) * 1e-9:
        low, high = low - 1, high + 1
    raw = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * f for f in (1.0, 2.0, 2.5, 5.0, 10.0) if power * f >= raw)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(n * step, 12) for n in range(first, last + 1)]


def _part(position: float, label: str, found: list[float | None]) -> Part:
    values = [value for value in found if value is not None]
    missing = len(found) - len(values)
    if not values:
        return Part(position, label, None, None, None, 0, missing)
    mean = math.fsum(values) / len(values)
    return Part(position, label, min(values), mean, max(values), len(values), missing)


def _kind(rows: Sequence[Row]) -> str:
    found = [row.x for row in rows if row.x is not None]
    if found and all(isinstance(x, int | float) and not isinstance(x, bool) for x in found):
        return "number"
    if found and all(isinstance(x, str) and _seconds(x) is not None for x in found):
        return "time"
    return "name"


def _places(rows: Sequence[Row], kind: str) -> dict[str, float]:
    places: dict[str, float] = {}
    for row in rows:
        if row.x is None or str(row.x) in places:
            continue
        if kind == "number":
            places[str(row.x)] = float(str(row.x))
        elif kind == "time":
            places[str(row.x)] = _seconds(str(row.x)) or 0.0
        else:
            places[str(row.x)] = float(len(places))
    return places


def _seconds(text: str) -> float | None:
    """Return the seconds since 1970 of a day or a moment; without an offset it is taken as UTC."""
    try:
        if len(text) == len("2026-01-01"):
            day = date.fromisoformat(text)
            return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
