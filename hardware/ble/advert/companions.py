"""Devices that say one thing in two places, and things that only say that they are there.

Source: frames recorded from Sensor Easy, Mi Band and Amazfit, Radioland RDL52832; Apple,
Proximity Beacon Specification; Tile (FEED, FD84).
"""

from __future__ import annotations

from fractions import Fraction

from hardware.ble.advert.advertisement import Advertisement
from hardware.ble.advert.sighting import Findings, Sighting
from hardware.errors import DecodeError
from hardware.reading import Quantity

_G = Fraction(980_665, 100_000)

_SENSOR_EASY = 0x0757
_SENSOR_EASY_NAMES = {
    " T ": ("sensor_easy_temp", "2a6e"),
    " TPROBE": ("sensor_easy_probe", "2a6e"),
    " RHT ": ("sensor_easy_rht", "2a6e"),
    " MAG": ("sensor_easy_mag", "2a06"),
}
_HUMIDITY_SERVICE = "2a6f"
_NO_TEMPERATURE = 0x7FFF


def is_sensor_easy(advert: Advertisement) -> bool:
    """Tell whether the name is a letter and one of Sensor Easy's kinds, with its service."""
    kind = _sensor_easy_kind(advert.local_name)
    if kind is None:
        return False
    services = {_SENSOR_EASY_NAMES[kind][1]}
    if kind == " RHT ":
        services.add(_HUMIDITY_SERVICE)
    return bool(services & advert.service_data.keys())


def _sensor_easy_kind(name: str) -> str | None:
    return next((kind for kind in _SENSOR_EASY_NAMES if name[1:].startswith(kind)), None)


def decode_sensor_easy(advert: Advertisement, _key: bytes | None) -> Sighting:
    """Decode temperature, humidity or a magnet contact, and the battery's voltage."""
    kind = _sensor_easy_kind(advert.local_name) or ""
    device, service = _SENSOR_EASY_NAMES[kind]
    answer = Findings(device)
    data = advert.service_data.get(service, b"")
    if data and len(data) != 2:
        raise DecodeError("2 bytes are expected", offset=len(data))
    if data and service == "2a06":
        answer.state(Quantity.DOOR_OPEN, not data[0] & 0x01, "magnet")
    elif data and int.from_bytes(data, "little") != _NO_TEMPERATURE:
        raw = int.from_bytes(data, "little", signed=True)
        answer.bounded(Quantity.AIR_TEMPERATURE, Fraction(raw, 100))
    humidity = advert.service_data.get(_HUMIDITY_SERVICE, b"")
    if kind == " RHT " and len(humidity) == 1:
        answer.bounded(Quantity.RELATIVE_HUMIDITY, humidity[0])
    maker = advert.manufacturer_data.get(_SENSOR_EASY, b"")
    if len(maker) == 3 and maker[0] == 0xF2:
        answer.number(Quantity.VOLTAGE, Fraction(int.from_bytes(maker[1:], "little"), 1000))
    return answer.sighting("sensor_easy")


_HUAMI = 0x0157
_HUAMI_BYTES = 24
_NO_HEART_RATE = (0x00, 0xFF)
_HUAMI_SERVICE = "fee0"


def is_band(advert: Advertisement) -> bool:
    """Tell whether this is a Mi Band or Amazfit watch that gives its own address."""
    data = advert.manufacturer_data.get(_HUAMI, b"")
    return len(data) == _HUAMI_BYTES and advert.mac in (b"", data[18:24])


def decode_band(advert: Advertisement, _key: bytes | None) -> Sighting:
    """Decode heart rate, while it is broadcast, and steps."""
    answer = Findings("mi_band")
    data = advert.manufacturer_data[_HUAMI]
    if data[0] == 0x02 and data[3] not in _NO_HEART_RATE:
        answer.bounded(Quantity.HEART_RATE, data[3])
    steps = advert.service_data.get(_HUAMI_SERVICE, b"")
    if len(steps) == 4:
        answer.number(Quantity.STEPS, int.from_bytes(steps, "little"))
    return answer.sighting("huami")


_APPLE = 0x004C
_BEACON_BYTES = 23
_BEACON_HEAD = b"\x02\x15"
_RADIOLAND = "RDL52832"
_RADIOLAND_BYTES = 16
_RADIOLAND_SERVICES = ("0318", "1803")


