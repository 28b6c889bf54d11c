"""The schema of proofs in village.db: which were revoked, and from what share on one is earned."""

from __future__ import annotations

_V1 = (
    # a proof that was signed, by its place in the list; whose, nobody can tell from here
    """
    CREATE TABLE badge_status (
      status_index INTEGER PRIMARY KEY NOT NULL,
      revoked_at INTEGER
    ) STRICT
    """,
    """
    CREATE TABLE course_threshold (
      course INTEGER PRIMARY KEY NOT NULL REFERENCES course (course),
      percent INTEGER NOT NULL CHECK (percent BETWEEN 1 AND 100)
    ) STRICT
    """,
)

MIGRATIONS = {"badges_0001_revocations": _V1}
