"""Rows to a SQLite file: the same rows give the same bytes."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from edge.publish.cube import Cube, Table
from edge.publish.heat import Cell, Rows
from edge.publish.slack import find_slack

# One page is one read of the card's flash; larger ones cost memory at every request.
PAGE_SIZE = 4096


def write_snapshot(path: Path, cube: Cube, rows: Rows) -> None:
    """Write ``rows`` into a new file at ``path`` and bring it to the disk.

    Nothing but the rows is in it: no free page, no trace of an earlier content, no time.
    """
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.execute(f"PRAGMA page_size = {PAGE_SIZE:d}")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("BEGIN")
        for table in cube.tables:
            create_table(connection, table)
            _insert(connection, table, rows[table.name])
        connection.execute("COMMIT")
        connection.execute("VACUUM INTO ?", (str(path),))
    _erase_slack(path)


def _erase_slack(path: Path) -> None:
    """Overwrite what SQLite left in unused bytes of its pages, and bring the file to the disk."""
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE rootpage > 0"
        ).fetchall()
    with path.open("r+b") as file:
        for slack in list(find_slack(file.read(), tuple(root for (root,) in found))):
            file.seek(slack.offset)
            file.write(bytes(slack.length))
        file.flush()
        os.fsync(file.fileno())


def create_table(connection: sqlite3.Connection, table: Table) -> None:
    """Create a table as the cube declares it, with its indexes."""
    connection.execute(_create(table))
    for name in table.indexed:
        connection.execute(f'CREATE INDEX "{table.name}_{name}" ON "{table.name}" ("{name}")')


def _create(table: Table) -> str:
    columns = [
        f'"{column.name}" {column.type}{" NOT NULL" if column.required else ""}'
        for column in table.columns
    ]
    key = ", ".join(f'"{name}"' for name in table.key)
    body = ", ".join([*columns, f"PRIMARY KEY ({key})"])
    return f'CREATE TABLE "{table.name}" ({body}) WITHOUT ROWID'


def _insert(connection: sqlite3.Connection, table: Table, rows: Sequence[tuple[Cell, ...]]) -> None:
    marks = ", ".join("?" * len(table.columns))
    order = [number for number, column in enumerate(table.columns) if column.key]
    ordered = sorted(rows, key=lambda row: tuple(str(row[number]) for number in order))
    insert = f'INSERT INTO "{table.name}" VALUES ({marks})'  # noqa: S608 - the cube's own name
    connection.executemany(insert, ordered)
