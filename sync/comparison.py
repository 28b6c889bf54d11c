"""What two people compare before they trust a key: fingerprint, six words or a QR code."""

from __future__ import annotations

import io

import segno

from sync import identity, words
from sync.errors import Refused

_PREFIX = "DORFHUB:1:"  # only letters that a QR code packs densely


def code(public_key: bytes) -> str:
    """Return what the QR code of a key holds: the whole key."""
    return _PREFIX + public_key.hex().upper()


def matches(public_key: bytes, typed: str) -> bool:
    """Tell if a person typed, or scanned, what belongs to this key.

    :raises Refused: if it is neither a fingerprint nor a code nor six words that check.
    """
    text = typed.strip()
    if text.upper().startswith(_PREFIX):
        return text.upper() == code(public_key)
    if looks_like_fingerprint(text):
        return identity.matches(public_key, text)
    try:
        return words.read(text) == words.of(public_key)
    except words.NoWords as error:
        raise Refused(str(error), hint=_HOW) from error


def looks_like_fingerprint(typed: str) -> bool:
    """Tell if it has only hex digits and what people put between them."""
    return all(sign in "0123456789ABCDEF -:\t" for sign in typed.upper())


def terminal(public_key: bytes) -> str:
    """Return the QR code in half blocks, for a terminal."""
    out = io.StringIO()
    segno.make_qr(code(public_key), error="m").terminal(out, compact=True, border=2)
    return out.getvalue()


def svg(public_key: bytes) -> bytes:
    """Return the QR code as an SVG file."""
    out = io.BytesIO()
    segno.make_qr(code(public_key), error="m").save(
        out, kind="svg", scale=4, border=4, light="#fff"
    )
    return out.getvalue()


_HOW = (
    "Die sechs Wörter oder den ganzen Fingerabdruck angeben, wie die Gegenstelle sie nennt "
    "(dort: `dorfhub sync identity` im Dorf, `dorfhub county identity` im Landkreis)."
)
