"""The rota: which shifts there are, who does them, and where somebody is missing.

1. A shift needs so many people; where it asks for a qualification, only those count whose
   qualification holds on its day.
2. Whoever cannot come says so until :data:`LEAVE_DAYS` before; later the shift is offered to the
   others, and **it stays one's own until somebody took it**.
3. Nobody does two shifts at once.
4. A coordinator at the desk may do more: put people in late, take them off at any time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, time

from edge.learning.course import many_lines, one_line
from edge.learning.errors import Refused
from edge.learning.moment import HOUR_MS, local_day, span
from edge.learning.series import YEARS, Series, sessions
from edge.volunteers.qualification import Held, counts

LEAVE_DAYS = 7  # a week: long enough to find somebody else
MAX_NEEDED = 50
MAX_HOURS = 24
MAX_WORDS = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A task at a place and time for ``needed`` people. Times in ms since 1970, UTC.

    Shifts that were made together have the same ``series``. ``rev`` counts the changes.
    """

    task: str
    place: str
    starts_at: int
    ends_at: int
    needed: int = 1
    qualification: str | None = None
    note: str = ""
    series: str = ""
    cancelled: bool = False
    shift: int = 0
    rev: int = 0


@dataclass(frozen=True, slots=True)
class Duty:
    """Somebody does a shift. ``offered_at``: they asked the others to take it, and still do it."""

    duty: int
    shift: int
    volunteer: int
    made_at: int
    offered_at: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """A shift with who does it; ``uncounted`` are on it without the qualification it needs."""

    shift: Shift
    duties: tuple[Duty, ...]
    uncounted: frozenset[int]

    @property
    def missing(self) -> int:
        """How many are still needed."""
        if self.shift.cancelled:
            return 0
        return max(0, self.shift.needed - len(self.duties) + len(self.uncounted))

    @property
    def offered(self) -> tuple[Duty, ...]:
        """Who would like somebody else to do it."""
        return tuple(one for one in self.duties if one.offered_at is not None)

    def of(self, volunteer: int) -> Duty | None:
        """Return what a volunteer has to do with it, None if nothing."""
        return next((one for one in self.duties if one.volunteer == volunteer), None)


def checked(shift: Shift) -> Shift:
    """Return a shift with its texts tidied.

    :raises Refused: saying what is wrong, in which field.
    """
    if not 1 <= shift.needed <= MAX_NEEDED:
        raise Refused(
            f"{shift.needed} people",
            hint=f"Möglich sind 1 bis {MAX_NEEDED} Personen.",
            field="needed",
        )
    if not 0 < shift.ends_at - shift.starts_at <= MAX_HOURS * HOUR_MS:
        raise Refused(
            "no span",
            hint=f"Der Dienst muss nach seinem Anfang enden und höchstens {MAX_HOURS} Stunden "
            "dauern.",
            field="end",
        )
    return replace(
        shift,
        task=one_line(shift.task, "task", MAX_WORDS, least=1),
        place=one_line(shift.place, "place", MAX_WORDS, least=1),
        note=many_lines(shift.note, "note", 500),
    )


def times(day: date, start: time, end: time) -> tuple[int, int]:
    """Return begin and end of a shift; an end that is not after the start is the next day's.

    :raises NoSuchTime: if the clock jumps over one of the times.
    :raises Refused: if the year is mistyped.
    """
    if day.year not in YEARS:
        raise Refused(f"the year {day.year}", hint="Bitte das Jahr prüfen.", field="first_day")
    return span(day, start, end)


def repeated(
    shift: Shift, series: Series, name: str, free_days: Collection[date] = ()
) -> list[Shift]:
    """Return a series of shifts like ``shift``; the time on the wall stays.

    :raises Refused: if there are none or too many.
    :raises NoSuchTime: if the clock jumps over the time on one of the days.
    """
    meetings = sessions(series, free_days)
    return [
        checked(replace(shift, starts_at=one.starts_at, ends_at=one.ends_at, series=name, shift=0))
        for one in meetings
    ]


