"""The word for why a telegram cannot be read yet.

It stands in the journal until something changes: `KeyRequired KAM-76348799`,
`WrongKey KAM-76348799`, `FormatUnknown 1A2B`. It names meters by what is printed on them, the
radio's own address first and, behind a radio adapter, that of the meter.
"""

from __future__ import annotations

from collections.abc import Sequence

NO_KEY = "KeyRequired"
WRONG_KEY = "WrongKey"
NO_FORMAT = "FormatUnknown"
FRAGMENT = "FragmentMissing"  # the other telegrams of its message have not come
UNVOUCHED = "Unauthenticated"  # nothing tells that the fragments are of one message
UNSEALED = "Unsealed"  # readable without the key that this meter is known to use
REPLAY = "Replay"  # it can be read, but an older one than this was sent again


def names_of(reason: str) -> Sequence[str]:
    """Return the meters that a reason of :data:`NO_KEY` or :data:`WRONG_KEY` names."""
    kind, *names = reason.split()
    return names if kind in {NO_KEY, WRONG_KEY} else ()


def no_format(signature: int) -> str:
    """Return the reason of compact telegrams whose format is not known yet."""
    return f"{NO_FORMAT} {signature:04X}"


def signature_of(reason: str) -> int | None:
    """Return the signature that a reason of :data:`NO_FORMAT` names, None for another."""
    kind, _, signature = reason.partition(" ")
    return int(signature, 16) if kind == NO_FORMAT else None
