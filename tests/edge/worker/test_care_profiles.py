"""Every care profile's values reach personal.db, with their time, number, user and flags."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import pytest

from edge.care import kinds
from edge.care.consent import BLOOD_PRESSURE
from edge.clock import to_ms
from edge.store.journal import State
from edge.worker.care_drain import Drained
from edge.worker.care_reader import PART_MS
from hardware.ble.blood_pressure import BloodPressure, encode_blood_pressure
from hardware.ble.body_composition import BodyComposition, Part, encode_body_composition
from hardware.ble.cgm import CgmRecord, encode_cgm_record
from hardware.ble.clock import DateTime, encode_date_time
from hardware.ble.crc import with_crc
from hardware.ble.enhanced_pressure import EnhancedPressure, encode_enhanced_pressure
from hardware.ble.glucose import Glucose, encode_glucose
from hardware.ble.heart_rate import HeartRate, encode_heart_rate
from hardware.ble.medfloat import MedFloat, Special
from hardware.ble.oximeter import Oximetry, encode_continuous, encode_spot_check
from hardware.ble.pressure_record import Segment, encode_segment
from hardware.ble.thermometer import Temperature, encode_temperature
from hardware.ble.weight import Weight, encode_weight
from hardware.reading import TimeQuality

NOON = to_ms(datetime(2026, 9, 21, 12, 0, tzinfo=UTC))
CUFF = "ble:C0112233AABB"
MORNING = DateTime(2026, 9, 21, 7, 30, 0)
MORNING_MS = to_ms(datetime(2026, 9, 21, 7, 30, tzinfo=UTC))
MINUTE_MS = 60_000


def person(house: Any, *agreed: str) -> int:
    erna: int = house.person("Erna", consents=False)
    for kind in agreed:
        house.consent(erna, kind)
    return erna


def numbers(observation: Any) -> dict[str, float]:
    return {one.quantity: one.value for one in observation.values}


def test_a_scale_s_weight(house: Any) -> None:
    erna = person(house, kinds.WEIGHT)
    weight = Weight(16_320, timestamp=MORNING, user_id=3, bmi_and_height=(287, 1686))
    entry = house.receive("2A9D", encode_weight(weight))
    assert house.drain() == Drained(stored=1)
    (row,) = house.measured(erna)
    assert numbers(row) == {"body_weight": 81.6, "body_mass_index": 28.7, "body_height": 168.6}
    assert (row.observed_at, row.time_quality) == (MORNING_MS, TimeQuality.DEVICE)
    assert (row.data_kind, row.source, row.user_index) == (kinds.WEIGHT, "2A9D", 3)
    assert (row.journal_id, row.received_at, row.sequence) == (entry, NOON + 1000, None)
    assert row.flags == {"measurement_units": "si", "user_id": 3}
    assert house.drain() == Drained()


def test_a_thermometer_with_and_without_a_clock(house: Any) -> None:
    erna = person(house, kinds.TEMPERATURE)
    house.receive("2A1C", encode_temperature(Temperature(MedFloat(372, -1), place=9)))
    shown = Temperature(MedFloat(986, -1), fahrenheit=True, timestamp=MORNING)
    house.receive("2A1C", encode_temperature(shown))
    house.drain()
    early, late = house.measured(erna)
    assert (early.observed_at, early.time_quality) == (MORNING_MS, TimeQuality.DEVICE)
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


def glucose(sequence: int, *, follows: bool = False, minute: int = 30) -> bytes:
    return encode_glucose(
        Glucose(
            sequence,
            DateTime(2026, 9, 21, 7, minute, 0),
            concentration=MedFloat(102, -5),
            sample=0x11,
            status=0x0001,
            context_follows=follows,
        )
    )


def context(sequence: int, meal: int = 1) -> bytes:
    return bytes((0x02,)) + sequence.to_bytes(2, "little") + bytes((meal,))


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
    assert meal.time_quality is TimeQuality.DEVICE
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


def session(start: DateTime, zone: int = -128, summer: int = 255) -> bytes:
    return encode_date_time(start) + zone.to_bytes(1, "big", signed=True) + bytes((summer,))


def cgm(*offsets: int) -> bytes:
    return b"".join(
        encode_cgm_record(CgmRecord(MedFloat(110 + offset, 0), offset, trend=MedFloat(1, -1)))
        for offset in offsets
    )


def test_a_continuous_monitor_counts_from_its_session_s_start(house: Any) -> None:
    erna = person(house, kinds.CONTINUOUS_GLUCOSE)
    house.receive("2AAA", session(MORNING))
    house.receive("2AA7", cgm(5, 10))
    house.receive("2AA7", cgm(15))
    assert house.drain() == Drained(stored=3)
    rows = house.measured(erna)
    assert [row.observed_at - MORNING_MS for row in rows] == [n * MINUTE_MS for n in (5, 10, 15)]
    assert [numbers(row)["glucose_mass_concentration"] for row in rows] == [115.0, 120.0, 125.0]
    assert {row.time_quality for row in rows} == {TimeQuality.DEVICE}


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


TWO_PARTS = BodyComposition(231, timestamp=MORNING, user_id=2, multiple=True)


def part(fields: dict[Part, int], fat: int = 231) -> bytes:
    first = replace(TWO_PARTS, fields=MappingProxyType(fields), fat=fat)
    return encode_body_composition(first)


def test_two_packets_are_one_body(house: Any) -> None:
    erna = person(house, kinds.BODY_COMPOSITION)
    house.receive("2A9C", part({Part.MUSCLE_MASS: 6000}))
    house.receive("2A9C", part({Part.WEIGHT: 16_320}, fat=0xFFFF))
    assert house.drain() == Drained(stored=2)
    (row,) = house.measured(erna)
    assert numbers(row) == {
        "body_fat_percentage": 23.1,
        "muscle_mass": 30.0,
        "body_weight": 81.6,
    }
    assert row.flags["packets"] == 2


def test_a_packet_that_stays_alone_says_what_it_says(house: Any) -> None:
    erna = person(house, kinds.BODY_COMPOSITION)
    first = house.receive("2A9C", part({Part.MUSCLE_MASS: 6000}))
    assert house.run() == Drained()
    assert house.journal.entry(first).state is State.NEW
    house.clock.advance(PART_MS + 1)
    assert house.run() == Drained(stored=1)
    (row,) = house.measured(erna)
    assert row.flags["multiple_packets"] is True
    assert row.observed_at == MORNING_MS


def test_a_packet_followed_by_another_measurement_is_not_joined_to_it(house: Any) -> None:
    erna = person(house, kinds.BODY_COMPOSITION)
    house.receive("2A9C", part({Part.MUSCLE_MASS: 6000}))
    house.receive("2A9C", encode_body_composition(BodyComposition(300, timestamp=MORNING)))
    house.receive("2A9C", part({Part.MUSCLE_MASS: 6100}))
    house.receive("2A9C", part({Part.MUSCLE_MASS: 6200}))
    house.clock.advance(PART_MS + 5000)
    assert house.drain() == Drained(stored=4)
    assert [numbers(row)["body_fat_percentage"] for row in house.measured(erna)] == [
        23.1,
        30.0,
        23.1,
        23.1,
    ]


def pressure(systolic: int = 121) -> bytes:
    return encode_blood_pressure(
        BloodPressure(MedFloat(systolic, 0), MedFloat(81, 0), MedFloat(94, 0), timestamp=MORNING)
    )


def stored(sequence: int, uuid: str, value: bytes, parts: int = 1) -> list[bytes]:
    size = -(-len(value) // parts)
    return [
        encode_segment(
            Segment(
                first=n == 0,
                last=n == parts - 1,
                counter=n,
                sequence=sequence,
                uuid=uuid,
                payload=value[n * size : (n + 1) * size],
            )
        )
        for n in range(parts)
    ]


def enhanced() -> bytes:
    seconds = (MORNING_MS - to_ms(datetime(2000, 1, 1, tzinfo=UTC))) // 1000
    return encode_enhanced_pressure(
        EnhancedPressure(
            (MedFloat(121, 0), MedFloat(81, 0), MedFloat(94, 0)),
            user_facing_s=seconds,
            epoch_2000=True,
        )
    )


@pytest.mark.parametrize(
    "values",
    [
        [("2B34", enhanced())],
        [("2B36", one) for one in stored(7, "2A35", pressure())],
        [("2B36", one) for one in stored(7, "2B34", enhanced(), 3)],
        [("2B36", stored(7, "2B34", enhanced(), 3)[0]), ("2A35", pressure())],
    ],
)
def test_every_way_to_a_blood_pressure_ends_in_the_same_row(
    house: Any, values: list[tuple[str, bytes]]
) -> None:
    erna = person(house, BLOOD_PRESSURE)
    for uuid, value in values:
        house.receive(uuid, value)
    house.drain()
    (row,) = house.personal.care_rows(erna, 0)
    assert (row.observed_at, row.systolic_mmhg, row.mean_mmhg) == (MORNING_MS, 121.0, 94.0)
    assert house.measured(erna) == []


def test_segments_of_a_batch_s_end_are_put_together(
    house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    erna = person(house, BLOOD_PRESSURE)
    monkeypatch.setattr("edge.worker.care_drain.BATCH", 2)
    for one in stored(7, "2A35", pressure(), 3):
        house.receive("2B36", one)
    assert house.drain() == Drained(stored=3)
    assert len(house.personal.care_rows(erna, 0)) == 1


def test_a_record_that_broke_off_is_whole_when_it_is_sent_again(house: Any) -> None:
    erna = person(house, BLOOD_PRESSURE)
    segments = stored(7, "2A35", pressure(), 3)
    for pause_ms in (5000, 10 * MINUTE_MS):  # at once, or after a while
        house.receive("2B36", segments[0])
        house.receive("2B36", segments[1])
        house.clock.advance(pause_ms)
        house.run()
    for one in segments:
        house.receive("2B36", one)
    house.run()
    assert len(house.personal.care_rows(erna, 0)) == 1


def test_a_record_with_a_lost_segment_is_kept_and_stops_no_other(house: Any) -> None:
    erna = person(house, BLOOD_PRESSURE)
    first, _, last = stored(7, "2A35", pressure(), 3)
    for one in (first, last, first, *stored(8, "2A35", pressure(122)), first):
        house.clock.advance(MINUTE_MS)
        house.receive("2B36", one)
    broken = stored(9, "2A35", pressure()[:-1])[0]
    house.receive("2B36", broken)
    house.receive("2B36", stored(10, "2B36", b"123456")[0])
    assert house.drain() == Drained(stored=2, quarantined=5)
    assert [row.systolic_mmhg for row in house.personal.care_rows(erna, 0)] == [122.0]
    house.clock.advance(MINUTE_MS)
    lonely = house.receive("2B36", first)
    assert house.run() == Drained()
    house.clock.advance(PART_MS + 1)
    assert house.run() == Drained(quarantined=1)
    assert house.journal.entry(lonely).payload


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
