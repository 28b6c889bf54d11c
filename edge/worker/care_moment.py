"""When a value of a care sensor was measured, and how far that may be believed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo

from edge.clock import EARLIEST_MS, LATEST_MS, to_ms
from edge.store.journal import Entry
from hardware.ble.measurement import Measurement
from hardware.reading import TimeQuality

EARLY_MS = 10 * 60_000  # a device's clock may be this far ahead of the hub's
LATE_MS = 400 * 86_400_000  # a device keeps its last readings for a year at most

_MINUTE_MS = 60_000


def observed(entry: Entry, timestamp: str | None, zone: tzinfo | None) -> tuple[int, TimeQuality]:
    """Return when a measurement was taken, and how far that may be believed.

    The device's own time where it gave a plausible one: not in the hub's future and not
    older than a device's memory; if the hub does not know the time itself, any sound year.
    Otherwise the moment it was received.
    """
    if timestamp is not None:
        return believed(entry, _wall_ms(timestamp, zone))
    return entry.received_at, entry.time_quality


def believed(entry: Entry, device_ms: int | None) -> tuple[int, TimeQuality]:
    """Return a device's moment if it is plausible, see :func:`observed`, else the arrival."""
    if device_ms is not None:
        if entry.time_quality is TimeQuality.UNKNOWN:
            plausible = EARLIEST_MS <= device_ms < LATEST_MS
        else:
            plausible = -LATE_MS <= device_ms - entry.received_at <= EARLY_MS
        if plausible:
            return device_ms, TimeQuality.DEVICE
    return entry.received_at, entry.time_quality


def session_start(measurement: Measurement, zone: tzinfo | None) -> int | None:
    """Return when a continuous monitor's session started, ms since 1970; None if it knows no day.

    The offset from UTC is the device's own where it tells one, else ``zone``.
    """
    if measurement.timestamp is None:
        return None
    east, summer = (measurement.flags.get(name) for name in ("time_zone_min", "dst_offset_min"))
    if isinstance(east, int) and isinstance(summer, int):
        local = datetime.fromisoformat(f"{measurement.timestamp}+00:00")
        return to_ms(local) - (east + summer) * _MINUTE_MS
    return _wall_ms(measurement.timestamp, zone)


def in_session(
    entry: Entry, starts: Sequence[int], offset_min: int
) -> tuple[int, TimeQuality] | None:
    """Return when a continuous monitor measured, from its session's start; None without one.

    ``starts`` are the sessions', the oldest first. The value is of the last one that had begun
    when it came.
    """
    latest = LATEST_MS if entry.time_quality is TimeQuality.UNKNOWN else entry.received_at
    begun = [start for start in starts if start <= latest + EARLY_MS]
    if not begun:
        return None
    return believed(entry, begun[-1] + offset_min * _MINUTE_MS)


def _wall_ms(timestamp: str, zone: tzinfo | None) -> int | None:
    local = datetime.fromisoformat(timestamp)
    try:
        return to_ms(local.replace(tzinfo=zone) if zone else local.astimezone())
    except (OverflowError, OSError, ValueError):  # a year that no system clock reaches
        return None
