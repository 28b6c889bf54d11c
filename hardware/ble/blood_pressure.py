"""Blood pressure: measurement (2A35), intermediate cuff pressure (2A36) and feature (2A49).

Pressures are given in ``mm[Hg]``. One sent in kPa is converted exactly (1 mm[Hg] = 133.322 Pa,
as UCUM has it) and rounded once, to the nearest float; nothing is rounded to decimals.

Source: Bluetooth Blood Pressure Service 1.1.1, 3.1 to 3.3; GATT Specification Supplement,
Blood Pressure Measurement, Intermediate Cuff Pressure, Blood Pressure Feature; UCUM 2.1, m[Hg].
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from fractions import Fraction

from hardware.ble.answer import Answer
from hardware.ble.clock import DateTime, encode_date_time, read_date_time
from hardware.ble.cursor import Cursor, read_sfloat
from hardware.ble.measurement import Measurement
from hardware.ble.medfloat import MedFloat, Special, encode_sfloat
from hardware.reading import Quantity

MMHG_PER_KPA = Fraction(1_000_000, 133_322)


class _Flag(IntFlag):
    KPA = 0x01
    TIMESTAMP = 0x02
    PULSE_RATE = 0x04
    USER_ID = 0x08
    STATUS = 0x10


class Status(IntFlag):
    """The measurement status; the pulse rate range is a number of two bits, see below."""

    BODY_MOVEMENT = 0x01
    CUFF_TOO_LOOSE = 0x02
    IRREGULAR_PULSE = 0x04
    PULSE_RATE_HIGH = 0x08
    PULSE_RATE_LOW = 0x10
    IMPROPER_POSITION = 0x20


_KNOWN_FLAGS = 0x1F  # a further flag announces a field behind the last one that is known
_PULSE_RANGE = {
    0: "within",
    Status.PULSE_RATE_HIGH: "above",
    Status.PULSE_RATE_LOW: "below",
    Status.PULSE_RATE_HIGH | Status.PULSE_RATE_LOW: "reserved",
}

_FEATURES = (
    "body_movement_detection_support",
    "cuff_fit_detection_support",
    "irregular_pulse_detection_support",
    "pulse_rate_range_detection_support",
    "measurement_position_detection_support",
    "multiple_bond_support",
    "e2e_crc_support",
    "user_data_service_support",
    "user_facing_time_support",
)


@dataclass(frozen=True, slots=True)
class BloodPressure:
    """A measurement as sent; what is ``None`` is not in the value.

    ``kpa`` tells the unit of the three pressures. ``pulse_rate`` is in beats a minute,
    ``user_id`` 0 to 254, or 255 for an unknown user.
    """

    systolic: MedFloat | Special
    diastolic: MedFloat | Special
    mean: MedFloat | Special
    kpa: bool = False
    timestamp: DateTime | None = None
    pulse_rate: MedFloat | Special | None = None
    user_id: int | None = None
    status: Status | None = None


def encode_blood_pressure(value: BloodPressure) -> bytes:
    """Return the Blood Pressure Measurement value (7 to 19 bytes)."""
    flags = _Flag.KPA if value.kpa else _Flag(0)
    parts = [encode_sfloat(value.systolic), encode_sfloat(value.diastolic)]
    parts.append(encode_sfloat(value.mean))
    if value.timestamp is not None:
        flags |= _Flag.TIMESTAMP
        parts.append(encode_date_time(value.timestamp))
    if value.pulse_rate is not None:
        flags |= _Flag.PULSE_RATE
        parts.append(encode_sfloat(value.pulse_rate))
    if value.user_id is not None:
        flags |= _Flag.USER_ID
        parts.append(value.user_id.to_bytes(1, "little"))
    if value.status is not None:
        flags |= _Flag.STATUS
        parts.append(value.status.to_bytes(2, "little"))
    return bytes((flags,)) + b"".join(parts)


def read_blood_pressure(value: bytes) -> BloodPressure:
    """Read a Blood Pressure Measurement or Intermediate Cuff Pressure value as sent.

    Reserved bits are ignored, and with a reserved flag the bytes behind the last known field.

    :raises DecodeError: on a value cut short, trailing bytes, an impossible time.
    """
    cursor = Cursor(value)
    sent = cursor.unsigned(1, "the flags")
    flags = _Flag(sent & _KNOWN_FLAGS)
    systolic = read_sfloat(cursor, "the first pressure")
    diastolic = read_sfloat(cursor, "the second pressure")
    mean = read_sfloat(cursor, "the third pressure")
    timestamp = read_date_time(cursor) if flags & _Flag.TIMESTAMP else None
    pulse_rate = read_sfloat(cursor, "the pulse rate") if flags & _Flag.PULSE_RATE else None
    user_id = cursor.unsigned(1, "the user id") if flags & _Flag.USER_ID else None
    status = None
    if flags & _Flag.STATUS:
        status = read_status(cursor)
    if flags == sent:
        cursor.end()
    return BloodPressure(
        systolic, diastolic, mean, bool(flags & _Flag.KPA), timestamp, pulse_rate, user_id, status
    )


def decode_blood_pressure(value: bytes) -> Measurement:
    """Decode Blood Pressure Measurement (2A35).

    Flags: ``user_id`` (or ``"unknown"``); of the status ``body_movement``, ``cuff_too_loose``,
    ``irregular_pulse``, ``improper_position`` and ``pulse_rate_range`` (``within``, ``above``,
    ``below``, ``reserved``); for each field that is no number its quantity and which
    :class:`Special` it is.
    """
    read = read_blood_pressure(value)
    return _measurement(
        "blood_pressure_measurement",
        read,
        (
            (Quantity.BLOOD_PRESSURE_SYSTOLIC, read.systolic),
            (Quantity.BLOOD_PRESSURE_DIASTOLIC, read.diastolic),
            (Quantity.BLOOD_PRESSURE_MEAN, read.mean),
        ),
    )


def decode_cuff_pressure(value: bytes) -> Measurement:
    """Decode Intermediate Cuff Pressure (2A36): the second and third pressure are unused there.

    Flags are those of the measurement.
    """
    read = read_blood_pressure(value)
    return _measurement(
        "intermediate_cuff_pressure", read, ((Quantity.CUFF_PRESSURE, read.systolic),)
    )


def decode_feature(value: bytes) -> Measurement:
    """Decode Blood Pressure Feature (2A49): one flag for each thing the device can tell."""
    cursor = Cursor(value)
    bits = cursor.unsigned(2, "the features")
    cursor.end()
    answer = Answer("blood_pressure_feature")
    answer.flag("features", bits)
    answer.bits(bits, _FEATURES)
    return answer.measurement()


def add_pressure(
    answer: Answer, quantity: Quantity, field: MedFloat | Special, *, kpa: bool
) -> None:
    """Add a pressure, or a flag that says what it is instead."""
    answer.decimal(quantity, field, MMHG_PER_KPA if kpa else 1)


def add_status(answer: Answer, status: Status | None) -> None:
    """Add the flags of the measurement status, if the value carries one."""
    if status is not None:
        answer.flag("body_movement", Status.BODY_MOVEMENT in status)
        answer.flag("cuff_too_loose", Status.CUFF_TOO_LOOSE in status)
        answer.flag("irregular_pulse", Status.IRREGULAR_PULSE in status)
        answer.flag("pulse_rate_range", _PULSE_RANGE[status & 0x18])
        answer.flag("improper_position", Status.IMPROPER_POSITION in status)


def read_status(cursor: Cursor) -> Status:
    """Read the measurement status; bits for a future use are ignored."""
    return Status(cursor.bits(2, 0x3F, "the measurement status"))


def _measurement(
    device: str, read: BloodPressure, pressures: tuple[tuple[Quantity, MedFloat | Special], ...]
) -> Measurement:
    answer = Answer(device)
    for quantity, field in pressures:
        add_pressure(answer, quantity, field, kpa=read.kpa)
    if read.pulse_rate is not None:
        answer.decimal(Quantity.PULSE_RATE, read.pulse_rate)
    answer.user(read.user_id)
    add_status(answer, read.status)
    answer.clock(read.timestamp)
    return answer.measurement()
