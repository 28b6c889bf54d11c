"""Body composition: measurement (2A9C), in one packet or two, and feature (2A9B).

Units are those of :mod:`hardware.ble.weight`.

Source: Bluetooth Body Composition Service 1.0, 3.1 and 3.2; GATT Specification Supplement, Body
Composition Feature, Body Composition Measurement.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import IntFlag
from fractions import Fraction
from types import MappingProxyType

from hardware.ble.answer import Answer
from hardware.ble.clock import DateTime, encode_date_time, read_date_time
from hardware.ble.cursor import Cursor
from hardware.ble.measurement import Measurement
from hardware.ble.weight import HEIGHT_RESOLUTIONS, MASS_RESOLUTIONS, UNSUCCESSFUL, height, mass
from hardware.errors import DecodeError
from hardware.reading import Quantity


class Part(IntFlag):
    """The flags of the value; from ``BASAL_METABOLISM`` to ``HEIGHT`` each announces two bytes."""

    IMPERIAL = 0x0001
    TIMESTAMP = 0x0002
    USER_ID = 0x0004
    BASAL_METABOLISM = 0x0008
    MUSCLE_PERCENTAGE = 0x0010
    MUSCLE_MASS = 0x0020
    FAT_FREE_MASS = 0x0040
    SOFT_LEAN_MASS = 0x0080
    BODY_WATER_MASS = 0x0100
    IMPEDANCE = 0x0200
    WEIGHT = 0x0400
    HEIGHT = 0x0800
    MULTIPLE_PACKETS = 0x1000


_KNOWN_FLAGS = 0x1FFF


def _tenths(steps: int, *, imperial: bool) -> Fraction:  # noqa: ARG001  # the same in both
    return Fraction(steps, 10)


def _whole(steps: int, *, imperial: bool) -> Fraction:  # noqa: ARG001  # the same in both
    return Fraction(steps)


_FIELDS: tuple[tuple[Part, Quantity, Callable[..., Fraction]], ...] = (
    (Part.BASAL_METABOLISM, Quantity.BASAL_METABOLISM, _whole),
    (Part.MUSCLE_PERCENTAGE, Quantity.MUSCLE_PERCENTAGE, _tenths),
    (Part.MUSCLE_MASS, Quantity.MUSCLE_MASS, mass),
    (Part.FAT_FREE_MASS, Quantity.FAT_FREE_MASS, mass),
    (Part.SOFT_LEAN_MASS, Quantity.SOFT_LEAN_MASS, mass),
    (Part.BODY_WATER_MASS, Quantity.BODY_WATER_MASS, mass),
    (Part.IMPEDANCE, Quantity.IMPEDANCE, _tenths),
    (Part.WEIGHT, Quantity.BODY_WEIGHT, mass),
    (Part.HEIGHT, Quantity.BODY_HEIGHT, height),
)

_FEATURES = (
    "timestamp_supported",
    "multiple_users_supported",
    "basal_metabolism_supported",
    "muscle_percentage_supported",
    "muscle_mass_supported",
    "fat_free_mass_supported",
    "soft_lean_mass_supported",
    "body_water_mass_supported",
    "impedance_supported",
    "weight_supported",
    "height_supported",
)


@dataclass(frozen=True, slots=True)
class BodyComposition:
    """A packet as sent, in steps. ``fields`` hold what else it carries, by its flag.

    ``packets`` is how many packets it was joined from; ``multiple`` says that the scale
    sends it in more than one.
    """

    fat: int
    imperial: bool = False
    timestamp: DateTime | None = None
    user_id: int | None = None
    fields: MappingProxyType[Part, int] = field(default_factory=lambda: MappingProxyType({}))
    multiple: bool = False
    packets: int = 1


def encode_body_composition(value: BodyComposition) -> bytes:
    """Return the Body Composition Measurement value of one packet."""
    flags = Part.IMPERIAL if value.imperial else Part(0)
    parts = [value.fat.to_bytes(2, "little")]
    if value.timestamp is not None:
        flags |= Part.TIMESTAMP
        parts.append(encode_date_time(value.timestamp))
    if value.user_id is not None:
        flags |= Part.USER_ID
        parts.append(value.user_id.to_bytes(1, "little"))
    for part, _, _ in _FIELDS:
        if part in value.fields:
            flags |= part
            parts.append(value.fields[part].to_bytes(2, "little"))
    if value.multiple:
        flags |= Part.MULTIPLE_PACKETS
    return flags.to_bytes(2, "little") + b"".join(parts)


def read_body_composition(value: bytes) -> BodyComposition:
    """Read one packet as sent.

    :raises DecodeError: on a value cut short, trailing bytes, an impossible time.
    """
    cursor = Cursor(value)
    sent = cursor.unsigned(2, "the flags")
    flags = Part(sent & _KNOWN_FLAGS)
    fat = cursor.unsigned(2, "the body fat")
    timestamp = read_date_time(cursor) if flags & Part.TIMESTAMP else None
    user_id = cursor.unsigned(1, "the user id") if flags & Part.USER_ID else None
    fields = {
        part: cursor.unsigned(2, quantity.value) for part, quantity, _ in _FIELDS if flags & part
    }
    if flags == sent:
        cursor.end()
    return BodyComposition(
        fat,
        bool(flags & Part.IMPERIAL),
        timestamp,
        user_id,
        MappingProxyType(fields),
        bool(flags & Part.MULTIPLE_PACKETS),
    )


def join(first: BodyComposition, second: BodyComposition) -> BodyComposition:
    """Return the measurement that came in two packets, one after the other.

    :raises DecodeError: if they are no two parts of one measurement: either is whole by itself,
        or both carry a field and disagree.
    """
    if not (first.multiple and second.multiple):
        raise DecodeError("a packet that is whole by itself has no second part")
    if first.imperial != second.imperial:
        raise DecodeError("the two packets disagree about their units")
    for one, other in ((first.timestamp, second.timestamp), (first.user_id, second.user_id)):
        if None not in (one, other) and one != other:
            raise DecodeError("the two packets are of two measurements")
    for part in first.fields.keys() & second.fields.keys():
        if first.fields[part] != second.fields[part]:
            raise DecodeError(f"the two packets disagree about {part.name}")
    fats = {first.fat, second.fat} - {UNSUCCESSFUL} or {UNSUCCESSFUL}
    if len(fats) > 1:
        raise DecodeError("the two packets disagree about the body fat")
    return replace(
        first,
        fat=fats.pop(),
        timestamp=first.timestamp or second.timestamp,
        user_id=second.user_id if first.user_id is None else first.user_id,
        fields=MappingProxyType(dict(first.fields) | dict(second.fields)),
        packets=first.packets + second.packets,
    )


def measurement_of(read: BodyComposition) -> Measurement:
    """Return what a packet, or the two joined, say.

    Flags: ``user_id`` (or ``"unknown"``), ``measurement_units``, ``multiple_packets`` (this is
    a part) or ``packets`` (joined from so many), ``body_fat_percentage: "unsuccessful"``.
    """
    answer = Answer("body_composition_measurement")
    if read.fat == UNSUCCESSFUL:
        answer.flag(Quantity.BODY_FAT_PERCENTAGE.value, "unsuccessful")
    else:
        answer.number(Quantity.BODY_FAT_PERCENTAGE, Fraction(read.fat, 10))
    for part, quantity, convert in _FIELDS:
        if part in read.fields:
            answer.number(quantity, convert(read.fields[part], imperial=read.imperial))
    answer.flag("measurement_units", "imperial" if read.imperial else "si")
    answer.user(read.user_id)
    answer.clock(read.timestamp)
    if read.packets > 1:
        answer.flag("packets", read.packets)
    elif read.multiple:
        answer.flag("multiple_packets", value=True)
    return answer.measurement()


def decode_body_composition(value: bytes) -> Measurement:
    """Decode one packet of Body Composition Measurement (2A9C), see :func:`measurement_of`."""
    return measurement_of(read_body_composition(value))


def decode_body_composition_feature(value: bytes) -> Measurement:
    """Decode Body Composition Feature (2A9B)."""
    cursor = Cursor(value)
    bits = cursor.unsigned(4, "the features")
    cursor.end()
    answer = Answer("body_composition_feature")
    answer.flag("features", bits)
    answer.bits(bits, _FEATURES)
    answer.choice("mass_measurement_resolution", bits >> 11 & 0x0F, MASS_RESOLUTIONS)
    answer.choice("height_measurement_resolution", bits >> 15 & 0x07, HEIGHT_RESOLUTIONS)
    return answer.measurement()
