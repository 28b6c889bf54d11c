"""The tables of alerts in personal.db; an applied migration is never edited."""

from __future__ import annotations

_V1 = (
    # `told` is all that an alert says (JSON), sealed with its person's key; `person` NULL is the
    # hub itself. `due` is in the ladder's time; another `change` whenever something changed
    """
    CREATE TABLE alert (
      alert INTEGER PRIMARY KEY AUTOINCREMENT,
      person INTEGER REFERENCES person (person),
      change INTEGER NOT NULL,
      is_open INTEGER NOT NULL CHECK (is_open IN (0, 1)),
      raised_at INTEGER NOT NULL,
      due INTEGER,
      told TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX alert_open ON alert (person) WHERE is_open = 1",
    # whom to tell: once in a lap and on a rung; `contact` NULL is the place
    """
    CREATE TABLE alert_call (
      call INTEGER PRIMARY KEY AUTOINCREMENT,
      alert INTEGER NOT NULL REFERENCES alert (alert),
      lap INTEGER NOT NULL,
      rung INTEGER NOT NULL,
      contact INTEGER,
      called_at INTEGER NOT NULL,
      is_spread INTEGER NOT NULL DEFAULT 0 CHECK (is_spread IN (0, 1))
    ) STRICT
    """,
    "CREATE UNIQUE INDEX alert_call_once ON alert_call (alert, lap, rung, coalesce(contact, -1))",
    "CREATE INDEX alert_call_new ON alert_call (call) WHERE is_spread = 0",
    # over which paths; `due` is in the ladder's time, `reference` the network's of a short message
    """
    CREATE TABLE alert_message (
      message INTEGER PRIMARY KEY AUTOINCREMENT,
      call INTEGER NOT NULL REFERENCES alert_call (call),
      alert INTEGER NOT NULL REFERENCES alert (alert),
      path TEXT NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('new', 'sent', 'arrived', 'failed')),
      tries INTEGER NOT NULL DEFAULT 0,
      due INTEGER,
      changed_at INTEGER NOT NULL,
      reference TEXT,
      said TEXT NOT NULL DEFAULT '',
      UNIQUE (call, path)
    ) STRICT
    """,
    "CREATE INDEX alert_message_new ON alert_message (due) WHERE state = 'new'",
    # how long the hub lived, and when somebody last looked
    """
    CREATE TABLE alert_life (
      one INTEGER PRIMARY KEY CHECK (one = 1),
      life TEXT,
      change INTEGER NOT NULL
    ) STRICT
    """,
    "INSERT INTO alert_life VALUES (1, NULL, 0)",
)
_V2 = (
    # who said that all is well, and the rules were not told yet; no row outlives that
    """
    CREATE TABLE alert_answer (
      answer INTEGER PRIMARY KEY AUTOINCREMENT,
      person INTEGER NOT NULL REFERENCES person (person),
      at INTEGER NOT NULL
    ) STRICT
    """,
)
MIGRATIONS = {"alerts_0001_ladder": _V1, "alerts_0002_answers": _V2}
