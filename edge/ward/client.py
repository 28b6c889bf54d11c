"""One person's values, for who may read them: the carer, a relative, the person. No Flask here."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from edge.care.people import Contact, Reader
from edge.care.rules.plan import Plan
from edge.care.rules.state import State
from edge.clock import Clock
from edge.desk.vault import Vault
from edge.ward.reading import NotAllowed, Reading
from edge.ward.vitals import SHOWN_KINDS, Course, courses


@dataclass(frozen=True, slots=True)
class Client:
    """Somebody whose values a reader may read, with the kinds that they may."""

    person: int
    name: str = field(repr=False)
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """What was measured of somebody: a course for each vital of which there is something."""

    client: Client
    courses: tuple[Course, ...] = field(repr=False)
    plan: Plan = field(repr=False)
    state: State | None = field(repr=False)


class Clients:
    """People in care and their values, as a reader may see them. Threads may share one.

    :raises Locked: from every method, while personal.db is locked.
    """

    def __init__(self, vault: Vault, clock: Clock) -> None:
        self._vault = vault
        self._reading = Reading(vault, clock)

    def people(self, reader: Contact) -> list[Client]:
        """Return of whom a contact may read anything, by name. Reads no value."""
        may = self._reading.people_of(reader)
        with self._vault.open() as personal:
            return [
                Client(one.person, one.name, may[one.person])
                for one in personal.persons()
                if one.person in may
            ]

    def sheet(
        self,
        reader: Reader,
        person: int,
        since: int,
        until: int,
        *,
        why: str,
        kinds: Collection[str] = SHOWN_KINDS,
    ) -> Sheet:
        """Return what was measured with ``since <= t < until``; that it was read is noted.

        Of these ``kinds``, those that the reader may read.

        :raises NotAllowed: if that is none of them; that it was tried is noted, too.
        """
        may = tuple(one for one in self._reading.may_see(reader, person) if one in kinds)
        values = self._reading.values(reader, person, may or tuple(kinds), since, until, why=why)
        with self._vault.open() as personal:
            found = personal.find_person(str(person))
            plan = personal.plan(person, until)
            state = personal.rule_state(person)
        if found is None or found.person != person:
            raise NotAllowed("nobody of that number")
        return Sheet(Client(person, found.name, may), tuple(courses(values)), plan, state)
