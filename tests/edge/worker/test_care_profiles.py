"""Every care profile's values reach personal.db, with their time, number, user and flags."""

from __future__ import annotations

from typing import Any

import pytest

from edge.care import kinds
from edge.worker.care_drain import Drained
from hardware.ble.clock import DateTime
from hardware.ble.crc import with_crc
from hardware.ble.heart_rate import HeartRate, encode_heart_rate
from hardware.ble.medfloat import MedFloat, Special
from hardware.ble.oximeter import Oximetry, encode_continuous, encode_spot_check
from hardware.ble.thermometer import Temperature, encode_temperature
from hardware.ble.weight import Weight, encode_weight
from hardware.reading import TimeQuality
from tests.edge.worker.measured import (
    MORNING,
    MORNING_MS,
    NOON,
    cgm,
    context,
    glucose,
    numbers,
    part,
    person,
    pressure,
    session,
)


def test_a_scale_s_weight(house: Any) -> None:
    erna = person(house, kinds.WEIGHT)
    weight = Weight(16_320, timestamp=MORNING, user_id=3, bmi_and_height=(287, 1686))
    entry = house.receive("2A9D", encode_weight(weight))
    assert house.drain() == Drained(stored=1)
    (row,) = house.measured(erna)
    assert numbers(row) == {"body_weight": 81.6, "body_mass_index": 28.7, "body_height": 168.6}
    assert (row.observed_at, row.time_quality) == (MORNING_MS, TimeQuality.HELD)
    assert (row.data_kind, row.source, row.user_index) == (kinds.WEIGHT, "2A9D", 3)
    assert (row.journal_id, row.received_at, row.sequence) == (entry, NOON + 1000, None)
    assert row.flags == {
        "measurement_units": "si",
        "user_id": 3,
        "device_time": "2026-09-21T07:30:00",
    }
    assert house.drain() == Drained()


def test_a_thermometer_with_and_without_a_clock(house: Any) -> None:
    erna = person(house, kinds.TEMPERATURE)
    house.receive("2A1C", encode_temperature(Temperature(MedFloat(372, -1), place=9)))
    shown = Temperature(MedFloat(986, -1), fahrenheit=True, timestamp=MORNING)
    house.receive("2A1C", encode_temperature(shown))
    house.drain()
    early, late = house.measured(erna)
    assert (early.observed_at, early.time_quality) == (MORNING_MS, TimeQuality.HELD)
    assert numbers(early) == {"body_temperature": 37.0}
    assert (late.observed_at, late.time_quality) == (NOON + 1000, TimeQuality.SYNCHRONISED)
    assert late.flags == {"temperature_type": "tympanum", "temperature_type_code": 9}


@pytest.mark.parametrize(
    "wrong",
    [
        DateTime(2000, 1, 1, 0, 0, 0),
        DateTime(2031, 1, 1, 0, 0, 0),
        DateTime(9999, 12, 31, 23, 0, 0),
    ],
)
def test_a_wrong_clock_falls_back_to_the_arrival_and_is_not_lost(
    house: Any, wrong: DateTime
) -> None:
    erna = person(house, kinds.WEIGHT)
    house.receive("2A9D", encode_weight(Weight(16_320, timestamp=wrong)))
    house.drain()
    (row,) = house.measured(erna)
    assert (row.observed_at, row.time_quality) == (NOON + 1000, TimeQuality.SYNCHRONISED)
    assert row.flags["device_time"] == str(wrong)


def test_a_spot_check_and_a_continuous_oximeter(house: Any) -> None:
    erna = person(house, kinds.OXYGEN)
    pair = MedFloat(95, 0), MedFloat(71, 0)
    house.receive("2A5E", encode_spot_check(Oximetry(pair, timestamp=MORNING, status=0x0020)))
    house.receive(
        "2A5F", encode_continuous(Oximetry(pair, fast=(MedFloat(94, 0), MedFloat(70, 0))))
    )
    assert house.drain() == Drained(stored=2)
    spot, streamed = house.measured(erna)
    assert numbers(spot) == numbers(streamed) == {"oxygen_saturation": 95.0, "pulse_rate": 71.0}
    assert spot.flags["measurement_ongoing"] is True


def test_what_the_oximeter_calls_a_test_is_nobody_s_saturation(house: Any) -> None:
    erna = person(house, kinds.OXYGEN)
    pair = MedFloat(95, 0), MedFloat(71, 0)
    entry = house.receive("2A5E", encode_spot_check(Oximetry(pair, status=1 << 13)))
    assert house.drain() == Drained(stored=1)
    assert house.measured(erna) == []
    assert house.journal.entry(entry).payload == b""


