"""The schema of what practices answered as FHIR, in personal.db."""

from __future__ import annotations

MIGRATIONS = {
    "fhir_0001_answer": (
        # `content` is the whole answer as it came, sealed with the person's key
        """
        CREATE TABLE fhir_answer (
          answer INTEGER PRIMARY KEY,
          person INTEGER NOT NULL REFERENCES person (person),
          contact INTEGER NOT NULL,
          received_at INTEGER NOT NULL,
          digest BLOB NOT NULL CHECK (length(digest) = 32),
          content TEXT NOT NULL,
          UNIQUE (person, contact, digest)
        ) STRICT
        """,
    ),
}
