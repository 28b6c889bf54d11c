"""What people are called towards others, in personal.db. Use `PersonalStore`."""

from __future__ import annotations

import os

from edge.care.pseudonym import KEY_BYTES, SECRET_BYTES, is_pseudonym, pseudonym
from edge.store.connection import Connection, Driver
from edge.store.errors import StoreError


class Pseudonyms:
    """The part of personal.db about pseudonyms; use `PersonalStore`.

    :raises StoreError: or one of its kinds, from any method. No message names a person.
    """

    connection: Connection

    def pseudonym(self, person: int, recipient: str) -> str:
        """Return what a person is called towards a recipient, always the same.

        :raises StoreError: if nobody of that number is here.
        """
        with self.connection.transaction() as driver:
            return pseudonym(_key(driver), _secret(driver, person), recipient)

    def person_called(self, text: str, recipient: str) -> int | None:
        """Return whom a recipient calls so; None if nobody who is here."""
        if not is_pseudonym(text):
            return None
        people = self.connection.rows("SELECT person FROM person ORDER BY person")
        for (person,) in people:
            if self.pseudonym(int(str(person)), recipient) == text:
                return int(str(person))
        return None


def _key(driver: Driver) -> bytes:
    row = driver.execute("SELECT key FROM pseudonym_key").fetchone()
    if row is None:
        row = driver.execute(
            "INSERT INTO pseudonym_key (one, key) VALUES (1, ?) RETURNING key",
            (os.urandom(KEY_BYTES),),
        ).fetchone()
    key: bytes = row[0]
    return key


def _secret(driver: Driver, person: int) -> bytes:
    row = driver.execute(
        "SELECT open_text(person, secret) FROM person_secret WHERE person = ?", (person,)
    ).fetchone()
    if row is None:
        if not driver.execute("SELECT 1 FROM person WHERE person = ?", (person,)).fetchone():
            raise StoreError(
                f"no person {person}", hint="Diese Person gibt es nicht mehr. Bitte neu laden."
            )
        row = driver.execute(
            "INSERT INTO person_secret (person, secret) VALUES (?1, seal_text(?1, ?2))"
            " RETURNING open_text(person, secret)",
            (person, os.urandom(SECRET_BYTES).hex()),
        ).fetchone()
    if row[0] is None:
        raise StoreError("this person was erased", hint="Die Person wurde gelöscht.")
    return bytes.fromhex(row[0])
