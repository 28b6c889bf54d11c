"""The schema of village.db: migrations by name, in order. An applied one is never edited.

Sources of the shape: `docs/architecture.md`. Readings are keyed time first, so that a round
of all meters touches the last pages only.
"""

from __future__ import annotations

from edge.store.values import tables

_V1 = (
    """
    CREATE TABLE site (
      site_id TEXT PRIMARY KEY NOT NULL,
      name TEXT NOT NULL,
      communal INTEGER NOT NULL CHECK (communal IN (0, 1))
    ) STRICT
    """,
    """
    CREATE TABLE device (
      device INTEGER PRIMARY KEY,
      device_id TEXT NOT NULL UNIQUE,
      kind TEXT NOT NULL CHECK (kind IN ('meter', 'ble')),
      label TEXT NOT NULL DEFAULT '',
      site_id TEXT REFERENCES site (site_id),
      meter_id TEXT,
      manufacturer TEXT NOT NULL DEFAULT '',
      model TEXT NOT NULL DEFAULT '',
      first_seen_at INTEGER,
      last_seen_at INTEGER,
      last_reading_at INTEGER,
      last_error TEXT,
      last_error_at INTEGER,
      battery_percent INTEGER CHECK (battery_percent BETWEEN 0 AND 100)
    ) STRICT
    """,
    """
    CREATE TABLE round (
      round INTEGER PRIMARY KEY,
      first_at INTEGER NOT NULL,
      last_at INTEGER NOT NULL,
      row_count INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE meter_reading (
      observed_at INTEGER NOT NULL,
      device INTEGER NOT NULL REFERENCES device (device),
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
    """
    CREATE TABLE notice (
      notice INTEGER PRIMARY KEY,
      title TEXT NOT NULL,
      body TEXT NOT NULL,
      shown_from INTEGER NOT NULL,
      shown_until INTEGER
    ) STRICT
    """,
    """
    CREATE TABLE ble_device (
      address TEXT PRIMARY KEY NOT NULL,
      device INTEGER NOT NULL REFERENCES device (device),
      profile TEXT NOT NULL,
      name TEXT NOT NULL,
      paired_at INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE request (
      request INTEGER PRIMARY KEY,
      kind TEXT NOT NULL,
      arguments TEXT NOT NULL,
      state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done', 'failed')),
      created_at INTEGER NOT NULL,
      finished_at INTEGER,
      result TEXT
    ) STRICT
    """,
    """
    CREATE TABLE exchange (
      peer TEXT PRIMARY KEY NOT NULL,
      name TEXT NOT NULL DEFAULT '',
      last_contact_at INTEGER,
      last_success_at INTEGER,
      acknowledged_seq INTEGER,
      pending_segments INTEGER,
      last_error TEXT,
      last_error_at INTEGER
    ) STRICT
    """,
)

# What is heard by radio. Nothing here is a value that a meter measured.
_V2 = (
    """
    CREATE TABLE heard_meter (
      device TEXT PRIMARY KEY NOT NULL,
      manufacturer TEXT NOT NULL,
      identification TEXT NOT NULL,
      version INTEGER NOT NULL,
      medium TEXT NOT NULL,
      encryption TEXT NOT NULL,
      first_heard_at INTEGER NOT NULL,
      last_heard_at INTEGER NOT NULL,
      telegrams INTEGER NOT NULL,
      last_rssi_dbm REAL,
      state TEXT NOT NULL DEFAULT '',
      state_at INTEGER
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE admitted_meter (
      device TEXT PRIMARY KEY NOT NULL,
      admitted_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE frame_format (
      saved INTEGER PRIMARY KEY,
      signature INTEGER NOT NULL UNIQUE,
      headers BLOB NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE meter_event (
      event INTEGER PRIMARY KEY,
      at INTEGER NOT NULL,
      device TEXT NOT NULL,
      kind TEXT NOT NULL,
      detail TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE receiver_count (
      receiver TEXT NOT NULL,
      day INTEGER NOT NULL,
      kind TEXT NOT NULL,
      count INTEGER NOT NULL,
      PRIMARY KEY (receiver, day, kind)
    ) STRICT, WITHOUT ROWID
    """,
)

# Signs of life of care sensors, and what happened to them. Nothing here is a measured value.
_V3 = (
    """
    CREATE TABLE sensor_life (
      address TEXT PRIMARY KEY NOT NULL,
      heard_at INTEGER,
      rssi_dbm INTEGER,
      data_at INTEGER,
      expected_s INTEGER CHECK (expected_s > 0),
      silent_since INTEGER
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE sensor_position (
      address TEXT NOT NULL,
      uuid TEXT NOT NULL,
      position BLOB NOT NULL,
      PRIMARY KEY (address, uuid)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE sensor_event (
      event INTEGER PRIMARY KEY,
      at INTEGER NOT NULL,
      device_id TEXT NOT NULL,
      kind TEXT NOT NULL CHECK (kind IN ('silent', 'back', 'sos')),
      detail TEXT NOT NULL DEFAULT ''
    ) STRICT
    """,
)

# Where meters' telegram counters stand, so that a replay is told from a new telegram.
_V4 = (
    """
    CREATE TABLE meter_counter (
      device TEXT NOT NULL,
      kind TEXT NOT NULL,
      counter INTEGER NOT NULL,
      heard_at INTEGER NOT NULL,
      journal_id INTEGER NOT NULL,
      before INTEGER NOT NULL,
      restart INTEGER,
      restart_seen INTEGER NOT NULL,
      PRIMARY KEY (device, kind)
    ) STRICT, WITHOUT ROWID
    """,
)

# What communal meters say of themselves: not a value, but whether the values may be believed.
_V5 = (
    """
    CREATE TABLE meter_status (
      device INTEGER PRIMARY KEY REFERENCES device (device),
      status TEXT NOT NULL,
      words TEXT NOT NULL,
      since INTEGER NOT NULL
    ) STRICT
    """,
)

# The ways out of the village, and how each goes: sync writes, the terminal's page reads.
_V6 = (
    """
    CREATE TABLE road (
      road TEXT PRIMARY KEY NOT NULL,
      kind TEXT NOT NULL,
      state TEXT NOT NULL,
      code TEXT NOT NULL,
      message TEXT NOT NULL,
      hint TEXT NOT NULL,
      at INTEGER NOT NULL,
      last_good_at INTEGER
    ) STRICT, WITHOUT ROWID
    """,
)

# Meters that a key has opened: without one, nothing is believed of them, personal.db locked or not.
_V7 = (
    """
    CREATE TABLE sealed_meter (
      device TEXT PRIMARY KEY NOT NULL,
      since INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
)

# What meters say beside the wide columns: each register with what it says now, and what it said.
_V8 = tables("meter_register", "meter_value", devices="device")

# What the worker found out about sensors that advertise: calls it opened, counters that began anew.
_V9 = (
    "ALTER TABLE sensor_life ADD COLUMN unread_since INTEGER",
    """
    CREATE TABLE sensor_event_new (
      event INTEGER PRIMARY KEY,
      at INTEGER NOT NULL,
      device_id TEXT NOT NULL,
      kind TEXT NOT NULL CHECK (kind IN ('silent', 'back', 'sos', 'restarted')),
      detail TEXT NOT NULL DEFAULT ''
    ) STRICT
    """,
    "INSERT INTO sensor_event_new SELECT event, at, device_id, kind, detail FROM sensor_event",
    "DROP TABLE sensor_event",
    "ALTER TABLE sensor_event_new RENAME TO sensor_event",
)

MIGRATIONS = {
    "village_0001_house": _V1,
    "village_0002_heard": _V2,
    "village_0003_sensors": _V3,
    "village_0004_meter_counter": _V4,
    "village_0005_meter_status": _V5,
    "village_0006_road": _V6,
    "village_0007_sealed_meter": _V7,
    "village_0008_meter_value": _V8,
    "village_0009_sensor_news": _V9,
}
