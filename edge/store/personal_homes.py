"""What households say of their own home's heat, in personal.db. Use `PersonalStore`.

Bills, meters and boilers of houses with few homes: sealed with the person's own key, kept only
while they agree (`heat_cadastre`), and erased when they withdraw. No estimate reads them, see
`edge.cadastre.estimating`; sums of who agrees to that as well are formed of them, see
`edge.store.personal_sums`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from edge.care.consent import HEAT_BILLS, HEAT_CADASTRE, HUB
from edge.heat.said import Method, Said
from edge.store.connection import Connection, Driver
from edge.store.errors import StoreError

NEW = 0  # for a building: one that the cadastre does not know yet, see `ADDRESS`
ADDRESS = "address"  # the field's name of where it is, as the person wrote it
YEAR = "year:"  # the field's name is `year:2024` for consumption of 2024 in kWh


@dataclass(frozen=True, slots=True)
class HomeFact:
    """What a person said of a building in which they live; ``building`` is the cadastre's number.

    ``name`` is a field's name, or `YEAR` and a year.
    """

    person: int
    building: int
    name: str
    said: Said


class Homes:
    """The part of personal.db about households' own heat; use `PersonalStore`.

    Times are milliseconds since 1970, UTC, and always arguments.

    :raises StoreError: or one of its kinds, from any method. No message names a person.
    """

    connection: Connection

    def add_home(self, building: int, person: int, at: int) -> None:
        """Say that a person lives in a building; again changes nothing."""
        with self.connection.transaction() as driver:
            driver.execute(
                "INSERT INTO heat_home (building, person, added_at) VALUES (?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                (building, person, at),
            )

    def homes(self) -> dict[int, list[int]]:
        """Return, by building, the people who live there and agree."""
        rows = self.connection.rows(
            f"SELECT building, person FROM heat_home AS h WHERE {AGREED.format('h.person')}"  # noqa: S608
            " ORDER BY building, person"
        )
        found: dict[int, list[int]] = {}
        for building, person in rows:
            found.setdefault(int(str(building)), []).append(int(str(person)))
        return found

    def homes_of(self, person: int) -> list[int]:
        """Return the buildings in which a person lives, if they agree."""
        rows = self.connection.rows(
            "SELECT building FROM heat_home AS h WHERE person = ?1"  # noqa: S608
            f" AND {AGREED.format('?1')} ORDER BY building",
            (person,),
        )
        return [int(str(building)) for (building,) in rows]

    def place_home(self, person: int, building: int) -> bool:
        """Say which building a home at an address that was `NEW` is; False if there is none.

        What the person said of it moves along, and when they entered it; the address itself is
        needed no longer.
        """
        with self.connection.transaction() as driver:
            driver.execute(
                "INSERT INTO heat_home (building, person, added_at)"
                " SELECT ?, person, added_at FROM heat_home WHERE building = ? AND person = ?"
                " ON CONFLICT DO NOTHING",
                (building, NEW, person),
            )
            gone = driver.execute(
                "DELETE FROM heat_home WHERE building = ? AND person = ?", (NEW, person)
            )
            if not gone.rowcount:
                return False
            own = "building = ? AND person = ?"
            driver.execute(
                f"DELETE FROM heat_home_fact_sealed WHERE {own} AND name = '{ADDRESS}'",  # noqa: S608
                (NEW, person),
            )
            driver.execute(
                f"UPDATE heat_home_fact_sealed SET building = ? WHERE {own}",  # noqa: S608
                (building, NEW, person),
            )
        return True

    def keep_home_facts(
        self,
        person: int,
        building: int,
        facts: Mapping[str, Said],
        at: int,
        *,
        instead: str = "",
    ) -> int:
        """Keep what a person says of their home and return how many values were new.

        ``instead``: what is kept with a source that begins so is erased first, for a correction.

        :raises StoreError: if they do not live there, or do not agree (any more).
        """
        with self.connection.transaction() as driver:
            row = driver.execute(
                "SELECT 1 FROM heat_home AS h WHERE building = ?1 AND person = ?2"  # noqa: S608
                f" AND {AGREED.format('?2')}",
                (building, person),
            ).fetchone()
            if row is None:
                raise StoreError(
                    "no consent for this home",
                    hint="Ohne Einwilligung wird vom Haushalt nichts aufbewahrt. Vermerken: "
                    "dorfhub heat home add GEBÄUDE PERSON",
                )
            if instead:
                driver.execute(
                    "DELETE FROM heat_home_fact_sealed WHERE person = ?1 AND building = ?2"
                    " AND substr(open_cell(person, sealed, 3), 1, length(?3)) = ?3",
                    (person, building, instead),
                )
            known = set(facts_in(driver, "AND person = ? AND building = ?", (person, building)))
            new = [
                (name, said)
                for name, said in facts.items()
                if HomeFact(person, building, name, said) not in known
            ]
            driver.executemany(
                "INSERT INTO heat_home_fact_sealed (person, building, name, said_at, sealed)"
                " VALUES (?1, ?2, ?3, ?4, seal_cells(?1, ?5, ?6, ?7, ?8, ?9, ?10))",
                [
                    (
                        *(person, building, name, at, said.value, said.low, said.high),
                        *(said.source, int(said.method), said.day.isoformat()),
                    )
                    for name, said in new
                ],
            )
        return len(new)

    def home_facts(self) -> list[HomeFact]:
        """Return what holds of all homes whose people agree: the best of each field and building.

        Where two people of a building say something of one field, the better method counts.
        """
        with self.connection.transaction() as driver:
            found = facts_in(driver, f"AND {AGREED.format('s.person')}", ())
        return best_facts(found)

    def home_facts_of(self, person: int, building: int) -> dict[str, Said]:
        """Return what a person said of their home, the best of each field; nothing of others."""
        with self.connection.transaction() as driver:
            own = f"AND person = ?1 AND building = ?2 AND {AGREED.format('?1')}"
            found = facts_in(driver, own, (person, building))
        return {one.name: one.said for one in best_facts(found)}

    def new_homes(self) -> list[tuple[int, str]]:
        """Return people whose home's address the cadastre does not know yet, with the address."""
        with self.connection.transaction() as driver:
            where = f"AND building = ? AND name = '{ADDRESS}' AND {AGREED.format('s.person')}"
            return [(one.person, str(one.said.value)) for one in facts_in(driver, where, (NEW,))]


