"""A PIN as a secret of 32 bytes."""

from __future__ import annotations

import secrets
from itertools import pairwise

from edge.unlock.errors import Refused
from edge.unlock.wrapping import KEY_BYTES, PinCost

MIN_DIGITS = 6
MAX_DIGITS = 32
# Asked for once after a reboot: it may take a second or two on a Pi, and so much for each guess.
MEMORY_KIB = 64 * 1024
PASSES = 3


def new_cost() -> PinCost:
    """Return what a new PIN is worked with."""
    return PinCost(secrets.token_bytes(16), MEMORY_KIB, PASSES)


def is_pin(text: str) -> bool:
    """Tell whether it can be a PIN at all: 6 to 32 digits."""
    return text.isascii() and text.isdigit() and MIN_DIGITS <= len(text) <= MAX_DIGITS


def checked(text: str) -> str:
    """Return a new PIN.

    :raises Refused: if it is none, or one that is tried first.
    """
    if not is_pin(text):
        raise Refused("no PIN", hint="Eine PIN hat 6 bis 32 Ziffern.")
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(text)}
    if len(steps) == 1 and steps <= {0, 1, 9}:
        raise Refused("an easy PIN", hint="Diese PIN errät man sofort. Bitte eine andere wählen.")
    return text


def secret_of(pin: str, cost: PinCost) -> bytes:
    """Return the secret of a PIN."""
    from argon2.low_level import Type, hash_secret_raw  # noqa: PLC0415 - loaded when one is typed

    return hash_secret_raw(
        pin.encode("ascii"), cost.salt, cost.passes, cost.memory_kib, 1, KEY_BYTES, Type.ID
    )
