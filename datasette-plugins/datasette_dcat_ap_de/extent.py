"""From when to when the rows of a table are: the smallest and the largest value of a column."""

from __future__ import annotations

import os
from collections import OrderedDict
from datetime import datetime
from typing import TYPE_CHECKING

from datasette.database import QueryInterrupted
from datasette.utils.sqlite import sqlite3
from datasette_common.names import quoted

from datasette_dcat_ap_de.settings import is_moment

if TYPE_CHECKING:  # Datasette loads its plugins while it is being imported itself
    from datasette.database import Database

KEEP = 2000  # tables; each is a hundred bytes


class Extents:
    """Asks each immutable file once for each column; another file is asked anew."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[object, ...], tuple[str, str]] = OrderedDict()

    async def of(self, database: Database, table: str, column: str) -> tuple[str, str]:
        """Return the two ends as dates or times, empty where the values are none.

        A column of so many rows without an index that Datasette ends the query has none either.
        """
        key = (*_file(database), table, column)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        found = await _ask(database, table, column)
        if not database.is_mutable:
            self._kept[key] = found
            while len(self._kept) > KEEP:
                self._kept.popitem(last=False)
        return found


def _file(database: Database) -> tuple[object, ...]:
    try:
        state = os.stat(database.path)  # noqa: PTH116 - of one file, a system call
    except (OSError, TypeError):
        return (database.name,)
    return database.name, database.path, state.st_ino, state.st_size, state.st_mtime_ns


async def _ask(database: Database, table: str, column: str) -> tuple[str, str]:
    source, name = quoted(table), quoted(column)
    ends = []
    for which in ("min", "max"):  # one by one, as only so SQLite looks into an index
        try:
            result = await database.execute(f"SELECT {which}({name}) FROM {source}")  # noqa: S608 - quoted
        except (QueryInterrupted, sqlite3.Error):
            return "", ""
        ends.append(as_moment(result.rows[0][0]))
    return ends[0], ends[1]


def as_moment(value: object) -> str:
    """Return what a column says as a date or time; a time without its offset is cut to its day."""
    text = str(value).strip() if isinstance(value, str | int) else ""
    if len(text) == 4 and text.isdigit():
        return text
    if is_moment(text):
        return text
    try:
        return datetime.fromisoformat(text).date().isoformat()
    except ValueError:
        return ""
