"""What volunteers look up of people, in personal.db. Use `edge.store.personal.PersonalStore`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from edge.learning.signup import same_name
from edge.store.connection import Connection
from edge.store.errors import StoreError
from edge.store.personal_signups import SELECT as SIGNUPS
from edge.store.personal_signups import Enrolment

MOST_FOUND = 50  # a page of people; who looks for one of more types more of the name


class NoSuchPerson(StoreError):
    """Nobody of that number is here (any more)."""

    hint = "Zu dieser Person steht hier nichts mehr. Bitte noch einmal suchen."


@dataclass(frozen=True, slots=True)
class Learner:
    """Somebody who signed up at least once; ``courses`` are those."""

    learner: int
    name: str
    phone: str | None
    has_card: bool
    courses: tuple[int, ...] = ()


class PeopleDesk:
    """The part of personal.db for the desk; use :class:`edge.store.personal.PersonalStore`.

    :raises StoreError: or one of its kinds, from any method. No message names a person.
    """

    connection: Connection

    def live_signups(self) -> list[Enrolment]:
        """Return who has a seat, an offer, or waits, in all courses."""
        rows = self.connection.rows(
            f"{SIGNUPS} WHERE e.state IN ('confirmed', 'offered', 'waiting')"
            " ORDER BY e.course, e.queue"
        )
        return [Enrolment(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns

    def ticked_sessions(self, sessions: Iterable[int]) -> set[int]:
        """Return those of the sessions to which somebody who signed up came."""
        rows = self.connection.rows(
            "SELECT DISTINCT session FROM attendance"
            " WHERE session IN (SELECT value FROM json_each(?))",
            (json.dumps(list(sessions)),),
        )
        return {int(str(session)) for (session,) in rows}

    def find_learners(self, words: str) -> list[Learner]:
        """Return people whose names hold all of the words, by name; at most fifty."""
        asked = same_name(words).split()
        if not asked:
            return []
        where = " AND ".join("instr(l.same_name, ?) > 0" for _ in asked)
        rows = self.connection.rows(
            f"{_PEOPLE} WHERE l.forgotten_at IS NULL AND l.name <> '' AND {where}"
            f" GROUP BY l.learner ORDER BY l.same_name, l.learner LIMIT {MOST_FOUND}",
            asked,
        )
        return [_learner(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns

    def learner(self, number: int) -> Learner:
        """Return somebody who signed up.

        :raises NoSuchPerson: if nobody of that number has a name here.
        """
        row = self.connection.row(
            f"{_PEOPLE} WHERE l.learner = ? AND l.name <> '' GROUP BY l.learner", (number,)
        )
        if row is None:
            raise NoSuchPerson(f"no learner {number}")
        return _learner(*row)  # type: ignore[arg-type]  # STRICT columns

    def card_owner(self, card_hash: bytes) -> int | None:
        """Return whose card this is, None if it is nobody's (any more)."""
        row = self.connection.row("SELECT learner FROM learner WHERE card_hash = ?", (card_hash,))
        return None if row is None else int(str(row[0]))

    def set_card(self, learner: int, card_hash: bytes | None) -> None:
        """Give somebody a card, or with None take it; an earlier one is worth nothing then.

        :raises NoSuchPerson: if nobody of that number has a name here.
        """
        with self.connection.transaction() as driver:
            done = driver.execute(
                "UPDATE learner SET card_hash = ? WHERE learner = ? AND name <> ''",
                (card_hash, learner),
            )
            if not done.rowcount:
                raise NoSuchPerson(f"no learner {learner}")


def _learner(number: int, name: str, phone: str | None, card: int, courses: str | None) -> Learner:
    listed = tuple(sorted({int(one) for one in courses.split(",")})) if courses else ()
    return Learner(number, name, phone, bool(card), listed)


_PEOPLE = (
    "SELECT l.learner, l.name, l.phone, l.card_hash IS NOT NULL, group_concat(e.course)"
    " FROM learner AS l LEFT JOIN enrolment AS e USING (learner)"
)
