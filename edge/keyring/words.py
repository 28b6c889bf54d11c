"""A meter's number and its key as people and files write them.

No error here quotes what could be a key.

Source: EN 13757-7 (identification: eight digits); DIN 43863-5:2012 (fourteen characters: medium,
three letters of the manufacturer, two characters of a block, eight digits); FLAG Association.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

KEY_BYTES = 16
_SHOWN = 20  # characters of a number that an error may quote: a key has 24 (base64) or 32 (hex)


class KeyFileError(ValueError):
    """A file, or a line of it, that gives no key; the message is a German sentence."""


@dataclass(frozen=True, slots=True)
class MeterName:
    """A meter by what is printed on it. ``manufacturer`` is three letters or empty."""

    manufacturer: str
    identification: str  # eight digits

    def __str__(self) -> str:
        return f"{self.manufacturer}-{self.identification}".lstrip("-")


def meter_name(text: str, manufacturer: str = "") -> MeterName:
    """Read a meter's number in one of the ways in which it is printed.

    `76348799`, `KAM 76348799`, `76348799/35/21` (Kamstrup), `6KAM0176348799` (DIN 43863-5),
    `wmbus:KAM-76348799-1B-04`. Fewer than eight digits lost zeros in front. ``manufacturer`` is
    what stands elsewhere, three letters or empty.

    :raises KeyFileError: if it is no such number or names another manufacturer.
    """
    said = text.strip().strip("'\"").upper()
    for pattern in _NUMBERS:
        match = pattern.fullmatch(said)
        if match:
            letters = match.groupdict().get("letters") or ""
            if letters and manufacturer and letters != manufacturer:
                raise KeyFileError(f"die Nummer nennt {letters}, daneben steht {manufacturer}")
            digits = "".join(match["digits"].split())
            return MeterName(letters or manufacturer, digits.zfill(8))
    raise KeyFileError(_wrong_number(said))


def manufacturer_of(text: str) -> str:
    """Return the three letters of a manufacturer, empty where the text does not tell them."""
    said = text.strip().strip("'\"").upper()
    if re.fullmatch("[A-Z]{3}", said):
        return said
    match = re.fullmatch(r"(?:0X)?([0-9A-F]{4})", said)
    if match:  # the sixteen bits that a telegram carries
        code = int(match[1], 16)
        letters = "".join(chr(64 + (code >> shift & 0x1F)) for shift in (10, 5, 0))
        return letters if re.fullmatch("[A-Z]{3}", letters) and code < 1 << 15 else ""
    return ""


def key_bytes(text: str) -> bytes:
    """Read a key: 32 hex digits, also in groups and with `0x`, or base64.

    :raises KeyFileError: if it is none.
    """
    said = text.strip().strip("'\"")
    digits = re.sub(r"(?i)0x|[\s:.\-_,]", "", said)
    if re.fullmatch("[0-9A-Fa-f]{32}", digits):
        return bytes.fromhex(digits)
    if re.fullmatch("[A-Za-z0-9+/]{22}==", said):
        try:
            return base64.b64decode(said, validate=True)
        except binascii.Error:  # pragma: no cover  # the pattern lets none through
            pass
    if not said:
        raise KeyFileError("hier steht kein Schlüssel")
    if re.fullmatch("[0-9A-Fa-f]+", digits):
        raise KeyFileError(f"der Schlüssel hat {len(digits)} statt 32 Zeichen")
    raise KeyFileError("der Schlüssel besteht nicht aus 32 Zeichen 0-9 und A-F")


def is_key(text: str) -> bool:
    """Tell whether a text is a key."""
    try:
        key_bytes(text)
    except KeyFileError:
        return False
    return True


def _wrong_number(said: str) -> str:
    if not said:
        return "hier steht keine Zählernummer"
    if is_key(said) or len(said) > _SHOWN:
        return "wo die Zählernummer stehen soll, steht etwas anderes"
    if re.fullmatch(r"[0-9][.,][0-9]+E\+?[0-9]+", said):
        return f"„{said}“: die Tabelle hat die Nummer gerundet; bitte die Spalte als Text speichern"
    return f"„{said}“ ist keine Zählernummer aus acht Ziffern"


_NUMBERS = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?:W?MBUS:)?(?P<letters>[A-Z]{3})[-\s]?(?P<digits>[0-9A-F]{8})-[0-9A-F]{2}-[0-9A-F]{2}",
        r"[0-9A-F]\s?(?P<letters>[A-Z]{3})\s?[0-9A-Z]{2}\s?(?P<digits>[0-9]{4}\s?[0-9]{4})",
        r"(?:(?P<letters>[A-Z]{3})[-\s]*)?(?P<digits>[0-9]{1,8})(?:\s?/\s?[0-9A-Z]{1,3}){0,2}",
        r"(?:(?P<letters>[A-Z]{3})[-\s]*)?(?P<digits>[0-9][0-9A-F]{7})",
        r"(?P<digits>[0-9]{1,8})\.0",  # what a spreadsheet makes of a number
    )
)
