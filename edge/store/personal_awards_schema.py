"""The schema of awards in personal.db."""

from __future__ import annotations

_V1 = (
    # what somebody earned: the name as it is printed, what else stands on the paper (JSON), and the
    # signed proof. It goes with whoever signed up, whatever road they go
    """
    CREATE TABLE award (
      award INTEGER PRIMARY KEY AUTOINCREMENT,
      enrolment INTEGER NOT NULL,
      seat INTEGER NOT NULL CHECK (seat BETWEEN 1 AND 4),
      learner INTEGER NOT NULL REFERENCES learner (learner) ON DELETE CASCADE,
      course INTEGER NOT NULL,
      kind TEXT NOT NULL CHECK (kind IN ('attendance', 'digcomp')),
      name TEXT NOT NULL,
      content TEXT NOT NULL,
      token TEXT NOT NULL,
      status_index INTEGER NOT NULL,
      issued_at INTEGER NOT NULL,
      delete_after INTEGER NOT NULL,
      UNIQUE (enrolment, seat, kind)
    ) STRICT
    """,
    "CREATE INDEX award_course ON award (course)",
    "CREATE INDEX award_learner ON award (learner)",
)

MIGRATIONS = {"awards_0001_certificates": _V1}
