"""The schema of the village's board in village.db. Nothing here is anybody's personal data.

Names and numbers of the market are in personal.db; calls for help are nowhere.
"""

from __future__ import annotations

_V1 = (
    # what was there hangs; `slip_hash` is of the slip of whoever proposed it, `token_hash` of the
    # form it came with: sent twice it is there once
    (
        "ALTER TABLE notice ADD COLUMN state TEXT NOT NULL DEFAULT 'approved'"
        " CHECK (state IN ('proposed', 'approved', 'declined'))"
    ),
    "ALTER TABLE notice ADD COLUMN place TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE notice ADD COLUMN starts_at INTEGER",
    "ALTER TABLE notice ADD COLUMN ends_at INTEGER",
    "ALTER TABLE notice ADD COLUMN repeats TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE notice ADD COLUMN repeats_until TEXT",
    "ALTER TABLE notice ADD COLUMN reason TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE notice ADD COLUMN slip_hash BLOB",
    "ALTER TABLE notice ADD COLUMN token_hash BLOB",
    "ALTER TABLE notice ADD COLUMN rev INTEGER NOT NULL DEFAULT 1",
    "ALTER TABLE notice ADD COLUMN changed_at INTEGER",
    "CREATE UNIQUE INDEX notice_slip ON notice (slip_hash) WHERE slip_hash IS NOT NULL",
    "CREATE UNIQUE INDEX notice_token ON notice (token_hash) WHERE token_hash IS NOT NULL",
    # `week` and `special` are JSON of edge.village.hours
    """
    CREATE TABLE open_place (
      place INTEGER PRIMARY KEY AUTOINCREMENT,
      name TEXT NOT NULL,
      phone TEXT NOT NULL,
      note TEXT NOT NULL,
      on_holidays INTEGER NOT NULL CHECK (on_holidays IN (0, 1)),
      week TEXT NOT NULL,
      special TEXT NOT NULL,
      rev INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE market_entry (
      entry INTEGER PRIMARY KEY AUTOINCREMENT,
      state TEXT NOT NULL CHECK (state IN ('proposed', 'approved', 'declined')),
      kind TEXT NOT NULL CHECK (kind IN ('offer', 'wanted')),
      category TEXT NOT NULL,
      title TEXT NOT NULL,
      body TEXT NOT NULL,
      reach TEXT NOT NULL CHECK (reach IN ('desk', 'call', 'public')),
      proposed_at INTEGER NOT NULL,
      shown_from INTEGER,
      shown_until INTEGER NOT NULL,
      reason TEXT NOT NULL,
      slip_hash BLOB NOT NULL UNIQUE,
      token_hash BLOB NOT NULL UNIQUE,
      rev INTEGER NOT NULL,
      changed_at INTEGER NOT NULL
    ) STRICT
    """,
)

# Whether a volunteer ticked that a notice is open data too: of what hung before nobody was asked.
_V2 = (
    (
        "ALTER TABLE notice ADD COLUMN open_data INTEGER NOT NULL DEFAULT 0"
        " CHECK (open_data IN (0, 1))"
    ),
)

MIGRATIONS = {
    "board_0001_notices_hours_market": _V1,
    "board_0002_notices_open_data": _V2,
}
