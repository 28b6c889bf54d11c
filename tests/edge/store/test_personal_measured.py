"""Single values of a person: where they stand, of which kinds, and which are new."""

from __future__ import annotations

import pytest

from edge.care.consent import BLOOD_PRESSURE, CARE
from edge.care.measured import Measured
from edge.store import personal_measured
from edge.store.personal import PersonalStore
from edge.store.personal_measured import Seen
from edge.store.personal_rows import CareRow, Number, Observation
from hardware.reading import TimeQuality

CUFF, THERMOMETER = "ble:C0112233AABB", "ble:C0112233AACC"
KNOWN, UNKNOWN = TimeQuality.SYNCHRONISED, TimeQuality.UNKNOWN


def somebody(personal: PersonalStore, name: str = "Erna") -> int:
    person = personal.add_person(name, 1)
    for kind in (BLOOD_PRESSURE, "temperature"):
        personal.give_consent(
            person, purpose=CARE, data_kind=kind, sentence="Ja.", given_how="mündlich", at=1
        )
    return person


def warm(person: int, at: int, value: float, quality: TimeQuality = KNOWN) -> Observation:
    return Observation(
        at, THERMOMETER, "temperature", person, quality, at + 5, at, "2A1C",
        values=(Number("body_temperature", value), Number("body_temperature", value + 1, "other")),
    )  # fmt: skip


def pressure(person: int, at: int) -> CareRow:
    return CareRow(at, CUFF, person, KNOWN, at + 3, at, 121.0, 81.0, None, 66.0)


def test_all_values_of_a_person_stand_in_the_order_they_were_measured(
    personal: PersonalStore,
) -> None:
    erna, otto = somebody(personal), somebody(personal, "Otto")
    personal.add_measured([pressure(erna, 2000), pressure(otto, 2500)], [warm(erna, 1000, 37.0)])
    found = personal.measured(erna, 0)
    assert found == [
        Measured(erna, 1000, 1005, "temperature", "body_temperature", 37.0, THERMOMETER, KNOWN),
        Measured(erna, 1000, 1005, "temperature", "body_temperature", 38.0, THERMOMETER, KNOWN),
        Measured(erna, 2000, 2003, BLOOD_PRESSURE, "blood_pressure_systolic", 121.0, CUFF, KNOWN),
        Measured(erna, 2000, 2003, BLOOD_PRESSURE, "blood_pressure_diastolic", 81.0, CUFF, KNOWN),
        Measured(erna, 2000, 2003, BLOOD_PRESSURE, "pulse_rate", 66.0, CUFF, KNOWN),
    ]
    assert personal.measured(erna, 1000, 2000) == found[:2]
    assert personal.measured(erna, 0, kinds=["temperature"]) == found[:2]
    assert personal.measured(erna, 0, kinds=[BLOOD_PRESSURE]) == found[2:]
    assert personal.measured(erna, 0, kinds=[]) == []


def test_what_came_under_a_wrong_clock_stands_where_it_was_placed(
    personal: PersonalStore,
) -> None:
    erna = somebody(personal)
    personal.add_measured([], [warm(erna, 1000, 37.0, UNKNOWN)])
    with personal.connection.transaction() as driver:
        driver.execute(
            "INSERT INTO placed_care VALUES (1000, ?, 'temperature', ?, 1, 900000, ?)",
            (THERMOMETER, erna, int(TimeQuality.HELD)),
        )
    assert personal.measured(erna, 0, 500_000) == []
    (found, _) = personal.measured(erna, 500_000)
    assert (found.observed_at, found.time_quality) == (900_000, TimeQuality.HELD)


def test_each_new_round_is_given_once(
    personal: PersonalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    erna = somebody(personal)
    assert personal.measured_after(Seen()) == ([], Seen())
    personal.add_measured([pressure(erna, 2000)], [warm(erna, 1000, 37.0)])
    found, seen = personal.measured_after(Seen())
    assert [one.observed_at for one in found] == [1000, 1000, 2000, 2000, 2000]
    assert personal.measured_after(seen) == ([], seen)
    assert personal.newest_seen() == seen == Seen(1, 1)
    personal.add_measured([pressure(erna, 500)], [])
    personal.add_measured([pressure(erna, 600)], [])
    monkeypatch.setattr(personal_measured, "MOST_ROUNDS", 1)
    found, seen = personal.measured_after(seen)
    assert {one.observed_at for one in found} == {500}
    found, seen = personal.measured_after(seen)
    assert {one.observed_at for one in found} == {600}
    assert seen == Seen(3, 1)


def test_of_who_was_erased_nothing_is_given(personal: PersonalStore) -> None:
    erna = somebody(personal)
    personal.add_measured([pressure(erna, 2000)], [warm(erna, 1000, 37.0)])
    personal.destroy_key(erna)
    assert personal.measured(erna, 0) == []
    assert personal.measured_after(Seen())[0] == []
