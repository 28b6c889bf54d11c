"""The only road by which a person's values are read for people.

Nobody reads without a role and a consent, and what is read was written down before: see
`edge.care.permission` and `edge.care.audit`. The hub's own rules do not come this way.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from edge.care.audit import SELF, Look
from edge.care.kinds import KINDS
from edge.care.measured import Measured
from edge.care.people import Contact, Owner, Reader
from edge.care.permission import readable
from edge.clock import Clock
from edge.desk.vault import Vault
from edge.store.errors import StoreError
from edge.store.personal_circle import NoSuchContact
from edge.ward.facts import Sight

if TYPE_CHECKING:
    from edge.store.personal import PersonalStore


class NotAllowed(StoreError):
    """There is no role, or no consent, for this reading."""

    hint = (
        "Diese Werte dürfen Sie nicht sehen: Die Person hat dazu keine Einwilligung gegeben, oder "
        "sie hat sie zurückgenommen."
    )


class Reading:
    """Reads values for people; threads may share one."""

    def __init__(self, vault: Vault, clock: Clock) -> None:
        self._vault = vault
        self._clock = clock

    def values(
        self,
        reader: Reader,
        person: int,
        kinds: Collection[str] | None,
        since: int,
        until: int | None,
        *,
        why: str,
    ) -> list[Measured]:
        """Return a person's values with ``since <= observed_at < until``, oldest first.

        Of these ``kinds``, or with None of all that the reader may read. ``why`` is said to the
        person: a short German sentence without a name.

        :raises NotAllowed: if one of the kinds may not be read, or none at all; that it was tried
            is written down.
        :raises Locked: while personal.db is locked.
        :raises StoreError: if it cannot be written down: then nothing is read.
        """
        found = self.of_many(reader, (person,), kinds, since, until, why=why)
        if person not in found:
            raise NotAllowed("no role, or no consent")
        return found[person]

    def of_many(
        self,
        reader: Reader,
        people: Sequence[int],
        kinds: Collection[str] | None,
        since: int,
        until: int | None,
        *,
        why: str,
    ) -> Mapping[int, list[Measured]]:
        """Return the values of all those people whom the reader may read, in one go.

        Who may not be read is left out, and that it was tried is written down unless ``kinds`` is
        None: an overview asks for nobody in particular.

        :raises Locked: while personal.db is locked.
        :raises StoreError: if it cannot be written down: then nothing is read.
        """
        asked = KINDS if kinds is None else tuple(one for one in KINDS if one in set(kinds))
        everybody, span = tuple(dict.fromkeys(people)), (since, until)
        with self._vault.open() as personal:
            stamp = self._clock.stamp()
            allowed: dict[int, tuple[str, ...]] = {}
            # consents and book in one transaction: what is withdrawn before it is read no more
            with personal.connection.transaction() as driver:
                looks = []
                now = _as_now(personal, reader)
                for person in everybody:
                    seen = _seen(personal, now, person, asked)
                    if seen and (kinds is None or len(seen) == len(set(kinds))):
                        allowed[person] = seen
                        looks.append(_look(reader, person, seen, span, why))
                    elif kinds is not None or len(everybody) == 1:
                        refused = _look(reader, person, asked, span, why, refused=True)
                        looks.append(refused)
                personal.note_looks_within(driver, looks, stamp)
            return {
                person: personal.measured(person, since, until, seen)
                for person, seen in allowed.items()
            }

    def may_see(self, reader: Reader, person: int) -> tuple[str, ...]:
        """Return which kinds of a person's values somebody may read now. Reads none."""
        with self._vault.open() as personal:
            return _seen(personal, _as_now(personal, reader), person, KINDS)

    def people_of(self, reader: Contact) -> dict[int, tuple[str, ...]]:
        """Return whose values a contact may read now, and which kinds. Reads none."""
        with self._vault.open() as personal:
            now = _as_now(personal, reader)
            found = {
                one.person: _seen(personal, now, one.person, KINDS) for one in personal.persons()
            }
        return {person: kinds for person, kinds in found.items() if kinds}

    def sights(self, reader: Contact) -> dict[int, Sight]:
        """Return of whom a contact may know anything now, and what. Reads no value.

        Those are whose circle they are in, and whose values they may read.
        """
        kinds = self.people_of(reader)
        with self._vault.open() as personal:
            around = {one.person for one in personal.circles_of(reader.contact)}
        return {
            person: Sight(kinds.get(person, ()), is_around=person in around)
            for person in around | set(kinds)
        }


def _as_now(personal: PersonalStore, reader: Reader) -> Reader | None:
    """Return the reader as they stand now: a page may know them from before they lost their role.

    None if they are no contact any more.
    """
    if isinstance(reader, Owner):
        return reader
    try:
        return personal.contact(reader.contact)
    except NoSuchContact:
        return None


def _seen(
    personal: PersonalStore, reader: Reader | None, person: int, kinds: Collection[str]
) -> tuple[str, ...]:
    if reader is None or not personal.is_here(person):
        return ()
    return readable(personal.consents(person), reader, kinds)


def _look(
    reader: Reader,
    person: int,
    kinds: Sequence[str],
    span: tuple[int, int | None],
    why: str,
    *,
    refused: bool = False,
) -> Look:
    return Look(
        person=person,
        who=SELF if isinstance(reader, Owner) else reader.recipient,
        role=None if isinstance(reader, Owner) else reader.role,
        kinds=tuple(kinds),
        since=span[0],
        until=span[1],
        why=why,
        account=None if isinstance(reader, Owner) else reader.account,
        refused=refused,
    )
