"""People in care, whom they have around them, and what they agreed to: each step whole.

None of this reads a value. Who may see these pages knows who takes part and who agreed to what;
for more there is `edge.ward.reading`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edge.care.consent import CARE, COUNTY, HUB, Consent, standing
from edge.care.kinds import KINDS
from edge.care.people import Contact, ContactRole, Member, QuietHours, can_be_rung, contact_of
from edge.care.permission import READABLE
from edge.care.sentences import sentence
from edge.clock import Clock
from edge.config import Config
from edge.desk.register import card_hash, new_card
from edge.desk.vault import Vault
from edge.learning.errors import Refused
from edge.store.errors import StoreError
from edge.store.personal_circle import NoSuchContact
from edge.ward.withdrawal import Withdrawn, withdraw

if TYPE_CHECKING:
    from edge.store.personal import PersonalStore


class NoSuchPerson(StoreError):
    """Nobody of that number takes part (any more)."""

    hint = "Diese Person gibt es hier nicht (mehr). Bitte die Liste neu laden."


@dataclass(frozen=True, slots=True)
class Somebody:
    """One line of the list: ``kinds`` are what the hub may keep, ``around`` how many contacts."""

    person: int
    name: str = field(repr=False)
    kinds: tuple[str, ...]
    around: int
    has_card: bool


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who may have something of a person: ``key`` as consents call it.

    ``contact`` is None of hub and county, and of a contact that is gone; ``kinds`` are what they
    have a consent for, ``possible`` what they could have one for.
    """

    key: str
    contact: Contact | None
    kinds: tuple[str, ...]
    possible: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Whole:
    """All that the page about a person shows."""

    person: int
    name: str = field(repr=False)
    circle: tuple[Member, ...]
    recipients: tuple[Recipient, ...]
    consents: tuple[Consent, ...]
    has_card: bool


class People:
    """The people of one hub.

    :raises Locked: from every method, while personal.db is locked.
    :raises StoreError: from every method; its hint says what to do.
    """

    def __init__(self, config: Config, vault: Vault, clock: Clock) -> None:
        self._config = config
        self._vault = vault
        self._clock = clock

    @property
    def _now(self) -> int:
        return self._clock.stamp().wall_ms

    def everybody(self) -> list[Somebody]:
        """Return everybody, by name."""
        with self._vault.open() as personal:
            return [
                Somebody(
                    one.person,
                    one.name,
                    _kinds_for(personal.consents(one.person), HUB),
                    len(personal.circle(one.person)),
                    personal.has_person_card(one.person),
                )
                for one in personal.persons()
            ]

    def add(self, name: str) -> int:
        """Let somebody take part and return their number."""
        with self._vault.open() as personal:
            return personal.add_person(name, self._now)

    def whole(self, person: int) -> Whole:
        """Return what the page about a person shows.

        :raises NoSuchPerson: if nobody of that number takes part.
        """
        with self._vault.open() as personal:
            name = _name(personal, person)
            circle = tuple(personal.circle(person))
            consents = tuple(personal.consents(person))
            return Whole(
                person,
                name,
                circle,
                tuple(_recipients(circle, consents, personal.contacts())),
                consents,
                personal.has_person_card(person),
            )

    def contacts(self) -> list[Contact]:
        """Return all contacts, by name."""
        with self._vault.open() as personal:
            return personal.contacts()

    def contact(self, number: int) -> tuple[Contact, list[tuple[int, str]]]:
        """Return a contact and around whom they are.

        :raises NoSuchContact: if there is none.
        """
        with self._vault.open() as personal:
            around = [one.person for one in personal.circles_of(number)]
            names = {one.person: one.name for one in personal.persons()}
            return personal.contact(number), [(one, names.get(one, "")) for one in around]

    def add_contact(
        self, name: str, role: ContactRole, *, phone: str = "", account: int | None = None
    ) -> int:
        """Add a contact and return the number.

        :raises Refused: if the telephone number is none.
        """
        _check(phone)
        with self._vault.open() as personal:
            return personal.add_contact(name, role, self._now, phone=phone, account=account)

    def change_contact(
        self, contact: int, name: str, role: ContactRole, *, phone: str, account: int | None
    ) -> int:
        """Write a contact anew; return how many consents ended, as it is somebody else now.

        :raises Refused: if the telephone number is none.
        """
        _check(phone)
        with self._vault.open() as personal:
            return personal.change_contact(
                contact, name, role, self._now, phone=phone, account=account
            )

    def forget_contact(self, contact: int) -> None:
        """Delete a contact for good, out of every circle."""
        with self._vault.open() as personal:
            personal.forget_contact_person(contact, self._now)

    def put(
        self,
        person: int,
        contact: int,
        *,
        relation: str = "",
        quiet: QuietHours | None = None,
        may_name: bool = False,
    ) -> None:
        """Put a contact into a circle, or write anew how they are in it."""
        with self._vault.open() as personal:
            personal.put_in_circle(
                person, contact, self._now, relation=relation, quiet=quiet, may_name=may_name
            )

    def place(self, person: int, contact: int, position: int) -> None:
        """Let a contact be asked as number ``position``."""
        with self._vault.open() as personal:
            personal.place_in_circle(person, contact, position)

    def take_out(self, person: int, contact: int) -> None:
        """Take a contact out of a circle, and what they were allowed to read with it."""
        with self._vault.open() as personal:
            personal.take_from_circle(person, contact, self._now)

    def sentences(self, person: int, recipient: str, kinds: Sequence[str]) -> list[tuple[str, str]]:
        """Return each kind that a recipient may have, with the sentence to sign.

        :raises NoSuchPerson: if nobody of that number takes part.
        :raises NoSuchContact: if the recipient is nobody.
        """
        with self._vault.open() as personal:
            _name(personal, person)
            to = _recipient(personal, recipient)
        possible = _possible(to)
        return [(kind, sentence(kind, to)) for kind in KINDS if kind in kinds and kind in possible]

    def give(
        self, person: int, recipient: str, kinds: Sequence[str], how: str, account: int | None
    ) -> int:
        """Record that a person agrees; return how many consents that made.

        What holds already with the same words is not recorded again. A contact may read nothing
        that the hub may not keep: for that there is a consent of its own.
        """
        said = self.sentences(person, recipient, kinds)
        made = 0
        with self._vault.open() as personal:
            consents = personal.consents(person)
            for kind, words in said:
                holds = standing(consents, CARE, kind, recipient)
                if holds is not None and holds.sentence == words:
                    continue
                personal.give_consent(
                    person,
                    purpose=CARE,
                    data_kind=kind,
                    sentence=words,
                    given_how=how,
                    at=self._now,
                    recipient=recipient,
                    recorded_by=account,
                )
                made += 1
        return made

    def withdraw(
        self, person: int, *, kind: str | None = None, recipient: str | None = None, how: str = ""
    ) -> Withdrawn:
        """Withdraw what a person agreed to, all or of one kind or recipient."""
        with self._vault.open() as personal:
            return withdraw(
                self._config, personal, person, self._now, kind=kind, recipient=recipient, how=how
            )

    def give_card(self, person: int) -> str:
        """Make a card for somebody's own page and return what its QR code holds."""
        card = new_card()
        with self._vault.open() as personal:
            _name(personal, person)
            personal.give_person_card(person, card_hash(card), self._now)
        return card

    def take_card(self, person: int) -> None:
        """Let a lost card be worth nothing; once more changes nothing."""
        with self._vault.open() as personal:
            personal.take_person_card(person)

    def owner(self, card: str) -> tuple[int, str] | None:
        """Return whose card this is, None if it is nobody's (any more)."""
        with self._vault.open() as personal:
            person = personal.person_of_card(card_hash(card))
            return None if person is None else (person, _name(personal, person))


