"""A drawing of values over days: curves, where nothing came, the personal band, limits. Pure.

Numbers in, numbers out: no words, no colours, no clock. A drawing is as large whether ten values
lie in it or ten thousand; of what is closer together than can be drawn, the highest and the lowest
stay. What was measured at an unknown time is a point of its own and never part of a line, and where
nothing came no line says that something did.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from statistics import median
from typing import TypeAlias
from zoneinfo import ZoneInfo

WIDTH, HEIGHT = 1000, 240  # drawing units
COLUMNS = 250  # as many as a hand can tell apart on a screen, and bounds what a page carries
HOUR_MS = 3_600_000
LEAST_GAP_MS = 36 * HOUR_MS  # who measures once a day is not late after a long night
USUAL_TIMES = 2.2  # one time left out is seen in the points; two in a row are a gap
MAX_DOTS = 120  # beyond, points melt into the line anyway
MAX_DOUBTFUL = 200
_STEPS = (1.0, 2.0, 2.5, 5.0)
_Height: TypeAlias = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Point:
    """One value at a moment (ms since 1970, UTC); ``certain``: the moment is known."""

    at: int
    value: float
    certain: bool = True


@dataclass(frozen=True, slots=True)
class Curve:
    """Values of one quantity. ``key`` is the caller's name of it."""

    key: str
    points: Sequence[Point]


@dataclass(frozen=True, slots=True)
class Band:
    """What is usual for this person from ``since`` up to ``until``, in the curve's unit."""

    since: int
    until: int
    low: float
    high: float
    key: str = ""


@dataclass(frozen=True, slots=True)
class Limit:
    """A value that somebody set for the ``curve`` of that number: beyond it somebody looks."""

    value: float
    key: str = ""
    curve: int = 1


@dataclass(frozen=True, slots=True)
class Window:
    """Whole local days: ``days`` of them from ``first`` on, in a time zone."""

    first: date
    days: int
    zone: ZoneInfo

    @classmethod
    def until(cls, now_ms: int, days: int, zone: ZoneInfo) -> Window:
        """Return the days up to and including that of ``now_ms``."""
        last = datetime.fromtimestamp(now_ms / 1000, zone).date()
        return cls(last - timedelta(days=days - 1), days, zone)

    @property
    def since_ms(self) -> int:
        """When the first day begins."""
        return _midnight(self.first, self.zone)

    @property
    def until_ms(self) -> int:
        """When the last day is over."""
        return _midnight(self.first + timedelta(days=self.days), self.zone)

    def x(self, at: int) -> float:
        """Return where a moment stands, 0 to `WIDTH`; each local day is as wide as the others."""
        day = datetime.fromtimestamp(at / 1000, self.zone).date()
        begins, ends = _midnight(day, self.zone), _midnight(day + timedelta(days=1), self.zone)
        passed = (day - self.first).days + (at - begins) / (ends - begins)
        return min(max(passed / self.days, 0.0), 1.0) * WIDTH


@dataclass(frozen=True, slots=True)
class Gap:
    """Nothing came from ``since`` to ``until``; drawn from ``left`` over ``width``."""

    since: int
    until: int
    left: float
    width: float


@dataclass(frozen=True, slots=True)
class DrawnCurve:
    """One curve as SVG has it: points of polylines, and paths of single points."""

    key: str
    lines: tuple[str, ...]
    dots: str
    doubtful: str


@dataclass(frozen=True, slots=True)
class DrawnBand:
    """A piece of the band as a rectangle."""

    key: str
    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class DrawnLimit:
    """A limit's height in the drawing."""

    key: str
    y: float
    curve: int


@dataclass(frozen=True, slots=True)
class Drawing:
    """All that a picture is made of. ``ticks`` are values from the top, evenly apart.

    ``days`` are the first days of equally wide parts of the picture.
    """

    curves: tuple[DrawnCurve, ...]
    bands: tuple[DrawnBand, ...]
    limits: tuple[DrawnLimit, ...]
    gaps: tuple[Gap, ...]
    ticks: tuple[float, ...]
    days: tuple[date, ...]
    width: int = field(default=WIDTH)
    height: int = field(default=HEIGHT)


def draw(
    curves: Sequence[Curve],
    window: Window,
    *,
    bands: Sequence[Band] = (),
    limits: Sequence[Limit] = (),
    least_span: float = 1.0,
    end_ms: int | None = None,
) -> Drawing | None:
    """Return the drawing of what lies in the window; None if nothing does.

    The scale holds every value, the band and the limits, and ``least_span`` at least, so that a
    calm week does not look wild. After ``end_ms`` (now) nothing is missing yet.
    """
    since, until = window.since_ms, window.until_ms
    inside = [
        Curve(one.key, sorted((p for p in one.points if since <= p.at < until), key=lambda p: p.at))
        for one in curves
    ]
    values = [p.value for one in inside for p in one.points]
    if not values:
        return None
    near = [one for one in bands if one.since < until and one.until > since]
    reach = [*values, *(v for one in near for v in (one.low, one.high)), *(o.value for o in limits)]
    ticks = scale(min(reach), max(reach), least_span)
    top, bottom = ticks[0], ticks[-1]

    def y(value: float) -> float:
        return HEIGHT * (top - value) / (top - bottom)

    return Drawing(
        curves=tuple(_curve(one, window, y) for one in inside),
        bands=tuple(_band(one, window, y) for one in near),
        limits=tuple(DrawnLimit(one.key, y(one.value), one.curve) for one in limits),
        gaps=_gaps(inside, window, min(until, end_ms or until)),
        ticks=ticks,
        days=_days(window),
    )


