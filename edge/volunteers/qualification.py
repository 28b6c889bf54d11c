"""Qualifications that a shift asks for, such as the Juleica, and when they end.

An expired one does not count, on the day of the shift. Two months before its end it is said.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from edge.learning.course import one_line
from edge.learning.errors import Refused
from edge.learning.series import YEARS

State = Literal["valid", "soon", "expired"]

WARN_MONTHS = 2
MAX_MONTHS = 240
MAX_NAME = 60


@dataclass(frozen=True, slots=True)
class Qualification:
    """A kind of qualification. ``months`` is how long it holds, 0: for ever."""

    qualification_id: str
    name: str
    months: int = 0


JULEICA = Qualification("juleica", "Juleica", 36)  # a card is valid for three years at most


@dataclass(frozen=True, slots=True)
class Held:
    """What one volunteer has; ``valid_until`` is its last day, None: it does not end."""

    volunteer: int
    qualification_id: str
    valid_until: date | None


def checked(qualification: Qualification) -> Qualification:
    """Return a kind of qualification, tidied.

    :raises Refused: saying what is wrong, in which field.
    """
    if not 0 <= qualification.months <= MAX_MONTHS:
        raise Refused(
            f"{qualification.months} months",
            hint=f"Möglich sind 0 bis {MAX_MONTHS} Monate; 0 heißt: läuft nicht ab.",
            field="months",
        )
    return replace(
        qualification,
        qualification_id=one_line(qualification.qualification_id, "qualification_id", 20, least=1),
        name=one_line(qualification.name, "name", MAX_NAME, least=1),
    )


def months_later(day: date, months: int) -> date:
    """Return the same day of the month, ``months`` later; the month's last where it has none."""
    turn = day.year * 12 + day.month - 1 + months
    year, month = divmod(turn, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def ends(qualification: Qualification, since: date) -> date | None:
    """Return the last day of a qualification that was given on a day.

    :raises Refused: if the year is mistyped.
    """
    if since.year not in YEARS:
        raise Refused(f"the year {since.year}", hint="Bitte das Jahr prüfen.", field="since")
    return months_later(since, qualification.months) if qualification.months else None


def state(held: Held, today: date) -> State:
    """Return how it stands on a day."""
    if held.valid_until is None:
        return "valid"
    if held.valid_until < today:
        return "expired"
    return "soon" if held.valid_until <= months_later(today, WARN_MONTHS) else "valid"


def counts(held: Iterable[Held], volunteer: int, qualification_id: str | None, day: date) -> bool:
    """Tell whether a volunteer has what a shift on ``day`` asks for; None asks for nothing."""
    if qualification_id is None:
        return True
    return any(
        one.volunteer == volunteer
        and one.qualification_id == qualification_id
        and state(one, day) != "expired"
        for one in held
    )


def to_renew(held: Iterable[Held], today: date) -> list[Held]:
    """Return what has ended or will within two months, the earliest first."""
    due = [one for one in held if one.valid_until is not None and state(one, today) != "valid"]
    return sorted(due, key=lambda one: (one.valid_until, one.volunteer, one.qualification_id))
