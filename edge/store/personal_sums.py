"""Who may go into a sum of households, and who went: in personal.db. Use `PersonalStore`.

A sum and the marks of who is in it are one commit here; the sum is then told to village.db under
its id, as often as needed. A mark says that somebody is in a sum, not in which: that is kept
nowhere. It stays as long as the person is here, also after a withdrawal, so that nobody is in two.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from edge.care.consent import HEAT_BILLS, HEAT_SUMS
from edge.heat.said import Said
from edge.heat.sums import Formed, HouseholdSum
from edge.store.connection import Connection, Driver
from edge.store.personal_homes import AGREED, NEW, HomeFact, best_facts, facts_in
from edge.store.village_sums import COLUMNS, SAID


@dataclass(frozen=True, slots=True)
class SumHome:
    """A building whose people all agree to sums, each after they entered it.

    ``facts`` is what holds of it, ``each`` what each of them said of it by themselves.
    """

    building: int
    people: tuple[int, ...]
    facts: Mapping[str, Said]
    each: tuple[Mapping[str, Said], ...]


Marked = frozenset[int]  # the buildings that are in any sum
Choose = Callable[[Sequence[SumHome], Sequence[HouseholdSum], Marked], Sequence[Formed]]


class HomeSums:
    """The part of personal.db about sums of households; use `PersonalStore`.

    :raises StoreError: or one of its kinds, from any method. No message names a person.
    """

    connection: Connection

    def form_sums(self, choose: Choose) -> list[HouseholdSum]:
        """Let ``choose`` form sums of who agrees and is in none, and keep them with their marks.

        It is given these homes, the first who came first, all sums there are, and the buildings
        that are in any. While it chooses nobody writes here: who withdraws does so before or after.
        """
        with self.connection.transaction() as driver:
            homes = {one.building: one for one in _homes(driver)}
            made = choose(list(homes.values()), list(_sums(driver).values()), _marked(driver))
            for one in made:
                said = one.told
                driver.execute(
                    "INSERT INTO heat_sum VALUES (?, ?, ?, ?, ?, ?)",
                    (
                        *(secrets.token_hex(16), said.type, said.age),
                        *(said.households, said.percent, said.kwh_m2),
                    ),
                )
                driver.executemany(
                    "INSERT INTO heat_summed_sealed (person, sealed)"
                    " VALUES (?1, seal_cells(?1, ?2))",
                    [(who, at) for at in one.buildings for who in homes[at].people],
                )
        return [one.told for one in made]

    def formed_sums(self) -> dict[str, HouseholdSum]:
        """Return all sums that were formed here, by their ids."""
        with self.connection.transaction() as driver:
            return _sums(driver)

    def agrees_to_sums(self, person: int) -> bool:
        """Tell whether a consent of a person to sums covers a home of theirs."""
        row = self.connection.row(
            "SELECT 1 FROM heat_home AS h WHERE person = ?1"  # noqa: S608
            f" AND {AGREED.format('?1')} AND {_AGREED_SUMS.format('?1')}",
            (person,),
        )
        return row is not None

    def is_in_sum(self, person: int) -> bool:
        """Tell whether a person is in a sum; in which, nobody knows."""
        row = self.connection.row("SELECT 1 FROM heat_summed_sealed WHERE person = ?", (person,))
        return row is not None


def _sums(driver: Driver) -> dict[str, HouseholdSum]:
    rows = driver.execute(f"SELECT {COLUMNS} FROM heat_sum ORDER BY id").fetchall()  # noqa: S608
    return {str(key): HouseholdSum(*rest) for key, *rest in rows}


def _homes(driver: Driver) -> list[SumHome]:
    """Return homes of which everybody agrees to sums and nobody is in one; a person's first."""
    rows = driver.execute(
        "SELECT building, person, "  # noqa: S608
        f"{_AGREED_SUMS.format('h.person')} AND NOT EXISTS"
        " (SELECT 1 FROM heat_summed_sealed AS s WHERE s.person = h.person)"
        f" FROM heat_home AS h WHERE building <> {NEW} AND {AGREED.format('h.person')}"
        " ORDER BY min(added_at) OVER (PARTITION BY building), building, person"
    ).fetchall()
    people: dict[int, list[int]] = {}
    for building, person, _ in rows:
        people.setdefault(building, []).append(person)
    shut = {building for building, _, agrees in rows if not agrees}
    shut |= _marked(driver)
    said: dict[int, list[HomeFact]] = {}
    for one in facts_in(driver, f"AND {AGREED.format('s.person')}", ()):
        said.setdefault(one.building, []).append(one)
    found: list[SumHome] = []
    taken: set[int] = set()
    for building, who in people.items():
        facts = said.get(building)
        if facts and building not in shut and not taken & set(who):
            taken |= set(who)
            each = [_best([fact for fact in facts if fact.person == one]) for one in who]
            found.append(SumHome(building, tuple(who), _best(facts), tuple(each)))
    return found


def _marked(driver: Driver) -> Marked:
    rows = driver.execute("SELECT building FROM heat_summed WHERE building IS NOT NULL").fetchall()
    return frozenset(int(building) for (building,) in rows)


def _best(facts: Sequence[HomeFact]) -> dict[str, Said]:
    return {one.name: one.said for one in best_facts(facts)}


# a consent covers what was entered before it, no home that came later: of `heat_home AS h`
_AGREED_SUMS = AGREED.replace(f"'{HEAT_BILLS}'", f"'{HEAT_SUMS}'").replace(
    "withdrawn_at IS NULL", "withdrawn_at IS NULL AND c.given_at >= h.added_at"
)
_V1 = (
    # as it is told to village.db, where it may be absent after a kill or from an older copy
    f"CREATE TABLE heat_sum ({SAID}) STRICT, WITHOUT ROWID",
    # who is in one of them; `sealed` with the person's key: the building
    """
    CREATE TABLE heat_summed_sealed (
      person INTEGER PRIMARY KEY NOT NULL REFERENCES person (person),
      sealed BLOB NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE VIEW heat_summed AS SELECT person, open_cell(person, sealed, 0) AS building
      FROM heat_summed_sealed
    """,
)

MIGRATIONS = {"sums_0001_households": _V1}
