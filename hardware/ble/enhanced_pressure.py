"""Enhanced blood pressure: measurement (2B34) and intermediate cuff pressure (2B35).

They carry two times: the sensor's base time, and the time its display shows.

Source: Bluetooth Blood Pressure Service 1.1.1, Enhanced Blood Pressure Measurement; GATT
Specification Supplement, Enhanced Blood Pressure Measurement, Enhanced Intermediate Cuff Pressure.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntFlag

from hardware.ble.answer import Answer
from hardware.ble.blood_pressure import Status, add_pressure, add_status, read_status
from hardware.ble.cursor import Cursor, read_sfloat
from hardware.ble.measurement import Measurement
from hardware.ble.medfloat import MedFloat, Special, encode_sfloat
from hardware.reading import Quantity

_COMPOUND = (
    Quantity.BLOOD_PRESSURE_SYSTOLIC,
    Quantity.BLOOD_PRESSURE_DIASTOLIC,
    Quantity.BLOOD_PRESSURE_MEAN,
)
_CUFF = (Quantity.CUFF_PRESSURE,)


class _Flag(IntFlag):
    KPA = 0x01
    TIMESTAMP = 0x02
    PULSE_RATE = 0x04
    USER_ID = 0x08
    STATUS = 0x10
    USER_FACING_TIME = 0x20
    EPOCH_2000 = 0x40


_KNOWN_FLAGS = 0x7F


@dataclass(frozen=True, slots=True)
class EnhancedPressure:
    """A value as sent; what is ``None`` is not in it.

    ``pressures`` are systolic, diastolic and mean, or the cuff's alone. Times are seconds
    since the first day of 1900, or of 2000 with ``epoch_2000``.
    """

    pressures: tuple[MedFloat | Special, ...]
    kpa: bool = False
    timestamp_s: int | None = None
    pulse_rate: MedFloat | Special | None = None
    user_id: int | None = None
    status: Status | None = None
    user_facing_s: int | None = None
    epoch_2000: bool = True


def encode_enhanced_pressure(value: EnhancedPressure) -> bytes:
    """Return the Enhanced Blood Pressure Measurement or Intermediate Cuff Pressure value."""
    flags = _Flag.KPA if value.kpa else _Flag(0)
    parts = [encode_sfloat(pressure) for pressure in value.pressures]
    if value.timestamp_s is not None:
        flags |= _Flag.TIMESTAMP
        parts.append(value.timestamp_s.to_bytes(4, "little"))
    if value.pulse_rate is not None:
        flags |= _Flag.PULSE_RATE
        parts.append(encode_sfloat(value.pulse_rate))
    if value.user_id is not None:
        flags |= _Flag.USER_ID
        parts.append(value.user_id.to_bytes(1, "little"))
    if value.status is not None:
        flags |= _Flag.STATUS
        parts.append(value.status.to_bytes(2, "little"))
    if value.user_facing_s is not None:
        flags |= _Flag.USER_FACING_TIME
        parts.append(value.user_facing_s.to_bytes(4, "little"))
    if value.epoch_2000:
        flags |= _Flag.EPOCH_2000
    return bytes((flags,)) + b"".join(parts)


def read_enhanced_pressure(value: bytes, pressures: int) -> EnhancedPressure:
    """Read a value with three ``pressures``, or one.

    :raises DecodeError: on a value cut short or trailing bytes.
    """
    cursor = Cursor(value)
    sent = cursor.unsigned(1, "the flags")
    flags = _Flag(sent & _KNOWN_FLAGS)
    fields = tuple(read_sfloat(cursor, "a pressure") for _ in range(pressures))
    timestamp = cursor.unsigned(4, "the time stamp") if flags & _Flag.TIMESTAMP else None
    pulse_rate = read_sfloat(cursor, "the pulse rate") if flags & _Flag.PULSE_RATE else None
    user_id = cursor.unsigned(1, "the user id") if flags & _Flag.USER_ID else None
    status = read_status(cursor) if flags & _Flag.STATUS else None
    facing = None
    if flags & _Flag.USER_FACING_TIME:
        facing = cursor.unsigned(4, "the user facing time")
    if flags == sent:
        cursor.end()
    return EnhancedPressure(
        fields,
        bool(flags & _Flag.KPA),
        timestamp,
        pulse_rate,
        user_id,
        status,
        facing,
        bool(flags & _Flag.EPOCH_2000),
    )


def decode_enhanced_measurement(value: bytes) -> Measurement:
    """Decode Enhanced Blood Pressure Measurement (2B34).

    ``timestamp`` is the user facing time, or the base time where there is no other. Flags: those
    of the plain measurement; ``base_time`` if both are there.
    """
    return _decode("enhanced_blood_pressure_measurement", value, _COMPOUND)


def decode_enhanced_cuff_pressure(value: bytes) -> Measurement:
    """Decode Enhanced Intermediate Cuff Pressure (2B35). Flags are those of the measurement."""
    return _decode("enhanced_intermediate_cuff_pressure", value, _CUFF)


def _decode(device: str, value: bytes, quantities: tuple[Quantity, ...]) -> Measurement:
    read = read_enhanced_pressure(value, len(quantities))
    answer = Answer(device)
    for quantity, field in zip(quantities, read.pressures, strict=True):
        add_pressure(answer, quantity, field, kpa=read.kpa)
    if read.pulse_rate is not None:
        answer.decimal(Quantity.PULSE_RATE, read.pulse_rate)
    answer.user(read.user_id)
    add_status(answer, read.status)
    facing, base = read.user_facing_s, read.timestamp_s
    if facing is not None:
        answer.time(_clock(facing, epoch_2000=read.epoch_2000))
        if base is not None:
            answer.flag("base_time", _clock(base, epoch_2000=read.epoch_2000))
    elif base is not None:
        answer.time(_clock(base, epoch_2000=read.epoch_2000))
    return answer.measurement()


def _clock(seconds: int, *, epoch_2000: bool) -> str:
    start = datetime(2000 if epoch_2000 else 1900, 1, 1)  # noqa: DTZ001  # the device's own clock
    return (start + timedelta(seconds=seconds)).isoformat()
