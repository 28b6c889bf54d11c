"""A course that meets again and again: every week or every nth, with days left out."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, time, timedelta

from edge.learning.course import MAX_SESSIONS, Session
from edge.learning.errors import Refused
from edge.learning.moment import span

MAX_WEEKS = 52
YEARS = range(2000, 2100)


@dataclass(frozen=True, slots=True)
class Series:
    """``count`` meetings, every ``every_weeks`` weeks from ``first_day`` on, by the hall's clock.

    ``without`` are days on which it does not meet; with ``make_up`` it meets as often as said
    all the same, the weeks after.
    """

    first_day: date
    start: time
    end: time
    count: int
    every_weeks: int = 1
    room_id: str | None = None
    place: str = ""
    break_minutes: int = 0
    without: frozenset[date] = frozenset()
    make_up: bool = True


def sessions(series: Series, holidays: Collection[date] = ()) -> tuple[Session, ...]:
    """Return the meetings. The time on the wall stays when summer time begins or ends.

    :raises Refused: if there are none or too many.
    :raises NoSuchTime: if the clock jumps over the time on one of the days; its hint names it.
    """
    if not 1 <= series.count <= MAX_SESSIONS or not 1 <= series.every_weeks <= MAX_WEEKS:
        raise Refused(
            f"{series.count} meetings every {series.every_weeks} weeks",
            hint=f"Möglich sind 1 bis {MAX_SESSIONS} Termine, alle 1 bis {MAX_WEEKS} Wochen.",
            field="count",
        )
    if series.first_day.year not in YEARS:
        raise Refused(
            f"the year {series.first_day.year}",
            hint="Bitte das Jahr des ersten Termins prüfen.",
            field="first_day",
        )
    left_out = series.without | frozenset(holidays)
    made: list[Session] = []
    for turn in range(MAX_SESSIONS * 2):
        if len(made) == series.count or (turn >= series.count and not series.make_up):
            break
        day = series.first_day + timedelta(weeks=turn * series.every_weeks)
        if day in left_out:
            continue
        begins, ends = span(day, series.start, series.end)
        made.append(Session(begins, ends, series.room_id, series.place, series.break_minutes))
    if not made:
        raise Refused(
            "every day is left out",
            hint="An jedem dieser Tage ist frei: Es bleibt kein Termin.",
            field="first_day",
        )
    return tuple(made)
