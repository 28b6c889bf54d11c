"""Qingping and ClearGrass in their own format: typed values, one after another.

Source: Qingping's service data (FDCD) as recorded from eight of their devices.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from hardware.ble.advert.advertisement import Advertisement
from hardware.ble.advert.sighting import Findings, Sequence, Sighting
from hardware.ble.cursor import Cursor
from hardware.errors import DecodeError, Unsupported
from hardware.reading import Quantity

FAMILY = "qingping"
SERVICE = "fdcd"

_MODELS = {
    0x01: "CGG1",
    0x04: "CGH1",
    0x07: "CGG1",
    0x09: "CGP1W",
    0x0C: "CGD1",
    0x0E: "CGDN1",
    0x10: "CGDK2",
    0x12: "CGPR1",
    0x16: "CGG1",
    0x18: "CGP23W",
    0x1E: "CGC1",
    0x24: "CGDN1",
    0x5D: "CGP22C",
}
_CONTACT = "CGH1"
_DOOR_WORDS = {0: "open", 1: "closed", 2: "left_open"}


def matches(advert: Advertisement) -> bool:
    """Tell whether the service data is Qingping's."""
    return SERVICE in advert.service_data


def decode(advert: Advertisement, _key: bytes | None) -> Sighting:
    """Decode one advertisement. Flags: ``packet_id``, ``event``, ``unknown_value``."""
    cursor = Cursor(advert.service_data[SERVICE])
    event = bool(cursor.unsigned(1, "the frame control") & 0x40)
    product = cursor.unsigned(1, "the product")
    mac = cursor.take(6, "the address")[::-1]
    if advert.mac and mac != advert.mac:
        raise DecodeError("the address in the frame is not the sender's", offset=2)
    if product not in _MODELS:
        raise Unsupported(f"product {product:#04x} is not known", offset=1)
    model = _MODELS[product]
    answer = Findings(f"qingping_{model.lower()}")
    answer.flag("event", event)
    sequence = None
    while cursor.left:
        kind = cursor.unsigned(1, "a value's type")
        size = cursor.unsigned(1, "a value's length")
        data = cursor.take(size, f"value {kind:#04x}")
        if kind == _PACKET and size == 1:
            sequence = Sequence(data[0], 8)
            answer.flag("packet_id", data[0])
        elif (kind, size) in _VALUES:
            _VALUES[kind, size](answer, data, model)
        else:
            answer.flag("unknown_value", kind)
    return answer.sighting(FAMILY, sequence)


def _u16(data: bytes, at: int = 0) -> int:
    return int.from_bytes(data[at : at + 2], "little")


def _air(answer: Findings, data: bytes, _model: str) -> None:
    temperature = int.from_bytes(data[:2], "little", signed=True)
    answer.bounded(Quantity.AIR_TEMPERATURE, Fraction(temperature, 10))
    answer.bounded(Quantity.RELATIVE_HUMIDITY, Fraction(_u16(data, 2), 10))


def _battery(answer: Findings, data: bytes, _model: str) -> None:
    answer.bounded(Quantity.BATTERY_LEVEL, data[0] & 0x7F)


def _door(answer: Findings, data: bytes, model: str) -> None:
    if model == _CONTACT and data[0] in _DOOR_WORDS:
        answer.state(Quantity.DOOR_OPEN, data[0] != 1)
        answer.flag("door", _DOOR_WORDS[data[0]])
    else:
        answer.flag("unknown_value", 0x04)


def _pressure(answer: Findings, data: bytes, _model: str) -> None:
    answer.bounded(Quantity.AIR_PRESSURE, Fraction(_u16(data), 10))


def _motion(answer: Findings, data: bytes, _model: str) -> None:
    answer.state(Quantity.MOTION, bool(data[0]))
    answer.bounded(Quantity.ILLUMINANCE, int.from_bytes(data[1:4], "little"))


def _motion_only(answer: Findings, data: bytes, _model: str) -> None:
    answer.state(Quantity.MOTION, bool(data[0]))


def _light(answer: Findings, data: bytes, _model: str) -> None:
    answer.bounded(Quantity.ILLUMINANCE, int.from_bytes(data, "little"))


def _bright(answer: Findings, data: bytes, _model: str) -> None:
    answer.state(Quantity.LIGHT, bool(data[0]))


def _dust(answer: Findings, data: bytes, _model: str) -> None:
    answer.bounded(Quantity.PM_2_5, _u16(data))
    answer.bounded(Quantity.PM_10, _u16(data, 2))


def _co2(answer: Findings, data: bytes, _model: str) -> None:
    answer.bounded(Quantity.CARBON_DIOXIDE, _u16(data))


_PACKET = 0x0F
_VALUES: dict[tuple[int, int], Callable[[Findings, bytes, str], None]] = {
    (0x01, 4): _air,
    (0x02, 1): _battery,
    (0x04, 1): _door,
    (0x07, 2): _pressure,
    (0x08, 4): _motion,
    (0x08, 1): _motion_only,
    (0x09, 4): _light,
    (0x11, 1): _bright,
    (0x12, 4): _dust,
    (0x13, 2): _co2,
}
