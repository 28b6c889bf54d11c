"""What came of the heat cadastre's imports and estimates, in village.db. Use `VillageStore`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from edge.store.connection import Connection


@dataclass(frozen=True, slots=True)
class Imported:
    """One import of a file: lines read, taken, refused. ``at`` is ms since 1970, UTC."""

    number: int
    file: str
    at: int
    lines: int
    taken: int
    refused: int


@dataclass(frozen=True, slots=True)
class KeptFinding:
    """What was wrong in a line; ``value`` is empty where it may be a household's."""

    line: int
    column: str
    value: str
    code: str
    why: str
    todo: str
    whole: bool


@dataclass(frozen=True, slots=True)
class Run:
    """One estimate of all buildings, and how many of them, and groups, were measured."""

    run: int
    at: int
    typology: str
    buildings: int
    measured: int
    grouped: int


@dataclass(frozen=True, slots=True)
class EstimateRow:
    """kWh a year in normal weather, and the ends of the 80 % band. ``basis`` says by what."""

    building: int
    kwh: float
    low: float
    high: float
    basis: str


@dataclass(frozen=True, slots=True)
class TotalRow:
    """The sum of at least five buildings of a place, kWh a year, and the ends of the 80 % band."""

    place: int
    buildings: int
    kwh: float
    low: float
    high: float


class HeatRuns:
    """The part of village.db that keeps imports and estimates; use `VillageStore`.

    :raises StoreError: or one of its kinds, from any method.
    """

    connection: Connection

    def begin_import(self, file: str, digest: str, at: int) -> int:
        """Note that a file is being read, and return the import's number."""
        with self.connection.transaction() as driver:
            cursor = driver.execute(
                "INSERT INTO heat_import (file, digest, at) VALUES (?, ?, ?)", (file, digest, at)
            )
            return int(cursor.lastrowid or 0)

    def end_import(self, number: int, lines: int, taken: int, refused: int) -> None:
        """Note what came of it."""
        with self.connection.transaction() as driver:
            driver.execute(
                "UPDATE heat_import SET lines = ?, taken = ?, refused = ? WHERE import = ?",
                (lines, taken, refused, number),
            )

    def keep_findings(self, number: int, found: Iterable[KeptFinding]) -> None:
        """Keep what is wrong in lines; several of one line stay in their order."""
        with self.connection.transaction() as driver:
            driver.executemany(
                "INSERT INTO heat_finding SELECT ?1, ?2, (SELECT count(*) FROM heat_finding"
                " WHERE import = ?1 AND line = ?2), ?3, ?4, ?5, ?6, ?7, ?8",
                [
                    (
                        *(number, one.line, one.column, one.value, one.code),
                        *(one.why, one.todo, int(one.whole)),
                    )
                    for one in found
                ],
            )

    def heat_imports(self) -> list[Imported]:
        """Return all imports, the newest first."""
        rows = self.connection.rows(
            "SELECT import, file, at, lines, taken, refused FROM heat_import ORDER BY import DESC"
        )
        return [Imported(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns

    def heat_findings(self, number: int) -> list[KeptFinding]:
        """Return what was wrong in an import, by line."""
        rows = self.connection.rows(
            "SELECT line, column_name, value, code, why, todo, whole FROM heat_finding"
            " WHERE import = ? ORDER BY line, position",
            (number,),
        )
        return [
            KeptFinding(
                *(int(str(line)), str(column), str(value), str(code), str(why), str(todo)),
                whole=bool(whole),
            )
            for line, column, value, code, why, todo, whole in rows
        ]

    def keep_run(
        self,
        at: int,
        typology: str,
        counts: tuple[int, int],
        estimates: Iterable[EstimateRow],
        totals: Iterable[TotalRow],
    ) -> int:
        """Keep an estimate of all buildings; the buildings' older ones go, older sums stay.

        ``counts`` are the measured buildings and the groups that it rests on.
        """
        found = list(estimates)
        with self.connection.transaction() as driver:
            cursor = driver.execute(
                "INSERT INTO heat_run (at, typology, buildings, measured, grouped)"
                " VALUES (?, ?, ?, ?, ?)",
                (at, typology, len(found), *counts),
            )
            run = int(cursor.lastrowid or 0)
            driver.execute("DELETE FROM heat_estimate")
            driver.executemany(
                "INSERT INTO heat_estimate (building, run, kwh, low, high, basis)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                [(one.building, run, one.kwh, one.low, one.high, one.basis) for one in found],
            )
            driver.executemany(
                "INSERT INTO heat_total VALUES (?, ?, ?, ?, ?, ?)",
                [(run, one.place, one.buildings, one.kwh, one.low, one.high) for one in totals],
            )
        return run

    def last_heat_run(self) -> Run | None:
        """Return the newest estimate's account, or None."""
        row = self.connection.row(
            "SELECT run, at, typology, buildings, measured, grouped FROM heat_run ORDER BY run DESC"
        )
        return None if row is None else Run(*row)  # type: ignore[arg-type]  # STRICT columns

    def heat_estimates(self, building: int | None = None) -> dict[int, EstimateRow]:
        """Return the newest estimate of every building, or of one."""
        rows = self.connection.rows(
            "SELECT building, kwh, low, high, basis FROM heat_estimate"
            " WHERE building = coalesce(?, building)",
            (building,),
        )
        found = [EstimateRow(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns
        return {one.building: one for one in found}

    def heat_totals(self, run: int) -> dict[int, TotalRow]:
        """Return the sums of a run by place."""
        rows = self.connection.rows(
            "SELECT place, buildings, kwh, low, high FROM heat_total WHERE run = ?", (run,)
        )
        found = [TotalRow(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns
        return {one.place: one for one in found}
