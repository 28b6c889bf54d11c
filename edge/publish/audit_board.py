"""The auditor's rules for a cube of kind `board_calendar`.

Only what a volunteer let hang and ticked for open data, and what hangs now, by what village.db
says; nothing that a person could be called at or written to; each date that takes place, none that
does not. Which dates these are the auditor finds for itself, day by day.
"""

from __future__ import annotations

import datetime as dt
import re
import sqlite3
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from edge.publish import audit_parts
from edge.publish.cube import Cube
from edge.publish.finding import Finding

# what is being audited was built a while ago: dates that ended or came into reach since are free
BUILT_WITHIN = dt.timedelta(minutes=30)
_DAY = dt.timedelta(days=1)
_WEEK_DAYS = 7
_LAST = 5  # a fifth Tuesday is the last one of its month
_CALLED = re.compile(r"(Tel|Telefon|Ruf|Handy|Mobil|Fon)\W{0,3}\d|\(at\)|\[at\]", re.IGNORECASE)
_MONTHS = "Jan|Feb|Mär|Apr|Mai|Jun|Jul|Aug|Sep|Okt|Nov|Dez"
_PIECE = re.compile(
    r"(?P<when>(?<!\d)[0-3]?\d\. ?[01]?\d\. ?(?:19|20)\d\d(?!\d)"
    r"|(?<!\d)(?:19|20)\d\d-[01]\d-[0-3]\d(?!\d)"
    rf"|(?:{_MONTHS})\w*\.? ?(?:19|20)\d\d(?!\d)"
    r"|(?<!\d)[0-2]?\d(?::[0-5]\d(?!\d)|(?:\.[0-5]\d)? ?Uhr))"
    r"|(?P<digit>\d)|(?P<gap>[ /-])|.",
    re.DOTALL | re.IGNORECASE,
)
_TOO_LONG = 5  # digits in a row; four are a year or a house


@dataclass(frozen=True, slots=True)
class _Kept:
    """A notice as village.db has it. Moments are UTC."""

    words: tuple[str, str, str]
    state: str
    open_data: bool
    shown_from: dt.datetime
    shown_until: dt.datetime | None
    event: _Event | None


@dataclass(frozen=True, slots=True)
class _Event:
    """When it takes place first, and how it comes again until a day."""

    begin: dt.datetime
    end: dt.datetime
    repeats: str
    until: dt.date


def now() -> dt.datetime:
    """Return the auditor's own time, whatever time the builder took."""
    return dt.datetime.fromtimestamp(time.time(), dt.UTC)


def audit_board(connection: sqlite3.Connection, cube: Cube, ledger: Path) -> Iterator[Finding]:
    """Yield every cell that must not be public or cannot be true.

    The tables are those that the cube declares and the cells are of their types; ``ledger`` is
    village.db.
    """
    kept, at = _kept(ledger, ZoneInfo(cube.timezone)), now()
    hung: dict[int, _Kept] = {}
    for number, title, text, place, until in connection.execute("SELECT * FROM aushang"):
        where = f"aushang[aushang={number}]"
        found = kept.get(number)
        if found is None or found.state != "approved":
            yield Finding(where, "was not let hang by a volunteer")
        else:
            hung[number] = found
            yield from _hangs(where, found, (title, text, place), until, at)
        if not title.strip():
            yield Finding(f"{where}.titel", "is empty")
        if any(audit_parts.reaches(one) or reaches(one) for one in (title, text, place)):
            yield Finding(where, "holds a telephone number or an address")
    yield from _dates(connection, cube, hung, at)
    yield from audit_parts.about(connection, cube)


def reaches(text: str) -> bool:
    """Tell whether a short number or an address past a filter stands in a text; no date is one."""
    if _CALLED.search(text):
        return True
    digits, gap = 0, False
    for piece in _PIECE.finditer(text):
        if piece["digit"]:
            digits, gap = digits + 1, False
            if digits >= _TOO_LONG:
                return True
        elif piece["gap"] and not gap:
            gap = True
        else:
            digits, gap = 0, True
    return False


def _hangs(
    where: str, found: _Kept, words: tuple[str, str, str], until: str | None, at: dt.datetime
) -> Iterator[Finding]:
    if not found.open_data:
        yield Finding(where, "was not ticked for open data by a volunteer")
    if found.words != words:
        yield Finding(where, "is not what hangs")
    if found.shown_from > at or (found.shown_until is not None and found.shown_until <= at):
        yield Finding(where, "does not hang now")
    said = None if until is None else audit_parts.moment(until)
    if until is not None and said is None:
        yield Finding(f"{where}.haengt_bis", "has a time that is none")
    elif said != (None if found.shown_until is None else _minute(found.shown_until)):
        yield Finding(f"{where}.haengt_bis", "is not when it stops hanging")


