"""Notices that were proposed, and events, in village.db. Use through `edge.store.village`.

A notice of `dorfhub notice add` hangs without having been proposed. What hangs is asked for with
:meth:`edge.store.village_desk.Desk.notices`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from edge.store.connection import Connection, Row, Value
from edge.store.edited import EditedSince, NotThere
from edge.village.notice import Draft, State
from edge.village.repeat import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardNotice:
    """A notice in whatever state; ``shown_until`` None hangs until it is taken down.

    ``open_data``: a volunteer ticked that it goes out as open data too.
    """

    notice: int
    state: State
    title: str
    text: str
    place: str
    shown_from: int
    shown_until: int | None
    event: Event | None
    reason: str
    rev: int
    changed_at: int
    open_data: bool = False


class Notices:
    """The part of village.db about proposals and events.

    :raises StoreError: or one of its kinds, from any method.
    """

    connection: Connection

    def put_notice(
        self,
        draft: Draft,
        at: int,
        *,
        state: State,
        slip_hash: bytes | None = None,
        token_hash: bytes | None = None,
        open_data: bool = False,
    ) -> int:
        """Keep a new notice; one that came with this form before is left as it is.

        Returns its number, 0 if it does not stand under this slip: try another.
        """
        with self.connection.transaction() as driver:
            row = driver.execute(
                "SELECT notice, slip_hash FROM notice WHERE token_hash = ?", (token_hash,)
            ).fetchone()
            if row is not None:
                return int(row[0]) if row[1] == slip_hash else 0
            cursor = driver.execute(
                f"INSERT INTO notice ({', '.join(_CONTENT)}, state, slip_hash, token_hash,"  # noqa: S608
                f" changed_at, open_data) VALUES ({', '.join('?' * (len(_CONTENT) + 5))})"
                " ON CONFLICT DO NOTHING",
                (*_content(draft), state, slip_hash, token_hash, at, int(open_data)),
            )
            return int(cursor.lastrowid or 0) if cursor.rowcount else 0

    def change_notice(
        self,
        number: int,
        draft: Draft,
        at: int,
        *,
        rev: int,
        state: State,
        reason: str = "",
        open_data: bool = False,
    ) -> None:
        """Change a notice that was read at ``rev``; it is no open data unless that is said anew.

        :raises EditedSince: if another was faster.
        :raises NotThere: if it is gone.
        """
        with self.connection.transaction() as driver:
            row = driver.execute("SELECT rev FROM notice WHERE notice = ?", (number,)).fetchone()
            if row is None:
                raise NotThere(f"no notice {number}")
            if row[0] != rev:
                raise EditedSince(f"notice {number}", int(row[0]))
            driver.execute(
                f"UPDATE notice SET {', '.join(f'{one} = ?' for one in _CONTENT)},"  # noqa: S608
                " state = ?, reason = ?, rev = rev + 1, changed_at = ?, open_data = ?"
                " WHERE notice = ?",
                (*_content(draft), state, reason, at, int(open_data), number),
            )

    def board_notice(self, number: int) -> BoardNotice:
        """Return a notice.

        :raises NotThere: if there is none of that number.
        """
        row = self.connection.row(f"{_SELECT} WHERE notice = ?", (number,))
        if row is None:
            raise NotThere(f"no notice {number}")
        return _notice(row)

    def notice_of_slip(self, slip_hash: bytes) -> BoardNotice | None:
        """Return what was proposed with a slip."""
        row = self.connection.row(f"{_SELECT} WHERE slip_hash = ?", (slip_hash,))
        return _notice(row) if row else None

    def board_notices(self, state: State, at: int) -> list[BoardNotice]:
        """Return what is in a state, what hangs or will hang; what was proposed first is first."""
        rows = self.connection.rows(
            f"{_SELECT} WHERE state = ? AND (shown_until IS NULL OR shown_until > ?)"
            " ORDER BY shown_from, notice",
            (state, at),
        )
        return [_notice(row) for row in rows]

    def forget_notices(self, before: int) -> int:
        """Delete what was proposed or declined and not touched since ``before``."""
        with self.connection.transaction() as driver:
            return driver.execute(
                "DELETE FROM notice WHERE state <> 'approved' AND changed_at < ?", (before,)
            ).rowcount


_CONTENT = (
    "title", "body", "place", "shown_from", "shown_until", "starts_at", "ends_at", "repeats",
    "repeats_until",
)  # fmt: skip
_SELECT = (
    f"SELECT notice, state, {', '.join(_CONTENT)}, reason, rev, coalesce(changed_at, shown_from),"  # noqa: S608
    " open_data FROM notice"
)


def _content(draft: Draft) -> tuple[Value, ...]:
    event = draft.event
    when: tuple[Value, ...] = (None, None, "", None)
    if event is not None:
        until = event.until.isoformat() if event.until else None
        when = (event.starts_at, event.ends_at, event.repeat, until)
    return (draft.title, draft.text, draft.place, draft.shown_from, draft.shown_until, *when)


def _notice(row: Row) -> BoardNotice:
    number, state, title, text, place, shown_from, shown_until, *when = row
    starts_at, ends_at, repeats, until, reason, rev, changed_at, open_data = when
    event = None
    if starts_at is not None and ends_at is not None:
        event = Event(
            int(str(starts_at)),
            int(str(ends_at)),
            str(repeats),  # type: ignore[arg-type]  # written by ourselves
            date.fromisoformat(str(until)) if until else None,
        )
    return BoardNotice(
        notice=int(str(number)),
        state=str(state),  # type: ignore[arg-type]  # STRICT column with a CHECK
        title=str(title),
        text=str(text),
        place=str(place),
        shown_from=int(str(shown_from)),
        shown_until=None if shown_until is None else int(str(shown_until)),
        event=event,
        reason=str(reason),
        rev=int(str(rev)),
        changed_at=int(str(changed_at)),
        open_data=bool(open_data),
    )
