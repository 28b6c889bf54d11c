"""Sums of households in village.db: what each says of its cohort, never who is in it.

Use `VillageStore`. A sum comes once, under an id by chance, and is never changed; it has no day, no
year and no order, so that nobody tells by it who agreed last, or whose bills are the oldest. Who
was used is in personal.db alone, see `edge.store.personal_sums`.
"""

from __future__ import annotations

from edge.heat.sums import HouseholdSum
from edge.store.connection import Connection


class HouseholdSums:
    """The part of village.db that keeps sums of households; use `VillageStore`.

    :raises StoreError: or one of its kinds, from any method.
    """

    connection: Connection

    def keep_household_sum(self, key: str, one: HouseholdSum) -> None:
        """Keep a sum; again, under the same id, changes nothing.

        :raises StoreError: if it is of fewer than five, or of no multiple of it.
        """
        with self.connection.transaction() as driver:
            driver.execute(
                "INSERT INTO heat_household_sum VALUES (?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (id) DO NOTHING",
                (key, one.type, one.age, one.households, one.percent, one.kwh_m2),
            )

    def household_sums(self) -> dict[str, HouseholdSum]:
        """Return all sums by their ids."""
        rows = self.connection.rows(f"SELECT {COLUMNS} FROM heat_household_sum ORDER BY id")  # noqa: S608
        return {str(key): HouseholdSum(*rest) for key, *rest in rows}  # type: ignore[arg-type]  # STRICT columns


COLUMNS = "id, type, age, households, percent, kwh_m2"
SAID = """
      id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 32),
      type TEXT NOT NULL,
      age TEXT NOT NULL,
      households INTEGER NOT NULL CHECK (households >= 5 AND households % 5 = 0),
      percent INTEGER NOT NULL CHECK (percent > 0),
      kwh_m2 REAL NOT NULL CHECK (kwh_m2 > 0)"""
_V1 = (
    f"CREATE TABLE heat_household_sum ({SAID}) STRICT, WITHOUT ROWID",
    """
    CREATE TRIGGER heat_household_sum_stays BEFORE UPDATE ON heat_household_sum BEGIN
      SELECT RAISE(ABORT, 'a sum of households is not changed');
    END
    """,
    """
    CREATE TRIGGER heat_household_sum_remains BEFORE DELETE ON heat_household_sum BEGIN
      SELECT RAISE(ABORT, 'a sum of households is not erased');
    END
    """,
)

MIGRATIONS = {"sums_0001_households": _V1}
