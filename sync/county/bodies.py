"""What each taken segment held: the part of the ledger by which the same does not enter twice.

A hub that begins a new stream (`Outbox.begin_epoch`) seals again what it does not know to be held.
The county may hold it all the same: the acknowledgement was lost, or a stick of the ended stream
comes late. The numbers are others then, the body is the same.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sync.county.trust import transaction
from sync.segment import Segment

_DIGEST_BYTES = 16  # one hub signed both: nobody else can make two bodies meet

SCHEMA = """
CREATE TABLE body (
    hub TEXT NOT NULL REFERENCES hub (hub),
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    digest BLOB NOT NULL,
    PRIMARY KEY (hub, epoch, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX body_digest ON body (hub, digest);
"""

Twins = Mapping[int, Sequence[tuple[str, int]]]


def digest(one: Segment) -> bytes:
    """Return what is the same only for the same readings."""
    told = f"{one.header.schema}\0".encode()
    return hashlib.sha256(told + one.body).digest()[:_DIGEST_BYTES]


class Bodies:
    """What segments with readings held, in the ledger's file. Use through `Ledger.bodies`."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def add(self, hub: str, epoch: str, digests: Iterable[tuple[int, bytes]]) -> None:
        """Remember segments as ``(seq, digest)``; before their readings are committed."""
        with transaction(self._db):
            self._db.executemany(
                "INSERT INTO body (hub, epoch, seq, digest) VALUES (?, ?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                [(hub, epoch, seq, found) for seq, found in digests],
            )

    def twins(self, hub: str, epoch: str, after: int, until: int) -> Twins:
        """Return where else the bodies of the segments ``after + 1`` to ``until`` came.

        By number, as ``(epoch, seq)`` of other streams of the hub; those without are left out.
        """
        found: defaultdict[int, list[tuple[str, int]]] = defaultdict(list)
        rows = self._db.execute(
            "SELECT mine.seq, other.epoch, other.seq FROM body AS mine JOIN body AS other"
            " ON other.hub = mine.hub AND other.digest = mine.digest AND other.epoch <> mine.epoch"
            " WHERE mine.hub = ? AND mine.epoch = ? AND mine.seq > ? AND mine.seq <= ?",
            (hub, epoch, after, until),
        )
        for seq, other, number in rows:
            found[seq].append((other, number))
        return found
