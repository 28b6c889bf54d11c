"""Who comes: ticked off a list, by a card or slip under the scanner, or just counted."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge.clock import Clock
from edge.desk.vault import Vault
from edge.learning.course import Course, Session
from edge.learning.errors import LearningError, Refused
from edge.learning.moment import HOUR_MS
from edge.learning.slip import read_slip
from edge.store.errors import StoreError
from edge.store.personal_attendance import Method
from edge.store.personal_signups import Enrolment, NoSuchSlip
from edge.store.village import VillageStore

if TYPE_CHECKING:
    from edge.store.personal import PersonalStore

CARD_PREFIX = "DHK1-"  # what a scanner reads off a card; the rest is 128 random bits
EARLY_MS = 2 * HOUR_MS  # a session is today's from two hours before it begins
LATE_MS = 2 * HOUR_MS


class NotHere(StoreError):
    """The card or slip is of nobody in this course."""

    hint = (
        "Diese Karte oder Nummer gehört nicht zu diesem Kurs. Wer trotzdem bleibt, wird gezählt: "
        "„Ohne Anmeldung + 1“."
    )


@dataclass(frozen=True, slots=True)
class Arrival:
    """A party whose card or slip was read. ``again``: it was noted before, nothing changed."""

    enrolment: Enrolment
    count: int
    again: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One party on the list, and how many of it are there."""

    enrolment: Enrolment
    present: int


class Register:
    """The attendance of one hub's sessions."""

    def __init__(self, village: VillageStore, vault: Vault, clock: Clock) -> None:
        self._village = village
        self._vault = vault
        self._clock = clock

    def now(self) -> list[tuple[Course, Session]]:
        """Return the sessions that are on, begin soon or have just ended."""
        now = self._clock.stamp().wall_ms
        return [
            (course, one)
            for course in self._village.courses_between(now - LATE_MS, now + EARLY_MS + 1)
            if course.state in ("published", "moved")
            for one in course.sessions
            if not one.cancelled and one.starts_at - EARLY_MS <= now < one.ends_at + LATE_MS
        ]

    def rows(self, session: int) -> list[Row]:
        """Return everybody who has a seat, by name, with who is there."""
        course, _ = self.session(session)
        with self._vault.open() as personal:
            there = {one.enrolment: one.count for one in personal.presences(session)}
            line = personal.line(course.course)
        found = [
            Row(one, there.get(one.enrolment, 0))
            for one in line
            if one.state in ("confirmed", "done") or one.enrolment in there
        ]
        return sorted(found, key=lambda row: (row.enrolment.name.casefold(), row.enrolment.queue))

    def tick(self, session: int, enrolment: int, count: int | None = None) -> int:
        """Note that a party is there, all or ``count`` of it; 0 takes it back. Return how many.

        :raises NotHere: if it is not in this course.
        """
        course, _ = self.session(session)
        with self._vault.open() as personal:
            for one in personal.line(course.course):
                if one.enrolment == enrolment:
                    many = one.party if count is None else max(0, min(count, one.party))
                    personal.tick(session, one, many, "list", self._clock.stamp().wall_ms)
                    return many
        raise NotHere("not in this course")

    def scan(self, session: int, scanned: str) -> Enrolment:
        """Note that whoever has this card or slip is there; once more changes nothing.

        :raises NotHere: if it is nobody's who has a seat here, or a code of something else.
        """
        return self.arrive(session, scanned).enrolment

    def arrive(self, session: int, scanned: str) -> Arrival:
        """As :meth:`scan`, and say whether they were here already.

        :raises NotHere: as there; the hint says what kind of code it was.
        """
        course, _ = self.session(session)
        code = as_meant(scanned)
        with self._vault.open() as personal:
            method: Method = "slip"
            if code.startswith(CARD_PREFIX):
                method = "card"
                found = personal.of_card(card_hash(code))
                if not found:
                    raise NotHere("an unknown card", hint=_UNKNOWN_CARD)
            else:
                found = [_of_slip(personal, code)]
            here = [one for one in found if one.course == course.course]
            seated = next((one for one in here if one.state in ("confirmed", "done")), None)
            if seated is None:
                states = {one.state for one in here}
                raise NotHere("has no seat here", hint=_hint(states))
            there = {one.enrolment: one.count for one in personal.presences(session)}
            if seated.enrolment in there:
                return Arrival(seated, there[seated.enrolment], again=True)
            personal.tick(session, seated, seated.party, method, self._clock.stamp().wall_ms)
            return Arrival(seated, seated.party, again=False)

    def walk_in(self, session: int, count: int = 1) -> int:
        """Count people without a sign-up, or uncount some; return all. Works while locked."""
        self.session(session)
        return self._village.add_walk_ins(session, count)

    def give_card(self, slip: str) -> str:
        """Make a card for whoever has this slip and return what its QR code holds."""
        card = new_card()
        with self._vault.open() as personal:
            personal.give_card(read_slip(slip), card_hash(card))
        return card

    def session(self, number: int) -> tuple[Course, Session]:
        """Return a session with its course.

        :raises Refused: if there is none of that number.
        """
        row = self._village.connection.row(
            "SELECT course FROM session WHERE session = ?", (number,)
        )
        if row is None:
            raise Refused(
                f"no session {number}",
                hint="Diesen Termin gibt es nicht. Die Nummern zeigt: dorfhub course show KURS",
            )
        course = self._village.course(int(str(row[0])))
        (found,) = (one for one in course.sessions if one.session == number)
        return course, found


