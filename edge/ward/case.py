"""The steps of a consultation, each whole: what pages, commands and roads call.

Nothing leaves without the person's consent for that practice at that moment, and values go by
`edge.ward.reading`, so that they stand in the book of who read what.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from edge.care import case, case_clip, case_clip_track, case_letter
from edge.care.audit import Look
from edge.care.case import Attachment, Case, CaseValue
from edge.care.case_consent import ASKED, KIND, PURPOSE, case_sentence, may_ask
from edge.care.case_errors import Damaged, TooLarge
from edge.care.case_key import Address, read_address
from edge.care.case_state import CaseState
from edge.care.kinds import KINDS
from edge.care.people import Contact
from edge.care.permission import readable
from edge.clock import Clock
from edge.desk.vault import Vault
from edge.store.errors import StoreError
from edge.store.personal_cases_rows import CaseMoved, Refused, StoredAnswer, StoredCase, StoredFile
from edge.ward.case_intake import Took, is_agreed, may_leave, pair_of, take_in
from edge.ward.case_picture import redrawn
from edge.ward.reading import NotAllowed, Reading
from hardware.quantity import CANONICAL_UNIT, Quantity

if TYPE_CHECKING:
    from edge.store.personal import PersonalStore

DAYS = (1, 7, 14, 30, 90)  # how far back values may go along
_DAY_MS = 86_400_000
_WHY = "Frage an die Praxis"


class NotAgreed(StoreError):
    """The person did not agree that this practice is asked."""

    hint = (
        "Dazu fehlt die Einwilligung der Person, oder sie hat sie zurückgenommen. Es geht nichts "
        "hinaus."
    )


class NotReady(StoreError):
    """Something is missing before a case can be sealed."""


@dataclass(frozen=True, slots=True)
class Practice:
    """A practice that can be asked; ``address`` is None until its key is noted."""

    contact: Contact
    address: Address | None
    compared: bool


@dataclass(frozen=True, slots=True)
class Opened:
    """A case with all that belongs to it."""

    case: StoredCase
    practice: Practice | None
    files: Sequence[StoredFile] = field(repr=False)
    answers: Sequence[StoredAnswer] = field(repr=False)
    may_ask: bool
    kinds: Sequence[str]  # what the practice may read of the person


class Consultation:
    """Cases of one hub; threads may share one.

    :raises Locked: while personal.db is locked, from any method.
    :raises StoreError: or one of its kinds; `CaseError` for what does not fit.
    """

    def __init__(
        self,
        vault: Vault,
        clock: Clock,
        village: str = "",
        *,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._vault = vault
        self._clock = clock
        self._village = village[: case.MAX_NAME]
        self._random = random
        self._reading = Reading(vault, clock)

    def address(self) -> Address:
        """Return what practices know this hub by."""
        with self._vault.open() as personal:
            return pair_of(personal).address

    def people(self, reader: Contact) -> dict[int, str]:
        """Return the names of those whose cases a contact handles: of whom they may read."""
        may = self._reading.people_of(reader)
        with self._vault.open() as personal:
            return {one.person: one.name for one in personal.persons() if one.person in may}

    def look(self, reader: Contact, person: int, why: str) -> None:
        """Note in the person's book that a contact opened a case of theirs.

        :raises NotAllowed: if they may read nothing of that person; that is noted, too.
        """
        kinds = self._reading.may_see(reader, person)
        look = Look(
            person, reader.recipient, reader.role, kinds, 0, None, why, reader.account,
            refused=not kinds,
        )  # fmt: skip
        with self._vault.open() as personal:
            personal.note_looks([look], self._clock.stamp())
        if not kinds:
            raise NotAllowed("no role, or no consent")

    def agree(self, person: int, contact: int, how: str, account: int | None) -> None:
        """Record that a person agreed that a practice is asked about them."""
        with self._vault.open() as personal:
            practice = personal.contact(contact)
            if practice.role not in ASKED:
                raise NotReady("no practice", hint="Das ist keine Praxis.")
            personal.give_consent(
                person,
                purpose=PURPOSE,
                data_kind=KIND,
                sentence=case_sentence(practice.name),
                given_how=how,
                at=self._now(),
                recipient=practice.recipient,
                recorded_by=account,
            )

    def practices(self) -> list[Practice]:
        """Return everybody who can be asked, by name."""
        with self._vault.open() as personal:
            return _practices(personal)

    def note_practice(self, contact: int, text: str, *, compared: bool) -> None:
        """Note a practice's address as it was copied; ``compared``: on the telephone, just now.

        :raises BadKey: if it is none.
        """
        address = read_address(text)
        with self._vault.open() as personal:
            if personal.contact(contact).role not in ASKED:
                raise NotReady("no practice", hint="Das ist keine Praxis.")
            if address == pair_of(personal).address:
                raise NotReady(
                    "the hub's own address",
                    hint="Das ist der Schlüssel dieses Hubs. Gebraucht wird der der Praxis.",
                )
            personal.put_practice(contact, address, self._now(), compared=compared)

    def draft(
        self,
        person: int,
        contact: int,
        *,
        about: str,
        question: str,
        kinds: Collection[str] = (),
        days: int = 0,
        account: int | None = None,
    ) -> int:
        """Begin a case and return its number."""
        now = self._now()
        made = StoredCase(
            0, self._random(case.ID_BYTES), person, contact, CaseState.DRAFT, now, now, account
        )
        with self._vault.open() as personal:
            if not personal.is_here(person):
                raise NotReady("no such person", hint="Diese Person gibt es nicht mehr.")
            if personal.contact(contact).role not in ASKED:
                raise NotReady("no practice", hint="Das ist keine Praxis.")
            return personal.add_case(_filled(made, about, question, kinds, days))

    def change(
        self,
        number: int,
        seen: int,
        *,
        about: str,
        question: str,
        kinds: Collection[str] = (),
        days: int = 0,
    ) -> None:
        """Write a draft anew; ``seen`` is when it was changed last, as the page showed it.

        :raises CaseMoved: if somebody else changed it meanwhile.
        """
        with self._vault.open() as personal:
            made = _filled(personal.case(number), about, question, kinds, days)
            personal.change_case(replace(made, changed_at=seen), self._now())

    def discard(self, number: int) -> None:
        """Delete a draft."""
        with self._vault.open() as personal:
            personal.remove_draft(number)

    def add_file(self, number: int, data: bytes) -> None:
        """Add a picture, drawn anew, or a clip without what it says besides what is seen.

        :raises CaseError: if it is neither, or too large.
        """
        if case_clip.is_clip(data):
            if len(data) > case.MAX_FILE:
                raise TooLarge(
                    "a clip with too many bytes",
                    hint="Dieser Film ist zu groß. Höchstens 6 MB: eine Viertelminute, in kleiner "
                    "Auflösung aufgenommen.",
                )
            made, media_type, word = case_clip.clean(data), "video/mp4", "Film"
        elif case_clip.is_other_film(data):
            raise Damaged("a film of another kind", hint=case_clip_track.HINT)
        else:
            made, media_type, word = redrawn(data), "image/jpeg", "Bild"
        with self._vault.open() as personal:
            count = len(personal.case_files(number)) + 1
            name = f"{word}-{count}{case.TYPES[media_type]}"
            # room for question and values is left
            most = (case.MAX_FILES, case.MAX_CASE - (1 << 20))
            personal.add_case_file(number, name, media_type, made, most)

    def remove_file(self, number: int, file: int) -> None:
        """Take a picture out of a draft."""
        with self._vault.open() as personal:
            personal.remove_case_file(number, file)

    def file(self, number: int, file: int) -> Attachment | None:
        """Return a picture or clip, None if it is gone."""
        with self._vault.open() as personal:
            for one, data in personal.case_files(number):
                if one.file == file:
                    return Attachment(one.name, one.media_type, data)
        return None

    def cases(self, person: int | None = None) -> list[StoredCase]:
        """Return all cases, or one person's, the newest first."""
        with self._vault.open() as personal:
            return personal.cases(person)

    def opened(self, number: int) -> Opened:
        """Return a case with all that belongs to it.

        :raises NoSuchCase: if there is none.
        """
        with self._vault.open() as personal:
            found = personal.case(number)
            known = _practices(personal)
            practice = next((one for one in known if one.contact.contact == found.contact), None)
            consents = personal.consents(found.person)
            return Opened(
                found,
                practice,
                [one for one, _ in personal.case_files(number)],
                personal.case_answers(number),
                practice is not None and may_ask(consents, found.contact),
                () if practice is None else readable(consents, practice.contact),
            )

    def seal(self, number: int, seen: int) -> None:
        """Seal a draft to its practice: from now on it leaves on the next road.

        :raises NotAgreed: without the person's consent.
        :raises NotReady: if the practice's key is not known or was not compared.
        :raises CaseMoved: if somebody changed it since ``seen``.
        """
        with self._vault.open() as personal:
            found = personal.case(number)
            if found.state is not CaseState.DRAFT or found.changed_at != seen:
                raise CaseMoved(f"case {number} was changed")
            if not found.question.strip():
                raise NotReady("no question", hint="Bitte zuerst die Frage schreiben.")
            practice = next(
                (one for one in _practices(personal) if one.contact.contact == found.contact), None
            )
            if practice is None or practice.address is None or not practice.compared:
                raise NotReady(
                    "the practice's key is not known",
                    hint="Der Schlüssel der Praxis fehlt oder ist noch nicht am Telefon "
                    "verglichen.",
                )
            if not is_agreed(personal, found):
                raise NotAgreed("no consent")
            values = self._values(practice.contact, found)
            pair = pair_of(personal)
            letter = Case(
                id=found.id,
                at=self._now(),
                village=self._village,
                about=found.about,
                question=found.question,
                reply_to=str(pair.address),
                values=values,
                files=[
                    Attachment(one.name, one.media_type, data)
                    for one, data in personal.case_files(number)
                ],
            )
            parts = case_letter.seal(case.encode(letter), found.id, pair, practice.address)
            personal.seal_case(found, parts, practice.address, self._now())

    def packet(self, number: int) -> bytes:
        """Return a sealed case as a file for the practice, and note that it is on its way.

        :raises NotAgreed: if the person took the consent back: then nothing more of it leaves.
        :raises NotReady: if it is not sealed.
        """
        with self._vault.open() as personal:
            found = personal.case(number)
            sealed = personal.case_parts(number)
            if sealed is None or found.state in {CaseState.DRAFT, CaseState.CLOSED}:
                raise NotReady("nothing is sealed", hint="Der Fall ist nicht versiegelt.")
            if not may_leave(personal, found):
                personal.withhold_case(number, self._now())
                raise NotAgreed("no consent")
            address, parts = sealed
            personal.move_case(number, CaseState.ON_ITS_WAY, self._now())
            return case_letter.pack(address.recipient, parts)

    def close(self, number: int) -> None:
        """Close a case; parts that did not leave yet stay here."""
        with self._vault.open() as personal:
            personal.move_case(number, CaseState.CLOSED, self._now())

    def unseen(self) -> Mapping[int, int]:
        """Return how many answers nobody read yet, by case."""
        with self._vault.open() as personal:
            return personal.unseen_answers()

    def refused(self) -> list[Refused]:
        """Return what came and was not taken, the newest first."""
        with self._vault.open() as personal:
            return personal.refused_letters()

    def forget_refused(self) -> None:
        """Forget what was not taken."""
        with self._vault.open() as personal:
            personal.forget_refused()

    def seen(self, number: int) -> None:
        """Note that somebody read the answers to a case."""
        with self._vault.open() as personal:
            personal.see_answers(number, self._now())

    def take_packet(self, data: bytes) -> list[Took]:
        """Take in a file that a practice made.

        :raises Damaged: if it is none; nothing is taken then.
        """
        _, parts = case_letter.unpack(data)
        with self._vault.open() as personal:
            return [take_in(personal, one, self._now()) for one in parts]

    def _values(self, practice: Contact, found: StoredCase) -> list[CaseValue]:
        if not found.kinds or not found.days:
            return []
        now = self._now()
        measured = self._reading.values(
            practice, found.person, found.kinds, now - found.days * _DAY_MS, now + 1, why=_WHY
        )
        if len(measured) > case.MAX_VALUES:
            raise NotReady(
                "too many values",
                hint=f"Das sind {len(measured)} Werte, höchstens {case.MAX_VALUES} gehen mit. "
                "Bitte weniger Tage wählen.",
            )
        return [
            CaseValue(one.observed_at, one.data_kind, one.quantity, one.value, _unit(one.quantity))
            for one in measured
        ]

    def _now(self) -> int:
        return self._clock.stamp().wall_ms


def _practices(personal: PersonalStore) -> list[Practice]:
    known = {one.contact: one for one in personal.practices()}
    found = []
    for contact in personal.contacts():
        if contact.role in ASKED:
            stored = known.get(contact.contact)
            found.append(
                Practice(
                    contact,
                    None if stored is None else stored.address,
                    stored is not None and stored.compared,
                )
            )
    return found


def _filled(
    made: StoredCase, about: str, question: str, kinds: Collection[str], days: int
) -> StoredCase:
    about, question = " ".join(about.split()), question.strip().replace("\r\n", "\n")
    if len(about) > case.MAX_ABOUT or len(question) > case.MAX_QUESTION:
        raise NotReady(
            "too long",
            hint=f"Die Frage hat höchstens {case.MAX_QUESTION} Zeichen, die Angabe zur Person "
            f"{case.MAX_ABOUT}.",
        )
    chosen = tuple(one for one in KINDS if one in set(kinds))
    return replace(
        made, about=about, question=question, kinds=chosen, days=days if days in DAYS else 0
    )


def _unit(quantity: str) -> str:
    return str(CANONICAL_UNIT[Quantity(quantity)])
