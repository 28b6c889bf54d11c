"""When a value of a care sensor was measured, and how far that may be believed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo

from edge.care.contact_clock import ContactClock
from edge.clock import EARLIEST_MS, LATEST_MS, to_ms
from edge.store.journal import Entry
from hardware.ble.measurement import Measurement
from hardware.reading import TimeQuality

EARLY_MS = 10 * 60_000  # a device's clock may be this far ahead of the hub's
LATE_MS = 400 * 86_400_000  # a device keeps its last readings for a year at most
CLOSE_MS = 2 * 60_000  # a clock that shows this is right: people set theirs by the minute

_MINUTE_MS = 60_000


def observed(
    entry: Entry,
    timestamp: str | None,
    zone: tzinfo | None,
    clocks: Sequence[ContactClock] = (),
) -> tuple[int, TimeQuality]:
    """Return when a measurement was taken, and how far that may be believed.

    ``clocks`` are what the device's clock showed at contacts until then, the oldest first. What
    it stamped after the hub had set it is DEVICE. What it stamped before, or while it was off, is
    HELD: moved by what it was off where it could be read, else as it says, if that is plausible
    (not in the hub's future and not older than a device's memory; if the hub does not know the
    time itself, any sound year). Otherwise it is the moment it was received.
    """
    as_is = None if timestamp is None else _wall_ms(timestamp, zone)
    if timestamp is None or as_is is None:
        return entry.received_at, entry.time_quality
    set_at = [one.at for one in clocks if one.was_set]
    quality = TimeQuality.HELD
    if set_at and set_at[0] - CLOSE_MS <= as_is:
        quality = TimeQuality.DEVICE
    if entry.time_quality is TimeQuality.UNKNOWN or not clocks:
        return believed(entry, as_is, quality)
    last = clocks[-1]
    if last.was_set and -CLOSE_MS <= as_is - last.at <= entry.received_at - last.at + CLOSE_MS:
        return as_is, TimeQuality.DEVICE
    explained = _explained(entry, timestamp, as_is, zone, clocks)
    if explained is None:
        return entry.received_at, entry.time_quality
    moment, is_first = explained
    is_sure = moment == as_is and not is_first
    return moment, quality if is_sure else TimeQuality.HELD


def _explained(
    entry: Entry,
    timestamp: str,
    as_is: int,
    zone: tzinfo | None,
    clocks: Sequence[ContactClock],
) -> tuple[int, bool] | None:
    """Return the moment by the contact before which it was stamped, and whether that is the first.

    None if no contact explains it.
    """
    last = clocks[-1]
    for index in range(len(clocks) - 1, -1, -1):
        clock = clocks[index]
        since = clocks[index - 1].at - CLOSE_MS if index else clock.at - LATE_MS
        until = clock.at
        if not clock.was_set:  # it went on as it was
            until = clocks[index + 1].at if clock is not last else entry.received_at
        moved = _moved(clock, timestamp, zone)
        if moved is not None and since <= moved <= until + CLOSE_MS:
            return moved, index == 0
        was_put_back = moved is not None and moved > clock.at
        if (moved is None or was_put_back) and since <= as_is <= clock.at + EARLY_MS:
            return as_is, index == 0
    return None


def believed(
    entry: Entry, device_ms: int, quality: TimeQuality = TimeQuality.DEVICE
) -> tuple[int, TimeQuality]:
    """Return a device's moment if it is plausible, see :func:`observed`, else the arrival."""
    if entry.time_quality is TimeQuality.UNKNOWN:
        plausible = EARLIEST_MS <= device_ms < LATEST_MS
    else:
        plausible = -LATE_MS <= device_ms - entry.received_at <= EARLY_MS
    return (device_ms, quality) if plausible else (entry.received_at, entry.time_quality)


def session_start(
    measurement: Measurement, zone: tzinfo | None, clocks: Sequence[ContactClock] = ()
) -> int | None:
    """Return when a continuous monitor's session started, ms since 1970; None if it knows no day.

    The offset from UTC is the device's own where it tells one, else ``zone``. A monitor that was
    set tells the start by its new time; of one that could not be set it is moved by what its
    clock was off.
    """
    if measurement.timestamp is None:
        return None
    if clocks and not clocks[-1].was_set:
        moved = _moved(clocks[-1], measurement.timestamp, zone)
        if moved is not None:
            return moved
    east, summer = (measurement.flags.get(name) for name in ("time_zone_min", "dst_offset_min"))
    if isinstance(east, int) and isinstance(summer, int):
        local = datetime.fromisoformat(f"{measurement.timestamp}+00:00")
        return to_ms(local) - (east + summer) * _MINUTE_MS
    return _wall_ms(measurement.timestamp, zone)


def in_session(
    entry: Entry,
    starts: Sequence[int],
    offset_min: int,
    clocks: Sequence[ContactClock] = (),
) -> tuple[int, TimeQuality] | None:
    """Return when a continuous monitor measured, from its session's start; None without one.

    ``starts`` are the sessions', the oldest first. A value says how long its session had lasted,
    not which: a monitor may keep what it measured in earlier ones. It is of one that had begun when
    it came and that lasted so long before the next began. If that is only one, its time is as good
    as the device's clock; of several it is the last one's, and HELD; of none the arrival.
    """
    latest, oldest = entry.received_at, entry.received_at - LATE_MS
    if entry.time_quality is TimeQuality.UNKNOWN:
        latest, oldest = LATEST_MS, EARLIEST_MS
    begun = [start for start in starts if start <= latest + EARLY_MS]
    if not begun:
        return None
    ends = [*begun[1:], latest + EARLY_MS + 1]
    moments = [start + offset_min * _MINUTE_MS for start in begun]
    possible = [one for one, end in zip(moments, ends, strict=True) if oldest <= one < end]
    if not possible:
        return entry.received_at, entry.time_quality
    is_sure = len(possible) == 1 and any(one.was_set for one in clocks)
    return believed(entry, possible[-1], TimeQuality.DEVICE if is_sure else TimeQuality.HELD)


def _moved(clock: ContactClock, timestamp: str, zone: tzinfo | None) -> int | None:
    """Return when a clock that was off at a contact stamped ``timestamp``.

    Counted back from the contact by the clock's own count, so that it may be an hour off for
    half of the year. None if it was right or cannot be read.
    """
    if clock.shown is None:
        return None
    shown_ms = _wall_ms(clock.shown, zone)
    if shown_ms is not None and abs(shown_ms - clock.at) <= CLOSE_MS:
        return None
    ago = datetime.fromisoformat(clock.shown) - datetime.fromisoformat(timestamp)
    return clock.at - ago // timedelta(milliseconds=1)


def _wall_ms(timestamp: str, zone: tzinfo | None) -> int | None:
    local = datetime.fromisoformat(timestamp)
    try:
        return to_ms(local.replace(tzinfo=zone) if zone else local.astimezone())
    except (OverflowError, OSError, ValueError):  # a year that no system clock reaches
        return None
