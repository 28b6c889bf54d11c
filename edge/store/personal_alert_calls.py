"""Whom to tell of an alert, and over which paths, in personal.db. Use `PersonalStore`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edge.care.ladder.rung import Rung
from edge.clock import Stamp
from edge.store.connection import Connection, Row

MOST_TRIES = 20  # over an hour of the waits below: then the network is not coming back for this one
_WAITS_S = (5, 15, 30, 60, 120, 300)


@dataclass(frozen=True, slots=True)
class KeptCall:
    """Somebody, or a place if ``contact`` is None, is to be told of an alert."""

    call: int
    alert: int
    lap: int
    rung: Rung
    contact: int | None
    called_at: int


@dataclass(frozen=True, slots=True)
class Message:
    """A call that goes over one path. ``tries`` is how often that was tried."""

    message: int
    call: KeptCall
    path: str
    tries: int
    state: str
    said: str


class AlertCalls:
    """The part of personal.db about telling; use :class:`edge.store.personal.PersonalStore`.

    :raises StoreError: or one of its kinds, from any method. No message names a person.
    """

    connection: Connection

    def new_calls(self) -> list[KeptCall]:
        """Return the calls that were given to no path yet, in their order."""
        rows = self.connection.rows(
            f"SELECT {_CALL} FROM alert_call AS c WHERE is_spread = 0 ORDER BY call"  # noqa: S608
        )
        return [_call(row) for row in rows]

    def call_for_a_test(
        self, alert: int, contact: int | None, paths: Sequence[str], lived: int, at: int
    ) -> None:
        """Let paths be tried out; ``contact`` is who gets a message, None for what is in the house.

        ``lived`` is now in the ladder's time.
        """
        with self.connection.transaction() as driver:
            cursor = driver.execute(
                "INSERT INTO alert_call (alert, lap, rung, contact, called_at)"
                " VALUES (?, 1, ?, ?, ?)",
                (alert, int(Rung.CLIENT), contact, at),
            )
            number = int(cursor.lastrowid or 0)
        call = KeptCall(number, alert, 1, Rung.CLIENT, contact, at)
        self.spread_call(call, paths, lived, at)

    def spread_call(self, call: KeptCall, paths: Sequence[str], due: int, at: int) -> None:
        """Give a call to its paths, each once; ``due`` is in the ladder's time."""
        with self.connection.transaction() as driver:
            driver.executemany(
                "INSERT INTO alert_message (call, alert, path, state, due, changed_at)"
                " VALUES (?, ?, ?, 'new', ?, ?) ON CONFLICT DO NOTHING",
                [(call.call, call.alert, path, due, at) for path in paths],
            )
            driver.execute("UPDATE alert_call SET is_spread = 1 WHERE call = ?", (call.call,))

    def due_messages(self, lived: int) -> list[Message]:
        """Return what is to be sent by now, in order."""
        rows = self.connection.rows(
            f"SELECT {_MESSAGE} WHERE m.state = 'new' AND m.due <= ? ORDER BY m.due, m.message",
            (lived,),
        )
        return [_message(row) for row in rows]

    def alert_messages(self, alert: int) -> list[Message]:
        """Return all that was sent of an alert, in order."""
        rows = self.connection.rows(
            f"SELECT {_MESSAGE} WHERE m.alert = ? ORDER BY m.message",
            (alert,),
        )
        return [_message(row) for row in rows]

    def message_sent(self, message: int, at: Stamp, reference: str | None = None) -> None:
        """Note that a path took a message; ``reference`` is by what it will report on it."""
        self._note_message(message, "sent", at, reference=reference)

    def message_arrived(self, path: str, reference: str, at: Stamp, *, did: bool) -> bool:
        """Note a path's report on a message; True if it is one of ours that waits for it."""
        row = self.connection.row(
            "SELECT message FROM alert_message WHERE path = ? AND reference = ? AND state = 'sent'"
            " ORDER BY message DESC LIMIT 1",
            (path, reference),
        )
        if row is None:
            return False
        self._note_message(int(str(row[0])), "arrived" if did else "failed", at)
        return True

    def message_failed(
        self, message: Message, said: str, lived: int, at: Stamp, *, for_good: bool = False
    ) -> None:
        """Note that a path did not take it: it is tried again, unless that is of no use.

        ``said`` is for people and names nobody.
        """
        tries = message.tries + 1
        wait_s = _WAITS_S[min(tries, len(_WAITS_S)) - 1]
        ends = for_good or tries >= MOST_TRIES
        with self.connection.transaction() as driver:
            driver.execute(
                "UPDATE alert_message SET state = ?, tries = ?, due = ?, said = ?, changed_at = ?"
                " WHERE message = ?",
                (
                    "failed" if ends else "new",
                    tries,
                    None if ends else lived + wait_s * 1000,
                    said,
                    at.wall_ms,
                    message.message,
                ),
            )

    def told_of(self, contact: int) -> list[int]:
        """Return the numbers of the open alerts that a contact was told of, the newest first."""
        rows = self.connection.rows(
            "SELECT DISTINCT c.alert, max(c.call) FROM alert_call AS c JOIN alert AS a USING"
            " (alert) WHERE c.contact = ? AND a.is_open = 1 GROUP BY c.alert ORDER BY 2 DESC",
            (contact,),
        )
        return [int(str(alert)) for alert, _ in rows]

    def _note_message(
        self, message: int, state: str, at: Stamp, reference: str | None = None
    ) -> None:
        with self.connection.transaction() as driver:
            driver.execute(
                "UPDATE alert_message SET state = ?, due = NULL, said = '', changed_at = ?,"
                " reference = coalesce(?, reference), tries = tries + (? = 'sent')"
                " WHERE message = ?",
                (state, at.wall_ms, reference, state, message),
            )


_CALL = "c.call, c.alert, c.lap, c.rung, c.contact, c.called_at"
_MESSAGE = (
    f"{_CALL}, m.message, m.path, m.tries, m.state, m.said FROM alert_message AS m"
    " JOIN alert_call AS c USING (call)"
)


def _call(row: Row) -> KeptCall:
    call, alert, lap, rung, contact, at = row
    return KeptCall(call, alert, lap, Rung(int(str(rung))), contact, at)  # type: ignore[arg-type]


def _message(row: Row) -> Message:
    message, path, tries, state, said = row[6:]
    return Message(message, _call(row[:6]), path, tries, state, said)  # type: ignore[arg-type]
