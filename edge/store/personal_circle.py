"""Whom people have around them, in personal.db. Use `edge.store.personal.PersonalStore`.

A contact's name and telephone number are sealed with a key of their own, a person's word for them
with the person's: whoever is erased goes from every copy of the file.
"""

from __future__ import annotations

import hashlib

from edge.care.people import (
    Contact,
    ContactRole,
    Member,
    QuietHours,
    contact_of,
    moved,
    recipient_of,
)
from edge.learning.signup import same_name
from edge.store.connection import Connection, Driver, Row
from edge.store.errors import StoreError
from edge.store.person_keys import PersonKeys

MAX_WORDS = 200  # of a name; a phone number and a word for somebody are shorter
MAX_CIRCLE = 30  # people around one person; more is no circle
# what goes with a contact; elsewhere they are a number that says nothing
FORGOTTEN = ("circle", "contact_card", "case_practice", "contact")


class NoSuchContact(StoreError):
    """There is no contact of that number (any more)."""

    hint = "Diesen Kontakt gibt es nicht mehr. Bitte die Seite neu laden."


class Circles:
    """The part of personal.db about contacts and circles; use `PersonalStore`.

    :raises StoreError: or one of its kinds, from any method. No message names anybody.
    """

    connection: Connection
    _people: PersonKeys

    def add_contact(
        self, name: str, role: ContactRole, at: int, *, phone: str = "", account: int | None = None
    ) -> int:
        """Add a contact and return the number.

        :raises StoreError: if name or phone cannot be one, or the account is another's already.
        """
        name, phone = _fitting(name, phone)
        with self.connection.transaction() as driver:
            _free_account(driver, account, 0)
            cursor = driver.execute(
                "INSERT INTO contact (role, name, phone, account, created_at)"
                " VALUES (?, '', '', ?, ?)",
                (role.value, account, at),
            )
            number = int(cursor.lastrowid or 0)
            driver.execute(_WORDS, (name, phone, number))
            return number

    def change_contact(
        self,
        contact: int,
        name: str,
        role: ContactRole,
        at: int,
        *,
        phone: str,
        account: int | None,
    ) -> int:
        """Write a contact anew; return how many consents that ended.

        People agreed to somebody: whoever has another name, or signs in by another account, is
        somebody else, to whom they must agree anew.

        :raises NoSuchContact: if it is gone.
        :raises StoreError: as of :meth:`add_contact`.
        """
        name, phone = _fitting(name, phone)
        with self.connection.transaction() as driver:
            _free_account(driver, account, contact)
            before = driver.execute(
                f"SELECT {_CONTACT} FROM contact AS c WHERE contact = ?",  # noqa: S608
                (contact,),
            ).fetchone()
            if before is None:
                raise NoSuchContact(f"no contact {contact}")
            known = _contact(before)
            driver.execute(
                "UPDATE contact SET role = ?, account = ? WHERE contact = ?",
                (role.value, account, contact),
            )
            driver.execute(_WORDS, (name, phone, contact))
            is_other = same_name(name) != same_name(known.name)
            if is_other or account not in {None, known.account}:
                return _withdraw(driver, contact, at)
            return 0

    def contacts(self) -> list[Contact]:
        """Return everybody, by name."""
        rows = self.connection.rows(f"SELECT {_CONTACT} FROM contact AS c ORDER BY 2, 1")  # noqa: S608
        return [_contact(row) for row in rows]

    def contact(self, number: int) -> Contact:
        """Return a contact.

        :raises NoSuchContact: if there is none of that number.
        """
        row = self.connection.row(
            f"SELECT {_CONTACT} FROM contact AS c WHERE contact = ?",  # noqa: S608
            (number,),
        )
        if row is None:
            raise NoSuchContact(f"no contact {number}")
        return _contact(row)

    def contact_of_account(self, account: int) -> Contact | None:
        """Return who signs in by an account, None if it is nobody who is around anybody."""
        row = self.connection.row(
            f"SELECT {_CONTACT} FROM contact AS c WHERE account = ?",  # noqa: S608
            (account,),
        )
        return None if row is None else _contact(row)

    def contacts_like(self, person: int) -> list[int]:
        """Return the contacts that have the name of a person of care's."""
        row = self.connection.row(
            "SELECT open_text(person, name) FROM person WHERE person = ?", (person,)
        )
        return self.contacts_named(str(row[0])) if row and row[0] is not None else []

    def contacts_named(self, name: str) -> list[int]:
        """Return the contacts of a name, however it is spelt."""
        wanted = same_name(name)
        return [one.contact for one in self.contacts() if same_name(one.name) == wanted != ""]

    def forget_contact_person(self, contact: int, at: int) -> None:
        """Delete a contact for good: who asked for their help asks them no longer.

        Consents that named them are withdrawn; that they once read stays in the book, as a number.
        """
        self._people.destroy(-contact)
        with self.connection.transaction() as driver:
            _withdraw(driver, contact, at)
            for table in FORGOTTEN:
                driver.execute(f"DELETE FROM {table} WHERE contact = ?", (contact,))  # noqa: S608

    def circle(self, person: int) -> list[Member]:
        """Return a person's contacts in the order in which they are asked."""
        rows = self.connection.rows(
            f"SELECT {_MEMBER}, {_CONTACT} FROM circle AS m JOIN contact AS c USING (contact)"  # noqa: S608
            " WHERE m.person = ? ORDER BY m.position, m.contact",
            (person,),
        )
        return [_member(row) for row in rows]

    def circles_of(self, contact: int) -> list[Member]:
        """Return in whose circles a contact is, by person."""
        rows = self.connection.rows(
            f"SELECT {_MEMBER}, {_CONTACT} FROM circle AS m JOIN contact AS c USING (contact)"  # noqa: S608
            " WHERE m.contact = ? ORDER BY m.person",
            (contact,),
        )
        return [_member(row) for row in rows]

    def sight_change(self) -> str:
        """Return another text after anybody may see more or less: consents, circles, roles."""
        row = self.connection.row(_SIGHT)
        return hashlib.blake2b(repr(row).encode(), digest_size=8).hexdigest()

    def put_in_circle(
        self,
        person: int,
        contact: int,
        at: int,
        *,
        relation: str = "",
        quiet: QuietHours | None = None,
        may_name: bool = False,
    ) -> None:
        """Put a contact at the end of a person's circle; who is in it keeps place and beginning.

        :raises NoSuchContact: if it is gone.
        :raises StoreError: if the person is, if the circle is full or the word does not fit.
        """
        relation = _line(relation, "the word for somebody")
        with self.connection.transaction() as driver:
            if not driver.execute("SELECT 1 FROM contact WHERE contact = ?", (contact,)).fetchone():
                raise NoSuchContact(f"no contact {contact}")
            if not driver.execute("SELECT 1 FROM person WHERE person = ?", (person,)).fetchone():
                raise StoreError(
                    f"no person {person}",
                    hint="Diese Person gibt es nicht mehr. Bitte die Liste neu laden.",
                )
            count, last = driver.execute(
                "SELECT count(*), coalesce(max(position), 0) FROM circle WHERE person = ?"
                " AND contact <> ?",
                (person, contact),
            ).fetchone()
            if count >= MAX_CIRCLE:
                raise StoreError(
                    "the circle is full",
                    hint=f"Mehr als {MAX_CIRCLE} Kontakte kann niemand haben. Bitte zuerst einen "
                    "herausnehmen.",
                )
            hours = (None, None) if quiet is None else (quiet.begin, quiet.end)
            driver.execute(
                "INSERT INTO circle (person, contact, position, relation, quiet_from, quiet_until,"
                " may_name, since) VALUES (?1, ?2, ?3, seal_text(?1, ?4), ?5, ?6, ?7, ?8)"
                " ON CONFLICT (person, contact) DO UPDATE SET relation = excluded.relation,"
                " quiet_from = excluded.quiet_from, quiet_until = excluded.quiet_until,"
                " may_name = excluded.may_name",
                (person, contact, int(last) + 1, relation, *hours, int(may_name), at),
            )

    def place_in_circle(self, person: int, contact: int, position: int) -> None:
        """Let a contact be asked as number ``position``; the others close up."""
        with self.connection.transaction() as driver:
            rows = driver.execute(
                f"SELECT {_MEMBER}, {_CONTACT} FROM circle AS m JOIN contact AS c USING (contact)"  # noqa: S608
                " WHERE m.person = ? ORDER BY m.position, m.contact",
                (person,),
            ).fetchall()
            order = moved([_member(row) for row in rows], contact, position)
            driver.executemany(
                "UPDATE circle SET position = ? WHERE person = ? AND contact = ?",
                [(n, person, one) for n, one in enumerate(order, 1)],
            )

    def take_from_circle(self, person: int, contact: int, at: int) -> bool:
        """Take a contact out of a person's circle; what they were allowed to read ends with it.

        False if they were not in it.
        """
        with self.connection.transaction() as driver:
            _withdraw(driver, contact, at, person)
            gone = driver.execute(
                "DELETE FROM circle WHERE person = ? AND contact = ?", (person, contact)
            )
            return gone.rowcount > 0

    def is_here(self, person: int) -> bool:
        """Tell whether there is somebody of that number who is not being erased."""
        row = self.connection.row(
            "SELECT 1 FROM person WHERE person = ?1"
            " AND NOT EXISTS (SELECT 1 FROM erasing WHERE person = ?1)",
            (person,),
        )
        return row is not None

    def give_person_card(self, person: int, card_hash: bytes, at: int) -> None:
        """Give somebody in care a card for their own page; an earlier one is worth nothing then."""
        with self.connection.transaction() as driver:
            driver.execute(
                "INSERT INTO person_card (person, card_hash, given_at) VALUES (?, ?, ?)"
                " ON CONFLICT (person) DO UPDATE SET card_hash = excluded.card_hash,"
                " given_at = excluded.given_at",
                (person, card_hash, at),
            )

    def take_person_card(self, person: int) -> bool:
        """Let somebody's card open nothing of care any more; False if they had none."""
        with self.connection.transaction() as driver:
            gone = driver.execute("DELETE FROM person_card WHERE person = ?", (person,))
            return gone.rowcount > 0

    def person_of_card(self, card_hash: bytes) -> int | None:
        """Return whose card this is (`edge.desk.register.card_hash`), None if nobody's in care."""
        row = self.connection.row(
            "SELECT person FROM person_card WHERE card_hash = ?", (card_hash,)
        )
        return None if row is None else int(str(row[0]))

    def has_person_card(self, person: int) -> bool:
        """Tell whether somebody in care has a card."""
        return (
            self.connection.row("SELECT 1 FROM person_card WHERE person = ?", (person,)) is not None
        )

    def strangers_after(self, person: int) -> list[int]:
        """Return the contacts that are around this person and nobody else, and have no account."""
        rows = self.connection.rows(
            "SELECT contact FROM circle AS m JOIN contact AS c USING (contact)"
            " WHERE m.person = ?1 AND c.account IS NULL AND NOT EXISTS (SELECT 1 FROM circle AS o"
            " WHERE o.contact = m.contact AND o.person <> ?1) ORDER BY contact",
            (person,),
        )
        return [int(str(contact)) for (contact,) in rows]


