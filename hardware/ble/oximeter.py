"""Pulse oximeter: spot check (2A5E), continuous (2A5F) and features (2A60).

A number that the oximeter itself calls invalid, unavailable, a demonstration or a test is
given as ``other``: it is no value of the person.

Source: Bluetooth Pulse Oximeter Service 1.0.1, 3.1 to 3.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag

from hardware.ble.answer import Answer
from hardware.ble.clock import DateTime, encode_date_time, read_date_time
from hardware.ble.cursor import Cursor, read_sfloat
from hardware.ble.measurement import Measurement
from hardware.ble.medfloat import MedFloat, Special, encode_sfloat
from hardware.reading import Quantity, Unit

Pair = tuple[MedFloat | Special, MedFloat | Special]


class _Spot(IntFlag):
    TIMESTAMP = 0x01
    STATUS = 0x02
    DEVICE_STATUS = 0x04
    PULSE_AMPLITUDE = 0x08
    CLOCK_NOT_SET = 0x10


class _Continuous(IntFlag):
    FAST = 0x01
    SLOW = 0x02
    STATUS = 0x04
    DEVICE_STATUS = 0x08
    PULSE_AMPLITUDE = 0x10


_KNOWN_FLAGS = 0x1F

_STATUS = (
    "",
    "",
    "",
    "",
    "",
    "measurement_ongoing",
    "early_estimated_data",
    "validated_data",
    "fully_qualified_data",
    "data_from_storage",
    "data_for_demonstration",
    "data_for_testing",
    "calibration_ongoing",
    "measurement_unavailable",
    "questionable_measurement",
    "invalid_measurement",
)
_NOBODYS = 1 << 10 | 1 << 11 | 1 << 13 | 1 << 15
_DEVICE_STATUS = (
    "extended_display_update_ongoing",
    "equipment_malfunction",
    "signal_processing_irregularity",
    "inadequate_signal",
    "poor_signal",
    "low_perfusion",
    "erratic_signal",
    "nonpulsatile_signal",
    "questionable_pulse",
    "signal_analysis_ongoing",
    "sensor_interference",
    "sensor_unconnected_to_user",
    "unknown_sensor_connected",
    "sensor_displaced",
    "sensor_malfunctioning",
    "sensor_disconnected",
)
_FEATURES = (
    "measurement_status_support",
    "device_and_sensor_status_support",
    "measurement_storage_support",
    "timestamp_support",
    "fast_metric_support",
    "slow_metric_support",
    "pulse_amplitude_index_support",
    "multiple_bond_support",
)


@dataclass(frozen=True, slots=True)
class Oximetry:
    """A value as sent; what is ``None`` is not in it. A pair is saturation and pulse rate.

    ``timestamp`` and ``clock_not_set`` are a spot check's, ``fast`` and ``slow`` a continuous
    value's.
    """

    normal: Pair
    timestamp: DateTime | None = None
    clock_not_set: bool = False
    fast: Pair | None = None
    slow: Pair | None = None
    status: int | None = None
    device_status: int | None = None
    pulse_amplitude: MedFloat | Special | None = None


def encode_spot_check(value: Oximetry) -> bytes:
    """Return the PLX Spot-Check Measurement value (5 to 19 bytes)."""
    flags = _Spot.CLOCK_NOT_SET if value.clock_not_set else _Spot(0)
    parts = [_pair_bytes(value.normal)]
    if value.timestamp is not None:
        flags |= _Spot.TIMESTAMP
        parts.append(encode_date_time(value.timestamp))
    if value.status is not None:
        flags |= _Spot.STATUS
        parts.append(value.status.to_bytes(2, "little"))
    if value.device_status is not None:
        flags |= _Spot.DEVICE_STATUS
        parts.append(value.device_status.to_bytes(3, "little"))
    if value.pulse_amplitude is not None:
        flags |= _Spot.PULSE_AMPLITUDE
        parts.append(encode_sfloat(value.pulse_amplitude))
    return bytes((flags,)) + b"".join(parts)


def encode_continuous(value: Oximetry) -> bytes:
    """Return the PLX Continuous Measurement value (5 to 20 bytes)."""
    flags = _Continuous(0)
    parts = [_pair_bytes(value.normal)]
    for flag, pair in ((_Continuous.FAST, value.fast), (_Continuous.SLOW, value.slow)):
        if pair is not None:
            flags |= flag
            parts.append(_pair_bytes(pair))
    if value.status is not None:
        flags |= _Continuous.STATUS
        parts.append(value.status.to_bytes(2, "little"))
    if value.device_status is not None:
        flags |= _Continuous.DEVICE_STATUS
        parts.append(value.device_status.to_bytes(3, "little"))
    if value.pulse_amplitude is not None:
        flags |= _Continuous.PULSE_AMPLITUDE
        parts.append(encode_sfloat(value.pulse_amplitude))
    return bytes((flags,)) + b"".join(parts)


def read_spot_check(value: bytes) -> Oximetry:
    """Read a PLX Spot-Check Measurement value as sent.

    :raises DecodeError: on a value cut short, trailing bytes, an impossible time.
    """
    cursor = Cursor(value)
    sent = cursor.unsigned(1, "the flags")
    flags = _Spot(sent & _KNOWN_FLAGS)
    normal = _pair(cursor)
    timestamp = read_date_time(cursor) if flags & _Spot.TIMESTAMP else None
    status = cursor.unsigned(2, "the status") if flags & _Spot.STATUS else None
    device = cursor.unsigned(3, "the device status") if flags & _Spot.DEVICE_STATUS else None
    index = read_sfloat(cursor, "the index") if flags & _Spot.PULSE_AMPLITUDE else None
    if flags == sent:
        cursor.end()
    return Oximetry(
        normal,
        timestamp,
        bool(flags & _Spot.CLOCK_NOT_SET),
        status=status,
        device_status=device,
        pulse_amplitude=index,
    )


def read_continuous(value: bytes) -> Oximetry:
    """Read a PLX Continuous Measurement value as sent.

    :raises DecodeError: on a value cut short or trailing bytes.
    """
    cursor = Cursor(value)
    sent = cursor.unsigned(1, "the flags")
    flags = _Continuous(sent & _KNOWN_FLAGS)
    normal = _pair(cursor)
    fast = _pair(cursor) if flags & _Continuous.FAST else None
    slow = _pair(cursor) if flags & _Continuous.SLOW else None
    status = cursor.unsigned(2, "the status") if flags & _Continuous.STATUS else None
    device = None
    if flags & _Continuous.DEVICE_STATUS:
        device = cursor.unsigned(3, "the device status")
    index = read_sfloat(cursor, "the index") if flags & _Continuous.PULSE_AMPLITUDE else None
    if flags == sent:
        cursor.end()
    return Oximetry(
        normal,
        fast=fast,
        slow=slow,
        status=status,
        device_status=device,
        pulse_amplitude=index,
    )


def decode_spot_check(value: bytes) -> Measurement:
    """Decode PLX Spot-Check Measurement (2A5E). Flags: the status bits, ``clock_not_set``.

    The time of a device whose clock was never set is no ``timestamp``: it is the flag
    ``timestamp_unset``.
    """
    read = read_spot_check(value)
    answer = Answer("plx_spot_check_measurement")
    _add(answer, read)
    answer.flag("clock_not_set", read.clock_not_set)
    if read.clock_not_set and read.timestamp is not None:
        answer.flag("timestamp_unset", str(read.timestamp))
    else:
        answer.clock(read.timestamp)
    return answer.measurement()


def decode_continuous(value: bytes) -> Measurement:
    """Decode PLX Continuous Measurement (2A5F): the normal metric first.

    The fast and the slow one, the same moment smoothed otherwise, are given as ``other``.
    """
    read = read_continuous(value)
    answer = Answer("plx_continuous_measurement")
    _add(answer, read)
    for name, pair in (("fast", read.fast), ("slow", read.slow)):
        if pair is not None:
            answer.setting(f"oxygen_saturation_{name}", pair[0], Unit.PERCENT)
            answer.setting(f"pulse_rate_{name}", pair[1], Unit.PER_MINUTE)
    return answer.measurement()


def decode_oximeter_features(value: bytes) -> Measurement:
    """Decode PLX Features (2A60).

    The two fields that name the supported status bits follow if the features announce them;
    ``status_fields_missing`` says that a device announces them and sends neither.
    """
    cursor = Cursor(value)
    bits = cursor.unsigned(2, "the features")
    answer = Answer("plx_features")
    answer.flag("features", bits)
    answer.bits(bits, _FEATURES)
    if bits & 0x03 and cursor.offset == len(value):
        answer.flag("status_fields_missing", value=True)
        return answer.measurement()
    if bits & 0x01:
        answer.flag("measurement_status_bits", cursor.unsigned(2, "the status support"))
    if bits & 0x02:
        answer.flag("device_status_bits", cursor.unsigned(3, "the device status support"))
    if bits <= 0xFF:
        cursor.end()
    return answer.measurement()


def _add(answer: Answer, read: Oximetry) -> None:
    saturation, pulse = read.normal
    answer.decimal(Quantity.OXYGEN_SATURATION, saturation)
    answer.decimal(Quantity.PULSE_RATE, pulse)
    if read.pulse_amplitude is not None:
        answer.decimal(Quantity.PULSE_AMPLITUDE_INDEX, read.pulse_amplitude)
    if read.status is not None:
        answer.bits(read.status, _STATUS)
        if read.status & _NOBODYS:
            answer.set_aside()
    if read.device_status is not None:
        answer.bits(read.device_status, _DEVICE_STATUS)


def _pair(cursor: Cursor) -> Pair:
    return read_sfloat(cursor, "the saturation"), read_sfloat(cursor, "the pulse rate")


def _pair_bytes(pair: Pair) -> bytes:
    return encode_sfloat(pair[0]) + encode_sfloat(pair[1])
