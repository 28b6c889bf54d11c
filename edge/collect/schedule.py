"""When a meter is due, pure: time is an argument.

A pace that is bound to the clock makes readings of many meters comparable. Meters of one bus that
are due at the same moment are asked one after the other by the one thread that owns the line.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_STEPS_S = {"quarter-hour": 900, "hour": 3600}


def following(poll_at: str, now: datetime) -> datetime:
    """Return the first moment after ``now`` that ``poll_at`` names, as UTC.

    ``poll_at`` is `quarter-hour`, `hour`, or a time of day (`03:00`) in the zone of this machine.
    Where a clock change leaves that time out, it is the moment that the time before it leads to.

    :raises ValueError: if ``now`` has no offset, or ``poll_at`` is none of these.
    """
    if now.utcoffset() is None:
        raise ValueError("the time has no offset from UTC")
    step_s = _STEPS_S.get(poll_at)
    if step_s is not None:
        past_s = now.timestamp() // step_s * step_s
        return datetime.fromtimestamp(past_s + step_s, tz=UTC)
    hour, minute = (int(part) for part in poll_at.split(":"))
    local = now.astimezone().replace(tzinfo=None)
    for days in (0, 1, 2):
        day = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
        moment = (day + timedelta(days=days)).astimezone()
        if moment > now:
            return moment.astimezone(UTC)
    raise ValueError(f"{poll_at} never comes")


class Pace:
    """When one meter is due next. Times are UTC; a step of the clock is taken into account.

    ``poll_at`` empty: every ``poll_s`` seconds of the monotonic clock, at once at first.
    """

    def __init__(self, poll_at: str, poll_s: float) -> None:
        self._poll_at = poll_at
        self._poll_s = poll_s
        self._due_s = 0.0  # monotonic
        self._due: datetime | None = None
        self._longest = timedelta(seconds=_STEPS_S.get(poll_at, 86_400 + 3700))

    def wait_s(self, now: datetime, monotonic_s: float) -> float:
        """Return for how long to wait, 0 or less if the meter is due."""
        if not self._poll_at:
            return self._due_s - monotonic_s
        if self._due is None or self._due - now > self._longest:  # the clock was set back
            self._due = following(self._poll_at, now)
        return (self._due - now).total_seconds()

    def asked(self, now: datetime, monotonic_s: float) -> None:
        """Say that the meter was asked, with or without an answer."""
        if self._poll_at:
            self._due = following(self._poll_at, now)
            return
        due_s = self._due_s + self._poll_s
        self._due_s = due_s if due_s > monotonic_s else monotonic_s + self._poll_s
