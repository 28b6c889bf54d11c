"""Xiaomi's scales that speak in the open.

Source: service data of weight scale (181D) and body composition (181B) as recorded from Mi
Smart Scale and Mi Body Composition Scale.
"""

from __future__ import annotations

from fractions import Fraction

from hardware.ble.advert.advertisement import Advertisement
from hardware.ble.advert.sighting import Findings, Sighting
from hardware.ble.answer import KG_PER_LB
from hardware.errors import DecodeError
from hardware.reading import Quantity, Unit

FAMILY = "mi_scale"
SIMPLE, COMPOSITION = "181d", "181b"

_SIMPLE_BYTES, _COMPOSITION_BYTES = 10, 13
_CATTY_KG = Fraction(1, 2)
_MOST_KG = 300
_NO_IMPEDANCE = (0, 0xFFFD, 0xFFFE, 0xFFFF)


def matches(advert: Advertisement) -> bool:
    """Tell whether the service data has a scale's length and a date that can be."""
    simple, composition = (advert.service_data.get(uuid, b"") for uuid in (SIMPLE, COMPOSITION))
    if len(simple) == _SIMPLE_BYTES:
        return _dated(simple, 3)
    return len(composition) == _COMPOSITION_BYTES and _dated(composition, 2)


def decode(advert: Advertisement, _key: bytes | None) -> Sighting:
    """Decode one advertisement.

    The weight is the person's once it is stable, and stays in the air after the person has
    stepped off (``removed``); before it is ``other`` under ``mass_non_stabilized``. Flags:
    ``stabilized``, ``removed``, ``measurement_units``, ``weighing_mode`` (``object``: a small
    thing, nobody's weight).
    """
    if len(advert.service_data.get(SIMPLE, b"")) == _SIMPLE_BYTES:
        data = advert.service_data[SIMPLE]
        answer = Findings("mi_smart_scale")
        control, at, raw = data[0], 3, int.from_bytes(data[1:3], "little")
        catty, is_object = control & 0x10, control & 0x40
        impedance = None
    else:
        data = advert.service_data[COMPOSITION]
        answer = Findings("mi_body_composition_scale")
        control, at, raw = data[1], 2, int.from_bytes(data[11:13], "little")
        catty, is_object = control & 0x40, data[0] & 0x04
        impedance = int.from_bytes(data[9:11], "little") if control & 0x02 else None
    pounds = control & 0x01 if at == 3 else data[0] & 0x01
    unit = "lb" if pounds else "catty" if catty else "kg"
    kg = {
        "lb": raw * KG_PER_LB / 100,
        "catty": raw * _CATTY_KG / 100,
        "kg": Fraction(raw, 200),
    }[unit]
    if kg > _MOST_KG:
        raise DecodeError(f"a weight of {float(kg):g} kg is out of range")
    stable = bool(control & 0x20) and raw > 0
    answer.flag("measurement_units", unit)
    answer.flag("stabilized", stable)
    answer.flag("removed", bool(control & 0x80))
    answer.flag("weighing_mode", "object" if is_object else "person")
    if stable and not is_object:
        answer.number(Quantity.BODY_WEIGHT, kg)
        if impedance is not None and impedance not in _NO_IMPEDANCE:
            answer.number(Quantity.IMPEDANCE, impedance)
    else:
        answer.other("mass_non_stabilized" if not stable else "mass", kg, Unit.KG)
    answer.time(_time(data, at))
    return answer.sighting(FAMILY)


def _dated(data: bytes, at: int) -> bool:
    year, month, day = int.from_bytes(data[at : at + 2], "little"), data[at + 2], data[at + 3]
    hour, minute, second = data[at + 4 : at + 7]
    return (
        1970 <= year < 2100
        and 1 <= month <= 12
        and 1 <= day <= 31
        and hour < 24
        and minute < 60
        and second < 60
    )


def _time(data: bytes, at: int) -> str:
    year = int.from_bytes(data[at : at + 2], "little")
    month, day, hour, minute, second = data[at + 2 : at + 7]
    return f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"
