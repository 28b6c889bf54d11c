"""Certificates: who earned one, giving it out, taking it back, and whether one is genuine."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.badges import key as badge_key
from edge.badges.credential import (
    KINDS,
    STATUS_BITS,
    Kind,
    enveloped,
    revocation_list,
    tidy_name,
)
from edge.badges.key import BadgeKey
from edge.badges.proof import Proof, check, read
from edge.clock import Clock
from edge.config import Config
from edge.desk.certificates import Draft, certificate, content_of, signed
from edge.desk.vault import Vault
from edge.learning.earning import (
    attended,
    checked_competences,
    checked_percent,
    earned,
    held,
)
from edge.learning.errors import Refused
from edge.paper.documents import Certificate, Certificates, CompetenceProof
from edge.paper.wording import day_of
from edge.store.errors import StoreError
from edge.store.personal_awards import Award
from edge.store.village import VillageStore
from hardware.reading import TimeQuality

DAY_MS = 86_400_000
KEEP_DAYS = 90  # after it was given out: for a second print


class ClockNotSet(StoreError):
    """The hub does not know which day it is."""

    hint = (
        "Die Uhr des Hubs ist nicht gestellt: Ein Datum auf einer Bescheinigung wäre falsch. "
        "Woran es liegt, zeigt: dorfhub doctor"
    )


class NoSuchAward(StoreError):
    """There is no certificate of that number, or not any more."""

    hint = "Diese Bescheinigung gibt es hier nicht mehr. Auf Papier gilt sie weiter."


@dataclass(frozen=True, slots=True)
class Candidate:
    """One of a party: ``name`` is known of the first alone. ``given`` are their certificates."""

    enrolment: int
    seat: int
    party: int
    name: str
    present: int
    sessions: int
    has_earned: bool
    given: tuple[Award, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """Who gets a certificate, under which name."""

    enrolment: int
    seat: int
    name: str


@dataclass(frozen=True, slots=True)
class Given:
    """A certificate for the pages: what it is, when, and whether it was taken back."""

    award: Award
    title: str
    kind: str
    day: str
    number: str
    is_revoked: bool


class Awards:
    """Certificates of one hub. Threads may share one."""

    def __init__(
        self, village: VillageStore, vault: Vault, clock: Clock, keys: Path, names: tuple[str, str]
    ) -> None:
        """Keep certificates; ``names`` are the village's and the hub's."""
        self._village = village
        self._vault = vault
        self._clock = clock
        self._keys = keys
        self._place, self._hub = names

    @classmethod
    def at(cls, config: Config, village: VillageStore, vault: Vault, clock: Clock) -> Awards:
        """Return the certificates of a hub."""
        hub = config.hub
        return cls(village, vault, clock, hub.keys, (hub.village, hub.name))

    def key(self) -> BadgeKey:
        """Return the key that signs; it is made when it is needed first.

        :raises KeyUnusable: if it cannot be read or made.
        """
        return badge_key.load_or_create(self._keys)

    def rotate_key(self, *, stolen: bool = False) -> BadgeKey:
        """Change the key; what the old one signed still counts, unless it was stolen."""
        return badge_key.rotate(self._keys, self._now(), stolen=stolen)

    def set_threshold(self, course: int, percent: int) -> None:
        """Say how many percent of the sessions earn a certificate of a course.

        :raises Refused: if it is no share.
        """
        self._village.course(course)
        self._village.set_threshold(course, checked_percent(percent))

    def candidates(self, course: int) -> list[Candidate]:
        """Return everybody who had a seat, by name, with how often they came.

        :raises Locked: while personal.db is locked.
        """
        current = self._village.course(course)
        sessions = held(current)
        percent = self._village.threshold(course)
        counts: dict[int, dict[int, int]] = {}
        with self._vault.open() as personal:
            line = personal.line(course)
            given = personal.awards(course)
            for session in sessions:
                for came in personal.presences(session.session):
                    counts.setdefault(came.enrolment, {})[session.session] = came.count
        found = []
        for one in line:
            if one.state not in ("confirmed", "done") or not one.name:
                continue
            for seat in range(1, one.party + 1):
                present = attended(counts.get(one.enrolment, {}), sessions, seat)
                mine = tuple(
                    each for each in given if (each.enrolment, each.seat) == (one.enrolment, seat)
                )
                name = mine[0].name if mine else one.name if seat == 1 else ""
                enough = earned(present, len(sessions), percent)
                found.append(
                    Candidate(
                        one.enrolment, seat, one.party, name, present, len(sessions), enough, mine
                    )
                )
        names = {one.enrolment: one.name.casefold() for one in line}
        return sorted(found, key=lambda one: (names[one.enrolment], one.enrolment, one.seat))

    def give(
        self,
        course: int,
        choices: Sequence[Choice],
        kind: str = "attendance",
        *,
        by: str = "",
        competences: Sequence[str] = (),
    ) -> list[Award]:
        """Give certificates to those who earned one. Once more gives the same ones.

        :raises Refused: if somebody did not earn it, or a name lacks; nobody gets one then.
        :raises ClockNotSet: if nobody knows which day it is.
        """
        current = self._village.course(course)
        wanted = _kind(kind)
        codes = checked_competences(current, competences) if wanted == "digcomp" else ()
        if self._clock.stamp().quality is TimeQuality.UNKNOWN:
            raise ClockNotSet("the clock is not set")
        named = self._named(course, choices)
        percent = self._village.threshold(course)
        key, revoked = self.key(), self._village.revoked_statuses()
        made = []
        with self._vault.open() as personal:
            learners = {one.enrolment: one.learner for one in personal.line(course)}
            for who, name in named:
                there = next(
                    (
                        one
                        for one in who.given
                        if one.kind == wanted and one.status_index not in revoked
                    ),
                    None,
                )
                if there is None:
                    draft = Draft(current, wanted, name, who.present, percent, by, self._hub, codes)
                    award = self._new(draft, who, learners[who.enrolment], key)
                    there = personal.add_award(award, revoked)
                made.append(there)
        return made

    def _named(self, course: int, choices: Sequence[Choice]) -> list[tuple[Candidate, str]]:
        known = {(one.enrolment, one.seat): one for one in self.candidates(course)}
        named = []
        for choice in choices:
            who = known.get((choice.enrolment, choice.seat))
            if who is None or not who.has_earned:
                raise Refused(
                    "not earned",
                    hint="Dafür war jemand zu selten da. Die Grenze lässt sich für den Kurs "
                    "ändern.",
                )
            named.append((who, tidy_name(choice.name or who.name)))
        return named

    def given(self, course: int) -> list[Given]:
        """Return all certificates of a course, by name."""
        with self._vault.open() as personal:
            return self._shown(personal.awards(course))

    def of(self, card: bytes) -> list[Given]:
        """Return what the owner of a card (`card_hash`) earned, newest first.

        :raises Locked: while personal.db is locked.
        """
        with self._vault.open() as personal:
            return self._shown(personal.awards_of_card(card))

    def award(self, number: int) -> Award:
        """Return a certificate.

        :raises NoSuchAward: if there is none.
        """
        with self._vault.open() as personal:
            found = personal.award(number)
        if found is None:
            raise NoSuchAward(f"no award {number}")
        return found

    def revoke(self, number: int) -> bool:
        """Take a certificate back; return False if it was already."""
        return self._village.revoke_status(self.award(number).status_index, self._now())

    def revoke_shown(self, text: str) -> Proof:
        """Take back what somebody shows, also after the hub forgot whose it is.

        :raises Refused: if another hub signed it.
        :raises Unreadable: if it is no proof.
        """
        proof = self.check(text)
        if proof.state == "foreign" or proof.index is None:
            raise Refused(
                "signed by another hub",
                hint="Diese Bescheinigung ist von einem anderen Hub: Nur er kann sie zurücknehmen.",
            )
        self._village.revoke_status(proof.index, self._now())
        return self.check(text)

    def check(self, text: str, name: str = "") -> Proof:
        """Return what a proof says that was scanned, typed or brought as a file.

        Works while personal.db is locked.

        :raises Unreadable: if it is none, was changed, or is of somebody else than ``name``.
        :raises TooEarly: if the hub's clock is behind it.
        """
        return check(read(text), self.key(), self._village.revoked_statuses(), self._now(), name)

    def revocation_list(self) -> str:
        """Return the signed list of what was taken back, as a token; it names nobody."""
        return revocation_list(self._village.revoked_statuses(), self.key(), self._now())

    def document(self, award: Award) -> str:
        """Return the proof as a JSON file, for a wallet; it holds the name as a hash only."""
        return enveloped(award.token)

    def paper(self, award: Award) -> Certificate:
        """Return the certificate as it is printed."""
        return certificate(award, self._place)

    def papers(self, course: int) -> Certificates:
        """Return all certificates of a course that hold, a page each.

        :raises NoSuchAward: if there is none.
        """
        revoked = self._village.revoked_statuses()
        with self._vault.open() as personal:
            found = [one for one in personal.awards(course) if one.status_index not in revoked]
        if not found:
            raise NoSuchAward("no certificates")
        return Certificates(
            village=self._place,
            hub=self._hub,
            made=day_of(self._now()),
            course=self._village.course(course).title,
            pages=tuple(self.paper(one) for one in found),
        )

    def _shown(self, awards: Sequence[Award]) -> list[Given]:
        revoked = self._village.revoked_statuses()
        return [
            Given(
                award=one,
                title=content_of(one)["course"],
                kind=CompetenceProof.kind if one.kind == "digcomp" else Certificate.kind,
                day=day_of(one.issued_at),
                number=content_of(one)["number"],
                is_revoked=one.status_index in revoked,
            )
            for one in awards
        ]

    def _new(self, draft: Draft, who: Candidate, learner: int, key: BadgeKey) -> Award:
        now = self._now()
        index = self._village.reserve_status(lambda: secrets.randbelow(STATUS_BITS))
        token, content = signed(draft, key, index, now)
        return Award(
            0, who.enrolment, who.seat, learner, draft.course.course, draft.kind, draft.name,
            content, token, index, now, now + KEEP_DAYS * DAY_MS,
        )  # fmt: skip

    def _now(self) -> int:
        return self._clock.stamp().wall_ms


def _kind(kind: str) -> Kind:
    for one in KINDS:
        if one == kind:
            return one
    raise Refused(f"no kind {kind!r}", hint="Diese Bescheinigung gibt es nicht.")
