"""Ruuvi: data formats 3 (RAWv1), 5 (RAWv2), 6 and E1 (Ruuvi Air).

Source: docs.ruuvi.com, Bluetooth advertisements, data formats 3, 5, 6 and E1.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

from hardware.ble.advert.advertisement import Advertisement
from hardware.ble.advert.sighting import Findings, Sequence, Sighting
from hardware.errors import DecodeError, Unsupported
from hardware.reading import Quantity

FAMILY = "ruuvi"
COMPANY = 0x0499

_G = Fraction(980_665, 100_000_000)  # m/s2 in a thousandth of g
_NO_SIGNED, _NO_UNSIGNED = -0x8000, 0xFFFF
_LEAST_PRESSURE_PA = 50_000
_LUX_CODES, _LUX_MOST = 254, 65_535  # format 6 sends the logarithm


def matches(advert: Advertisement) -> bool:
    """Tell whether the manufacturer data is Ruuvi's."""
    return COMPANY in advert.manufacturer_data


def decode(advert: Advertisement, _key: bytes | None) -> Sighting:
    """Decode one advertisement; a field that the tag marks as invalid is left out."""
    data = advert.manufacturer_data[COMPANY]
    read = _FORMATS.get(data[0]) if data else None
    if read is None:
        raise Unsupported(f"Ruuvi format {data[:1].hex() or 'none'} is not known", offset=0)
    decoder, size, address_at, address_bytes = read
    if len(data) < size:
        raise DecodeError(f"{size} bytes are expected", offset=len(data))
    sent = data[address_at : address_at + address_bytes]
    if sent and advert.mac.strip(b"\x00") and not advert.mac.endswith(sent):
        raise DecodeError("the address in the frame is not the sender's", offset=address_at)
    answer = Findings("ruuvi_air" if data[0] in (0x06, 0xE1) else "ruuvitag")
    answer.flag("data_format", data[0])
    return answer.sighting(FAMILY, decoder(answer, data))


def _big(data: bytes, at: int, size: int = 2, *, signed: bool = False) -> int:
    return int.from_bytes(data[at : at + size], "big", signed=signed)


def _add(answer: Findings, quantity: Quantity, raw: int, step: Fraction, invalid: int) -> None:
    if raw != invalid:
        answer.number(quantity, raw * step)


def _air(answer: Findings, data: bytes, at: int) -> None:
    """Add temperature, humidity and pressure as formats 5, 6 and E1 send them."""
    temperature = _big(data, at, signed=True)
    _add(answer, Quantity.AIR_TEMPERATURE, temperature, Fraction(1, 200), _NO_SIGNED)
    humidity = _big(data, at + 2)
    _add(answer, Quantity.RELATIVE_HUMIDITY, humidity, Fraction(1, 400), _NO_UNSIGNED)
    pressure = _big(data, at + 4)
    if pressure != _NO_UNSIGNED:
        answer.number(Quantity.AIR_PRESSURE, Fraction(pressure + _LEAST_PRESSURE_PA, 100))


def _acceleration(answer: Findings, data: bytes, at: int) -> None:
    axes = [_big(data, at + 2 * axis, signed=True) for axis in range(3)]
    if _NO_SIGNED in axes:
        return
    for name, raw in zip("xyz", axes, strict=True):
        answer.number(Quantity.ACCELERATION, raw * _G, name=f"acceleration_{name}")
    total = Fraction(math.hypot(*axes)) * _G
    answer.number(Quantity.ACCELERATION, total, name="acceleration_total")


def _format_3(answer: Findings, data: bytes) -> None:
    if data[1] <= 200:
        answer.number(Quantity.RELATIVE_HUMIDITY, Fraction(data[1], 2))
    if data[3] < 100:
        value = (data[2] & 0x7F) + Fraction(data[3], 100)
        answer.number(Quantity.AIR_TEMPERATURE, -value if data[2] & 0x80 else value)
    answer.number(Quantity.AIR_PRESSURE, Fraction(_big(data, 4) + _LEAST_PRESSURE_PA, 100))
    _acceleration(answer, data, 6)
    answer.number(Quantity.VOLTAGE, Fraction(_big(data, 12), 1000))


def _format_5(answer: Findings, data: bytes) -> Sequence | None:
    _air(answer, data, 1)
    _acceleration(answer, data, 7)
    power = _big(data, 13)
    if power >> 5 != 0x7FF:
        answer.number(Quantity.VOLTAGE, Fraction((power >> 5) + 1600, 1000))
    if power & 0x1F != 0x1F:
        answer.flag("tx_power_dbm", 2 * (power & 0x1F) - 40)
    if data[15] != 0xFF:
        answer.number(Quantity.MOVEMENTS, data[15])
    return _sequence(answer, _big(data, 16), 16)


def _sequence(answer: Findings, number: int, bits: int) -> Sequence | None:
    if number == (1 << bits) - 1 and bits > 8:
        return None
    answer.flag("sequence_number", number)
    return Sequence(number, bits)


def _indices(answer: Findings, flags: int, voc: int, nox: int) -> None:
    """Add what has its lowest bit among the flags."""
    for quantity, raw, bit in ((Quantity.VOC_INDEX, voc, 6), (Quantity.NOX_INDEX, nox, 7)):
        _add(answer, quantity, raw << 1 | flags >> bit & 1, Fraction(1), 0x1FF)


def _format_6(answer: Findings, data: bytes) -> Sequence | None:
    _air(answer, data, 1)
    _add(answer, Quantity.PM_2_5, _big(data, 7), Fraction(1, 10), _NO_UNSIGNED)
    _add(answer, Quantity.CARBON_DIOXIDE, _big(data, 9), Fraction(1), _NO_UNSIGNED)
    _indices(answer, data[16], data[11], data[12])
    if data[13] != 0xFF:
        lux = round(math.expm1(data[13] * math.log1p(_LUX_MOST) / _LUX_CODES))
        answer.number(Quantity.ILLUMINANCE, lux)
    return _sequence(answer, data[15], 8)


def _format_e1(answer: Findings, data: bytes) -> Sequence | None:
    _air(answer, data, 1)
    particles = (Quantity.PM_1, Quantity.PM_2_5, Quantity.PM_4, Quantity.PM_10)
    for place, quantity in enumerate(particles):
        _add(answer, quantity, _big(data, 7 + 2 * place), Fraction(1, 10), _NO_UNSIGNED)
    _add(answer, Quantity.CARBON_DIOXIDE, _big(data, 15), Fraction(1), _NO_UNSIGNED)
    _indices(answer, data[28], data[17], data[18])
    _add(answer, Quantity.ILLUMINANCE, _big(data, 19, 3), Fraction(1, 100), 0xFFFFFF)
    answer.flag("calibrating", bool(data[28] & 1))
    return _sequence(answer, _big(data, 25, 3), 24)


_Decoder = Callable[[Findings, bytes], Sequence | None]
# decoder, least size, where the address stands and how many of its last bytes
_FORMATS: dict[int, tuple[_Decoder, int, int, int]] = {
    0x03: (_format_3, 14, 0, 0),
    0x05: (_format_5, 24, 18, 6),
    0x06: (_format_6, 20, 17, 3),
    0xE1: (_format_e1, 40, 34, 6),
}