def new_card() -> str:
    """Return what the QR code of a new card holds."""
    return CARD_PREFIX + secrets.token_hex(16).upper()


def as_meant(scanned: str) -> str:
    """Return what a scanner read, whichever keyboard it and the computer believe in.

    A scanner that types as on an American keyboard gives ß for a dash to a German computer.
    """
    code = scanned.strip().upper()
    as_typed = "DHK1SS"  # upper case of ß
    return CARD_PREFIX + code.removeprefix(as_typed) if code.startswith(as_typed) else code


def _of_slip(personal: PersonalStore, code: str) -> Enrolment:
    """Return whose slip this is; Z and Y may have changed places on the way."""
    unread = NotHere("no card and no slip", hint=_FOREIGN)
    for typed in dict.fromkeys((code, code.translate(str.maketrans("YZ", "ZY")))):
        try:
            return personal.slip(read_slip(typed))[0]
        except LearningError:
            continue
        except NoSuchSlip:
            unread = NotHere("no such slip", hint=_UNKNOWN_SLIP)
    raise unread


def _hint(states: AbstractSet[str]) -> str:
    if not states:
        return NotHere.hint
    if states & {"waiting", "offered"}:
        return (
            "Diese Person steht noch auf der Warteliste. Ist ein Platz frei, zählt sie mit: "
            "„Ohne Anmeldung + 1“."
        )
    return "Diese Person hat sich abgemeldet. Wer trotzdem bleibt: „Ohne Anmeldung + 1“."


_FOREIGN = (
    "Das ist keine Karte und kein Zettel vom Lernort, vielleicht ein QR-Code von etwas anderem. "
    "Es geht einfach weiter; die Person steht auch unten auf der Liste."
)
_UNKNOWN_CARD = (
    "Diese Karte kennt der Hub nicht: vielleicht ist sie gesperrt oder von einem anderen Ort. "
    "Bitte die Person unten auf der Liste abhaken."
)
_UNKNOWN_SLIP = (
    "Zu diesem Zettel gibt es keine Anmeldung (mehr). Bitte die Person unten auf der Liste suchen."
)


def card_hash(card: str) -> bytes:
    """Return what is kept of a card: 128 random bits need no salt."""
    digest = hashlib.blake2b(card.strip().upper().encode(), digest_size=32, person=b"dorfhub-card")
    return digest.digest()
