"""Cards: what the code on one holds, and what a scanner on the desk types of it. Pure.

A scanner types like a keyboard, often as if the keyboard were an American one: on a German desk the
dash becomes `ß`. So a card says nothing but letters A to K and digits, and whatever stands for the
dash is passed over.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Literal

ACCOUNT_PREFIX = "DHA1"
VILLAGER_PREFIX = "DHK1"  # made by `edge.desk.register`
TOKEN_BYTES = 16
MAX_TYPED = 200
_CARD = re.compile(r"(DHA1|DHK1)[^0-9A-F]{0,3}([0-9A-F]{32})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Card:
    """What was scanned, as it stands on the card."""

    whose: Literal["account", "villager"]
    text: str


def account_card(token: bytes) -> str:
    """Return what a card for an account holds. ``token`` are 16 random bytes.

    :raises ValueError: if they are not as many.
    """
    if len(token) != TOKEN_BYTES:
        raise ValueError(f"a card holds {TOKEN_BYTES} random bytes")
    return f"{ACCOUNT_PREFIX}-{token.hex().upper()}"


def read_card(typed: str) -> Card | None:
    """Return the card that was scanned, None if it is none of ours."""
    if len(typed) > MAX_TYPED:
        return None
    found = _CARD.fullmatch(typed.strip().upper())
    if found is None:
        return None
    prefix, token = found.groups()
    whose: Literal["account", "villager"] = "account" if prefix == ACCOUNT_PREFIX else "villager"
    return Card(whose, f"{prefix}-{token}")


def account_card_hash(card: str) -> bytes:
    """Return what is kept of an account's card: 128 random bits need no salt."""
    return hashlib.blake2b(card.encode(), digest_size=32, person=b"dorfhub-account").digest()
