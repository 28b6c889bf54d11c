"""The heat cadastre's buildings and places in village.db. Use `VillageStore`.

Nothing that was said is changed: a value is added beside the others, and what holds is a question
of rank (:func:`edge.heat.said.best`). What is a household's own is refused by the schema.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from edge.heat.address import AddressKey
from edge.heat.building import Building, BuildingType, is_households, is_one_home
from edge.heat.said import Method, Said
from edge.store.connection import Connection, Driver, Row, Value
from edge.store.village_heat_schema import HOME_FACTS

PlaceKind = Literal["block", "section", "network", "station"]


@dataclass(frozen=True, slots=True)
class NewBuilding:
    """What a line of a file, or a person, says of a building.

    ``ref`` is the register's own name of it; empty: its address is. ``block`` and ``section`` are
    names; empty leaves what is known.
    """

    key: AddressKey
    address: str
    municipality: str
    facts: Mapping[str, Said]
    ref: str = ""
    block: str = ""
    section: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of it: the building's number, how many values were new, what was refused.

    ``private`` are the fields that are a household's own here; ``lost`` counts what was erased
    because the building turned out to be a household's. ``several``: nothing was kept, as many
    buildings stand at the address and the line does not say which; ``building`` is 0 then.
    """

    building: int
    is_new: bool
    values: int
    private: tuple[str, ...] = ()
    few: bool = True
    lost: int = 0
    several: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """A block, a section, a network or a station, and what holds of it."""

    place: int
    kind: str
    name: str
    parent: str
    facts: Mapping[str, Said]


