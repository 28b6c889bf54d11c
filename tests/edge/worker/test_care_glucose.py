"""Glucose through the care drain: contexts find their values, monitors their sessions."""

from __future__ import annotations

from typing import Any

from edge.care import kinds
from edge.worker.care_drain import Drained
from hardware.ble.clock import DateTime
from hardware.ble.glucose import Glucose, encode_glucose
from hardware.ble.medfloat import MedFloat
from hardware.reading import TimeQuality
from tests.edge.worker.measured import (
    MINUTE_MS,
    MORNING,
    MORNING_MS,
    NOON,
    cgm,
    context,
    glucose,
    numbers,
    person,
    session,
)


def test_a_glucose_value_and_its_context_belong_together(house: Any) -> None:
    erna = person(house, kinds.GLUCOSE)
    house.receive("2A18", glucose(5, follows=True))
    house.receive("2A34", context(5))
    assert house.drain() == Drained(stored=2)
    value, meal = house.measured(erna)
    assert numbers(value) == {"glucose_mass_concentration": 102.0}
    assert (value.sequence, meal.sequence) == (5, 5)
    assert value.flags["type"] == "capillary_whole_blood"
    assert value.flags["device_battery_low"] is True
    assert (value.observed_at, meal.observed_at) == (MORNING_MS, MORNING_MS + 1)
    assert meal.time_quality is TimeQuality.HELD
    assert (meal.source, meal.flags["meal"]) == ("2A34", "preprandial")


def test_a_context_that_comes_later_or_twice_still_finds_its_value(house: Any) -> None:
    erna = person(house, kinds.GLUCOSE)
    house.receive("2A18", glucose(5, follows=True))
    house.drain()
    for _ in range(2):
        house.clock.advance(86_400_000)  # another day: the journal takes it for another one
        house.receive("2A34", context(5))
        house.drain()
    assert [one.observed_at for one in house.measured(erna)] == [MORNING_MS, MORNING_MS + 1]


def test_a_context_without_its_value_is_sure_only_with_one_owner(house: Any) -> None:
    erna = person(house, kinds.GLUCOSE)
    house.receive("2A34", context(9))
    assert house.drain() == Drained(stored=1)
    assert house.measured(erna)[0].time_quality is TimeQuality.SYNCHRONISED
    heinz = house.personal.add_person("Heinz", NOON)
    house.assign(heinz, NOON + 3000)
    house.receive("2A34", context(10))
    assert house.drain() == Drained(unclaimed=1)


def test_a_control_solution_is_nobody_s_glucose(house: Any) -> None:
    erna = person(house, kinds.GLUCOSE)
    house.receive(
        "2A18", encode_glucose(Glucose(6, MORNING, concentration=MedFloat(102, -5), sample=0x4A))
    )
    assert house.drain() == Drained(stored=1)
    assert house.measured(erna) == []


def test_a_continuous_monitor_counts_from_its_session_s_start(house: Any) -> None:
    erna = person(house, kinds.CONTINUOUS_GLUCOSE)
    house.receive("2AAA", session(MORNING))
    house.receive("2AA7", cgm(5, 10))
    house.receive("2AA7", cgm(15))
    assert house.drain() == Drained(stored=3)
    rows = house.measured(erna)
    assert [row.observed_at - MORNING_MS for row in rows] == [n * MINUTE_MS for n in (5, 10, 15)]
    assert [numbers(row)["glucose_mass_concentration"] for row in rows] == [115.0, 120.0, 125.0]
    assert {row.time_quality for row in rows} == {TimeQuality.HELD}


def test_without_its_session_a_monitor_s_value_waits(house: Any) -> None:
    erna = person(house, kinds.CONTINUOUS_GLUCOSE)
    entry = house.receive("2AA7", cgm(5))
    assert house.run() == Drained()
    assert house.journal.entry(entry).message == "no session"
    house.receive("2AAA", session(MORNING, zone=4, summer=4))  # UTC+1 and summer
    house.run()
    assert house.run() == Drained(stored=1)
    (row,) = house.measured(erna)
    assert row.observed_at == MORNING_MS - 120 * MINUTE_MS + 5 * MINUTE_MS


def test_a_session_belongs_to_what_came_while_it_ran(house: Any) -> None:
    erna = person(house, kinds.CONTINUOUS_GLUCOSE)
    house.receive("2AAA", session(MORNING))
    house.receive("2AAA", session(DateTime(2026, 9, 21, 11, 0, 0)))
    house.receive("2AAA", session(DateTime(2030, 1, 1, 0, 0, 0)))  # not yet
    house.receive("2AAA", session(DateTime(0, 0, 0, 0, 0, 0)))  # knows no day
    house.receive("2AA7", cgm(5))
    house.drain()
    (row,) = house.measured(erna)
    assert row.observed_at == NOON - 55 * MINUTE_MS


def test_a_monitor_of_another_time_falls_back_to_the_arrival(house: Any) -> None:
    erna = person(house, kinds.CONTINUOUS_GLUCOSE)
    house.receive("2AAA", session(DateTime(2000, 1, 1, 0, 0, 0)))
    house.receive("2AA7", cgm(5))
    house.drain()
    (row,) = house.measured(erna)
    assert (row.observed_at, row.time_quality) == (NOON + 2000, TimeQuality.SYNCHRONISED)
