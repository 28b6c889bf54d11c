"""The market board: neighbours offer and look for things; a volunteer lets it hang, 30 days.

How to reach whoever wrote it is their choice: by the volunteers' desk without any number, by a
number that only volunteers see, or by one that everybody in the hall may read.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from edge.learning.errors import LearningError
from edge.learning.signup import applicant
from edge.village.words import MAX_TITLE, Refused, line, lines, nobodys

Kind = Literal["offer", "wanted"]
Category = Literal["farm", "craft", "help", "ride", "gift", "other"]
Reach = Literal["desk", "call", "public"]
State = Literal["proposed", "approved", "declined"]
KINDS: tuple[Kind, ...] = ("offer", "wanted")
CATEGORIES: tuple[Category, ...] = ("farm", "craft", "help", "ride", "gift", "other")
REACHES: tuple[Reach, ...] = ("desk", "call", "public")
STATES: tuple[State, ...] = ("proposed", "approved", "declined")

HANG_DAYS = 30
KEPT_DAYS = 14  # a number, after the entry came down: somebody may still wait for a call
MAX_TEXT = 600
_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An entry as it is written."""

    kind: Kind
    category: Category
    title: str
    text: str = ""
    reach: Reach = "desk"


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to ask, and under which number. Lives in personal.db alone."""

    name: str
    phone: str


def checked(draft: Draft) -> Draft:
    """Return an entry, tidied.

    :raises Refused: saying what is wrong, in which field.
    """
    made = replace(
        draft,
        title=line(draft.title, "title", MAX_TITLE, needed=True),
        text=lines(draft.text, "text", MAX_TEXT),
    )
    nobodys(made.title, "title")
    nobodys(made.text, "text")
    for field, value, known in (
        ("kind", made.kind, KINDS),
        ("category", made.category, CATEGORIES),
        ("reach", made.reach, REACHES),
    ):
        if value not in known:
            raise Refused("choose", "Bitte eines davon wählen.", field)
    return made


def contact(reach: Reach, name: str, phone: str, *, agreed: bool) -> Contact | None:
    """Return whom to ask; None if answers go to the volunteers' desk, whatever was typed.

    :raises Refused: if name or number lack, or the number is to be public and nobody agreed.
    """
    if reach == "desk":
        return None
    if not name.strip():
        raise Refused("empty", "Hier fehlt noch etwas.", "name")
    if not phone.strip():
        raise Refused("empty", "Hier fehlt noch etwas.", "phone")
    try:
        made = applicant(name, phone)
    except LearningError as error:
        code = "phone" if error.field == "phone" else "name"
        raise Refused(code, error.hint, error.field) from None
    if reach == "public" and not agreed:
        raise Refused(
            "agree", "Bitte ankreuzen, dass jeder die Telefonnummer lesen darf.", "agreed"
        )
    return Contact(made.name, made.phone or "")


def until(approved_ms: int) -> int:
    """Return how long an entry hangs."""
    return approved_ms + HANG_DAYS * _DAY_MS


def delete_after(ends_ms: int) -> int:
    """Return when name and number go, for an entry that ends then."""
    return ends_ms + KEPT_DAYS * _DAY_MS


def hangs(state: State, shown_until: int, now_ms: int) -> bool:
    """Tell whether an entry is to be seen."""
    return state == "approved" and now_ms < shown_until
