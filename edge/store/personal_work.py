"""Hours that volunteers did, in personal.db. Use `edge.store.personal.PersonalStore`."""

from __future__ import annotations

from datetime import date

from edge.store.connection import Connection, Row
from edge.volunteers.hours import Work

_NOBODY = "Koordination"  # confirmed by somebody who is no volunteer any more, or by command


class Working:
    """The part of personal.db about hours; use :class:`edge.store.personal.PersonalStore`.

    :raises StoreError: or one of its kinds, from any method. No message names a person.
    """

    connection: Connection

    def confirm_work(
        self,
        volunteer: int,
        day: date,
        minutes: int,
        task: str,
        *,
        shift: int,
        by: int | None,
        at: int,
        delete_after: int,
    ) -> None:
        """Keep what somebody did; of the same shift once more: what was confirmed last counts."""
        with self.connection.transaction() as driver:
            driver.execute(
                "INSERT INTO work (volunteer, day, minutes, task, shift, confirmed_by,"
                " confirmed_at) VALUES (?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (shift, volunteer) WHERE shift <> 0 DO UPDATE SET"
                " minutes = excluded.minutes, confirmed_by = excluded.confirmed_by,"
                " confirmed_at = excluded.confirmed_at",
                (volunteer, day.isoformat(), minutes, task, shift, by, at),
            )
            driver.execute(
                "UPDATE volunteer SET delete_after = max(delete_after, ?) WHERE volunteer = ?",
                (delete_after, volunteer),
            )

    def work(self, volunteer: int | None = None) -> list[Work]:
        """Return what was done, by everybody or one, by day."""
        rows = self.connection.rows(
            "SELECT w.work, w.volunteer, w.day, w.minutes, w.task, w.shift,"
            " coalesce(v.name, ?), w.confirmed_at FROM work AS w"
            " LEFT JOIN volunteer AS v ON v.volunteer = w.confirmed_by"
            " WHERE w.volunteer = coalesce(?, w.volunteer) ORDER BY w.day, w.work",
            (_NOBODY, volunteer),
        )
        return [_work(row) for row in rows]

    def remove_work(self, work: int) -> None:
        """Take an entry back."""
        with self.connection.transaction() as driver:
            driver.execute("DELETE FROM work WHERE work = ?", (work,))

    def forget_work(self, before: date) -> int:
        """Delete what was done before a day; return how many entries."""
        with self.connection.transaction() as driver:
            return driver.execute("DELETE FROM work WHERE day < ?", (before.isoformat(),)).rowcount


def _work(row: Row) -> Work:
    number, volunteer, day, *rest = row
    return Work(number, volunteer, date.fromisoformat(str(day)), *rest)  # type: ignore[arg-type]  # STRICT
