"""An advertisement as text: one JSON object, as it is kept and as `dorfhub ble decode` reads it.

    {"address": "AA:BB:CC:DD:EE:FF", "local_name": "...", "manufacturer_data": {"76": "HEX"},
     "service_data": {"fcd2": "HEX"}, "service_uuids": ["fcd2"]}

What is not known is left out, or null.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from hardware.ble.advert.advertisement import Advertisement, short_service
from hardware.errors import DecodeError

MAX_PAYLOAD_BYTES = 65_536  # an extended advertisement as hex with names is well below


def encode_payload(advert: Advertisement) -> bytes:
    """Return the canonical text: the same advertisement gives the same bytes."""
    told = {
        "address": advert.address,
        "local_name": advert.local_name,
        "manufacturer_data": {
            str(company): data.hex() for company, data in advert.manufacturer_data.items()
        },
        "service_data": {uuid: data.hex() for uuid, data in advert.service_data.items()},
        "service_uuids": sorted(advert.services),
    }
    return json.dumps(told, separators=(",", ":"), sort_keys=True).encode()


def read_payload(payload: bytes) -> Advertisement:
    """Read the text of an advertisement.

    :raises DecodeError: if it is none.
    """
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise DecodeError(f"the text is longer than {MAX_PAYLOAD_BYTES} bytes")
    try:
        item = json.loads(payload)
    except (ValueError, RecursionError):
        raise DecodeError("the text of an advertisement is not JSON") from None
    if not isinstance(item, dict):
        raise DecodeError("the text of an advertisement is not a JSON object")
    return advertisement_of(item)


def advertisement_of(item: Mapping[str, object]) -> Advertisement:
    """Return the advertisement that a JSON object tells of; null stands for what was not heard.

    :raises DecodeError: if it tells of none.
    """
    manufacturer = {}
    for company, data in _object(item, "manufacturer_data").items():
        if not (company.isascii() and company.isdecimal() and len(company) <= 5):
            raise DecodeError(f"company {company[:40]!r} is no number")
        if data is not None:
            manufacturer[int(company)] = hex_bytes(data, "manufacturer_data")
    service = {
        short_service(uuid): hex_bytes(data, "service_data")
        for uuid, data in _object(item, "service_data").items()
        if data is not None
    }
    services = item.get("service_uuids") or []
    if not isinstance(services, list) or not all(isinstance(uuid, str) for uuid in services):
        raise DecodeError('"service_uuids" must be a list of strings')
    return Advertisement(
        _text(item, "address").upper(),
        _text(item, "local_name"),
        manufacturer,
        service,
        frozenset(map(short_service, services)),
    )


def hex_bytes(value: object, name: str) -> bytes:
    """Return the bytes of a hexadecimal text.

    :raises DecodeError: if it is none; ``name`` says where it stands.
    """
    try:
        return bytes.fromhex(value if isinstance(value, str) else "?")
    except ValueError:
        raise DecodeError(f'"{name}" is not hexadecimal') from None


def _object(item: Mapping[str, object], name: str) -> dict[str, object]:
    value = item.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise DecodeError(f'"{name}" must be an object')
    return value


def _text(item: Mapping[str, object], name: str) -> str:
    value = item.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise DecodeError(f'"{name}" must be a string')
    return value
