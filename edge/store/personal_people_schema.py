"""The schema of people's circles and of the book of who read what, in personal.db."""

from __future__ import annotations

_CIRCLE = (
    # name and phone are sealed with the contact's own key, which has the number -contact
    """
    CREATE TABLE contact (
      contact INTEGER PRIMARY KEY AUTOINCREMENT,
      role TEXT NOT NULL,
      name TEXT NOT NULL,
      phone TEXT NOT NULL,
      account INTEGER UNIQUE,
      created_at INTEGER NOT NULL
    ) STRICT
    """,
    # `relation` is sealed with the person's key; quiet hours are minutes of the day
    """
    CREATE TABLE circle (
      person INTEGER NOT NULL REFERENCES person (person),
      contact INTEGER NOT NULL REFERENCES contact (contact),
      position INTEGER NOT NULL,
      relation TEXT NOT NULL,
      quiet_from INTEGER,
      quiet_until INTEGER,
      may_name INTEGER NOT NULL DEFAULT 0 CHECK (may_name IN (0, 1)),
      since INTEGER NOT NULL,
      PRIMARY KEY (person, contact)
    ) STRICT, WITHOUT ROWID
    """,
    # by which somebody in care opens their own page at the terminal
    """
    CREATE TABLE person_card (
      person INTEGER PRIMARY KEY REFERENCES person (person),
      card_hash BLOB NOT NULL UNIQUE,
      given_at INTEGER NOT NULL
    ) STRICT
    """,
    # sealed with the person's key as `given_how` is; which account recorded it
    "ALTER TABLE consent ADD COLUMN withdrawn_how TEXT",
    "ALTER TABLE consent ADD COLUMN recorded_by INTEGER",
)

_AUDIT = (
    # numbered without a gap. `sealed` holds salt and content under the person's key; `note` is the
    # content of an entry that is about no person. Both are NULL, and `person`, once erased
    """
    CREATE TABLE care_audit (
      number INTEGER PRIMARY KEY,
      at INTEGER NOT NULL,
      time_quality INTEGER NOT NULL,
      person INTEGER,
      sealed BLOB,
      note TEXT,
      commitment BLOB NOT NULL CHECK (length(commitment) = 32),
      digest BLOB NOT NULL CHECK (length(digest) = 32)
    ) STRICT
    """,
    "CREATE INDEX care_audit_person ON care_audit (person, number)",
)

_PSEUDONYM = (
    """
    CREATE TABLE pseudonym_key (
      one INTEGER PRIMARY KEY CHECK (one = 1),
      key BLOB NOT NULL
    ) STRICT
    """,
    # sealed with the person's key: nobody joins the pseudonyms of who was erased
    """
    CREATE TABLE person_secret (
      person INTEGER PRIMARY KEY REFERENCES person (person),
      secret TEXT NOT NULL
    ) STRICT
    """,
)

MIGRATIONS = {
    "people_0001_circle": _CIRCLE,
    "people_0002_audit": _AUDIT,
    "people_0003_pseudonym": _PSEUDONYM,
}
