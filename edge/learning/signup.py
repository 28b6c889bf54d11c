"""What somebody says who signs up: a name, perhaps a telephone number, and how many they are."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Literal

from edge.learning.course import Course, one_line
from edge.learning.errors import Refused

State = Literal["confirmed", "waiting", "offered", "cancelled", "done"]
STATES: tuple[State, ...] = ("confirmed", "waiting", "offered", "cancelled", "done")
Channel = Literal["terminal", "phone", "desk", "command"]
Gender = Literal["w", "m", "d"]

MAX_NAME = 120  # longer than the longest in a German register
# the last two: letters that are younger than this Python's table, and a community's own
_LETTERS = frozenset(("Lu", "Ll", "Lt", "Lm", "Lo", "Nd", "Nl", "No", "Cn", "Co"))
MAX_PHONE_DIGITS = 15  # E.164
MIN_PHONE_DIGITS = 3
MAX_PARTY = 4  # a family; more is a class, and that is for the desk
AGE_BANDS = ("-17", "18-24", "25-34", "35-49", "50-64", "65-")  # the statistics' own
GENDERS: tuple[Gender, ...] = ("w", "m", "d")


@dataclass(frozen=True, slots=True)
class Applicant:
    """Who signs up, as checked. What is None was not said."""

    name: str
    phone: str | None = None
    age_band: str | None = None
    gender: Gender | None = None


def applicant(
    name: str, phone: str = "", *, age_band: str | None = None, gender: str | None = None
) -> Applicant:
    """Return what was entered, tidied. A name may be of any script, and of one word.

    :raises Refused: saying what is wrong, in which field.
    """
    return Applicant(_name(name), _phone(phone), _band(age_band), _gender(gender))


def same_name(name: str) -> str:
    """Return what two spellings of one name have in common."""
    return unicodedata.normalize("NFKC", " ".join(name.split())).casefold()


def party(count: int) -> int:
    """Return how many come together.

    :raises Refused: if they are none or more than four.
    """
    if not 1 <= count <= MAX_PARTY:
        raise Refused(
            f"a party of {count}",
            hint=f"Zusammen anmelden können sich 1 bis {MAX_PARTY} Personen.",
            field="party",
        )
    return count


def may_sign_up(course: Course, count: int, now_ms: int, *, at_desk: bool = False) -> None:
    """Return if ``count`` people may sign up for a course now; at the desk also once it has begun.

    :raises Refused: saying why not.
    """
    if course.state == "draft":
        raise Refused("a draft", hint="Diesen Kurs gibt es noch nicht. Bitte einen anderen wählen.")
    if course.state == "cancelled":
        raise Refused("cancelled", hint="Dieser Kurs fällt aus. Bitte einen anderen wählen.")
    if not course.seats:
        raise Refused("no sign-up", hint="Hier braucht man keine Anmeldung: einfach kommen.")
    if count > course.seats:
        raise Refused(
            f"{count} for {course.seats} seats",
            hint=f"So groß ist der Kurs nicht: Er hat {course.seats} Plätze.",
            field="party",
        )
    first, last = course.first_at, course.last_at
    if first is None or last is None:
        raise Refused("no session", hint="Für diesen Kurs steht noch kein Termin fest.")
    if last <= now_ms:
        raise Refused("over", hint="Dieser Kurs ist schon vorbei.")
    if first <= now_ms and not at_desk:
        raise Refused(
            "begun",
            hint="Dieser Kurs hat schon angefangen. Bitte am Tisch fragen, ob noch Platz ist.",
        )


def _name(name: str) -> str:
    tidy = one_line(name, "name", MAX_NAME, least=1)
    if not any(unicodedata.category(sign) in _LETTERS for sign in tidy):
        raise Refused("no letter", hint="Bitte einen Namen eingeben.", field="name")
    return tidy


def _phone(phone: str) -> str | None:
    tidy = one_line(phone, "phone", 40)
    if not tidy:
        return None
    digits = sum(sign.isdecimal() and sign.isascii() for sign in tidy)
    others = {sign for sign in tidy if sign not in "0123456789+ /()-–."}
    if others or not MIN_PHONE_DIGITS <= digits <= MAX_PHONE_DIGITS:
        raise Refused(
            "no telephone number",
            hint="Das ist keine Telefonnummer. Sie können das Feld auch leer lassen.",
            field="phone",
        )
    return tidy


def _band(band: str | None) -> str | None:
    if band and band not in AGE_BANDS:
        raise Refused(
            f"age band {band!r}",
            hint=f"Altersgruppen sind: {', '.join(AGE_BANDS)}.",
            field="age_band",
        )
    return band or None


def _gender(gender: str | None) -> Gender | None:
    for one in GENDERS:
        if gender == one:
            return one
    if gender:
        raise Refused(f"gender {gender!r}", hint="Möglich sind: w, m, d.", field="gender")
    return None
