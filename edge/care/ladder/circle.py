"""Who may be asked about a person, in which order, and when not. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from edge.care.ladder.rung import Rung

_DAY_MINUTES = 1440


@dataclass(frozen=True, slots=True)
class Quiet:
    """From when to when somebody sleeps, in minutes of the village's day; may span midnight."""

    start: int
    end: int

    def holds(self, minute: int) -> bool:
        """Tell whether a minute of the day is within."""
        if self.start <= self.end:
            return self.start <= minute < self.end
        return minute >= self.start or minute < self.end


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of a person's circle. ``phone`` is empty if there is none.

    ``may_name``: what is sent to them may say whose alert it is.
    """

    contact: int
    rung: Rung
    name: str = ""
    phone: str = ""
    quiet: tuple[Quiet, ...] = ()
    may_name: bool = False


Circle = Sequence[Member]


def asleep(member: Member, wall_ms: int, zone: tzinfo | None) -> bool:
    """Tell whether somebody is not to be disturbed in ``zone``, None is the system's."""
    moment = datetime.fromtimestamp(wall_ms / 1000, UTC).astimezone(zone)
    minute = moment.hour * 60 + moment.minute
    return any(quiet.holds(minute) for quiet in member.quiet)


def lasts_ms(quiet: Quiet, wall_ms: int, zone: tzinfo | None) -> int:
    """Return for how long quiet hours still last, 0 outside of them."""
    nobody = Member(0, Rung.CLIENT, quiet=(quiet,))
    return wakes_in_ms([nobody], wall_ms, zone) if asleep(nobody, wall_ms, zone) else 0


def wakes_in_ms(members: Iterable[Member], wall_ms: int, zone: tzinfo | None) -> int:
    """Return after how long the first of ``members``, who all sleep, may be disturbed.

    At most a day: who has quiet hours all round the clock is asked again tomorrow.
    """
    minute_ms = 60_000
    into = wall_ms % minute_ms
    people = list(members)
    for minutes in range(1, _DAY_MINUTES):
        later = wall_ms - into + minutes * minute_ms
        if any(not asleep(one, later, zone) for one in people):
            return later - wall_ms
    return _DAY_MINUTES * minute_ms
