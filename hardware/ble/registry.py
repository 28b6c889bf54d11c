"""Which decoder reads which characteristic.

Source: Bluetooth Assigned Numbers, 3.8 (characteristics by UUID); Core 5.4, Vol 3 Part B, 2.5.1
(the base UUID).
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

from hardware.ble.battery import decode_battery_level
from hardware.ble.blood_pressure import (
    decode_blood_pressure,
    decode_cuff_pressure,
    decode_feature,
)
from hardware.ble.clock import decode_current_time, decode_date_time
from hardware.ble.measurement import Measurement
from hardware.errors import Unsupported

BASE_UUID = "-0000-1000-8000-00805F9B34FB"

DECODERS: MappingProxyType[str, Callable[[bytes], Measurement]] = MappingProxyType(
    {
        "2A08": decode_date_time,
        "2A19": decode_battery_level,
        "2A2B": decode_current_time,
        "2A35": decode_blood_pressure,
        "2A36": decode_cuff_pressure,
        "2A49": decode_feature,
    }
)


def short_uuid(uuid: str) -> str:
    """Return the short upper-case hex of a UUID the SIG assigned, any other UUID in upper case.

    Takes ``2a35``, ``0x2A35`` and the 128 bit form.
    """
    upper = uuid.strip().upper().removeprefix("0X")
    if upper.endswith(BASE_UUID) and upper.startswith("0000"):
        return upper[4:8]
    return upper


def full_uuid(uuid: str) -> str:
    """Return the 128 bit form in lower case."""
    short = short_uuid(uuid)
    return (f"0000{short}{BASE_UUID}" if len(short) == 4 else short).lower()


def decode(uuid: str, value: bytes) -> Measurement:
    """Decode the value of the characteristic ``uuid``.

    :raises Unsupported: if no decoder for it exists here.
    :raises DecodeError: if the value breaks the characteristic's standard.
    """
    decoder = DECODERS.get(short_uuid(uuid))
    if decoder is None:
        raise Unsupported(f"no decoder for characteristic {short_uuid(uuid)[:36]}")
    return decoder(value)
