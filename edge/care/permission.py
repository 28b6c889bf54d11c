"""Who may read which values of a person: a role that reads that kind, *and* the person's consent.

Pure. Neither alone is enough, and an account's role is not even asked here: whoever administrates
a hub reads nothing of anybody. An alert's words tell of values as well: see `edge.ward.facts`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType

from edge.care.consent import CARE, HUB, Consent, standing
from edge.care.kinds import BUTTON, HOME_ACTIVITY, KINDS, ROOM_CLIMATE
from edge.care.people import ContactRole, Owner, Reader

_ALL = frozenset(KINDS)

# The most that a role may read; what of it, each person says. A neighbour who comes to look is
# told what calls them, and no more of a body than they see.
READABLE: Mapping[ContactRole, frozenset[str]] = MappingProxyType(
    {
        ContactRole.RELATIVE: _ALL,
        ContactRole.RESPONDER: frozenset((BUTTON, HOME_ACTIVITY, ROOM_CLIMATE)),
        ContactRole.NURSE: _ALL,
        ContactRole.CARER: _ALL,
        ContactRole.PRACTICE: _ALL,
        ContactRole.DOCTOR: _ALL,
    }
)


def may_read(consents: Iterable[Consent], reader: Reader, kind: str) -> bool:
    """Tell whether somebody may read a kind of a person's values now.

    ``consents`` are that person's. What was withdrawn counts no more, whatever clocks say; who
    withdrew that the hub keeps a kind at all withdrew it from every reader. The person reads what
    is kept of them in any case.
    """
    if isinstance(reader, Owner):
        return True
    if kind not in READABLE[reader.role]:
        return False
    known = list(consents)
    return all(standing(known, CARE, kind, to) is not None for to in (HUB, reader.recipient))


def readable(
    consents: Iterable[Consent], reader: Reader, kinds: Collection[str] = KINDS
) -> tuple[str, ...]:
    """Return which of the kinds somebody may read of a person now, in their usual order."""
    known = list(consents)
    return tuple(one for one in KINDS if one in kinds and may_read(known, reader, one))
