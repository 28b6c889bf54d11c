"""The streams that this hub ended, and how far it signed each: for when its key is changed later.

A change of keys says up to which number the old key signed in each of them, so that a stick that
comes late is not taken for a thief's.
"""

from __future__ import annotations

from edge.store.connection import Connection

MIGRATIONS = {
    "epochs_0001": (
        """
        CREATE TABLE sync_ended_epoch (
          number INTEGER PRIMARY KEY,
          epoch BLOB NOT NULL UNIQUE,
          last_seq INTEGER NOT NULL
        ) STRICT
        """,
    ),
}


def note(connection: Connection, epoch: bytes, last_seq: int) -> None:
    """Note that a stream ends at a number; the last word about it counts.

    :raises StoreError: or one of its kinds.
    """
    connection.migrate("epochs", MIGRATIONS)
    with connection.transaction() as driver:
        driver.execute(
            "INSERT INTO sync_ended_epoch (epoch, last_seq) VALUES (?1, ?2)"
            " ON CONFLICT (epoch) DO UPDATE SET last_seq = ?2",
            (epoch, last_seq),
        )


def ended(connection: Connection) -> list[tuple[bytes, int]]:
    """Return the streams that ended with their last numbers, the newest first.

    :raises StoreError: or one of its kinds.
    """
    connection.migrate("epochs", MIGRATIONS)
    rows = connection.rows("SELECT epoch, last_seq FROM sync_ended_epoch ORDER BY number DESC")
    return [(epoch, int(str(seq))) for epoch, seq in rows if isinstance(epoch, bytes)]
