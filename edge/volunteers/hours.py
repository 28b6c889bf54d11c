"""Hours done, confirmed by a coordinator, and their sum for the thank-you certificate."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from edge.learning.course import one_line
from edge.learning.errors import Refused
from edge.learning.moment import MINUTE_MS
from edge.volunteers.rota import MAX_WORDS, Shift

MAX_MINUTES = 24 * 60  # of one entry: a day


@dataclass(frozen=True, slots=True)
class Work:
    """What a volunteer did on a day. ``shift`` 0: something beside the rota.

    ``minutes`` 0: was not there. ``confirmed_by`` is whoever confirmed it.
    """

    work: int
    volunteer: int
    day: date
    minutes: int
    task: str
    shift: int
    confirmed_by: str
    confirmed_at: int


@dataclass(frozen=True, slots=True)
class Thanks:
    """A year's work of one volunteer: what a certificate says. ``tasks`` the longest first."""

    year: int
    minutes: int
    days: int
    tasks: tuple[tuple[str, int], ...]


def length(shift: Shift) -> int:
    """Return how many minutes a shift takes, real ones."""
    return (shift.ends_at - shift.starts_at) // MINUTE_MS


def checked(minutes: int, task: str) -> tuple[int, str]:
    """Return minutes and task of an entry, tidied.

    :raises Refused: saying what is wrong, in which field.
    """
    if not 0 <= minutes <= MAX_MINUTES:
        raise Refused(
            f"{minutes} minutes",
            hint="Möglich sind 0 bis 24 Stunden an einem Tag.",
            field="hours",
        )
    return minutes, one_line(task, "task", MAX_WORDS, least=1)


def minutes_of(text: str) -> int:
    """Return what was written as hours, such as `2`, `1,5` or `2:30`, in minutes.

    :raises Refused: if it is none.
    """
    tidy = text.strip().replace(",", ".")
    try:
        if ":" in tidy:
            whole, rest = tidy.split(":")
            if len(rest) == 2 and rest.isdecimal() and whole.isdecimal() and int(rest) < 60:
                return int(whole[:3]) * 60 + int(rest)
        elif tidy.replace(".", "", 1).isdecimal() and tidy.isascii() and len(tidy) <= 6:
            return round(float(tidy) * 60)
    except ValueError:
        pass
    raise Refused(
        f"{text[:20]!r} are no hours",
        hint="Bitte die Stunden so schreiben: 2 oder 1,5 oder 2:30.",
        field="hours",
    )


def shown(minutes: int) -> str:
    """Return a time as people say it: hours and minutes."""
    whole, rest = divmod(minutes, 60)
    if not rest:
        return f"{whole} Std."
    return f"{whole} Std. {rest} Min." if whole else f"{rest} Min."


def thanks(work: Iterable[Work], volunteer: int) -> list[Thanks]:
    """Return what a volunteer did, year by year, the newest first.

    A shift over midnight belongs to the day it began on.
    """
    years: dict[int, list[Work]] = {}
    for one in work:
        if one.volunteer == volunteer and one.minutes:
            years.setdefault(one.day.year, []).append(one)
    made = []
    for year in sorted(years, reverse=True):
        tasks: dict[str, int] = {}
        for one in years[year]:
            tasks[one.task] = tasks.get(one.task, 0) + one.minutes
        order = sorted(tasks.items(), key=lambda pair: (-pair[1], pair[0]))
        days = len({one.day for one in years[year]})
        made.append(Thanks(year, sum(tasks.values()), days, tuple(order)))
    return made


def may_confirm(volunteer: int, by_volunteer: int | None) -> None:
    """Return if somebody may confirm a volunteer's hours: not their own.

    :raises Refused: if they are.
    """
    if by_volunteer == volunteer:
        raise Refused(
            "one's own hours",
            hint="Die eigenen Stunden bestätigt jemand anderes aus der Koordination.",
        )
