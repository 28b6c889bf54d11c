"""What was published of the heat cadastre, and what of it may be, in village.db.

Use `VillageStore`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from edge.heat.building import AGE_CLASSES, age_class
from edge.store.connection import Connection, Row, Value

_NOT_FROZEN = (
    "FROM heat_place JOIN heat_release_place USING (place) WHERE geometry IS NOT NULL"
    " AND place NOT IN (SELECT place FROM heat_release_outline)"
)


@dataclass(slots=True)
class Publishable:
    """A building that has an estimate, kWh a year; places by number, 0 where nobody said.

    It is never changed; not frozen, for that makes it five times as dear to make.
    """

    building: int
    block: int
    section: int
    carrier: str
    kwh: float
    type: str
    age: str
    heating: str


@dataclass(slots=True)
class ReleasedRow:
    """How a building is published from a release on; never changed, as above."""

    release: int
    building: int
    block: str
    section: str
    carrier: str
    kwh: int
    type: str
    age: str
    heating: str


@dataclass(frozen=True, slots=True)
class SizedPlace:
    """A block (size in hectares) or section (in metres), as it is called; None: nobody said."""

    place: int
    name: str
    size: float | None


class HeatPublished:
    """The part of village.db that keeps what was published of the cadastre; use `VillageStore`.

    :raises StoreError: or one of its kinds, from any method.
    """

    connection: Connection

    def publishable(self) -> Iterator[Publishable]:
        """Yield the buildings that stand and were estimated."""
        best: dict[Value, dict[Value, Row]] = {
            name: {} for name in ("carrier", "type", "age_class", "year_built", "heating")
        }
        for row in self.connection.rows(
            "SELECT building, name, method, day, coalesce(word, number) FROM heat_fact"
            " WHERE building IS NOT NULL"
            " AND name IN ('carrier', 'type', 'age_class', 'year_built', 'heating')"
            " ORDER BY fact"  # by rank, too, SQLite would sort all of them
        ):
            known = best[row[1]]
            before = known.get(row[0])
            if before is None or row[2:4] >= before[2:4]:
                known[row[0]] = row
        carrier, kind, age, built, heating = (
            {building: row[4] for building, row in each.items()} for each in best.values()
        )
        ages: dict[Value, str] = {}
        for building, block, section, kwh in self.connection.rows(
            "SELECT b.building, coalesce(b.block, 0), coalesce(b.section, 0), e.kwh"
            " FROM heat_building AS b JOIN heat_estimate AS e USING (building)"
            " WHERE b.gone_at IS NULL ORDER BY b.building"
        ):
            year = built.get(building)
            if year is None:
                named = str(age.get(building) or "")
                named = named if named in AGE_CLASSES else ""
            elif year in ages:
                named = ages[year]
            else:
                named = ages[year] = age_class(int(float(str(year))))
            yield Publishable(
                building,  # type: ignore[arg-type]  # STRICT columns
                block,  # type: ignore[arg-type]
                section,  # type: ignore[arg-type]
                str(carrier.get(building) or ""),
                kwh,  # type: ignore[arg-type]
                str(kind.get(building) or ""),
                named,
                str(heating.get(building) or ""),
            )

    def sized_places(self, field: str, at: int) -> list[SizedPlace]:
        """Return the places that have a size of that name (`hectares`, `length`), by number.

        The size is what was known at ``at``.
        """
        known = self.connection.rows(
            "SELECT place, number FROM heat_fact WHERE place IS NOT NULL AND name = ?"
            " AND said_at <= ? ORDER BY method, day, fact",
            (field, at),
        )
        sizes = {place: size for place, size in known}  # noqa: C416  # the best comes last
        rows = self.connection.rows(
            "SELECT place, name FROM heat_place WHERE kind = ? ORDER BY place",
            ({"hectares": "block", "length": "section"}[field],),
        )
        return [
            SizedPlace(
                int(str(place)),
                str(name),
                None if sizes.get(place) is None else float(str(sizes[place])),
            )
            for place, name in rows
        ]

    def keep_release(
        self,
        at: int,
        year: int,
        run: int,
        rows: Iterable[tuple[int, str, str, str, int, str, str, str]],
        cells: Mapping[int, str],
    ) -> int:
        """Keep what a release changes, before anybody may see it, and return its number.

        ``rows``: building, cells of blocks and of sections, carrier, kWh, type, age class, heating.
        ``cells``: places that were in none so far. Outlines that no release had are frozen with it.
        """
        with self.connection.transaction() as driver:
            cursor = driver.execute(
                "INSERT INTO heat_release (at, year, run) VALUES (?, ?, ?)", (at, year, run)
            )
            number = int(cursor.lastrowid or 0)
            driver.executemany(
                "INSERT INTO heat_release_place VALUES (?, ?, ?)",
                [(place, cell, number) for place, cell in sorted(cells.items())],
            )
            driver.executemany(
                "INSERT INTO heat_release_building VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [(number, *row) for row in rows],
            )
            driver.execute(
                f"INSERT INTO heat_release_outline SELECT place, geometry, ? {_NOT_FROZEN}",
                (number,),
            )
        return number

    def outlines_wait(self) -> bool:
        """Tell whether a place that was published has an outline that no release froze yet."""
        return self.connection.row(f"SELECT 1 {_NOT_FROZEN}") is not None

    def frozen_outlines(self) -> dict[int, str]:
        """Return the outlines that releases show, by the place's number (GeoJSON, EPSG:4326)."""
        rows = self.connection.rows("SELECT place, geometry FROM heat_release_outline")
        return {int(str(place)): str(geometry) for place, geometry in rows}

    def drop_release(self, number: int) -> None:
        """Forget a release that nobody ever saw: the auditor refused it."""
        with self.connection.transaction() as driver:
            for part in ("_outline", "_building", "_place", ""):
                driver.execute(
                    f"DELETE FROM heat_release{part} WHERE release = ?",  # noqa: S608
                    (number,),
                )

    def last_release(self) -> tuple[int, int, int, int] | None:
        """Return the newest release's number, year, run of the estimate and time; None if none."""
        row = self.connection.row(
            "SELECT release, year, run, at FROM heat_release ORDER BY release DESC"
        )
        return None if row is None else tuple(int(str(one)) for one in row)  # type: ignore[return-value]

    def released(self) -> list[ReleasedRow]:
        """Return all that releases changed, in their order."""
        rows = self.connection.rows(
            "SELECT release, building, block_cell, section_cell, carrier, kwh, type, age, heating"
            " FROM heat_release_building ORDER BY release, building"
        )
        return [ReleasedRow(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns

    def released_places(self) -> dict[int, str]:
        """Return the cell of each place that was ever published."""
        rows = self.connection.rows("SELECT place, cell FROM heat_release_place ORDER BY place")
        return {int(str(place)): str(cell) for place, cell in rows}
