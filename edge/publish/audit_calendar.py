"""The auditor's rules for a cube of kind `course_calendar`.

Nothing that a person could be called by or called at, no count of fewer people than k, every time
possible and told alike in both of its ways.
"""

from __future__ import annotations

import datetime as dt
import re
import sqlite3
from collections.abc import Iterator, Mapping
from zoneinfo import ZoneInfo

from edge.publish import audit_parts
from edge.publish.cube import Cube
from edge.publish.finding import Finding

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_KINDS = ("course", "event", "stop")
_STATES = ("geplant", "verlegt", "abgesagt")
_NO_TEXT = frozenset(("kurs", "anfang", "ende", "ortszeit", "die_nummer"))


def audit_calendar(connection: sqlite3.Connection, cube: Cube) -> Iterator[Finding]:
    """Yield every cell that must not be public or cannot be true.

    The tables are those that the cube declares and the cells are of their types.
    """
    yield from _texts(connection, cube)
    courses = {row[0]: row for row in connection.execute(_COURSES)}
    for row in courses.values():
        yield from _course(row, cube)
    yield from _sessions(connection, cube, courses)
    yield from audit_parts.about(connection, cube)


_COURSES = (
    "SELECT kurs, titel, art, stand, termine, unterrichtseinheiten, plaetze, plaetze_frei,"
    " warteliste, preis_euro FROM kurs"
)
_Row = tuple[str, str, str, str, int, float, int | None, int | None, int, float]


def _texts(connection: sqlite3.Connection, cube: Cube) -> Iterator[Finding]:
    for table in cube.tables:
        names = [
            one.name for one in table.columns if one.type == "TEXT" and one.name not in _NO_TEXT
        ]
        if table.name == "_about":
            continue
        columns = ", ".join(f'"{name}"' for name in names)
        for key, *values in connection.execute(f'SELECT kurs, {columns} FROM "{table.name}"'):  # noqa: S608
            for name, value in zip(names, values, strict=True):
                if audit_parts.reaches(value):
                    where = f"{table.name}[kurs={key}].{name}"
                    yield Finding(where, "holds a telephone number or an address")


def _course(row: _Row, cube: Cube) -> Iterator[Finding]:
    key, title, kind, state, _, _, _, _, waits, price = row
    where = f"kurs[kurs={key}]"
    if not _ID.fullmatch(key):
        yield Finding(f"{where}.kurs", "is no course's name")
    if not title.strip():
        yield Finding(f"{where}.titel", "is empty")
    if kind not in _KINDS:
        yield Finding(f"{where}.art", f"{kind!r} is no kind of course")
    if state not in _STATES:
        yield Finding(f"{where}.stand", f"{state!r} is no state that is published")
    if waits not in (0, 1):
        yield Finding(f"{where}.warteliste", f"{waits} is neither 0 nor 1")
    if not 0 <= price <= 10_000 or round(price, 2) != price:
        yield Finding(f"{where}.preis_euro", f"{price} is no price")
    yield from _seats(row, cube)


def _seats(row: _Row, cube: Cube) -> Iterator[Finding]:
    key, _, _, state, _, _, seats, free, _, _ = row
    where = f"kurs[kurs={key}]"
    if seats is not None and not 1 <= seats <= cube.calendar.seats_max:
        yield Finding(f"{where}.plaetze", f"{seats} seats are not possible")
    if free is None:
        return
    if seats is None or state == "abgesagt":
        yield Finding(f"{where}.plaetze_frei", "nobody can sign up for it")
    elif not 0 <= free <= max(1, seats - cube.disclosure.k):
        yield Finding(
            f"{where}.plaetze_frei", f"{free} of {seats} tells of fewer than {cube.disclosure.k}"
        )


def _sessions(
    connection: sqlite3.Connection, cube: Cube, courses: Mapping[str, _Row]
) -> Iterator[Finding]:
    zone = ZoneInfo(cube.timezone)
    held: dict[str, int] = {}
    minutes: dict[str, float] = {}
    for begin, key, number, title, local, end, off in connection.execute(
        "SELECT anfang, kurs, nummer, titel, ortszeit, ende, faellt_aus FROM termin"
    ):
        where = f"termin[anfang={begin}, kurs={key}, nummer={number}]"
        course = courses.get(key)
        if course is None:
            yield Finding(where, "belongs to no published course")
            continue
        if title != course[1]:
            yield Finding(f"{where}.titel", "is not the course's")
        if off not in (0, 1) or (course[3] == "abgesagt" and not off):
            yield Finding(f"{where}.faellt_aus", f"says {off}")
        starts, ends = audit_parts.moment(begin), audit_parts.moment(end)
        yield from _times(where, starts, ends, cube)
        if starts is None or local != starts.astimezone(zone).isoformat(timespec="minutes"):
            yield Finding(f"{where}.ortszeit", "is not the same moment in local time")
        if starts is not None and ends is not None:
            minutes[key] = minutes.get(key, 0) + (ends - starts).total_seconds() / 60
        held[key] = held.get(key, 0) + (not off)
    yield from _sums(courses, held, minutes)


def _times(
    where: str, starts: dt.datetime | None, ends: dt.datetime | None, cube: Cube
) -> Iterator[Finding]:
    if starts is None or ends is None:
        yield Finding(where, "has a time that is none")
    elif not 0 < (ends - starts).total_seconds() <= cube.calendar.session_max_hours * 3600:
        yield Finding(f"{where}.ende", "is not after the start, or a day later")


def _sums(
    courses: Mapping[str, _Row], held: Mapping[str, int], minutes: Mapping[str, float]
) -> Iterator[Finding]:
    for key, row in courses.items():
        if row[3] != "abgesagt" and row[4] != held.get(key, 0):
            yield Finding(f"kurs[kurs={key}].termine", "is not how many sessions there are")
        if not 0 <= row[5] <= minutes.get(key, 0) / 45 + 0.01 or round(row[5], 2) != row[5]:
            yield Finding(f"kurs[kurs={key}].unterrichtseinheiten", "are not in its sessions")
