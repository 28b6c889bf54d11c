"""Continuous glucose monitoring: measurement (2AA7) and status (2AA9).

Source: Bluetooth Continuous Glucose Monitoring Service 1.0.2, 3.1, 3.3 and 3.11; GATT
Specification Supplement, CGM Measurement, CGM Status.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntFlag

from hardware.ble.answer import Answer
from hardware.ble.crc import CRC_BYTES, end_with_crc, with_crc
from hardware.ble.cursor import Cursor, read_sfloat
from hardware.ble.measurement import Measurement
from hardware.ble.medfloat import MedFloat, Special, encode_sfloat
from hardware.errors import DecodeError
from hardware.reading import Quantity

MIN_RECORD_BYTES = 6


class _Flag(IntFlag):
    TREND = 0x01
    QUALITY = 0x02
    WARNING = 0x20
    CALIBRATION = 0x40
    STATUS = 0x80


_KNOWN_FLAGS = 0xE3

STATUS_BITS = (
    "session_stopped",
    "device_battery_low",
    "sensor_type_incorrect",
    "sensor_malfunction",
    "device_specific_alert",
    "general_device_fault",
    "",
    "",
    "time_synchronization_required",
    "calibration_not_allowed",
    "calibration_recommended",
    "calibration_required",
    "sensor_temperature_too_high",
    "sensor_temperature_too_low",
    "calibration_pending",
    "",
    "result_below_patient_low",
    "result_above_patient_high",
    "result_below_hypo",
    "result_above_hyper",
    "rate_of_decrease_exceeded",
    "rate_of_increase_exceeded",
    "result_too_low_for_device",
    "result_too_high_for_device",
)


_FAILED = 1 << 2 | 1 << 3 | 1 << 5


@dataclass(frozen=True, slots=True)
class CgmRecord:
    """One record as sent; what is ``None`` is not in it.

    ``concentration`` is in mg/dL, ``trend`` in mg/dL/min, ``quality`` in percent; ``status``
    are the three octets of the sensor, the absent ones 0, or ``None`` if all are absent.
    ``offset_min`` counts from the start of the session.
    """

    concentration: MedFloat | Special
    offset_min: int
    status: int | None = None
    trend: MedFloat | Special | None = None
    quality: MedFloat | Special | None = None
    checked: bool = False


def encode_cgm_record(record: CgmRecord) -> bytes:
    """Return one record of a CGM Measurement value, with its check if ``checked``."""
    flags = _Flag(0)
    parts = [encode_sfloat(record.concentration), record.offset_min.to_bytes(2, "little")]
    octets = (record.status or 0).to_bytes(3, "little")
    for flag, octet in zip((_Flag.STATUS, _Flag.CALIBRATION, _Flag.WARNING), octets, strict=True):
        if octet:
            flags |= flag
            parts.append(bytes((octet,)))
    for flag, field in ((_Flag.TREND, record.trend), (_Flag.QUALITY, record.quality)):
        if field is not None:
            flags |= flag
            parts.append(encode_sfloat(field))
    body = bytes((flags,)) + b"".join(parts)
    size = 1 + len(body) + (2 if record.checked else 0)
    data = bytes((size,)) + body
    return with_crc(data) if record.checked else data


def read_cgm_records(value: bytes) -> tuple[CgmRecord, ...]:
    """Read the records of a CGM Measurement value.

    :raises DecodeError: if a record's size does not fit what it holds, a check is wrong, or
        there is no record. The offset within a record counts from the record's start.
    """
    return tuple(_records(value))


def decode_cgm_measurement(value: bytes) -> Measurement:
    """Decode CGM Measurement (2AA7); it may hold several records, in the order of time.

    Flags are those of the last record: ``time_offset_min``, the sensor's status, ``e2e_crc``
    (that the right check was there); with several records ``records``, and
    ``time_offsets_min``, one for each, separated by blanks. Where the sensor says that it has
    failed (a malfunction, a fault, the wrong type), all numbers of the value are ``other``.
    """
    records = read_cgm_records(value)
    answer = Answer("cgm_measurement")
    for record in records:
        answer.decimal(Quantity.GLUCOSE_MASS_CONCENTRATION, record.concentration)
        if record.trend is not None:
            answer.decimal(Quantity.GLUCOSE_TREND, record.trend)
        if record.quality is not None:
            answer.decimal(Quantity.GLUCOSE_QUALITY, record.quality)
        if (record.status or 0) & _FAILED:
            answer.set_aside()
    last = records[-1]
    answer.flag("time_offset_min", last.offset_min)
    if last.status is not None:
        answer.bits(last.status, STATUS_BITS)
    answer.flag("e2e_crc", last.checked)
    if len(records) > 1:
        answer.flag("records", len(records))
        answer.flag("time_offsets_min", " ".join(str(each.offset_min) for each in records))
    return answer.measurement()


def decode_cgm_status(value: bytes) -> Measurement:
    """Decode CGM Status (2AA9). Flags: as those of the measurement."""
    cursor = Cursor(value)
    answer = Answer("cgm_status")
    answer.flag("time_offset_min", cursor.unsigned(2, "the time offset"))
    answer.bits(cursor.unsigned(3, "the status"), STATUS_BITS)
    answer.flag("e2e_crc", end_with_crc(cursor, value))
    return answer.measurement()


def _records(value: bytes) -> Iterator[CgmRecord]:
    cursor = Cursor(value)
    while True:
        start = cursor.offset
        size = value[start] if start < len(value) else 0
        if size < MIN_RECORD_BYTES:
            raise DecodeError(f"a record of {size} bytes cannot be", offset=start)
        yield _record(cursor.take(size, "a record"))
        if cursor.offset == len(value):
            return


def _record(value: bytes) -> CgmRecord:
    cursor = Cursor(value)
    cursor.take(1, "the size")
    sent = cursor.unsigned(1, "the flags")
    flags = _Flag(sent & _KNOWN_FLAGS)
    concentration = read_sfloat(cursor, "the concentration")
    offset = cursor.unsigned(2, "the time offset")
    status = None
    for shift, flag in enumerate((_Flag.STATUS, _Flag.CALIBRATION, _Flag.WARNING)):
        if flags & flag:
            status = (status or 0) | cursor.unsigned(1, "the sensor status") << 8 * shift
    trend = read_sfloat(cursor, "the trend") if flags & _Flag.TREND else None
    quality = read_sfloat(cursor, "the quality") if flags & _Flag.QUALITY else None
    beyond = len(value) - cursor.offset - CRC_BYTES
    if flags != sent and beyond > 0:  # fields to come; what is last is the check then
        cursor.take(beyond, "fields for a future use")
    checked = end_with_crc(cursor, value)
    return CgmRecord(concentration, offset, status, trend, quality, checked)
