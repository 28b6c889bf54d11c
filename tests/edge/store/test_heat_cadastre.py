"""The heat cadastre's tables: nothing is overwritten, and what is a household's is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from edge.care.consent import HEAT_BILLS, HEAT_CADASTRE
from edge.heat.address import Streets
from edge.heat.assignment import Assignment
from edge.heat.said import Method, Said
from edge.store.errors import StoreError
from edge.store.personal import PersonalStore
from edge.store.village import VillageStore
from edge.store.village_heat import _OF_BUILDING, Kept, NewBuilding
from edge.store.village_heat_runs import EstimateRow, KeptFinding, TotalRow
from edge.store.village_heat_years import NORMAL, YearSaid
from edge.store.village_plan_told import Whole, note_plan, told_plan, whole_of

DAY = date(2026, 1, 1)


@pytest.fixture
def village(tmp_path: Path) -> Iterator[VillageStore]:
    with VillageStore(tmp_path / "village.db") as store:
        yield store


def said(value: float | str, method: Method = Method.SURVEY, source: str = "Test") -> Said:
    return Said(value, source, DAY, method)


def house(number: str = "1", **facts: float | str) -> NewBuilding:
    return NewBuilding(
        Streets().key("Hünfeld", "Dorfstraße", number),
        f"Dorfstraße {number}",
        "Hünfeld",
        {name: said(value) for name, value in facts.items()},
        block="B1",
        section="Dorfstraße (1)",
    )


def keep(village: VillageStore, one: NewBuilding) -> Kept:
    (kept,) = village.keep_buildings([one], 5)
    return kept


def year(of: int, kwh: float = 90_000.0) -> YearSaid:
    return YearSaid(of, kwh, "Versorger", Method.BILL, DAY)


def test_what_is_said_again_is_kept_once_and_nothing_is_overwritten(village: VillageStore) -> None:
    first = keep(village, house(type="EFH", area=120.0))
    assert (first.is_new, first.values) == (True, 2)
    assert keep(village, house(type="EFH", area=120.0)) == Kept(first.building, False, 0)
    keep(village, house(area=140.0))
    (one,) = village.cadastre()
    assert (one.amount("area"), one.block, one.section) == (140.0, "B1", "Dorfstraße (1)")
    assert village.heat_building(first.building) == one
    assert [(name, value.value) for name, value, _ in village.heat_history(one.number)] == [
        ("type", "EFH"), ("area", 120.0), ("area", 140.0),
    ]  # fmt: skip
    for sql in ("UPDATE heat_fact SET number = 1 WHERE name = 'area'", "DELETE FROM heat_fact"):
        with pytest.raises(StoreError, match="is not"), village.connection.transaction() as driver:
            driver.execute(sql)


def test_a_building_s_values_are_found_without_reading_all(village: VillageStore) -> None:
    """A table of many lines took the square of their number."""
    (plan, *_) = village.connection.rows(
        "EXPLAIN QUERY PLAN SELECT name FROM heat_fact WHERE coalesce(building, -place) = 1"
        " AND name IN ('type', 'units')"
    )
    assert "USING INDEX heat_fact_once" in str(plan[3])
    assert _OF_BUILDING == "coalesce(building, -place) = ?"


def test_a_better_method_counts_over_a_later_guess(village: VillageStore) -> None:
    better = NewBuilding(
        *(house().key, "Dorfstraße 1", "Hünfeld", {"area": said(118.0, Method.MEASURED)})
    )
    keep(village, better)
    keep(village, house(area=200.0))
    assert village.cadastre()[0].amount("area") == 118.0


def test_what_heats_a_house_of_one_home_is_not_kept_in_the_open(village: VillageStore) -> None:
    kept = keep(village, house(type="EFH", carrier="oil", generator_kw=24.0))
    assert kept.private == ("carrier", "generator_kw")
    assert village.cadastre()[0].word("carrier") is None
    with pytest.raises(StoreError, match="one home"), village.connection.transaction() as driver:
        driver.execute(
            "INSERT INTO heat_fact (building, name, word, source, method, day, said_at)"
            " VALUES (?, 'carrier', 'oil', 'x', 1, '2026-01-01', 1)",
            (kept.building,),
        )
    flats = keep(village, house("2", type="MFH", units=8.0, carrier="gas"))
    assert (flats.private, flats.few) == ((), False)


def test_consumption_of_few_homes_is_refused_whoever_writes(village: VillageStore) -> None:
    few = keep(village, house(type="MFH", units=4.0)).building
    with pytest.raises(StoreError) as refused:
        village.keep_years([(few, year(2024))], 1)
    assert "heat home add" in refused.value.hint
    with pytest.raises(StoreError, match="fewer"), village.connection.transaction() as driver:
        driver.execute(
            "INSERT INTO heat_year (building, year, kwh, source, method, day, said_at)"
            " VALUES (?, 2024, 1, 'x', 1, '2026-01-01', 1)",
            (few,),
        )
    many = keep(village, house("2", type="MFH", units=5.0)).building
    assert village.keep_years([(many, year(2024))], 1) == 1
    assert village.keep_years([(many, year(2024))], 2) == 0
    assert village.lawful_years() == {many: {2024: 90_000.0}}
    with pytest.raises(StoreError, match="not changed"), village.connection.transaction() as driver:
        driver.execute("UPDATE heat_year SET kwh = 1")


def test_a_building_that_turns_out_to_be_a_households_leaves_nothing(
    village: VillageStore,
) -> None:
    one = keep(village, house(type="MFH", units=5.0, carrier="gas")).building
    village.keep_years([(one, year(2024))], 1)
    (block,) = village.heat_places("block")
    run = village.keep_run(
        *(9, "t", (1, 0), [EstimateRow(one, 9e4, 8e4, 1e5, "measured")]),
        [TotalRow(block.place, 5, 9e4, 8e4, 1e5)],
    )
    right = NewBuilding(house().key, "Dorfstraße 1", "", {"units": said(1.0, Method.MEASURED)})
    kept = keep(village, right)
    assert (kept.few, kept.lost) == (True, 4)
    assert (village.heat_estimates(), village.heat_totals(run)) == ({}, {})
    assert village.lawful_years() == {}
    assert village.cadastre()[0].word("carrier") is None


def houses(village: VillageStore, count: int) -> list[int]:
    given = [house(str(n), type="EFH") for n in range(1, count + 1)]
    return [one.building for one in village.keep_buildings(given, 1)]


def test_a_group_has_five_buildings_and_stays_as_it_is(village: VillageStore) -> None:
    all_ = houses(village, 12)
    with pytest.raises(StoreError, match="fewer than five"):
        village.keep_group("zu klein", all_[:4], [year(2024)], 1)
    assert village.keep_group("Nord", all_[:6], [year(2023), year(2024)], 1) == 2
    assert village.keep_group("Nord", all_[:6], [year(2024)], 1) == 0
    with pytest.raises(StoreError, match="another group"):
        village.keep_group("Nord", all_[:7], [year(2025)], 1)
    with pytest.raises(StoreError, match="another group"):
        village.keep_group("Nord und einer", all_[:7], [year(2024)], 1)
    assert village.keep_group("Süd", all_[6:], [year(2024)], 1) == 1
    (north, south) = village.heat_groups()
    assert (north.name, len(north.buildings), south.years) == ("Nord", 6, {2024: 90_000.0})
    for sql, wrong in (
        ("DELETE FROM heat_group_member WHERE building = ?", all_[0]),
        ("INSERT INTO heat_group_member VALUES (1, ?)", all_[7]),
    ):
        with (
            pytest.raises(StoreError, match="not changed"),
            village.connection.transaction() as driver,
        ):
            driver.execute(sql, (wrong,))


def flats(village: VillageStore, first: int, count: int) -> list[int]:
    given = [house(str(n), type="MFH", units=8.0) for n in range(first, first + count)]
    return [one.building for one in village.keep_buildings(given, 1)]


def test_groups_share_no_building_so_that_sums_of_groups_show_none(village: VillageStore) -> None:
    all_ = houses(village, 12)
    village.keep_group("A", all_[1:6], [year(2024)], 1)
    village.keep_group("B", all_[6:11], [year(2024)], 1)
    with pytest.raises(StoreError, match="another group"):
        village.keep_group("A, B und ein Haus", all_[1:12], [year(2024)], 1)
    assert len(village.heat_groups()) == 2
    with pytest.raises(StoreError), village.connection.transaction() as driver:
        driver.execute("INSERT INTO heat_group_member VALUES (2, ?)", (all_[1],))
    with pytest.raises(StoreError, match="without consumption"):
        village.keep_group("leer", [all_[0]] * 5 + all_[11:] + [91, 92, 93], [], 1)


def test_what_is_left_of_a_group_without_single_years_is_five(village: VillageStore) -> None:
    home = houses(village, 1)
    known = flats(village, 20, 4)
    village.keep_years([(one, year(2024)) for one in known], 1)
    with pytest.raises(StoreError, match="are left"):
        village.keep_group("vier und eins", known + home, [year(2024)], 1)
    with village.connection.transaction() as driver:
        driver.execute("INSERT INTO heat_group VALUES (9, 'x', 1)")
        driver.executemany(
            "INSERT INTO heat_group_member VALUES (9, ?)", [(one,) for one in known + home]
        )
    with pytest.raises(StoreError, match="five"), village.connection.transaction() as driver:
        driver.execute(_GROUP_YEAR)


_GROUP_YEAR = (
    "INSERT INTO heat_year (one_group, year, kwh, source, method, day, said_at)"
    " VALUES (9, 2024, 1, 'x', 1, '2026-01-01', 1)"
)


def test_single_years_and_meters_that_come_later_leave_five_of_a_group(
    village: VillageStore,
) -> None:
    home = houses(village, 1)
    many = flats(village, 20, 6)
    village.keep_group("Nord", home + many, [year(2024)], 1)
    village.keep_years([(many[0], year(2024))], 1)
    village.assign_meter(Assignment("halle", many[1], DAY), "Plan", Method.SURVEY, 1)
    with pytest.raises(StoreError, match="are left"):
        village.keep_years([(many[2], year(2022))], 1)
    with pytest.raises(StoreError, match="are left"):
        village.assign_meter(Assignment("halle", many[2], DAY), "Plan", Method.SURVEY, 1)
    assert village.keep_years([(many[0], year(2022)), (many[1], year(2022))], 1) == 2
    for sql in (
        (
            "INSERT INTO heat_year (building, year, kwh, source, method, day, said_at) VALUES (?,"
            " 2024, 1, 'x', 1, '2026-01-01', 1)"
        ),
        (
            "INSERT INTO heat_meter (meter, building, valid_from, source, method, said_at) VALUES"
            " ('x', ?, '2026-01-01', 'x', 1, 1)"
        ),
    ):
        with (
            pytest.raises(StoreError, match="left of its group"),
            village.connection.transaction() as driver,
        ):
            driver.execute(sql, (many[2],))
    assert village.keep_group("Nord", home + many, [year(2023)], 1) == 1


def test_a_small_group_is_refused_by_the_schema_too(village: VillageStore) -> None:
    with village.connection.transaction() as driver:
        driver.execute("INSERT INTO heat_group VALUES (1, 'x', 1)")
    with pytest.raises(StoreError, match="five"), village.connection.transaction() as driver:
        driver.execute(
            "INSERT INTO heat_year (one_group, year, kwh, source, method, day, said_at)"
            " VALUES (1, 2024, 1, 'x', 1, '2026-01-01', 1)"
        )


def test_meters_of_the_village_and_no_others(village: VillageStore) -> None:
    (one, two) = houses(village, 2)
    village.assign_meter(Assignment("halle", one, DAY), "Plan", Method.SURVEY, 1)
    village.assign_meter(Assignment("halle", two, DAY, share=0.25), "Plan", Method.SURVEY, 1)
    assert village.end_meter("halle", one, date(2026, 6, 1)) == 1
    assert village.meter_assignments() == [
        Assignment("halle", one, DAY, date(2026, 6, 1)),
        Assignment("halle", two, DAY, share=0.25),
    ]
    assert (village.homes_on("halle"), village.homes_on("nichts")) == (2, 0)
    village.assign_meter(Assignment("halle", flats(village, 20, 1)[0], DAY), "", Method.SURVEY, 1)
    assert village.homes_on("halle") == 7
    village.admit_meter("wmbus:KAM-76348799-1B-04", 1)
    with pytest.raises(StoreError, match="household's meter"):
        village.assign_meter(
            Assignment("wmbus:KAM-76348799-1B-04", one, DAY), "Plan", Method.SURVEY, 1
        )


def named(ref: str, number: str = "1") -> NewBuilding:
    return replace(house(number, type="EFH"), ref=ref)


def test_a_building_is_one_with_and_without_the_registers_name(village: VillageStore) -> None:
    """A name in one table and none in the next made every building twice."""
    with_name = keep(village, named("DEHE1")).building
    assert keep(village, house()).building == with_name
    without = keep(village, house("2")).building
    assert keep(village, named("DEHE2", "2")).building == without
    assert keep(village, named("DEHE2", "2")).building == without
    assert keep(village, house("2")).building == without
    assert len(village.cadastre()) == 2
    other = keep(village, named("DEHE3", "2"))
    assert (other.is_new, other.building != without) == (True, True)
    assert keep(village, house("2", area=99.0)) == Kept(0, False, 0, several=2)
    assert [one.amount("area") for one in village.cadastre()] == [None] * 3
    village.remove_building(without, 7)
    assert keep(village, house("2")).building == other.building


def test_a_renamed_street_and_what_stands_no_longer(village: VillageStore) -> None:
    (one,) = houses(village, 1)
    there = replace(house(), key=Streets().key("Burghaun", "Dorfstraße", "1"))
    elsewhere = keep(village, there).building
    assert village.municipalities_with("dorfstrasse") == ["burghaun", "huenfeld"]
    village.rename_street("huenfeld", "dorfstrasse", "lindenweg", "Beschluss 3/2026", 1)
    assert village.buildings_at(Streets().key("Burghaun", "Dorfstraße", "1")) == [elsewhere]
    village.remove_building(elsewhere, 6)
    streets = Streets(village.renamed_streets())
    key = streets.key("hünfeld", "Dorfstr.", "1")
    assert str(streets.key("Burghaun", "Dorfstr.", "1")) == "burghaun/dorfstrasse/1"
    assert village.buildings_at(key) == [one]
    again = keep(village, NewBuilding(key, "Lindenweg 1", "Hünfeld", {}))
    assert (again.building, again.is_new) == (one, False)
    assert village.remove_building(one, 7)
    assert not village.remove_building(one, 8)
    assert (village.cadastre(), village.buildings_at(key)) == ([], [])
    assert village.heat_building(99) is None


def test_places_imports_degree_days_and_runs(village: VillageStore) -> None:
    network = village.keep_place("network", "Nahwärme", {}, 1)
    village.keep_place("station", "Schule", {"kw": said(200.0)}, 1, parent=network)
    (station,) = village.heat_places("station")
    assert (station.parent, station.facts["kw"].value) == ("Nahwärme", 200.0)
    outline = '{"type":"Point","coordinates":[9.7,50.6]}'
    block = village.keep_place("block", "B9", {}, 1)
    village.keep_outlines(places={block: outline})
    assert village.place_outlines("block") == {block: outline}
    assert village.building_outline(99) is None

    number = village.begin_import("alt.csv", "00", 3)
    found = KeptFinding(4, "Fläche", "viel", "number", "keine Zahl", "bitte eine Zahl", False)
    village.keep_findings(number, [found, found])
    village.end_import(number, 10, 9, 1)
    (kept,) = village.heat_imports()
    assert (kept.file, kept.lines, kept.refused) == ("alt.csv", 10, 1)
    assert village.heat_findings(number) == [found, found]

    village.keep_degree_days(2024, 3000.0, "Wetterdienst", 1)
    village.keep_degree_days(NORMAL, 3500.0, "Wetterdienst", 1)
    village.keep_degree_days(NORMAL, 3400.0, "Wetterdienst", 2)
    assert village.degree_days() == {2024: 3000.0, NORMAL: 3400.0}

    assert village.last_heat_run() is None
    (one,) = houses(village, 1)
    rows = [EstimateRow(one, 20_000.0, 15_000.0, 27_000.0, "Bauart")]
    run = village.keep_run(9, "t", (0, 1), rows, [TotalRow(block, 5, 9.0, 8.0, 10.0)])
    assert village.heat_estimates(one) == {one: rows[0]}
    assert village.heat_totals(run)[block].kwh == 9.0
    last = village.last_heat_run()
    assert last is not None
    assert (last.run, last.buildings, last.grouped) == (run, 1, 1)
    with pytest.raises(StoreError):
        village.keep_run(9, "t", (0, 0), [], [TotalRow(block, 4, 9.0, 8.0, 10.0)])


@pytest.fixture
def personal(tmp_path: Path) -> Iterator[PersonalStore]:
    (tmp_path / "key").write_text("5a" * 32)
    with PersonalStore.open(tmp_path / "personal.db", tmp_path / "key") as store:
        yield store


def agree(personal: PersonalStore, person: int) -> None:
    personal.give_consent(
        person, purpose=HEAT_CADASTRE, data_kind=HEAT_BILLS, sentence="Ja.", given_how="", at=1
    )


def test_a_home_speaks_while_its_people_agree(personal: PersonalStore) -> None:
    erna = personal.add_person("Erna", 1)
    personal.add_home(7, erna, 1)
    facts = {"year:2024": said(21_987.0, Method.BILL), "carrier": said("oil")}
    with pytest.raises(StoreError):
        personal.keep_home_facts(erna, 7, facts, 1)
    agree(personal, erna)
    assert personal.keep_home_facts(erna, 7, facts, 1) == 2
    assert personal.keep_home_facts(erna, 7, facts, 2) == 0
    assert personal.homes() == {7: [erna]}
    assert [(one.name, one.said.value) for one in personal.home_facts()] == [
        ("carrier", "oil"), ("year:2024", 21_987.0),
    ]  # fmt: skip
    with pytest.raises(StoreError):
        personal.keep_home_facts(erna, 8, facts, 1)
    personal.withdraw_consent(erna, 5, purpose=HEAT_CADASTRE)
    assert (personal.home_facts(), personal.homes()) == ([], {})
    assert personal.connection.rows("SELECT * FROM heat_home_fact_sealed") == []


def test_the_better_of_two_people_counts(personal: PersonalStore) -> None:
    erna, karl = (personal.add_person(name, 1) for name in ("Erna", "Karl"))
    for person in (erna, karl):
        agree(personal, person)
        personal.add_home(7, person, 1)
    personal.keep_home_facts(karl, 7, {"year:2024": said(2.0, Method.MEASURED)}, 1)
    personal.keep_home_facts(erna, 7, {"year:2024": said(1.0, Method.BILL)}, 1)
    (one,) = personal.home_facts()
    assert (one.person, one.said.value) == (karl, 2.0)


def test_the_sum_of_a_release_is_its_own_run_s_and_none_of_fewer_than_five(
    village: VillageStore,
) -> None:
    connection = village.connection
    first = village.keep_run(1, "T", (0, 0), [], [])
    village.keep_whole(first, Whole(5, 100.0, 90.0, 115.0))
    release = village.keep_release(1, 2026, first, [], {})
    assert whole_of(connection, release) == Whole(5, 100.0, 90.0, 115.0)
    second = village.keep_run(2, "T", (0, 0), [], [])
    village.keep_whole(second, Whole(4, 80.0, 70.0, 95.0))
    assert whole_of(connection, release) == Whole(5, 100.0, 90.0, 115.0)
    later = village.keep_release(2, 2026, second, [], {})
    assert whole_of(connection, later) is None


def test_which_release_was_told_last_is_known(village: VillageStore) -> None:
    assert told_plan(village.connection) is None
    for mark in (b"a" * 32, b"b" * 32, b"a" * 32):
        with village.connection.transaction() as driver:
            note_plan(driver, mark, 1)
        assert told_plan(village.connection) == mark
