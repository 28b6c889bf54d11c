"""An advertisement as the radio carries it: so it is kept in the journal and can be read again.

Source: Bluetooth Core 5.4, Vol 3 Part C, 11 (advertising data: length, type, data);
Assigned Numbers, 2.3 (types).
"""

from __future__ import annotations

from hardware.ble.advert.advertisement import MAX_DATA_BYTES, Advertisement, short_service
from hardware.ble.cursor import Cursor
from hardware.errors import DecodeError

_MAX_STRUCTURE_BYTES = 254  # the length is one byte, and counts the type
_SERVICES = {0x02: 2, 0x03: 2, 0x06: 16, 0x07: 16}
_SERVICE_DATA = {0x16: 2, 0x21: 16}
_SHORT_NAME, _NAME, _MAKER = 0x08, 0x09, 0xFF


def pack(advert: Advertisement) -> bytes:
    """Return advertising data that :func:`unpack` reads to the same advertisement.

    :raises DecodeError: if a part is longer than a structure may be, or a service has no UUID.
    """
    parts: list[tuple[int, bytes]] = []
    if advert.local_name:
        parts.append((_NAME, advert.local_name.encode("utf-8", "replace")))
    for uuid in sorted(advert.services):
        raw = _uuid_bytes(uuid)
        parts.append((0x03 if len(raw) == 2 else 0x07, raw))
    for uuid, data in sorted(advert.service_data.items()):
        raw = _uuid_bytes(uuid)
        parts.append((0x16 if len(raw) == 2 else 0x21, raw + data))
    parts += [(_MAKER, advert.frame(company)) for company in sorted(advert.manufacturer_data)]
    packed = bytearray()
    for kind, data in parts:
        if len(data) > _MAX_STRUCTURE_BYTES:
            raise DecodeError(f"{len(data)} bytes in one part of an advertisement")
        packed += bytes((len(data) + 1, kind)) + data
    return bytes(packed)


def unpack(data: bytes, address: str = "") -> Advertisement:
    """Return what advertising data, and a scan response behind it, says.

    Types that no family here needs are left out; of a type that stands twice, the last counts.

    :raises DecodeError: if a structure reaches past the end.
    """
    if len(data) > MAX_DATA_BYTES:
        raise DecodeError("longer than advertising data may be", offset=MAX_DATA_BYTES)
    name = ""
    makers: dict[int, bytes] = {}
    service_data: dict[str, bytes] = {}
    services: set[str] = set()
    place = 0
    while place < len(data) and data[place]:  # a length of 0 ends it early
        end = place + 1 + data[place]
        if end > len(data):
            raise DecodeError("advertising data ends within a structure", offset=len(data))
        cursor = Cursor(data[place + 1 : end])
        place = end
        kind = cursor.unsigned(1, "a type")
        if kind in (_SHORT_NAME, _NAME):
            name = cursor.rest().decode("utf-8", "replace")
        elif kind == _MAKER:
            company = cursor.unsigned(2, "a company")
            makers[company] = cursor.rest()
        elif kind in _SERVICE_DATA:
            uuid = _uuid(cursor.take(_SERVICE_DATA[kind], "a UUID"))
            service_data[uuid] = cursor.rest()
        elif kind in _SERVICES:
            while cursor.left:
                services.add(_uuid(cursor.take(_SERVICES[kind], "a UUID")))
    return Advertisement(address, name, makers, service_data, frozenset(services))


def _uuid_bytes(uuid: str) -> bytes:
    if not uuid:
        raise DecodeError("service data without a UUID")
    return bytes.fromhex(uuid.replace("-", ""))[::-1]


def _uuid(raw: bytes) -> str:
    digits = raw[::-1].hex()
    if len(digits) == 4:
        return digits
    parts = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
    return short_service("-".join(parts))
