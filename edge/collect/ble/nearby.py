"""Who is near, for a person who looks for one device among eighty. Pure.

What is heard once may be a reflection: the strength is smoothed over a few advertisements.
"""

from __future__ import annotations

from dataclasses import dataclass

from edge.collect.ble.profile import ADVERT, advert_family, profile_of
from hardware.radio.base import Heard

MAX_DEVICES = 256  # a market day in the square
GONE_S = 12.0  # devices that can be paired advertise each second or two
WEIGHT = 0.4  # of a new value in the smoothed strength
BARS = ((-55, 4, "ganz nah"), (-67, 3, "nah"), (-80, 2, "etwas entfernt"), (-999, 1, "weit weg"))


@dataclass(frozen=True, slots=True)
class Near:
    """One device that could be taken. ``profile`` is how it would be enrolled."""

    address: str
    name: str
    kind: str
    profile: str
    rssi_dbm: float
    bars: int
    distance: str

    def told(self) -> dict[str, object]:
        """Return it as the answer to a request."""
        return {
            "address": self.address,
            "name": self.name,
            "kind": self.kind,
            "bars": self.bars,
            "distance": self.distance,
            "advert": self.profile == ADVERT,
        }


@dataclass(slots=True)
class _Sight:
    heard: Heard
    rssi_dbm: float
    at_s: float
    name: str
    services: set[str]


class Nearby:
    """The devices heard in the last seconds."""

    def __init__(self) -> None:
        self._sights: dict[str, _Sight] = {}

    def heard(self, one: Heard, now_s: float) -> None:
        """Take note of an advertisement."""
        sight = self._sights.pop(one.address, None)
        rssi = float(-999 if one.rssi_dbm is None else one.rssi_dbm)
        if sight is None or now_s - sight.at_s > GONE_S:
            sight = _Sight(one, rssi, now_s, one.name, set(one.services))
        else:
            sight.rssi_dbm += WEIGHT * (rssi - sight.rssi_dbm)
            sight.at_s, sight.heard = now_s, one
            sight.name = one.name or sight.name
            sight.services.update(one.services)
        while len(self._sights) >= MAX_DEVICES:
            del self._sights[next(iter(self._sights))]
        self._sights[one.address] = sight

    def nearest(self, now_s: float) -> list[Near]:
        """Return the devices of kinds that the hub knows, nearest first."""
        found = [
            near
            for sight in self._sights.values()
            if now_s - sight.at_s <= GONE_S and (near := _near(sight)) is not None
        ]
        return sorted(found, key=lambda near: (-near.rssi_dbm, near.address))


def strength(rssi_dbm: float) -> tuple[int, str]:
    """Return bars from 1 to 4, and what they mean to a person."""
    return next(
        ((bars, words) for least, bars, words in BARS if rssi_dbm >= least), (1, BARS[-1][2])
    )


def _near(sight: _Sight) -> Near | None:
    profile = profile_of(sight.services)
    family = advert_family(sight.heard)
    if profile is not None:
        kind, way = profile.name, profile.service
    elif family:
        kind, way = family, ADVERT
    else:
        return None
    bars, distance = strength(sight.rssi_dbm)
    return Near(sight.heard.address, sight.name, kind, way, sight.rssi_dbm, bars, distance)
