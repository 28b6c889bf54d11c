from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from hardware.ble.blood_pressure import decode_blood_pressure, encode_blood_pressure
from hardware.sim.pressure import Person

START = datetime(2026, 1, 1)  # noqa: DTZ001  # a device's clock knows no time zone


def readings(seed: int, count: int = 200) -> list[bytes]:
    person = Person(Random(seed))
    return [
        encode_blood_pressure(person.measure(START + timedelta(hours=7 * n))) for n in range(count)
    ]


def test_a_seed_is_a_person() -> None:
    assert readings(3) == readings(3)
    assert readings(3) != readings(4)


def test_the_numbers_are_a_persons() -> None:
    systolics = []
    for n, raw in enumerate(readings(3)):
        got = decode_blood_pressure(raw)
        systolic, diastolic, mean, pulse = (float(record.value) for record in got.records)
        assert 80 <= systolic <= 220
        assert diastolic < mean < systolic
        assert 45 <= pulse <= 140
        assert got.timestamp == (START + timedelta(hours=7 * n)).isoformat()
        assert got.flags["user_id"] == 1
        systolics.append(systolic)
    assert len(set(systolics)) > 10
