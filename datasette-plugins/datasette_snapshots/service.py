"""Following the folder: open the new snapshot, put it in place, close the old one later.

Datasette opens an immutable database once for each SQL thread and never looks at the file again, so
replacing the file changes nothing. Removing the database and adding it anew fails every request in
between. Replacing the entry of ``datasette.databases`` does neither: a request that began with the
old snapshot ends with it, the next one meets the new.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from datasette.database import Database, connections
from datasette.utils.sqlite import sqlite3

from datasette_snapshots.folder import Snapshot, read_folder
from datasette_snapshots.versions import Files

if TYPE_CHECKING:  # Datasette loads its plugins while it is being imported itself
    from datasette.app import Datasette

COUNT_LIMIT_MS = 10_000  # rows of an immutable table are counted once, before it is served
CATALOGUE_TRIES = 5  # another refresh of the catalogue may be under way: see _catalogue
FORGET_LAST = 64  # how many closed databases' threads are still asked to forget them

_log = logging.getLogger("datasette_snapshots")


@dataclass(frozen=True, slots=True)
class Served:
    """A snapshot in place, since ``since_s`` (seconds since 1970)."""

    snapshot: Snapshot
    database: Database
    since_s: float


class SnapshotService:
    """Keeps ``datasette.databases`` in step with ``folder``.

    ``grace_s`` is how long a replaced snapshot stays open for requests that began with it; make it
    longer than the longest request. All methods run in Datasette's event loop.
    """

    def __init__(self, datasette: Datasette, folder: Path, *, grace_s: float = 60.0) -> None:
        self._datasette = datasette
        self._folder = folder
        self._grace_s = grace_s
        self._lock = asyncio.Lock()
        self._retired: deque[tuple[float, Database]] = deque()
        self._closed: deque[str] = deque(maxlen=FORGET_LAST)
        self.served: dict[str, Served] = {}
        self.files = Files()
        self.problems: dict[str, str] = {}

    @property
    def retired(self) -> int:
        """How many replaced snapshots are still open."""
        return len(self._retired)

    async def refresh(self) -> bool:
        """Look at the folder once; True if anything served has changed.

        What cannot be read is left as it was, with the reason in :attr:`problems`.
        """
        async with self._lock:
            await self._close_retired(time.monotonic())
            try:
                wanted, problems = await asyncio.to_thread(read_folder, self._folder)
            except OSError as error:
                self._note({"": f"the folder cannot be read: {error}"})
                return False
            changed = False
            for name in [name for name in self.served if name not in wanted | problems]:
                self._remove(name)
                changed = True
            for name, snapshot in wanted.items():
                if name in self.served and self.served[name].snapshot == snapshot:
                    continue
                try:
                    await self._place(snapshot)
                    changed = True
                except (sqlite3.Error, OSError, NameTakenError) as error:
                    problems[name] = str(error)
            self._note(problems)
            return changed

    async def follow(self, poll_s: float) -> None:
        """Refresh every ``poll_s`` seconds until cancelled."""
        while True:
            await asyncio.sleep(poll_s)
            await self.refresh()

    async def close(self) -> None:
        """Close every replaced snapshot now; those in place are Datasette's to close."""
        async with self._lock:
            await self._close_retired(float("inf"))

    async def _place(self, snapshot: Snapshot) -> None:
        datasette, name = self._datasette, snapshot.name
        old = self.served.get(name)
        if old is None and name in datasette.databases:
            raise NameTakenError(f"another database is served as {name}")
        new = Database(datasette, str(snapshot.path), is_mutable=False)
        new.name, new.route = name, name
        try:
            schema = await _schema(new)
            await new.table_counts(limit=COUNT_LIMIT_MS)
            await asyncio.to_thread(lambda: (new.hash, new.size))  # reads the file as a whole
            same = old is not None and await _schema(old.database) == schema
        except BaseException:
            new.close()
            raise
        datasette.databases = {**datasette.databases, name: new}
        self.served[name] = Served(snapshot, new, time.time())
        if old is not None:
            self._retired.append((time.monotonic() + self._grace_s, old.database))
        if not same:
            await self._catalogue(name, {table for kind, table, _ in schema if kind == "table"})
        _log.info("serving %s as %s", snapshot.path.name, name)

    def _remove(self, name: str) -> None:
        old = self.served.pop(name)
        databases = dict(self._datasette.databases)
        databases.pop(name, None)
        self._datasette.databases = databases
        self._retired.append((time.monotonic() + self._grace_s, old.database))
        _log.info("no longer serving %s", name)

    async def _catalogue(self, name: str, tables: set[str]) -> None:
        """Bring Datasette's catalogue of tables up to date: permissions are looked up in it.

        Datasette reads a schema anew only if its version number changed, which two snapshots may
        share; and it ignores the wish while another refresh runs, which may write the old one.
        """
        internal = self._datasette.get_internal_database()
        for attempt in range(CATALOGUE_TRIES):
            if attempt:
                await asyncio.sleep(0.05)
            await internal.execute_write(
                "UPDATE catalog_databases SET schema_version = -1 WHERE database_name = ?", [name]
            )
            await self._datasette.refresh_schemas(force=True)
            rows = await internal.execute(
                "SELECT table_name FROM catalog_tables WHERE database_name = ?", [name]
            )
            if {row["table_name"] for row in rows} == tables:
                return
        _log.warning("the catalogue of %s is behind its snapshot", name)

    async def _close_retired(self, now_s: float) -> None:
        while self._retired and self._retired[0][0] <= now_s:
            _, database = self._retired.popleft()
            await asyncio.to_thread(database.close)
            self._closed.append(database._thread_local_id)  # noqa: SLF001 - see _forget
            executor = self._datasette.executor
            if executor is not None:
                for _ in range(self._datasette.setting("num_sql_threads")):
                    executor.submit(_forget, tuple(self._closed))

    def _note(self, problems: dict[str, str]) -> None:
        for name, problem in problems.items():
            if self.problems.get(name) != problem:
                _log.warning("%s: %s", name or self._folder, problem)
        self.problems = problems


class NameTakenError(Exception):
    """A snapshot would take the place of a database that is not ours."""


async def _schema(database: Database) -> list[tuple[str, str, str]]:
    rows = await database.execute("SELECT type, name, coalesce(sql, '') FROM sqlite_master")
    return sorted(tuple(row) for row in rows)


def _forget(names: tuple[str, ...]) -> None:
    """Drop closed connections from this SQL thread, where Datasette keeps one for each database.

    It never removes them itself, because its databases live as long as the process.
    """
    for name in names:
        connections.__dict__.pop(name, None)
