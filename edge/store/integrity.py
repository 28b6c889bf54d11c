"""Is a database file still whole? Asked at every start and by the doctor."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

BUSY_MS = 5000  # a check waits no longer for a writer; the longest commit seen takes a second
MAX_WORDS = 3  # a broken file has thousands of complaints; the first ones tell


def read_only(path: Path) -> sqlite3.Connection:
    """Open a database file for reading; it is neither made nor changed.

    :raises sqlite3.Error: if it does not exist or cannot be opened.
    """
    connection = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)
    connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    return connection


def complaints(path: Path) -> str:
    """Return what SQLite's quick check has to say against the file, "" if nothing."""
    try:
        with closing(read_only(path)) as connection:
            rows = connection.execute(f"PRAGMA quick_check({MAX_WORDS})").fetchall()
    except sqlite3.Error as error:
        return str(error)
    words = "; ".join(str(row[0]) for row in rows)
    return "" if words == "ok" else words
