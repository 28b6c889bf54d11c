"""A call for help: asked, taken by somebody, closed. Who called is not known, and kept nowhere.

Times are of a clock that only goes forward: whether five minutes are over must not depend on
somebody setting the time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from edge.village.words import line

Mood = Literal["waiting", "late", "coming", "closed", "withdrawn"]
LATE_S = 300  # then a page says what else there is to do
FORGOTTEN_S = 1800  # a call that is closed, or whose caller has left the screen
OLDEST_S = 7200  # whoever called is not there any more, whatever the screen says
MAX_SUBJECT = 120
MAX_WHERE = 60
MAX_OPEN = 12  # more screens than there are in a hall; beyond, somebody plays


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call. ``number`` is what people say, ``key`` what only the caller's visit holds."""

    number: int
    key: str
    subject: str
    where: str
    asked_s: float
    taken_by: str = ""
    taken_s: float | None = None
    ended_s: float | None = None
    is_withdrawn: bool = False
    has_left: bool = False

    @property
    def is_open(self) -> bool:
        """Whether somebody still waits."""
        return self.ended_s is None


def called(number: int, key: str, subject: str, where: str, now_s: float) -> Call:
    """Return a new call.

    :raises Refused: `long`.
    """
    return Call(
        number=number,
        key=key,
        subject=line(subject, "subject", MAX_SUBJECT),
        where=line(where, "where", MAX_WHERE),
        asked_s=now_s,
    )


def mood(call: Call, now_s: float) -> Mood:
    """Return how a call stands."""
    if call.ended_s is not None:
        return "withdrawn" if call.is_withdrawn else "closed"
    if call.taken_s is not None:
        return "coming"
    return "late" if now_s - call.asked_s >= LATE_S else "waiting"


def taken(call: Call, name: str, now_s: float) -> Call:
    """Return the call as taken by ``name``; who was first comes."""
    return call if call.taken_s is not None else replace(call, taken_by=name, taken_s=now_s)


def given_back(call: Call) -> Call:
    """Return the call as nobody's: who wanted to come cannot."""
    return replace(call, taken_by="", taken_s=None)


def ended(call: Call, now_s: float, *, withdrawn: bool = False) -> Call:
    """Return the call as closed; closing twice changes nothing."""
    return call if not call.is_open else replace(call, ended_s=now_s, is_withdrawn=withdrawn)


def is_forgotten(call: Call, now_s: float) -> bool:
    """Tell whether a call may go: long closed, or long asked and the caller gone."""
    if call.ended_s is not None:
        return now_s - call.ended_s >= FORGOTTEN_S
    return now_s - call.asked_s >= (FORGOTTEN_S if call.has_left else OLDEST_S)
