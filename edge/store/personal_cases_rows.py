"""What `edge.store.personal_cases` gives out, and what it raises."""

from __future__ import annotations

from dataclasses import dataclass, field

from edge.care.case_key import Address
from edge.care.case_state import CaseState
from edge.store.errors import StoreError


class NoSuchCase(StoreError):
    """There is no case of that number (any more)."""

    hint = "Diesen Fall gibt es nicht mehr. Bitte die Liste neu laden."


class CaseMoved(StoreError):
    """The case is no longer in the state in which this can be done."""

    hint = "Der Fall ist inzwischen weiter. Bitte die Seite neu laden."


@dataclass(frozen=True, slots=True)
class StoredPractice:
    """A practice's address. Nothing is sealed to it before it was compared."""

    contact: int
    address: Address
    compared: bool


@dataclass(frozen=True, slots=True)
class StoredCase:
    """A case. ``kinds`` and ``days`` are the values that go with it; times are ms, UTC."""

    number: int
    id: bytes
    person: int
    contact: int
    state: CaseState
    made_at: int
    changed_at: int
    account: int | None = None
    about: str = field(repr=False, default="")
    question: str = field(repr=False, default="")
    kinds: tuple[str, ...] = ()
    days: int = 0


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A picture or clip of a case."""

    file: int
    name: str = field(repr=False)
    media_type: str
    size: int


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """An answer of the practice that was asked: signed by it, or read from its FHIR (`is_fhir`)."""

    answer: int
    received_at: int
    at: int
    sender: str = field(repr=False)
    text: str = field(repr=False)
    seen: bool = False
    is_fhir: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """What came and was not taken."""

    digest: bytes
    why: str
    size: int
    at: int
