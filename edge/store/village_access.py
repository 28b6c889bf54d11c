"""Accounts in village.db. Use through `edge.store.village.VillageStore`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from edge.store.connection import Connection, Driver, Row
from edge.store.errors import StoreError

MAX_ACCOUNTS = 500
MAX_TALLIES = 5000  # names that somebody made up; beyond, those of longest ago go
MAX_TERMINALS = 8  # that an account is known at


class NoSuchAccount(StoreError):
    """There is no account of that number or name."""

    hint = "Diesen Zugang gibt es nicht. Welche es gibt, zeigt: dorfhub access list"


class LastAdministrator(StoreError):
    """It is the only one who may give accounts."""

    hint = (
        "Das ist der letzte Zugang, der Zugänge verwalten darf. Bitte zuerst einen zweiten geben."
    )


@dataclass(frozen=True, slots=True)
class Account:
    """One account. ``roles`` are words of `edge.access.role`; secrets are as they are kept."""

    account: int
    handle: str
    card: bytes | None
    password: str | None
    is_start: bool
    pictures: str | None
    picture_misses: int
    revision: int
    made_at: int
    used_on: int | None
    blocked_at: int | None
    roles: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class TallyRow:
    """Wrong tries of one subject, as :class:`edge.access.lockout.Tally` counts them."""

    failures: int
    last_at: int
    until: int


class Accounts:
    """The part of village.db about accounts; use :class:`edge.store.village.VillageStore`.

    :raises StoreError: or one of its kinds, from any method.
    """

    connection: Connection

    def accounts(self) -> list[Account]:
        """Return all accounts by sign-in name."""
        return self._accounts("ORDER BY same_handle")

    def account(self, number: int) -> Account:
        """Return an account.

        :raises NoSuchAccount: if there is none.
        """
        found = self.find_account(number)
        if found is None:
            raise NoSuchAccount(f"no account {number}")
        return found

    def find_account(self, number: int) -> Account | None:
        """Return an account, None if there is none."""
        found = self._accounts("WHERE account = ?", (number,))
        return found[0] if found else None

    def account_of(self, *, same_handle: str = "", card: bytes | None = None) -> Account | None:
        """Return who has this sign-in name, or this card."""
        if card is not None:
            found = self._accounts("WHERE card = ?", (card,))
        else:
            found = self._accounts("WHERE same_handle = ?", (same_handle,))
        return found[0] if found else None

    def has_administrator(self) -> bool:
        """Tell whether somebody may give accounts."""
        return self.connection.row(_ADMINISTRATORS) is not None

    def add_account(
        self, handle: str, same_handle: str, roles: Iterable[str], card: bytes | None, now_ms: int
    ) -> int:
        """Keep a new account and return its number.

        :raises StoreError: if the name is taken, or there are too many.
        """
        with self.connection.transaction() as driver:
            return _add(driver, (handle, same_handle), roles, card, now_ms)

    def add_first_administrator(
        self, code: bytes, handle: str, same_handle: str, password: str, now_ms: int
    ) -> int | None:
        """Use up the one-time code for an administrator; the number, None if it is not good."""
        with self.connection.transaction() as driver:
            used = driver.execute(
                "DELETE FROM first_code WHERE code = ? AND good_until > ? AND made_at <= ?",
                (code, now_ms, now_ms),
            ).rowcount
            if not used:
                return None
            driver.execute("DELETE FROM first_code")
            roles = ("administrator", "volunteer")
            number = _add(driver, (handle, same_handle), roles, None, now_ms)
            driver.execute("UPDATE account SET password = ? WHERE account = ?", (password, number))
            return number

    def put_first_code(self, code: bytes, now_ms: int, good_until: int) -> None:
        """Keep a one-time code; an earlier one is worth nothing then."""
        with self.connection.transaction() as driver:
            driver.execute("DELETE FROM first_code")
            driver.execute("INSERT INTO first_code VALUES (?, ?, ?)", (code, now_ms, good_until))

    def has_first_code(self, now_ms: int) -> bool:
        """Tell whether a one-time code is out."""
        return (
            self.connection.row(
                "SELECT 1 FROM first_code WHERE good_until > ?1 AND made_at <= ?1", (now_ms,)
            )
            is not None
        )

    def set_card(self, number: int, card: bytes | None) -> None:
        """Give an account a card; the one before is worth nothing then, and its visits end.

        The picture PIN goes too: whoever found the card may have chosen it.
        """
        self._change(number, "card = ?, pictures = NULL, picture_misses = 0", (card,))

    def set_password(self, number: int, password: str | None, *, is_start: bool) -> None:
        """Set what is kept of a password; a start word is to be changed at once."""
        self._change(number, "password = ?, is_start = ?", (password, int(is_start)))

    def set_pictures(self, number: int, pictures: str | None) -> None:
        """Set what is kept of a picture PIN."""
        self._change(number, "pictures = ?, picture_misses = 0", (pictures,))

    def set_roles(self, number: int, roles: Iterable[str]) -> None:
        """Let an account have these roles.

        :raises LastAdministrator: if nobody could give accounts then.
        """
        with self.connection.transaction() as driver:
            had = driver.execute(_ADMINISTRATORS).fetchone() is not None
            driver.execute("DELETE FROM account_role WHERE account = ?", (number,))
            _add_roles(driver, number, roles)
            _touch(driver, number)
            _keep_one_administrator(driver, had=had)

    def block(self, number: int, now_ms: int) -> None:
        """Let an account open nothing any more.

        :raises LastAdministrator: if nobody could give accounts then.
        """
        with self.connection.transaction() as driver:
            had = driver.execute(_ADMINISTRATORS).fetchone() is not None
            driver.execute(
                "UPDATE account SET blocked_at = coalesce(blocked_at, ?) WHERE account = ?",
                (now_ms, number),
            )
            _touch(driver, number)
            _keep_one_administrator(driver, had=had)

    def unblock(self, number: int) -> None:
        """Let a blocked account open again what it opened."""
        self._change(number, "blocked_at = NULL", ())

    def delete_account(self, number: int) -> None:
        """Delete an account that is blocked, or used no longer.

        :raises LastAdministrator: if nobody could give accounts then.
        """
        with self.connection.transaction() as driver:
            had = driver.execute(_ADMINISTRATORS).fetchone() is not None
            for table in ("known_terminal", "account_role", "account"):
                driver.execute(f"DELETE FROM {table} WHERE account = ?", (number,))  # noqa: S608
            _keep_one_administrator(driver, had=had)

    def note_sign_in(self, number: int, terminal: bytes | None, day: int, now_ms: int) -> None:
        """Note that somebody signed in: on which day, and at which terminal they are known."""
        with self.connection.transaction() as driver:
            driver.execute(
                "UPDATE account SET used_on = ?, picture_misses = 0 WHERE account = ?",
                (day, number),
            )
            if terminal is None:
                return
            driver.execute(
                "INSERT OR REPLACE INTO known_terminal VALUES (?, ?, ?)",
                (number, terminal, now_ms),
            )
            driver.execute(
                "DELETE FROM known_terminal WHERE account = ?1 AND terminal NOT IN (SELECT terminal"
                " FROM known_terminal WHERE account = ?1 ORDER BY seen_at DESC LIMIT ?2)",
                (number, MAX_TERMINALS),
            )

    def is_known_at(self, number: int, terminal: bytes, since_ms: int) -> bool:
        """Tell whether the account signed in at a terminal since then."""
        row = self.connection.row(
            "SELECT 1 FROM known_terminal WHERE account = ? AND terminal = ? AND seen_at >= ?",
            (number, terminal, since_ms),
        )
        return row is not None

    def forget_terminals(self, number: int) -> None:
        """Know an account at no terminal any more."""
        with self.connection.transaction() as driver:
            driver.execute("DELETE FROM known_terminal WHERE account = ?", (number,))

    def note_picture_miss(self, number: int) -> None:
        """Count one more wrong row of pictures."""
        with self.connection.transaction() as driver:
            driver.execute(
                "UPDATE account SET picture_misses = picture_misses + 1 WHERE account = ?",
                (number,),
            )

    def tally(self, driver: Driver, subject: bytes) -> TallyRow:
        """Return the wrong tries of a subject, in a transaction."""
        row = driver.execute(
            "SELECT failures, last_at, until FROM sign_in_tally WHERE subject = ?", (subject,)
        ).fetchone()
        return TallyRow(*row) if row else TallyRow(0, 0, 0)

    def put_tally(self, driver: Driver, subject: bytes, tally: TallyRow) -> None:
        """Keep the wrong tries of a subject, in a transaction."""
        driver.execute(
            "INSERT OR REPLACE INTO sign_in_tally VALUES (?, ?, ?, ?)",
            (subject, tally.failures, tally.last_at, tally.until),
        )
        driver.execute(
            "DELETE FROM sign_in_tally WHERE subject IN (SELECT subject FROM sign_in_tally"
            " ORDER BY until DESC, last_at DESC LIMIT -1 OFFSET ?)",
            (MAX_TALLIES,),
        )

    def clear_tallies(self, subjects: Iterable[bytes]) -> None:
        """Forget wrong tries."""
        with self.connection.transaction() as driver:
            driver.executemany(
                "DELETE FROM sign_in_tally WHERE subject = ?", [(one,) for one in subjects]
            )

    def forget_tallies(self, before_ms: int) -> int:
        """Forget the wrong tries, and terminals, of before then; return how many."""
        with self.connection.transaction() as driver:
            gone = driver.execute(
                "DELETE FROM sign_in_tally WHERE last_at < ?1 AND until < ?1", (before_ms,)
            ).rowcount
            return (
                gone
                + driver.execute(
                    "DELETE FROM known_terminal WHERE seen_at < ?", (before_ms,)
                ).rowcount
            )

    def _change(self, number: int, what: str, values: Sequence[str | int | bytes | None]) -> None:
        with self.connection.transaction() as driver:
            driver.execute(
                f"UPDATE account SET {what} WHERE account = ?",  # noqa: S608  # texts above
                (*values, number),
            )
            _touch(driver, number)

    def _accounts(self, where: str, values: Sequence[str | int | bytes] = ()) -> list[Account]:
        rows = self.connection.rows(f"SELECT {_COLUMNS} FROM account {where}", values)  # noqa: S608
        return [_account(row, self._roles(row)) for row in rows]

    def _roles(self, row: Row) -> frozenset[str]:
        rows = self.connection.rows("SELECT role FROM account_role WHERE account = ?", (row[0],))
        return frozenset(str(role) for (role,) in rows)


_COLUMNS = (
    "account, handle, card, password, is_start, pictures, picture_misses, revision, made_at,"
    " used_on, blocked_at"
)
_ADMINISTRATORS = (
    "SELECT 1 FROM account JOIN account_role USING (account)"
    " WHERE role = 'administrator' AND blocked_at IS NULL LIMIT 1"
)


def _account(row: Row, roles: frozenset[str]) -> Account:
    values = list(row)
    values[4] = bool(values[4])
    return Account(*values, roles=roles)  # type: ignore[arg-type, misc]  # STRICT columns


def _add(
    driver: Driver, names: tuple[str, str], roles: Iterable[str], card: bytes | None, now_ms: int
) -> int:
    (count,) = driver.execute("SELECT count(*) FROM account").fetchone()
    if count >= MAX_ACCOUNTS:
        raise StoreError(f"{count} accounts", hint=f"Ein Hub hat höchstens {MAX_ACCOUNTS} Zugänge.")
    cursor = driver.execute(
        "INSERT INTO account (handle, same_handle, card, made_at) VALUES (?, ?, ?, ?)",
        (*names, card, now_ms),
    )
    number = int(cursor.lastrowid or 0)
    _add_roles(driver, number, roles)
    return number


def _add_roles(driver: Driver, number: int, roles: Iterable[str]) -> None:
    driver.executemany(
        "INSERT INTO account_role VALUES (?, ?)", [(number, role) for role in sorted(set(roles))]
    )


def _touch(driver: Driver, number: int) -> None:
    """Begin another revision: visits of the one before end."""
    changed = driver.execute(
        "UPDATE account SET revision = revision + 1 WHERE account = ?", (number,)
    ).rowcount
    if not changed:
        raise NoSuchAccount(f"no account {number}")


def _keep_one_administrator(driver: Driver, *, had: bool) -> None:
    if had and driver.execute(_ADMINISTRATORS).fetchone() is None:
        raise LastAdministrator("nobody could give accounts")
