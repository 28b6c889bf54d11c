"""The German Weather Service's warnings of heat as counties send them, in village.db.

They are nobody's data and come while personal.db is locked. A county has one for each region:
what was issued later takes the place of what was issued before, whatever came first.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass

from edge.store.connection import Connection, Driver

LONGEST_MS = 10 * 86_400_000  # a slip of the pen must not hold for years; they are for two days
_KEPT_MS = 30 * 86_400_000  # so that an older one which is still on the road changes nothing


@dataclass(frozen=True, slots=True)
class ToldWarning:
    """A warning of heat: 0 none (any more), 1 strong, 2 extreme; it holds in begins_at..ends_at."""

    county: bytes
    region: str
    source: str
    level: int
    begins_at: int
    ends_at: int
    issued_at: int


def put_warning(driver: Driver, warning: ToldWarning) -> None:
    """Keep a warning unless a later one of its region is here; none holds for over ten days."""
    driver.execute(
        "DELETE FROM heat_told WHERE county = ? AND ends_at < ?",
        (warning.county, warning.issued_at - _KEPT_MS),
    )
    *values, ends_at, issued_at = astuple(warning)
    driver.execute(
        "INSERT INTO heat_told (county, region, source, level, begins_at, ends_at, issued_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (county, region) DO UPDATE SET"
        " source = excluded.source, level = excluded.level, begins_at = excluded.begins_at,"
        " ends_at = excluded.ends_at, issued_at = excluded.issued_at"
        " WHERE excluded.issued_at >= issued_at",
        (*values, min(ends_at, warning.begins_at + LONGEST_MS), issued_at),
    )


class HeatTold:
    """What counties said of heat. Use through `edge.store.village.VillageStore`.

    :raises StoreError: or one of its kinds, from any method.
    """

    connection: Connection

    def told_warnings(self, at: int) -> list[ToldWarning]:
        """Return what holds at ``at`` or will later, by beginning."""
        rows = self.connection.rows(
            "SELECT county, region, source, level, begins_at, ends_at, issued_at FROM heat_told"
            " WHERE level > 0 AND ends_at > ? ORDER BY begins_at, region, county",
            (at,),
        )
        return [ToldWarning(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns

    def told_heat(self, at: int) -> int:
        """Return the highest level that holds at ``at``, 0 if there is none."""
        return max((one.level for one in self.told_warnings(at) if one.begins_at <= at), default=0)


_V1 = (
    """
    CREATE TABLE heat_told (
      county BLOB NOT NULL,
      region TEXT NOT NULL,
      source TEXT NOT NULL,
      level INTEGER NOT NULL CHECK (level IN (0, 1, 2)),
      begins_at INTEGER NOT NULL,
      ends_at INTEGER NOT NULL,
      issued_at INTEGER NOT NULL,
      PRIMARY KEY (county, region)
    ) STRICT, WITHOUT ROWID
    """,
)

MIGRATIONS = {"heat_told_0001_warnings": _V1}
