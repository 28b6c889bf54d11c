"""Who saw what of a person, for that person: gathered from the book, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from edge.care import audit
from edge.care.audit import LISTED, OFFICE, SELF, Look, Verdict
from edge.care.consent import CARE, COUNTY, standing
from edge.care.kinds import KINDS
from edge.care.people import Contact, ContactRole, contact_of
from edge.care.permission import readable
from edge.clock import Clock
from edge.desk.vault import Vault
from hardware.reading import TimeQuality

if TYPE_CHECKING:
    from edge.store.personal import PersonalStore

MOST_SEEN = 400  # lines on one page; older ones are counted

BOOK = "audit"  # what somebody saw who read the book itself


@dataclass(frozen=True, slots=True)
class Seen:
    """One line: who saw what, and when. Times are ms since 1970, UTC.

    ``name`` is empty of somebody who is no contact any more, ``is_self`` of the person,
    ``is_office`` of whoever worked at the hub itself. ``again`` counts further looks of the same
    kind within an hour before, the first of them at ``first_at``. ``is_certain``: the hub's clock
    was right. ``is_listed``: no value was seen, but a list said that something was noticed.
    """

    at: int
    first_at: int
    again: int
    name: str = field(repr=False)
    role: ContactRole | None
    is_self: bool
    is_office: bool
    kinds: tuple[str, ...]
    since: int
    until: int | None
    why: str
    refused: bool
    is_certain: bool
    is_listed: bool = False


@dataclass(frozen=True, slots=True)
class Book:
    """What a person is shown: the lines, how many older ones there are, and who may see now."""

    lines: tuple[Seen, ...]
    older: int
    readers: tuple[tuple[str, ContactRole, tuple[str, ...]], ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Permitted:
    """Who may see values of a person now: a contact, or the county's care service (no role).

    ``since`` is when the oldest of the consents that hold was given, ms since 1970, UTC. It holds
    until it is withdrawn.
    """

    name: str = field(repr=False)
    role: ContactRole | None
    kinds: tuple[str, ...]
    since: int


class AuditPages:
    """The book for its people.

    :raises Locked: from every method, while personal.db is locked.
    """

    def __init__(self, vault: Vault, clock: Clock) -> None:
        self._vault = vault
        self._clock = clock

    def book(self, person: int, reader: Contact | None = None) -> Book:
        """Return who saw what of a person; who helps them to read (``reader``) stands in it, too.

        The person's own reading of it is no news to them and not written down.
        """
        with self._vault.open() as personal:
            if reader is not None:
                look = Look(
                    person=person,
                    who=reader.recipient,
                    role=reader.role,
                    kinds=(BOOK,),
                    since=0,
                    until=None,
                    why="Einsicht in dieses Buch",
                    account=reader.account,
                )
                personal.note_looks([look], self._clock.stamp())
            count = personal.audit_count(person)
            lines = personal.audit_lines(person, limit=MOST_SEEN)
            return Book(
                lines=tuple(_joined(_seen(personal, lines))),
                older=max(0, count - len(lines)),
                readers=tuple(_readers(personal, person)),
            )

    def permitted(self, person: int) -> list[Permitted]:
        """Return who may see a person's values now, by the consents in force. Reads no value."""
        with self._vault.open() as personal:
            consents = personal.consents(person)
            found = []
            for name, role, kinds, to in (
                *(
                    (one.name, one.role, readable(consents, one), one.recipient)
                    for one in personal.contacts()
                ),
                ("", None, KINDS, COUNTY),
            ):
                given = {kind: standing(consents, CARE, kind, to) for kind in kinds}
                held = {kind: one.given_at for kind, one in given.items() if one is not None}
                if held:
                    found.append(Permitted(name, role, tuple(held), min(held.values())))
            return found

    def check(self) -> Verdict:
        """Check the whole book."""
        with self._vault.open() as personal:
            return personal.check_audit()


def _seen(personal: PersonalStore, lines: Sequence[audit.Line]) -> list[Seen]:
    contacts = {one.contact: one for one in personal.contacts()}
    found = []
    for line, look in audit.looks(lines):
        contact = contacts.get(contact_of(look.who) or 0)
        found.append(
            Seen(
                at=line.at,
                first_at=line.at,
                again=0,
                name="" if contact is None else contact.name,
                role=look.role,
                is_self=look.who == SELF,
                is_office=look.who == OFFICE,
                kinds=look.kinds,
                since=look.since,
                until=look.until,
                why=look.why,
                refused=look.refused,
                is_certain=line.quality is not TimeQuality.UNKNOWN,
                is_listed=look.why == LISTED,
            )
        )
    return found


def _joined(found: Sequence[Seen]) -> list[Seen]:
    """Join looks that differ in nothing but the minute: one who looks six times is one line."""
    joined: list[Seen] = []
    for one in found:
        last = joined[-1] if joined else None
        if last is not None and _alike(last, one):
            joined[-1] = _with(last, one)
        else:
            joined.append(one)
    return joined


def _alike(last: Seen, one: Seen) -> bool:
    return (
        0 <= last.first_at - one.at <= _HOUR_MS
        and last.is_certain == one.is_certain
        and (last.name, last.role, last.is_self, last.is_office, last.kinds, last.why)
        == (one.name, one.role, one.is_self, one.is_office, one.kinds, one.why)
        and last.refused == one.refused
    )


def _with(last: Seen, one: Seen) -> Seen:
    return replace(
        last,
        first_at=one.at,
        again=last.again + 1,
        since=min(last.since, one.since),
        until=None if None in {last.until, one.until} else max(last.until or 0, one.until or 0),
    )


def _readers(
    personal: PersonalStore, person: int
) -> list[tuple[str, ContactRole, tuple[str, ...]]]:
    consents = personal.consents(person)
    found = []
    for contact in personal.contacts():
        kinds = readable(consents, contact)
        if kinds:
            found.append((contact.name, contact.role, kinds))
    return found


_HOUR_MS = 3_600_000
