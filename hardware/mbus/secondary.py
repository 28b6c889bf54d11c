"""Secondary addresses: what a meter is called from the factory, and the frame that selects it.

A master selects with a frame to address 253; whoever matches answers E5 and from then on listens
to 253, everybody else forgets that it was selected. Every part may be left open (wildcard).

Written, an address is the digits of the number, then, each optional, three letters, the version
and the medium, both as two hex digits: `76348799`, `76348799KAM1B04`, `7634????KAM`. An open digit
is `?` or `F`, an open letter group `???`. A fabrication number may follow behind a slash. Sixteen hex digits are read as other programs print
them: number, then manufacturer (low byte first), version and medium as on the wire.

Source: EN 13757-7:2018, clause 7 (selection, CI 52 and 56, wildcards, extended selection with
fabrication number); EN 13757-2, clause 5.5 for SND_UD and SND_NKE to 253.
"""  # noqa: E501

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from hardware.mbus.frame import (
    ADDRESS_SELECTED,
    FCB,
    SND_NKE,
    SND_UD,
    Frame,
    encode_long,
    encode_short,
)
from hardware.mbus.header import MEDIA, manufacturer_code, manufacturer_letters
from hardware.mbus.telegram import CI_FIXED, CI_FIXED_MSB, CI_VARIABLE, CI_VARIABLE_MSB

CI_SELECT = 0x52
CI_SELECT_MSB = 0x56

DIGITS = 8
ANY_DIGITS: Final = "F" * DIGITS
ANY_MANUFACTURER: Final = 0xFFFF
ANY_BYTE: Final = 0xFF

DESELECT = encode_short(SND_NKE, ADDRESS_SELECTED)

_SIZE = 8  # bytes of number, manufacturer, version and medium
_FABRICATION = bytes((0x0C, 0x78))  # eight BCD digits that are a fabrication number
_NUMBERED = r"(?:/(?P<fabrication>[0-9A-F?]{8}))?"
_WRITTEN = re.compile(
    r"(?P<digits>[0-9A-F?]{8})"
    r"(?:(?P<letters>[A-Z]{3}|\?{3})(?:(?P<version>[0-9A-F]{2}|\?\?)"
    r"(?P<medium>[0-9A-F]{2}|\?\?)?)?)?"
    rf"{_NUMBERED}"
)
_WIRE = re.compile(rf"(?P<raw>[0-9A-F]{{16}}){_NUMBERED}")


@dataclass(frozen=True, slots=True)
class SecondaryAddress:
    """Whom to select. ``digits`` and ``fabrication`` are eight characters, `F` where open.

    Digits are hex: some meters hold other than decimal ones.

    :raises ValueError: if a part is none that a frame holds.
    """

    digits: str = ANY_DIGITS
    manufacturer: int = ANY_MANUFACTURER
    version: int = ANY_BYTE
    medium: int = ANY_BYTE
    fabrication: str | None = None

    def __post_init__(self) -> None:
        for digits in (self.digits, self.fabrication or ANY_DIGITS):
            if not re.fullmatch(r"[0-9A-F]{8}", digits):
                raise ValueError(f"{digits!r} are not eight digits, F where open")
        if not 0 <= self.manufacturer <= ANY_MANUFACTURER:
            raise ValueError(f"manufacturer {self.manufacturer} does not fit two bytes")
        if not (0 <= self.version <= ANY_BYTE and 0 <= self.medium <= ANY_BYTE):
            raise ValueError(
                f"version {self.version} and medium {self.medium} do not fit a byte each"
            )

    @classmethod
    def parse(cls, text: str) -> SecondaryAddress:
        """Read an address as it is written, see the module.

        :raises ValueError: if ``text`` is none.
        """
        if wire := _WIRE.fullmatch(text):
            raw = bytes.fromhex(wire["raw"])
            return cls(
                text[:DIGITS],
                int.from_bytes(raw[4:6], "little"),
                raw[6],
                raw[7],
                _digits(wire["fabrication"]),
            )
        found = _WRITTEN.fullmatch(text)
        if found is None:
            raise ValueError(f"{text!r} is no secondary address")
        letters = found["letters"] or "???"
        return cls(
            _digits(found["digits"]) or ANY_DIGITS,
            ANY_MANUFACTURER if letters == "???" else manufacturer_code(letters),
            _byte(found["version"]),
            _byte(found["medium"]),
            _digits(found["fabrication"]),
        )

    @classmethod
    def from_wire(cls, data: bytes) -> SecondaryAddress:
        """Return the address in the first eight bytes of a long header, low bytes first."""
        return cls(data[3::-1].hex().upper(), int.from_bytes(data[4:6], "little"), data[6], data[7])

    @property
    def text(self) -> str:
        """The address as it is written; it reads back as the same."""
        fabrication = f"/{self.fabrication.replace('F', '?')}" if self.fabrication else ""
        open_maker = self.manufacturer == ANY_MANUFACTURER
        if not (open_maker or self.letters):
            return self.digits + self._tail.hex().upper() + fabrication
        parts = "".join(
            "??" if part == ANY_BYTE else f"{part:02X}" for part in (self.version, self.medium)
        )
        parts = parts.removesuffix("??").removesuffix("??")
        maker = "???" if open_maker and parts else "" if open_maker else self.letters
        return self.digits.replace("F", "?") + maker + parts + fabrication

    @property
    def is_exact(self) -> bool:
        """True if nothing but the fabrication number is open."""
        return (
            "F" not in self.digits
            and self.manufacturer != ANY_MANUFACTURER
            and ANY_BYTE not in (self.version, self.medium)
        )

    @property
    def medium_text(self) -> str:
        """The medium in words, empty if it is open or none of the standard's."""
        return MEDIA.get(self.medium, "")

    @property
    def letters(self) -> str:
        """The manufacturer's three letters, empty if it is open or none are meant."""
        letters = manufacturer_letters(self.manufacturer)
        return letters if self.manufacturer <= 0x7FFF and letters.isalpha() else ""

    @property
    def wire(self) -> bytes:
        """The eight bytes of a selection, low bytes first."""
        return bytes.fromhex(self.digits)[::-1] + self._tail

    @property
    def _tail(self) -> bytes:
        return self.manufacturer.to_bytes(2, "little") + bytes((self.version, self.medium))

    def matches(self, other: SecondaryAddress) -> bool:
        """Tell if a meter called ``other`` feels addressed; open parts match anything."""
        fabrication = self.fabrication is None or (
            other.fabrication is not None and _match(self.fabrication, other.fabrication)
        )
        return (
            fabrication
            and _match(self.digits, other.digits)
            and self.manufacturer in (ANY_MANUFACTURER, other.manufacturer)
            and self.version in (ANY_BYTE, other.version)
            and self.medium in (ANY_BYTE, other.medium)
        )


