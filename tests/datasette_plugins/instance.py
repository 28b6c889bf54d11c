"""Datasettes of either line (0.65 and 1.0) to ask questions of, out of a few words."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import datasette as package
from datasette.app import Datasette

IS_OLD = package.__version__.startswith("0.")
LICENCE = {
    "license": "Datenlizenz Deutschland – Zero – Version 2.0",
    "license_url": "https://www.govdata.de/dl-de/zero-2-0",
    "source": "Zähler der Gemeinde",
}
Questions = Callable[[Datasette], Awaitable[None]]


def days(folder: Path, name: str = "heat", rows: int = 19) -> Path:
    """Write a database with the table `tag`: a heat value a day of November 2026."""
    path = folder / f"{name}.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE tag (tag TEXT PRIMARY KEY, kwh REAL)")
        many = [(f"2026-11-{day:02d}", day / 2) for day in range(1, rows + 1)]
        connection.executemany("INSERT INTO tag VALUES (?, ?)", many)
    return path


def described(name: str = "heat", **table: object) -> dict[str, Any]:
    """Return metadata of one database of :func:`days`."""
    return {
        "title": f"Wärme ({name})",
        "description": "Wärme je Tag, gemessen am Zähler.",
        **LICENCE,
        "tables": {"tag": {"title": "Wärme je Tag", **LICENCE, **table}},
    }


def make(
    files: list[Path],
    metadata: Mapping[str, Any],
    plugins: Mapping[str, Any],
    parts: Mapping[str, Mapping[str, Any]] | None = None,
    **settings: object,
) -> Datasette:
    """Return a Datasette of immutable ``files``.

    ``plugins`` is the configuration of all plugins, ``parts`` that of `database` or
    `database/table`.
    """
    config: dict[str, Any] = {"plugins": dict(plugins)}
    for place, part in (parts or {}).items():
        database, _, table = place.partition("/")
        node = config.setdefault("databases", {}).setdefault(database, {})
        if table:
            node = node.setdefault("tables", {}).setdefault(table, {})
        node["plugins"] = dict(part)
    immutable = [str(path) for path in files]
    if IS_OLD:  # there, one file holds both
        both = _joined(metadata, config)
        return Datasette([], immutables=immutable, metadata=both, settings=settings)
    return Datasette(
        [], immutables=immutable, metadata=dict(metadata), config=config, settings=settings
    )


def ask(datasette: Datasette, questions: Questions) -> None:
    """Run the questions and close everything."""

    async def session() -> None:
        try:
            await datasette.invoke_startup()
            await questions(datasette)
        finally:
            if IS_OLD:
                for database in datasette.databases.values():
                    database.close()
                datasette.executor.shutdown()
            else:
                await datasette.invoke_shutdown()

    asyncio.run(session())


def _joined(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    both = dict(one)
    for key, value in other.items():
        mine = both.get(key)
        both[key] = _joined(mine, value) if isinstance(mine, Mapping) else value
    return both
