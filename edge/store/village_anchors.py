"""What the county was told of the book of reads: its ends, in village.db. No word of the book."""

from __future__ import annotations

from edge.care.anchor import Anchor
from edge.store.connection import Connection, Driver


def note_anchor(driver: Driver, anchor: Anchor) -> None:
    """Note that the book's end was told."""
    driver.execute(
        "INSERT INTO audit_anchor (number, digest, at) VALUES (?, ?, ?)",
        (anchor.number, anchor.digest, anchor.at),
    )


class Anchors:
    """Use through `edge.store.village.VillageStore`.

    :raises StoreError: or one of its kinds, from any method.
    """

    connection: Connection

    def audit_anchors(self) -> list[Anchor]:
        """Return the ends that were told, in the order they were told in."""
        return told_anchors(self.connection)


def told_anchors(connection: Connection, *, newest: bool = False) -> list[Anchor]:
    """Return the ends that were told, in their order; or the newest alone."""
    rows = connection.rows(
        "SELECT number, digest, at FROM audit_anchor ORDER BY told DESC LIMIT ?",
        (1 if newest else -1,),
    )
    return [Anchor(*row) for row in reversed(rows)]  # type: ignore[arg-type]  # STRICT columns


_V1 = (
    """
    CREATE TABLE audit_anchor (
      told INTEGER PRIMARY KEY AUTOINCREMENT,
      number INTEGER NOT NULL,
      digest BLOB NOT NULL,
      at INTEGER NOT NULL
    ) STRICT
    """,
)

MIGRATIONS = {"anchors_0001_told": _V1}
