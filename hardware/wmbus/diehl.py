"""Where Diehl's radios leave the standard: the order of their address, and a key all of them know.

Source: EN 13757-4:2019, clause 12.6, for what the address should be; the manufacturer's published
default key.
"""

from __future__ import annotations

from dataclasses import replace

from hardware.mbus.header import Header

LETTERS = frozenset(("DME", "EWT", "HYD", "SAP", "SPL"))  # companies of the group

# What these meters encrypt with unless somebody bought a key: it keeps nobody out.
PUBLISHED_KEY = bytes.fromhex("51728910E66D83F8") * 2

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
        return replace(header, version=0, medium_code=_WATER)
    return replace(
        header,
        identification=address[7:3:-1].hex().upper(),
        version=address[2],
        medium_code=address[3],
    )
