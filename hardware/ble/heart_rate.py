"""Heart rate: measurement (2A37), where the sensor sits (2A38).

Source: Bluetooth Heart Rate Service 1.0, 3.1 (energy is in kilojoules there, 3.1.1.3) and 3.2;
GATT Specification Supplement, Heart Rate Measurement, Body Sensor Location.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from fractions import Fraction

from hardware.ble.answer import Answer, coded
from hardware.ble.cursor import Cursor
from hardware.ble.measurement import Measurement
from hardware.reading import Mark, Quantity

TICKS_PER_S = 1024
LOCATIONS = coded(("other", "chest", "wrist", "finger", "hand", "ear_lobe", "foot"))


class _Flag(IntFlag):
    SIXTEEN_BITS = 0x01
    CONTACT = 0x02
    CONTACT_SUPPORTED = 0x04
    ENERGY = 0x08
    RR_INTERVALS = 0x10


_KNOWN_FLAGS = 0x1F


@dataclass(frozen=True, slots=True)
class HeartRate:
    """A measurement as sent.

    ``contact`` is ``None`` on a sensor that cannot tell, ``energy_kj`` if it is not in the
    value. ``rr_ticks`` are times between beats in 1/1024 s, the oldest first.
    """

    beats: int
    contact: bool | None = None
    energy_kj: int | None = None
    rr_ticks: tuple[int, ...] = ()


def encode_heart_rate(value: HeartRate) -> bytes:
    """Return the Heart Rate Measurement value."""
    size = 1 if value.beats <= 0xFF else 2
    flags = _Flag(0) if size == 1 else _Flag.SIXTEEN_BITS
    parts = [value.beats.to_bytes(size, "little")]
    if value.contact is not None:
        flags |= _Flag.CONTACT_SUPPORTED | (_Flag.CONTACT if value.contact else _Flag(0))
    if value.energy_kj is not None:
        flags |= _Flag.ENERGY
        parts.append(value.energy_kj.to_bytes(2, "little"))
    if value.rr_ticks:
        flags |= _Flag.RR_INTERVALS
        parts.extend(ticks.to_bytes(2, "little") for ticks in value.rr_ticks)
    return bytes((flags,)) + b"".join(parts)


def read_heart_rate(value: bytes) -> HeartRate:
    """Read a Heart Rate Measurement value as sent.

    With a reserved flag the bytes behind the last known field are ignored; intervals, which
    have no count of their own, are not read then.

    :raises DecodeError: on a value cut short or trailing bytes.
    """
    cursor = Cursor(value)
    sent = cursor.unsigned(1, "the flags")
    flags = _Flag(sent & _KNOWN_FLAGS)
    beats = cursor.unsigned(2 if flags & _Flag.SIXTEEN_BITS else 1, "the heart rate")
    contact = bool(flags & _Flag.CONTACT) if flags & _Flag.CONTACT_SUPPORTED else None
    energy = cursor.unsigned(2, "the energy") if flags & _Flag.ENERGY else None
    ticks: list[int] = []
    if flags == sent:
        while flags & _Flag.RR_INTERVALS and cursor.offset < len(value):
            ticks.append(cursor.unsigned(2, "an interval"))
        cursor.end()
    return HeartRate(beats, contact, energy, tuple(ticks))


def decode_heart_rate(value: bytes) -> Measurement:
    """Decode Heart Rate Measurement (2A37); one ``rr_interval`` for each, the oldest first.

    Flags: ``sensor_contact``, if the sensor can tell. What it gives without contact, or as 0, is
    marked: it is no heart's.
    """
    read = read_heart_rate(value)
    answer = Answer("heart_rate_measurement")
    mark = Mark.NONE
    if read.contact is False:
        mark = Mark.ERROR_STATE
    elif read.beats == 0:
        mark = Mark.IMPLAUSIBLE
    answer.number(Quantity.HEART_RATE, read.beats, mark=mark)
    if read.energy_kj is not None:
        answer.number(Quantity.ENERGY_EXPENDED, read.energy_kj)
    for ticks in read.rr_ticks:
        answer.number(Quantity.RR_INTERVAL, Fraction(ticks, TICKS_PER_S), mark=mark)
    if read.contact is not None:
        answer.flag("sensor_contact", read.contact)
    return answer.measurement()


def decode_body_sensor_location(value: bytes) -> Measurement:
    """Decode Body Sensor Location (2A38)."""
    cursor = Cursor(value)
    answer = Answer("body_sensor_location")
    answer.choice("body_sensor_location", cursor.unsigned(1, "the location"), LOCATIONS)
    cursor.end()
    return answer.measurement()
