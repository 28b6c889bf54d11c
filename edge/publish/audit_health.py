"""The auditor's rules for a cube of kind `hub_health`.

Only days that are over; words and steps that the cube declares and no finer number; of households'
meters no count below the least or between its steps; no more of the village's own than there were
on that day; and what the counts in village.db say, reckoned anew.
"""

from __future__ import annotations

import datetime as dt
import re
import sqlite3
import time
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

from edge.publish import audit_parts
from edge.publish.cube import Cube
from edge.publish.finding import Finding

_VERSION = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,4}){1,3}")
_DAY = dt.timedelta(days=1)
_LATER = 31 * _DAY  # so long an earlier release may lie there
_QUARTER = dt.timedelta(minutes=15)


# quarters, of which synchronised, of which unknown, version, room left, starts
_Day = tuple[int, int, int, str, int | None, int]
_NOTHING: _Day = (0, 0, 0, "", None, 0)


@dataclass(frozen=True, slots=True)
class _Counted:
    """What village.db has counted: each day, each day's parts, and what was heard."""

    days: Mapping[str, _Day]
    parts: Mapping[tuple[str, str], tuple[int, int]]
    heard: Mapping[tuple[str, str, int], int]
    communal: Mapping[str, int]  # meters and sensors at communal places, on each day


def now() -> dt.datetime:
    """Return the auditor's own time, whatever time the builder took."""
    return dt.datetime.fromtimestamp(time.time(), dt.UTC)


def audit_health(connection: sqlite3.Connection, cube: Cube, ledger: Path) -> Iterator[Finding]:
    """Yield every cell that must not be public or cannot be true.

    The tables are those that the cube declares and the cells are of their types; ``ledger`` is
    village.db.
    """
    counted = _read(ledger)
    days = yield from _days(connection, cube, counted)
    yield from _parts(connection, cube, counted, days)
    yield from _heard(connection, cube, counted, days)
    yield from audit_parts.about(
        connection,
        cube,
        {"erster_tag": min(days, default=""), "letzter_tag": max(days, default="")},
    )


def _days(
    connection: sqlite3.Connection, cube: Cube, counted: _Counted
) -> Generator[Finding, None, dict[str, dt.date]]:
    """Yield what is wrong with days, and return those that are told."""
    rules, today = cube.health, now().astimezone(ZoneInfo(cube.timezone)).date()
    found: dict[str, dt.date] = {}
    for tag, percent, clock, version, free, starts in connection.execute("SELECT * FROM hub_tag"):
        where = f"hub_tag[tag={tag}]"
        day = audit_parts.day(tag)
        if day is None:
            yield Finding(f"{where}.tag", "is no day")
            continue
        found[tag] = day
        if not today - rules.keep_days * _DAY - _LATER <= day < today:
            yield Finding(f"{where}.tag", "is not over, or too long ago")
        known = counted.days.get(tag, _NOTHING)
        yield from _share(f"{where}.lebenszeichen_prozent", cube, day, percent, known[0])
        yield from _starts(f"{where}.neustarts", cube, starts, known[-1])
        yield from _clock(f"{where}.uhr", cube, clock, known)
        yield from _program(f"{where}.fassung", version, known[3])
        if free is not None and free not in rules.free_percent:
            yield Finding(f"{where}.frei_ab_prozent", "is told finer than in the declared steps")
        elif free != known[4]:
            yield Finding(f"{where}.frei_ab_prozent", "is not the least of that day")
    told = sorted(found.values())
    for before, after in pairwise(told):
        if after - before != _DAY:
            yield Finding("hub_tag", f"lacks the day after {before.isoformat()}")
    return found


def _clock(where: str, cube: Cube, told: str | None, known: _Day) -> Iterator[Finding]:
    quarters, synchronised, unknown, *_ = known
    word = "unknown" if unknown else "held" if synchronised < quarters else "synchronised"
    if told != (cube.health.clock[word] if quarters else None):
        yield Finding(where, "is not how well the time was known")


