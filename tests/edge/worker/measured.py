"""A morning on which somebody measures: what devices send, and what came of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from edge.clock import to_ms
from hardware.ble.blood_pressure import BloodPressure, encode_blood_pressure
from hardware.ble.body_composition import BodyComposition, Part, encode_body_composition
from hardware.ble.cgm import CgmRecord, encode_cgm_record
from hardware.ble.clock import DateTime, encode_date_time
from hardware.ble.glucose import Glucose, encode_glucose
from hardware.ble.medfloat import MedFloat

NOON = to_ms(datetime(2026, 9, 21, 12, 0, tzinfo=UTC))


CUFF = "ble:C0112233AABB"


MORNING = DateTime(2026, 9, 21, 7, 30, 0)


MORNING_MS = to_ms(datetime(2026, 9, 21, 7, 30, tzinfo=UTC))


MINUTE_MS = 60_000


def person(house: Any, *agreed: str) -> int:
    erna: int = house.person("Erna", consents=False, confirmed=True)
    for kind in agreed:
        house.consent(erna, kind)
    return erna


def numbers(observation: Any) -> dict[str, float]:
    return {one.quantity: one.value for one in observation.values}


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


def session(start: DateTime, zone: int = -128, summer: int = 255) -> bytes:
    return encode_date_time(start) + zone.to_bytes(1, "big", signed=True) + bytes((summer,))


def cgm(*offsets: int) -> bytes:
    return b"".join(
        encode_cgm_record(CgmRecord(MedFloat(110 + offset, 0), offset, trend=MedFloat(1, -1)))
        for offset in offsets
    )


TWO_PARTS = BodyComposition(231, timestamp=MORNING, user_id=2, multiple=True)


def part(fields: dict[Part, int], fat: int = 231) -> bytes:
    first = replace(TWO_PARTS, fields=MappingProxyType(fields), fat=fat)
    return encode_body_composition(first)


def pressure(systolic: int = 121) -> bytes:
    return encode_blood_pressure(
        BloodPressure(MedFloat(systolic, 0), MedFloat(81, 0), MedFloat(94, 0), timestamp=MORNING)
    )
