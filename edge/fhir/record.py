"""What is known beside the values, as plain data: devices, alerts, messages, looks. Pure.

The stores have their own rows; whoever exports turns them into these, so that the mapping depends
on no store.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from edge.care.finding import Fact, Urgency


@dataclass(frozen=True, slots=True)
class Instrument:
    """A device, without its address: that tells where somebody lives."""

    device_id: str
    name: str = ""  # model, as people know it
    maker: str = ""
    model: str = ""


class TaskState(StrEnum):
    """How far an escalation is."""

    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"
    ENDED = "ended"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Escalation:
    """An alert about the person and who took it on; times are ms since 1970, UTC.

    ``words`` is what it is about, in German and without a name.
    """

    number: int
    rule: str
    urgency: Urgency
    state: TaskState
    since: int
    changed_at: int
    words: str
    facts: Mapping[str, Fact] = field(default_factory=dict)
    due_at: int | None = None
    owner: str = ""  # a role in German, never a name


@dataclass(frozen=True, slots=True)
class Question:
    """A case that a practice was asked: that it was, not what. ``case`` is its 32 hex digits.

    ``status`` is FHIR's, of a Task; times are ms since 1970, UTC.
    """

    case: str
    status: str
    asked_at: int
    changed_at: int


@dataclass(frozen=True, slots=True)
class Message:
    """What was written to a practice about the person, or by it."""

    key: str
    text: str
    sent_at: int
    from_practice: bool
    about: int | None = None  # the escalation's number


@dataclass(frozen=True, slots=True)
class Glance:
    """Somebody read values, as the audit says it."""

    key: str
    at: int
    who: str  # a role in German, never a name
    kinds: tuple[str, ...]
    why: str
    allowed: bool = True
