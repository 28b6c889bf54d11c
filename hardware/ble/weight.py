"""Weight: measurement (2A9D) and feature (2A9E).

Weights are given in ``kg`` and heights in ``cm``; what a scale sends in pounds and inches is
converted exactly and rounded once.

Source: Bluetooth Weight Scale Service 1.0, 3.1 and 3.2; GATT Specification Supplement, Weight
Scale Feature, Weight Measurement.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from fractions import Fraction

from hardware.ble.answer import CM_PER_INCH, KG_PER_LB, Answer, coded
from hardware.ble.clock import DateTime, encode_date_time, read_date_time
from hardware.ble.cursor import Cursor
from hardware.ble.measurement import Measurement
from hardware.reading import Quantity

UNSUCCESSFUL = 0xFFFF  # "Measurement Unsuccessful"

MASS_RESOLUTIONS = coded(
    (
        "not_specified",
        "0.5 kg or 1 lb",
        "0.2 kg or 0.5 lb",
        "0.1 kg or 0.2 lb",
        "0.05 kg or 0.1 lb",
        "0.02 kg or 0.05 lb",
        "0.01 kg or 0.02 lb",
        "0.005 kg or 0.01 lb",
    )
)
HEIGHT_RESOLUTIONS = coded(
    ("not_specified", "0.01 m or 1 in", "0.005 m or 0.5 in", "0.001 m or 0.1 in")
)


class _Flag(IntFlag):
    IMPERIAL = 0x01
    TIMESTAMP = 0x02
    USER_ID = 0x04
    BMI_AND_HEIGHT = 0x08


_KNOWN_FLAGS = 0x0F


def mass(steps: int, *, imperial: bool) -> Fraction:
    """Return kilograms of a mass field: 0.005 kg or 0.01 lb a step."""
    return Fraction(steps, 100) * KG_PER_LB if imperial else Fraction(steps, 200)


def height(steps: int, *, imperial: bool) -> Fraction:
    """Return centimetres of a height field: 0.001 m or 0.1 in a step."""
    return Fraction(steps, 10) * (CM_PER_INCH if imperial else 1)


@dataclass(frozen=True, slots=True)
class Weight:
    """A measurement as sent, in steps; what is ``None`` is not in the value.

    ``bmi_and_height`` are tenths of kg/m2, and millimetres or tenths of an inch.
    """

    steps: int
    imperial: bool = False
    timestamp: DateTime | None = None
    user_id: int | None = None
    bmi_and_height: tuple[int, int] | None = None


def encode_weight(value: Weight) -> bytes:
    """Return the Weight Measurement value (3 to 15 bytes)."""
    flags = _Flag.IMPERIAL if value.imperial else _Flag(0)
    parts = [value.steps.to_bytes(2, "little")]
    if value.timestamp is not None:
        flags |= _Flag.TIMESTAMP
        parts.append(encode_date_time(value.timestamp))
    if value.user_id is not None:
        flags |= _Flag.USER_ID
        parts.append(value.user_id.to_bytes(1, "little"))
    if value.bmi_and_height is not None:
        flags |= _Flag.BMI_AND_HEIGHT
        parts.extend(steps.to_bytes(2, "little") for steps in value.bmi_and_height)
    return bytes((flags,)) + b"".join(parts)


def read_weight(value: bytes) -> Weight:
    """Read a Weight Measurement value as sent.

    :raises DecodeError: on a value cut short, trailing bytes, an impossible time.
    """
    cursor = Cursor(value)
    sent = cursor.unsigned(1, "the flags")
    flags = _Flag(sent & _KNOWN_FLAGS)
    steps = cursor.unsigned(2, "the weight")
    timestamp = read_date_time(cursor) if flags & _Flag.TIMESTAMP else None
    user_id = cursor.unsigned(1, "the user id") if flags & _Flag.USER_ID else None
    pair = None
    if flags & _Flag.BMI_AND_HEIGHT:
        pair = cursor.unsigned(2, "the body mass index"), cursor.unsigned(2, "the height")
    if flags == sent:
        cursor.end()
    return Weight(steps, bool(flags & _Flag.IMPERIAL), timestamp, user_id, pair)


def decode_weight(value: bytes) -> Measurement:
    """Decode Weight Measurement (2A9D).

    Flags: ``user_id`` (or ``"unknown"``), ``measurement_units`` (what the scale shows, ``si``
    or ``imperial``), ``body_weight: "unsuccessful"`` instead of a number.
    """
    read = read_weight(value)
    answer = Answer("weight_measurement")
    if read.steps == UNSUCCESSFUL:
        answer.flag(Quantity.BODY_WEIGHT.value, "unsuccessful")
    else:
        answer.number(Quantity.BODY_WEIGHT, mass(read.steps, imperial=read.imperial))
        if read.bmi_and_height is not None:
            bmi, tall = read.bmi_and_height
            answer.number(Quantity.BODY_MASS_INDEX, Fraction(bmi, 10))
            answer.number(Quantity.BODY_HEIGHT, height(tall, imperial=read.imperial))
    answer.flag("measurement_units", "imperial" if read.imperial else "si")
    answer.user(read.user_id)
    answer.clock(read.timestamp)
    return answer.measurement()


def decode_weight_feature(value: bytes) -> Measurement:
    """Decode Weight Scale Feature (2A9E)."""
    cursor = Cursor(value)
    bits = cursor.unsigned(4, "the features")
    cursor.end()
    answer = Answer("weight_scale_feature")
    answer.flag("features", bits)
    answer.bits(bits, ("timestamp_supported", "multiple_users_supported", "bmi_supported"))
    answer.choice("weight_measurement_resolution", bits >> 3 & 0x0F, MASS_RESOLUTIONS)
    answer.choice("height_measurement_resolution", bits >> 7 & 0x07, HEIGHT_RESOLUTIONS)
    return answer.measurement()
