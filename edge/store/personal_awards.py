"""What people earned, in personal.db. Use `edge.store.personal.PersonalStore`."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, fields

from edge.learning.signup import same_name
from edge.store.connection import Connection


@dataclass(frozen=True, slots=True)
class Award:
    """One certificate. ``seat`` says which of a party; ``content`` is JSON of what the paper says.

    ``token`` is the signed proof, ``status_index`` its place in the list of revoked ones.
    """

    award: int
    enrolment: int
    seat: int
    learner: int
    course: int
    kind: str
    name: str
    content: str
    token: str
    status_index: int
    issued_at: int
    delete_after: int


class AwardStore:
    """The part of personal.db about awards; use :class:`edge.store.personal.PersonalStore`.

    :raises StoreError: or one of its kinds, from any method. No message names a person.
    """

    connection: Connection

    def add_award(self, made: Award, revoked: Collection[int]) -> Award:
        """Keep an award and return it; the one that there is already, unless that is revoked.

        Whoever earned it stays known as long as the award, so that it can be printed again.
        """
        key = (made.enrolment, made.seat, made.kind)
        with self.connection.transaction() as driver:
            row = driver.execute(f"{_SELECT} WHERE {_KEY}", key).fetchone()
            if row is not None:
                there = Award(*row)
                if there.status_index not in revoked:
                    return there
                driver.execute("DELETE FROM award WHERE award = ?", (there.award,))
            driver.execute(
                f"INSERT INTO award ({', '.join(_COLUMNS[1:])})"  # noqa: S608  # constant text
                f" VALUES (?{', ?' * (len(_COLUMNS) - 2)})",
                [getattr(made, one) for one in _COLUMNS[1:]],
            )
            driver.execute(
                "UPDATE learner SET delete_after = max(delete_after, ?) WHERE learner = ?",
                (made.delete_after, made.learner),
            )
            return Award(*driver.execute(f"{_SELECT} WHERE {_KEY}", key).fetchone())

    def awards(self, course: int) -> list[Award]:
        """Return all awards of a course, by name."""
        rows = self.connection.rows(f"{_SELECT} WHERE course = ? ORDER BY name, award", (course,))
        return [Award(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns

    def award(self, number: int) -> Award | None:
        """Return an award, None if there is none of that number."""
        row = self.connection.row(f"{_SELECT} WHERE award = ?", (number,))
        return None if row is None else Award(*row)  # type: ignore[arg-type]

    def awards_of_card(self, card_hash: bytes) -> list[Award]:
        """Return what the owner of a card earned, newest first."""
        rows = self.connection.rows(
            f"{_SELECT} WHERE learner = (SELECT learner FROM learner WHERE card_hash = ?)"  # noqa: S608
            " ORDER BY issued_at DESC, award DESC",
            (card_hash,),
        )
        return [Award(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns

    def awards_naming(self, person: int) -> list[int]:
        """Return the awards under the name of a person of care's, whoever signed them up."""
        wanted = self._same_name_of(person)
        rows = self.connection.rows("SELECT award, name FROM award ORDER BY award")
        return [int(str(award)) for award, name in rows if same_name(str(name)) == wanted != ""]

    def unname_signer(self, person: int) -> int:
        """Take a person's name off the awards that they confirmed; return how many."""
        wanted = self._same_name_of(person)
        with self.connection.transaction() as driver:
            changed = []
            for award, text in driver.execute("SELECT award, content FROM award").fetchall():
                content = json.loads(text)
                if same_name(str(content.get("by", ""))) == wanted != "":
                    changed.append((json.dumps({**content, "by": ""}), award))
            driver.executemany("UPDATE award SET content = ? WHERE award = ?", changed)
        return len(changed)

    def _same_name_of(self, person: int) -> str:
        row = self.connection.row(
            "SELECT open_text(person, name) FROM person WHERE person = ?", (person,)
        )
        return same_name(str(row[0])) if row and row[0] is not None else ""

    def forget_awards(self, now_ms: int) -> int:
        """Delete awards whose time is up; return how many."""
        with self.connection.transaction() as driver:
            count = driver.execute("DELETE FROM award WHERE delete_after <= ?", (now_ms,)).rowcount
        if count:
            self.connection.checkpoint()  # the old pages are still in the write-ahead log
        return count


_COLUMNS = tuple(one.name for one in fields(Award))
_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM award"  # noqa: S608  # constant text
_KEY = "enrolment = ? AND seat = ? AND kind = ?"
