"""Days, times and amounts as they stand on paper, in German."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from edge.learning.course import Session, units
from edge.learning.moment import local_day, to_local

_DAYS = ("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So")
_WEEK = ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag")
_MONTHS = (
    "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober",
    "November", "Dezember",
)  # fmt: skip


def day(moment: date) -> str:
    """Return `7. September 2026`."""
    return f"{moment.day}. {_MONTHS[moment.month - 1]} {moment.year}"


def weekday(moment: date) -> str:
    """Return `Montag, 7. September 2026`."""
    return f"{_WEEK[moment.weekday()]}, {day(moment)}"


def day_of(at_ms: int) -> str:
    """Return the day in the hall of a moment."""
    return day(local_day(at_ms))


def days(first: date, last: date) -> str:
    """Return `7. September bis 23. November 2026`; one day alone as itself."""
    if first == last:
        return day(first)
    begin = day(first) if first.year != last.year else day(first).rpartition(" ")[0]
    return f"{begin} bis {day(last)}"


def session_line(session: Session, place: str = "") -> str:
    """Return `Mo 7.9.2026, 14:00–15:30, Halle`, and that it falls through if it does."""
    begin, end = to_local(session.starts_at), to_local(session.ends_at)
    text = f"{short_day(session)}, {begin:%H:%M}–{end:%H:%M}"
    text += f", {place}" if place else ""
    return f"{text} – fällt aus" if session.cancelled else text


def short_day(session: Session) -> str:
    """Return `Mo 7.9.2026`."""
    begin = to_local(session.starts_at)
    return f"{_DAYS[begin.weekday()]} {begin.day}.{begin.month}.{begin.year}"


def span_of(sessions: Sequence[Session]) -> str:
    """Return from when to when sessions are, empty without any."""
    if not sessions:
        return ""
    return days(local_day(sessions[0].starts_at), local_day(sessions[-1].starts_at))


def extent(sessions: Sequence[Session]) -> str:
    """Return `9 Termine, 13,5 Unterrichtseinheiten zu 45 Minuten`."""
    count = units(sum(one.minutes for one in sessions))
    number = f"{count:.2f}".rstrip("0").rstrip(".").replace(".", ",")
    many = "1 Termin" if len(sessions) == 1 else f"{len(sessions)} Termine"
    unit = "Unterrichtseinheit" if count == 1 else "Unterrichtseinheiten"
    return f"{many}, {number} {unit} zu 45 Minuten"


def euros(cents: int) -> str:
    """Return an amount as people read it."""
    return "kostenlos" if not cents else f"{cents // 100},{cents % 100:02d} €"
