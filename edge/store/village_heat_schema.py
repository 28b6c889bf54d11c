"""The schema of the heat cadastre in village.db: buildings, what is said of them, lawful years.

What a single household consumes, and what heats a house of one home, is its own: triggers refuse
it here, whoever writes. It lies in personal.db under the consent `heat_cadastre`. ``few`` says that
a building has fewer than five homes (or that nobody knows), ``single`` that it is a house of one
home. Source: WPG § 10 (2), annex 1.
"""

from __future__ import annotations

HOME_FACTS = ("heating", "carrier", "generator_year", "generator_kw")
_HOME_FACTS = ", ".join(f"'{one}'" for one in HOME_FACTS)
# members of a group whose consumption is not known, nor measured, by itself
_UNKNOWN = """SELECT count(*) FROM heat_group_member AS m WHERE m.one_group = {group}
      AND m.building <> {but} AND NOT EXISTS (SELECT 1 FROM heat_year
        WHERE coalesce(building, -one_group) = m.building)
      AND NOT EXISTS (SELECT 1 FROM heat_meter WHERE building = m.building)"""
_BESIDE = f"""EXISTS (SELECT 1 FROM heat_group_member AS g
      JOIN heat_year AS y ON coalesce(y.building, -y.one_group) = -g.one_group
      WHERE g.building = NEW.building AND
      ({_UNKNOWN.format(group="g.one_group", but="NEW.building")}) < 5)"""  # noqa: S608  # constant text