def _withdraw(driver: Driver, contact: int, at: int, person: int | None = None) -> int:
    done = driver.execute(
        "UPDATE consent SET withdrawn_at = max(?, given_at) WHERE recipient = ?"
        " AND withdrawn_at IS NULL AND person = coalesce(?, person)",
        (at, recipient_of(contact), person),
    )
    return done.rowcount


def still_there(driver: Driver, recipient: str) -> bool:
    """Tell within a transaction whether a consent may name this recipient: no contact that is gone.

    What is no contact is the hub, the county or whom they send to.
    """
    number = contact_of(recipient)
    return number is None or (
        driver.execute("SELECT 1 FROM contact WHERE contact = ?", (number,)).fetchone() is not None
    )


def _free_account(driver: Driver, account: int | None, contact: int) -> None:
    if driver.execute(
        "SELECT 1 FROM contact WHERE account = ? AND contact <> ?", (account, contact)
    ).fetchone():
        raise StoreError(
            "this account is another contact's",
            hint="Dieser Zugang gehört schon zu einem anderen Kontakt.",
        )


def _fitting(name: str, phone: str) -> tuple[str, str]:
    name, phone = _line(name, "a name"), _line(phone, "a telephone number")
    if not name:
        raise StoreError("a contact has a name", hint="Bitte einen Namen eintragen.")
    return name, phone


