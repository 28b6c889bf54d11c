"""What sync keeps in village.db of what came to the hub: migrations by name, in order."""

from __future__ import annotations

from sync.certificate import store as certificates

_V1 = (
    # how far a county's streams were taken; `mine` is 0 where a stream is to another hub
    """
    CREATE TABLE sync_inflow (
      county BLOB NOT NULL,
      epoch BLOB NOT NULL,
      mine INTEGER NOT NULL CHECK (mine IN (0, 1)),
      seq INTEGER NOT NULL,
      hash BLOB NOT NULL,
      taken_at INTEGER NOT NULL,
      way TEXT NOT NULL,
      PRIMARY KEY (county, epoch)
    ) STRICT, WITHOUT ROWID
    """,
    # events that this program did not know, or could not take as they were, and why
    """
    CREATE TABLE county_event (
      number INTEGER PRIMARY KEY,
      county BLOB NOT NULL,
      epoch BLOB NOT NULL,
      seq INTEGER NOT NULL,
      position INTEGER NOT NULL,
      at INTEGER NOT NULL,
      quality INTEGER NOT NULL,
      kind TEXT NOT NULL,
      data BLOB NOT NULL,
      why TEXT NOT NULL,
      received_at INTEGER NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('kept', 'read')),
      UNIQUE (county, epoch, seq, position)
    ) STRICT
    """,
    # segments whose body this program cannot read, as they came
    """
    CREATE TABLE county_segment (
      county BLOB NOT NULL,
      epoch BLOB NOT NULL,
      seq INTEGER NOT NULL,
      schema TEXT NOT NULL,
      received_at INTEGER NOT NULL,
      data BLOB NOT NULL,
      PRIMARY KEY (county, epoch, seq)
    ) STRICT
    """,
    # orders to erase: how many bodies they name, and what the county answered
    """
    CREATE TABLE sync_erasure (
      "order" BLOB PRIMARY KEY NOT NULL,
      ordered_at INTEGER NOT NULL,
      bodies INTEGER NOT NULL,
      seqs TEXT NOT NULL,
      seq INTEGER NOT NULL,
      answered_at INTEGER,
      answer TEXT
    ) STRICT
    """,
    # the hashes of bodies that were erased: no copy on a stick may hold them
    "CREATE TABLE sync_erased_body (body BLOB PRIMARY KEY NOT NULL) STRICT, WITHOUT ROWID",
)

# practices' answers, sealed, until personal.db is unlocked
CASE_ANSWERS = (
    """
    CREATE TABLE case_answer_in (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      received_at INTEGER NOT NULL,
      sealed BLOB NOT NULL
    ) STRICT
    """,
)

# where an order stands among the receipts that were here, and in whose stream it travels
_V2 = (
    "ALTER TABLE sync_erasure ADD COLUMN receipts INTEGER",
    "ALTER TABLE sync_erasure ADD COLUMN epoch TEXT",
)

MIGRATIONS = {
    "inflow_0001_county": _V1,
    "inflow_0002_order_among_receipts": _V2,
    "inflow_0003_certificates": certificates.MIGRATION,
    "inflow_0004_case_answers": CASE_ANSWERS,
}
