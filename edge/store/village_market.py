"""The market board in village.db. Use through `edge.store.village`.

Whom to ask stands in personal.db alone (:mod:`edge.store.personal_market`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from edge.store.connection import Connection, Row
from edge.store.edited import EditedSince, NotThere
from edge.village.market import Category, Draft, Kind, Reach, State


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketEntry:
    """An entry in whatever state. ``shown_until`` of one that waits is when it is forgotten."""

    entry: int
    state: State
    kind: Kind
    category: Category
    title: str
    text: str
    reach: Reach
    proposed_at: int
    shown_from: int | None
    shown_until: int
    reason: str
    rev: int


class Market:
    """The part of village.db about the market board.

    :raises StoreError: or one of its kinds, from any method.
    """

    connection: Connection

    def put_entry(
        self, draft: Draft, at: int, until: int, *, slip_hash: bytes, token_hash: bytes
    ) -> tuple[int, bool]:
        """Keep a new entry that waits for a volunteer; sent twice it is there once.

        Returns its number, 0 if it does not stand under this slip: try another; and whether it is
        new.
        """
        with self.connection.transaction() as driver:
            row = driver.execute(
                "SELECT entry, slip_hash FROM market_entry WHERE token_hash = ?", (token_hash,)
            ).fetchone()
            if row is not None:
                return (int(row[0]) if row[1] == slip_hash else 0), False
            cursor = driver.execute(
                "INSERT INTO market_entry (state, kind, category, title, body, reach, proposed_at,"
                " shown_from, shown_until, reason, slip_hash, token_hash, rev, changed_at)"
                " VALUES ('proposed', ?, ?, ?, ?, ?, ?, NULL, ?, '', ?, ?, 1, ?)"
                " ON CONFLICT DO NOTHING",
                (
                    draft.kind, draft.category, draft.title, draft.text, draft.reach, at, until,
                    slip_hash, token_hash, at,
                ),
            )  # fmt: skip
            number = int(cursor.lastrowid or 0) if cursor.rowcount else 0
            return number, bool(number)

    def change_entry(self, entry: MarketEntry, at: int) -> None:
        """Keep an entry that was read at its ``rev``.

        :raises EditedSince: if another was faster.
        :raises NotThere: if it is gone.
        """
        with self.connection.transaction() as driver:
            row = driver.execute(
                "SELECT rev FROM market_entry WHERE entry = ?", (entry.entry,)
            ).fetchone()
            if row is None:
                raise NotThere(f"no entry {entry.entry}")
            if row[0] != entry.rev:
                raise EditedSince(f"entry {entry.entry}", int(row[0]))
            driver.execute(
                "UPDATE market_entry SET state = ?, kind = ?, category = ?, title = ?, body = ?,"
                " shown_from = ?, shown_until = ?, reason = ?, rev = rev + 1, changed_at = ?"
                " WHERE entry = ?",
                (
                    entry.state, entry.kind, entry.category, entry.title, entry.text,
                    entry.shown_from, entry.shown_until, entry.reason, at, entry.entry,
                ),
            )  # fmt: skip

    def drop_entry(self, number: int) -> None:
        """Delete an entry that could not be kept whole."""
        with self.connection.transaction() as driver:
            driver.execute("DELETE FROM market_entry WHERE entry = ?", (number,))

    def entry(self, number: int) -> MarketEntry:
        """Return an entry.

        :raises NotThere: if there is none of that number.
        """
        row = self.connection.row(f"{_SELECT} WHERE entry = ?", (number,))
        if row is None:
            raise NotThere(f"no entry {number}")
        return _entry(row)

    def entry_of_slip(self, slip_hash: bytes) -> MarketEntry | None:
        """Return what was written with a slip."""
        row = self.connection.row(f"{_SELECT} WHERE slip_hash = ?", (slip_hash,))
        return _entry(row) if row else None

    def entries(self, states: Iterable[State], at: int) -> list[MarketEntry]:
        """Return what is in one of the states and not over, newest first."""
        found = tuple(states)
        rows = self.connection.rows(
            f"{_SELECT} WHERE state IN ({', '.join('?' * len(found))}) AND shown_until > ?"
            " ORDER BY coalesce(shown_from, proposed_at) DESC, entry DESC",
            (*found, at),
        )
        return [_entry(row) for row in rows]

    def forget_entries(self, before: int) -> int:
        """Delete what was over before ``before``; return how many."""
        with self.connection.transaction() as driver:
            return driver.execute(
                "DELETE FROM market_entry WHERE shown_until < ?", (before,)
            ).rowcount


_COLUMNS = (
    "entry", "state", "kind", "category", "title", "body", "reach", "proposed_at", "shown_from",
    "shown_until", "reason", "rev",
)  # fmt: skip
_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM market_entry"  # noqa: S608  # constants


def _entry(row: Row) -> MarketEntry:
    values = dict(zip(_COLUMNS, row, strict=True))
    values["text"] = values.pop("body")
    return MarketEntry(**values)  # type: ignore[arg-type]  # STRICT columns
