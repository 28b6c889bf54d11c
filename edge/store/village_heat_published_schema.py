"""The schema of what was published of the heat cadastre, in village.db: by building, for ever.

Another release may be checked only beside all earlier ones, which anybody may have kept.
"""

from __future__ import annotations

_V1 = (
    """
    CREATE TABLE heat_release (
      release INTEGER PRIMARY KEY AUTOINCREMENT,
      at INTEGER NOT NULL,
      year INTEGER NOT NULL,
      run INTEGER NOT NULL REFERENCES heat_run (run)
    ) STRICT
    """,
    # a block, or a section, is shown in one cell for ever
    """
    CREATE TABLE heat_release_place (
      place INTEGER PRIMARY KEY NOT NULL REFERENCES heat_place (place),
      cell TEXT NOT NULL,
      release INTEGER NOT NULL REFERENCES heat_release (release)
    ) STRICT
    """,
    # from this release on; cells are empty where it is in none, kWh whole
    """
    CREATE TABLE heat_release_building (
      release INTEGER NOT NULL REFERENCES heat_release (release),
      building INTEGER NOT NULL REFERENCES heat_building (building),
      block_cell TEXT NOT NULL,
      section_cell TEXT NOT NULL,
      carrier TEXT NOT NULL,
      kwh INTEGER NOT NULL CHECK (kwh > 0),
      type TEXT NOT NULL,
      age TEXT NOT NULL,
      PRIMARY KEY (release, building)
    ) STRICT, WITHOUT ROWID
    """,
)

# what makes the heat, as it is told apart in its cell and carrier; empty: it is not
_V2 = ("ALTER TABLE heat_release_building ADD COLUMN heating TEXT NOT NULL DEFAULT ''",)

# a place's outline as the first release that has one shows it, for ever: copied from the place,
# never made, and not changed by a block that is drawn anew
_V3 = (
    """
    CREATE TABLE heat_release_outline (
      place INTEGER PRIMARY KEY NOT NULL REFERENCES heat_release_place (place),
      geometry TEXT NOT NULL,
      release INTEGER NOT NULL REFERENCES heat_release (release)
    ) STRICT
    """,
    """
    CREATE TRIGGER heat_release_outline_is_declared BEFORE INSERT ON heat_release_outline
    WHEN NEW.geometry IS NOT (SELECT geometry FROM heat_place WHERE place = NEW.place) BEGIN
      SELECT RAISE(ABORT, 'an outline that is published is the one that was declared');
    END
    """,
    """
    CREATE TRIGGER heat_release_outline_stays BEFORE UPDATE ON heat_release_outline BEGIN
      SELECT RAISE(ABORT, 'an outline that was published is not changed');
    END
    """,
)

MIGRATIONS = {
    "heat_published_0001": _V1,
    "heat_published_0002": _V2,
    "heat_published_0003": _V3,
}
