"""What MiBeacon's objects say: numbers and states; buttons and locks stand by themselves.

An object of another length than its type has is an error. Some types mean different things on
different products: what a product does not define is a flag ``unknown_object``.

Source: Mi BLE object definition (0x0001 to 0x3fff) and MIoT-spec based types (0x4800 and up).
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from fractions import Fraction
from types import MappingProxyType

from hardware.ble.advert.mibeacon_buttons import BUTTONS
from hardware.ble.advert.mibeacon_locks import LOCKS
from hardware.ble.advert.sighting import Findings
from hardware.errors import DecodeError
from hardware.reading import Quantity, Unit

Reader = Callable[[Findings, bytes, str], None]

_TENTH = Fraction(1, 10)
_LONGEST_MOTION_PAUSE_S = 30  # 0x1017, 0x4818: seconds without motion after which there is none


def _whole(size: int, data: bytes) -> int:
    if len(data) != size:
        raise DecodeError(f"an object of {len(data)} bytes that has {size}")
    return int.from_bytes(data, "little")


def _number(
    quantity: Quantity, size: int, step: Fraction | int = 1, *, signed: bool = False
) -> Reader:
    def read(answer: Findings, data: bytes, _model: str) -> None:
        raw = _whole(size, data)
        if signed:
            raw = int.from_bytes(data, "little", signed=True)
        answer.bounded(quantity, raw * step)

    return read


def _real(quantity: Quantity, digits: int) -> Reader:
    """Read an IEEE 754 number, rounded to the digits that its sensor resolves."""

    def read(answer: Findings, data: bytes, _model: str) -> None:
        _whole(4, data)
        (value,) = struct.unpack("<f", data)
        if not math.isfinite(value):
            raise DecodeError(f"{quantity} is no number")
        answer.bounded(quantity, Fraction(repr(round(value, digits))))

    return read


def _other(name: str, unit: Unit, size: int) -> Reader:
    def read(answer: Findings, data: bytes, _model: str) -> None:
        answer.other(name, _whole(size, data), unit)

    return read


def _state(quantity: Quantity, name: str = "") -> Reader:
    def read(answer: Findings, data: bytes, _model: str) -> None:
        answer.state(quantity, _whole(1, data) > 0, name)

    return read


def _inverse(quantity: Quantity) -> Reader:
    def read(answer: Findings, data: bytes, _model: str) -> None:
        answer.state(quantity, _whole(1, data) == 0)

    return read


def _motion_ended(answer: Findings, data: bytes, _model: str) -> None:
    if len(data) not in (1, 4):
        raise DecodeError(f"an object of {len(data)} bytes that has 1 or 4")
    answer.state(Quantity.MOTION, value=False)


def _flag(name: str) -> Reader:
    def read(answer: Findings, data: bytes, _model: str) -> None:
        answer.flag(name, bool(_whole(1, data)))

    return read


def _named(name: str, words: dict[int, str]) -> Reader:
    def read(answer: Findings, data: bytes, _model: str) -> None:
        answer.choice(name, _whole(1, data), words)

    return read


def _code(name: str) -> Reader:
    def read(answer: Findings, data: bytes, _model: str) -> None:
        answer.flag(name, _whole(1, data))

    return read


def _no_motion_for(size: int) -> Reader:
    def read(answer: Findings, data: bytes, _model: str) -> None:
        seconds = _whole(size, data)
        answer.state(Quantity.MOTION, seconds <= _LONGEST_MOTION_PAUSE_S)
        answer.other("no_motion_duration", seconds, Unit.SECOND)

    return read


def _door(answer: Findings, code: int, *, opened: int, closed: int, left_open: int | None) -> None:
    """Add a door's state; ``left_open`` is the code of one open for too long."""
    if code in (opened, closed, left_open):
        answer.state(Quantity.DOOR_OPEN, code != closed)
        if code != opened:
            answer.flag("left_open", code == left_open)
    else:
        answer.flag("door", "reserved")


def _opening(answer: Findings, data: bytes, _model: str) -> None:
    _door(answer, _whole(1, data), opened=0, closed=1, left_open=2)


def _opening_4804(answer: Findings, data: bytes, _model: str) -> None:
    code = _whole(1, data)
    _door(answer, code, opened=1, closed=2, left_open=None)
    if code == 2:
        answer.flag("forcibly_removed", value=False)


def _opening_480c(answer: Findings, data: bytes, _model: str) -> None:
    _door(answer, _whole(1, data), opened=0, closed=1, left_open=None)


def _forcibly_removed(answer: Findings, data: bytes, _model: str) -> None:
    if _whole(1, data) == 1:
        answer.state(Quantity.DOOR_OPEN, value=True)
        answer.state(Quantity.TAMPER, value=True)
        answer.flag("forcibly_removed", value=True)


