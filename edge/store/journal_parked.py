"""Care entries that wait in the journal, sealed, until a person says something or a key comes.

They are quarantined with one of the messages of this module and cost nothing while they wait.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from edge.store.connection import Connection

NO_OWNER = "no assignment"  # nobody's sensor: not even opened
WHOSE = "whose"  # somebody's sensor, but nobody said whose value it is
NO_SESSION = "no session"  # a continuous monitor's value; its session's start has not come yet
NO_KEY = "KeyRequired"
WRONG_KEY = "WrongKey"
REPLAYED = "replayed"  # an old encrypted advertisement, sent again by somebody
RESTARTED = "restarted"  # it counts from zero: a change of batteries, if a person says so
PARKED = (NO_OWNER, WHOSE, NO_SESSION, NO_KEY, WRONG_KEY, REPLAYED, RESTARTED)

CARE_KINDS = "ble:*"
BATCH = 500  # entries changed in one commit: keeps the write lock under 0.1 s on a card


@dataclass(frozen=True, slots=True)
class ParkedEntry:
    """A waiting entry without its bytes. ``received_at`` is ms since 1970, UTC."""

    id: int
    device: str
    received_at: int


class Parked:
    """The part of the journal that keeps what waits; use `Journal`.

    :raises StoreError: or one of its kinds, from any method.
    """

    _connection: Connection

    def parked_counts(self) -> dict[tuple[str, str], int]:
        """Return how many care entries wait, by (message, device); pairs without are absent."""
        rows = self._connection.rows(
            "SELECT message, device, count(*) FROM entry WHERE state = 'quarantined'"
            " AND kind GLOB ? GROUP BY message, device",
            (CARE_KINDS,),
        )
        return {
            (str(message), str(device)): int(str(count))
            for message, device, count in rows
            if message in PARKED
        }

    def parked_entries(self, message: str, before_ms: int = 1 << 62) -> list[ParkedEntry]:
        """Return the care entries that wait for that reason and came before a moment."""
        rows = self._connection.rows(
            "SELECT id, device, received_at FROM entry WHERE state = 'quarantined'"
            " AND kind GLOB ? AND message = ? AND received_at < ? ORDER BY id",
            (CARE_KINDS, message, before_ms),
        )
        return [ParkedEntry(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns

    def undecided(self, device: str) -> dict[str, int]:
        """Return how many entries of a sensor nobody looked into yet, by kind."""
        rows = self._connection.rows(
            "SELECT kind, count(*) FROM (SELECT kind FROM entry WHERE state = 'new'"
            " AND lane = 'care' AND device = ? AND kind GLOB ? UNION ALL"
            " SELECT kind FROM entry WHERE state = 'quarantined' AND device = ? AND kind GLOB ?"
            " AND message = ?) GROUP BY kind",
            (device, CARE_KINDS, device, CARE_KINDS, NO_OWNER),
        )
        return {str(kind): int(str(count)) for kind, count in rows}

    def unpark(self, message: str, devices: Iterable[str]) -> int:
        """Make care entries of these devices that wait for that reason new; return how many."""
        done = 0
        for device in devices:
            while True:
                with self._connection.transaction() as driver:
                    count = driver.execute(
                        "UPDATE entry SET state = 'new', message = '', decoded_at = NULL"
                        " WHERE id IN (SELECT id FROM entry WHERE state = 'quarantined'"
                        " AND kind GLOB ? AND message = ? AND device = ? LIMIT ?)",
                        (CARE_KINDS, message, device, BATCH),
                    ).rowcount
                done += count
                if count < BATCH:
                    break
        return done

    def forget_bytes(self, ids: Iterable[int]) -> None:
        """Erase the payloads of decoded entries that hold more than may be kept."""
        chosen = [(entry_id,) for entry_id in ids]
        if chosen:
            with self._connection.transaction() as driver:
                driver.executemany(
                    "UPDATE entry SET payload = x'' WHERE id = ? AND state = 'decoded'", chosen
                )
            self._connection.checkpoint()  # the old page is still in the write-ahead log