class HeatCadastre:
    """The part of village.db that keeps buildings and places of the heat cadastre.

    Times are milliseconds since 1970, UTC, and always arguments.

    :raises StoreError: or one of its kinds, from any method.
    """

    connection: Connection

    def keep_buildings(
        self, given: Iterable[NewBuilding], at: int, imported: int | None = None
    ) -> list[Kept]:
        """Keep what is said of buildings, in one commit, and say what became of each."""
        with self.connection.transaction() as driver:
            return [_keep(driver, one, at, imported) for one in given]

    def keep_place(
        self,
        kind: PlaceKind,
        name: str,
        facts: Mapping[str, Said],
        at: int,
        *,
        parent: int | None = None,
        imported: int | None = None,
    ) -> int:
        """Keep what is said of a place, made known if it is new, and return its number."""
        with self.connection.transaction() as driver:
            number = _place(driver, kind, name)
            if parent is not None:
                driver.execute("UPDATE heat_place SET parent = ? WHERE place = ?", (parent, number))
            for field, said in facts.items():
                driver.execute(_FACT, (None, number, field, *_cells(said), at, imported))
        return number

    def heat_places(self, kind: PlaceKind) -> list[Place]:
        """Return all places of a kind by name, with what holds of each."""
        facts = self._facts("place", "place IN (SELECT place FROM heat_place WHERE kind = ?)", kind)
        rows = self.connection.rows(
            "SELECT p.place, p.kind, p.name, coalesce(u.name, '') FROM heat_place AS p"
            " LEFT JOIN heat_place AS u ON u.place = p.parent WHERE p.kind = ? ORDER BY p.name",
            (kind,),
        )
        return [
            Place(int(str(number)), str(kind), str(name), str(parent), facts.get(number, {}))
            for number, kind, name, parent in rows
        ]

    def network_names(self) -> list[str]:
        """Return all names of heat networks that were ever said, of a place or of a building."""
        rows = self.connection.rows(
            "SELECT name FROM heat_place WHERE kind = 'network' UNION SELECT word FROM heat_fact"
            " WHERE name = 'network' AND word IS NOT NULL ORDER BY 1"
        )
        return [str(name) for (name,) in rows]

    def cadastre(self) -> list[Building]:
        """Return all buildings that stand, by number, with what holds of each."""
        facts = self._facts("building", "building IS NOT NULL")
        rows = self.connection.rows(f"{_BUILDING} WHERE gone_at IS NULL ORDER BY building")
        return [_building(row, facts.get(row[0], {})) for row in rows]

    def heat_building(self, number: int) -> Building | None:
        """Return one building, or None."""
        row = self.connection.row(f"{_BUILDING} WHERE building = ?", (number,))
        if row is None:
            return None
        return _building(row, self._facts("building", _OF_BUILDING, number).get(number, {}))

    def buildings_at(self, key: AddressKey) -> list[int]:
        """Return the numbers of the buildings that stand at an address."""
        rows = self.connection.rows(
            "SELECT building FROM heat_building WHERE address_key = ? AND gone_at IS NULL"
            " ORDER BY building",
            (str(key),),
        )
        return [int(str(number)) for (number,) in rows]

    def heat_history(self, building: int) -> list[tuple[str, Said, int]]:
        """Return all that was ever said of a building: field, value, and when it was said."""
        rows = self.connection.rows(
            f"SELECT name, {_CELLS}, said_at FROM heat_fact WHERE {_OF_BUILDING} ORDER BY fact",  # noqa: S608
            (building,),
        )
        return [(str(row[0]), _said(row[1:-1]), int(str(row[-1]))) for row in rows]

    def remove_building(self, building: int, at: int) -> bool:
        """Say that a building stands no longer; what was said of it stays."""
        with self.connection.transaction() as driver:
            sql = "UPDATE heat_building SET gone_at = ? WHERE building = ? AND gone_at IS NULL"
            return bool(driver.execute(sql, (at, building)).rowcount)

    def renamed_streets(self) -> dict[str, str]:
        """Return which street is called what now: keys as `municipality/street`, of both."""
        rows = self.connection.rows("SELECT municipality, old_key, new_key FROM heat_street")
        return {f"{place!s}/{old!s}": f"{place!s}/{new!s}" for place, old, new in rows}

    def municipalities_with(self, street: str) -> list[str]:
        """Return the keys of the municipalities where a building stands in a street of that key."""
        rows = self.connection.rows(
            "SELECT DISTINCT substr(address_key, 1, instr(address_key, ?1) - 1) FROM heat_building"
            " WHERE instr(address_key, ?1) AND gone_at IS NULL ORDER BY 1",
            (f"/{street}/",),
        )
        return [str(place) for (place,) in rows]

    def rename_street(
        self, municipality: str, old_key: str, new_key: str, source: str, at: int
    ) -> None:
        """Keep that a street of a municipality, all keys, is called otherwise.

        Buildings that stand there move along.
        """
        with self.connection.transaction() as driver:
            driver.execute(
                "INSERT INTO heat_street VALUES (?, ?, ?, ?, ?) ON CONFLICT (municipality, old_key)"
                " DO UPDATE SET new_key = excluded.new_key, source = excluded.source,"
                " said_at = excluded.said_at",
                (municipality, old_key, new_key, source, at),
            )
            moved = "?2 || substr(heat_building.address_key, length(?1) + 1)"
            driver.execute(
                f"UPDATE heat_building SET address_key = {moved},"  # noqa: S608  # constant text
                " ref = CASE WHEN ref = address_key"
                f" AND NOT EXISTS (SELECT 1 FROM heat_building AS o WHERE o.ref = {moved})"
                f" THEN {moved} ELSE ref END"
                " WHERE instr(address_key, ?1) = 1",
                (f"{municipality}/{old_key}/", f"{municipality}/{new_key}/"),
            )

    def _facts(self, subject: str, where: str, *values: Value) -> dict[Value, dict[str, Said]]:
        rows = self.connection.rows(
            f"SELECT {subject}, name, {_CELLS} FROM heat_fact WHERE {where}"  # noqa: S608
            " ORDER BY method, day, fact",  # the last of each field is the best
            values,
        )
        newest: dict[tuple[Value, Value], Row] = {(row[0], row[1]): row for row in rows}
        found: dict[Value, dict[str, Said]] = {}
        for (number, name), row in newest.items():
            found.setdefault(number, {})[str(name)] = _said(row[2:])
        return found


def _keep(driver: Driver, one: NewBuilding, at: int, imported: int | None) -> Kept:
    found = _which(driver, one)
    if len(found) > 1:
        return Kept(0, False, 0, several=len(found))
    if found:
        number = found[0]
        driver.execute("UPDATE heat_building SET gone_at = NULL WHERE building = ?", (number,))
    else:
        cursor = driver.execute(
            "INSERT INTO heat_building (ref, address_key, address, municipality, created_at)"
            " VALUES (?, ?, ?, ?, ?)",
            (one.ref or str(one.key), str(one.key), one.address, one.municipality, at),
        )
        number = int(cursor.lastrowid or 0)
    for column, kind, name in (("block", "block", one.block), ("section", "section", one.section)):
        if name:
            driver.execute(
                f"UPDATE heat_building SET {column} = ? WHERE building = ?",  # noqa: S608
                (_place(driver, kind, name), number),
            )
    before = driver.execute("SELECT total_changes()").fetchone()[0]
    open_ = {name: said for name, said in one.facts.items() if name not in HOME_FACTS}
    _add(driver, number, open_, at, imported)
    values = driver.execute("SELECT total_changes()").fetchone()[0] - before
    few, single, lost = _whose(driver, number)
    own = {name: said for name, said in one.facts.items() if name in HOME_FACTS}
    if single:
        return Kept(number, not found, values, tuple(own), few, lost)
    before = driver.execute("SELECT total_changes()").fetchone()[0]
    _add(driver, number, own, at, imported)
    values += driver.execute("SELECT total_changes()").fetchone()[0] - before
    return Kept(number, not found, values, (), few, lost)


