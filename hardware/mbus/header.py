"""Who speaks in a telegram: manufacturer, identification, version, medium, status.

Source: EN 13757-3:2018, clauses 5.3 to 5.6 and table 13 (device types); EN 13757-7 for the
configuration field; FLAG Association for the three letters.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

LONG_SIZE = 12  # identification, manufacturer, version, device type and what a short one holds
SHORT_SIZE = 4  # access number, status, configuration field

MOST_LETTERS = 1024  # manufacturers kept: a few hundred exist, noise names 32,768

# Modes that EN 13757-7 defines. Meters from before it hold anything in this field.
_ENCRYPTION_MODES = range(1, 14)

MEDIA = {
    0x00: "other",
    0x01: "oil",
    0x02: "electricity",
    0x03: "gas",
    0x04: "heat",
    0x05: "steam",
    0x06: "warm water",
    0x07: "water",
    0x08: "heat cost allocation",
    0x09: "compressed air",
    0x0A: "cooling load volume at outlet",
    0x0B: "cooling load volume at inlet",
    0x0C: "heat volume at inlet",
    0x0D: "heat/cooling load",
    0x0E: "bus/system component",
    0x0F: "unknown",
    0x10: "irrigation water",
    0x11: "water data logger",
    0x12: "gas data logger",
    0x13: "gas converter",
    0x14: "calorific value",
    0x15: "hot water",
    0x16: "cold water",
    0x17: "dual water",
    0x18: "pressure",
    0x19: "a/d converter",
    0x1A: "smoke detector",
    0x1B: "room sensor",
    0x1C: "gas detector",
    0x20: "breaker",
    0x21: "valve",
    0x25: "customer unit",
    0x28: "waste water",
    0x29: "garbage",
    0x30: "service tool",
    0x31: "communication controller",
    0x32: "unidirectional repeater",
    0x33: "bidirectional repeater",
    0x36: "radio converter (system side)",
    0x37: "radio converter (meter side)",
}

MODE_BITS = 0x1F00  # of the configuration field: the security mode

_APPLICATION = ("", "BUSY", "ERROR", "ALARM")  # bits 0 and 1
_STATUS_BITS = ((0x04, "POWER_LOW"), (0x08, "PERMANENT_ERROR"), (0x10, "TEMPORARY_ERROR"))
_STATUS_MANUFACTURER = 0xE0  # bits 5 to 7 are the manufacturer's own


class Header(NamedTuple):
    """A telegram's header. What a shorter header lacks is None."""

    manufacturer: str | None = None  # three letters
    identification: str | None = None  # eight digits
    version: int | None = None
    medium_code: int | None = None
    access_number: int | None = None
    status_byte: int | None = None
    configuration: int = 0

    @property
    def medium(self) -> str | None:
        """The medium in words; a reserved code is given as hex."""
        if self.medium_code is None:
            return None
        return MEDIA.get(self.medium_code, f"reserved {self.medium_code:02X}")

    @property
    def status(self) -> str | None:
        """`OK`, or the names of the bits that are set."""
        return None if self.status_byte is None else status_text(self.status_byte)

    @property
    def encryption_mode(self) -> int:
        """The security mode, 0 for none or for a number that names no mode."""
        mode = (self.configuration & MODE_BITS) >> 8
        return mode if mode in _ENCRYPTION_MODES else 0

    @property
    def device_id(self) -> str:
        """`mbus:KAM-76348799-1B-04`, version and medium as hex; empty if the meter does not say."""
        if self.identification is None or self.medium_code is None:
            return ""
        if self.manufacturer is None or self.version is None:
            return f"mbus:{self.identification}-{self.medium_code:02X}"
        return (
            f"mbus:{self.manufacturer}-{self.identification}"
            f"-{self.version:02X}-{self.medium_code:02X}"
        )


def parse_long(data: bytes) -> Header:
    """Return the header in the first twelve bytes, least significant byte first."""
    return Header(
        manufacturer_letters(data[4] | data[5] << 8),
        data[3::-1].hex().upper(),
        data[6],
        data[7],
        data[8],
        data[9],
        data[10] | data[11] << 8,
    )


def parse_short(data: bytes) -> Header:
    """Return the header in the first four bytes, least significant byte first."""
    return Header(
        access_number=data[0],
        status_byte=data[1],
        configuration=int.from_bytes(data[2:4], "little"),
    )


@lru_cache(maxsize=256)
def status_text(status: int) -> str:
    """Return `OK`, or the names of the bits that are set, with a blank between them."""
    words = [_APPLICATION[status & 3]] if status & 3 else []
    words += [word for bit, word in _STATUS_BITS if status & bit]
    if status & _STATUS_MANUFACTURER:
        words.append(f"UNKNOWN_{status & _STATUS_MANUFACTURER:02X}")
    return " ".join(words) or "OK"


@lru_cache(maxsize=MOST_LETTERS)
def manufacturer_letters(code: int) -> str:
    """Return the three letters that the 15 bits of ``code`` stand for."""
    return "".join(chr(64 + (code >> shift & 0x1F)) for shift in (10, 5, 0))


def manufacturer_code(letters: str) -> int:
    """Return the 16 bits for three letters.

    :raises ValueError: if ``letters`` are not three of A to Z.
    """
    if len(letters) != 3 or not all("A" <= letter <= "Z" for letter in letters):
        raise ValueError(f"{letters!r} are not three letters A to Z")
    first, second, third = (ord(letter) - 64 for letter in letters)
    return first << 10 | second << 5 | third
