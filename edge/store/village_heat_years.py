"""Consumption that is nobody's alone, who hangs on which communal meter, degree days: village.db.

Use `VillageStore`. Consumption of a building is kept here from five homes on, of a group from five
buildings on; the schema refuses the rest.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from edge.heat.assignment import Assignment
from edge.heat.building import FEW_UNITS
from edge.heat.said import Method
from edge.store.connection import Connection, Driver
from edge.store.errors import StoreError

NORMAL = 0  # the year of degree days that is the normal one


@dataclass(frozen=True, slots=True)
class YearSaid:
    """Consumption of a calendar year in kWh, and who says so."""

    year: int
    kwh: float
    source: str
    method: Method
    day: date


@dataclass(frozen=True, slots=True)
class Group:
    """Buildings whose consumption is known together: kWh by year."""

    name: str
    buildings: frozenset[int]
    years: dict[int, float]


class HeatYears:
    """The part of village.db that keeps lawful consumption; use `VillageStore`.

    :raises StoreError: or one of its kinds, from any method.
    """

    connection: Connection

    def keep_years(
        self, given: Iterable[tuple[int, YearSaid]], at: int, imported: int | None = None
    ) -> int:
        """Keep consumption of buildings, in one commit; return how much of it was new.

        :raises StoreError: if one has fewer than five homes, or nobody knows, or fewer than five
            others of its group would be left; then none is kept.
        """
        with self.connection.transaction() as driver:
            count = 0
            for building, said in given:
                row = driver.execute(
                    "SELECT few FROM heat_building WHERE building = ?", (building,)
                ).fetchone()
                if row is None or row[0]:
                    raise StoreError(
                        "consumption of fewer than five homes",
                        hint=f"Der Verbrauch von weniger als {FEW_UNITS} Wohnungen gehört dem "
                        "Haushalt. Bitte die Zahl der Wohnungen angeben, oder die Einwilligung: "
                        "dorfhub heat home add GEBÄUDE PERSON",
                    )
                _beside(driver, building)
                count += _year(driver, (building, None), said, at, imported)
            return count

    def keep_group(
        self,
        name: str,
        buildings: Collection[int],
        years: Collection[YearSaid],
        at: int,
        imported: int | None = None,
    ) -> int:
        """Keep the consumption of several buildings together; return how many years were new.

        A building stands in one group at most, and those do not count that are measured by
        themselves: the difference would be others' consumption.

        :raises StoreError: if they are fewer than five so, one is in another group, there is no
            year, or the name is another group's.
        """
        members = frozenset(buildings)
        if not years:
            raise StoreError(
                "a group without consumption",
                hint="Für die Gruppe ist kein Verbrauch eines Jahres angegeben.",
            )
        if len(members) < FEW_UNITS:
            raise StoreError(
                "a group of fewer than five buildings",
                hint=f"Ein Verbrauch darf nur für mindestens {FEW_UNITS} Gebäude zusammen "
                f"angegeben werden; hier sind es {len(members)}.",
            )
        with self.connection.transaction() as driver:
            row = driver.execute(
                "SELECT one_group FROM heat_group WHERE name = ?", (name,)
            ).fetchone()
            if row is None:
                cursor = driver.execute(
                    "INSERT INTO heat_group (name, created_at) VALUES (?, ?)", (name, at)
                )
                number = int(cursor.lastrowid or 0)
                _apart(driver, members)
                driver.executemany(
                    "INSERT INTO heat_group_member VALUES (?, ?)",
                    [(number, one) for one in sorted(members)],
                )
            else:
                number = int(row[0])
                known = driver.execute(
                    "SELECT building FROM heat_group_member WHERE one_group = ?", (number,)
                ).fetchall()
                if {one[0] for one in known} != members:
                    raise StoreError(
                        "another group of that name",
                        hint=f"Die Gruppe „{name}“ hat schon andere Gebäude. Bitte einen neuen "
                        "Namen wählen: Verbräuche zweier Zuschnitte verrieten einzelne Häuser.",
                    )
            _enough(_open(driver, number))
            return sum(_year(driver, (None, number), one, at, imported) for one in years)

    def told_buildings(self) -> set[int]:
        """Return the buildings that are in a group, on a meter, or of known consumption here."""
        rows = self.connection.rows(
            "SELECT building FROM heat_group_member UNION SELECT building FROM heat_meter"
            " UNION SELECT building FROM heat_year WHERE building IS NOT NULL"
        )
        return {int(str(building)) for (building,) in rows}

    def lawful_years(self) -> dict[int, dict[int, float]]:
        """Return what holds of each building of five homes and more: kWh by year."""
        rows = self.connection.rows(
            "SELECT building, year, kwh FROM heat_year WHERE building IS NOT NULL"
            " ORDER BY method, day, entry"
        )
        found: dict[int, dict[int, float]] = {}
        for building, year, kwh in rows:
            found.setdefault(int(str(building)), {})[int(str(year))] = float(str(kwh))
        return found

    def heat_groups(self) -> list[Group]:
        """Return the groups whose consumption is known, by name."""
        members: dict[int, set[int]] = {}
        for number, building in self.connection.rows(
            "SELECT one_group, building FROM heat_group_member"
        ):
            members.setdefault(int(str(number)), set()).add(int(str(building)))
        years: dict[int, dict[int, float]] = {}
        for number, year, kwh in self.connection.rows(
            "SELECT one_group, year, kwh FROM heat_year WHERE one_group IS NOT NULL"
            " ORDER BY method, day, entry"
        ):
            years.setdefault(int(str(number)), {})[int(str(year))] = float(str(kwh))
        rows = self.connection.rows("SELECT one_group, name FROM heat_group ORDER BY name")
        return [
            Group(str(name), frozenset(members.get(key, ())), years[key])
            for number, name in rows
            if (key := int(str(number))) in years
        ]

    def assign_meter(self, one: Assignment, source: str, method: Method, at: int) -> None:
        """Keep which building a communal meter measures.

        :raises StoreError: if it is a household's meter, there is no such building, or fewer than
            five others of its group would be left.
        """
        with self.connection.transaction() as driver:
            _beside(driver, one.building)
            driver.execute(
                "INSERT INTO heat_meter (meter, building, share, valid_from, valid_until, source,"
                " method, said_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(one.meter, one.building, one.share, one.valid_from.isoformat()),
                    None if one.valid_until is None else one.valid_until.isoformat(),
                    *(source, int(method), at),
                ),
            )

    def end_meter(self, meter: str, building: int, until: date) -> int:
        """Say until which day (not included) a meter measured a building; return how many ended."""
        with self.connection.transaction() as driver:
            return driver.execute(
                "UPDATE heat_meter SET valid_until = ? WHERE meter = ? AND building = ?"
                " AND valid_until IS NULL",
                (until.isoformat(), meter, building),
            ).rowcount

    def homes_on(self, meter: str) -> int:
        """Return how many homes hang, or hung, on a meter, at least; a hall counts as five."""
        row = self.connection.row(
            "SELECT sum(CASE WHEN b.few THEN max(1, coalesce((SELECT number FROM heat_fact"
            " WHERE coalesce(building, -place) = b.building AND name = 'units'"
            " ORDER BY method DESC, day DESC, fact DESC LIMIT 1), 1)) ELSE ? END)"
            " FROM heat_building AS b WHERE b.building IN"
            " (SELECT building FROM heat_meter WHERE meter = ?)",
            (FEW_UNITS, meter),
        )
        return int(float(str(row[0]))) if row is not None and row[0] is not None else 0

    def devices_on(self, meter: str) -> list[int]:
        """Return all devices that ever spoke for a configured meter, the newest first."""
        rows = self.connection.rows(
            "SELECT device FROM device WHERE meter_id = ? ORDER BY device DESC", (meter,)
        )
        return [int(str(number)) for (number,) in rows]

    def meter_assignments(self) -> list[Assignment]:
        """Return who hangs on which communal meter, and when."""
        rows = self.connection.rows(
            "SELECT meter, building, valid_from, valid_until, share FROM heat_meter"
            " ORDER BY assignment"
        )
        return [
            Assignment(
                str(meter),
                int(str(building)),
                date.fromisoformat(str(first)),
                None if until is None else date.fromisoformat(str(until)),
                None if share is None else float(str(share)),
            )
            for meter, building, first, until, share in rows
        ]

    def keep_degree_days(self, year: int, kd: float, source: str, at: int) -> None:
        """Keep a year's degree days G 20/15 in K d; the year `NORMAL` is the normal one's."""
        with self.connection.transaction() as driver:
            driver.execute(
                "INSERT INTO heat_degree_days VALUES (?, ?, ?, ?) ON CONFLICT (year) DO UPDATE"
                " SET kd = excluded.kd, source = excluded.source, said_at = excluded.said_at",
                (year, kd, source, at),
            )

    def degree_days(self) -> dict[int, float]:
        """Return degree days in K d by year; `NORMAL` is among them if it is known."""
        rows = self.connection.rows("SELECT year, kd FROM heat_degree_days")
        return {int(str(year)): float(str(kd)) for year, kd in rows}


def _apart(driver: Driver, members: frozenset[int]) -> None:
    """Refuse a group with a building of another: their difference would show some of them."""
    taken = {one for (one,) in driver.execute("SELECT building FROM heat_group_member")}
    if taken & members:
        raise StoreError(
            "a building is in another group",
            hint=f"{len(taken & members)} der Gebäude stehen schon in einer anderen Gruppe; aus "
            "dem Unterschied ließe sich der Verbrauch einzelner Häuser errechnen. Bitte denselben "
            "Zuschnitt nehmen.",
        )


def _open(driver: Driver, group: int) -> set[int]:
    """Return the members of a group whose consumption is not known or measured by itself."""
    rows = driver.execute(
        "SELECT m.building FROM heat_group_member AS m WHERE m.one_group = ?"
        " AND NOT EXISTS (SELECT 1 FROM heat_year"
        "  WHERE coalesce(building, -one_group) = m.building)"
        " AND NOT EXISTS (SELECT 1 FROM heat_meter WHERE building = m.building)",
        (group,),
    )
    return {int(one) for (one,) in rows}


def _enough(left: Collection[int]) -> None:
    if len(left) < FEW_UNITS:
        raise StoreError(
            "fewer than five buildings are left of a group",
            hint="Von der Gruppe bleiben ohne die Gebäude, die einzeln gemessen sind, nur "
            f"{len(left)}; es müssen mindestens {FEW_UNITS} sein, sonst ließe sich der Verbrauch "
            "einzelner Häuser errechnen.",
        )


def _beside(driver: Driver, building: int) -> None:
    """Refuse to know a building by itself where too little of its group is left then."""
    row = driver.execute(
        "SELECT one_group FROM heat_group_member AS m WHERE building = ? AND EXISTS (SELECT 1"
        " FROM heat_year WHERE coalesce(building, -one_group) = -m.one_group)",
        (building,),
    ).fetchone()
    if row is not None:
        _enough(_open(driver, int(row[0])) - {building})


def _year(
    driver: Driver,
    whose: tuple[int | None, int | None],
    said: YearSaid,
    at: int,
    imported: int | None,
) -> bool:
    done = driver.execute(
        "INSERT INTO heat_year (building, one_group, year, kwh, source, method, day, said_at,"
        " import) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (
            *(*whose, said.year, said.kwh, said.source, int(said.method)),
            *(said.day.isoformat(), at, imported),
        ),
    )
    return bool(done.rowcount)
