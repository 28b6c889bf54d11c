"""Body temperature: measurement (2A1C), intermediate (2A1E), type (2A1D), interval (2A21).

Temperatures are given in ``Cel``; one sent in degrees Fahrenheit is converted exactly and
rounded once.

Source: Bluetooth Health Thermometer Service 1.0, 3.1 to 3.4; GATT Specification Supplement,
Temperature Measurement, Temperature Type, Measurement Interval.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from fractions import Fraction

from hardware.ble.answer import Answer, coded
from hardware.ble.clock import DateTime, encode_date_time, read_date_time
from hardware.ble.cursor import Cursor
from hardware.ble.measurement import Measurement
from hardware.ble.medfloat import FLOAT_BYTES, MedFloat, Special, decode_float, encode_float
from hardware.reading import Quantity

PLACES = coded(
    (
        "armpit",
        "body",
        "ear",
        "finger",
        "gastrointestinal_tract",
        "mouth",
        "rectum",
        "toe",
        "tympanum",
    ),
    first=1,
)


class _Flag(IntFlag):
    FAHRENHEIT = 0x01
    TIMESTAMP = 0x02
    PLACE = 0x04


_KNOWN_FLAGS = 0x07


@dataclass(frozen=True, slots=True)
class Temperature:
    """A measurement as sent; what is ``None`` is not in the value. ``place`` is a code."""

    value: MedFloat | Special
    fahrenheit: bool = False
    timestamp: DateTime | None = None
    place: int | None = None


def encode_temperature(value: Temperature) -> bytes:
    """Return the Temperature Measurement value (5 to 13 bytes)."""
    flags = _Flag.FAHRENHEIT if value.fahrenheit else _Flag(0)
    parts = [encode_float(value.value)]
    if value.timestamp is not None:
        flags |= _Flag.TIMESTAMP
        parts.append(encode_date_time(value.timestamp))
    if value.place is not None:
        flags |= _Flag.PLACE
        parts.append(value.place.to_bytes(1, "little"))
    return bytes((flags,)) + b"".join(parts)


def read_temperature(value: bytes) -> Temperature:
    """Read a Temperature Measurement or Intermediate Temperature value as sent.

    :raises DecodeError: on a value cut short, trailing bytes, an impossible time.
    """
    cursor = Cursor(value)
    sent = cursor.unsigned(1, "the flags")
    flags = _Flag(sent & _KNOWN_FLAGS)
    number = decode_float(cursor.take(FLOAT_BYTES, "the temperature"))
    timestamp = read_date_time(cursor) if flags & _Flag.TIMESTAMP else None
    place = cursor.unsigned(1, "the temperature type") if flags & _Flag.PLACE else None
    if flags == sent:
        cursor.end()
    return Temperature(number, bool(flags & _Flag.FAHRENHEIT), timestamp, place)


def decode_temperature(value: bytes) -> Measurement:
    """Decode Temperature Measurement (2A1C). Flags: ``temperature_type``."""
    return _decode("temperature_measurement", value)


def decode_intermediate_temperature(value: bytes) -> Measurement:
    """Decode Intermediate Temperature (2A1E): a display's value, no result.

    It is given as ``other``, so that nobody takes it for one.
    """
    return _decode("intermediate_temperature", value, aside=True)


def decode_temperature_type(value: bytes) -> Measurement:
    """Decode Temperature Type (2A1D): where the thermometer measures."""
    cursor = Cursor(value)
    answer = Answer("temperature_type")
    answer.choice("temperature_type", cursor.unsigned(1, "the temperature type"), PLACES)
    cursor.end()
    return answer.measurement()


def decode_measurement_interval(value: bytes) -> Measurement:
    """Decode Measurement Interval (2A21). Flags: ``measurement_interval_s``, 0 for none."""
    cursor = Cursor(value)
    answer = Answer("measurement_interval")
    answer.flag("measurement_interval_s", cursor.unsigned(2, "the interval"))
    cursor.end()
    return answer.measurement()


def _decode(device: str, value: bytes, *, aside: bool = False) -> Measurement:
    read = read_temperature(value)
    answer = Answer(device)
    number = read.value
    if read.fahrenheit and not isinstance(number, Special):
        answer.number(Quantity.BODY_TEMPERATURE, (number.fraction() - 32) * Fraction(5, 9))
    else:
        answer.decimal(Quantity.BODY_TEMPERATURE, number)
    answer.clock(read.timestamp)
    if read.place is not None:
        answer.choice("temperature_type", read.place, PLACES)
    if aside:
        answer.set_aside()
    return answer.measurement()
