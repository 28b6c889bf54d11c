"""One durable SQLite connection: transactions, typed errors, migrations.

Every commit is on the card before it returns (WAL, ``synchronous=FULL``). The class is the
same for plain SQLite and for SQLCipher; the two drivers share their interface but not
their exception classes, so a connection is given the driver's own ``Error``.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self, cast

from edge.store.errors import NewerStore, StoreBusy, StoreError, StoreFull, WrongStoreKey

if TYPE_CHECKING:
    import sqlite_utils

Value = int | float | str | bytes | None
Row = tuple[Value, ...]

BUSY_TIMEOUT_S = 10.0  # longest commit seen on a slow card is about 1 s; then something is stuck
FULL_BELOW_BYTES = 65_536  # with less room than this an I/O error is reported as a full disk
# A commit writes whole pages. Ours are small (one telegram, one round), so small pages write
# half as much to the card as SQLite's usual 4096 bytes.
PAGE_BYTES = 1024
WAL_PAGES = 4000  # a checkpoint every 4 MB: pages changed often go to the database once
WAL_LIMIT_BYTES = 4 << 20  # the write-ahead log is cut back to this after a checkpoint


class Driver(Protocol):
    """What is used of a DB-API connection."""

    def execute(self, sql: str, parameters: Sequence[Value] = ..., /) -> sqlite3.Cursor:
        """Run one statement."""

    def executemany(self, sql: str, parameters: Iterable[Sequence[Value]], /) -> sqlite3.Cursor:
        """Run one statement for each row."""

    def close(self) -> None:
        """Close the connection."""


class Connection:
    """A connection that threads may share; calls take turns.

    ``driver`` must be in autocommit mode (``isolation_level=None``) and allow other threads;
    ``error`` is the base of its exceptions, ``page_bytes`` the page size of a file that is new.

    :raises StoreError: or one of its kinds, from any method, instead of the driver's errors.
    """

    def __init__(
        self,
        driver: Driver,
        path: Path,
        error: type[Exception] = sqlite3.Error,
        *,
        page_bytes: int | None = None,
    ) -> None:
        self.path = path
        self._driver = driver
        self._error = error
        self._lock = threading.RLock()
        try:
            with self._typed():
                if page_bytes is not None:  # of a new file; an old one keeps its own
                    driver.execute(f"PRAGMA page_size = {page_bytes}")
                self._prepare()
        except BaseException:
            driver.close()
            raise

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a plain SQLite file, made if absent.

        :raises StoreError: if the folder is absent or the file is no database.
        """
        if not path.parent.is_dir():
            raise StoreError(
                f"the folder {path.parent} does not exist",
                hint="Bitte zuerst `dorfhub init` ausführen.",
            )
        try:
            driver = sqlite3.connect(
                path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
            )
        except sqlite3.Error as error:
            raise _translate(error, path) from error
        return cls(driver, path, page_bytes=PAGE_BYTES)

    def rows(self, sql: str, parameters: Sequence[Value] = ()) -> list[Row]:
        """Return all rows of a query."""
        with self._lock, self._typed():
            found: list[Row] = self._driver.execute(sql, parameters).fetchall()
            return found

    def row(self, sql: str, parameters: Sequence[Value] = ()) -> Row | None:
        """Return the first row of a query, or None."""
        with self._lock, self._typed():
            cursor = self._driver.execute(sql, parameters)
            found: Row | None = cursor.fetchone()
            cursor.close()
            return found

    @contextmanager
    def transaction(self) -> Iterator[Driver]:
        """Take the write lock, commit at the end, roll back on any exception.

        When the block ends without an exception its changes are durable.
        """
        with self._lock, self._typed():
            self._driver.execute("BEGIN IMMEDIATE")
            try:
                yield self._driver
                self._driver.execute("COMMIT")
            except BaseException:
                self._rollback()
                raise

    @contextmanager
    def joined(self) -> Iterator[Driver]:
        """Go on within this thread's transaction if there is one, else as :meth:`transaction`."""
        with self._lock:
            if getattr(self._driver, "in_transaction", False):
                with self._typed():
                    yield self._driver
            else:
                with self.transaction() as driver:
                    yield driver

    def migrate(self, name: str, migrations: Mapping[str, Sequence[str]]) -> None:
        """Apply the missing ones of ``migrations`` (name to statements, in order), in one commit.

        :raises NewerStore: if the file has a migration that is not among them.
        """
        if not self._missing(name, migrations):
            return
        import sqlite_utils  # noqa: PLC0415  # costs 60 ms and 10 MB, for a new schema only

        with self.transaction() as driver:
            if self._missing(name, migrations):  # another process may have been faster
                chain = sqlite_utils.Migrations(name)
                for step, statements in migrations.items():
                    chain(name=step)(_runner(step, statements))
                connection = cast("sqlite3.Connection", driver)
                chain.apply(sqlite_utils.Database(connection, execute_plugins=False))

    def checkpoint(self) -> bool:
        """Move the whole write-ahead log into the database and empty it.

        Erased bytes are gone from the disk's files only after this returned True; False
        means that another connection is reading, try again later.
        """
        found = self.row("PRAGMA wal_checkpoint(TRUNCATE)")
        return found is not None and found[0] == 0

    def copy_to(self, path: Path) -> None:
        """Write a copy as it is now, encrypted alike, without free pages; others go on writing."""
        self.rows("VACUUM INTO ?", (str(path),))

    def close(self) -> None:
        """Close the connection. Closing twice does nothing."""
        with self._lock:
            self._driver.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _prepare(self) -> None:
        execute = self._driver.execute
        execute(f"PRAGMA busy_timeout = {int(BUSY_TIMEOUT_S * 1000)}")
        # Two processes that turn a new file to WAL at once are told "locked" without the
        # busy handler being asked, so the wait is here.
        deadline = time.monotonic() + BUSY_TIMEOUT_S
        while True:
            try:
                execute("PRAGMA journal_mode = WAL").fetchall()
                break
            except self._error as error:
                if "locked" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
        execute("PRAGMA synchronous = FULL")
        execute("PRAGMA foreign_keys = ON")
        execute("PRAGMA secure_delete = ON")
        execute("PRAGMA temp_store = MEMORY")
        execute(f"PRAGMA journal_size_limit = {WAL_LIMIT_BYTES}").fetchall()
        execute(f"PRAGMA wal_autocheckpoint = {WAL_PAGES}").fetchall()

    def _missing(self, name: str, migrations: Mapping[str, Sequence[str]]) -> bool:
        if not self.rows("SELECT 1 FROM sqlite_master WHERE name = '_sqlite_migrations'"):
            return True
        rows = self.rows("SELECT name FROM _sqlite_migrations WHERE migration_set = ?", (name,))
        applied = {str(row[0]) for row in rows}
        if unknown := sorted(applied - set(migrations)):
            raise NewerStore(f"{self.path.name} has the unknown migration {unknown[0]}")
        return bool(set(migrations) - applied)

    def _rollback(self) -> None:
        try:
            self._driver.execute("ROLLBACK")
        except self._error as error:
            # SQLite has rolled back by itself (full disk); anything else is worth knowing
            if "no transaction is active" not in str(error):
                raise

    @contextmanager
    def _typed(self) -> Iterator[None]:
        try:
            yield
        except self._error as error:
            raise _translate(error, self.path) from error


def _runner(name: str, statements: Sequence[str]) -> Callable[[sqlite_utils.Database], None]:
    def run(database: sqlite_utils.Database) -> None:
        for statement in statements:
            database.execute(statement)

    run.__name__ = name
    return run


def _translate(error: Exception, path: Path) -> StoreError:
    text = str(error)
    if "database or disk is full" in text or ("disk I/O error" in text and _is_full(path)):
        return StoreFull(f"{path.name}: the disk is full")
    if "unable to open database file" in text and _is_full(path):
        return StoreFull(f"{path.name}: the disk is full")
    if "database is locked" in text or "database table is locked" in text:
        return StoreBusy(f"{path.name} was locked for more than {BUSY_TIMEOUT_S:.0f} s")
    if "file is not a database" in text or "file is encrypted" in text:
        return WrongStoreKey(f"{path.name} cannot be opened: no database, or another key")
    return StoreError(f"{path.name}: {text}")


def _is_full(path: Path) -> bool:
    try:
        room = os.statvfs(path.parent)
    except OSError:
        return False
    return room.f_bavail * room.f_frsize < FULL_BELOW_BYTES
