"""The schema of consultations in personal.db."""

from __future__ import annotations

_V1 = (
    # what this hub signs its letters with; `edge.care.case_key`
    "CREATE TABLE case_key (one INTEGER PRIMARY KEY CHECK (one = 1), seed BLOB NOT NULL) STRICT",
    # a practice's address; NULL until somebody compared it
    """
    CREATE TABLE case_practice (
      contact INTEGER PRIMARY KEY,
      address TEXT NOT NULL,
      noted_at INTEGER NOT NULL,
      compared_at INTEGER
    ) STRICT
    """,
    # `sealed` is what is asked, with the person's key; `change` tells two that edit it apart
    """
    CREATE TABLE care_case (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
      person INTEGER NOT NULL REFERENCES person (person),
      contact INTEGER NOT NULL,
      address TEXT NOT NULL DEFAULT '',
      state TEXT NOT NULL,
      account INTEGER,
      made_at INTEGER NOT NULL,
      changed_at INTEGER NOT NULL,
      sealed BLOB NOT NULL
    ) STRICT
    """,
    "CREATE INDEX care_case_person ON care_case (person)",
    """
    CREATE TABLE case_file (
      file INTEGER PRIMARY KEY AUTOINCREMENT,
      number INTEGER NOT NULL REFERENCES care_case (number) ON DELETE CASCADE,
      size INTEGER NOT NULL,
      sealed BLOB NOT NULL
    ) STRICT
    """,
    "CREATE INDEX case_file_of ON case_file (number)",
    # sealed to the practice; `taken_at`: it is in a segment
    """
    CREATE TABLE case_letter (
      number INTEGER NOT NULL REFERENCES care_case (number) ON DELETE CASCADE,
      part INTEGER NOT NULL,
      sealed BLOB NOT NULL,
      taken_at INTEGER,
      PRIMARY KEY (number, part)
    ) STRICT
    """,
    """
    CREATE TABLE case_answer (
      answer INTEGER PRIMARY KEY AUTOINCREMENT,
      number INTEGER NOT NULL REFERENCES care_case (number) ON DELETE CASCADE,
      id BLOB NOT NULL,
      received_at INTEGER NOT NULL,
      seen_at INTEGER,
      sealed BLOB NOT NULL,
      UNIQUE (number, id)
    ) STRICT
    """,
    # what came and was not taken: its hash and why, never what it says
    """
    CREATE TABLE case_refused (
      digest BLOB PRIMARY KEY NOT NULL,
      why TEXT NOT NULL,
      size INTEGER NOT NULL,
      at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
)

MIGRATIONS = {"cases_0001_consultation": _V1}
