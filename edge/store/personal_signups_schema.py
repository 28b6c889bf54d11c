"""The schema of the learning point in personal.db: who signed up, for what, and who came."""

from __future__ import annotations

_V1 = (
    # a name that signed up. `person` where it is known to be one of care's; after `delete_after`
    # the name goes, and what the report counts stays until its season was counted
    """
    CREATE TABLE learner (
      learner INTEGER PRIMARY KEY AUTOINCREMENT,
      person INTEGER REFERENCES person (person),
      name TEXT NOT NULL,
      same_name TEXT NOT NULL,
      phone TEXT,
      card_hash BLOB UNIQUE,
      age_band TEXT,
      gender TEXT,
      created_at INTEGER NOT NULL,
      delete_after INTEGER NOT NULL,
      forgotten_at INTEGER
    ) STRICT
    """,
    "CREATE INDEX learner_name ON learner (same_name)",
    """
    CREATE TABLE enrolment (
      enrolment INTEGER PRIMARY KEY AUTOINCREMENT,
      course INTEGER NOT NULL,
      learner INTEGER NOT NULL REFERENCES learner (learner),
      slip TEXT UNIQUE,
      token TEXT UNIQUE,
      party INTEGER NOT NULL CHECK (party BETWEEN 1 AND 4),
      state TEXT NOT NULL
        CHECK (state IN ('confirmed', 'waiting', 'offered', 'cancelled', 'done')),
      queue INTEGER NOT NULL,
      offer INTEGER NOT NULL DEFAULT 0,
      offer_until INTEGER,
      passed INTEGER NOT NULL DEFAULT 0,
      missed INTEGER NOT NULL DEFAULT 0,
      channel TEXT NOT NULL,
      dates_rev INTEGER NOT NULL,
      created_at INTEGER NOT NULL,
      changed_at INTEGER NOT NULL,
      UNIQUE (course, queue)
    ) STRICT
    """,
    "CREATE INDEX enrolment_learner ON enrolment (learner)",
    "CREATE INDEX enrolment_offer ON enrolment (offer_until) WHERE state = 'offered'",
    # how many of a party came to a session
    """
    CREATE TABLE attendance (
      session INTEGER NOT NULL,
      enrolment INTEGER NOT NULL REFERENCES enrolment (enrolment),
      count INTEGER NOT NULL CHECK (count BETWEEN 1 AND 4),
      method TEXT NOT NULL CHECK (method IN ('list', 'card', 'slip')),
      at INTEGER NOT NULL,
      PRIMARY KEY (session, enrolment)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX attendance_enrolment ON attendance (enrolment)",
    """
    CREATE TABLE trainer (
      trainer INTEGER PRIMARY KEY AUTOINCREMENT,
      person INTEGER REFERENCES person (person),
      name TEXT NOT NULL,
      phone TEXT,
      created_at INTEGER NOT NULL,
      delete_after INTEGER NOT NULL
    ) STRICT
    """,
    # the number of the last change of any enrolment
    """
    CREATE TABLE signup_change (
      one INTEGER PRIMARY KEY CHECK (one = 1),
      number INTEGER NOT NULL
    ) STRICT
    """,
    "INSERT INTO signup_change VALUES (1, 0)",
)

MIGRATIONS = {"signups_0001_learning_point": _V1}
