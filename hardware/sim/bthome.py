"""BTHome v2 as sensors send it, plain and encrypted.

Source: bthome.io, "BTHome v2 format" and "Encryption" (object identifiers, ascending order,
nonce of address, UUID, device information and counter; four bytes of check).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum

from cryptography.hazmat.primitives.ciphers.aead import AESCCM

SERVICE = 0xFCD2
COUNTER_BYTES, CHECK_BYTES, KEY_BYTES = 4, 4, 16
_VERSION_2 = 2 << 5
_ENCRYPTED, _ON_EVENT = 0x01, 0x04


class Thing(IntEnum):
    """Object identifiers."""

    PACKET_ID = 0x00
    BATTERY = 0x01
    TEMPERATURE = 0x02
    HUMIDITY = 0x03
    DOOR = 0x1A
    MOTION = 0x21
    OCCUPANCY = 0x23
    BUTTON = 0x3A


_SIZES = {Thing.TEMPERATURE: 2, Thing.HUMIDITY: 2}  # in hundredths; all others one byte


def encode_objects(values: Mapping[Thing, int]) -> bytes:
    """Return the objects in the order that the format wants; numbers are in the object's steps."""
    return b"".join(
        bytes((thing,))
        + values[thing].to_bytes(_SIZES.get(thing, 1), "little", signed=thing is Thing.TEMPERATURE)
        for thing in sorted(values)
    )


def service_data(objects: bytes, *, on_event: bool) -> bytes:
    """Return plain service data; ``on_event``: the sensor speaks only when something happens."""
    return bytes((_VERSION_2 | (_ON_EVENT if on_event else 0),)) + objects


def sealed_service_data(
    objects: bytes, *, on_event: bool, key: bytes, address: bytes, counter: int
) -> bytes:
    """Return encrypted service data. ``address`` is the sensor's, as it is written."""
    information = bytes((_VERSION_2 | _ENCRYPTED | (_ON_EVENT if on_event else 0),))
    count = counter.to_bytes(COUNTER_BYTES, "little")
    nonce = address + SERVICE.to_bytes(2, "little") + information + count
    sealed = AESCCM(key, tag_length=CHECK_BYTES).encrypt(nonce, objects, None)
    return information + sealed[:-CHECK_BYTES] + count + sealed[-CHECK_BYTES:]
