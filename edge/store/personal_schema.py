"""The schema of personal.db: migrations by name, in order. An applied one is never edited."""

from __future__ import annotations

from edge.store.values import tables

_V1 = (
    """
    CREATE TABLE person (
      person INTEGER PRIMARY KEY AUTOINCREMENT,
      name TEXT NOT NULL UNIQUE,
      created_at INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE assignment (
      device_id TEXT NOT NULL,
      person INTEGER NOT NULL REFERENCES person (person),
      user_index INTEGER CHECK (user_index BETWEEN 0 AND 254),
      valid_from INTEGER NOT NULL,
      valid_until INTEGER
    ) STRICT
    """,
    # one owner at a time for a sensor's user, and for the sensor as a whole
    """
    CREATE UNIQUE INDEX assignment_open ON assignment (device_id, coalesce(user_index, -1))
      WHERE valid_until IS NULL
    """,
    """
    CREATE TABLE consent (
      consent INTEGER PRIMARY KEY,
      person INTEGER NOT NULL REFERENCES person (person),
      purpose TEXT NOT NULL,
      data_kind TEXT NOT NULL,
      recipient TEXT NOT NULL,
      sentence TEXT NOT NULL,
      given_at INTEGER NOT NULL,
      given_how TEXT NOT NULL,
      withdrawn_at INTEGER
    ) STRICT
    """,
    """
    CREATE TABLE care_round (
      round INTEGER PRIMARY KEY,
      first_at INTEGER NOT NULL,
      last_at INTEGER NOT NULL,
      row_count INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE care_reading (
      observed_at INTEGER NOT NULL,
      device_id TEXT NOT NULL,
      person INTEGER NOT NULL REFERENCES person (person),
      round INTEGER NOT NULL,
      time_quality INTEGER NOT NULL,
      received_at INTEGER NOT NULL,
      journal_id INTEGER NOT NULL,
      systolic_mmhg REAL,
      diastolic_mmhg REAL,
      mean_mmhg REAL,
      pulse_per_min REAL,
      status INTEGER,
      user_index INTEGER,
      PRIMARY KEY (observed_at, device_id)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE TABLE care_key (identity TEXT NOT NULL) STRICT",
)

_V2 = (
    # a meter's key; manufacturer is empty where the supplier did not say it. `state` is what
    # telegrams showed of the key, and NULL until the worker has looked at what waited for it
    """
    CREATE TABLE meter_key (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      manufacturer TEXT NOT NULL,
      identification TEXT NOT NULL,
      key BLOB NOT NULL CHECK (length(key) = 16),
      source TEXT NOT NULL,
      imported_at INTEGER NOT NULL,
      state TEXT CHECK (state IN ('unused', 'opens', 'wrong')),
      state_at INTEGER,
      UNIQUE (manufacturer, identification)
    ) STRICT
    """,
    """
    CREATE TABLE household_meter (
      household INTEGER PRIMARY KEY AUTOINCREMENT,
      device TEXT NOT NULL,
      person INTEGER NOT NULL REFERENCES person (person),
      added_at INTEGER NOT NULL,
      removed_at INTEGER
    ) STRICT
    """,
    "CREATE UNIQUE INDEX household_open ON household_meter (device) WHERE removed_at IS NULL",
    # who speaks behind a radio: the meter itself, or the one that an adapter passes on
    """
    CREATE TABLE household_device (
      device INTEGER PRIMARY KEY,
      household INTEGER NOT NULL REFERENCES household_meter (household),
      device_id TEXT NOT NULL,
      UNIQUE (household, device_id)
    ) STRICT
    """,
    """
    CREATE TABLE household_round (
      round INTEGER PRIMARY KEY,
      first_at INTEGER NOT NULL,
      last_at INTEGER NOT NULL,
      row_count INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE household_reading (
      observed_at INTEGER NOT NULL,
      device INTEGER NOT NULL REFERENCES household_device (device),
      round INTEGER NOT NULL,
      time_quality INTEGER NOT NULL,
      journal_id INTEGER NOT NULL,
      energy_kwh REAL,
      volume_m3 REAL,
      power_kw REAL,
      volume_flow_m3_h REAL,
      flow_temperature_degc REAL,
      return_temperature_degc REAL,
      temperature_difference_k REAL,
      PRIMARY KEY (observed_at, device)
    ) STRICT, WITHOUT ROWID
    """,
)

_V3 = (
    # a person says whose user that is; what was assigned by user before was said in one go
    "ALTER TABLE assignment ADD COLUMN confirmed_at INTEGER",
    "ALTER TABLE assignment ADD COLUMN confirmed_how TEXT",
    """
    UPDATE assignment SET confirmed_at = valid_from, confirmed_how = 'bei der Zuordnung'
      WHERE user_index IS NOT NULL
    """,
    # what is known of a sensor's users; `several_users`: it says so itself
    """
    CREATE TABLE care_sensor (
      device_id TEXT PRIMARY KEY,
      several_users INTEGER NOT NULL DEFAULT 0
    ) STRICT
    """,
    """
    CREATE TABLE sensor_user (
      device_id TEXT NOT NULL,
      user_index INTEGER NOT NULL,
      seen_at INTEGER NOT NULL,
      PRIMARY KEY (device_id, user_index)
    ) STRICT, WITHOUT ROWID
    """,
    """
    INSERT INTO sensor_user SELECT device_id, user_index, min(received_at) FROM care_reading
      WHERE user_index IS NOT NULL GROUP BY device_id, user_index
    """,
    # a continuous glucose monitor's values count from the start of its session
    """
    CREATE TABLE sensor_session (
      device_id TEXT NOT NULL,
      started_at INTEGER NOT NULL,
      PRIMARY KEY (device_id, started_at)
    ) STRICT, WITHOUT ROWID
    """,
    # values that wait, sealed in the journal, until somebody says whose they are
    """
    CREATE TABLE care_waiting (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      device_id TEXT NOT NULL,
      received_at INTEGER NOT NULL,
      data_kind TEXT NOT NULL,
      observed_at INTEGER NOT NULL,
      time_quality INTEGER NOT NULL,
      user_index INTEGER,
      person INTEGER REFERENCES person (person),
      said_at INTEGER,
      said_how TEXT,
      UNIQUE (received_at, device_id)
    ) STRICT
    """,
    # another number whenever somebody said something about whose sensor or value it is
    """
    CREATE TABLE care_turn (
      one INTEGER PRIMARY KEY CHECK (one = 1),
      number INTEGER NOT NULL
    ) STRICT
    """,
    "INSERT INTO care_turn VALUES (1, 0)",
    """
    CREATE TABLE observation_round (
      round INTEGER PRIMARY KEY,
      first_at INTEGER NOT NULL,
      last_at INTEGER NOT NULL,
      row_count INTEGER NOT NULL
    ) STRICT
    """,
    # one measurement of one kind; flags are the decoder's, as a JSON object
    """
    CREATE TABLE observation (
      observed_at INTEGER NOT NULL,
      device_id TEXT NOT NULL,
      data_kind TEXT NOT NULL,
      person INTEGER NOT NULL REFERENCES person (person),
      round INTEGER NOT NULL,
      time_quality INTEGER NOT NULL,
      received_at INTEGER NOT NULL,
      journal_id INTEGER NOT NULL,
      source TEXT NOT NULL,
      sequence INTEGER,
      user_index INTEGER,
      flags TEXT NOT NULL,
      PRIMARY KEY (observed_at, device_id, data_kind)
    ) STRICT, WITHOUT ROWID
    """,
    # a glucose value's context finds its value by the meter's number of it
    """
    CREATE INDEX observation_numbered ON observation (device_id, source, sequence)
      WHERE sequence IS NOT NULL
    """,
    # its numbers, in the order they came, in the quantity's unit
    """
    CREATE TABLE observation_value (
      observed_at INTEGER NOT NULL,
      device_id TEXT NOT NULL,
      data_kind TEXT NOT NULL,
      position INTEGER NOT NULL,
      quantity TEXT NOT NULL,
      name TEXT NOT NULL,
      value REAL NOT NULL,
      PRIMARY KEY (observed_at, device_id, data_kind, position)
    ) STRICT, WITHOUT ROWID
    """,
    # makers' keys of sensors that encrypt what they advertise; `state` as in meter_key
    """
    CREATE TABLE sensor_key (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      device_id TEXT NOT NULL UNIQUE,
      key BLOB NOT NULL CHECK (length(key) IN (12, 16)),
      source TEXT NOT NULL,
      imported_at INTEGER NOT NULL,
      state TEXT CHECK (state IN ('unused', 'opens', 'wrong')),
      state_at INTEGER
    ) STRICT
    """,
    # the last number that a sensor counted its advertisements with: authentic if encrypted
    """
    CREATE TABLE sensor_counter (
      device_id TEXT NOT NULL,
      authentic INTEGER NOT NULL,
      number INTEGER NOT NULL,
      heard_at INTEGER NOT NULL,
      PRIMARY KEY (device_id, authentic)
    ) STRICT, WITHOUT ROWID
    """,
)

_V4 = (
    # how far the rooms' values were looked at, and the number of the last change of a warning
    """
    CREATE TABLE heat_watch (
      one INTEGER PRIMARY KEY CHECK (one = 1),
      observation_round INTEGER NOT NULL,
      change INTEGER NOT NULL
    ) STRICT
    """,
    # what was kept before is no news
    "INSERT INTO heat_watch SELECT 1, coalesce(max(round), 0), 0 FROM observation_round",
    # what the rule knows of a room after its last value, as a JSON object
    """
    CREATE TABLE heat_room (
      device_id TEXT NOT NULL,
      person INTEGER NOT NULL REFERENCES person (person),
      room TEXT NOT NULL,
      PRIMARY KEY (device_id, person)
    ) STRICT, WITHOUT ROWID
    """,
    # a warning from its beginning to its end; another `change` whenever its level changed
    """
    CREATE TABLE heat_warning (
      warning INTEGER PRIMARY KEY AUTOINCREMENT,
      change INTEGER NOT NULL,
      device_id TEXT NOT NULL,
      person INTEGER NOT NULL REFERENCES person (person),
      level INTEGER NOT NULL,
      worst INTEGER NOT NULL,
      warm_since INTEGER NOT NULL,
      since INTEGER NOT NULL,
      level_since INTEGER NOT NULL,
      last_at INTEGER NOT NULL,
      temperature_degc REAL NOT NULL,
      felt_degc REAL NOT NULL,
      most_felt_degc REAL NOT NULL,
      ended_at INTEGER,
      ended_how TEXT CHECK (ended_how IN ('cooler', 'silent', 'returned'))
    ) STRICT
    """,
    """
    CREATE UNIQUE INDEX heat_warning_open ON heat_warning (device_id, person)
      WHERE ended_at IS NULL
    """,
)

# what households' meters say beside the wide columns, as `meter_register` in village.db
_V5 = tables("household_register", "household_value", devices="household_device")

_V6 = (
    # what a sensor's clock showed at a contact (the wall's time), and whether it was set then
    """
    CREATE TABLE sensor_clock (
      device_id TEXT NOT NULL,
      at INTEGER NOT NULL,
      shown TEXT,
      was_set INTEGER NOT NULL CHECK (was_set IN (0, 1)),
      PRIMARY KEY (device_id, at)
    ) STRICT, WITHOUT ROWID
    """,
)

MIGRATIONS = {
    "personal_0001_care": _V1,
    "personal_0002_meters": _V2,
    "personal_0003_observations": _V3,
    "personal_0004_heat_warnings": _V4,
    "personal_0005_household_value": _V5,
    "personal_0006_sensor_clocks": _V6,
}
