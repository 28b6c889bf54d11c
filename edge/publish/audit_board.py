"""The auditor's rules for a cube of kind `board_calendar`.

Only what a volunteer let hang, by what village.db says; nothing that a person could be called at or
written to; every date possible and told alike in both of its ways.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from urllib.parse import quote
from zoneinfo import ZoneInfo

from edge.publish import audit_parts
from edge.publish.cube import Cube
from edge.publish.finding import Finding

_Notice = tuple[str, str]


def audit_board(connection: sqlite3.Connection, cube: Cube, ledger: Path) -> Iterator[Finding]:
    """Yield every cell that must not be public or cannot be true.

    The tables are those that the cube declares and the cells are of their types; ``ledger`` is
    village.db.
    """
    with closing(sqlite3.connect(f"file:{quote(str(ledger))}?mode=ro", uri=True)) as village:
        approved = {
            number: (title, body, place)
            for number, title, body, place in village.execute(
                "SELECT notice, title, body, place FROM notice WHERE state = 'approved'"
            )
        }
    hung: dict[int, _Notice] = {}
    for number, title, text, place, until in connection.execute("SELECT * FROM aushang"):
        where = f"aushang[aushang={number}]"
        hung[number] = (title, place)
        if number not in approved:
            yield Finding(where, "was not let hang by a volunteer")
        elif approved[number] != (title, text, place):
            yield Finding(where, "is not what hangs")
        if not title.strip():
            yield Finding(f"{where}.titel", "is empty")
        if any(audit_parts.reaches(words) for words in (title, text, place)):
            yield Finding(where, "holds a telephone number or an address")
        if until is not None and audit_parts.moment(until) is None:
            yield Finding(f"{where}.haengt_bis", "has a time that is none")
    yield from _dates(connection, cube, hung)
    yield from audit_parts.about(connection, cube)


def _dates(
    connection: sqlite3.Connection, cube: Cube, hung: Mapping[int, _Notice]
) -> Iterator[Finding]:
    zone = ZoneInfo(cube.timezone)
    for begin, number, title, place, local, end in connection.execute("SELECT * FROM termin"):
        where = f"termin[anfang={begin}, aushang={number}]"
        if hung.get(number) != (title, place):
            yield Finding(where, "belongs to no published notice")
        starts, ends = audit_parts.moment(begin), audit_parts.moment(end)
        if starts is None or ends is None:
            yield Finding(where, "has a time that is none")
            continue
        if not 0 < (ends - starts).total_seconds() <= cube.board.event_days * 86_400:
            yield Finding(f"{where}.ende", "is not after the start, or too long after it")
        if local != starts.astimezone(zone).isoformat(timespec="minutes"):
            yield Finding(f"{where}.ortszeit", "is not the same moment in local time")
