"""Where Diehl's radios leave the standard: the order of their address, and a key all of them know.

Source: EN 13757-4:2019, clause 12.6, for what the address should be; the manufacturer's published
default key.
"""

from __future__ import annotations

from collections.abc import Iterator

from hardware.errors import DecodeError
from hardware.mbus.header import Header
from hardware.mbus.record import parse_records
from hardware.reading import Quantity, Register

LETTERS = frozenset(("DME", "EWT", "HYD", "SAP", "SPL"))  # companies of the group

# What these meters encrypt with unless somebody bought a key: it keeps nobody out.
PUBLISHED_KEY = bytes.fromhex("51728910E66D83F8") * 2

# What the older radios scramble with, unless somebody bought a key.
SCRAMBLING_KEYS = (0x39BC8A10 ^ 0xE66D83F8, 0x51728910 ^ 0xE66D83F8)

SCRAMBLED = "diehl-lfsr"
_TAPS = (31, 11, 2, 1)  # bits of the shift register that make its next one
REAL_DATA = 0x1000  # bit of the configuration field: it also holds the records' checksum
_CHECKED = 0xEF  # bits of the checksum; the one left out is that bit

_LEAST_RECORDS = 2  # what is counted now, and at the target date
_ODD = frozenset((Quantity.OTHER, Quantity.MANUFACTURER_SPECIFIC))
_COUNTED = frozenset((Quantity.ENERGY, Quantity.VOLUME, Quantity.HCA_UNITS))

_OLD_RADIO = frozenset(range(0xA0, 0xA8))  # CI fields of the PRIOS radio
_WATER = 0x07
_NUMBERED_ALL_OVER = "SAP"  # its number goes on where version and device type should stand


def own_header(header: Header, address: bytes, ci: int) -> Header:
    """Return ``header`` as the radio meant it, if the telegram is one of a Diehl PRIOS radio.

    ``address`` are M and A as sent: there version and device type stand in front of the number.
    """
    if header.manufacturer not in LETTERS or ci not in _OLD_RADIO:
        return header
    if header.manufacturer == _NUMBERED_ALL_OVER:
        return header._replace(version=0, medium_code=_WATER)
    return turned(header, address)


def has_real_data(header: Header) -> bool:
    """Tell whether what follows a short ``header`` is scrambled and its address turned round."""
    return header.manufacturer in LETTERS and bool(header.configuration & REAL_DATA)


def turned(header: Header, address: bytes) -> Header:
    """Return ``header`` with what ``address`` says if version and type stand in front."""
    return header._replace(
        identification=address[7:3:-1].hex().upper(),
        version=address[2],
        medium_code=address[3],
    )


def real_data(header: Header, address: bytes, head: bytes, data: bytes) -> bytes | None:
    """Return the records in ``data``, None if not just one way gives any with their checksum.

    ``head`` are CI field, access number, status and the configuration field's lower byte. What a
    receiver made plain before stands as it is.
    """
    checksum = header.configuration >> 8 & _CHECKED
    found = [
        plain
        for plain in (data, *unscrambled(address, head, data))
        if sum(plain) & _CHECKED == checksum and _reads(plain)
    ]
    return found[0] if len(found) == 1 else None


def unscrambled(address: bytes, head: bytes, data: bytes) -> Iterator[bytes]:
    """Give ``data`` as each published key makes them; ``head`` are four bytes in front of them."""
    start = (
        int.from_bytes(address[:4], "big")
        ^ int.from_bytes(address[4:], "big")
        ^ int.from_bytes(head, "big")
    )
    for key in SCRAMBLING_KEYS:
        yield _shifted(start ^ key, data)


def _shifted(register: int, data: bytes) -> bytes:
    plain = bytearray()
    for byte in data:
        for _ in range(8):
            bit = sum(register >> tap for tap in _TAPS) & 1
            register = (register << 1 | bit) & 0xFFFFFFFF
        plain.append(byte ^ register & 0xFF)
    return bytes(plain)


def _reads(data: bytes) -> bool:
    """Tell whether ``data`` are what such a meter says: what it counts now, and more plain things.

    The checksum has seven bits; random bytes that match it often hold one odd record.
    """
    try:
        found = parse_records(data)
    except DecodeError:
        return False
    return (
        len(found.records) >= _LEAST_RECORDS
        and not found.without_value
        and all(record.quantity not in _ODD for record in found.records)
        and any(
            record.quantity in _COUNTED and record.register == Register()
            for record in found.records
        )
    )
