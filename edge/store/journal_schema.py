"""The tables of journal.db. An applied migration is never edited; a change is a new one."""

from __future__ import annotations

_V1 = (
    """
    CREATE TABLE entry (
      id INTEGER PRIMARY KEY,
      received_at INTEGER NOT NULL,
      boot_id TEXT NOT NULL,
      monotonic_ns INTEGER NOT NULL,
      time_quality INTEGER NOT NULL,
      lane TEXT NOT NULL CHECK (lane IN ('village', 'care')),
      source TEXT NOT NULL,
      device TEXT NOT NULL,
      kind TEXT NOT NULL,
      key BLOB NOT NULL UNIQUE,
      payload BLOB NOT NULL,
      state TEXT NOT NULL DEFAULT 'new'
        CHECK (state IN ('new', 'decoded', 'quarantined', 'refused')),
      message TEXT NOT NULL DEFAULT '',
      decoded_at INTEGER
    ) STRICT
    """,
    # time first: appends touch the last page only; it also keeps a device's times distinct
    "CREATE UNIQUE INDEX entry_time ON entry (received_at, device)",
    "CREATE INDEX entry_new ON entry (lane, id) WHERE state = 'new'",
)

_V2 = (
    # what waits for a key or a format is looked for by its message, in a journal of months
    "CREATE INDEX entry_kept ON entry (kind, message, device) WHERE state = 'quarantined'",
)

MIGRATIONS = {"journal_0001_entry": _V1, "journal_0002_kept": _V2}
