"""Households who agree go into sums: once each, whenever the power goes, and nobody tells who."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from edge.cadastre.estimating import estimate
from edge.cadastre.household import in_sums, join_sums
from edge.cadastre.household_sums import SumsMade, make_sums
from edge.care.consent import HEAT_BILLS, HEAT_CADASTRE, HEAT_SUMS
from edge.clock import Stamp
from edge.heat import typology
from edge.heat.address import Streets
from edge.heat.said import Method, Said
from edge.heat.sums import HouseholdSum
from edge.heat.typology import Typology
from edge.store.erasure import belongings, erase_from_personal
from edge.store.errors import StoreError
from edge.store.personal import PersonalStore
from edge.store.personal_homes import NEW
from edge.store.village import VillageStore
from edge.store.village_heat import NewBuilding
from edge.store.village_heat_years import NORMAL, YearSaid
from edge.ward.export import everything
from hardware.reading import TimeQuality

DAY = date(2026, 3, 1)
HOUSES = 40  # the last ten of the next age class
AGREED_AT = 1000  # after the houses were entered
YEARS = {2023: 1.05, 2024: 0.95, 2025: 1.0}


@dataclass
class Hub:
    """A village of terraced houses that need a quarter more than its typology says."""

    village: VillageStore
    personal: PersonalStore
    values: Typology

    def make(self) -> SumsMade:
        return make_sums(self.personal, self.village, self.values)

    def enter(self, building: int, *, sums: bool = True, **more: str | float) -> int:
        """Let somebody enter their house with bills, and agree to sums as well."""
        person = self.personal.add_person(f"Jemand {building} {sums} {len(more)}", 1)
        agree(self.personal, person, HEAT_BILLS)
        if sums:
            agree(self.personal, person, HEAT_SUMS, AGREED_AT)
        self.say(person, building, **more)
        return person

    def say(self, person: int, building: int, **more: str | float) -> None:
        self.personal.add_home(building, person, building)
        facts: dict[str, str | float] = {"heating": "boiler", "carrier": "gas", **more}
        for year, factor in YEARS.items():
            kwh = (16_000 + 100 * building) * 1.25 * factor
            facts.setdefault(f"year:{year}", kwh)
        self.personal.keep_home_facts(
            person,
            building,
            {name: Said(one, "Selbst", DAY, Method.BILL) for name, one in facts.items()},
            1,
        )


def agree(personal: PersonalStore, person: int, kind: str, at: int = 1) -> None:
    personal.give_consent(
        person, purpose=HEAT_CADASTRE, data_kind=kind, sentence="Ja.", given_how="", at=at
    )


def house(number: int) -> NewBuilding:
    facts: dict[str, str | float] = {
        "type": "RH", "year_built": 1970.0 if number <= 30 else 1980.0, "area": 100.0 + number,
        "area_kind": "living", "units": 1.0,
    }  # fmt: skip
    return NewBuilding(
        Streets().key("Holzheim", "Lindenstraße", str(number)),
        f"Lindenstraße {number}",
        "Holzheim",
        {name: Said(value, "ALKIS", DAY, Method.SURVEY) for name, value in facts.items()},
        block="Mitte",
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both databases, to be copied."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "key").write_text("5a" * 32)
    with opened(folder, typology.loads(_text())) as hub:
        hub.village.keep_buildings(map(house, range(1, HOUSES + 1)), 1)
        for year in (*YEARS, NORMAL):
            hub.village.keep_degree_days(year, 3000.0, "Wetterstation", 1)
    return folder


def _text() -> str:
    furnishings = Path(__file__).parents[2] / "furnishings" / "heat"
    return (furnishings / "typology.toml").read_text("utf-8")


class opened:  # noqa: N801  # reads as a function
    def __init__(self, folder: Path, values: Typology) -> None:
        self._village = VillageStore(folder / "village.db")
        self._personal = PersonalStore.open(folder / "personal.db", folder / "key")
        self._values = values

    def __enter__(self) -> Hub:
        return Hub(self._village, self._personal, self._values)

    def __exit__(self, *_: object) -> None:
        self._village.close()
        self._personal.close()


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "hub")
    return tmp_path / "hub"


@pytest.fixture
def values(typology_text: str) -> Typology:
    return typology.loads(typology_text)


@pytest.fixture
def hub(folder: Path, values: Typology) -> Iterator[Hub]:
    with opened(folder, values) as found:
        yield found


def test_five_who_agree_are_a_sum_and_the_estimate_is_nearer(hub: Hub) -> None:
    before = estimate(hub.village, hub.values, 1)
    for building in range(1, 5):
        hub.enter(building)
    assert hub.make() == SumsMade((), 4)
    hub.enter(5)
    assert hub.make() == SumsMade((5,), 0)
    (one,) = hub.village.household_sums().values()
    assert (one.type, one.age, one.households) == ("RH", "F", 5)
    assert hub.make() == SumsMade((), 0)
    after = estimate(hub.village, hub.values, 2)
    assert (before.sums, after.sums) == (0, 1)
    expected = {one.number: (one.amount("area") or 0) for one in hub.village.cadastre()}
    truth = sum((16_000 + 100 * number) * 1.25 for number in expected)
    assert abs(after.kwh - truth) < abs(before.kwh - truth)
    assert after.high / after.low < before.high / before.low


def test_nothing_of_who_is_in_it_leaves_personal_db(hub: Hub, folder: Path) -> None:
    """The same sum comes of other houses alike: village.db then differs in nothing but chance."""
    dump = _dump(folder / "village.db")
    people = [hub.enter(building) for building in (3, 8, 13, 18, 23)]
    hub.make()
    assert all(map(hub.personal.is_in_sum, people))
    new = _dump(folder / "village.db") - dump
    (row,) = new
    assert row.startswith("heat_household_sum|")
    key, *rest = row.removeprefix("heat_household_sum|").split("|")
    assert len(key) == 32
    assert rest == ["RH", "F", "5", "132", "170.0"]
    # also in personal.db nobody is told to be in this one, and a mark has no day
    marks = hub.personal.connection.rows("SELECT * FROM heat_summed")
    assert sorted(marks) == sorted(zip(people, (3, 8, 13, 18, 23), strict=True))


def test_whose_bills_are_the_oldest_is_told_nowhere(hub: Hub, folder: Path) -> None:
    for year in (2019, 2020, 2021):
        hub.village.keep_degree_days(year, 3000.0, "Wetterstation", 1)
    dump = _dump(folder / "village.db")
    old: dict[str, Any] = dict.fromkeys((f"year:{year}" for year in YEARS), 0.0)
    hub.enter(1, **{**old, "year:2019": 20_000.0})
    for building in range(2, 6):
        hub.enter(building)
    assert hub.make() == SumsMade((5,), 0)
    (row,) = _dump(folder / "village.db") - dump
    assert not {"2019", "2023", "2024", "2025"} & set(row.split("|"))
    kept = hub.personal.connection.rows("SELECT * FROM heat_sum")
    assert not {2019, 2023, 2024, 2025} & {cell for one in kept for cell in one}


def _dump(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as village:
        tables = village.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        return {
            f"{table}|{'|'.join(map(str, row))}"
            for (table,) in tables
            for row in village.execute(f"SELECT * FROM {table}")  # noqa: S608  # its own names
        }


def test_who_does_not_agree_to_sums_is_in_none(hub: Hub) -> None:
    for building in range(1, 5):
        hub.enter(building)
    hub.enter(5, sums=False)
    # somebody else of the same house does not agree
    other = hub.enter(6, sums=False)
    hub.say(hub.enter(7), 6)
    assert hub.make() == SumsMade((5,), 0)
    assert not hub.personal.is_in_sum(other)
    assert {at for _, at in hub.personal.connection.rows("SELECT * FROM heat_summed")} == {
        1, 2, 3, 4, 7,
    }  # fmt: skip


def test_who_withdraws_before_is_in_none_and_after_nothing_changes(hub: Hub) -> None:
    people = [hub.enter(building) for building in range(1, 6)]
    withdraw(hub, people[0])
    assert hub.make() == SumsMade((), 4)
    people.append(hub.enter(6))
    assert hub.make() == SumsMade((5,), 0)
    known = hub.village.household_sums()
    for person in people:
        withdraw(hub, person)
    assert hub.make() == SumsMade((), 0)
    assert hub.village.household_sums() == known
    # who agrees again is not in a second one; the first never was in any
    for person in people:
        agree(hub.personal, person, HEAT_SUMS, AGREED_AT)
    assert hub.make() == SumsMade((), 1)


def test_who_agreed_before_entering_a_house_did_not_agree_to_it(hub: Hub) -> None:
    for building in range(1, 5):
        hub.enter(building)
    person = hub.enter(5, sums=False)
    agree(hub.personal, person, HEAT_SUMS, 4)  # the house came at 5
    assert not in_sums(hub.personal, person).agrees
    assert hub.make() == SumsMade((), 4)
    join_sums(hub.personal, person, "Ja.", AGREED_AT)
    assert in_sums(hub.personal, person).agrees
    assert hub.make() == SumsMade((5,), 0)


def test_who_withdraws_what_they_said_of_the_house_withdraws_the_sums_too(hub: Hub) -> None:
    """However they do it: entered again, the house goes into no sum before they agree anew."""
    people = [hub.enter(building) for building in range(1, 6)]
    count = hub.personal.withdraw_consent(
        people[0], AGREED_AT + 1, purpose=HEAT_CADASTRE, data_kind=HEAT_BILLS, how="am Tisch"
    )
    assert count == 2
    withdrawn = {one.data_kind: one for one in hub.personal.consents(people[0])}
    assert withdrawn[HEAT_SUMS].withdrawn_at == AGREED_AT + 1
    assert withdrawn[HEAT_SUMS].withdrawn_how == "am Tisch"
    agree(hub.personal, people[0], HEAT_BILLS, AGREED_AT + 2)
    hub.say(people[0], 1)
    assert hub.make() == SumsMade((), 4)
    # another kind of theirs leaves it as it is
    hub.personal.withdraw_consent(people[1], AGREED_AT + 3, purpose="care")
    assert in_sums(hub.personal, people[1]).agrees


def test_another_sentence_is_another_version_and_the_same_is_not(hub: Hub) -> None:
    person = hub.enter(1, sums=False)

    def said() -> list[str]:
        given = hub.personal.consents(person)
        return [one.sentence for one in given if one.data_kind == HEAT_SUMS]

    for sentence in ("Ja.", " Ja. ", "Ja, anders.", "Ja, anders."):
        join_sums(hub.personal, person, sentence, AGREED_AT)
    assert said() == ["Ja.", "Ja, anders."]


def test_a_house_that_the_office_finds_was_entered_when_it_was(hub: Hub) -> None:
    for building in range(1, 5):
        hub.enter(building)
    person = hub.enter(NEW)
    assert hub.personal.place_home(person, 5)
    assert in_sums(hub.personal, person).agrees
    assert hub.make() == SumsMade((5,), 0)


def withdraw(hub: Hub, person: int) -> None:
    hub.personal.withdraw_consent(person, 2, purpose=HEAT_CADASTRE, data_kind=HEAT_SUMS)


def test_a_house_and_a_person_are_in_one_sum_for_ever(hub: Hub) -> None:
    people = [hub.enter(building) for building in range(1, 6)]
    hub.make()
    for building, person in zip(range(6, 11), people, strict=True):
        hub.say(person, building)  # another house of theirs
    for building in range(1, 6):
        hub.enter(building, hot_water="yes")  # others of the same house
    assert hub.make() == SumsMade((), 0)
    # two houses of one person: the first alone
    twice = hub.enter(11)
    hub.say(twice, 12)
    for building in range(13, 16):
        hub.enter(building)
    assert hub.make() == SumsMade((), 4)


@pytest.mark.parametrize(
    "more",
    [
        {"heating": "heat_pump", "carrier": "electricity"},
        {"year:2023": 0.0, "year:2024": 0.0, "year:2025": 0.0},
        {"year:2023": 400_000.0, "year:2024": 400_000.0, "year:2025": 400_000.0},
    ],
)
def test_what_is_no_heat_or_cannot_be_so_waits(hub: Hub, more: dict[str, Any]) -> None:
    for building in range(1, 5):
        hub.enter(building)
    hub.enter(5, **more)
    assert hub.make() == SumsMade((), 4, 1)


POWER, GAS = "power_kwh|9000.0|2024-01-01|2024-12-31", "gas_kwh|9000.0|2024-01-01|2024-12-31"


@pytest.mark.parametrize(
    ("more", "may"),
    [
        ({"heating": "boiler", "bill:1": GAS, "bill:2": POWER}, False),
        ({"heating": "stove", "carrier": "wood", "bill:1": POWER}, False),
        ({"heating": "other", "carrier": "electricity"}, False),
        ({"heating": "heat_pump", "carrier": "gas"}, False),
        ({"heating": "storage_heater", "carrier": "electricity", "bill:1": POWER}, True),
        ({"heating": "boiler", "bill:1": GAS}, True),
    ],
)
def test_electricity_is_heat_in_a_storage_heater_alone(
    hub: Hub, more: dict[str, Any], *, may: bool
) -> None:
    for building in range(1, 5):
        hub.enter(building)
    hub.enter(5, **more)
    assert hub.make() == (SumsMade((5,), 0) if may else SumsMade((), 4, 1))


def test_a_bill_of_electricity_counts_whoever_of_the_house_has_it(hub: Hub) -> None:
    gas: dict[str, Any] = {"bill:1": GAS}
    power: dict[str, Any] = {"bill:1": POWER}
    for building in range(1, 5):
        hub.enter(building, **gas)
    hub.enter(5, **power)
    hub.enter(5, **gas, hot_water="yes")  # the same number of the bill, and later
    assert hub.make() == SumsMade((), 4, 1)


def test_where_people_of_a_house_say_otherwise_of_one_year_it_waits(hub: Hub) -> None:
    """Each may have the bill of one flat: half of it would be in the sum for ever."""
    for building in range(1, 6):
        hub.enter(building)
    half: dict[str, Any] = {"year:2024": 9_000.0}
    other = hub.enter(5, **half)
    assert hub.make() == SumsMade((), 4, 1)
    instead = {"year:2024": Said(16_500 * 1.25 * 0.95, "Selbst", DAY, Method.BILL)}
    hub.personal.keep_home_facts(other, 5, instead, 2, instead="Selbst")
    assert hub.make() == SumsMade((5,), 0)


def test_where_somebody_says_that_there_are_two_flats_it_waits(hub: Hub) -> None:
    for building in range(1, 5):
        hub.enter(building, units=1.0)
    hub.enter(5, units=2.0)
    assert hub.make() == SumsMade((), 4, 1)


def test_without_the_weather_and_for_houses_told_otherwise_there_is_none(hub: Hub) -> None:
    for building in range(1, 6):
        hub.enter(building, hot_water="no")
    with hub.village.connection.transaction() as driver:
        driver.execute("DELETE FROM heat_degree_days")
    assert hub.make() == SumsMade((), 0, 5)
    for year in (*YEARS, NORMAL):
        hub.village.keep_degree_days(year, 3000.0, "Wetterstation", 1)
    # a group's sum is known with its houses: the difference would be others'
    hub.village.keep_group(
        "Gruppe", range(5, 12), [YearSaid(2024, 1e5, "x", Method.SURVEY, DAY)], 1
    )
    assert hub.make() == SumsMade((), 4, 1)
    hub.enter(20)
    assert hub.make() == SumsMade((5,), 0, 1)


def test_a_house_that_the_cadastre_does_not_know_waits(hub: Hub) -> None:
    for building in (1, 2, 3, 4, 999):
        hub.enter(building)
    assert hub.make() == SumsMade((), 4, 1)


def test_village_db_put_back_gets_its_sums_again_and_personal_db_forms_none(
    hub: Hub, folder: Path, values: Typology
) -> None:
    for building in range(1, 6):
        hub.enter(building)
    for name in ("village", "personal", "person-keys"):
        hub.personal.checkpoint()
        shutil.copy(folder / f"{name}.db", folder / f"{name}.before")
    hub.make()
    known = hub.village.household_sums()
    with hub.village.connection.transaction() as driver:  # as an older copy has none
        driver.execute("DROP TRIGGER heat_household_sum_remains")
        driver.execute("DELETE FROM heat_household_sum")
    assert hub.make() == SumsMade((), 0)
    assert hub.village.household_sums() == known
    old = folder / "old"
    old.mkdir()
    shutil.copy(folder / "key", old / "key")
    for name in ("personal", "person-keys"):
        shutil.copy(folder / f"{name}.before", old / f"{name}.db")
    hub.village.connection.checkpoint()
    shutil.copy(folder / "village.db", old / "village.db")
    with opened(old, values) as restored:
        assert restored.make() == SumsMade((), 0, missing=1)
        assert restored.village.household_sums() == known


def test_a_kill_at_any_statement_leaves_each_sum_once(
    hub: Hub, folder: Path, values: Typology, tmp_path: Path
) -> None:
    """The process ends at its first, second, third ... statement; the next one goes on."""
    houses = [*range(1, 6), *range(31, 36)]
    for building in houses:
        hub.enter(building)
    hub.personal.checkpoint()
    hub.village.connection.checkpoint()
    step, ends = 0, []
    while True:
        step += 1
        copy = tmp_path / f"kill-{step}"
        shutil.copytree(folder, copy)
        killed = _killed_at(step, copy, values)
        with opened(copy, values) as again:
            made = again.make()
            known = again.village.household_sums()
            assert sorted(one.age for one in known.values()) == ["F", "G"], step
            assert known == again.personal.formed_sums()
            marks = again.personal.connection.rows("SELECT building FROM heat_summed")
            assert sorted(marks) == [(one,) for one in houses]
            ends.append((sum(made.sizes), made.waiting))
        shutil.rmtree(copy)
        if not killed:
            break
    # killed before the commit it is formed anew, after it only told
    assert set(ends) == {(10, 0), (0, 0)}
    assert step > 20


def _killed_at(step: int, folder: Path, values: Typology) -> bool:
    """Make sums in a process of its own that is killed at a statement; tell whether it was."""
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        return os.WIFSIGNALED(status)
    try:
        count = 0

        def seen(_: str) -> None:
            nonlocal count
            count += 1
            if count == step:
                os.kill(os.getpid(), signal.SIGKILL)

        with opened(folder, values) as hub:
            for one in (hub.village.connection, hub.personal.connection):
                one._driver.set_trace_callback(seen)  # type: ignore[attr-defined]
            hub.make()
    finally:
        os._exit(0)


def test_somebody_erased_leaves_the_sum_as_it_is(hub: Hub) -> None:
    person, *_ = [hub.enter(building) for building in range(1, 6)]
    hub.make()
    known = hub.village.household_sums()
    gone = erase_from_personal(hub.personal, person, belongings(hub.personal, person))
    assert gone["heat_summed_sealed"] == 1
    assert len(hub.personal.connection.rows("SELECT * FROM heat_summed")) == 4
    assert hub.make() == SumsMade((), 0)
    assert hub.village.household_sums() == known


def test_what_a_person_may_take_along_says_that_they_are_in_one(hub: Hub) -> None:
    person, *_ = [hub.enter(building) for building in range(1, 6)]
    hub.make()
    stamp = Stamp(1, "boot", 1, TimeQuality.SYNCHRONISED)
    found: Any = everything(hub.personal, hub.village, person, stamp)
    assert found["personal"]["heat_summed"] == [{"person": person, "building": 1}]
    kinds = {one["data_kind"] for one in found["personal"]["consent"]}
    assert kinds == {HEAT_BILLS, HEAT_SUMS}


def test_who_is_in_a_wider_sum_counts_in_the_narrow_ones(hub: Hub) -> None:
    """Of ten houses of a class two are in the type's sum: five more would be over half."""
    for building in (1, 2, 3, 31, 32):
        hub.enter(building)
    assert hub.make() == SumsMade((5,), 0)
    for building in range(33, 38):
        hub.enter(building)
    assert hub.make() == SumsMade((5,), 0)
    assert [(one.type, one.age) for one in hub.village.household_sums().values()] == 2 * [
        ("RH", "")
    ]


ODD = HouseholdSum("RH", "F", 5, 100, 150.0)


@pytest.mark.parametrize("households", [0, 4, 6])
def test_the_schema_itself_refuses_fewer_than_five_and_any_change(
    hub: Hub, households: int
) -> None:
    with pytest.raises(StoreError):
        hub.village.keep_household_sum("a" * 32, replace(ODD, households=households))
    hub.village.keep_household_sum("a" * 32, ODD)
    hub.village.keep_household_sum("a" * 32, replace(ODD, percent=1))
    assert hub.village.household_sums() == {"a" * 32: ODD}
    for sql in ("UPDATE heat_household_sum SET percent = 1", "DELETE FROM heat_household_sum"):
        with pytest.raises(StoreError), hub.village.connection.transaction() as driver:
            driver.execute(sql)
