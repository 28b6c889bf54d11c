"""The authentication and fragmentation layer: who vouches for a message, which part of it this is.

Source: EN 13757-7:2018, clause 6.3 and annex A; OMS specification volume 2, issue 4.
"""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import NamedTuple

from hardware.errors import DecodeError, Unsupported

CI = 0x90

# Bytes of an authentication code: of two, what is forged passes one time in 65536. OMS asks for
# eight with mode 7, whose sealed bytes nothing else protects from being turned.
LEAST_CODE = 4

_FRAGMENT = 0xFF  # flags: the fragment's number; 0 if the message has one telegram
_MORE = 0x4000
_CONTROL, _LENGTH, _COUNTER, _CODE, _KEY = 0x2000, 0x1000, 0x0800, 0x0400, 0x0200


class Authentication(NamedTuple):
    """The layer's fields as sent; those that are not there are empty.

    ``fragment`` counts from 1, 0 stands for an undivided message; ``more`` says that another
    fragment follows.
    """

    control: bytes = b""  # MCL
    key: bytes = b""  # KI
    counter: bytes = b""  # MCR
    code: bytes = b""  # MAC
    length: bytes = b""  # ML
    fragment: int = 0
    more: bool = False

    @property
    def is_part(self) -> bool:
        """Whether the message needs other telegrams to be whole."""
        return self.more or self.fragment > 1


NOTHING = Authentication()


class FragmentMissing(Unsupported):
    """A telegram holds one fragment of a message, and the others are not at hand."""

    hint = "Alle Telegramme dieser Nachricht in eine Zeile schreiben, Kommas dazwischen."


def parse(layer: bytes, *, offset: int) -> Authentication:
    """Return what ``layer`` says, the bytes behind its length.

    ``offset`` is where the layer begins in its frame, for error messages.

    :raises DecodeError: if its fields do not fit.
    """
    size = len(layer)
    if size < 2:
        raise DecodeError("the authentication layer is too short", offset=offset)
    flags = int.from_bytes(layer[:2], "little")
    sizes = [
        count if flags & bit else 0
        for bit, count in ((_CONTROL, 1), (_KEY, 2), (_COUNTER, 4), (_LENGTH, 2))
    ]
    code_size = size - 2 - sum(sizes)
    if code_size < 0 or bool(code_size) != bool(flags & _CODE):
        raise DecodeError(
            f"the authentication layer has {size} bytes for its fields", offset=offset
        )
    cuts = accumulate((*sizes[:3], code_size, sizes[3]), initial=2)
    control, key, counter, code, length = (layer[start:end] for start, end in pairwise(cuts))
    is_more = bool(flags & _MORE)
    return Authentication(control, key, counter, code, length, flags & _FRAGMENT, is_more)


def encode(found: Authentication) -> bytes:
    """Return the layer with its CI field."""
    flags = found.fragment | (_MORE if found.more else 0)
    for bit, field in (
        (_CONTROL, found.control),
        (_LENGTH, found.length),
        (_COUNTER, found.counter),
        (_CODE, found.code),
        (_KEY, found.key),
    ):
        if field:
            flags |= bit
    layer = flags.to_bytes(2, "little") + b"".join(found[:5])
    return bytes((CI, len(layer))) + layer
