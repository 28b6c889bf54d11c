"""What makes a value one of its kind: the same one sent again is known, two are never one.

A hub keeps a value before it confirms it, so that after a broken connection the same value comes
again. It is the same if its bytes are, and they name the moment or the number of the measurement;
else if they are, and it arrives within a time in which a device would send it again rather than
measure the same once more. In doubt a value is kept twice rather than lost once.

Source: Bluetooth Blood Pressure Service 1.1.1; Glucose Service 1.0.1, 3.1.1.2 (sequence number and
base time identify a record); Continuous Glucose Monitoring Service 1.0.2, 3.1 (the time offset
counts from the session's start); Pulse Oximeter Service 1.0.1, 3.2; Weight Scale Service 1.0, 3.2.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

from hardware.ble.blood_pressure import read_blood_pressure
from hardware.ble.body_composition import read_body_composition
from hardware.ble.cgm import read_cgm_records
from hardware.ble.clock import DateTime
from hardware.ble.enhanced_pressure import read_enhanced_pressure
from hardware.ble.glucose import read_glucose
from hardware.ble.glucose_context import sequence_of_context
from hardware.ble.oximeter import read_spot_check
from hardware.ble.pressure_record import read_segment
from hardware.ble.registry import short_uuid
from hardware.ble.thermometer import read_temperature
from hardware.ble.weight import read_weight
from hardware.errors import DecodeError

ARRIVAL_MS, SECOND_MS, MINUTE_MS, DAY_MS = 1, 1000, 60_000, 86_400_000


def identity(
    uuid: str, value: bytes, arrived_ms: int
) -> tuple[str, bytes] | tuple[str, bytes, int]:
    """Return what tells this value from every other of its device.

    ``arrived_ms`` is the moment of arrival, ms since 1970. Two values are the same exactly if
    their identities are. A value that breaks its standard is one of its kind by the minute.
    """
    short = short_uuid(uuid)
    window = _window(short, value)
    return (short, value) if window is None else (short, value, arrived_ms // window)


def _window(short: str, value: bytes) -> int | None:
    if short in _FACTS:
        return None
    fixed = _STREAMS.get(short)
    if fixed is not None:
        return fixed
    names = _NAMES.get(short)
    try:
        if short == "2A18" and not _names_day(read_glucose(value).base_time):
            return DAY_MS  # a clock that was never set: its numbers may have begun anew
        return MINUTE_MS if names is None or not names(value) else _NUMBERED.get(short)
    except DecodeError:
        return MINUTE_MS


def _names_day(time: DateTime | None) -> bool:
    return time is not None and time.complete


def _spot_check(value: bytes) -> bool:
    read = read_spot_check(value)
    return _names_day(read.timestamp) and not read.clock_not_set


def _enhanced(value: bytes) -> bool:
    read = read_enhanced_pressure(value, 3)
    return bool(read.user_facing_s or read.timestamp_s)


def _whole_record(value: bytes) -> bool:
    """Whether it is a whole record. One of several segments is needed again with the others."""
    segment = read_segment(value)
    return segment.first and segment.last


def _is_numbered(read: Callable[[bytes], object]) -> Callable[[bytes], bool]:
    """Return what is true of every value that ``read`` can read: it carries a number."""

    def numbered(value: bytes) -> bool:
        read(value)
        return True

    return numbered


# What a device says of itself: when its session started, what it can do.
_FACTS = frozenset({"2A49", "2A51", "2A60", "2A9B", "2A9E", "2AA8", "2AAA"})

# Whether a value names the moment of its measurement, or its number.
_NAMES: MappingProxyType[str, Callable[[bytes], bool]] = MappingProxyType(
    {
        "2A18": _is_numbered(read_glucose),
        "2A1C": lambda value: _names_day(read_temperature(value).timestamp),
        "2A34": _is_numbered(sequence_of_context),
        "2A35": lambda value: _names_day(read_blood_pressure(value).timestamp),
        "2A5E": _spot_check,
        "2A9C": lambda value: _names_day(read_body_composition(value).timestamp),
        "2A9D": lambda value: _names_day(read_weight(value).timestamp),
        "2AA7": _is_numbered(read_cgm_records),
        "2B34": _enhanced,
        "2B36": _whole_record,
    }
)

# Numbers that start again: with the next session, with a memory that was emptied. A context says
# little (a meal), and a glucose value comes back within an hour of a session's start: the same
# number with the same content is another record on another day.
_NUMBERED = MappingProxyType({"2A34": DAY_MS, "2AA7": DAY_MS})

# What is never sent again: the same bytes mean that it happened once more. An advertisement is
# heard several times within a moment.
_STREAMS = MappingProxyType(
    {
        **dict.fromkeys(("2A37", "2A53", "2A5B", "2A5F", "2C20", "2C21", "2C22"), ARRIVAL_MS),
        "ADVERT": SECOND_MS,
    }
)
