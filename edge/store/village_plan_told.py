"""What the county was told of the heat cadastre, and how wide an estimate's band is, in village.db.

Use `edge.store.village.VillageStore`.
"""

from __future__ import annotations

from dataclasses import dataclass

from edge.store.connection import Connection, Driver

LEAST_BUILDINGS = 5  # as for every sum of the cadastre


@dataclass(frozen=True, slots=True)
class Whole:
    """The sum of all buildings of a run, kWh a year, and the ends of its 80 % band."""

    buildings: int
    kwh: float
    low: float
    high: float


def note_plan(driver: Driver, digest: bytes, at: int) -> None:
    """Note that the release with this SHA-256 was told."""
    driver.execute("INSERT INTO heat_plan_told (digest, at) VALUES (?, ?)", (digest, at))


class PlanTold:
    """The part of village.db that knows what was told of the cadastre; use `VillageStore`.

    :raises StoreError: or one of its kinds, from any method.
    """

    connection: Connection

    def keep_whole(self, run: int, whole: Whole) -> None:
        """Keep the sum of all buildings of a run; of fewer than five none is kept."""
        if whole.buildings < LEAST_BUILDINGS:
            return
        with self.connection.transaction() as driver:
            driver.execute(
                "INSERT OR REPLACE INTO heat_run_whole VALUES (?, ?, ?, ?, ?)",
                (run, whole.buildings, whole.kwh, whole.low, whole.high),
            )


def whole_of(connection: Connection, release: int) -> Whole | None:
    """Return the sum of all buildings of the run that was released, or None if it was not kept."""
    row = connection.row(
        "SELECT buildings, kwh, low, high FROM heat_run_whole"
        " WHERE run = (SELECT run FROM heat_release WHERE release = ?)",
        (release,),
    )
    return None if row is None else Whole(*row)  # type: ignore[arg-type]  # STRICT columns


def told_plan(connection: Connection) -> bytes | None:
    """Return the SHA-256 of the release that was told last."""
    row = connection.row("SELECT digest FROM heat_plan_told ORDER BY told DESC LIMIT 1")
    return row[0] if row is not None and isinstance(row[0], bytes) else None


_V1 = (
    """
    CREATE TABLE heat_plan_told (
      told INTEGER PRIMARY KEY AUTOINCREMENT,
      digest BLOB NOT NULL,
      at INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE heat_run_whole (
      run INTEGER PRIMARY KEY NOT NULL REFERENCES heat_run (run),
      buildings INTEGER NOT NULL CHECK (buildings >= 5),
      kwh REAL NOT NULL,
      low REAL NOT NULL,
      high REAL NOT NULL
    ) STRICT
    """,
)

MIGRATIONS = {"plan_0001_told": _V1}
