"""Times on the hall's clock, and the milliseconds since 1970, UTC, that databases keep."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from edge.learning.errors import NoSuchTime

ZONE = ZoneInfo("Europe/Berlin")
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS


def to_ms(day: date, wall: time, *, after_ms: int | None = None) -> int:
    """Return when the hall's clock shows ``wall`` on ``day``.

    Where it shows it twice (summer time ends) the first is meant, unless that is not after
    ``after_ms``: what begins at 2.30 may end at 2.15.

    :raises NoSuchTime: if the clock jumps over it (summer time begins).
    """
    local = datetime.combine(day, wall, ZONE)
    at = _ms(local)
    if to_local(at).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise NoSuchTime(
            f"{day.isoformat()} has no {wall:%H:%M}",
            hint=f"Am {day:%d.%m.%Y} wird die Uhr vorgestellt: {wall:%H:%M} Uhr gibt es an dem "
            "Tag nicht. Bitte eine andere Uhrzeit wählen.",
            field="start",
        )
    if after_ms is not None and at <= after_ms:
        return _ms(local.replace(fold=1))
    return at


def span(day: date, start: time, end: time) -> tuple[int, int]:
    """Return begin and end of a session that begins on ``day``.

    An end that the clock does not show after the start on that day is the next day's.

    :raises NoSuchTime: see :func:`to_ms`.
    """
    begins = to_ms(day, start)
    ends = to_ms(day, end, after_ms=begins)
    if ends <= begins:
        ends = to_ms(day + timedelta(days=1), end)
    return begins, ends


def to_local(at_ms: int) -> datetime:
    """Return a moment as the hall's clock shows it."""
    return datetime.fromtimestamp(at_ms // 1000, UTC).astimezone(ZONE)


def local_day(at_ms: int) -> date:
    """Return the calendar day in the hall."""
    return to_local(at_ms).date()


def moved_days(at_ms: int, days: int) -> int:
    """Return the same time on the wall, ``days`` later.

    :raises NoSuchTime: see :func:`to_ms`.
    """
    local = to_local(at_ms)
    moved = to_ms(local.date() + timedelta(days=days), local.time())
    return moved + at_ms % 1000


def _ms(local: datetime) -> int:
    return int(local.timestamp()) * 1000
