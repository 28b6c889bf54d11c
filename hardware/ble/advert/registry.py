"""Which family reads which advertisement.

The families stand in the order in which they are asked: one with a format of its own before
tables, what is only present last. The first whose marks are there answers, with a sighting or
an error; no other is tried after it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hardware.ble.advert import (
    bthome,
    companions,
    mi_scale,
    mibeacon,
    qingping,
    ruuvi,
    switchbot,
)
from hardware.ble.advert.advertisement import Advertisement
from hardware.ble.advert.air_sensors import AIR_SENSORS
from hardware.ble.advert.sighting import Envelope, Sighting
from hardware.ble.advert.things import THINGS
from hardware.errors import DecodeError, Unauthenticated, Unsupported

_NOBODY = "Von diesem Gerät kennt der Hub nichts. Das ist bei fremden Geräten richtig so."


@dataclass(frozen=True, slots=True)
class Family:
    """One format: its marks, and what reads it. Only one with an ``envelope`` takes a key."""

    name: str
    matches: Callable[[Advertisement], bool]
    decode: Callable[[Advertisement, bytes | None], Sighting]
    envelope: Callable[[Advertisement], Envelope | None] | None = None


def _layout_matches(advert: Advertisement) -> bool:
    return any(layout.frame(advert) is not None for layout in _LAYOUTS)


def _layout_decode(advert: Advertisement, _key: bytes | None) -> Sighting:
    found = [(layout, data) for layout in _LAYOUTS if (data := layout.frame(advert)) is not None]
    devices = {layout.device for layout, _ in found}
    if len(devices) > 1:
        raise DecodeError(f"two devices have this frame: {', '.join(sorted(devices))}")
    layout, data = found[0]
    return layout.read(data, "table")


_LAYOUTS = (*AIR_SENSORS, *THINGS)

FAMILIES: tuple[Family, ...] = (
    Family("bthome", bthome.matches, bthome.decode, bthome.envelope),
    Family("mibeacon", mibeacon.matches, mibeacon.decode, mibeacon.envelope),
    Family("qingping", qingping.matches, qingping.decode),
    Family("ruuvi", ruuvi.matches, ruuvi.decode),
    Family("switchbot", switchbot.matches, switchbot.decode),
    Family("mi_scale", mi_scale.matches, mi_scale.decode),
    Family("sensor_easy", companions.is_sensor_easy, companions.decode_sensor_easy),
    Family("huami", companions.is_band, companions.decode_band),
    Family("radioland", companions.is_radioland, companions.decode_radioland),
    Family("table", _layout_matches, _layout_decode),
    Family("ibeacon", companions.is_beacon, companions.decode_beacon),
    Family("tag", companions.is_tag, companions.decode_tag),
)


def decode(advert: Advertisement, key: bytes | None = None) -> Sighting:
    """Decode an advertisement; ``key`` is the device's where it encrypts.

    :raises Unsupported: if it is of no family known here.
    :raises KeyRequired: if it is encrypted and ``key`` is ``None``.
    :raises WrongKey: if it is encrypted and the key does not open it.
    :raises Unauthenticated: if it is plain although there is a key.
    :raises DecodeError: if it breaks its family's format, or says what cannot be.
    """
    for family in FAMILIES:
        if family.matches(advert):
            if key is not None and family.envelope is None:
                raise Unauthenticated("a plain format although a key is known", hint=bthome.FORGED)
            return family.decode(advert, key)
    raise Unsupported("no decoder for this advertisement", hint=_NOBODY)


def envelope(advert: Advertisement) -> Envelope | None:
    """Return what an encrypted advertisement shows without its key, None if it is none."""
    family = next((family for family in FAMILIES if family.matches(advert)), None)
    return family.envelope(advert) if family is not None and family.envelope else None