def best_facts(found: Sequence[HomeFact]) -> list[HomeFact]:
    """Return what holds of each field and building."""
    best: dict[tuple[int, str], HomeFact] = {}
    for one in sorted(found, key=lambda each: (each.said.method, each.said.day)):
        best[one.building, one.name] = one
    return sorted(best.values(), key=lambda one: (one.building, one.name))


def forget_homes(driver: Driver, person: int) -> None:
    """Erase what a person said of their home if they do not agree (any more)."""
    agrees = driver.execute(f"SELECT {AGREED.format('?1')}", (person,)).fetchone()[0]
    if not agrees:
        driver.execute("DELETE FROM heat_home_fact_sealed WHERE person = ?", (person,))
        driver.execute("DELETE FROM heat_home WHERE person = ?", (person,))


def facts_in(driver: Driver, where: str, values: Sequence[int]) -> list[HomeFact]:
    """Return what people said of their homes, by a condition on `heat_home_fact_sealed AS s`."""
    rows = driver.execute(
        "SELECT person, building, name, open_cell(person, sealed, 0),"  # noqa: S608
        " open_cell(person, sealed, 1), open_cell(person, sealed, 2),"
        " open_cell(person, sealed, 3), open_cell(person, sealed, 4), open_cell(person, sealed, 5)"
        " FROM heat_home_fact_sealed AS s WHERE open_cell(person, sealed, 0) IS NOT NULL"
        f" {where} ORDER BY entry",
        values,
    ).fetchall()
    return [
        HomeFact(
            int(person),
            int(building),
            str(name),
            Said(value, source, date.fromisoformat(day), Method(method), low, high),
        )
        for person, building, name, value, low, high, source, method, day in rows
    ]


# whether a person agrees that what they say of their home is kept
AGREED = (
    "EXISTS (SELECT 1 FROM consent AS c WHERE c.person = {} AND withdrawn_at IS NULL"  # noqa: S608
    f" AND purpose = '{HEAT_CADASTRE}' AND data_kind = '{HEAT_BILLS}' AND recipient = '{HUB}'"
    " AND open_text(c.person, sentence) IS NOT NULL)"  # an older copy knows who was erased since
)
_V1 = (
    # whose home a building of the cadastre (village.db) is
    """
    CREATE TABLE heat_home (
      building INTEGER NOT NULL,
      person INTEGER NOT NULL REFERENCES person (person),
      added_at INTEGER NOT NULL,
      PRIMARY KEY (building, person)
    ) STRICT, WITHOUT ROWID
    """,
    # `sealed` with the person's key: value, low, high, source, method, day
    """
    CREATE TABLE heat_home_fact_sealed (
      entry INTEGER PRIMARY KEY AUTOINCREMENT,
      person INTEGER NOT NULL REFERENCES person (person),
      building INTEGER NOT NULL,
      name TEXT NOT NULL,
      said_at INTEGER NOT NULL,
      sealed BLOB NOT NULL
    ) STRICT
    """,
    "CREATE INDEX heat_home_fact_person ON heat_home_fact_sealed (person, building)",
    """
    CREATE VIEW heat_home_fact AS SELECT entry, person, building, name, said_at,
      open_cell(person, sealed, 0) AS value, open_cell(person, sealed, 1) AS low,
      open_cell(person, sealed, 2) AS high, open_cell(person, sealed, 3) AS source,
      open_cell(person, sealed, 4) AS method, open_cell(person, sealed, 5) AS day
      FROM heat_home_fact_sealed
    """,
)

MIGRATIONS = {"homes_0001_heat": _V1}
