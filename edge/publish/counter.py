"""Energy by hour from a counter that only ever grows. Pure.

A counter says how much in all, whenever it is asked. What an hour used is the counter at its end
less the counter at its start, both interpolated between the readings beside them. Where readings
are too far apart, or the counter fell or leapt, nothing is assumed: that stretch is not covered.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Limits:
    """What two neighbouring readings may differ by, to be believed.

    ``step_kwh`` is one step of the counter: it may fall between any two readings.
    """

    gap_ms: int
    power_max_kw: float
    step_kwh: float


@dataclass(slots=True)
class Covered:
    """What is known of a stretch of time: energy in its covered part, and how long that is."""

    energy_kwh: float = 0.0
    covered_ms: int = 0


def without_glitches(readings: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    """Drop a reading that stands alone against both neighbours: one lost or one false digit.

    ``readings`` are ``(ms since 1970, kWh)`` in order of time. A counter that was exchanged or
    reset goes on from its new value, so its readings stay.
    """
    kept: list[tuple[int, float]] = []
    for number, (at, value) in enumerate(readings):
        following = readings[number + 1][1] if number + 1 < len(readings) else None
        if kept and following is not None:
            before = kept[-1][1]
            fell_alone = value < before <= following
            rose_alone = before <= following < value
            if fell_alone or rose_alone:
                continue
        kept.append((at, value))
    return kept


def by_hour(readings: Iterable[tuple[int, float]], limits: Limits) -> dict[int, Covered]:
    """Return every hour that is covered at least in part, by its start (ms since 1970, UTC).

    ``readings`` are ``(ms since 1970, kWh)`` in order of time.
    """
    hours: dict[int, Covered] = {}
    before: tuple[int, float] | None = None
    for at, value in readings:
        if before is not None and _believed(before, (at, value), limits):
            _spread(before, (at, value), hours)
        before = (at, value)
    return hours


def between(readings: Iterable[tuple[int, float]], start: int, end: int, limits: Limits) -> Covered:
    """Return what is known of the time from ``start`` to ``end`` (ms since 1970, UTC)."""
    known = Covered()
    before: tuple[int, float] | None = None
    for at, value in readings:
        if before is not None and _believed(before, (at, value), limits):
            inside = min(at, end) - max(before[0], start)
            if inside > 0:
                known.energy_kwh += (value - before[1]) * inside / (at - before[0])
                known.covered_ms += inside
        before = (at, value)
    return known


def _believed(a: tuple[int, float], b: tuple[int, float], limits: Limits) -> bool:
    lasted_ms = b[0] - a[0]
    rose_kwh = b[1] - a[1]
    most_kwh = limits.power_max_kw * lasted_ms / HOUR_MS + limits.step_kwh
    return 0 < lasted_ms <= limits.gap_ms and 0 <= rose_kwh <= most_kwh


def _spread(a: tuple[int, float], b: tuple[int, float], hours: dict[int, Covered]) -> None:
    lasted_ms = b[0] - a[0]
    start = a[0]
    while start < b[0]:
        hour = start - start % HOUR_MS
        end = min(b[0], hour + HOUR_MS)
        known = hours.setdefault(hour, Covered())
        known.energy_kwh += (b[1] - a[1]) * (end - start) / lasted_ms
        known.covered_ms += end - start
        start = end
