"""Whose sealed rows left the village, by the hash of the sealed bytes, and who is being erased.

In personal.db, because it tells whose segments they are; the hash of a sealed body tells nothing.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from edge.care.case_consent import KIND, PURPOSE
from edge.care.consent import CARE, COUNTY, HUB
from edge.store.connection import Connection, Driver

# before a kind and whom it is for, in what is noted of a body: that it goes once this may not be
# read any more, whatever else is in it
WITH = "with"
_GUARD = "SELECT 1 FROM person WHERE person = ?1 AND person NOT IN (SELECT person FROM erasing)"


@dataclass(frozen=True, slots=True)
class Erasing:
    """An erasure that was begun. ``order`` is what hub and county name it by."""

    order: bytes
    person: int
    begun_at: int


def note_sent(driver: Driver, body: bytes, person: int, data_kinds: Collection[str] = ()) -> bool:
    """Note that a body of this hash holds a person's rows; False if they are erased: do not send.

    ``data_kinds`` are what is in it, as consents call it; of a question to a practice
    ``case:contact:3``, and ``with:weight:contact:3`` for each kind of values that is sealed in it.

    Within the transaction of personal.db that the body is sealed in, so that an erasure finds it.
    """
    if driver.execute(_GUARD, (person,)).fetchone() is None:
        return False
    driver.execute(
        "INSERT INTO sent_body (body, person, data_kinds) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        (body, person, json.dumps(sorted(data_kinds)) if data_kinds else None),
    )
    return True


class Sent:
    """The part of personal.db about what was sent; use `PersonalStore`.

    :raises StoreError: or one of its kinds, from any method.
    """

    connection: Connection

    def sent_bodies(self, person: int) -> frozenset[bytes]:
        """Return the hashes of the bodies that hold a person's rows."""
        rows = self.connection.rows("SELECT body FROM sent_body WHERE person = ?", (person,))
        return frozenset(body for (body,) in rows if isinstance(body, bytes))

    def sent_without_consent(self) -> frozenset[bytes]:
        """Return the hashes of bodies of which nothing may be with the county any more.

        Where an older version did not note what is in one, that is so once the person agrees to
        nothing any more.
        """
        rows = self.connection.rows(_WITHOUT)
        return frozenset(body for (body,) in rows if isinstance(body, bytes))

    def withdrawals(self) -> int:
        """Return another number whenever a consent was withdrawn."""
        row = self.connection.row(
            "SELECT count(*) + coalesce(sum(withdrawn_at), 0) FROM consent"
            " WHERE withdrawn_at IS NOT NULL"
        )
        return int(str(row[0])) if row else 0

    def forget_sent(self, bodies: Iterable[bytes]) -> None:
        """Forget bodies that were ordered to be erased wherever they are."""
        with self.connection.transaction() as driver:
            driver.executemany("DELETE FROM sent_body WHERE body = ?", [(one,) for one in bodies])

    def measured_at(self, person: int) -> list[int]:
        """Return the moments of a person's values, of all kinds, oldest first."""
        rows = self.connection.rows(
            "SELECT observed_at FROM care_reading WHERE person = ?1"
            " UNION ALL SELECT observed_at FROM observation WHERE person = ?1 ORDER BY 1",
            (person,),
        )
        return [int(str(at)) for (at,) in rows]

    def known_bodies(self) -> frozenset[bytes]:
        """Return the hashes of all bodies of which it is known whose they are."""
        rows = self.connection.rows("SELECT body FROM sent_body")
        return frozenset(body for (body,) in rows if isinstance(body, bytes))

    def note_bodies(self, person: int, bodies: Iterable[bytes]) -> None:
        """Note bodies of a person that were sealed before anybody noted it."""
        with self.connection.transaction() as driver:
            driver.executemany(
                "INSERT INTO sent_body (body, person) VALUES (?, ?) ON CONFLICT DO NOTHING",
                [(body, person) for body in bodies],
            )

    def sent_plainly(self, kind: str) -> list[int]:
        """Return the people of whom a body of this kind is noted without values in it."""
        rows = self.connection.rows(
            "SELECT DISTINCT person FROM sent_body AS s WHERE data_kinds IS NOT NULL"
            " AND EXISTS (SELECT 1 FROM json_each(s.data_kinds) WHERE value GLOB ?1 || ':*')"
            " AND NOT EXISTS (SELECT 1 FROM json_each(s.data_kinds) WHERE value GLOB ?2 || ':*')",
            (kind, WITH),
        )
        return [int(str(person)) for (person,) in rows]

    def note_kinds(self, person: int, bodies: Iterable[bytes], data_kinds: Collection[str]) -> None:
        """Note what is in bodies that were noted before, as of :func:`note_sent`."""
        kinds = json.dumps(sorted(data_kinds))
        with self.connection.transaction() as driver:
            driver.executemany(
                "UPDATE sent_body SET data_kinds = ? WHERE body = ? AND person = ?"
                " AND data_kinds IS NOT NULL",
                [(kinds, body, person) for body in bodies],
            )

    def begin_erasing(self, person: int, order: bytes, at: int) -> Erasing:
        """Write down that a person is to be erased; from now on nothing of theirs is sent.

        One that was begun goes on under its own order.
        """
        with self.connection.transaction() as driver:
            driver.execute(
                'INSERT INTO erasing (person, "order", begun_at) VALUES (?, ?, ?)'
                " ON CONFLICT DO NOTHING",
                (person, order, at),
            )
            row = driver.execute(
                'SELECT "order", begun_at FROM erasing WHERE person = ?', (person,)
            ).fetchone()
        return Erasing(row[0], person, row[1])

    def erasing(self) -> list[Erasing]:
        """Return the erasures that were begun and not finished."""
        rows = self.connection.rows('SELECT "order", person, begun_at FROM erasing')
        return [Erasing(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns


_V1 = (
    """
    CREATE TABLE sent_body (
      body BLOB PRIMARY KEY NOT NULL,
      person INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX sent_person ON sent_body (person)",
    """
    CREATE TABLE erasing (
      person INTEGER PRIMARY KEY,
      "order" BLOB NOT NULL,
      begun_at INTEGER NOT NULL
    ) STRICT
    """,
)
# what is in it, as consents call it (JSON); NULL where nobody noted it
_V2 = ("ALTER TABLE sent_body ADD COLUMN data_kinds TEXT",)
MIGRATIONS = {"sent_0001_bodies": _V1, "sent_0002_data_kinds": _V2}

# whoever is being erased is the erasure's own affair
_WITHOUT = (
    "SELECT body FROM sent_body AS s WHERE person NOT IN (SELECT person FROM erasing)"  # noqa: S608
    # values that went along are the practice's to read by two consents: the hub's and its own
    f" AND (EXISTS (SELECT 1 FROM json_each(s.data_kinds) AS k WHERE k.value GLOB '{WITH}:*'"
    " AND (SELECT count(DISTINCT c.recipient) FROM consent AS c WHERE c.person = s.person"
    f" AND c.withdrawn_at IS NULL AND c.purpose = '{CARE}'"
    f" AND (k.value = '{WITH}:' || c.data_kind || ':' || c.recipient OR c.recipient = '{HUB}'"
    f" AND instr(k.value, '{WITH}:' || c.data_kind || ':') = 1)) < 2)"
    " OR NOT EXISTS (SELECT 1 FROM consent AS c WHERE c.person = s.person"
    f" AND c.withdrawn_at IS NULL AND (c.purpose = '{CARE}' AND c.recipient = '{COUNTY}'"
    " AND (s.data_kinds IS NULL"
    " OR c.data_kind IN (SELECT value FROM json_each(s.data_kinds)))"
    # a question to a practice goes by the consent for that practice alone
    f" OR c.purpose = '{PURPOSE}' AND c.data_kind = '{KIND}'"
    f" AND '{KIND}:' || c.recipient IN (SELECT value FROM json_each(s.data_kinds)))))"
)
