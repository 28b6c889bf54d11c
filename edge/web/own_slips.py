"""The slips of this visit: in the memory of the hub, gone with *Fertig*, in no address.

An address says only which of the visit's slips is meant: the first, the second.
"""

from __future__ import annotations

from dataclasses import dataclass

from edge.desk import Slip
from edge.web.access import visit

SLIP = "slip"  # numbers of slips, in the order they came
SIGNUP = "signup"  # what was signed up for in this visit: COURSE PARTY STATE NUMBER


@dataclass(frozen=True, slots=True)
class Signup:
    """A sign-up that was made in this visit, and whether it is stored or only received."""

    course: int
    party: int
    is_sure: bool
    number: str


def numbers() -> tuple[str, ...]:
    """Return the slips of this visit."""
    return visit().kept(SLIP)


def number_at(place: int) -> str:
    """Return the slip at a place (1 is the first), empty if there is none."""
    kept = numbers()
    return kept[place - 1] if 1 <= place <= len(kept) else ""


def keep(number: str) -> int:
    """Keep a slip's number; return its place."""
    if number not in numbers():  # keeping it again would move it
        visit().keep(SLIP, number)
    return numbers().index(number) + 1


def keep_signup(slip: Slip) -> int:
    """Keep a slip that was just made; return its place."""
    place = keep(slip.number)
    if not any(one.number == slip.number for one in signups()):
        visit().keep(SIGNUP, f"{slip.course} {slip.party} {slip.state} {slip.number}")
    return place


def signups() -> tuple[Signup, ...]:
    """Return what was signed up for in this visit, oldest first."""
    found = []
    for one in visit().kept(SIGNUP):
        course, party, state, number = one.split()
        found.append(Signup(int(course), int(party), state != "received", number))
    return tuple(found)


def signed_up_at(course: int) -> int:
    """Return the place of the newest slip for a course, 0 if this visit has none."""
    kept = numbers()
    for one in reversed(signups()):
        if one.course == course and one.number in kept:
            return kept.index(one.number) + 1
    return 0
