"""What a person is called towards others: for each recipient another name, that nobody can join.

It is made with the hub's key and a secret of the person. Without the secret, which an erasure
destroys, nobody can say whose a pseudonym was, the hub neither. Pure.

Source: HMAC, FIPS 198-1; base 32, RFC 4648.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

KEY_BYTES = 32
SECRET_BYTES = 32
LENGTH = 26  # 130 bits, of letters and digits that nobody confuses


def pseudonym(key: bytes, secret: bytes, recipient: str) -> str:
    """Return a person's pseudonym towards a recipient (`edge.care.consent.Consent.recipient`).

    :raises ValueError: if key or secret is not as long as it should be.
    """
    if len(key) != KEY_BYTES or len(secret) != SECRET_BYTES:
        raise ValueError("a key and a secret have 32 bytes")
    digest = hmac.new(key, b"dorfhub pseudonym" + secret + recipient.encode(), hashlib.sha256)
    return base64.b32encode(digest.digest()).decode()[:LENGTH].lower()


def is_pseudonym(text: str) -> bool:
    """Tell whether a text has the form of a pseudonym."""
    return len(text) == LENGTH and set(text) <= set("abcdefghijklmnopqrstuvwxyz234567")