def test_a_heart_rate_with_its_intervals(house: Any) -> None:
    erna = person(house, kinds.HEART_RATE)
    value = encode_heart_rate(HeartRate(66, contact=True, rr_ticks=(1024, 896)))
    for _ in range(3):  # a stream is never sent again: each is its own
        house.receive("2A37", value)
    house.drain()
    rows = house.measured(erna)
    assert len(rows) == 3
    assert [(one.quantity, one.value) for one in rows[0].values] == [
        ("heart_rate", 66.0),
        ("rr_interval", 1.0),
        ("rr_interval", 0.875),
    ]
    assert rows[0].flags == {"sensor_contact": True}


def test_the_air_of_a_room_and_a_door(house: Any) -> None:
    erna = person(house, kinds.ROOM_CLIMATE, kinds.HOME_ACTIVITY)
    house.receive("2A6E", (2350).to_bytes(2, "little", signed=True))
    house.receive("2A6F", (5512).to_bytes(2, "little"))
    house.receive("2C20", b"\x00")
    house.receive("2A19", b"\x57")  # a battery is no person's data
    assert house.drain() == Drained(stored=4)
    assert [numbers(row) for row in house.measured(erna, kinds.ROOM_CLIMATE)] == [
        {"air_temperature": 23.5},
        {"relative_humidity": 55.12},
    ]
    (door,) = house.measured(erna, kinds.HOME_ACTIVITY)
    assert door.flags["open_status"] == "open"


def test_a_failed_measurement_is_one_without_a_number(house: Any) -> None:
    erna = person(house, kinds.WEIGHT)
    house.receive("2A9D", encode_weight(Weight(0xFFFF)))
    house.drain()
    (row,) = house.measured(erna)
    assert (row.values, row.flags["body_weight"]) == ((), "unsuccessful")


def test_nobody_s_consent_for_one_kind_opens_another(house: Any) -> None:
    erna = person(house, kinds.WEIGHT)
    values = {
        "2A35": pressure(),
        "2A18": glucose(5),
        "2A37": encode_heart_rate(HeartRate(66)),
        "2A5E": encode_spot_check(Oximetry((MedFloat(95, 0), Special.NAN))),
        "2A1C": encode_temperature(Temperature(MedFloat(372, -1))),
        "2A9C": part({}).replace(part({})[:2], (0).to_bytes(2, "little"))[:4],
        "2C21": b"\x01",
        "2C20": b"\x00",
        "2A6E": b"\x10\x09",
    }
    ids = [house.receive(uuid, value) for uuid, value in values.items()]
    house.receive("2A9D", encode_weight(Weight(16_320)))
    assert house.drain() == Drained(stored=1, refused=len(ids))
    assert all(house.journal.entry(entry).payload == b"" for entry in ids)
    assert [row.data_kind for row in house.measured(erna)] == [kinds.WEIGHT]
    assert house.personal.care_count() == 0


def test_a_check_that_is_wrong_is_kept_aside(house: Any) -> None:
    person(house, kinds.CONTINUOUS_GLUCOSE)
    house.receive("2AAA", with_crc(session(MORNING))[:-1] + b"\xff")
    assert house.drain().quarantined == 1


def test_a_crash_between_the_two_commits_repeats_nothing(
    house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    erna = person(house, kinds.GLUCOSE)
    for number in range(4):
        house.receive("2A18", glucose(number, minute=number))
        house.receive("2A34", context(number))

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(house.journal, "mark", crash)
        with pytest.raises(KeyboardInterrupt):
            house.run()
    before = house.measured(erna)
    assert len(before) == 8
    assert house.run() == Drained(stored=8)
    assert house.measured(erna) == before
    (round_,) = house.personal.observation_rounds_after(0)
    assert round_.row_count == 8
    assert house.personal.observations_of(round_) == before
    assert house.personal.observation_count() == house.personal.observation_count(erna) == 8


def test_a_bug_with_one_value_stops_no_other(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    erna = person(house, kinds.WEIGHT)

    def broken(*_: object) -> None:
        raise ZeroDivisionError("95 %")

    monkeypatch.setattr("edge.worker.care_reader.read_cgm_records", broken)
    entry = house.receive("2AA7", cgm(5))
    house.receive("2A9D", encode_weight(Weight(16_320)))
    assert house.drain() == Drained(stored=1, quarantined=1)
    assert house.journal.entry(entry).message == "decoder failed: ZeroDivisionError"
    assert len(house.measured(erna)) == 1