def _program(where: str, told: str | None, ran: str) -> Iterator[Finding]:
    if told is None:
        return
    if not _VERSION.fullmatch(told):
        yield Finding(where, "is no version in numbers alone")
    elif not ran.startswith(told):
        yield Finding(where, "is not what ran")


def _parts(
    connection: sqlite3.Connection, cube: Cube, counted: _Counted, days: Mapping[str, dt.date]
) -> Iterator[Finding]:
    names = {word: name for name, word in cube.health.parts.items()}
    for tag, word, percent, starts in connection.execute("SELECT * FROM teil_tag"):
        where = f"teil_tag[tag={tag}, teil={word}]"
        if tag not in days or word not in names:
            yield Finding(where, "is of no published day, or of no declared part")
            continue
        quarters, began = counted.parts.get((tag, names[word]), (0, 0))
        yield from _share(f"{where}.lebenszeichen_prozent", cube, days[tag], percent, quarters)
        yield from _starts(f"{where}.neustarts", cube, starts, began)


def _heard(
    connection: sqlite3.Connection, cube: Cube, counted: _Counted, days: Mapping[str, dt.date]
) -> Iterator[Finding]:
    kinds = {word: name for name, word in cube.health.kinds.items()}
    whose = {word: name for name, word in cube.health.whose.items()}
    least = cube.disclosure.k
    for tag, kind, where_word, count in connection.execute("SELECT * FROM gehoert_tag"):
        where = f"gehoert_tag[tag={tag}, art={kind}, wo={where_word}]"
        if tag not in days or kind not in kinds or where_word not in whose:
            yield Finding(where, "is of no published day, or of no declared kind or place")
            continue
        is_communal = whose[where_word] == "communal"
        known = counted.heard.get((tag, kinds[kind], int(is_communal)), 0)
        if is_communal:
            if not 0 < count <= counted.communal.get(tag, 0):
                yield Finding(f"{where}.anzahl", "are more than the municipality has, or none")
            elif count != known:
                yield Finding(f"{where}.anzahl", "is not what was counted")
        elif count < least or count % least:
            yield Finding(f"{where}.anzahl", f"households' meters are told in steps of {least}")
        elif not count <= known < count + least:
            yield Finding(f"{where}.anzahl", "is not what was counted")


def _share(where: str, cube: Cube, day: dt.date, percent: int, quarters: int) -> Iterator[Finding]:
    step, zone = cube.health.step_percent, ZoneInfo(cube.timezone)
    midnights = [
        dt.datetime.combine(one, dt.time(), zone).astimezone(dt.UTC) for one in (day, day + _DAY)
    ]
    whole = (midnights[1] - midnights[0]) // _QUARTER
    lived = min(Fraction(100), Fraction(100 * quarters, whole))
    if not 0 <= percent <= 100 or percent % step:
        yield Finding(where, f"is no step of {step} percent")
    elif not percent <= lived < percent + step:
        yield Finding(where, f"does not fit {quarters} quarters of an hour of {whole}")


def _starts(where: str, cube: Cube, told: int, began: int) -> Iterator[Finding]:
    most = cube.health.starts_max
    if not 0 <= told <= most:
        yield Finding(where, f"is told up to {most} alone")
    elif told != began and not (told == most < began):
        yield Finding(where, "is not what was counted")


def _read(ledger: Path) -> _Counted:
    with audit_parts.opened(ledger) as village:
        days = village.execute(
            "SELECT day, communal, quarters, synchronised, unknown, version, free, starts"
            " FROM hub_day"
        ).fetchall()
        parts = village.execute("SELECT day, part, quarters, starts FROM hub_part_day").fetchall()
        heard = village.execute("SELECT day, kind, communal, count FROM hub_heard_day").fetchall()
    return _Counted(
        {day: (quarters, *rest) for day, _, quarters, *rest in days},
        {(day, part): (quarters, starts) for day, part, quarters, starts in parts},
        {(day, kind, communal): count for day, kind, communal, count in heard},
        {day: communal for day, communal, *_ in days},
    )