def _name(personal: PersonalStore, person: int) -> str:
    if not personal.is_here(person):
        raise NoSuchPerson(f"no person {person}")
    return next(one.name for one in personal.persons() if one.person == person)


def _recipient(personal: PersonalStore, recipient: str) -> str | Contact:
    if recipient in {HUB, COUNTY}:
        return recipient
    number = contact_of(recipient)
    if number is None:
        raise NoSuchContact("no such recipient")
    return personal.contact(number)


def _possible(recipient: str | Contact) -> tuple[str, ...]:
    if isinstance(recipient, Contact):
        return tuple(kind for kind in KINDS if kind in READABLE[recipient.role])
    return KINDS


def _recipients(
    circle: Sequence[Member], consents: Sequence[Consent], contacts: Sequence[Contact]
) -> list[Recipient]:
    """Return hub, county, the circle, and who else has a consent: nobody reads unseen."""
    found = [Recipient(to, None, _kinds_for(consents, to), KINDS) for to in (HUB, COUNTY)]
    around = [one.contact for one in circle]
    named = {one.recipient for one in consents if one.withdrawn_at is None}
    others = [one for one in contacts if one not in around and one.recipient in named]
    for contact in (*around, *others):
        kinds = _kinds_for(consents, contact.recipient)
        found.append(Recipient(contact.recipient, contact, kinds, _possible(contact)))
    return found


def _kinds_for(consents: Sequence[Consent], recipient: str) -> tuple[str, ...]:
    return tuple(kind for kind in KINDS if standing(consents, CARE, kind, recipient))


def _check(phone: str) -> None:
    """See to it that an alarm can be sent there: else it is found out when somebody needs help."""
    if phone.strip() and not can_be_rung(phone.strip()):
        raise Refused("no telephone number", hint=_NO_PHONE, field="telefon")


_NO_PHONE = (
    "An diese Nummer kommt kein Alarm an. Bitte nur Ziffern, davor höchstens ein +: 0170 1234567 "
    "oder +49 170 1234567, ohne (0)."
)
