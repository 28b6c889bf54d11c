"""Where buildings, blocks and sections of streets lie, in village.db. Use `VillageStore`.

Outlines are GeoJSON geometries, longitude and latitude (EPSG:4326). Where a building belongs by its
position is a value like others (`block_by_position`, `section_by_position`); it counts where no
table named the block or the section.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from edge.heat.said import Said
from edge.store.connection import Connection

Placed = Literal["block", "section"]


@dataclass(frozen=True, slots=True)
class Standing:
    """A building and its outline. ``street`` is its street's key; ``holds`` where it is said to be.

    ``open`` : no table said so, its position may.
    """

    building: int
    geometry: str
    street: str
    holds: str
    open: bool


class HeatOutlines:
    """The part of village.db that keeps outlines; use `VillageStore`.

    :raises StoreError: or one of its kinds, from any method.
    """

    connection: Connection

    def keep_outlines(
        self, *, buildings: Mapping[int, str] | None = None, places: Mapping[int, str] | None = None
    ) -> None:
        """Keep outlines by the number of the building or place, in one commit."""
        with self.connection.transaction() as driver:
            for table, key, given in (
                ("heat_building", "building", buildings or {}),
                ("heat_place", "place", places or {}),
            ):
                driver.executemany(
                    f"UPDATE {table} SET geometry = ? WHERE {key} = ?",  # noqa: S608  # constants
                    [(geometry, number) for number, geometry in given.items()],
                )

    def place_outlines(self, kind: Placed) -> dict[int, str]:
        """Return the outlines of the places of a kind that have one, by the place's number."""
        rows = self.connection.rows(
            "SELECT place, geometry FROM heat_place WHERE kind = ? AND geometry IS NOT NULL"
            " ORDER BY place",
            (kind,),
        )
        return {int(str(number)): str(geometry) for number, geometry in rows}

    def building_outline(self, building: int) -> str | None:
        """Return a building's outline, or None."""
        row = self.connection.row(
            "SELECT geometry FROM heat_building WHERE building = ?", (building,)
        )
        return None if row is None or row[0] is None else str(row[0])

    def buildings_by_ref(self, refs: Iterable[str]) -> dict[str, int]:
        """Return the standing buildings that a register calls so."""
        found: dict[str, int] = {}
        for ref in refs:
            row = self.connection.row(
                "SELECT building FROM heat_building WHERE ref = ? AND gone_at IS NULL", (ref,)
            )
            if row is not None:
                found[ref] = int(str(row[0]))
        return found

    def outlined_buildings(self, kind: Placed) -> list[Standing]:
        """Return all standing buildings with an outline, and where each is said to be."""
        said = self.connection.rows(
            "SELECT building, word FROM heat_fact WHERE name = ? ORDER BY fact",
            (f"{kind}_by_position",),
        )
        position = {building: word for building, word in said}  # noqa: C416  # the last holds
        rows = self.connection.rows(
            "SELECT b.building, b.geometry, b.address_key, p.name FROM heat_building AS b"  # noqa: S608
            f" LEFT JOIN heat_place AS p ON p.place = b.{kind}"
            " WHERE b.geometry IS NOT NULL AND b.gone_at IS NULL ORDER BY b.building"
        )
        return [
            Standing(
                *(int(str(number)), str(geometry), str(key).split("/")[1], str(name or "")),
                open=name is None or name == position.get(number),
            )
            for number, geometry, key, name in rows
        ]

    def put_by_position(
        self, kind: Placed, given: Iterable[tuple[int, int, Said]], at: int, imported: int | None
    ) -> None:
        """Keep that buildings lie in places, as their position says: building, place, name."""
        found = list(given)
        with self.connection.transaction() as driver:
            driver.executemany(
                f"UPDATE heat_building SET {kind} = ? WHERE building = ?",  # noqa: S608
                [(place, building) for building, place, _ in found],
            )
            driver.executemany(
                "INSERT INTO heat_fact (building, name, word, source, method, day, said_at,"
                " import) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                [
                    (
                        *(building, f"{kind}_by_position", str(said.value), said.source),
                        *(int(said.method), said.day.isoformat(), at, imported),
                    )
                    for building, _, said in found
                ],
            )

    def keep_computed(
        self, given: Iterable[tuple[int, Mapping[str, Said]]], at: int, imported: int | None
    ) -> int:
        """Keep what was computed of buildings, and return how many values were new."""
        with self.connection.transaction() as driver:
            before = int(driver.execute("SELECT total_changes()").fetchone()[0])
            driver.executemany(
                "INSERT INTO heat_fact (building, name, number, word, source, method, day, said_at,"
                " import) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                [
                    (
                        *(building, name),
                        None if isinstance(said.value, str) else said.value,
                        said.value if isinstance(said.value, str) else None,
                        *(said.source, int(said.method), said.day.isoformat(), at, imported),
                    )
                    for building, facts in given
                    for name, said in facts.items()
                ],
            )
            return int(driver.execute("SELECT total_changes()").fetchone()[0]) - before
