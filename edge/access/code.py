"""Codes that work once: the first administrator's, and start words. Pure.

Twelve signs of those that slips have, read from paper or a screen and typed: 49 random bits.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from edge.learning.slip import SIGNS

LENGTH = 12
MAX_TYPED = 100
_ALIKE = str.maketrans("SZBGV", "5286U")  # as in slips
_GROUP = 3


def make_code(choice: Callable[[str], str]) -> str:
    """Return a new code. ``choice`` picks one sign of a text at random (`secrets.choice`)."""
    return "".join(choice(SIGNS) for _ in range(LENGTH))


def shown(code: str) -> str:
    """Return a code as it is printed: three by three."""
    return "-".join(code[at : at + _GROUP] for at in range(0, len(code), _GROUP))


def read_code(typed: str) -> str | None:
    """Return the code as it is kept, whatever case, spaces and dashes were typed; None if none."""
    signs = [
        sign
        for sign in typed[:MAX_TYPED].upper().translate(_ALIKE)
        if not (sign.isspace() or sign in "-–.ẞ")
    ]
    if len(signs) != LENGTH or any(sign not in SIGNS for sign in signs):
        return None
    return "".join(signs)


def code_hash(code: str) -> bytes:
    """Return what is kept of a code that works once."""
    return hashlib.blake2b(code.encode(), digest_size=32, person=b"dorfhub-code").digest()
