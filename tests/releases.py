"""What a hub published: what became of a cube, its rows, a forged copy, and Datasette before it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path

from datasette.app import Datasette

from edge.config import Config
from edge.publish import build_current
from edge.publish.release import Release, current
from edge.publish.serve import create_datasette


def outcome(config: Config, cube: str, now: datetime) -> str:
    """Publish all cubes and return what became of one."""
    (found,) = (one for one in build_current(config, now) if one.cube == cube)
    return found.outcome


def served(config: Config, cube: str) -> Release:
    """Return the release of a cube that is served; there is one."""
    release = current(config.hub.public, cube)
    assert release is not None
    return release


def query(config: Config, cube: str, sql: str) -> list[tuple[object, ...]]:
    """Ask the release that is served."""
    path = served(config, cube).path
    with closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as connection:
        return connection.execute(sql).fetchall()


def forged(release: Release, sql: str, folder: Path) -> Path:
    """Return a copy of a release in which somebody changed something, and left no trace of it."""
    copy = folder / "forged.db"
    copy.write_bytes(release.path.read_bytes())
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute(sql)
        connection.commit()
        connection.execute("VACUUM")
    return copy


def ask(config: Config, questions: Callable[[Datasette], Awaitable[None]]) -> None:
    """Let ``questions`` be asked of the hub's Datasette."""

    async def session() -> None:
        datasette = create_datasette(config)
        try:
            await datasette.client.get("/")
            await questions(datasette)
        finally:
            await datasette.invoke_shutdown()

    asyncio.run(session())
