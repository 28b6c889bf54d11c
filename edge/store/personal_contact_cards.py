"""Cards of contacts in personal.db: by which a relative opens what they were allowed to see."""

from __future__ import annotations

from edge.store.connection import Connection

_V1 = (
    # what is kept of a card (`edge.desk.register.card_hash`); it goes with the contact
    """
    CREATE TABLE contact_card (
      contact INTEGER PRIMARY KEY REFERENCES contact (contact) ON DELETE CASCADE,
      card_hash BLOB NOT NULL UNIQUE,
      given_at INTEGER NOT NULL
    ) STRICT
    """,
)

MIGRATIONS = {"contact_cards_0001_cards": _V1}


class ContactCards:
    """The part of personal.db about contacts' cards; use `PersonalStore`.

    :raises StoreError: or one of its kinds, from any method. No message names anybody.
    """

    connection: Connection

    def give_contact_card(self, contact: int, card_hash: bytes, at: int) -> None:
        """Give a contact a card; an earlier one is worth nothing then."""
        with self.connection.transaction() as driver:
            driver.execute(
                "INSERT INTO contact_card VALUES (?, ?, ?) ON CONFLICT (contact) DO UPDATE"
                " SET card_hash = excluded.card_hash, given_at = excluded.given_at",
                (contact, card_hash, at),
            )

    def take_contact_card(self, contact: int) -> bool:
        """Let a contact's card be worth nothing; False if they had none."""
        with self.connection.transaction() as driver:
            gone = driver.execute("DELETE FROM contact_card WHERE contact = ?", (contact,))
            return gone.rowcount > 0

    def contact_of_card(self, card_hash: bytes) -> int | None:
        """Return whose card this is, None if it is no contact's."""
        row = self.connection.row(
            "SELECT contact FROM contact_card WHERE card_hash = ?", (card_hash,)
        )
        return None if row is None else int(str(row[0]))

    def contacts_with_card(self) -> frozenset[int]:
        """Return which contacts have a card."""
        rows = self.connection.rows("SELECT contact FROM contact_card")
        return frozenset(int(str(one)) for (one,) in rows)
