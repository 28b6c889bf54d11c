"""The outbox's tables in village.db: where its stream stands, segments, counties."""

from __future__ import annotations

_V1 = (
    """
    CREATE TABLE sync_state (
      one INTEGER PRIMARY KEY CHECK (one = 1),
      epoch BLOB NOT NULL,
      last_seq INTEGER NOT NULL,
      last_hash BLOB NOT NULL,
      meter_round INTEGER NOT NULL,
      care_round INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE sync_segment (
      seq INTEGER PRIMARY KEY,
      stream TEXT NOT NULL,
      sealed_at INTEGER NOT NULL,
      size INTEGER NOT NULL,
      sha256 BLOB NOT NULL,
      data BLOB NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE sync_peer (
      public_key BLOB PRIMARY KEY NOT NULL,
      name TEXT NOT NULL,
      asked_at INTEGER NOT NULL,
      confirmed_at INTEGER,
      care_recipients TEXT NOT NULL DEFAULT '[]',
      asked_recipients TEXT,
      acknowledged_seq INTEGER NOT NULL DEFAULT 0
    ) STRICT, WITHOUT ROWID
    """,
)

_V2 = (
    "ALTER TABLE sync_peer ADD COLUMN keys BLOB",  # how the county changed its key
    "ALTER TABLE sync_peer ADD COLUMN said_at INTEGER",  # its last word, by its own clock
)

_V3 = ("ALTER TABLE sync_state ADD COLUMN observation_round INTEGER NOT NULL DEFAULT 0",)

_V4 = ("ALTER TABLE sync_state ADD COLUMN placed_round INTEGER NOT NULL DEFAULT 0",)

MIGRATIONS = {
    "sync_0001_outbox": _V1,
    "sync_0002_keys": _V2,
    "sync_0003_observations": _V3,
    "sync_0004_placed_care": _V4,
}
