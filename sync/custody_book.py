"""The receipts that one side keeps: its own and those that it was handed."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from edge.store.connection import Connection
from sync import custody
from sync.custody import Batch, Receipt
from sync.errors import FormatError
from sync.wire import KeyOf

MAX_KEPT = 5000  # two a trip: years of weekly trips; the oldest go


class Book:
    """Receipts in one database, each once. Threads and processes may each have one.

    ``concerns`` says of whose bundles receipts are kept; ``key_of`` which key a carrier signs
    with now.

    :raises StoreError: or one of its kinds, from any method.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        concerns: Callable[[bytes], bool] = lambda _: True,
        key_of: KeyOf | None = None,
    ) -> None:
        self._db = connection
        self._concerns = concerns
        self._key_of = key_of
        connection.migrate("custody", MIGRATIONS)

    def add(self, receipts: Iterable[bytes], now_ms: int) -> int:
        """Keep those that hold and concern us; return how many are new. The others are left."""
        good = []
        for raw in receipts:
            try:
                one = custody.decode(raw, self._key_of)
            except FormatError:
                continue
            if self._concerns(one.writer):
                good.append(one)
        if not good:
            return 0
        with self._db.transaction() as driver:
            added = driver.executemany(
                "INSERT INTO sync_custody (receipt, noted_at, raw) VALUES (?, ?, ?)"
                " ON CONFLICT (receipt) DO NOTHING",
                [(one.id, now_ms, one.raw) for one in good],
            ).rowcount
            driver.execute(
                "DELETE FROM sync_custody WHERE number <="
                " (SELECT max(number) FROM sync_custody) - ?",
                (MAX_KEPT,),
            )
        return added

    def all(self) -> list[Receipt]:
        """Return what is kept, in the order it came."""
        return [one for _, one in self.numbered()]

    def numbered(self) -> list[tuple[int, Receipt]]:
        """Return what is kept with its number, in the order it came. Numbers only rise."""
        rows = self._db.rows("SELECT number, raw FROM sync_custody ORDER BY number")
        return [
            (int(str(number)), custody.decode(raw, verified=True))
            for number, raw in rows
            if isinstance(raw, bytes)
        ]

    def newest(self) -> int:
        """Return the number of what came last, 0 before the first."""
        row = self._db.row("SELECT coalesce(max(number), 0) FROM sync_custody")
        return int(str(row[0])) if row else 0

    def batch(self, after: int) -> Batch:
        """Return receipts above a number, for whoever is at the other end of a line."""
        rows = self._db.rows(
            "SELECT number, raw FROM sync_custody WHERE number > ? ORDER BY number LIMIT ?",
            (after, custody.MAX_BATCH),
        )
        following = int(str(rows[-1][0])) if rows else min(after, self.newest())
        return Batch(tuple(raw for _, raw in rows if isinstance(raw, bytes)), following)

    def told(self, peer: str) -> int:
        """Return up to which number a peer was told, or told us (a name of the caller's)."""
        row = self._db.row("SELECT number FROM sync_custody_told WHERE peer = ?", (peer,))
        return int(str(row[0])) if row else 0

    def note_told(self, peer: str, number: int) -> None:
        """Note that a peer was told up to a number."""
        with self._db.transaction() as driver:
            driver.execute(
                "INSERT OR REPLACE INTO sync_custody_told (peer, number) VALUES (?, ?)",
                (peer, number),
            )


_V1 = (
    """
    CREATE TABLE sync_custody (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      receipt TEXT NOT NULL UNIQUE,
      noted_at INTEGER NOT NULL,
      raw BLOB NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE sync_custody_told (
      peer TEXT PRIMARY KEY NOT NULL,
      number INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
)
MIGRATIONS = {"custody_0001_book": _V1}
