"""Which proofs were revoked, in village.db. Use `edge.store.village.VillageStore`."""

from __future__ import annotations

from collections.abc import Callable

from edge.store.connection import Connection
from edge.store.errors import StoreError

DEFAULT_PERCENT = 80
_ATTEMPTS = 100


class Badges:
    """The part of village.db about proofs; use :class:`edge.store.village.VillageStore`.

    :raises StoreError: or one of its kinds, from any method.
    """

    connection: Connection

    def reserve_status(self, draw: Callable[[], int]) -> int:
        """Return a place in the list that no proof has; ``draw`` gives random ones."""
        with self.connection.transaction() as driver:
            for _ in range(_ATTEMPTS):
                index = draw()
                done = driver.execute(
                    "INSERT INTO badge_status (status_index) VALUES (?) ON CONFLICT DO NOTHING",
                    (index,),
                )
                if done.rowcount:
                    return index
        raise StoreError(
            "no free place in the list",
            hint="Es wurden sehr viele Bescheinigungen ausgestellt: Bitte den Schlüssel wechseln "
            "(dorfhub badge key --rotate).",
        )

    def revoke_status(self, index: int, at: int) -> bool:
        """Revoke a proof; return False if it was already."""
        with self.connection.transaction() as driver:
            done = driver.execute(
                "INSERT INTO badge_status (status_index, revoked_at) VALUES (?, ?)"
                " ON CONFLICT (status_index) DO UPDATE SET revoked_at = excluded.revoked_at"
                " WHERE revoked_at IS NULL",
                (index, at),
            )
            return bool(done.rowcount)

    def revoked_statuses(self) -> frozenset[int]:
        """Return the places of all revoked proofs."""
        rows = self.connection.rows(
            "SELECT status_index FROM badge_status WHERE revoked_at IS NOT NULL"
        )
        return frozenset(int(str(index)) for (index,) in rows)

    def threshold(self, course: int) -> int:
        """Return how many percent of a course's sessions earn a certificate."""
        row = self.connection.row(
            "SELECT percent FROM course_threshold WHERE course = ?", (course,)
        )
        return DEFAULT_PERCENT if row is None else int(str(row[0]))

    def set_threshold(self, course: int, percent: int) -> None:
        """Keep how many percent, 1 to 100, earn a certificate."""
        with self.connection.transaction() as driver:
            driver.execute(
                "INSERT INTO course_threshold (course, percent) VALUES (?, ?)"
                " ON CONFLICT (course) DO UPDATE SET percent = excluded.percent",
                (course, percent),
            )