def _left_open(answer: Findings, data: bytes, _model: str) -> None:
    if _whole(1, data) == 1:
        answer.state(Quantity.DOOR_OPEN, value=True)
        answer.flag("left_open", value=True)


def _motion_and_light(answer: Findings, data: bytes, model: str) -> None:
    light = _whole(3, data)
    answer.state(Quantity.MOTION, value=True)
    if model in ("MJYD02YL", "RTCGQ02LM"):
        answer.state(Quantity.LIGHT, light >= 100)
    elif model == "CGPR1":
        answer.bounded(Quantity.ILLUMINANCE, light)


def _light(answer: Findings, data: bytes, model: str) -> None:
    light = _whole(3, data)
    if model in ("MJYD02YL", "MCCGQ02HL"):
        answer.state(Quantity.LIGHT, light == 100)
    else:
        answer.bounded(Quantity.ILLUMINANCE, light)


def _motion_4a08(answer: Findings, data: bytes, model: str) -> None:
    answer.state(Quantity.MOTION, value=True)
    _real(Quantity.ILLUMINANCE, 2)(answer, data, model)


def _motion_0003(answer: Findings, data: bytes, _model: str) -> None:
    _whole(1, data)
    answer.state(Quantity.MOTION, value=True)
    answer.flag("motion", "motion_detected")


def _kettle(answer: Findings, data: bytes, _model: str) -> None:
    _whole(2, data)
    answer.flag("power", bool(data[0]))
    answer.bounded(Quantity.AIR_TEMPERATURE, data[1], name="temperature")


