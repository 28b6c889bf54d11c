"""Times, places and amounts in German sentences, as the volunteers' pages say them. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from edge.learning.course import Course, Session, units
from edge.learning.moment import HOUR_MS, MINUTE_MS, to_local
from edge.web import words

_DAYS = ("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So")
STATES = {
    "draft": "Entwurf",
    "published": "öffentlich",
    "moved": "verlegt",
    "cancelled": "abgesagt",
}
MOODS = {"draft": "warning", "published": "success", "moved": "info", "cancelled": "danger"}


def day(moment: datetime) -> str:
    """Return `Di 6.10.2026`."""
    return f"{_DAYS[moment.weekday()]} {moment.day}.{moment.month}.{moment.year}"


def typed(one: date) -> str:
    """Return `6.10.2026`, as a field shows a day."""
    return f"{one.day}.{one.month}.{one.year}"


def day_month(one: Session) -> str:
    """Return `6.10.`, for the head of a narrow column."""
    local = to_local(one.starts_at)
    return f"{local.day}.{local.month}."


def moment(at_ms: int) -> str:
    """Return `Di 6.10.2026, 18:30 Uhr`."""
    local = to_local(at_ms)
    return f"{day(local)}, {words.clock_time(local)} Uhr"


def span(one: Session) -> str:
    """Return `Di 6.10.2026, 18:30 bis 20:00 Uhr`; past midnight both days are named.

    Where the clock is changed in between it says so, with how long the session really lasts.
    """
    begin, end = to_local(one.starts_at), to_local(one.ends_at)
    if begin.date() == end.date():
        told = f"{day(begin)}, {words.clock_time(begin)} bis {words.clock_time(end)} Uhr"
    else:
        told = f"{moment(one.starts_at)}, bis {moment(one.ends_at)}"
    on_wall = end.replace(tzinfo=None) - begin.replace(tzinfo=None)
    skipped = on_wall - timedelta(milliseconds=one.ends_at - one.starts_at)
    if skipped:
        turn = "vorgestellt" if skipped > timedelta(0) else "zurückgestellt"
        told += f" (dazwischen wird die Uhr {turn}: es sind {lasts(one)})"
    return told


def lasts(one: Session) -> str:
    """Return how long a session lasts by a stopwatch, as `1 Std. 30 Min.`."""
    hours, rest = divmod(one.ends_at - one.starts_at, HOUR_MS)
    minutes = rest // MINUTE_MS
    parts = [f"{hours} Std."] if hours else []
    return " ".join([*parts, f"{minutes} Min."] if minutes or not hours else parts)


def euros(cents: int) -> str:
    """Return an amount as people read it."""
    return "kostenlos" if not cents else f"{cents // 100},{cents % 100:02d} €"


def dates(course: Course) -> str:
    """Return when a course is, in a line: its first and last day and how many times."""
    held = [one for one in course.sessions if not one.cancelled]
    if not held:
        return "noch ohne Termin"
    if len(held) == 1:
        return span(held[0])
    last = day(to_local(held[-1].starts_at))
    return f"{len(held)} Termine, vom {moment(held[0].starts_at)}, bis {last}"


def taught(course: Course) -> str:
    """Return the teaching units of a course, as `8 Unterrichtseinheiten`."""
    count = units(course.minutes)
    return f"{words.number(count, 0 if count.is_integer() else 2)} Unterrichtseinheiten"


def people(count: int) -> str:
    """Return `1 Person`, `3 Personen`."""
    return "1 Person" if count == 1 else f"{count} Personen"


def name(of: str) -> str:
    """Return a name to stand within a sentence, in whichever direction it is written."""
    return f"\u2068{of or 'Ohne Namen'}\u2069"


def listed(names: Iterable[str]) -> str:
    """Return `a, b und c`."""
    *most, last = names
    return f"{', '.join(most)} und {last}" if most else last
