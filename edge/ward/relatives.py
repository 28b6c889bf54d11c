"""What relatives may see: the few kinds that each person chose for them. No Flask here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edge.care.people import Contact, ContactRole
from edge.clock import Clock
from edge.desk.register import card_hash, new_card
from edge.desk.vault import Vault
from edge.store.personal_circle import NoSuchContact
from edge.ward.client import Clients, Sheet
from edge.ward.reading import NotAllowed

if TYPE_CHECKING:
    from edge.store.personal import PersonalStore

WHY = "Als Angehörige oder Angehöriger angesehen"
# who comes with a card of theirs: whoever cares signs in with a password
BY_CARD = frozenset({ContactRole.RELATIVE, ContactRole.RESPONDER})


@dataclass(frozen=True, slots=True)
class Relative:
    """Somebody in a person's circle to whom a card may be given."""

    contact: int
    name: str = field(repr=False)
    relation: str = field(repr=False)
    has_card: bool


class Relatives:
    """Relatives and their cards. Threads may share one.

    :raises Locked: from every method, while personal.db is locked.
    """

    def __init__(self, vault: Vault, clock: Clock) -> None:
        self._vault = vault
        self._clock = clock
        self._clients = Clients(vault, clock)

    def of(self, person: int) -> list[Relative]:
        """Return who around a person may have a card."""
        with self._vault.open() as personal:
            having = personal.contacts_with_card()
            return [
                Relative(
                    one.contact.contact,
                    one.contact.name,
                    one.relation,
                    one.contact.contact in having,
                )
                for one in personal.circle(person)
                if one.contact.role in BY_CARD
            ]

    def give_card(self, person: int, contact: int) -> str:
        """Make a card for a relative of a person and return what its QR code holds.

        :raises NoSuchContact: if that one is not around this person, or comes by password.
        """
        card = new_card()
        with self._vault.open() as personal:
            _around(personal, person, contact)
            personal.give_contact_card(contact, card_hash(card), self._clock.stamp().wall_ms)
        return card

    def take_card(self, person: int, contact: int) -> None:
        """Let a relative's card be worth nothing.

        :raises NoSuchContact: if that one is not around this person.
        """
        with self._vault.open() as personal:
            _around(personal, person, contact)
            personal.take_contact_card(contact)

    def of_card(self, card: bytes) -> Contact | None:
        """Return whose card this is, None if it is no relative's."""
        with self._vault.open() as personal:
            number = personal.contact_of_card(card)
            if number is None:
                return None
            found = personal.contact(number)
        return found if found.role in BY_CARD else None

    def sheets(self, reader: Contact, since: int, until: int) -> list[Sheet]:
        """Return what a relative may see of each who let them, with nothing of anybody else."""
        found = []
        for client in self._clients.people(reader):
            try:
                sheet = self._clients.sheet(reader, client.person, since, until, why=WHY)
            except NotAllowed:  # taken back a moment ago, or of no kind that has a picture
                continue
            found.append(sheet)
        return found


def _around(personal: PersonalStore, person: int, contact: int) -> None:
    there = {one.contact.contact: one.contact for one in personal.circle(person)}
    if contact not in there or there[contact].role not in BY_CARD:
        raise NoSuchContact(f"no contact {contact} around that person")
