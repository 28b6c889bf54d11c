"""Who teaches, in personal.db. Use `edge.store.personal.PersonalStore`."""

from __future__ import annotations

from dataclasses import dataclass

from edge.learning.signup import same_name
from edge.store.connection import Connection


@dataclass(frozen=True, slots=True)
class Trainer:
    """Who teaches; courses in village.db name the number only."""

    trainer: int
    name: str
    phone: str | None
    delete_after: int


class Trainers:
    """The part of personal.db about trainers; use :class:`edge.store.personal.PersonalStore`.

    :raises StoreError: or one of its kinds, from any method. No message names a person.
    """

    connection: Connection

    def add_trainer(self, name: str, phone: str | None, at: int, delete_after: int) -> int:
        """Keep a trainer and return the number."""
        with self.connection.transaction() as driver:
            cursor = driver.execute(
                "INSERT INTO trainer (name, phone, created_at, delete_after) VALUES (?, ?, ?, ?)",
                (name, phone, at, delete_after),
            )
            return int(cursor.lastrowid or 0)

    def trainers(self) -> list[Trainer]:
        """Return all trainers by name."""
        rows = self.connection.rows(
            "SELECT trainer, name, phone, delete_after FROM trainer ORDER BY name, trainer"
        )
        return [Trainer(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns

    def forget_trainers(self, now_ms: int) -> int:
        """Delete trainers whose time is up; return how many."""
        with self.connection.transaction() as driver:
            return driver.execute("DELETE FROM trainer WHERE delete_after <= ?", (now_ms,)).rowcount

    def keep_trainer(self, trainer: int, until: int) -> None:
        """Keep a trainer at least until then."""
        with self.connection.transaction() as driver:
            driver.execute(
                "UPDATE trainer SET delete_after = max(delete_after, ?) WHERE trainer = ?",
                (until, trainer),
            )

    def trainers_of(self, person: int) -> list[int]:
        """Return the trainers that are a person of care's: said to be, or of the same name."""
        row = self.connection.row(
            "SELECT open_text(person, name) FROM person WHERE person = ?", (person,)
        )
        wanted = same_name(str(row[0])) if row and row[0] is not None else ""
        rows = self.connection.rows("SELECT trainer, name, person FROM trainer ORDER BY trainer")
        return [
            int(str(trainer))
            for trainer, name, known in rows
            if known == person or (known is None and wanted and same_name(str(name)) == wanted)
        ]
