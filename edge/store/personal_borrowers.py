"""Who borrows, in personal.db. Use `edge.store.personal.PersonalStore`.

What is borrowed, and when, stands in village.db; the number of the loan joins the two.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from edge.learning.signup import Applicant, same_name
from edge.learning.slip import slip_of
from edge.store.connection import Connection, Driver
from edge.store.errors import StoreError

_ATTEMPTS = 20  # as for sign-ups: a second attempt is needed once in a million

_V1 = (
    # `person` where it is known to be one of care's; the whole row goes after `delete_after`
    """
    CREATE TABLE borrower (
      loan INTEGER PRIMARY KEY NOT NULL,
      person INTEGER REFERENCES person (person),
      name TEXT NOT NULL,
      same_name TEXT NOT NULL,
      phone TEXT,
      slip TEXT NOT NULL UNIQUE,
      created_at INTEGER NOT NULL,
      delete_after INTEGER NOT NULL
    ) STRICT
    """,
    "CREATE INDEX borrower_name ON borrower (same_name)",
)
MIGRATIONS = {"borrowers_0001_lending": _V1}


class NoSuchBorrower(StoreError):
    """Nobody borrows under this slip number, or the name was deleted."""

    hint = (
        "Zu dieser Nummer gibt es keine Ausleihe (mehr). Bitte die Nummer vergleichen oder am "
        "Tisch fragen."
    )


@dataclass(frozen=True, slots=True)
class Borrower:
    """Who has a loan, and the slip number they were given."""

    loan: int
    name: str
    phone: str | None
    slip: str
    delete_after: int


class Borrowers:
    """The part of personal.db about lending; use :class:`edge.store.personal.PersonalStore`.

    :raises StoreError: or one of its kinds, from any method. No message names a person.
    """

    connection: Connection

    def borrower_of_slip(self, slip: str) -> Borrower:
        """Return who has this slip.

        :raises NoSuchBorrower: if nobody has.
        """
        rows = self.connection.rows(f"{_SELECT} WHERE slip = ?", (slip,))
        if not rows:
            raise NoSuchBorrower("no such slip")
        return Borrower(*rows[0])  # type: ignore[arg-type]  # STRICT columns

    def borrowers(self) -> dict[int, Borrower]:
        """Return who has which loan; names that were deleted are not there."""
        rows = self.connection.rows(_SELECT)
        found = [Borrower(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns
        return {one.loan: one for one in found}

    def keep_borrowers(self, until: Mapping[int, int]) -> None:
        """Say until when the names of loans are kept."""
        with self.connection.transaction() as driver:
            driver.executemany(
                "UPDATE borrower SET delete_after = ? WHERE loan = ?",
                [(at, loan) for loan, at in until.items()],
            )

    def forget_borrowers(self, loans: Collection[int]) -> int:
        """Delete who had these loans; return how many."""
        count = 0
        with self.connection.transaction() as driver:
            for loan in loans:
                count += driver.execute("DELETE FROM borrower WHERE loan = ?", (loan,)).rowcount
        if count:
            self.connection.checkpoint()  # the old pages are still in the write-ahead log
        return count

    def loans_of_person(self, person: int) -> list[int]:
        """Return the loans of a person of care's: said to be theirs, or under the same name."""
        row = self.connection.row(
            "SELECT open_text(person, name) FROM person WHERE person = ?", (person,)
        )
        rows = self.connection.rows(
            "SELECT loan FROM borrower WHERE person = ?1 OR (person IS NULL AND same_name = ?2"
            " AND same_name <> '') ORDER BY loan",
            (person, same_name(str(row[0])) if row else ""),
        )
        return [int(str(loan)) for (loan,) in rows]


def add_borrower(
    driver: Driver, loan: int, who: Applicant, token: str, *, at: int, delete_after: int
) -> str:
    """Keep who has a loan, in a transaction of the caller's; return the slip number.

    The same loan again keeps what stands there.
    """
    there = driver.execute("SELECT slip FROM borrower WHERE loan = ?", (loan,)).fetchone()
    if there:
        return str(there[0])
    for attempt in range(_ATTEMPTS):
        slip = slip_of(token, attempt)
        if not driver.execute("SELECT 1 FROM borrower WHERE slip = ?", (slip,)).fetchone():
            break
    else:
        raise StoreError("no free slip number was found")
    driver.execute(
        "INSERT INTO borrower (loan, name, same_name, phone, slip, created_at, delete_after)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (loan, who.name, same_name(who.name), who.phone, slip, at, delete_after),
    )
    return slip


_SELECT = "SELECT loan, name, phone, slip, delete_after FROM borrower"
