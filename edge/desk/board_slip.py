"""The slip of whoever put something on the board: with it they see how it stands, and take it down.

What is kept is a hash; the number itself is on the paper and in the visit.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable

from edge.learning.slip import slip_of
from edge.store.errors import StoreError

_TRIES = 8  # two slips of one number in a village: one time in a million


def new_token() -> str:
    """Return what a form carries so that a double click is one entry."""
    return secrets.token_hex(16)


def slip_hash(slip: str) -> bytes:
    """Return what is kept of a slip number as :func:`edge.learning.slip.read_slip` gives it."""
    return _hash(b"board-slip", slip)


def token_hash(token: str) -> bytes:
    """Return what is kept of a form's token."""
    return _hash(b"board-token", token[:200])


def kept_under_slip(token: str, keep: Callable[[bytes], bool]) -> str:
    """Keep something under the first free slip of a form's token and return the slip.

    ``keep`` takes the slip's hash and says whether it is kept under it, now or before; a slip that
    is somebody else's is passed over, the same ones each time.

    :raises StoreError: if none is free.
    """
    for attempt in range(_TRIES):
        slip = slip_of(token, attempt)
        if keep(slip_hash(slip)):
            return slip
    raise StoreError("no free slip", hint="Bitte noch einmal versuchen.")


def _hash(person: bytes, text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16, person=person).digest()
