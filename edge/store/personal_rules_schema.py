"""The tables of plans and of the engine of rules; an applied migration is never edited."""

from __future__ import annotations

_V1 = (
    # what holds for a person (JSON, sealed with their key); the one with the highest number counts
    """
    CREATE TABLE care_plan (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      person INTEGER NOT NULL REFERENCES person (person),
      set_at INTEGER NOT NULL,
      plan TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX care_plan_person ON care_plan (person)",
    # what the engine knows of a person (JSON, sealed with their key)
    """
    CREATE TABLE care_state (
      person INTEGER PRIMARY KEY REFERENCES person (person),
      state TEXT NOT NULL
    ) STRICT
    """,
    # how far values and warnings of heat were looked at; another `change` whenever somebody set a
    # plan or took a consent back; the Weather Service's warning of heat
    """
    CREATE TABLE care_rules (
      one INTEGER PRIMARY KEY CHECK (one = 1),
      care_round INTEGER NOT NULL,
      observation_round INTEGER NOT NULL,
      heat_change INTEGER NOT NULL,
      change INTEGER NOT NULL,
      weather INTEGER NOT NULL CHECK (weather IN (0, 1, 2)),
      weather_until INTEGER NOT NULL,
      weather_by TEXT NOT NULL
    ) STRICT
    """,
    # what was kept before is no news
    """
    INSERT INTO care_rules SELECT 1, coalesce((SELECT max(round) FROM care_round), 0),
      coalesce((SELECT max(round) FROM observation_round), 0), (SELECT change FROM heat_watch),
      0, 0, 0, ''
    """,
)
MIGRATIONS = {"rules_0001_plans": _V1}
