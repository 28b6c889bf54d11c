"""Signing up, and what a slip number is good for afterwards.

While `personal.db` is locked a name cannot be stored, and nobody can say who has a seat. So what
somebody enters is sealed to the care key, as raw readings are, and the slip says so: received,
seat not yet sure. What was sealed is stored before anybody else can sign up, in the order it came:
whoever came first is first, and no seat is promised twice.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from edge.clock import Clock
from edge.config import Config
from edge.desk.courses import place_of
from edge.desk.vault import Vault
from edge.learning import waiting
from edge.learning.course import GERMAN, Course, Session
from edge.learning.errors import Refused
from edge.learning.signup import Applicant, Channel, applicant, may_sign_up, party
from edge.learning.slip import read_slip, shown, slip_of
from edge.learning.waiting import Place
from edge.store.errors import CareLaneClosed, Locked, StoreError
from edge.store.personal_signups import Enrolment, Form, NoOffer, Outcome
from edge.store.setup import care_public_path
from edge.store.village import VillageStore
from edge.store.village_courses import NoSuchCourse, Seats
from hardware.reading import TimeQuality

if TYPE_CHECKING:
    from edge.store.personal import PersonalStore

DAY_MS = 86_400_000
KEEP_DAYS = 90  # after the last session: questions, certificates, the next course's invitation
MAX_SEALED = 1000  # sign-ups of one night without a key; more is a script at the terminal
MAX_TOKEN = 64

SlipState = Literal["received", "confirmed", "waiting", "offered", "cancelled", "done"]


@dataclass(frozen=True, slots=True)
class Slip:
    """What is printed and shown. ``number`` is a capability: in no address, in no log.

    ``is_sure``: False while the sign-up is only received. ``ahead``: parties that wait before this
    one. ``is_moved``: the course is at another time or place, or cancelled, since this party was
    last told. ``offer`` seats, perhaps fewer than ``party``, are held until ``offer_until``.
    """

    number: str
    state: SlipState
    course: int
    title: str
    party: int
    sessions: tuple[Session, ...]
    places: tuple[str, ...]
    note: str
    is_cancelled: bool
    is_moved: bool
    ahead: int = 0
    offer: int = 0
    offer_until: int | None = None

    @property
    def is_sure(self) -> bool:
        """Whether the sign-up is stored."""
        return self.state != "received"

    @property
    def shown(self) -> str:
        """The number as it is printed."""
        return shown(self.number)


class CourseMoved(Refused):
    """The course is no longer when or where the form said; ``course`` is as it is now."""

    def __init__(self, course: Course) -> None:
        super().__init__(
            f"course {course.course} has other dates",
            hint="Der Kurs ist inzwischen verlegt worden. Bitte die neuen Termine ansehen und dann "
            "noch einmal anmelden.",
        )
        self.course = course


class SignupDesk:
    """Sign-ups of one hub. Threads may share one.

    ``care_public`` is the file with the key that seals what comes while personal.db is locked.
    """

    def __init__(
        self, village: VillageStore, vault: Vault, clock: Clock, care_public: Path
    ) -> None:
        self._village = village
        self._vault = vault
        self._clock = clock
        self._care_public = care_public

    @classmethod
    def of(cls, config: Config, village: VillageStore, vault: Vault, clock: Clock) -> SignupDesk:
        """Return the desk of a hub."""
        return cls(village, vault, clock, care_public_path(config.hub))

    @staticmethod
    def token() -> str:
        """Return a new form's token: what makes a double click one sign-up."""
        return secrets.token_hex(16)

    def signup(
        self,
        course: int,
        name: str,
        count: int = 1,
        *,
        phone: str = "",
        age_band: str | None = None,
        gender: str | None = None,
        token: str | None = None,
        channel: Channel = "terminal",
        seen_dates: int | None = None,
        card_hash: bytes | None = None,
    ) -> Slip:
        """Sign a party up and return its slip. The same ``token`` again returns the same slip.

        ``seen_dates`` is the course's ``dates_rev`` that the form showed.

        :raises Refused: saying what is wrong, in which field; `CourseMoved` if the dates changed.
        :raises StoreError: if it cannot be stored or sealed.
        """
        who = applicant(name, phone, age_band=age_band, gender=gender)
        form = Form(_token(token or self.token()), who, party(count), channel, card_hash)
        try:
            with self._vault.open() as personal:
                self._drain(personal)
                return self._stored(personal, form, course, seen_dates)
        except Locked:
            return self._seal(form, course, seen_dates)

    def my(self, slip: str, language: str = GERMAN) -> Slip:
        """Return how a slip stands.

        :raises SlipUnreadable: if a sign is mistyped.
        :raises NoSuchSlip: if it is nobody's.
        :raises Locked: while personal.db is locked.
        """
        with self._vault.open() as personal:
            self._drain(personal)
            found, ahead = personal.slip(read_slip(slip))
            return self._slip(found, ahead, language)

    def cancel(self, slip: str) -> Slip:
        """Give the seats, or the place in the line, back; whoever is next gets an offer.

        Once more changes nothing.
        """

        def change(found: Enrolment) -> Place:
            return found.place if found.state == "done" else waiting.cancelled(found.place)

        return self._step(slip, change)

    def accept(self, slip: str) -> Slip:
        """Take the seats that are offered; once more changes nothing.

        :raises NoOffer: if nothing is offered, or its time is up.
        """

        def change(found: Enrolment) -> Place:
            if found.state == "confirmed":
                return found.place
            if not self._runs(found):
                raise NoOffer("no offer")
            return waiting.accepted(found.place)

        return self._step(slip, change)

    def let_pass(self, slip: str) -> Slip:
        """Let others have fewer seats than the group needs; it keeps its place.

        :raises NoOffer: if nothing is offered, or all that the group wants: that is taken or
            cancelled.
        """

        def change(found: Enrolment) -> Place:
            if not self._runs(found) or found.offer >= found.party:
                raise NoOffer("no offer of fewer seats")
            return waiting.passing(found.place)

        return self._step(slip, change)

    def told(self, slip: str) -> Slip:
        """Note that the party knows when and where the course is now."""
        with self._vault.open() as personal:
            found, _ = personal.slip(read_slip(slip))
            personal.told(found.slip, self._village.course(found.course).dates_rev)
        return self.my(slip)

    def line(self, course: int) -> list[Enrolment]:
        """Return everybody in a course's line, for volunteers.

        :raises Locked: while personal.db is locked.
        """
        with self._vault.open() as personal:
            self._drain(personal)
            return personal.line(course)

    def free_seats(self, course: int) -> int | None:
        """Return how many seats are free, None where nobody counts. Works while locked."""
        seats = self._village.course(course).seats
        if not seats:
            return None
        return max(0, seats - self._village.seats().get(course, Seats(0, waits=False)).taken)

    def offer(self, course: int) -> list[Enrolment]:
        """Offer what is free to who is next; return who got an offer."""
        with self._vault.open() as personal:
            self._drain(personal)
            if not self.clock_is_set:
                return []
            changed = personal.settle(lambda: self._village.course(course), now_ms=self._now())
            self.count(personal, course)
        return [one for one in changed if one.state == "offered"]

    def expire(self) -> list[Enrolment]:
        """End the offers whose time is up; return everybody whom that moved.

        A clock that was not set ends none.
        """
        if not self.clock_is_set:
            return []
        with self._vault.open() as personal:
            done = personal.expire(self._village.course, now_ms=self._now())
            for one in done:
                self._note(one)
        return [moved for one in done for moved in one.changed]

    def erase(self, slip: str) -> int:
        """Erase whoever has this slip, from all courses; return how many sign-ups these were."""
        number = read_slip(slip)
        with self._vault.open() as personal:
            found, _ = personal.slip(number)
            courses = personal.courses_of([found.learner])
            count = personal.erase_slip(number)
            for course in courses:
                self.count(personal, course)
                self.offer(course)
        return count

    def drain(self) -> int:
        """Store what was sealed while personal.db was locked; return how many that were.

        :raises Locked: while it still is.
        """
        with self._vault.open() as personal:
            return self._drain(personal)

    def count(self, personal: PersonalStore, course: int) -> None:
        """Tell the calendar how full a course is, if it does not know."""
        with personal.connection.transaction() as driver:
            seats = Seats(*personal.taken(course))
            row = driver.execute("SELECT number FROM signup_change").fetchone()
        if self._village.seats().get(course, Seats(0, waits=False)) != seats:
            self._village.note_seats(course, seats, int(row[0]))

    def _step(self, slip: str, change: Callable[[Enrolment], Place]) -> Slip:
        number = read_slip(slip)
        with self._vault.open() as personal:
            self._drain(personal)
            done = personal.step(
                number,
                self._village.course,
                change,
                now_ms=self._now(),
                offers=self.clock_is_set,
            )
            self._note(done)
            return self._slip(done.enrolment, done.ahead, GERMAN)

    def _stored(
        self, personal: PersonalStore, form: Form, course: int, seen_dates: int | None
    ) -> Slip:
        now = self._now()

        def check(current: Course) -> None:
            self._check(current, form, seen_dates, now)

        done = personal.enrol(
            form,
            lambda: self._village.course(course),
            check,
            now_ms=now,
            delete_after=delete_after(self._village.course(course), now),
            offers=self.clock_is_set,
        )
        self._note(done)
        return self._slip(done.enrolment, done.ahead, GERMAN)

    def _check(self, course: Course, form: Form, seen_dates: int | None, now: int) -> None:
        if seen_dates is not None and course.dates_rev != seen_dates:
            raise CourseMoved(course)
        may_sign_up(course, form.party, now, at_desk=form.channel in ("desk", "command"))

    def _seal(self, form: Form, course: int, seen_dates: int | None) -> Slip:
        current = self._village.course(course)
        self._check(current, form, seen_dates, self._now())
        if form.card_hash is not None:
            raise Locked("a card cannot be looked up")
        content = {
            "token": form.token,
            "course": course,
            "name": form.who.name,
            "phone": form.who.phone,
            "age_band": form.who.age_band,
            "gender": form.who.gender,
            "party": form.party,
            "channel": form.channel,
            "dates_rev": current.dates_rev,
        }
        sealed = self._encrypt(json.dumps(content).encode())
        if len(self._village.sealed_signups()) >= MAX_SEALED:
            raise StoreError(
                f"{MAX_SEALED} sign-ups wait already",
                hint="Es warten schon sehr viele Anmeldungen. Bitte am Tisch melden.",
            )
        digest = hashlib.blake2b(form.token.encode(), digest_size=16, person=b"dorfhub-form")
        self._village.seal_signup(digest.digest(), sealed, self._now())
        return self._received(form, current)

    def _encrypt(self, content: bytes) -> bytes:
        import pyrage  # noqa: PLC0415 - only while personal.db is locked

        try:
            recipient = self._care_public.read_text(encoding="ascii").strip()
            key = pyrage.x25519.Recipient.from_str(recipient)
        except (OSError, ValueError, pyrage.RecipientError) as error:
            raise CareLaneClosed("no care public key is known") from error
        return bytes(pyrage.encrypt(content, [key]))

    def _drain(self, personal: PersonalStore) -> int:
        waits = self._village.sealed_signups()
        if not waits:
            return 0
        import pyrage  # noqa: PLC0415 - only after personal.db was locked

        identity = [pyrage.x25519.Identity.from_str(personal.care_identity())]
        done = 0
        for one in waits:
            try:
                content = json.loads(pyrage.decrypt(one.sealed, identity))
                outcome = self._opened(personal, content, one.received_at)
            except (pyrage.DecryptError, NoSuchCourse, Refused):
                continue  # sealed to another key, or a line that is full: kept, nobody is lost
            self._note(outcome)
            # what the slip said, so that a move meanwhile is told
            personal.told(outcome.enrolment.slip, int(content["dates_rev"]))
            self._village.remove_sealed(one.number)
            done += 1
        return done

    def _opened(
        self, personal: PersonalStore, content: Mapping[str, Any], received_at: int
    ) -> Outcome:
        course = int(content["course"])
        said = (content[name] for name in ("name", "phone", "age_band", "gender"))
        return personal.enrol(
            Form(content["token"], Applicant(*said), content["party"], content["channel"]),
            lambda: self._village.course(course),
            _anything,
            now_ms=self._now(),
            delete_after=delete_after(self._village.course(course), received_at),
            offers=self.clock_is_set,
        )

    def _note(self, done: Outcome) -> None:
        if done.before != done.after:
            self._village.note_seats(done.enrolment.course, Seats(*done.after), done.change)

    @property
    def clock_is_set(self) -> bool:
        """Whether the hub knows the time: else nothing is offered and no offer ends."""
        return self._clock.stamp().quality is not TimeQuality.UNKNOWN

    def _runs(self, found: Enrolment) -> bool:
        return found.state == "offered" and (found.offer_until or 0) > self._now()

    def _slip(self, found: Enrolment, ahead: int, language: str) -> Slip:
        course = self._village.course(found.course)
        return replace(
            self._received(None, course, language, found.dates_rev),
            number=found.slip,
            state=found.state,
            party=found.party,
            ahead=ahead,
            offer=found.offer,
            offer_until=found.offer_until,
        )

    def _received(
        self,
        form: Form | None,
        course: Course,
        language: str = GERMAN,
        dates_rev: int | None = None,
    ) -> Slip:
        rooms = {one.room_id: one.name for one in self._village.rooms()}
        held: Sequence[Session] = [one for one in course.sessions if not one.cancelled]
        return Slip(
            number=slip_of(form.token) if form else "",
            state="received",
            course=course.course,
            title=course.text(language).title,
            party=form.party if form else 0,
            sessions=tuple(held),
            places=tuple(place_of(one, rooms) for one in held),
            note=course.note,
            is_cancelled=course.state == "cancelled",
            is_moved=dates_rev is not None and dates_rev != course.dates_rev,
        )

    def _now(self) -> int:
        return self._clock.stamp().wall_ms


def delete_after(course: Course, now_ms: int) -> int:
    """Return when names of a course's people are deleted."""
    return max(course.last_at or now_ms, now_ms) + KEEP_DAYS * DAY_MS


def _token(token: str) -> str:
    if not 16 <= len(token) <= MAX_TOKEN or not token.isascii():
        raise Refused("no form's token", hint="Bitte die Seite neu laden und noch einmal absenden.")
    return token


def _anything(_: Course) -> None:
    """Refuse nothing: it was looked at when it came, and whoever has a slip must be found."""
