"""Cards for people who come often: given, replaced, blocked when lost."""

from __future__ import annotations

from dataclasses import dataclass

from edge.desk.register import CARD_PREFIX, as_meant, card_hash, new_card
from edge.desk.vault import Vault
from edge.learning.errors import LearningError
from edge.learning.slip import read_slip
from edge.store.personal_desk import Learner
from edge.store.personal_signups import NoSuchSlip
from edge.store.village import VillageStore
from edge.store.village_courses import NoSuchCourse

MAX_WORDS = 120  # what is looked for: a name, not a letter


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody who may have a card, with the titles of their courses to tell namesakes apart."""

    person: Learner
    titles: tuple[str, ...]


class CardDesk:
    """The cards of one hub.

    :raises Locked: from every method, while personal.db is locked.
    """

    def __init__(self, village: VillageStore, vault: Vault) -> None:
        self._village = village
        self._vault = vault

    def find(self, words: str) -> list[Holder]:
        """Return who is meant: by card, by slip number, or by a part of the name."""
        code = as_meant(words[:MAX_WORDS])
        with self._vault.open() as personal:
            if code.startswith(CARD_PREFIX):
                owner = personal.card_owner(card_hash(code))
                found = [] if owner is None else [personal.learner(owner)]
            else:
                try:
                    found = [personal.learner(personal.slip(read_slip(words))[0].learner)]
                except (LearningError, NoSuchSlip):
                    found = personal.find_learners(words[:MAX_WORDS])
        return [self._holder(one) for one in found]

    def holder(self, learner: int) -> Holder:
        """Return somebody by number.

        :raises NoSuchPerson: if nobody of that number has a name here.
        """
        with self._vault.open() as personal:
            return self._holder(personal.learner(learner))

    def give(self, learner: int) -> str:
        """Make a card and return what its QR code holds; an earlier one is worth nothing then.

        :raises NoSuchPerson: if nobody of that number has a name here.
        """
        card = new_card()
        with self._vault.open() as personal:
            personal.set_card(learner, card_hash(card))
        return card

    def block(self, learner: int) -> None:
        """Let a lost card be worth nothing; once more changes nothing.

        :raises NoSuchPerson: if nobody of that number has a name here.
        """
        with self._vault.open() as personal:
            personal.set_card(learner, None)

    def owner(self, card: str) -> Holder | None:
        """Return whose card this is, None if it is nobody's (any more)."""
        with self._vault.open() as personal:
            owner = personal.card_owner(card_hash(card))
            return None if owner is None else self._holder(personal.learner(owner))

    def _holder(self, person: Learner) -> Holder:
        titles = []
        for number in person.courses:
            try:
                titles.append(self._village.course(number).title)
            except NoSuchCourse:
                continue
        return Holder(person, tuple(titles))
