"""Values with their provenance, addresses, codes, who hangs on which meter."""

from __future__ import annotations

import math
from datetime import date

import pytest

from edge.heat.address import (
    AddressKey,
    Streets,
    house_number,
    plain,
    split_address,
    street_key,
)
from edge.heat.assignment import Assignment, Measured, energy_of, shares_on
from edge.heat.building import (
    AGE_CLASSES,
    Building,
    BuildingType,
    age_class,
    age_words,
    is_one_home,
)
from edge.heat.errors import CadastreError
from edge.heat.said import Method, Said, best

DAY = date(2026, 1, 1)


def said(value: float | str, method: Method = Method.SURVEY, day: date = DAY) -> Said:
    return Said(value, "Test", day, method)


def test_the_better_method_counts_then_the_later_day_then_who_spoke_last() -> None:
    old = said(1.0, Method.MEASURED, date(2020, 1, 1))
    newer = said(2.0, Method.MEASURED, date(2021, 1, 1))
    guess = said(9.0, Method.ESTIMATED, date(2026, 1, 1))
    again = said(3.0, Method.MEASURED, date(2021, 1, 1))
    assert best([]) is None
    assert best([old, newer, guess]) is newer
    assert best([newer, old]) is newer
    assert best([newer, again]) is again


@pytest.mark.parametrize(
    ("value", "low", "high", "source"),
    [
        (1.0, 2.0, 3.0, "x"),
        (1.0, None, 3.0, "x"),
        (math.nan, None, None, "x"),
        (1.0, 0.0, math.inf, "x"),
        ("gas", 0.0, 1.0, "x"),
        (1.0, None, None, "  "),
        (1.0, None, None, "x" * 201),
    ],
)
def test_what_is_no_value_is_refused(
    value: float | str, low: float | None, high: float | None, source: str
) -> None:
    with pytest.raises(CadastreError) as refused:
        Said(value, source, DAY, Method.SURVEY, low, high)
    assert refused.value.hint


def test_a_number_is_no_word() -> None:
    assert Said(5.0, "x", DAY, Method.BILL, 4.0, 6.0).number == 5.0
    with pytest.raises(TypeError):
        _ = said("gas").number


@pytest.mark.parametrize(
    "text",
    ["Hauptstr.", "HAUPTSTRASSE", "Haupt-Straße", "Haupt Str.", " hauptstraße ", "Hauptstr"],
)
def test_ways_to_write_a_street(text: str) -> None:
    assert street_key(text) == "hauptstrasse"


def test_streets_that_differ_stay_apart() -> None:
    names = ["Am Bach", "An der Bache", "Bachstraße", "Bachweg", "Straße des Friedens", "Löhgasse"]
    assert len({street_key(one) for one in names}) == len(names)
    assert street_key("Straße des Friedens") == "strassedesfriedens"
    assert street_key("Löhgasse") == street_key("LOEHGASSE") == "loehgasse"
    assert plain("Café  Ümlaut-Weg") == "cafe uemlaut weg"


@pytest.mark.parametrize("text", ["", "  ", "12", "...", "x" * 101])
def test_what_is_no_street(text: str) -> None:
    with pytest.raises(CadastreError):
        street_key(text)


@pytest.mark.parametrize(
    ("text", "key"),
    [("12", "12"), ("12 A", "12a"), ("012a", "12a"), ("12.0", "12"), ("12 - 14b", "12-14b"),
     ("3/5", "3-5"), ("7 bis 9", "7-9")],
)  # fmt: skip
def test_house_numbers(text: str, key: str) -> None:
    assert house_number(text) == key


@pytest.mark.parametrize("text", ["", "a", "0", "12345", "12ab", "o. Nr.", "-3"])
def test_what_is_no_house_number(text: str) -> None:
    with pytest.raises(CadastreError):
        house_number(text)


def test_an_address_in_one_cell() -> None:
    assert split_address("Hauptstraße 12 a") == ("Hauptstraße", "12 a")
    assert split_address("Straße des 17. Juni, 5-7") == ("Straße des 17. Juni", "5-7")
    with pytest.raises(CadastreError):
        split_address("Hauptstraße")


def test_a_renamed_street_is_the_same_street() -> None:
    streets = Streets({"dorfstrasse": "altestrasse", "altestrasse": "lindenweg"})
    there = streets.key("Hünfeld", "Dorfstr.", "3")
    assert (
        there
        == streets.key("hünfeld", "Lindenweg", "03")
        == AddressKey("huenfeld", "lindenweg", "3")
    )
    assert str(there) == "huenfeld/lindenweg/3"
    with pytest.raises(CadastreError, match="circle"):
        Streets({"a": "b", "b": "a"})


