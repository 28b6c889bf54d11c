"""The schema of the rota in village.db: shifts and what they ask for. Nobody's name stands here."""

from __future__ import annotations

_V1 = (
    """
    CREATE TABLE qualification (
      qualification_id TEXT PRIMARY KEY NOT NULL,
      name TEXT NOT NULL,
      months INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    "INSERT INTO qualification VALUES ('juleica', 'Juleica', 36)",
    """
    CREATE TABLE shift (
      shift INTEGER PRIMARY KEY AUTOINCREMENT,
      task TEXT NOT NULL,
      place TEXT NOT NULL,
      starts_at INTEGER NOT NULL,
      ends_at INTEGER NOT NULL,
      needed INTEGER NOT NULL,
      qualification TEXT REFERENCES qualification (qualification_id),
      note TEXT NOT NULL,
      series TEXT NOT NULL,
      cancelled INTEGER NOT NULL CHECK (cancelled IN (0, 1)),
      rev INTEGER NOT NULL,
      changed_at INTEGER NOT NULL
    ) STRICT
    """,
    "CREATE INDEX shift_time ON shift (starts_at)",
    "CREATE INDEX shift_series ON shift (series)",
)

MIGRATIONS = {"shifts_0001_rota": _V1}
