"""How far a case is: what may become of it, and what people read. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class CaseState(StrEnum):
    """Where a case stands."""

    DRAFT = "draft"
    SEALED = "sealed"  # lies here, and leaves on the next road
    ON_ITS_WAY = "on_its_way"
    RECEIVED = "received"  # the practice opened it and said so
    ANSWERED = "answered"
    CLOSED = "closed"


WORDS: Mapping[CaseState, str] = MappingProxyType(
    {
        CaseState.DRAFT: "Entwurf",
        CaseState.SEALED: "Versiegelt, wartet auf den nächsten Weg",
        CaseState.ON_ITS_WAY: "Unterwegs",
        CaseState.RECEIVED: "In der Praxis geöffnet",
        CaseState.ANSWERED: "Beantwortet",
        CaseState.CLOSED: "Abgeschlossen",
    }
)
_ORDER = tuple(CaseState)
_SENT = _ORDER[1:]


def after(state: CaseState, event: CaseState) -> CaseState | None:
    """Return where a case stands after ``event`` is reported of it; None if that cannot be.

    Reports come late, twice and in any order, so one that is behind changes nothing. An answer
    opens a closed case again: somebody must read it. A draft can be sealed, or closed unsent.
    """
    if state is CaseState.DRAFT:
        return event if event in {CaseState.SEALED, CaseState.CLOSED} else None
    if event not in _SENT:
        return None
    if state is CaseState.CLOSED:
        return event if event is CaseState.ANSWERED else state
    return max(state, event, key=_ORDER.index)
