"""Where a clock gets its time from, and how it lies to UTC.

Day of Week (2A09), Day Date Time (2A0A), Exact Time 256 (2A0C), DST Offset (2A0D), Time Zone
(2A0E), Local Time Information (2A0F), Time with DST (2A11), Time Accuracy (2A12), Time Source
(2A13), Reference Time Information (2A14), Time Update State (2A17).

Source: Bluetooth Current Time Service 1.1, Next DST Change Service 1.0, Reference Time Update
Service 1.0; GATT Specification Supplement under these names.
"""

from __future__ import annotations

from datetime import timedelta

from hardware.ble.answer import Answer, coded
from hardware.ble.clock import read_date_time, read_day_of_week
from hardware.ble.cursor import Cursor
from hardware.ble.measurement import Measurement
from hardware.errors import DecodeError

ZONE_STEP_MIN = 15
UNKNOWN_ZONE, UNKNOWN_DST = -128, 0xFF
ACCURACY_STEP_MS = 125
MANY_DAYS = 0xFF  # "255 days or more", in days and in hours

_DST_MIN = {0: 0, 2: 30, 4: 60, 8: 120}
_SOURCES = coded(
    (
        "unknown",
        "network_time_protocol",
        "gps",
        "radio_time_signal",
        "manual",
        "atomic_clock",
        "cellular_network",
        "not_synchronized",
    )
)
_STATES = coded(("idle", "update_pending"))
_RESULTS = coded(
    (
        "successful",
        "cancelled",
        "no_connection_to_reference",
        "reference_error",
        "timeout",
        "not_attempted_after_reset",
    )
)


def encode_local_time_information(standard: timedelta, dst: timedelta) -> bytes:
    """Return the Local Time Information value of an offset from UTC and what DST adds to it.

    :raises ValueError: if the value cannot say it: no multiple of 15 minutes from UTC, or an
        addition other than 0, 30, 60, 120 minutes.
    """
    steps, rest = divmod(standard, timedelta(minutes=ZONE_STEP_MIN))
    codes = [code for code, minutes in _DST_MIN.items() if timedelta(minutes=minutes) == dst]
    if rest or not -48 <= steps <= 56 or not codes:
        raise ValueError(f"no code for {standard} and {dst}")
    return steps.to_bytes(1, "little", signed=True) + bytes(codes)


def add_time_zone(answer: Answer, cursor: Cursor) -> None:
    """Read a Time Zone field: ``time_zone_min`` from UTC without DST, or ``"unknown"``.

    :raises DecodeError: at a value that is reserved.
    """
    steps = cursor.signed(1, "the time zone")
    if steps == UNKNOWN_ZONE:
        answer.flag("time_zone_min", "unknown")
    elif -48 <= steps <= 56:
        answer.flag("time_zone_min", steps * ZONE_STEP_MIN)
    else:
        raise DecodeError(f"time zone {steps} is out of range", offset=cursor.offset - 1)


def add_dst_offset(answer: Answer, cursor: Cursor) -> None:
    """Read a DST Offset field: ``dst_offset_min``, or ``"unknown"``.

    :raises DecodeError: at a value that is reserved.
    """
    code = cursor.unsigned(1, "the DST offset")
    if code == UNKNOWN_DST:
        answer.flag("dst_offset_min", "unknown")
    elif code in _DST_MIN:
        answer.flag("dst_offset_min", _DST_MIN[code])
    else:
        raise DecodeError(f"DST offset {code} is reserved", offset=cursor.offset - 1)


def decode_day_of_week(value: bytes) -> Measurement:
    """Decode Day of Week (2A09): ``day_of_week``, 1 Monday to 7, 0 not known."""
    cursor = Cursor(value)
    answer = Answer("day_of_week")
    answer.flag("day_of_week", read_day_of_week(cursor))
    cursor.end()
    return answer.measurement()


def decode_time_zone(value: bytes) -> Measurement:
    """Decode Time Zone (2A0E)."""
    cursor = Cursor(value)
    answer = Answer("time_zone")
    add_time_zone(answer, cursor)
    cursor.end()
    return answer.measurement()


def decode_dst_offset(value: bytes) -> Measurement:
    """Decode DST Offset (2A0D)."""
    cursor = Cursor(value)
    answer = Answer("dst_offset")
    add_dst_offset(answer, cursor)
    cursor.end()
    return answer.measurement()


def decode_local_time_information(value: bytes) -> Measurement:
    """Decode Local Time Information (2A0F)."""
    cursor = Cursor(value)
    answer = Answer("local_time_information")
    add_time_zone(answer, cursor)
    add_dst_offset(answer, cursor)
    cursor.end()
    return answer.measurement()


def decode_time_with_dst(value: bytes) -> Measurement:
    """Decode Time with DST (2A11): when the next change is, and the offset after it."""
    cursor = Cursor(value)
    answer = Answer("time_with_dst")
    answer.clock(read_date_time(cursor))
    add_dst_offset(answer, cursor)
    cursor.end()
    return answer.measurement()


def decode_time_accuracy(value: bytes) -> Measurement:
    """Decode Time Accuracy (2A12): ``time_accuracy_ms``, ``"out_of_range"`` or ``"unknown"``."""
    cursor = Cursor(value)
    answer = Answer("time_accuracy")
    _add_accuracy(answer, cursor)
    cursor.end()
    return answer.measurement()


def decode_time_source(value: bytes) -> Measurement:
    """Decode Time Source (2A13)."""
    cursor = Cursor(value)
    answer = Answer("time_source")
    answer.choice("time_source", cursor.unsigned(1, "the time source"), _SOURCES)
    cursor.end()
    return answer.measurement()


def decode_reference_time_information(value: bytes) -> Measurement:
    """Decode Reference Time Information (2A14).

    Flags: ``time_source``, ``time_accuracy_ms``, ``days_since_update`` and
    ``hours_since_update``, both 255 after 255 days or more.
    """
    cursor = Cursor(value)
    answer = Answer("reference_time_information")
    answer.choice("time_source", cursor.unsigned(1, "the time source"), _SOURCES)
    _add_accuracy(answer, cursor)
    days = cursor.unsigned(1, "the days since the update")
    hours = cursor.unsigned(1, "the hours since the update")
    if (hours > 23 and hours != MANY_DAYS) or (hours == MANY_DAYS) != (days == MANY_DAYS):
        raise DecodeError(f"{days} days and {hours} hours are out of range", offset=3)
    answer.flag("days_since_update", days)
    answer.flag("hours_since_update", hours)
    cursor.end()
    return answer.measurement()


def decode_time_update_state(value: bytes) -> Measurement:
    """Decode Time Update State (2A17)."""
    cursor = Cursor(value)
    answer = Answer("time_update_state")
    answer.choice("current_state", cursor.unsigned(1, "the state"), _STATES)
    answer.choice("result", cursor.unsigned(1, "the result"), _RESULTS)
    cursor.end()
    return answer.measurement()


def _add_accuracy(answer: Answer, cursor: Cursor) -> None:
    steps = cursor.unsigned(1, "the accuracy")
    words = {0xFE: "out_of_range", 0xFF: "unknown"}
    answer.flag("time_accuracy_ms", words.get(steps, steps * ACCURACY_STEP_MS))