def standing(shift: Shift, duties: Iterable[Duty], held: Collection[Held]) -> Standing:
    """Return a shift with who does it."""
    on = tuple(sorted((d for d in duties if d.shift == shift.shift), key=lambda d: d.duty))
    day = local_day(shift.starts_at)
    short = frozenset(
        one.volunteer for one in on if not counts(held, one.volunteer, shift.qualification, day)
    )
    return Standing(shift, on, short)


def gaps_first(found: Iterable[Standing]) -> list[Standing]:
    """Return shifts in the order of how much they want somebody: gaps, then offers, then full."""

    def order(one: Standing) -> tuple[int, int, int]:
        rank = 0 if one.missing else 1 if one.offered and not one.shift.cancelled else 2
        return rank, one.shift.starts_at, one.shift.shift

    return sorted(found, key=order)


def overlap(one: Shift, other: Shift) -> bool:
    """Tell whether nobody can do both."""
    return one.starts_at < other.ends_at and other.starts_at < one.ends_at


def may_sign_up(
    found: Standing,
    volunteer: int,
    held: Collection[Held],
    mine: Sequence[Shift],
    now_ms: int,
    *,
    takes: int | None = None,
    at_desk: bool = False,
) -> None:
    """Return if a volunteer may do a shift. ``mine`` are the shifts they do already.

    ``takes`` is the volunteer whose offered shift they take: then there need be no gap. At the
    desk, whoever came though nobody had put them in is put in afterwards.

    :raises Refused: saying why not.
    """
    shift = found.shift
    if shift.cancelled:
        raise Refused("cancelled", hint="Dieser Dienst fällt aus.")
    if shift.ends_at <= now_ms and not at_desk:
        raise Refused("over", hint="Dieser Dienst ist schon vorbei.")
    if found.of(volunteer) is not None:
        raise Refused("on it already", hint="Bei diesem Dienst ist die Person schon eingetragen.")
    if not counts(held, volunteer, shift.qualification, local_day(shift.starts_at)):
        raise Refused(
            "not qualified",
            hint="Für diesen Dienst braucht es eine Qualifikation, die an diesem Tag noch gilt. "
            "Wer eine hat: bitte bei der Koordination eintragen lassen.",
        )
    if any(overlap(shift, other) for other in mine if not other.cancelled):
        raise Refused("busy", hint="Zu dieser Zeit ist die Person schon für etwas anderes da.")
    if takes is None:
        if not found.missing and not at_desk:
            raise Refused("full", hint="Hier sind schon genug Leute. Danke!")
    else:
        other = found.of(takes)
        if other is None or other.offered_at is None:
            raise Refused(
                "not offered",
                hint="Dieser Dienst wird nicht mehr abgegeben: Jemand anderes war schneller, oder "
                "das Angebot wurde zurückgenommen.",
            )


def may_leave(found: Standing, volunteer: int, now_ms: int) -> Duty:
    """Return what a volunteer is taken off, if it is early enough.

    :raises Refused: saying why not.
    """
    duty = _own(found, volunteer)
    if found.shift.cancelled:
        return duty
    if found.shift.starts_at - now_ms < LEAVE_DAYS * 24 * HOUR_MS:
        raise Refused(
            "too late to leave",
            hint=f"Weniger als {LEAVE_DAYS} Tage vorher kann man sich nicht mehr einfach "
            "austragen. Bitte den Dienst abgeben: Sobald jemand ihn übernimmt, sind Sie frei.",
        )
    return duty


def may_offer(found: Standing, volunteer: int, now_ms: int) -> Duty:
    """Return what a volunteer asks the others to take.

    :raises Refused: saying why not.
    """
    duty = _own(found, volunteer)
    if found.shift.cancelled or found.shift.ends_at <= now_ms:
        raise Refused("over", hint="Dieser Dienst ist schon vorbei oder fällt aus.")
    return duty


def _own(found: Standing, volunteer: int) -> Duty:
    duty = found.of(volunteer)
    if duty is None:
        raise Refused("not on it", hint="Bei diesem Dienst ist die Person nicht eingetragen.")
    return duty