_V1 = (
    """
    CREATE TABLE heat_import (
      import INTEGER PRIMARY KEY AUTOINCREMENT,
      file TEXT NOT NULL,
      digest TEXT NOT NULL,
      at INTEGER NOT NULL,
      lines INTEGER NOT NULL DEFAULT 0,
      taken INTEGER NOT NULL DEFAULT 0,
      refused INTEGER NOT NULL DEFAULT 0
    ) STRICT
    """,
    # what is wrong in a line; without the value where it may be a household's
    """
    CREATE TABLE heat_finding (
      import INTEGER NOT NULL REFERENCES heat_import (import),
      line INTEGER NOT NULL,
      position INTEGER NOT NULL,
      column_name TEXT NOT NULL,
      value TEXT NOT NULL,
      code TEXT NOT NULL,
      why TEXT NOT NULL,
      todo TEXT NOT NULL,
      whole INTEGER NOT NULL CHECK (whole IN (0, 1)),
      PRIMARY KEY (import, line, position)
    ) STRICT, WITHOUT ROWID
    """,
    # a block, a section of a street, a network, a transfer station of one
    """
    CREATE TABLE heat_place (
      place INTEGER PRIMARY KEY AUTOINCREMENT,
      kind TEXT NOT NULL CHECK (kind IN ('block', 'section', 'network', 'station')),
      name TEXT NOT NULL,
      parent INTEGER REFERENCES heat_place (place),
      geometry TEXT,
      UNIQUE (kind, name)
    ) STRICT
    """,
    # `ref` is the register's own name of it if there is one, else the address's key
    """
    CREATE TABLE heat_building (
      building INTEGER PRIMARY KEY AUTOINCREMENT,
      ref TEXT NOT NULL UNIQUE,
      address_key TEXT NOT NULL,
      address TEXT NOT NULL,
      municipality TEXT NOT NULL,
      block INTEGER REFERENCES heat_place (place),
      section INTEGER REFERENCES heat_place (place),
      few INTEGER NOT NULL DEFAULT 1 CHECK (few IN (0, 1)),
      single INTEGER NOT NULL DEFAULT 1 CHECK (single IN (0, 1)),
      geometry TEXT,
      created_at INTEGER NOT NULL,
      gone_at INTEGER
    ) STRICT
    """,
    "CREATE INDEX heat_building_address ON heat_building (address_key)",
    # who said what when; never changed, the current value is a question of rank
    """
    CREATE TABLE heat_fact (
      fact INTEGER PRIMARY KEY AUTOINCREMENT,
      building INTEGER REFERENCES heat_building (building),
      place INTEGER REFERENCES heat_place (place),
      name TEXT NOT NULL,
      number REAL,
      word TEXT,
      low REAL,
      high REAL,
      source TEXT NOT NULL,
      method INTEGER NOT NULL CHECK (method BETWEEN 1 AND 4),
      day TEXT NOT NULL,
      said_at INTEGER NOT NULL,
      import INTEGER REFERENCES heat_import (import),
      CHECK ((building IS NULL) <> (place IS NULL)),
      CHECK ((number IS NULL) <> (word IS NULL)),
      CHECK ((low IS NULL) = (high IS NULL))
    ) STRICT
    """,
    """
    CREATE UNIQUE INDEX heat_fact_once ON heat_fact (coalesce(building, -place), name, source,
      method, day, coalesce(number, word), coalesce(low, ''), coalesce(high, ''))
    """,
    """
    CREATE TRIGGER heat_fact_stays BEFORE UPDATE ON heat_fact BEGIN
      SELECT RAISE(ABORT, 'what was said of a building is not changed');
    END
    """,
    f"""
    CREATE TRIGGER heat_fact_remains BEFORE DELETE ON heat_fact
    WHEN NOT (OLD.name IN ({_HOME_FACTS}) AND coalesce((SELECT single FROM heat_building
      WHERE building = OLD.building), 0)) BEGIN
      SELECT RAISE(ABORT, 'what was said of a building is not erased');
    END
    """,  # noqa: S608  # constant text
    f"""
    CREATE TRIGGER heat_fact_of_a_home BEFORE INSERT ON heat_fact
    WHEN NEW.name IN ({_HOME_FACTS}) AND coalesce((SELECT single FROM heat_building
      WHERE building = NEW.building), 0) BEGIN
      SELECT RAISE(ABORT, 'what heats a house of one home is not kept here');
    END
    """,  # noqa: S608  # constant text
    # five buildings and more whose consumption is known together; never changed once it is
    """
    CREATE TABLE heat_group (
      one_group INTEGER PRIMARY KEY AUTOINCREMENT,
      name TEXT NOT NULL UNIQUE,
      created_at INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE heat_group_member (
      one_group INTEGER NOT NULL REFERENCES heat_group (one_group),
      building INTEGER NOT NULL REFERENCES heat_building (building),
      PRIMARY KEY (one_group, building)
    ) STRICT, WITHOUT ROWID
    """,
    # two groups with a building in common would show others by their difference
    "CREATE UNIQUE INDEX heat_group_member_once ON heat_group_member (building)",
    # consumption of a calendar year, as it was, in kWh
    """
    CREATE TABLE heat_year (
      entry INTEGER PRIMARY KEY AUTOINCREMENT,
      building INTEGER REFERENCES heat_building (building),
      one_group INTEGER REFERENCES heat_group (one_group),
      year INTEGER NOT NULL CHECK (year BETWEEN 1990 AND 2100),
      kwh REAL NOT NULL CHECK (kwh > 0),
      source TEXT NOT NULL,
      method INTEGER NOT NULL CHECK (method BETWEEN 1 AND 4),
      day TEXT NOT NULL,
      said_at INTEGER NOT NULL,
      import INTEGER REFERENCES heat_import (import),
      CHECK ((building IS NULL) <> (one_group IS NULL))
    ) STRICT
    """,
    """
    CREATE UNIQUE INDEX heat_year_once ON heat_year
      (coalesce(building, -one_group), year, source, method, day, kwh)
    """,
    """
    CREATE TRIGGER heat_year_stays BEFORE UPDATE ON heat_year BEGIN
      SELECT RAISE(ABORT, 'consumption is not changed');
    END
    """,
    """
    CREATE TRIGGER heat_year_of_few BEFORE INSERT ON heat_year
    WHEN NEW.building IS NOT NULL AND coalesce((SELECT few FROM heat_building
      WHERE building = NEW.building), 1) BEGIN
      SELECT RAISE(ABORT, 'consumption of fewer than five homes is not kept here');
    END
    """,
    f"""
    CREATE TRIGGER heat_year_of_a_small_group BEFORE INSERT ON heat_year
    WHEN NEW.one_group IS NOT NULL
      AND ({_UNKNOWN.format(group="NEW.one_group", but="-1")}) < 5 BEGIN
      SELECT RAISE(ABORT, 'consumption of fewer than five buildings is not kept here');
    END
    """,
    f"""
    CREATE TRIGGER heat_year_beside_a_group BEFORE INSERT ON heat_year
    WHEN NEW.building IS NOT NULL AND {_BESIDE} BEGIN
      SELECT RAISE(ABORT, 'what is left of its group would be fewer than five buildings');
    END
    """,
    """
    CREATE TRIGGER heat_group_joined BEFORE INSERT ON heat_group_member
    WHEN EXISTS (SELECT 1 FROM heat_year WHERE one_group = NEW.one_group) BEGIN
      SELECT RAISE(ABORT, 'a group whose consumption is known is not changed');
    END
    """,
    """
    CREATE TRIGGER heat_group_left BEFORE DELETE ON heat_group_member
    WHEN EXISTS (SELECT 1 FROM heat_year WHERE one_group = OLD.one_group) BEGIN
      SELECT RAISE(ABORT, 'a group whose consumption is known is not changed');
    END
    """,
    # a building that turns out to be a household's leaves nothing of it here
    """
    CREATE TRIGGER heat_building_few AFTER UPDATE OF few ON heat_building
    WHEN NEW.few = 1 AND OLD.few = 0 BEGIN
      DELETE FROM heat_year WHERE building = NEW.building;
      DELETE FROM heat_estimate WHERE building = NEW.building;
      DELETE FROM heat_total WHERE place IN (NEW.block, NEW.section, OLD.block, OLD.section);
    END
    """,
    f"""
    CREATE TRIGGER heat_building_single AFTER UPDATE OF single ON heat_building
    WHEN NEW.single = 1 AND OLD.single = 0 BEGIN
      DELETE FROM heat_fact WHERE building = NEW.building AND name IN ({_HOME_FACTS});
    END
    """,  # noqa: S608  # constant text
    # communal meters; `share` NULL is by floor area, days are ISO 8601
    """
    CREATE TABLE heat_meter (
      assignment INTEGER PRIMARY KEY AUTOINCREMENT,
      meter TEXT NOT NULL,
      building INTEGER NOT NULL REFERENCES heat_building (building),
      share REAL CHECK (share > 0 AND share <= 1),
      valid_from TEXT NOT NULL,
      valid_until TEXT CHECK (valid_until > valid_from),
      source TEXT NOT NULL,
      method INTEGER NOT NULL CHECK (method BETWEEN 1 AND 4),
      said_at INTEGER NOT NULL
    ) STRICT
    """,
    "CREATE INDEX heat_meter_name ON heat_meter (meter)",
    "CREATE INDEX heat_meter_building ON heat_meter (building)",
    f"""
    CREATE TRIGGER heat_meter_beside_a_group BEFORE INSERT ON heat_meter
    WHEN {_BESIDE} BEGIN
      SELECT RAISE(ABORT, 'what is left of its group would be fewer than five buildings');
    END
    """,
    """
    CREATE TRIGGER heat_meter_of_a_home BEFORE INSERT ON heat_meter
    WHEN EXISTS (SELECT 1 FROM admitted_meter WHERE device = NEW.meter) BEGIN
      SELECT RAISE(ABORT, 'a household''s meter is not kept here');
    END
    """,
    """
    CREATE TABLE heat_street (
      municipality TEXT NOT NULL,
      old_key TEXT NOT NULL,
      new_key TEXT NOT NULL CHECK (new_key <> old_key),
      source TEXT NOT NULL,
      said_at INTEGER NOT NULL,
      PRIMARY KEY (municipality, old_key)
    ) STRICT, WITHOUT ROWID
    """,
    # degree days G 20/15 in K d; the year 0 is the normal one
    """
    CREATE TABLE heat_degree_days (
      year INTEGER PRIMARY KEY NOT NULL,
      kd REAL NOT NULL CHECK (kd > 0),
      source TEXT NOT NULL,
      said_at INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE heat_run (
      run INTEGER PRIMARY KEY AUTOINCREMENT,
      at INTEGER NOT NULL,
      typology TEXT NOT NULL,
      buildings INTEGER NOT NULL,
      measured INTEGER NOT NULL,
      grouped INTEGER NOT NULL
    ) STRICT
    """,
    # a building as the model sees it by what is kept here: no household's consumption is in it
    """
    CREATE TABLE heat_estimate (
      building INTEGER PRIMARY KEY NOT NULL REFERENCES heat_building (building),
      run INTEGER NOT NULL REFERENCES heat_run (run),
      kwh REAL NOT NULL,
      low REAL NOT NULL,
      high REAL NOT NULL,
      basis TEXT NOT NULL
    ) STRICT
    """,
    # sums of five buildings and more
    """
    CREATE TABLE heat_total (
      run INTEGER NOT NULL REFERENCES heat_run (run),
      place INTEGER NOT NULL REFERENCES heat_place (place),
      buildings INTEGER NOT NULL CHECK (buildings >= 5),
      kwh REAL NOT NULL,
      low REAL NOT NULL,
      high REAL NOT NULL,
      PRIMARY KEY (run, place)
    ) STRICT, WITHOUT ROWID
    """,
)

MIGRATIONS = {"heat_0001_cadastre": _V1}
