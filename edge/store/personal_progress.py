"""How far somebody came in a material, in personal.db. Use `edge.store.personal.PersonalStore`.

It belongs to a learner with a card, goes with them, and goes by itself when it was not used for
half a year.
"""

from __future__ import annotations

from dataclasses import dataclass

from edge.store.connection import Connection
from edge.store.errors import StoreError

KEPT_MS = 180 * 86_400_000
MAX_MATERIALS = 500  # of one person; the one longest unused goes first

_V1 = (
    # `place` is a page, or milliseconds into a film; deleted with the learner, in whatever way
    """
    CREATE TABLE learning_progress (
      learner INTEGER NOT NULL REFERENCES learner (learner) ON DELETE CASCADE,
      sha256 TEXT NOT NULL,
      place INTEGER NOT NULL CHECK (place >= 0),
      done INTEGER NOT NULL CHECK (done IN (0, 1)),
      used_at INTEGER NOT NULL,
      delete_after INTEGER NOT NULL,
      PRIMARY KEY (learner, sha256)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TRIGGER progress_forgotten AFTER UPDATE OF forgotten_at, card_hash ON learner
      WHEN NEW.forgotten_at IS NOT NULL OR NEW.card_hash IS NULL
      BEGIN DELETE FROM learning_progress WHERE learner = NEW.learner; END
    """,
)

MIGRATIONS = {"progress_0001_materials": _V1}


class NoSuchCard(StoreError):
    """The card is nobody's (any more)."""

    hint = "Diese Karte gehört niemandem (mehr). Am Tisch gibt es eine neue."


@dataclass(frozen=True, slots=True)
class Progress:
    """How far somebody came: a page, or milliseconds; and whether they are done."""

    place: int
    done: bool
    used_at: int


class Progresses:
    """The part of personal.db about progress; use :class:`edge.store.personal.PersonalStore`.

    :raises StoreError: or one of its kinds, from any method. No message names a person.
    """

    connection: Connection

    def progress(self, card_hash: bytes) -> dict[str, Progress]:
        """Return how far a card's owner came, by the SHA-256 of the material."""
        rows = self.connection.rows(
            "SELECT p.sha256, p.place, p.done, p.used_at FROM learning_progress AS p"
            " JOIN learner AS l USING (learner) WHERE l.card_hash = ? ORDER BY p.used_at DESC",
            (card_hash,),
        )
        return {
            str(digest): Progress(int(str(place)), bool(done), int(str(at)))
            for digest, place, done, at in rows
        }

    def note_progress(
        self,
        card_hash: bytes,
        sha256: str,
        at: int,
        *,
        place: int | None = None,
        done: bool | None = None,
    ) -> None:
        """Note how far a card's owner came; None leaves what stands.

        :raises NoSuchCard: if the card is nobody's.
        """
        with self.connection.transaction() as driver:
            row = driver.execute(
                "SELECT learner FROM learner WHERE card_hash = ?", (card_hash,)
            ).fetchone()
            if row is None:
                raise NoSuchCard("this card is nobody's")
            mark = None if done is None else int(done)
            driver.execute(
                "INSERT INTO learning_progress (learner, sha256, place, done, used_at,"
                " delete_after) VALUES (?1, ?2, coalesce(?3, 0), coalesce(?4, 0), ?5, ?6)"
                " ON CONFLICT (learner, sha256) DO UPDATE SET place = coalesce(?3, place),"
                " done = coalesce(?4, done), used_at = ?5, delete_after = ?6",
                (row[0], sha256, place, mark, at, at + KEPT_MS),
            )
            driver.execute(
                "DELETE FROM learning_progress WHERE learner = ?1 AND sha256 NOT IN (SELECT sha256"
                " FROM learning_progress WHERE learner = ?1 ORDER BY used_at DESC LIMIT ?2)",
                (row[0], MAX_MATERIALS),
            )

    def forget_progress(self, now_ms: int) -> int:
        """Delete what was not used for half a year; return how many."""
        with self.connection.transaction() as driver:
            gone = driver.execute(
                "DELETE FROM learning_progress WHERE delete_after <= ?", (now_ms,)
            ).rowcount
        if gone:
            self.connection.checkpoint()
        return int(gone)
