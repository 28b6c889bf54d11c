"""Why something is not explained, from the error that the decoder raised."""

from __future__ import annotations

from hardware.errors import (
    DecodeError,
    FrameError,
    HardwareError,
    KeyRequired,
    Unsupported,
    WrongKey,
)
from hardware.explain.span import Phrase, phrase

_KINDS: tuple[tuple[type[HardwareError], str], ...] = (
    (KeyRequired, "why.key_required"),
    (WrongKey, "why.wrong_key"),
    (Unsupported, "why.unsupported"),
    (FrameError, "why.frame"),
    (DecodeError, "why.decode"),
)


def reason(error: FrameError | DecodeError | None) -> Phrase:
    """Return what kind of trouble ``error`` is, with its own words behind."""
    for kind, key in _KINDS:
        if isinstance(error, kind):
            return phrase(key, str(error))
    return phrase("why.unknown")
