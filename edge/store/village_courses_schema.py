"""The schema of the learning point in village.db. Nothing here is anybody's personal data."""

from __future__ import annotations

_V1 = (
    """
    CREATE TABLE season (
      season_id TEXT PRIMARY KEY NOT NULL,
      name TEXT NOT NULL,
      first_day TEXT NOT NULL,
      last_day TEXT NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE free_day (
      day TEXT PRIMARY KEY NOT NULL,
      name TEXT NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE room (
      room_id TEXT PRIMARY KEY NOT NULL,
      name TEXT NOT NULL,
      seats INTEGER NOT NULL,
      access TEXT NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    # `trainer` is a number of personal.db; digcomp and languages are JSON lists
    """
    CREATE TABLE course (
      course INTEGER PRIMARY KEY AUTOINCREMENT,
      course_id TEXT NOT NULL UNIQUE,
      season_id TEXT NOT NULL REFERENCES season (season_id),
      kind TEXT NOT NULL CHECK (kind IN ('course', 'event', 'stop')),
      state TEXT NOT NULL CHECK (state IN ('draft', 'published', 'cancelled', 'moved')),
      seats INTEGER NOT NULL,
      minimum INTEGER NOT NULL,
      cost_cents INTEGER NOT NULL,
      area INTEGER NOT NULL,
      digcomp TEXT NOT NULL,
      digcomp_version TEXT NOT NULL,
      languages TEXT NOT NULL,
      access TEXT NOT NULL,
      die_number TEXT NOT NULL,
      trainer INTEGER,
      announced_as TEXT NOT NULL,
      note TEXT NOT NULL,
      rev INTEGER NOT NULL,
      dates_rev INTEGER NOT NULL,
      published_at INTEGER,
      changed_at INTEGER NOT NULL
    ) STRICT
    """,
    "CREATE INDEX course_season ON course (season_id)",
    """
    CREATE TABLE course_text (
      course INTEGER NOT NULL REFERENCES course (course),
      language TEXT NOT NULL,
      title TEXT NOT NULL,
      summary TEXT NOT NULL,
      PRIMARY KEY (course, language)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE session (
      session INTEGER PRIMARY KEY AUTOINCREMENT,
      course INTEGER NOT NULL REFERENCES course (course),
      starts_at INTEGER NOT NULL,
      ends_at INTEGER NOT NULL,
      room_id TEXT REFERENCES room (room_id),
      place TEXT NOT NULL,
      break_minutes INTEGER NOT NULL,
      cancelled INTEGER NOT NULL CHECK (cancelled IN (0, 1))
    ) STRICT
    """,
    "CREATE INDEX session_course ON session (course)",
    "CREATE INDEX session_time ON session (starts_at)",
    # whoever came without signing up, counted
    """
    CREATE TABLE walk_in (
      session INTEGER PRIMARY KEY NOT NULL REFERENCES session (session),
      count INTEGER NOT NULL CHECK (count >= 0)
    ) STRICT
    """,
    # how full a course is; `change` is personal.db's number of its last change
    """
    CREATE TABLE course_seats (
      course INTEGER PRIMARY KEY NOT NULL REFERENCES course (course),
      taken INTEGER NOT NULL,
      waits INTEGER NOT NULL CHECK (waits IN (0, 1)),
      change INTEGER NOT NULL
    ) STRICT
    """,
    # sign-ups that came while personal.db was locked, sealed to the care key, in their order
    """
    CREATE TABLE sealed_signup (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      token_hash BLOB NOT NULL UNIQUE,
      received_at INTEGER NOT NULL,
      sealed BLOB NOT NULL
    ) STRICT
    """,
    # what is told of seasons that are over, counted once; JSON of edge.learning.report
    """
    CREATE TABLE learning_period (
      period INTEGER PRIMARY KEY,
      seasons TEXT NOT NULL,
      taught TEXT NOT NULL,
      cells TEXT NOT NULL,
      enrolments INTEGER NOT NULL,
      visits INTEGER NOT NULL,
      counted_at INTEGER NOT NULL
    ) STRICT
    """,
    # another number whenever something changed that the calendar shows
    """
    CREATE TABLE calendar_turn (
      one INTEGER PRIMARY KEY CHECK (one = 1),
      number INTEGER NOT NULL
    ) STRICT
    """,
    "INSERT INTO calendar_turn VALUES (1, 0)",
)

MIGRATIONS = {"courses_0001_learning_point": _V1}
