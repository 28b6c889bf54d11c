"""Which keys of a hub are good for what, and up to where: the part of the ledger about trust."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sync import rotation
from sync.rotation import Rotation

SCHEMA = """
ALTER TABLE hub ADD COLUMN keys BLOB;
CREATE TABLE begun (
    hub TEXT NOT NULL REFERENCES hub (hub),
    epoch TEXT NOT NULL,
    key BLOB NOT NULL,
    PRIMARY KEY (hub, epoch)
) STRICT, WITHOUT ROWID;
INSERT INTO begun (hub, epoch, key)
    SELECT DISTINCT s.hub, s.epoch, h.public_key FROM segment AS s JOIN hub AS h USING (hub);
CREATE TABLE revoked (
    hub TEXT NOT NULL REFERENCES hub (hub),
    epoch TEXT NOT NULL,
    up_to INTEGER NOT NULL,
    beyond INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (hub, epoch)
) STRICT, WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Revocation:
    """Nothing of the stream ``epoch`` (hex) above ``up_to`` is taken, however it is signed.

    ``beyond`` is the highest number that was seen all the same. The entry for the epoch ``""``
    is for every epoch that has none of its own: of those nothing is taken.
    """

    epoch: str
    up_to: int
    beyond: int
    at: int


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Do all of it or nothing; other writers wait."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


class Trust:
    """Keys and revocations in the ledger's file. Use through `Ledger.trust`."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def learn_keys(self, hub: str, chain: Sequence[Rotation]) -> tuple[Rotation, ...]:
        """Take a hub's changes of its key and return all that are known now.

        :raises KeyConflict: if they are other changes than those that are known.
        """
        with transaction(self._db):
            row = self._db.execute("SELECT keys FROM hub WHERE hub = ?", (hub,)).fetchone()
            before = rotation.decode(row[0]) if row and row[0] else ()
            longer = rotation.extend(before, chain)
            if len(longer) > len(before):
                self._db.execute(
                    "UPDATE hub SET keys = ? WHERE hub = ?", (rotation.encode(longer), hub)
                )
        return longer

    def begun(self, hub: str, epoch: str) -> bytes | None:
        """Return the key that a stream began with; None if nothing of it was ever taken."""
        row = self._db.execute(
            "SELECT key FROM begun WHERE hub = ? AND epoch = ?", (hub, epoch)
        ).fetchone()
        return bytes(row[0]) if row else None

    def begin(self, hub: str, epoch: str, key: bytes) -> None:
        """Note the key that a stream began with; the first that was noted stays."""
        with transaction(self._db):
            self._db.execute(
                "INSERT INTO begun (hub, epoch, key) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                (hub, epoch, key),
            )

    def revoke(self, hub: str, limits: Mapping[str, int], *, now_ms: int) -> None:
        """Take nothing above these numbers any more; a later word may only lower one."""
        with transaction(self._db):
            self._db.executemany(
                "INSERT INTO revoked (hub, epoch, up_to, beyond, at) VALUES (?, ?, ?, 0, ?)"
                " ON CONFLICT DO UPDATE SET up_to = min(up_to, excluded.up_to)",
                [(hub, epoch, up_to, now_ms) for epoch, up_to in limits.items()],
            )

    def revocations(self, hub: str) -> list[Revocation]:
        """Return what is revoked of a hub; empty if nothing is."""
        rows = self._db.execute(
            "SELECT epoch, up_to, beyond, at FROM revoked WHERE hub = ? ORDER BY epoch", (hub,)
        )
        return [Revocation(*row) for row in rows]

    def limit(self, hub: str, epoch: str) -> int | None:
        """Return up to which number a stream is taken; None if nothing is revoked."""
        found = {one.epoch: one.up_to for one in self.revocations(hub)}
        return found.get(epoch, found.get(""))

    def note_beyond(self, hub: str, epoch: str, seq: int, *, now_ms: int) -> None:
        """Note that a number above a stream's limit was seen."""
        with transaction(self._db):
            self._db.execute(
                "INSERT INTO revoked (hub, epoch, up_to, beyond, at) VALUES (?, ?, 0, ?, ?)"
                " ON CONFLICT DO UPDATE SET beyond = max(beyond, excluded.beyond)",
                (hub, epoch, seq, now_ms),
            )
