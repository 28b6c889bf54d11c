"""What a rule found: the words that rules speak to the ladder of people. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import TypeAlias

Fact: TypeAlias = str | float | int
# What else was asked about when somebody was called, and when last: it holds when that gets worse.
WITH, WITH_AT = "with", "with_at"


class Urgency(IntEnum):
    """How soon somebody should look."""

    NOTE = 1  # at the next round
    TODAY = 2
    URGENT = 3  # within the hour
    EMERGENCY = 4  # at once


class Stage(StrEnum):
    """What is to be done about it."""

    ASK = "ask"  # ask the person to measure again, or how they are: nobody else is called yet
    RAISE = "raise"  # call somebody
    END = "end"  # what was found under this key is over


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found about a person.

    The same trouble has the same ``key`` as long as it lasts: who is told of it is told once.
    ``rule`` names the rule (``limit``, ``baseline``, ``news2``, ``missed``, ``silent``,
    ``inactivity``, ``heat``, ``sos``, ...), ``at`` when it was found and ``since`` when it began
    (ms since 1970, UTC), ``facts`` the numbers and words that the sentence about it is made of.
    """

    person: int
    key: str
    rule: str
    stage: Stage
    urgency: Urgency
    at: int
    since: int
    facts: Mapping[str, Fact] = field(default_factory=lambda: MappingProxyType({}))