def _humidity(answer: Findings, data: bytes, model: str) -> None:
    raw = _whole(2, data)
    if model in ("LYWSD03MMC", "MHO-C401"):  # these resolve whole percents and send noise below
        answer.bounded(Quantity.RELATIVE_HUMIDITY, raw // 10)
    else:
        answer.bounded(Quantity.RELATIVE_HUMIDITY, raw * _TENTH)


def _temperature_and_humidity(answer: Findings, data: bytes, _model: str) -> None:
    _whole(4, data)
    temperature, humidity = struct.unpack("<hH", data)
    answer.bounded(Quantity.AIR_TEMPERATURE, temperature * _TENTH)
    answer.bounded(Quantity.RELATIVE_HUMIDITY, humidity * _TENTH)


def _baby_thermometer(answer: Findings, data: bytes, _model: str) -> None:
    """Read the probe's two temperatures: the body's follows by the maker's curve."""
    _whole(5, data)
    skin, air, battery = struct.unpack("<hhB", data)
    if not (0 < skin < 6000 and 0 < air < 6000):
        raise DecodeError("a probe that measures nothing")
    body = (
        3.71934e-11 * math.exp(0.69314 * skin / 100)
        - 1.02801e-8 * math.exp(0.53871 * air / 100)
        + 36.413
    )
    if not 20 <= body <= 50:
        raise DecodeError(f"a body temperature of {body:.1f} is out of range")
    answer.number(Quantity.BODY_TEMPERATURE, Fraction(body))
    answer.bounded(Quantity.BATTERY_LEVEL, battery)


def _body_thermometer(answer: Findings, data: bytes, _model: str) -> None:
    raw = _whole(2, data)
    if raw:
        value = Fraction(int.from_bytes(data, "little", signed=True), 100)
        answer.bounded(Quantity.AIR_TEMPERATURE, value, name="temperature")


def _toothbrush(answer: Findings, data: bytes, _model: str) -> None:
    if len(data) not in (1, 2):
        _whole(2, data)
    answer.flag("brushing", data[0] == 0)
    if len(data) == 2:
        answer.other("counter" if data[0] == 0 else "score", data[1], Unit.ONE)


def _toothbrush_3003(answer: Findings, data: bytes, _model: str) -> None:
    if len(data) not in (5, 6):
        _whole(6, data)
    answer.flag("brushing", data[0] == 0)
    if len(data) == 6:
        answer.other("score", data[5], Unit.ONE)


def _water(place: str) -> Reader:
    def read(answer: Findings, data: bytes, model: str) -> None:
        named = model in ("SJWS02LM", "zhiee.flood.sj01")
        answer.state(Quantity.WATER_LEAK, _whole(1, data) > 0, place if named else "")

    return read


def _water_event(answer: Findings, data: bytes, _model: str) -> None:
    code = _whole(1, data)
    if code <= 3:
        place = ("bottom_submersion", "top_splash")[code >> 1]
        answer.state(Quantity.WATER_LEAK, code % 2 == 0, place)


def _occupancy(answer: Findings, data: bytes, model: str) -> None:
    code = _whole(1, data)
    answer.state(Quantity.OCCUPANCY, code == 1 if model == "XMOSB01XS" else code > 0)


def _scale_s200(answer: Findings, data: bytes, _model: str) -> None:
    _whole(9, data)
    profile, weight, _time = struct.unpack("<BII", data)
    if weight:
        _weight(answer, Fraction(weight, 100))
        answer.flag("stabilized", value=True)
        answer.flag("profile_id", profile)


def _scale_s400(answer: Findings, data: bytes, _model: str) -> None:
    """Read weight and heart rate, or the second packet's impedance at the higher frequency."""
    _whole(9, data)
    profile, packed, _time = struct.unpack("<BII", data)
    weight, pulse, impedance = packed & 0x7FF, packed >> 11 & 0x7F, packed >> 18
    weight = 0 if weight == 0x7FF else weight
    answer.flag("profile_id", profile)
    first_packet = bool(weight or pulse)
    answer.flag("stabilized", bool(packed) and not (first_packet and impedance))
    if weight:
        _weight(answer, Fraction(weight, 10))
    if 0 < pulse < 0x7F:
        answer.bounded(Quantity.HEART_RATE, pulse + 50)
    if impedance:
        name = "impedance_low" if first_packet else "impedance_high"
        answer.number(Quantity.IMPEDANCE, Fraction(impedance, 10), name=name)


def _weight(answer: Findings, kg: Fraction) -> None:
    if kg > 400:
        raise DecodeError(f"a weight of {float(kg):g} kg is out of range")
    answer.number(Quantity.BODY_WEIGHT, kg)


_BATTERY = _number(Quantity.BATTERY_LEVEL, 1)
_CHARGING = {0: "charging", 1: "not_charging", 2: "full"}

OBJECTS: MappingProxyType[int, Reader] = MappingProxyType(
    {
        0x0003: _motion_0003,
        0x000A: _body_thermometer,
        0x000F: _motion_and_light,
        0x0010: _toothbrush,
        0x1004: _number(Quantity.AIR_TEMPERATURE, 2, _TENTH, signed=True),
        0x1005: _kettle,
        0x1006: _humidity,
        0x1007: _light,
        0x1008: _number(Quantity.SOIL_MOISTURE, 1),
        0x1009: _number(Quantity.SOIL_CONDUCTIVITY, 2),
        0x100A: _BATTERY,
        0x100D: _temperature_and_humidity,
        0x1010: _number(Quantity.FORMALDEHYDE, 2, Fraction(1, 100)),
        0x1012: _flag("power"),
        0x1013: _other("consumable", Unit.PERCENT, 1),
        0x1014: _state(Quantity.WATER_LEAK),
        0x1015: _state(Quantity.SMOKE),
        0x1017: _no_motion_for(4),
        0x1018: _state(Quantity.LIGHT),
        0x1019: _opening,
        0x101B: _motion_ended,
        0x2000: _baby_thermometer,
        0x3003: _toothbrush_3003,
        0x4801: _real(Quantity.AIR_TEMPERATURE, 1),
        0x4802: _number(Quantity.RELATIVE_HUMIDITY, 1),
        0x4803: _BATTERY,
        0x4804: _opening_4804,
        0x4805: _real(Quantity.ILLUMINANCE, 2),
        0x4806: _water("bottom_submersion"),
        0x4808: _real(Quantity.RELATIVE_HUMIDITY, 1),
        0x480C: _opening_480c,
        0x4818: _no_motion_for(2),
        0x483C: _state(Quantity.OCCUPANCY),
        0x483D: _other("pressure_present_duration", Unit.SECOND, 4),
        0x483E: _other("pressure_not_present_duration", Unit.SECOND, 4),
        0x484E: _occupancy,
        0x4851: _other("duration_detected", Unit.MINUTE, 1),
        0x4852: _other("duration_cleared", Unit.MINUTE, 1),
        0x487B: _water("top_splash"),
        0x4A01: _flag("battery_low"),
        0x4A08: _motion_4a08,
        0x4A0F: _forcibly_removed,
        0x4A12: _opening_4804,
        0x4A1A: _left_open,
        0x4A68: _water_event,
        0x4C01: _real(Quantity.AIR_TEMPERATURE, 2),
        0x4C02: _number(Quantity.RELATIVE_HUMIDITY, 1),
        0x4C03: _BATTERY,
        0x4C08: _real(Quantity.RELATIVE_HUMIDITY, 2),
        0x4C14: _code("mode"),
        0x4E01: _flag("battery_low"),
        0x4E16: _scale_s200,
        0x4E1C: _flag("device_reset"),
        0x5003: _BATTERY,
        0x5413: _state(Quantity.OCCUPANCY, "occupancy_close_range"),
        0x5414: _code("mode"),
        0x5422: _named("charging_state", _CHARGING),
        0x5810: _inverse(Quantity.ASLEEP),
        0x6461: _inverse(Quantity.WORN),
        0x6E16: _scale_s400,
        **BUTTONS,
        **LOCKS,
    }
)