def _dates(
    connection: sqlite3.Connection, cube: Cube, hung: Mapping[int, _Kept], at: dt.datetime
) -> Iterator[Finding]:
    zone = ZoneInfo(cube.timezone)
    told: set[tuple[int, dt.datetime]] = set()
    for begin, number, title, place, local, end in connection.execute("SELECT * FROM termin"):
        where = f"termin[anfang={begin}, aushang={number}]"
        found = hung.get(number)
        if found is None or (title, place) != (found.words[0], found.words[2]):
            yield Finding(where, "belongs to no published notice")
        starts, ends = audit_parts.moment(begin), audit_parts.moment(end)
        if starts is None or ends is None:
            yield Finding(where, "has a time that is none")
            continue
        wall = starts.astimezone(zone)
        told.add((number, wall.replace(tzinfo=None)))
        if not 0 < (ends - starts).total_seconds() <= cube.board.event_days * 86_400:
            yield Finding(f"{where}.ende", "is not after the start, or too long after it")
        if local != wall.isoformat(timespec="minutes"):
            yield Finding(f"{where}.ortszeit", "is not the same moment in local time")
        if ends <= at - BUILT_WITHIN or starts >= _horizon(cube, at):
            yield Finding(where, "is over, or too far ahead")
        if found is not None:
            yield from _takes_place(where, found.event, wall, ends.astimezone(zone))
    yield from _lacking(cube, hung, told, at)


def _lacking(
    cube: Cube, hung: Mapping[int, _Kept], told: set[tuple[int, dt.datetime]], at: dt.datetime
) -> Iterator[Finding]:
    until = _horizon(cube, at - BUILT_WITHIN)
    for number, found in hung.items():
        for wall in _expected(found.event, ZoneInfo(cube.timezone), at, until):
            if (number, wall) not in told:
                yield Finding(f"aushang[aushang={number}]", f"lacks its date {wall:%Y-%m-%dT%H:%M}")


def _takes_place(
    where: str, event: _Event | None, wall: dt.datetime, end: dt.datetime
) -> Iterator[Finding]:
    """Yield what is wrong with a date's begin and end, by the clock on the wall."""
    if event is None or not _falls(event, wall.date()):
        yield Finding(where, "is on a day on which it does not take place")
        return
    nights = event.end.date() - event.begin.date()
    if wall.time() != event.begin.time():
        yield Finding(f"{where}.anfang", "is not the time of day at which it begins")
    if (end.date(), end.time()) != (wall.date() + nights, event.end.time()):
        yield Finding(f"{where}.ende", "is not the time of day at which it ends")


def _falls(event: _Event, day: dt.date) -> bool:
    """Tell whether it takes place on a day, by looking at that day alone."""
    first = event.begin.date()
    if not first <= day <= max(first, event.until):
        return False
    nth = (first.day - 1) // _WEEK_DAYS + 1
    last_of_month = (day + 7 * _DAY).month != day.month
    of_month = last_of_month if nth == _LAST else (day.day - 1) // _WEEK_DAYS + 1 == nth
    return day == first or {
        "week": (day - first).days % 7 == 0,
        "fortnight": (day - first).days % 14 == 0,
        "month-day": day.day == first.day,
        "month-weekday": day.weekday() == first.weekday() and of_month,
    }.get(event.repeats, False)


def _expected(
    event: _Event | None, zone: ZoneInfo, since: dt.datetime, until: dt.datetime
) -> Iterator[dt.datetime]:
    """Give each begin on the wall that is not over at ``since`` and comes before ``until``."""
    if event is None:
        return
    length = event.end.replace(tzinfo=None) - event.begin.replace(tzinfo=None)
    for ahead in range((max(event.begin.date(), event.until) - event.begin.date()).days + 1):
        begin = event.begin.replace(tzinfo=None) + ahead * _DAY
        if not _falls(event, begin.date()):
            continue
        starts, ends = (
            event.begin if ahead == 0 else begin.replace(tzinfo=zone),
            event.end if ahead == 0 else (begin + length).replace(tzinfo=zone),
        )
        there = all(
            one.astimezone(dt.UTC).astimezone(zone).replace(tzinfo=None) == one.replace(tzinfo=None)
            for one in (starts, ends)
        )
        first, last = starts.astimezone(dt.UTC), ends.astimezone(dt.UTC)
        if there and first < until and last > max(since, first):
            yield begin


def _horizon(cube: Cube, at: dt.datetime) -> dt.datetime:
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return day + cube.board.ahead_days * _DAY


def _kept(ledger: Path, zone: ZoneInfo) -> dict[int, _Kept]:
    """Return every notice of village.db by its number."""
    with audit_parts.opened(ledger) as village:
        rows = village.execute(
            "SELECT notice, title, body, place, state, open_data, shown_from, shown_until,"
            " starts_at, ends_at, repeats, repeats_until FROM notice"
        ).fetchall()
    return {
        number: _Kept(
            (title, body, place), state, ticked == 1, _moment(since),
            None if until is None else _moment(until), _event(zone, *event),
        )
        for number, title, body, place, state, ticked, since, until, *event in rows
    }  # fmt: skip


def _event(
    zone: ZoneInfo, begin: int | None, end: int | None, repeats: str, until: str | None
) -> _Event | None:
    if begin is None or end is None:
        return None
    first = _minute(_moment(begin)).astimezone(zone)
    last = first.date() if until is None or not repeats else dt.date.fromisoformat(until)
    return _Event(first, _minute(_moment(end)).astimezone(zone), repeats, last)


def _moment(at_ms: int) -> dt.datetime:
    return dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(milliseconds=at_ms)


def _minute(at: dt.datetime) -> dt.datetime:
    """Return the moment, or the end of its minute."""
    whole = at.replace(second=0, microsecond=0)
    return whole if whole == at else whole + dt.timedelta(minutes=1)
