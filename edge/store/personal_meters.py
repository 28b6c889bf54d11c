"""Households' meters in personal.db: whose they are, and what they measured."""

from __future__ import annotations

from collections.abc import Sequence

from edge.care.consent import HEAT, HEAT_CADASTRE, HUB
from edge.store.connection import Connection, Row
from edge.store.continuity import Known, falls
from edge.store.errors import StoreError
from edge.store.personal_placed import at_its_place
from edge.store.personal_rows import Household, HouseholdRow
from edge.store.rounds import Rounds
from edge.store.values import KeptValue, ValueRow, Values
from edge.store.village_rows import Round
from hardware.reading import TimeQuality


class Households:
    """The part of personal.db that keeps households' meters; use `PersonalStore`.

    Times are milliseconds since 1970, UTC, and always arguments.

    :raises StoreError: or one of its kinds, from any method. No message names a person.
    """

    connection: Connection

    def add_household(self, device: str, person: int, at: int) -> int:
        """Say whose home the meter measures from now on, and return the household's number.

        :raises StoreError: if the meter is a household's already.
        """
        with self.connection.transaction() as driver:
            if driver.execute(
                "SELECT 1 FROM household_meter WHERE device = ? AND removed_at IS NULL", (device,)
            ).fetchone():
                raise StoreError(
                    "this meter is a household's already",
                    hint="Dieser Zähler gehört schon zu einem Haushalt. Alle zeigt: "
                    "dorfhub meter household list",
                )
            cursor = driver.execute(
                "INSERT INTO household_meter (device, person, added_at) VALUES (?, ?, ?)",
                (device, person, at),
            )
            return int(cursor.lastrowid or 0)

    def remove_household(self, device: str, at: int) -> Household | None:
        """Say that the meter is that household's no longer; None if it was nobody's."""
        with self.connection.transaction() as driver:
            row = driver.execute(
                f"SELECT {_HOUSEHOLD} FROM household_meter"  # noqa: S608  # constant text
                " WHERE device = ? AND removed_at IS NULL",
                (device,),
            ).fetchone()
            if row is None:
                return None
            driver.execute(
                "UPDATE household_meter SET removed_at = max(?, added_at) WHERE household = ?",
                (at, row[0]),
            )
        return Household(*row)

    def households(self, *, ever: bool = False) -> list[Household]:
        """Return the households that hold now, or all there ever were, oldest first."""
        rows = self.connection.rows(
            f"SELECT {_HOUSEHOLD} FROM household_meter"  # noqa: S608  # constant text
            " WHERE removed_at IS NULL OR ? ORDER BY household",
            (int(ever),),
        )
        return [Household(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns

    def household_device(self, household: int, device_id: str) -> int:
        """Return the number of a household's device, made known if it is new."""
        with self.connection.transaction() as driver:
            driver.execute(
                "INSERT INTO household_device (household, device_id) VALUES (?, ?)"
                " ON CONFLICT DO NOTHING",
                (household, device_id),
            )
            row = driver.execute(
                "SELECT device FROM household_device WHERE household = ? AND device_id = ?",
                (household, device_id),
            ).fetchone()
        return int(row[0])

    def add_household_round(self, rows: Sequence[HouseholdRow]) -> int:
        """Keep readings in one commit and return the round's number; 0 if none is new.

        A reading whose (time, device) is there already is left out, and so is one whose person
        does not agree: a withdrawal counts also for what was read a moment before.
        """
        if not rows:
            return 0
        with self.connection.transaction() as driver:
            number = _ROUNDS.begin(driver)
            added = driver.executemany(_INSERT, [(number, *_values(row)) for row in rows]).rowcount
            if not added:
                return 0
            _ROUNDS.end(driver, number, [row.observed_at for row in rows], added)
        return number

    def add_household_values(self, rows: Sequence[ValueRow]) -> int:
        """Keep values beside the wide columns, where they are new and their person agrees."""
        if not rows:
            return 0
        with self.connection.transaction() as driver:
            return _VALUES.add(driver, rows)

    def household_registers(self) -> list[KeptValue]:
        """Return what households' registers say now, beside the wide columns."""
        return _VALUES.now(self.connection)

    def household_rounds_after(self, number: int, limit: int = 1000) -> list[Round]:
        """Return up to ``limit`` household rounds above ``number``, in order."""
        return _ROUNDS.after(self.connection, number, limit)

    def household_rows_of(self, chosen: Round | int) -> list[HouseholdRow]:
        """Return the readings of one household round, by time and device."""
        return [_row(row) for row in _ROUNDS.rows_of(self.connection, chosen)]

    def household_rows(
        self, household: int, since: int = 0, until: int | None = None
    ) -> list[HouseholdRow]:
        """Return a household's readings with ``since <= observed_at < until``, oldest first.

        What came under a wrong clock stands where it was placed later.
        """
        rows = self.connection.rows(
            f"SELECT {_PLACED} FROM household_reading AS r"  # noqa: S608  # constant text
            " JOIN household_device AS d ON d.device = r.device"
            f"{at_its_place('placed_household', 'p.device = r.device')} AND d.household = ?3"
            " ORDER BY 1, r.device",
            (since, 1 << 62 if until is None else until, household),
        )
        return [_row(row) for row in rows]

    def household_newest(self, since: int) -> dict[int, Known]:
        """Return what each household device's counters said last, from ``since`` on."""
        rows = self.connection.rows(
            f"SELECT {_ROUNDS.selected} FROM household_reading AS r"  # noqa: S608  # constant text
            " WHERE r.observed_at >= ? ORDER BY r.observed_at",
            (since,),
        )
        _, found = falls([_row(row) for row in rows], {})
        return found

    def household_counts(self) -> dict[int, int]:
        """Return how many readings of each household are kept; those without are absent."""
        rows = self.connection.rows(
            "SELECT household, count(*) FROM household_reading JOIN household_device USING (device)"
            " GROUP BY household"
        )
        return {int(str(household)): int(str(count)) for household, count in rows}

    def household_count(self, person: int) -> int:
        """Return how many readings of a person's homes are kept."""
        counts = self.household_counts()
        homes = self.households(ever=True)
        return sum(counts.get(home.household, 0) for home in homes if home.person == person)


def _values(row: HouseholdRow) -> list[int | float | None]:
    return [getattr(row, column) for column in _COLUMNS]


def _row(row: Row) -> HouseholdRow:
    observed_at, device, quality, *rest = row
    return HouseholdRow(observed_at, device, TimeQuality(quality), *rest)  # type: ignore[arg-type]


_HOUSEHOLD = "household, device, person, added_at, removed_at"
_COLUMNS = tuple(HouseholdRow.__slots__)
_ROUNDS = Rounds("household_round", "household_reading", "device", _COLUMNS)
_PLACED = _ROUNDS.selected.replace("r.observed_at", "coalesce(p.placed_at, r.observed_at)").replace(
    "r.time_quality", "coalesce(p.quality, r.time_quality)"
)
_AGREED = (
    "EXISTS (SELECT 1 FROM household_device AS d JOIN household_meter USING (household)"  # noqa: S608
    " JOIN consent AS c USING (person) WHERE d.device = {} AND withdrawn_at IS NULL"
    f" AND purpose = '{HEAT_CADASTRE}' AND data_kind = '{HEAT}' AND recipient = '{HUB}'"
    " AND open_text(c.person, sentence) IS NOT NULL)"  # an older copy knows who was erased since
)
_OF_DEVICE = (
    "(SELECT m.person FROM household_device AS d JOIN household_meter AS m USING (household)"
    " WHERE d.device = {})"
)
_VALUES = Values("household_register", "household_value", _AGREED.format("?1"), person=_OF_DEVICE)
_INSERT = (
    # the view cannot say that a row was there
    f"INSERT INTO household_reading_sealed (round, {', '.join(_COLUMNS[:4])}, sealed)"
    f" SELECT ?1, ?2, ?3, ?4, ?5, seal_cells({_OF_DEVICE.format('?3')},"
    f" {', '.join(f'?{n + 2}' for n in range(4, len(_COLUMNS)))})"
    f" WHERE {_AGREED.format('?3')}"
    " ON CONFLICT (observed_at, device) DO NOTHING"
)