def select(address: SecondaryAddress, *, msb_first: bool = False) -> bytes:
    """Return the frame that selects ``address``, in mode 1 (CI 52) or with high bytes first."""
    body = address.wire
    fabrication = b""
    if address.fabrication is not None:
        fabrication = bytes.fromhex(address.fabrication)[::-1]
    if msb_first:
        body = body[3::-1] + body[5:3:-1] + body[6:]
        fabrication = fabrication[::-1]
    if fabrication:
        body += _FABRICATION + fabrication
    information = CI_SELECT_MSB if msb_first else CI_SELECT
    return encode_long(SND_UD | FCB, ADDRESS_SELECTED, information, body)


def selection(frame: Frame) -> SecondaryAddress | None:
    """Return whom ``frame`` selects, None if it is no selection: the meter's side."""
    if (
        frame.control is None
        or frame.control & ~FCB != SND_UD
        or frame.address != ADDRESS_SELECTED
        or frame.control_information not in (CI_SELECT, CI_SELECT_MSB)
    ):
        return None
    msb_first = frame.control_information == CI_SELECT_MSB
    body, rest = frame.payload[:_SIZE], frame.payload[_SIZE:]
    if len(body) < _SIZE or (rest and (len(rest) != 6 or rest[:2] != _FABRICATION)):
        return None
    if msb_first:
        body = body[3::-1] + body[5:3:-1] + body[6:]
    address = SecondaryAddress.from_wire(body)
    if not rest:
        return address
    number = rest[2:] if msb_first else rest[:1:-1]
    return SecondaryAddress(
        address.digits, address.manufacturer, address.version, address.medium, number.hex().upper()
    )


def address_of(frame: Frame) -> SecondaryAddress | None:
    """Return the address by which the sender of a telegram is selected.

    The fixed structure names no manufacturer and no version: they stay open. None if the
    telegram does not say who sent it.
    """
    payload = frame.payload
    if frame.control_information in (CI_VARIABLE, CI_VARIABLE_MSB) and len(payload) >= _SIZE:
        body = payload[:_SIZE]
        if frame.control_information == CI_VARIABLE_MSB:
            body = body[3::-1] + body[5:3:-1] + body[6:]
        return SecondaryAddress.from_wire(body)
    if frame.control_information in (CI_FIXED, CI_FIXED_MSB) and len(payload) >= _SIZE:
        number = payload[:4] if frame.control_information == CI_FIXED_MSB else payload[3::-1]
        return SecondaryAddress(number.hex().upper())
    return None


def _digits(written: str | None) -> str | None:
    return written.replace("?", "F") if written else None


def _byte(written: str | None) -> int:
    return ANY_BYTE if written in (None, "??") else int(written, 16)


def _match(pattern: str, digits: str) -> bool:
    return all(wanted in ("F", digit) for wanted, digit in zip(pattern, digits, strict=True))
