"""The schema of accounts in village.db: nobody's name, nothing that opens anything by itself.

An account is a number and a given sign-in name; whose it is stands in personal.db. Kept of cards
and codes is a hash, of passwords and pictures argon2id over a keyed digest, of terminals a keyed
mark.
"""

from __future__ import annotations

_V1 = (
    """
    CREATE TABLE account (
      account INTEGER PRIMARY KEY AUTOINCREMENT,
      handle TEXT NOT NULL,
      same_handle TEXT NOT NULL UNIQUE,
      card BLOB UNIQUE,
      password TEXT,
      is_start INTEGER NOT NULL DEFAULT 0 CHECK (is_start IN (0, 1)),
      pictures TEXT,
      picture_misses INTEGER NOT NULL DEFAULT 0,
      revision INTEGER NOT NULL DEFAULT 1,
      made_at INTEGER NOT NULL,
      used_on INTEGER,
      blocked_at INTEGER
    ) STRICT
    """,
    """
    CREATE TABLE account_role (
      account INTEGER NOT NULL REFERENCES account (account),
      role TEXT NOT NULL CHECK (role IN ('volunteer', 'carer', 'official', 'administrator')),
      PRIMARY KEY (account, role)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE sign_in_tally (
      subject BLOB PRIMARY KEY NOT NULL,
      failures INTEGER NOT NULL,
      last_at INTEGER NOT NULL,
      until INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE known_terminal (
      account INTEGER NOT NULL REFERENCES account (account),
      terminal BLOB NOT NULL,
      seen_at INTEGER NOT NULL,
      PRIMARY KEY (account, terminal)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE first_code (
      code BLOB PRIMARY KEY NOT NULL,
      made_at INTEGER NOT NULL,
      good_until INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
)

MIGRATIONS = {"access_0001_accounts": _V1}
