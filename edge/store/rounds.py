"""Rounds: which commit brought which readings, alike in village.db and personal.db.

A round's row tells the stretch of time that it touched, so that its readings are found by their
time-first key without a second index.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edge.store.connection import Connection, Driver, Row
from edge.store.village_rows import Round


@dataclass(frozen=True, slots=True)
class Rounds:
    """One table of rounds and the table of its readings, keyed by (observed_at, ``device``).

    The names are constants of the store that owns the tables, never anybody's input.
    """

    table: str
    readings: str
    device: str
    columns: tuple[str, ...]

    @property
    def selected(self) -> str:
        """The readings' columns as a query names them, ``r`` being the readings."""
        return ", ".join(f"r.{column}" for column in self.columns)

    def after(self, connection: Connection, number: int, limit: int) -> list[Round]:
        """Return up to ``limit`` rounds above ``number``, in order."""
        rows = connection.rows(
            f"SELECT round, first_at, last_at, row_count FROM {self.table}"  # noqa: S608
            " WHERE round > ? ORDER BY round LIMIT ?",
            (number, limit),
        )
        return [Round(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns

    def rows_of(self, connection: Connection, chosen: Round | int) -> list[Row]:
        """Return the readings of one round, by time and device."""
        number = chosen.round if isinstance(chosen, Round) else chosen
        return connection.rows(
            f"SELECT {self.selected} FROM {self.table} AS n JOIN {self.readings} AS r"  # noqa: S608
            " ON r.observed_at BETWEEN n.first_at AND n.last_at AND +r.round = n.round"
            f" WHERE n.round = ? ORDER BY r.observed_at, r.{self.device}",
            (number,),
        )

    def begin(self, driver: Driver) -> int:
        """Return the number of the round that a transaction is about to write."""
        row = driver.execute(
            f"SELECT coalesce(max(round), 0) + 1 FROM {self.table}"  # noqa: S608
        ).fetchone()
        return int(row[0])

    def end(self, driver: Driver, number: int, times: Sequence[int], count: int) -> None:
        """Write the round's own row: it touched ``times`` and added ``count`` readings."""
        driver.execute(
            f"INSERT INTO {self.table} (round, first_at, last_at, row_count)"  # noqa: S608
            " VALUES (?, ?, ?, ?)",
            (number, min(times), max(times), count),
        )
