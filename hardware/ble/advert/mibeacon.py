"""MiBeacon, versions 2 to 5, plain and encrypted: Xiaomi and those who build for it.

Source: Mi BLE MiBeacon protocol: frame control, capability, object, encryption; the check
byte of versions 2 and 3 was found in recorded messages of two devices.
"""

from __future__ import annotations

from enum import IntFlag

from hardware.ble.advert.advertisement import UNKNOWN_SERVICE, Advertisement
from hardware.ble.advert.bthome import FORGED, NO_KEY
from hardware.ble.advert.mibeacon_objects import OBJECTS
from hardware.ble.advert.mibeacon_products import MEASURING, MODELS
from hardware.ble.advert.sealed import open_checked, open_legacy
from hardware.ble.advert.sighting import Envelope, Findings, Sequence, Sighting
from hardware.ble.cursor import Cursor
from hardware.errors import DecodeError, KeyRequired, Unauthenticated, Unsupported, WrongKey

FAMILY = "mibeacon"
SERVICE = "fe95"

_ASSOCIATED = b"\x11"
_COUNTER_BYTES = 3
_CHECKED_TAIL = 7  # counter and four bytes of check
_LEGACY_TAIL = 4  # counter and one byte of check
_OBJECT_HEAD = 3
_HEAD_BYTES = 5  # frame control, product, frame counter
_WITH_ADDRESS_BYTES = 11


class _Control(IntFlag):
    ENCRYPTED = 0x0008
    ADDRESS = 0x0010
    CAPABILITY = 0x0020
    OBJECT = 0x0040
    MESH = 0x0080


_IO_CAPABILITY = 0x20
_OLDEST, _NEWEST, _CHECKED_FROM = 2, 5, 4


def matches(advert: Advertisement) -> bool:
    """Tell whether there is service data of MiBeacon.

    Some scanners do not hand on the service's UUID: then the frame has to show by itself what
    it is, by its version, a product that is known, and an address.
    """
    if SERVICE in advert.service_data:
        return True
    data = advert.service_data.get(UNKNOWN_SERVICE, b"")
    return (
        len(data) >= _WITH_ADDRESS_BYTES
        and _OLDEST <= data[1] >> 4 <= _NEWEST
        and bool(data[0] & _Control.ADDRESS)
        and int.from_bytes(data[2:4], "little") in MODELS
    )


def decode(advert: Advertisement, key: bytes | None) -> Sighting:
    """Decode one advertisement; one without an object says only that the device is there.

    Flags: ``frame_counter``, ``encrypted``, ``encryption_counter``, events and the states that
    are no record, ``unknown_object`` for the first object of an unknown kind.

    :raises KeyRequired: if it is encrypted and there is no key.
    :raises Unauthenticated: if it is plain although there is a key.
    """
    data = advert.service_data.get(SERVICE, advert.service_data.get(UNKNOWN_SERVICE, b""))
    cursor = Cursor(data)
    raw = cursor.unsigned(2, "the frame control")
    control, version = _Control(raw & 0x00F8), raw >> 12
    if not _OLDEST <= version <= _NEWEST:
        raise Unsupported(f"MiBeacon version {version} is not known", offset=0)
    if control & _Control.MESH:
        raise Unsupported("a mesh device", offset=0)
    product = cursor.unsigned(2, "the product")
    frame = cursor.unsigned(1, "the frame counter")
    mac = _address(advert, cursor, control)
    if control & _Control.CAPABILITY and (cursor.unsigned(1, "the capability") & _IO_CAPABILITY):
        cursor.take(1, "the I/O capability")
    if product not in MODELS:
        raise Unsupported(f"product {product:#06x} is not known", offset=2)
    answer = Findings(MODELS[product])
    answer.flag("frame_counter", frame)
    sequence = Sequence(frame, 8)
    if control & _Control.OBJECT:
        payload = cursor.rest()
        legacy = version < _CHECKED_FROM
        if control & _Control.ENCRYPTED:
            payload, sequence = _open(answer, data, payload, mac, key, legacy=legacy)
        elif key is not None:
            raise Unauthenticated("the data is plain although a key is known", hint=FORGED)
        _read(answer, payload, MODELS[product])
    return answer.sighting(FAMILY, sequence)


def envelope(advert: Advertisement) -> Envelope | None:
    """Return what an encrypted message shows, None if it is not encrypted or cut.

    The product stands in the clear, and is taken to tell events unless it is known to measure.
    """
    data = advert.service_data.get(SERVICE, advert.service_data.get(UNKNOWN_SERVICE, b""))
    if len(data) < _HEAD_BYTES or not data[0] & _Control.ENCRYPTED:
        return None
    return Envelope(data, int.from_bytes(data[2:4], "little") not in MEASURING)


def _address(advert: Advertisement, cursor: Cursor, control: _Control) -> bytes:
    """Return the device's address as sent; one in the frame has to be the sender's."""
    if not control & _Control.ADDRESS:
        return advert.mac[::-1]
    mac = cursor.take(6, "the address")
    if advert.mac and mac != advert.mac[::-1]:
        raise DecodeError("the address in the frame is not the sender's", offset=cursor.offset - 6)
    return mac


def _open(
    answer: Findings, data: bytes, payload: bytes, mac: bytes, key: bytes | None, *, legacy: bool
) -> tuple[bytes, Sequence]:
    tail = _LEGACY_TAIL if legacy else _CHECKED_TAIL
    if len(payload) < tail + _OBJECT_HEAD:
        raise DecodeError("encrypted data is cut", offset=len(data))
    if key is None:
        raise KeyRequired("the data is encrypted and there is no key", hint=NO_KEY)
    if not mac:
        raise DecodeError("the address is needed to decrypt")
    counter = payload[-tail : len(payload) - tail + _COUNTER_BYTES]
    sealed = payload[:-tail] + payload[len(payload) - tail + _COUNTER_BYTES :]
    if legacy:
        plain = open_legacy(key, data[:5] + counter + mac[:5], sealed)
        if not _whole(plain):
            raise WrongKey("what the key opens is no object")
    else:
        plain = open_checked(key, mac + data[2:5] + counter, sealed, _ASSOCIATED)
    number = int.from_bytes(counter, "little") << 8 | data[4]
    answer.flag("encrypted", value=True)
    answer.flag("encryption_counter", number)
    return plain, Sequence(number, 32, authentic=True)


def _whole(payload: bytes) -> bool:
    """Tell whether objects fill the payload to its last byte."""
    place = 0
    while place + _OBJECT_HEAD <= len(payload):
        place += _OBJECT_HEAD + payload[place + 2]
    return place == len(payload)


def _read(answer: Findings, payload: bytes, model: str) -> None:
    cursor = Cursor(payload)
    while cursor.left:
        code = cursor.unsigned(2, "an object's type")
        data = cursor.take(cursor.unsigned(1, "an object's length"), f"object {code:#06x}")
        read = OBJECTS.get(code)
        if read is None:
            answer.flag("unknown_object", code)
        else:
            read(answer, data, model)
