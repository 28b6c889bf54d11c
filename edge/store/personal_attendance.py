"""Who came, what is counted of it, and when names go. Use `edge.store.personal.PersonalStore`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from edge.learning.signup import same_name
from edge.store.connection import Connection, Driver
from edge.store.personal_signups import Enrolment, NoSuchSlip

Method = Literal["list", "card", "slip"]


@dataclass(frozen=True, slots=True)
class Presence:
    """``count`` of a party came to a session."""

    session: int
    enrolment: int
    count: int
    method: Method
    at: int


@dataclass(frozen=True, slots=True)
class Counted:
    """Enrolments (people, not parties) of a course of whom the same is known."""

    course: int
    age_band: str | None
    gender: str | None
    count: int


class Attendance:
    """The part of personal.db about who came; use :class:`edge.store.personal.PersonalStore`.

    :raises StoreError: or one of its kinds, from any method. No message names a person.
    """

    connection: Connection

    def tick(self, session: int, enrolment: Enrolment, count: int, method: Method, at: int) -> None:
        """Note that ``count`` of a party came; 0 takes it back. Once more changes the number."""
        with self.connection.transaction() as driver:
            if count == 0:
                driver.execute(
                    "DELETE FROM attendance WHERE session = ? AND enrolment = ?",
                    (session, enrolment.enrolment),
                )
                return
            driver.execute(
                "INSERT INTO attendance (session, enrolment, count, method, at)"
                " VALUES (?, ?, ?, ?, ?) ON CONFLICT (session, enrolment)"
                " DO UPDATE SET count = excluded.count",
                (session, enrolment.enrolment, min(count, enrolment.party), method, at),
            )

    def presences(self, session: int) -> list[Presence]:
        """Return who came to a session."""
        rows = self.connection.rows(
            "SELECT session, enrolment, count, method, at FROM attendance WHERE session = ?"
            " ORDER BY at, enrolment",
            (session,),
        )
        return [Presence(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns

    def visits(self) -> dict[int, int]:
        """Return how many came to which session, of those who signed up."""
        rows = self.connection.rows("SELECT session, sum(count) FROM attendance GROUP BY session")
        return {int(str(session)): int(str(count)) for session, count in rows}

    def counted(self) -> list[Counted]:
        """Return the enrolments of all courses. Of a party, age and gender of one are known."""
        rows = self.connection.rows(
            "SELECT e.course, l.age_band, l.gender, count(*), sum(e.party) - count(*)"
            " FROM enrolment AS e JOIN learner AS l USING (learner)"
            " WHERE e.state IN ('confirmed', 'done') GROUP BY e.course, l.age_band, l.gender"
        )
        found = []
        for course, band, gender, count, others in rows:
            found.append(Counted(course, band, gender, count))  # type: ignore[arg-type]  # STRICT
            if others:
                found.append(Counted(course, None, None, others))  # type: ignore[arg-type]
        return found

    def due_learners(self, now_ms: int) -> dict[int, list[int]]:
        """Return whose names are to be deleted by now, each with the courses they are in."""
        rows = self.connection.rows(
            "SELECT l.learner, e.course FROM learner AS l LEFT JOIN enrolment AS e USING (learner)"
            " WHERE l.forgotten_at IS NULL AND l.delete_after <= ? ORDER BY l.learner",
            (now_ms,),
        )
        found: dict[int, list[int]] = {}
        for learner, course in rows:
            courses = found.setdefault(int(str(learner)), [])
            if course is not None:
                courses.append(int(str(course)))
        return found

    def keep_until(self, until: Mapping[int, int]) -> None:
        """Put off when names are deleted, because a course was put off."""
        with self.connection.transaction() as driver:
            driver.executemany(
                "UPDATE learner SET delete_after = ? WHERE learner = ?",
                [(at, learner) for learner, at in until.items()],
            )

    def forget_names(self, learners: Iterable[int], now_ms: int) -> int:
        """Delete names, numbers, cards and awards; what is counted stays. Return of how many."""
        count = 0
        with self.connection.transaction() as driver:
            for learner in learners:
                count += driver.execute(
                    "UPDATE learner SET name = '', same_name = '', phone = NULL, card_hash = NULL,"
                    " person = NULL, forgotten_at = ? WHERE learner = ? AND forgotten_at IS NULL",
                    (now_ms, learner),
                ).rowcount
                driver.execute(
                    "UPDATE enrolment SET slip = NULL, token = NULL WHERE learner = ?", (learner,)
                )
                driver.execute("DELETE FROM award WHERE learner = ?", (learner,))
        if count:
            self.connection.checkpoint()  # the old pages are still in the write-ahead log
        return count

    def forget_counted(self, courses: Iterable[int]) -> int:
        """Delete nameless sign-ups of courses that were counted; return how many."""
        count = 0
        with self.connection.transaction() as driver:
            for course in courses:
                driver.execute(
                    "DELETE FROM attendance WHERE enrolment IN (SELECT e.enrolment"
                    " FROM enrolment AS e JOIN learner AS l USING (learner)"
                    " WHERE e.course = ? AND l.forgotten_at IS NOT NULL)",
                    (course,),
                )
                count += driver.execute(
                    "DELETE FROM enrolment WHERE course = ? AND learner IN"
                    " (SELECT learner FROM learner WHERE forgotten_at IS NOT NULL)",
                    (course,),
                ).rowcount
            driver.execute(
                "DELETE FROM learner WHERE forgotten_at IS NOT NULL"
                " AND learner NOT IN (SELECT learner FROM enrolment)"
            )
        return count

    def erase_slip(self, slip: str) -> int:
        """Erase whoever signed up with this slip, from all courses; return how many sign-ups.

        :raises NoSuchSlip: if there is none.
        """
        with self.connection.transaction() as driver:
            row = driver.execute("SELECT learner FROM enrolment WHERE slip = ?", (slip,)).fetchone()
            if row is None:
                raise NoSuchSlip("no such slip")
            count = erase_learner(driver, int(row[0]))
        self.connection.checkpoint()
        return count

    def learners_of(self, person: int) -> list[int]:
        """Return who signed up and is a person of care's: said to be, or of the same name."""
        row = self.connection.row(
            "SELECT open_text(person, name) FROM person WHERE person = ?", (person,)
        )
        rows = self.connection.rows(
            "SELECT learner FROM learner WHERE person = ?1 OR (person IS NULL AND same_name = ?2"
            " AND same_name <> '') ORDER BY learner",
            (person, same_name(str(row[0])) if row else ""),
        )
        return [int(str(learner)) for (learner,) in rows]

    def courses_of(self, learners: Iterable[int]) -> list[int]:
        """Return the courses that some signed up for."""
        found: set[int] = set()
        for learner in learners:
            rows = self.connection.rows(
                "SELECT course FROM enrolment WHERE learner = ?", (learner,)
            )
            found |= {int(str(course)) for (course,) in rows}
        return sorted(found)


def erase_learner(driver: Driver, learner: int) -> int:
    """Erase one who signed up, with all sign-ups; return how many these were."""
    driver.execute(
        "DELETE FROM attendance WHERE enrolment IN"
        " (SELECT enrolment FROM enrolment WHERE learner = ?)",
        (learner,),
    )
    count = driver.execute("DELETE FROM enrolment WHERE learner = ?", (learner,)).rowcount
    driver.execute("DELETE FROM learner WHERE learner = ?", (learner,))
    driver.execute("UPDATE signup_change SET number = number + 1")
    return count
