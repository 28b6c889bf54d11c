"""Whose an account is, in personal.db. Use `edge.store.personal.PersonalStore`."""

from __future__ import annotations

from edge.learning.signup import same_name
from edge.store.connection import Connection

_V1 = (
    """
    CREATE TABLE account_name (
      account INTEGER PRIMARY KEY,
      name TEXT NOT NULL,
      same_name TEXT NOT NULL,
      delete_after INTEGER NOT NULL
    ) STRICT
    """,
)
MIGRATIONS = {"accounts_0001_names": _V1}


class AccountNames:
    """The part of personal.db about accounts; use :class:`edge.store.personal.PersonalStore`.

    :raises StoreError: or one of its kinds, from any method. No message names a person.
    """

    connection: Connection

    def name_account(self, account: int, name: str, delete_after: int) -> None:
        """Keep whose an account is, at most until then."""
        with self.connection.transaction() as driver:
            driver.execute(
                "INSERT OR REPLACE INTO account_name VALUES (?, ?, ?, ?)",
                (account, name, same_name(name), delete_after),
            )

    def account_names(self) -> dict[int, str]:
        """Return the name of each account that has one."""
        rows = self.connection.rows("SELECT account, name FROM account_name")
        return {int(str(account)): str(name) for account, name in rows}

    def account_name(self, account: int) -> str:
        """Return whose an account is, empty if that is not known."""
        row = self.connection.row("SELECT name FROM account_name WHERE account = ?", (account,))
        return str(row[0]) if row else ""

    def due_account_names(self, now_ms: int) -> list[int]:
        """Return the accounts whose names are to be deleted by now."""
        rows = self.connection.rows(
            "SELECT account FROM account_name WHERE delete_after <= ? ORDER BY account", (now_ms,)
        )
        return [int(str(account)) for (account,) in rows]

    def keep_account_name(self, account: int, until: int) -> None:
        """Delete a name then, whenever it was to be deleted before."""
        with self.connection.transaction() as driver:
            driver.execute(
                "UPDATE account_name SET delete_after = ? WHERE account = ?", (until, account)
            )

    def forget_account_name(self, account: int) -> None:
        """Delete whose an account is."""
        with self.connection.transaction() as driver:
            driver.execute("DELETE FROM account_name WHERE account = ?", (account,))

    def accounts_of(self, person: int) -> list[int]:
        """Return the accounts that carry the name of a person of care's."""
        row = self.connection.row(
            "SELECT open_text(person, name) FROM person WHERE person = ?", (person,)
        )
        rows = self.connection.rows(
            "SELECT account FROM account_name WHERE same_name = ? AND same_name <> ''",
            (same_name(str(row[0])) if row else "",),
        )
        return [int(str(account)) for (account,) in rows]