def _which(driver: Driver, one: NewBuilding) -> list[int]:
    """Return which building is meant: by its register's name, else by its address.

    One that was known by its address alone takes the name. More than one: nobody knows.
    """
    key = str(one.key)
    named = driver.execute(
        "SELECT building FROM heat_building WHERE ref = ?", (one.ref or key,)
    ).fetchone()
    if one.ref and named is None:
        named = driver.execute(
            "SELECT building FROM heat_building WHERE ref = ? AND ref = address_key", (key,)
        ).fetchone()
        if named is not None:
            driver.execute(
                "UPDATE heat_building SET ref = ? WHERE building = ?", (one.ref, named[0])
            )
    if one.ref:
        return [] if named is None else [int(named[0])]
    standing = driver.execute(
        "SELECT building FROM heat_building WHERE address_key = ? AND gone_at IS NULL", (key,)
    ).fetchall()
    if not standing and named is not None:
        return [int(named[0])]
    return [int(number) for (number,) in standing]


def _whose(driver: Driver, number: int) -> tuple[bool, bool, int]:
    """Note whether it is a household's by what holds now; return that and how much was lost."""
    held = dict.fromkeys(("type", "units"))
    for name, value in driver.execute(
        f"SELECT name, coalesce(number, word) FROM heat_fact WHERE {_OF_BUILDING}"  # noqa: S608
        " AND name IN ('type', 'units') ORDER BY method, day, fact",
        (number,),
    ):
        held[name] = value
    kind = None if held["type"] is None else BuildingType(held["type"])
    few, single = is_households(kind, held["units"]), is_one_home(kind, held["units"])
    before = driver.execute("SELECT total_changes()").fetchone()[0]
    changed = driver.execute(
        "UPDATE heat_building SET few = ?1, single = ?2 WHERE building = ?3"
        " AND (few <> ?1 OR single <> ?2)",
        (int(few), int(single), number),
    ).rowcount
    lost = driver.execute("SELECT total_changes()").fetchone()[0] - before - max(changed, 0)
    return few, single, lost


def _add(
    driver: Driver, number: int, facts: Mapping[str, Said], at: int, imported: int | None
) -> None:
    driver.executemany(
        _FACT, [(number, None, name, *_cells(said), at, imported) for name, said in facts.items()]
    )


def _place(driver: Driver, kind: str, name: str) -> int:
    driver.execute(
        "INSERT INTO heat_place (kind, name) VALUES (?, ?) ON CONFLICT DO NOTHING", (kind, name)
    )
    row = driver.execute(
        "SELECT place FROM heat_place WHERE kind = ? AND name = ?", (kind, name)
    ).fetchone()
    return int(row[0])


def _cells(said: Said) -> tuple[Value, ...]:
    number, word = (None, said.value) if isinstance(said.value, str) else (said.value, None)
    day = said.day.isoformat()
    return (number, word, said.low, said.high, said.source, int(said.method), day)


def _said(row: Row) -> Said:
    number, word, low, high, source, method, day = row
    return Said(
        word if number is None else number,  # type: ignore[arg-type]  # STRICT columns
        str(source),
        date.fromisoformat(str(day)),
        Method(int(str(method))),
        low,  # type: ignore[arg-type]
        high,  # type: ignore[arg-type]
    )


def _building(row: Row, facts: Mapping[str, Said]) -> Building:
    number, address, municipality, block, section = row
    found = Building(
        int(str(number)), str(address), str(municipality), str(block), str(section), facts=facts
    )
    return replace(found, network=found.word("network") or "", station=found.word("station") or "")


_OF_BUILDING = "coalesce(building, -place) = ?"  # as the index has it
_CELLS = "number, word, low, high, source, method, day"
_FACT = (
    f"INSERT INTO heat_fact (building, place, name, {_CELLS}, said_at, import)"  # noqa: S608
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)
_BUILDING = (
    "SELECT building, address, municipality,"
    " coalesce((SELECT name FROM heat_place AS p WHERE p.place = b.block), ''),"
    " coalesce((SELECT name FROM heat_place AS p WHERE p.place = b.section), '')"
    " FROM heat_building AS b"
)
