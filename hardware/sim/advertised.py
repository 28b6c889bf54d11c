"""A device's address, and what it says of itself to everybody.

Source: Bluetooth Core 5.4, Vol 6 Part B, 1.3.2.1; Core Specification Supplement 11, Part A.
"""

from __future__ import annotations

from random import Random

from bumble import data_types
from bumble.core import UUID, AdvertisingData
from bumble.hci import Address


def static_address(rng: Random) -> Address:
    """Return a random static address: its two top bits are ones (Core, Vol 6 Part B, 1.3.2.1)."""
    octets = bytearray(rng.randbytes(6))
    octets[0] |= 0xC0
    return Address(":".join(f"{octet:02X}" for octet in octets))


def advertising_data(name: str, services: tuple[int, ...]) -> bytes:
    """Return the data of a device that can be connected to."""
    return bytes(
        AdvertisingData(
            [
                data_types.Flags(
                    AdvertisingData.Flags.LE_GENERAL_DISCOVERABLE_MODE
                    | AdvertisingData.Flags.BR_EDR_NOT_SUPPORTED
                ),
                data_types.IncompleteListOf16BitServiceUUIDs(
                    [UUID.from_16_bits(service) for service in services]
                ),
                data_types.CompleteLocalName(name),
            ]
        )
    )
