"""What several of the auditor's rules look at: moments, words, flags, what a file says of itself.

The auditor's alone: no builder imports it.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import re
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote
from zoneinfo import ZoneInfo

from edge.publish.cube import Cube
from edge.publish.errors import SnapshotUnreadable
from edge.publish.finding import Finding

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:00Z")
_CALLED = re.compile(r"(?:\+\d|\b0\d)(?:[ /()–-]{0,3}\d){5,}")
_MAILED = re.compile(r"[^\s@]@[^\s@]")
_MONTH = r"(?:0[1-9]|1[0-2])"
_DATE = rf"(?:20\d\d-{_MONTH}(?:-[0-3]\d)?|(?:[0-3]\d/)?{_MONTH}/(?:20)?\d\d)"
# a month or day, or from one to another, beside which no further digits stand
_DATES = re.compile(rf"(?<![\d/+(–-])(?<!\d ){_DATE}(?: ?[-–/] ?{_DATE})?(?![ /()–-]{{0,3}}\d)")


@contextlib.contextmanager
def opened(ledger: Path) -> Iterator[sqlite3.Connection]:
    """Open village.db to be read while the block runs.

    :raises SnapshotUnreadable: if it cannot be read: nothing can be said of the snapshot then.
    """
    try:
        with contextlib.closing(
            sqlite3.connect(f"file:{quote(str(ledger))}?mode=ro", uri=True)
        ) as village:
            yield village
    except sqlite3.DatabaseError as error:
        raise SnapshotUnreadable(f"{ledger.name} cannot be read: {error}") from error


def reaches(text: str | None) -> bool:
    """Tell whether a telephone number or an e-mail address stands in a text."""
    return bool(text) and bool(_CALLED.search(text or "") or _MAILED.search(text or ""))


def reaches_beside_dates(text: str) -> bool:
    """As :func:`reaches`, of a name that may say from when to when (`09/2026-02/2027`)."""
    return reaches(_DATES.sub("x", text))


def moment(text: str) -> dt.datetime | None:
    """Return a moment in UTC, to the minute; None if it is none."""
    with contextlib.suppress(ValueError, OverflowError):
        return dt.datetime.fromisoformat(text) if _MOMENT.fullmatch(text) else None
    return None


def day(text: str) -> dt.date | None:
    """Return a calendar day; None if it is none."""
    with contextlib.suppress(ValueError):
        found = dt.date.fromisoformat(text)
        return found if found.isoformat() == text else None
    return None


def hour(where: str, begin: str, local: str, tag: str, cube: Cube) -> Iterator[Finding]:
    """Yield what is wrong with an hour's begin, told in UTC, in local time, and as a day."""
    found, there = moment(begin), None
    if found is not None and not found.minute:
        with contextlib.suppress(OverflowError):  # the last hours of the year 9999
            there = found.astimezone(ZoneInfo(cube.timezone))
    if there is None:
        yield Finding(f"{where}.beginn", "is not the start of an hour in UTC")
        return
    if local != there.isoformat(timespec="minutes"):
        yield Finding(f"{where}.ortszeit", "is not the same moment in local time")
    if tag != there.date().isoformat():
        yield Finding(f"{where}.tag", "is not the local day of the hour")


def about(
    connection: sqlite3.Connection, cube: Cube, more: Mapping[str, str] | None = None
) -> Iterator[Finding]:
    """Yield what the file says of itself beside what the cube declares and ``more``."""
    expected = {**cube.about, **(more or {})}
    said = dict(connection.execute("SELECT name, value FROM _about").fetchall())
    for name in sorted(set(said) | set(expected)):
        if name not in expected:
            yield Finding(f"_about[name={name}]", "the cube declares no such statement")
        elif said.get(name) != expected[name]:
            yield Finding(f"_about[name={name}].value", "is not what the cube declares")
