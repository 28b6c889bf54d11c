"""What meters say beside the wide columns: allocators' units, cold, tariffs, target-date values.

A value is written when it is another than before: most of these change once a month, and a meter
tells a dozen of them each time. Alike in village.db and personal.db; the readings' tables keep
what changes with every reading.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from edge.store.connection import Connection, Driver
from edge.store.wide import column_of
from hardware.reading import Mark, Record, Unit

# Of one device. Meters keep some dozens; telegrams under anybody's address can name thousands.
MOST_KINDS = 256
SEEN_EVERY_MS = 3_600_000  # that a value still holds is written once an hour
_DATES = frozenset((Unit.DATE, Unit.DATETIME))


@dataclass(frozen=True, slots=True)
class ValueRow:
    """What one telegram said of one register. ``value`` is a number, or a date as text."""

    observed_at: int
    device: int
    journal_id: int
    record: Record


@dataclass(frozen=True, slots=True)
class KeptValue:
    """What a register says now: since ``at``, heard last (to the hour) at ``heard_at``."""

    device: int
    quantity: str
    name: str
    unit: str
    storage: int
    tariff: int
    subunit: int
    function: str
    value: float | str
    at: int
    heard_at: int


def tables(kinds: str, values: str, devices: str) -> tuple[str, str]:
    """Return the statements that make the two tables of :class:`Values` beside ``devices``."""
    return (
        f"""
    CREATE TABLE {kinds} (
      kind INTEGER PRIMARY KEY,
      device INTEGER NOT NULL REFERENCES {devices} (device),
      quantity TEXT NOT NULL,
      name TEXT NOT NULL,
      unit TEXT NOT NULL,
      storage INTEGER NOT NULL,
      tariff INTEGER NOT NULL,
      subunit INTEGER NOT NULL,
      function TEXT NOT NULL,
      value ANY NOT NULL,
      at INTEGER NOT NULL,
      heard_at INTEGER NOT NULL,
      UNIQUE (device, quantity, name, unit, storage, tariff, subunit, function)
    ) STRICT
    """,
        f"""
    CREATE TABLE {values} (
      observed_at INTEGER NOT NULL,
      kind INTEGER NOT NULL REFERENCES {kinds} (kind),
      value ANY NOT NULL,
      journal_id INTEGER NOT NULL,
      PRIMARY KEY (observed_at, kind)
    ) STRICT, WITHOUT ROWID
    """,
    )


@dataclass(frozen=True, slots=True)
class Values:
    """Two tables of one store: registers (with what they say now) and the values they had.

    The names are constants of the store that owns the tables, never anybody's input. ``allowed``
    is an SQL condition on device ?1, or empty. Values are sealed with the key of ``person``, whose
    device ``{}`` is, as SQL; where that is empty, they are not sealed.
    """

    kinds: str
    values: str
    allowed: str = ""
    person: str = ""

    def add(self, driver: Driver, rows: Iterable[ValueRow]) -> int:
        """Keep what is new, within the caller's transaction; return how many values were."""
        may: dict[int, bool] = {}
        count = 0
        for row in rows:
            if row.device not in may:
                may[row.device] = not self.allowed or bool(
                    driver.execute(f"SELECT {self.allowed}", (row.device,)).fetchone()[0]
                )
            count += may[row.device] and self._add(driver, row)
        return count

    def now(self, connection: Connection) -> list[KeptValue]:
        """Return what every register says now, by device."""
        rows = connection.rows(
            f"SELECT device, {_REGISTER}, {self._opened('k.value', 'k.device')}, at, heard_at"  # noqa: S608
            f" FROM {self.kinds} AS k WHERE {self._opened('k.value', 'k.device')} IS NOT NULL"
            " ORDER BY device, kind"
        )
        return [KeptValue(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns

    def history(self, connection: Connection, device: int) -> list[tuple[int, str, float | str]]:
        """Return a device's values with their moments and registers' names, oldest first."""
        return connection.rows(  # type: ignore[return-value]  # STRICT columns
            f"SELECT v.observed_at, k.name, {self._opened('v.value', 'k.device')} AS said"  # noqa: S608
            f" FROM {self.values} AS v JOIN {self.kinds} AS k USING (kind)"
            " WHERE k.device = ? AND said IS NOT NULL ORDER BY v.observed_at, kind",
            (device,),
        )

    def _add(self, driver: Driver, row: ValueRow) -> bool:
        one, register = row.record, row.record.register
        value = one.value if isinstance(one.value, str) else float(one.value)
        at, device = row.observed_at, row.device
        named = (
            one.quantity.value, one.name, one.unit.value, register.storage, register.tariff,
            register.subunit, register.function.value,
        )  # fmt: skip
        known = driver.execute(
            f"SELECT kind, {self._opened('value', '?1')}, at, heard_at"  # noqa: S608  # constants
            f" FROM {self.kinds} WHERE device = ?1"
            f" AND ({_REGISTER}) = (?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            (device, *named),
        ).fetchone()
        if known is None:
            kind = driver.execute(
                f"INSERT INTO {self.kinds} (device, {_REGISTER}, value, at, heard_at)"  # noqa: S608
                f" SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, {self._sealed('?9', '?1')}, ?10, ?10"
                f" WHERE (SELECT count(*) FROM {self.kinds} WHERE device = ?1) < {MOST_KINDS}"
                " RETURNING kind",
                (device, *named, value, at),
            ).fetchone()
            if kind is None:
                return False
            return self._keep(driver, int(kind[0]), row, value)
        kind, before, since, heard_at = known
        if value == before:
            if at >= heard_at + SEEN_EVERY_MS:
                driver.execute(
                    f"UPDATE {self.kinds} SET heard_at = ? WHERE kind = ?",  # noqa: S608
                    (at, kind),
                )
            return False
        if at > since:  # else of a history that a key opened
            driver.execute(
                f"UPDATE {self.kinds} SET value = {self._sealed('?1', '?4')}, at = ?2,"  # noqa: S608
                " heard_at = ?2 WHERE kind = ?3 AND device = ?4",
                (value, at, kind, device),
            )
        return self._keep(driver, kind, row, value)

    def _keep(self, driver: Driver, kind: int, row: ValueRow, value: float | str) -> bool:
        cursor = driver.execute(
            f"INSERT INTO {self.values} (observed_at, kind, value, journal_id)"
            f" SELECT ?1, ?2, {self._sealed('?3', '?5')}, ?4 WHERE ?5 > 0 ON CONFLICT DO NOTHING",
            (row.observed_at, kind, value, row.journal_id, row.device),
        )
        return cursor.rowcount > 0

    def _sealed(self, value: str, device: str) -> str:
        """Return the SQL of a value as it is kept."""
        return f"seal_cells({self.person.format(device)}, {value})" if self.person else value

    def _opened(self, column: str, device: str) -> str:
        """Return the SQL of a value that is kept; NULL if its person was erased."""
        return f"open_cell({self.person.format(device)}, {column}, 0)" if self.person else column


def value_rows(
    records: Iterable[Record], wide: Collection[str], at: int, device: int, journal_id: int
) -> list[ValueRow]:
    """Return what of a telegram is to be kept beside the ``wide`` columns that it filled.

    Not what is marked, no texts, and no clock that runs: of dates only those of a stored value.
    """
    return [
        ValueRow(at, device, journal_id, one)
        for one in records
        if one.mark is Mark.NONE
        and column_of(one) not in wide
        and (isinstance(one.value, float | int) or (one.unit in _DATES and one.register.storage))
    ]


_REGISTER = "quantity, name, unit, storage, tariff, subunit, function"
