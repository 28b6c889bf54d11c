from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from dateutil.easter import easter as other_easter
from hypothesis import given
from hypothesis import strategies as st

from edge.learning.moment import to_local, to_ms
from edge.village.holidays import easter, holiday
from edge.village.hours import (
    DAY_MINUTES,
    Place,
    SpecialDays,
    checked,
    clock,
    day_of,
    days,
    now,
    read_spans,
    shown,
)
from edge.village.words import Refused

MONDAY = date(2026, 11, 23)
HALL = Place(
    name="Halle",
    week={
        0: ((540, 720), (870, 1080)),  # 9 to 12, 14:30 to 18
        4: ((1200, DAY_MINUTES + 120),),  # Friday, 20 to 2 at night
        5: ((600, DAY_MINUTES),),  # Saturday, 10 to 24
        6: ((0, 240),),  # Sunday, 0 to 4
    },
)


def at(day: date, hour: int, minute: int = 0) -> int:
    return to_ms(day, time(hour, minute))


def until(place: Place, moment: int) -> tuple[bool, str | None]:
    found = now(place, moment)
    end = None if found.until is None else f"{to_local(found.until):%d.%m. %H:%M}"
    return found.is_open, end


def test_every_easter_is_where_others_have_it() -> None:
    assert all(easter(year) == other_easter(year) for year in range(1583, 4099))


def test_the_holidays_of_hesse() -> None:
    found = {
        day: holiday(day) for n in range(365) if holiday(day := date(2027, 1, 1) + timedelta(n))
    }
    assert found == {
        date(2027, 1, 1): "Neujahr",
        date(2027, 3, 26): "Karfreitag",
        date(2027, 3, 29): "Ostermontag",
        date(2027, 5, 1): "Tag der Arbeit",
        date(2027, 5, 6): "Christi Himmelfahrt",
        date(2027, 5, 17): "Pfingstmontag",
        date(2027, 5, 27): "Fronleichnam",
        date(2027, 10, 3): "Tag der Deutschen Einheit",
        date(2027, 12, 25): "1. Weihnachtstag",
        date(2027, 12, 26): "2. Weihnachtstag",
    }


def test_open_until_and_closed_until() -> None:
    assert until(HALL, at(MONDAY, 8)) == (False, "23.11. 09:00")
    assert until(HALL, at(MONDAY, 9)) == (True, "23.11. 12:00")
    assert until(HALL, at(MONDAY, 12)) == (False, "23.11. 14:30")
    assert until(HALL, at(MONDAY, 17, 59)) == (True, "23.11. 18:00")
    assert until(HALL, at(MONDAY, 18)) == (False, "27.11. 20:00")


def test_past_midnight_it_is_still_open() -> None:
    saturday = MONDAY + timedelta(5)
    assert until(HALL, at(saturday, 1)) == (True, "28.11. 02:00")
    assert until(HALL, at(saturday, 2)) == (False, "28.11. 10:00")


def test_what_touches_is_one_time() -> None:
    assert until(HALL, at(MONDAY + timedelta(5), 12)) == (True, "29.11. 04:00")
    midday = replace(HALL, week={0: ((540, 720), (720, 1020))})
    assert until(midday, at(MONDAY, 10)) == (True, "23.11. 17:00")


def test_a_holiday_beats_the_week_and_an_exception_the_holiday() -> None:
    new_year = date(2027, 1, 1)  # a Friday
    assert day_of(HALL, new_year).spans == ()
    assert day_of(HALL, new_year).why == "Neujahr"
    assert now(HALL, at(new_year, 21)).why == "Neujahr"
    assert day_of(replace(HALL, on_holidays=True), new_year).spans == HALL.week[4]
    special = SpecialDays(new_year, new_year, ((900, 960),), "Neujahrskaffee")
    found = day_of(replace(HALL, special=(special,)), new_year)
    assert (found.spans, found.why) == (((900, 960),), "Neujahrskaffee")
    assert until(replace(HALL, special=(special,)), at(new_year, 15, 30)) == (True, "01.01. 16:00")


