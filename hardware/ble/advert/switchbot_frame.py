"""What SwitchBot's models share: two parts of data, a battery, air.

Source: SwitchBot BLE open API, broadcast messages.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from hardware.ble.advert.sighting import Findings
from hardware.errors import DecodeError
from hardware.reading import Quantity


@dataclass(frozen=True, slots=True)
class Frame:
    """Service data, and manufacturer data (the first six bytes are the address); empty if none."""

    service: bytes
    maker: bytes


@dataclass(frozen=True, slots=True)
class Model:
    """One model: how it is told, and what reads it.

    ``letters`` are its service data's first byte; ``products`` the last three bytes in hex;
    ``counts`` says that byte 6 of the manufacturer data counts its messages.
    """

    name: str
    read: Callable[[Findings, Frame], None]
    letters: str = ""
    products: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    counts: bool = False


def battery(answer: Findings, frame: Frame) -> None:
    """Add the battery that the service data tells."""
    if len(frame.service) >= 3:
        charge(answer, frame.service[2])


def charge(answer: Findings, raw: int) -> None:
    """Add a battery's seven bits."""
    answer.bounded(Quantity.BATTERY_LEVEL, raw & 0x7F)


def temperature(decimal: int, whole: int) -> Fraction:
    """Return degrees: tenths in four bits; the sign (1: above zero) and degrees in eight."""
    if decimal > 9:
        raise DecodeError(f"{decimal} tenths of a degree")
    value = (whole & 0x7F) + Fraction(decimal, 10)
    return value if whole & 0x80 else -value


def air(answer: Findings, data: bytes) -> None:
    """Add temperature and humidity of three bytes; all zero is a sensor that has not measured."""
    degrees, humidity = temperature(data[0] & 0x0F, data[1]), data[2] & 0x7F
    if degrees == 0 and humidity == 0:
        answer.flag("air", "not measured")
        return
    answer.bounded(Quantity.AIR_TEMPERATURE, degrees)
    answer.bounded(Quantity.RELATIVE_HUMIDITY, humidity)


def maker_bytes(frame: Frame, size: int) -> bytes:
    """Return the manufacturer data.

    :raises DecodeError: if it has less than ``size`` bytes.
    """
    if len(frame.maker) < size:
        raise DecodeError(
            f"{size} bytes of manufacturer data are expected, {len(frame.maker)} came"
        )
    return frame.maker
