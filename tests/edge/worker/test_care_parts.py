"""Values that come in parts through the care drain: bodies, and stored pressures."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from edge.care import kinds
from edge.care.consent import BLOOD_PRESSURE
from edge.clock import to_ms
from edge.store.journal import State
from edge.worker.care_drain import Drained
from edge.worker.care_reader import PART_MS
from hardware.ble.body_composition import BodyComposition, Part, encode_body_composition
from hardware.ble.enhanced_pressure import EnhancedPressure, encode_enhanced_pressure
from hardware.ble.medfloat import MedFloat
from hardware.ble.pressure_record import Segment, encode_segment
from tests.edge.worker.measured import (
    MINUTE_MS,
    MORNING,
    MORNING_MS,
    numbers,
    part,
    person,
    pressure,
)


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
