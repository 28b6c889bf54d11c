"""The schema of lending in village.db. Nobody's name stands here."""

from __future__ import annotations

_V1 = (
    """
    CREATE TABLE asset (
      asset INTEGER PRIMARY KEY AUTOINCREMENT,
      kind TEXT NOT NULL CHECK (kind IN ('device', 'room')),
      name TEXT NOT NULL,
      room_id TEXT UNIQUE REFERENCES room (room_id),
      shelf TEXT NOT NULL,
      parts TEXT NOT NULL,
      notes TEXT NOT NULL,
      longest_days INTEGER NOT NULL CHECK (longest_days > 0),
      deposit_cents INTEGER NOT NULL CHECK (deposit_cents >= 0),
      buffer_minutes INTEGER NOT NULL CHECK (buffer_minutes >= 0),
      state TEXT NOT NULL CHECK (state IN ('ready', 'broken', 'gone')),
      fault TEXT NOT NULL,
      rev INTEGER NOT NULL,
      changed_at INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE loan (
      loan INTEGER PRIMARY KEY AUTOINCREMENT,
      asset INTEGER NOT NULL REFERENCES asset (asset),
      starts_at INTEGER NOT NULL,
      ends_at INTEGER NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('reserved', 'out', 'back', 'cancelled', 'lapsed')),
      token_hash BLOB UNIQUE,
      made_at INTEGER NOT NULL,
      out_at INTEGER,
      back_at INTEGER,
      condition TEXT CHECK (condition IN ('good', 'incomplete', 'damaged')),
      remark TEXT NOT NULL DEFAULT '',
      CHECK (ends_at > starts_at)
    ) STRICT
    """,
    "CREATE INDEX loan_live ON loan (asset, starts_at) WHERE state IN ('reserved', 'out')",
    "CREATE INDEX loan_asset ON loan (asset)",
    # one at a time is with people, whatever else goes wrong
    "CREATE UNIQUE INDEX loan_out ON loan (asset) WHERE state = 'out'",
    # who borrows, sealed to the care key, while personal.db was locked
    """
    CREATE TABLE sealed_borrower (
      loan INTEGER PRIMARY KEY NOT NULL REFERENCES loan (loan),
      sealed BLOB NOT NULL
    ) STRICT
    """,
)

MIGRATIONS = {"lending_0001_assets": _V1}
