"""Glucose: measurement (2A18) and feature (2A51).

Two quantities, each in its own unit, ``mg/dL`` and ``mmol/L``: a meter's number is never
recomputed, so that it stays the one on its display.

Source: Bluetooth Glucose Service 1.0.1, 3.1 and 3.3; GATT Specification Supplement, Glucose
Measurement, Glucose Feature.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntFlag

from hardware.ble.answer import Answer
from hardware.ble.clock import DateTime, encode_date_time, read_date_time
from hardware.ble.cursor import Cursor, read_sfloat
from hardware.ble.measurement import Measurement
from hardware.ble.medfloat import MedFloat, Special, encode_sfloat
from hardware.ble.sample import add_sample
from hardware.errors import DecodeError
from hardware.reading import Quantity

MG_PER_DL_OF_KG_PER_L = 100_000
MMOL_PER_L_OF_MOL_PER_L = 1000


class _Flag(IntFlag):
    TIME_OFFSET = 0x01
    CONCENTRATION = 0x02
    MOL = 0x04
    STATUS = 0x08
    CONTEXT = 0x10


_KNOWN_FLAGS = 0x1F

_STATUS = (
    "device_battery_low",
    "sensor_malfunction",
    "sample_size_insufficient",
    "strip_insertion_error",
    "strip_type_incorrect",
    "sensor_result_too_high",
    "sensor_result_too_low",
    "sensor_temperature_too_high",
    "sensor_temperature_too_low",
    "sensor_read_interrupted",
    "general_device_fault",
    "time_fault",
)
# all but the battery, a result out of range or at a wrong temperature, and the time
_FAILED = 1 << 1 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 9 | 1 << 10
_FEATURES = (
    "low_battery_detection",
    "sensor_malfunction_detection",
    "sensor_sample_size",
    "sensor_strip_insertion_error",
    "sensor_strip_type_error",
    "sensor_result_high_low",
    "sensor_temperature_high_low",
    "sensor_read_interrupt",
    "general_device_fault",
    "time_fault",
    "multiple_bond_support",
)


@dataclass(frozen=True, slots=True)
class Glucose:
    """A record as sent; what is ``None`` is not in the value.

    ``concentration`` is in kg/L, or in mol/L with ``mol``; ``sample`` is its byte of type and
    location. ``offset_min`` is what the user moved the clock by since ``base_time``.
    """

    sequence: int
    base_time: DateTime
    offset_min: int | None = None
    concentration: MedFloat | Special | None = None
    sample: int = 0
    mol: bool = False
    status: int | None = None
    context_follows: bool = False


def encode_glucose(value: Glucose) -> bytes:
    """Return the Glucose Measurement value (10 to 17 bytes)."""
    flags = _Flag(0)
    parts = [value.sequence.to_bytes(2, "little"), encode_date_time(value.base_time)]
    if value.offset_min is not None:
        flags |= _Flag.TIME_OFFSET
        parts.append(value.offset_min.to_bytes(2, "little", signed=True))
    if value.concentration is not None:
        flags |= _Flag.CONCENTRATION
        parts += [encode_sfloat(value.concentration), bytes((value.sample,))]
    if value.mol:
        flags |= _Flag.MOL
    if value.status is not None:
        flags |= _Flag.STATUS
        parts.append(value.status.to_bytes(2, "little"))
    if value.context_follows:
        flags |= _Flag.CONTEXT
    return bytes((flags,)) + b"".join(parts)


def read_glucose(value: bytes) -> Glucose:
    """Read a Glucose Measurement value as sent.

    :raises DecodeError: on a value cut short, trailing bytes, an impossible time.
    """
    cursor = Cursor(value)
    sent = cursor.unsigned(1, "the flags")
    flags = _Flag(sent & _KNOWN_FLAGS)
    sequence = cursor.unsigned(2, "the sequence number")
    base_time = read_date_time(cursor)
    offset = cursor.signed(2, "the time offset") if flags & _Flag.TIME_OFFSET else None
    concentration, sample = None, 0
    if flags & _Flag.CONCENTRATION:
        concentration = read_sfloat(cursor, "the concentration")
        sample = cursor.unsigned(1, "the sample's type and location")
    status = cursor.unsigned(2, "the sensor status") if flags & _Flag.STATUS else None
    if flags == sent:
        cursor.end()
    return Glucose(
        sequence,
        base_time,
        offset,
        concentration,
        sample,
        bool(flags & _Flag.MOL),
        status,
        bool(flags & _Flag.CONTEXT),
    )


def decode_glucose(value: bytes) -> Measurement:
    """Decode Glucose Measurement (2A18). ``timestamp`` is the base time plus the offset.

    A control solution's result is given as ``other``, and what the meter itself says has failed
    (a malfunction, the strip, the sample, an interruption). Flags: ``sequence_number``, ``type``,
    ``sample_location``, the sensor's status, ``context_follows``, ``time_offset_min``.
    """
    read = read_glucose(value)
    answer = Answer("glucose_measurement")
    answer.flag("sequence_number", read.sequence)
    if read.concentration is not None:
        if read.mol:
            quantity, scale = Quantity.GLUCOSE_SUBSTANCE_CONCENTRATION, MMOL_PER_L_OF_MOL_PER_L
        else:
            quantity, scale = Quantity.GLUCOSE_MASS_CONCENTRATION, MG_PER_DL_OF_KG_PER_L
        answer.decimal(quantity, read.concentration, scale)
        add_sample(answer, read.sample)
    if read.status is not None:
        answer.bits(read.status, _STATUS)
        if read.status & _FAILED:
            answer.set_aside()
    answer.flag("context_follows", read.context_follows)
    answer.clock(read.base_time)
    if read.offset_min is not None:
        answer.flag("time_offset_min", read.offset_min)
        if read.base_time.complete:
            answer.time(_moved(read.base_time, read.offset_min))
    return answer.measurement()


def decode_glucose_feature(value: bytes) -> Measurement:
    """Decode Glucose Feature (2A51)."""
    cursor = Cursor(value)
    bits = cursor.unsigned(2, "the features")
    cursor.end()
    answer = Answer("glucose_feature")
    answer.flag("features", bits)
    answer.bits(bits, _FEATURES)
    return answer.measurement()


def _moved(base: DateTime, minutes: int) -> str:
    try:
        return (datetime.fromisoformat(str(base)) + timedelta(minutes=minutes)).isoformat()
    except OverflowError:
        raise DecodeError("the time offset leads out of the calendar", offset=10) from None