def test_age_classes_have_no_gap() -> None:
    assert "".join(AGE_CLASSES) == "ABCDEFGHIJKL"
    assert [age_class(year) for year in (1700, 1859, 1860, 1978, 1979, 2016)] == list("AABFGL")
    assert [age_words(one) for one in "ABL"] == ["bis 1859", "1860-1918", "ab 2016"]
    assert age_words("F") == "1969-1978"


def building(**facts: float | str) -> Building:
    return Building(1, "Weg 1", facts={name: said(value) for name, value in facts.items()})


def test_what_a_building_says() -> None:
    one = building(type="EFH", year_built=1965.0, age_class="A", area=120.0)
    assert (one.type, one.age) == (BuildingType.DETACHED, "E")
    assert (one.word("area"), one.amount("type"), one.amount("area")) == (None, None, 120.0)
    assert building(age_class="C").age == "C"
    assert (building().type, building().age) == (None, None)


@pytest.mark.parametrize(
    ("facts", "private"),
    [
        ({}, True),
        ({"type": "EFH"}, True),
        ({"type": "MFH"}, True),
        ({"type": "MFH", "units": 4.0}, True),
        ({"type": "MFH", "units": 5.0}, False),
        ({"type": "GMH"}, False),
        ({"type": "GMH", "units": 4.0}, True),
        ({"type": "NWG"}, False),
        ({"units": 6.0}, False),
    ],
)
def test_whose_consumption_is_a_households_own(
    facts: dict[str, float | str], *, private: bool
) -> None:
    assert building(**facts).is_households is private


@pytest.mark.parametrize(
    ("kind", "units", "own"),
    [(None, None, True), ("EFH", None, True), ("RH", None, True), ("MFH", None, False),
     ("EFH", 3.0, False), ("MFH", 2.0, True), ("NWG", 1.0, False)],
)  # fmt: skip
def test_whose_boiler_is_a_households_own(kind: str | None, units: float | None, own: bool) -> None:  # noqa: FBT001
    assert is_one_home(None if kind is None else BuildingType(kind), units) is own


def test_two_buildings_on_one_meter() -> None:
    by_area = [Assignment("Z", 1, DAY), Assignment("Z", 2, DAY)]
    assert shares_on(DAY, "Z", by_area, {1: 100.0, 2: 300.0}) == {1: 0.25, 2: 0.75}
    said_one = [Assignment("Z", 1, DAY, share=0.4), Assignment("Z", 2, DAY)]
    assert shares_on(DAY, "Z", said_one, {}) == {1: 0.4, 2: 0.6}
    assert shares_on(DAY, "other", said_one, {}) == {}
    third = [Assignment("Z", n, DAY, share=0.333333333) for n in (1, 2, 3)]
    assert len(shares_on(DAY, "Z", third, {})) == 3


@pytest.mark.parametrize(
    "wrong",
    [
        [Assignment("Z", 1, DAY, share=0.7), Assignment("Z", 2, DAY, share=0.7)],
        [Assignment("Z", 1, DAY, share=0.7)],
        [Assignment("Z", 1, DAY, share=1.0), Assignment("Z", 2, DAY)],
        [Assignment("Z", 1, DAY), Assignment("Z", 2, DAY)],
        [Assignment("Z", 1, DAY), Assignment("Z", 1, DAY)],
    ],
)
def test_what_cannot_be_shared(wrong: list[Assignment]) -> None:
    with pytest.raises(CadastreError) as refused:
        shares_on(DAY, "Z", wrong, {1: 100.0})
    assert "Z" in refused.value.hint


def test_an_assignment_makes_sense() -> None:
    with pytest.raises(CadastreError):
        Assignment("Z", 1, DAY, share=0.0)
    with pytest.raises(CadastreError):
        Assignment("Z", 1, DAY, DAY)


def test_one_building_on_two_meters_and_a_change_within_the_year() -> None:
    half = date(2026, 7, 2)  # day 183
    assigned = [
        Assignment("A", 1, DAY),
        Assignment("B", 1, DAY, half),
        Assignment("B", 2, half),
    ]
    year = [Measured("A", DAY, date(2026, 12, 31), 1000.0)]
    year += [Measured("B", DAY, date(2026, 12, 31), 3650.0)]
    found = energy_of(year, assigned, {})
    assert found[1] == pytest.approx(1000 + 1820)
    assert found[2] == pytest.approx(1830)
    assert sum(found.values()) == pytest.approx(4650)
    with pytest.raises(CadastreError, match="hangs on nothing"):
        energy_of([Measured("C", DAY, DAY, 1.0)], assigned, {})
