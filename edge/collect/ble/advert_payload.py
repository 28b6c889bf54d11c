"""An advertisement as the journal keeps it: one JSON object, as `dorfhub ble decode` reads it.

How loud it was is not in it, so that a repetition has the same bytes. Pure.
"""

from __future__ import annotations

import json

from hardware.ble.advert import Advertisement, short_service
from hardware.errors import DecodeError
from hardware.radio.base import Heard


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


def write_payload(heard: Heard) -> bytes:
    """Return the bytes to be kept."""
    told = {
        "address": heard.address,
        "local_name": heard.name,
        "manufacturer_data": {str(k): v.hex() for k, v in sorted(heard.manufacturer_data.items())},
        "service_data": {k.lower(): v.hex() for k, v in sorted(heard.service_data.items())},
        "service_uuids": sorted(one.lower() for one in heard.services),
    }
    return json.dumps(told, separators=(",", ":"), sort_keys=True).encode()


def read_payload(payload: bytes) -> Advertisement:
    """Return the advertisement that was kept.

    :raises DecodeError: if these are no such bytes.
    """
    try:
        told = json.loads(payload)
        return Advertisement(
            told["address"],
            told["local_name"],
            {int(k): bytes.fromhex(v) for k, v in told["manufacturer_data"].items()},
            {short_service(k): bytes.fromhex(v) for k, v in told["service_data"].items()},
            frozenset(map(short_service, told["service_uuids"])),
        )
    except DecodeError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DecodeError(f"no advertisement: {type(error).__name__}") from error
