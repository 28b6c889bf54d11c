"""The schema of volunteers in personal.db: who they are, what they do and did."""

from __future__ import annotations

_V1 = (
    # `account` is the one they sign in with; `coordinates`: may confirm hours and put others in
    """
    CREATE TABLE volunteer (
      volunteer INTEGER PRIMARY KEY AUTOINCREMENT,
      person INTEGER REFERENCES person (person),
      name TEXT NOT NULL,
      same_name TEXT NOT NULL,
      phone TEXT,
      account INTEGER UNIQUE,
      coordinates INTEGER NOT NULL DEFAULT 0 CHECK (coordinates IN (0, 1)),
      created_at INTEGER NOT NULL,
      delete_after INTEGER NOT NULL
    ) STRICT
    """,
    "CREATE INDEX volunteer_name ON volunteer (same_name)",
    """
    CREATE TABLE held_qualification (
      volunteer INTEGER NOT NULL REFERENCES volunteer (volunteer) ON DELETE CASCADE,
      qualification_id TEXT NOT NULL,
      valid_until TEXT,
      noted_at INTEGER NOT NULL,
      PRIMARY KEY (volunteer, qualification_id)
    ) STRICT, WITHOUT ROWID
    """,
    # `shift` is a number of village.db; offered: the others were asked to take it
    """
    CREATE TABLE duty (
      duty INTEGER PRIMARY KEY AUTOINCREMENT,
      shift INTEGER NOT NULL,
      volunteer INTEGER NOT NULL REFERENCES volunteer (volunteer) ON DELETE CASCADE,
      made_at INTEGER NOT NULL,
      offered_at INTEGER,
      UNIQUE (shift, volunteer)
    ) STRICT
    """,
    "CREATE INDEX duty_volunteer ON duty (volunteer)",
    """
    CREATE TABLE swap (
      swap INTEGER PRIMARY KEY AUTOINCREMENT,
      shift INTEGER NOT NULL,
      giver INTEGER NOT NULL REFERENCES volunteer (volunteer) ON DELETE CASCADE,
      taker INTEGER NOT NULL REFERENCES volunteer (volunteer) ON DELETE CASCADE,
      at INTEGER NOT NULL
    ) STRICT
    """,
    "CREATE INDEX swap_shift ON swap (shift)",
    # hours done, as confirmed; `shift` 0: something beside the rota
    """
    CREATE TABLE work (
      work INTEGER PRIMARY KEY AUTOINCREMENT,
      volunteer INTEGER NOT NULL REFERENCES volunteer (volunteer) ON DELETE CASCADE,
      day TEXT NOT NULL,
      minutes INTEGER NOT NULL CHECK (minutes BETWEEN 0 AND 1440),
      task TEXT NOT NULL,
      shift INTEGER NOT NULL,
      confirmed_by INTEGER REFERENCES volunteer (volunteer) ON DELETE SET NULL,
      confirmed_at INTEGER NOT NULL
    ) STRICT
    """,
    "CREATE UNIQUE INDEX work_once ON work (shift, volunteer) WHERE shift <> 0",
    "CREATE INDEX work_volunteer ON work (volunteer)",
)

MIGRATIONS = {"volunteers_0001_rota": _V1}