def _line(text: str, what: str) -> str:
    text = text.strip()
    if len(text) > MAX_WORDS or (text and not text.isprintable()):
        raise StoreError(
            f"{what} has at most {MAX_WORDS} characters in one line",
            hint=f"Das hat höchstens {MAX_WORDS} Zeichen in einer Zeile.",
        )
    return text


def _contact(row: Row) -> Contact:
    number, name, role, phone, account, created_at = row
    return Contact(
        contact=int(str(number)),
        name=str(name),
        role=ContactRole(str(role)),
        phone=str(phone),
        account=None if account is None else int(str(account)),
        created_at=int(str(created_at)),
    )


def _member(row: Row) -> Member:
    person, position, since, relation, begin, end, may_name, *contact = row
    quiet = None if begin is None else QuietHours(int(str(begin)), int(str(end)))
    return Member(
        person=int(str(person)),
        contact=_contact(tuple(contact)),
        position=int(str(position)),
        since=int(str(since)),
        relation=str(relation),
        quiet=quiet,
        may_name=bool(may_name),
    )


_WORDS = (
    "UPDATE contact SET name = seal_text(-?3, ?1), phone = seal_text(-?3, ?2) WHERE contact = ?3"
)
# in an older copy, of whoever was erased, only the number is left
_CONTACT = (
    "c.contact, coalesce(open_text(-c.contact, c.name), '(gelöscht ' || c.contact || ')'), c.role,"
    " coalesce(open_text(-c.contact, c.phone), ''), c.account, c.created_at"
)
_SIGHT = (
    "SELECT (SELECT max(consent) FROM consent),"
    " (SELECT count(*) FROM consent WHERE withdrawn_at IS NOT NULL),"
    " (SELECT group_concat(person || '/' || contact) FROM"
    " (SELECT person, contact FROM circle ORDER BY person, contact)),"
    " (SELECT group_concat(contact || role) FROM (SELECT * FROM contact ORDER BY contact))"
)
_MEMBER = (
    "m.person, m.position, m.since, coalesce(open_text(m.person, m.relation), ''), m.quiet_from,"
    " m.quiet_until, m.may_name"
)