def scale(low: float, high: float, least_span: float) -> tuple[float, ...]:
    """Return three to six round values from the top, evenly apart, that hold low and high."""
    span = max(high - low, least_span, 1e-9)
    middle = (low + high) / 2
    low, high = min(low, middle - span / 2), max(high, middle + span / 2)
    power = 10.0 ** math.floor(math.log10(span / 4))
    steps = [power * one for one in (*_STEPS, *(10 * each for each in _STEPS))]
    for step in steps:
        first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
        if 2 <= last - first <= 5:
            return tuple(round(n * step, 6) for n in range(last, first - 1, -1))
    raise AssertionError("a span between four and eight steps has one")  # pragma: no cover


def usual_gap(times: Sequence[int]) -> int:
    """Return after how many ms without a value one is missing, by how often values came."""
    between = [b - a for a, b in itertools.pairwise(times) if b > a]
    usual = median(between) if between else 0
    return max(LEAST_GAP_MS, round(USUAL_TIMES * usual))


def thinned(points: Sequence[Point], window: Window) -> list[Point]:
    """Return at most four points a column: first, lowest, highest and last, in their order."""
    if len(points) <= COLUMNS:
        return list(points)
    columns: dict[int, list[Point]] = {}
    for one in points:
        columns.setdefault(int(window.x(one.at) * COLUMNS / WIDTH), []).append(one)
    kept: list[Point] = []
    for column in columns.values():
        low, high = min(column, key=_value), max(column, key=_value)
        few = {id(one): one for one in (column[0], low, high, column[-1])}
        kept += sorted(few.values(), key=lambda one: one.at)
    return kept


def runs(points: Sequence[Point]) -> list[list[Point]]:
    """Return the points of known time, parted where values are missing."""
    known = [one for one in points if one.certain]
    most = usual_gap([one.at for one in known])
    found: list[list[Point]] = []
    for one in known:
        if not found or one.at - found[-1][-1].at > most:
            found.append([])
        found[-1].append(one)
    return found


def _curve(curve: Curve, window: Window, y: _Height) -> DrawnCurve:
    parts = [thinned(run, window) for run in runs(curve.points)]
    known = [one for part in parts for one in part]
    alone = known if len(known) <= MAX_DOTS else [part[0] for part in parts if len(part) == 1]
    doubtful = [one for one in curve.points if not one.certain]
    return DrawnCurve(
        curve.key,
        tuple(
            " ".join(f"{window.x(one.at):.1f},{y(one.value):.1f}" for one in part)
            for part in parts
            if len(part) > 1
        ),
        _dots(alone, window, y),
        _dots(doubtful[-MAX_DOUBTFUL:], window, y),
    )


def _dots(points: Iterable[Point], window: Window, y: _Height) -> str:
    # a line of no length with round ends: a round point however the picture is stretched
    return "".join(f"M{window.x(one.at):.1f} {y(one.value):.1f}h0" for one in points)


def _band(band: Band, window: Window, y: _Height) -> DrawnBand:
    left, right = window.x(max(band.since, window.since_ms)), window.x(band.until)
    top, bottom = y(band.high), y(band.low)
    return DrawnBand(
        band.key, round(left, 1), round(top, 1), round(right - left, 1), round(bottom - top, 1)
    )


def _gaps(curves: Sequence[Curve], window: Window, end_ms: int) -> tuple[Gap, ...]:
    times = sorted({p.at for one in curves for p in one.points if p.certain})
    if not times:
        return ()
    most = usual_gap(times)
    ends = [window.since_ms, *times, max(end_ms, times[-1])]
    return tuple(
        Gap(a, b, round(window.x(a), 1), round(window.x(b) - window.x(a), 1))
        for a, b in itertools.pairwise(ends)
        if b - a > most
    )


def _days(window: Window) -> tuple[date, ...]:
    for parts in (7, 6, 5, 4, 3, 2):
        if window.days % parts == 0:
            step = window.days // parts
            return tuple(window.first + timedelta(days=n * step) for n in range(parts))
    return (window.first,)


def _midnight(day: date, zone: ZoneInfo) -> int:
    return round(datetime.combine(day, time(), zone).timestamp() * 1000)


def _value(point: Point) -> float:
    return point.value