def test_closed_for_long_says_no_day() -> None:
    assert until(Place(name="Alt"), at(MONDAY, 9)) == (False, None)
    shut = SpecialDays(MONDAY, MONDAY + timedelta(80), (), "Umbau")
    found = now(replace(HALL, special=(shut,)), at(MONDAY, 9))
    assert (found.is_open, found.until, found.why) == (False, None, "Umbau")


def test_the_night_of_the_change_of_the_clock() -> None:
    change = date(2027, 3, 28)  # a Sunday; 2 to 3 is skipped
    night = replace(HALL, week={6: ((120 + 30, 240),)})  # from 2:30, which there is not
    assert until(night, at(change, 1)) == (False, "28.03. 03:00")
    assert until(night, at(change, 3)) == (True, "28.03. 04:00")


def test_a_week_from_a_day_on() -> None:
    found = days(HALL, MONDAY)
    assert [len(one.spans) for one in found] == [2, 0, 0, 0, 1, 1, 1]
    assert found[-1].day == date(2026, 11, 29)


@pytest.mark.parametrize(
    ("typed", "spans"),
    [
        ("9 bis 12, 14:30 bis 18", ((540, 720), (870, 1080))),
        ("14.30-18 und 9–12 Uhr", ((540, 720), (870, 1080))),
        ("20 bis 2", ((1200, 1560),)),
        ("10 bis 24", ((600, 1440),)),
        ("0-24", ((0, 1440),)),
        ("", ()),
        (" geschlossen ", ()),
        ("zu", ()),
        ("–", ()),
    ],
)
def test_what_people_write(typed: str, spans: tuple[tuple[int, int], ...]) -> None:
    assert read_spans(typed) == spans


@pytest.mark.parametrize(
    "typed",
    ["morgens", "9 bis", "9 bis 25", "24 bis 3", "9:70 bis 12", "9 bis 12:60", "9-12, 11-13",
     "1-2,3-4,5-6,7-8,9-10", "8-9-10"],
)  # fmt: skip
def test_what_is_no_time_is_said(typed: str) -> None:
    with pytest.raises(Refused) as error:
        read_spans(typed, "tag0")
    assert (error.value.code, error.value.field) == ("spans", "tag0")


@given(st.lists(st.integers(0, DAY_MINUTES), min_size=0, max_size=6, unique=True))
def test_what_is_shown_is_read_again(cuts: list[int]) -> None:
    cuts = sorted(cuts)[: len(cuts) // 2 * 2]
    spans = tuple(zip(cuts[::2], cuts[1::2], strict=True))
    assert read_spans(shown(spans)) == spans
    assert all(clock(minutes)[-3] == ":" for span in spans for minutes in span)


def test_past_midnight_is_shown_as_the_clock_does() -> None:
    assert shown(((1200, 1560),)) == "20:00–2:00"
    assert shown(((600, 1440),)) == "10:00–24:00"


def test_a_place_is_put_in_order() -> None:
    old = SpecialDays(MONDAY - timedelta(9), MONDAY - timedelta(1))
    today = SpecialDays(MONDAY, MONDAY, why=" Fest ")
    later = SpecialDays(MONDAY + timedelta(3), MONDAY + timedelta(4))
    made = checked(
        Place(name=" Halle ", phone="06403 / 12-34", special=(later, today, old)), MONDAY
    )
    assert (made.name, made.phone) == ("Halle", "06403 / 12-34")
    assert made.special == (replace(today, why="Fest"), later)


@pytest.mark.parametrize(
    ("place", "code", "field"),
    [
        (Place(name=" "), "empty", "name"),
        (Place(name="H", phone="ruf an"), "phone", "phone"),
        (Place(name="H", note="x" * 201), "long", "note"),
        (
            Place(name="H", special=(SpecialDays(MONDAY, MONDAY - timedelta(1)),)),
            "order", "last",
        ),
        (
            Place(name="H", special=(SpecialDays(MONDAY, MONDAY + timedelta(92)),)),
            "lasts", "last",
        ),
        (
            Place(name="H", special=(SpecialDays(MONDAY, MONDAY),) * 2),
            "twice", "first",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_place_is_said(place: Place, code: str, field: str) -> None:
    with pytest.raises(Refused) as error:
        checked(place, MONDAY)
    assert (error.value.code, error.value.field) == (code, field)
