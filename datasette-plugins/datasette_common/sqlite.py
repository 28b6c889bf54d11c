"""What a failure of SQLite means for whoever asks, and texts that it takes."""

from __future__ import annotations

import sqlite3
from typing import Final, Literal

from datasette.utils.sqlite import sqlite3 as datasette_sqlite3

# Datasette may read with another SQLite (pysqlite3) than Python brings.
SQLITE_ERRORS: Final = (sqlite3.Error, datasette_sqlite3.Error)

# What it says of a statement that is too much for it, because so much was asked.
_TOO_MUCH = (
    "expression tree is too large", "parser stack overflow", "too many", "too complex", "too big",
    "integer overflow",
)  # fmt: skip


def meaning(error: Exception) -> Literal["slow", "missing", "much", "fault"]:
    """Return what one of :data:`SQLITE_ERRORS` means: it says so in words alone.

    `slow`: the time was over. `missing`: what is published lacks a table or a column. `much`:
    refused for the size of what is asked. Anything else is a `fault`, of this program or a file.
    """
    said = str(error)
    if said == "interrupted":
        return "slow"
    if "no such table" in said or "no such column" in said:
        return "missing"
    return "much" if any(words in said.lower() for words in _TOO_MUCH) else "fault"


def is_text(value: str) -> bool:
    """Tell whether SQLite takes a text: half a character, as JSON can say it, is none."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
