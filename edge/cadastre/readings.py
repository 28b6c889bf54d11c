"""A communal meter's readings in village.db, and the hours between them.

Hours as they are where they are published: between counters that are too far apart nothing is
assumed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from edge.publish.counter import Limits, by_hour
from edge.store.village import VillageStore
from edge.store.village_rows import MeterRow
from hardware.reading import TimeQuality

HOUR_MS = 3_600_000
MOST_KW = 20_000.0  # a town's network; what a counter leaps by is more
COARSEST = 10.0  # one step of the coarsest usual display may fall between any two readings
_WHOLE = 0.98  # of an hour must be covered by readings
_PIECE_MS = 30 * 24 * HOUR_MS


def timed_rows(village: VillageStore, device: int, since: int, until: int) -> Iterator[MeterRow]:
    """Yield a device's readings with ``since <= at < until`` (ms) whose time is known."""
    for begin in range(since, until, _PIECE_MS):
        for row in village.series(device, begin, min(begin + _PIECE_MS, until)):
            if row.time_quality is not TimeQuality.UNKNOWN:
                yield row


def hours(readings: Sequence[tuple[int, float]], limits: Limits) -> Iterator[tuple[int, float]]:
    """Yield the whole UTC hours since 1970 between readings of a counter, and what it rose by."""
    for begin, hour in by_hour(readings, limits).items():
        if hour.covered_ms >= _WHOLE * HOUR_MS:
            yield begin // HOUR_MS, hour.energy_kwh * HOUR_MS / hour.covered_ms
