"""The alphabet of short messages, packed seven bits to a character.

Source: 3GPP TS 23.038, 6.1.2.1 (packing), 6.2.1 (default alphabet and extension table).
"""

from __future__ import annotations

from hardware.errors import DecodeError

_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ"
    " !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ESCAPE = 0x1B
_EXTENDED = {
    0x0A: "\f", 0x14: "^", 0x28: "{", 0x29: "}", 0x2F: "\\", 0x3C: "[", 0x3D: "~", 0x3E: "]",
    0x40: "|", 0x65: "€",
}  # fmt: skip
_CODES: dict[str, tuple[int, ...]] = {
    **{char: (code,) for code, char in enumerate(_BASIC) if code != _ESCAPE},
    **{char: (_ESCAPE, code) for code, char in _EXTENDED.items()},
}


def fits(text: str) -> bool:
    """Tell whether every character is in the alphabet."""
    return all(char in _CODES for char in text)


def encode(text: str) -> bytes:
    """Return the septets of a text, one a byte.

    :raises ValueError: if a character is not in the alphabet.
    """
    found = bytearray()
    for char in text:
        if char not in _CODES:
            raise ValueError(f"{char!r} is not in the alphabet of short messages")
        found += bytes(_CODES[char])
    return bytes(found)


def decode(septets: bytes) -> str:
    """Return the text of septets; an unknown escape is the character without it."""
    found = []
    escaped = False
    for code in septets:
        if escaped:
            found.append(_EXTENDED.get(code, _BASIC[code]))
            escaped = False
        elif code == _ESCAPE:
            escaped = True
        else:
            found.append(_BASIC[code])
    return "".join(found)


def pack(septets: bytes, fill: int = 0) -> bytes:
    """Pack septets into octets after ``fill`` bits of zero, 0 to 6."""
    bits, count = 0, fill
    for code in septets:
        bits |= code << count
        count += 7
    return bits.to_bytes((count + 7) // 8, "little")


def unpack(octets: bytes, count: int, fill: int = 0) -> bytes:
    """Return ``count`` septets from octets, after ``fill`` bits.

    :raises DecodeError: if there are not so many.
    """
    if (count * 7 + fill + 7) // 8 > len(octets):
        raise DecodeError("the message is shorter than it says", offset=len(octets))
    bits = int.from_bytes(octets, "little") >> fill
    return bytes((bits >> (7 * n)) & 0x7F for n in range(count))
