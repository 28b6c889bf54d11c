"""Whom to ask about an entry of the market board: name and number, in personal.db alone.

They go when the entry came down two weeks ago, or at once by its owner's slip.
"""

from __future__ import annotations

from edge.learning.signup import same_name
from edge.store.connection import Connection
from edge.village.market import Contact

_V1 = (
    """
    CREATE TABLE market_contact (
      entry INTEGER PRIMARY KEY NOT NULL,
      name TEXT NOT NULL,
      same_name TEXT NOT NULL,
      phone TEXT NOT NULL,
      delete_after INTEGER NOT NULL
    ) STRICT
    """,
    "CREATE INDEX market_contact_name ON market_contact (same_name)",
)

MIGRATIONS = {"market_0001_contacts": _V1}


class MarketContacts:
    """The part of personal.db about the market board.

    :raises StoreError: or one of its kinds, from any method.
    """

    connection: Connection

    def put_contact(self, entry: int, contact: Contact, delete_after: int) -> None:
        """Keep whom to ask about an entry."""
        with self.connection.transaction() as driver:
            driver.execute(
                "INSERT OR REPLACE INTO market_contact (entry, name, same_name, phone,"
                " delete_after) VALUES (?, ?, ?, ?, ?)",
                (entry, contact.name, same_name(contact.name), contact.phone, delete_after),
            )

    def board_contacts(self) -> dict[int, Contact]:
        """Return whom to ask, by entry."""
        rows = self.connection.rows("SELECT entry, name, phone FROM market_contact")
        return {int(str(entry)): Contact(str(name), str(phone)) for entry, name, phone in rows}

    def keep_contact_until(self, entry: int, delete_after: int) -> None:
        """Move when a contact goes."""
        with self.connection.transaction() as driver:
            driver.execute(
                "UPDATE market_contact SET delete_after = ? WHERE entry = ?", (delete_after, entry)
            )

    def forget_contact(self, entry: int) -> None:
        """Delete a contact at once."""
        with self.connection.transaction() as driver:
            driver.execute("DELETE FROM market_contact WHERE entry = ?", (entry,))
        self.connection.checkpoint()

    def forget_contacts(self, now_ms: int) -> int:
        """Delete what is due; return how many."""
        with self.connection.transaction() as driver:
            count = driver.execute(
                "DELETE FROM market_contact WHERE delete_after <= ?", (now_ms,)
            ).rowcount
        if count:
            self.connection.checkpoint()
        return count

    def entries_of(self, person: int) -> list[int]:
        """Return the entries under the name of a person of care's."""
        row = self.connection.row(
            "SELECT open_text(person, name) FROM person WHERE person = ?", (person,)
        )
        name = same_name(str(row[0])) if row and row[0] is not None else ""
        rows = self.connection.rows(
            "SELECT entry FROM market_contact WHERE same_name = ? AND same_name <> ''"
            " ORDER BY entry",
            (name,),
        )
        return [int(str(entry)) for (entry,) in rows]