def _beacon(advert: Advertisement) -> bytes | None:
    data = advert.manufacturer_data.get(_APPLE, b"")
    return data if len(data) == _BEACON_BYTES and data.startswith(_BEACON_HEAD) else None


def _beacon_flags(answer: Findings, data: bytes) -> None:
    answer.flag("uuid", data[2:18].hex())
    answer.flag("major", int.from_bytes(data[18:20], "big"))
    answer.flag("minor", int.from_bytes(data[20:22], "big"))
    answer.flag("measured_power_dbm", int.from_bytes(data[22:23], "big", signed=True))


def is_radioland(advert: Advertisement) -> bool:
    """Tell whether this is a Radioland beacon with its sensors."""
    return (
        advert.local_name.startswith(_RADIOLAND)
        and _beacon(advert) is not None
        and any(
            len(advert.service_data.get(uuid, b"")) == _RADIOLAND_BYTES
            for uuid in _RADIOLAND_SERVICES
        )
    )


def decode_radioland(advert: Advertisement, _key: bytes | None) -> Sighting:
    """Decode temperature, humidity and acceleration in sign, units, tenths, hundredths of g."""
    answer = Findings("radioland_rdl52832")
    _beacon_flags(answer, _beacon(advert) or b"")
    data = next(
        advert.service_data[uuid] for uuid in _RADIOLAND_SERVICES if uuid in advert.service_data
    )
    temperature = int.from_bytes(data[:2], "big", signed=True)
    answer.bounded(Quantity.AIR_TEMPERATURE, Fraction(temperature, 256))
    answer.bounded(Quantity.RELATIVE_HUMIDITY, Fraction(int.from_bytes(data[2:4], "big"), 256))
    for place, axis in enumerate("xyz"):
        sign, units, tenths, hundredths = data[4 + 4 * place : 8 + 4 * place]
        if sign > 1 or tenths > 9 or hundredths > 9:
            raise DecodeError("an acceleration that is no number", offset=4 + 4 * place)
        value = units + Fraction(10 * tenths + hundredths, 100)
        answer.number(
            Quantity.ACCELERATION, (-value if sign else value) * _G, name=f"acceleration_{axis}"
        )
    return answer.sighting("radioland")


# Beacons of these UUIDs carry a maker's own values where others have numbers and power.
_NOT_BEACONS = (
    bytes.fromhex("655f83caae16a10a702e31f30d58dd82"),  # a car battery's monitor
    bytes.fromhex("a495bb10c5b14b44b5121370f02d74de"),  # brewing hydrometers, one colour each
)
_HYDROMETERS = (bytes.fromhex("a495bb"), bytes.fromhex("c5b14b44b5121370f02d74de"))


def is_beacon(advert: Advertisement) -> bool:
    """Tell whether this is an iBeacon and nothing that only looks like one."""
    data = _beacon(advert)
    if data is None or data[2:18] in _NOT_BEACONS:
        return False
    return not (data[2:5] == _HYDROMETERS[0] and data[6:18] == _HYDROMETERS[1])


def decode_beacon(advert: Advertisement, _key: bytes | None) -> Sighting:
    """Say that a beacon is there. Flags: ``uuid``, ``major``, ``minor``, the power at 1 m."""
    answer = Findings("ibeacon")
    _beacon_flags(answer, _beacon(advert) or b"")
    return answer.sighting("ibeacon")


_TAG_NAMES = {"iTAG": "itag", "nutale": "nut", "nut": "nut", "Tag-It": "tag_it"}
_TILE_SERVICES = {"feed", "fd84"}


def is_tag(advert: Advertisement) -> bool:
    """Tell whether this is a key finder."""
    return _tag(advert) is not None


def _tag(advert: Advertisement) -> str | None:
    if _TILE_SERVICES & (advert.service_data.keys() | advert.services):
        return "tile"
    known = (tag for name, tag in _TAG_NAMES.items() if advert.local_name.startswith(name))
    return next(known, None)


def decode_tag(advert: Advertisement, _key: bytes | None) -> Sighting:
    """Say that a key finder is there."""
    return Findings(_tag(advert) or "").sighting("tag")
