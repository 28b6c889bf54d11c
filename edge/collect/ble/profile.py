"""What the hub does with a sensor of each kind: which values it takes, and how.

Source: Bluetooth Assigned Numbers, 3.4 (services) and the profiles' own specifications, as named
in :mod:`hardware.ble`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from hardware.ble.advert import FAMILIES, Advertisement, short_service
from hardware.ble.records import CGM, GLUCOSE, OXIMETER, PRESSURE, Records
from hardware.errors import DecodeError
from hardware.radio.base import Heard

ADVERT = "advert"  # a sensor that says all it has to say in its advertisements
SOS = "sos"  # a button that advertises when somebody presses it


@dataclass(frozen=True, slots=True)
class Profile:
    """One kind of sensor. ``service`` is what it advertises, ``name`` what people call it.

    ``values`` are the characteristics that bring measurements by themselves; ``records`` are
    those that are asked for (RACP). What ``streams`` sends for as long as one listens.
    ``facts`` are read before any value: without them a value's time or person is not known.
    ``has_users``: it may give a user's values only to whom that user's code was told.
    """

    service: str
    name: str
    values: tuple[str, ...]
    records: Records | None = None
    streams: bool = False
    facts: tuple[str, ...] = ()
    has_users: bool = False


_SESSION = ("2AAA",)  # a continuous monitor counts from its session's start
_SCALE = ("2A9E", "2A9B")  # whether it tells its users apart

PROFILES = (
    Profile("1810", "Blutdruckmessgerät", ("2A35", "2B34"), PRESSURE),
    Profile("1808", "Blutzuckermessgerät", ("2A18", "2A34"), GLUCOSE),
    Profile("181F", "Glukosesensor", ("2AA7",), CGM, streams=True, facts=_SESSION),
    Profile("1822", "Pulsoximeter", ("2A5E", "2A5F"), OXIMETER, streams=True),
    Profile("1809", "Fieberthermometer", ("2A1C",)),
    # before the scale: it is both
    Profile("181B", "Körperanalysewaage", ("2A9C", "2A9D"), facts=_SCALE, has_users=True),
    Profile("181D", "Waage", ("2A9D", "2A9C"), facts=_SCALE, has_users=True),
    Profile("180D", "Pulsmesser", ("2A37",), streams=True),
)
_BY_SERVICE = {profile.service: profile for profile in PROFILES}

# What is near a person all day, and no sensor of theirs that could be enrolled.
_NOT_ENROLLED = {"ibeacon", "tag", "huami"}
_MAKERS = {
    "bthome": "BTHome-Sensor",
    "mibeacon": "Xiaomi-Sensor",
    "mi_scale": "Xiaomi-Waage",
    "qingping": "Qingping-Sensor",
    "ruuvi": "Ruuvi-Sensor",
    "switchbot": "SwitchBot-Sensor",
}


def profile_of(services: Collection[str]) -> Profile | None:
    """Return how to treat a sensor that advertises ``services``, None if it is none of ours."""
    return next((one for one in PROFILES if one.service in services), None)


def profile_named(name: str) -> Profile | None:
    """Return the profile of an enrolled sensor; None for those that only advertise."""
    return _BY_SERVICE.get(name.upper())


def advertisement(heard: Heard) -> Advertisement:
    """Return what the decoders read.

    :raises DecodeError: if it is none that a radio carries.
    """
    return Advertisement(
        heard.address,
        heard.name,
        heard.manufacturer_data,
        {short_service(uuid): data for uuid, data in heard.service_data.items()},
        frozenset(short_service(uuid) for uuid in heard.services),
    )


def advert_family(heard: Heard) -> str:
    """Return what people call a sensor that advertises its values, empty if it is not known."""
    try:
        told = advertisement(heard)
    except DecodeError:
        return ""
    for family in FAMILIES:
        if family.matches(told):
            return "" if family.name in _NOT_ENROLLED else _MAKERS.get(family.name, "Funksensor")
    return ""


def kind_word(profile: str) -> str:
    """Return what people call an enrolled sensor."""
    known = profile_named(profile)
    if known is not None:
        return known.name
    return {ADVERT: "Sensor", SOS: "Rufknopf"}.get(profile, "Messgerät")
