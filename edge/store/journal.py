"""The journal: bytes as they came, durable before anything decodes them or is told "received".

The collector appends, the worker marks. Care entries are sealed (age, X25519) on the way in
and nobody can read them here; the identity that opens them is in personal.db.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Literal, Self

from edge.clock import Stamp
from edge.store.connection import Connection, Driver, Row
from edge.store.errors import CareLaneClosed
from edge.store.journal_parked import Parked
from edge.store.journal_rows import Kept
from edge.store.journal_schema import MIGRATIONS
from edge.store.journal_seal import PayloadSealer
from hardware.reading import TimeQuality

MAX_PAYLOAD_BYTES = 65_536  # the longest M-Bus frame is 261 bytes, a GATT value 512
PRUNE_BATCH = 500  # rows erased in one commit: keeps the write lock under 0.1 s on a card

Lane = Literal["village", "care"]


class State(StrEnum):
    """What became of an entry."""

    NEW = "new"
    DECODED = "decoded"
    QUARANTINED = "quarantined"  # no decoder read it; kept for a later one
    REFUSED = "refused"  # no consent; the payload is erased


@dataclass(frozen=True, slots=True)
class Arrival:
    """Bytes to be kept. ``kind`` names the decoder (`mbus`, `ble:2A35`), ``key`` is idempotent."""

    lane: Lane
    source: str
    device: str
    kind: str
    key: bytes
    payload: bytes
    stamp: Stamp


@dataclass(frozen=True, slots=True)
class Entry:
    """Bytes that were kept; in the care lane ``payload`` is sealed. ``received_at`` is ms UTC."""

    id: int
    received_at: int
    boot_id: str
    monotonic_ns: int
    time_quality: TimeQuality
    lane: Lane
    source: str
    device: str
    kind: str
    payload: bytes
    state: State
    message: str
    decoded_at: int | None


def entry_key(*parts: str | bytes | int) -> bytes:
    """Return the idempotent key of what makes an entry one of its kind (BLAKE2b-128)."""
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        data = part if isinstance(part, bytes) else str(part).encode()
        digest.update(len(data).to_bytes(4, "big"))
        digest.update(data)
    return digest.digest()


class Journal(Parked):
    """journal.db. Threads may share one; several processes may open the same file.

    ``care_recipient`` is the public key that seals the care lane (`age1...`), None where
    there is none. ``key_secret`` keys the care lane's idempotent keys: a plain hash of a
    blood pressure could be found by trying all values. By default it lives as long as this
    object; :func:`edge.store.setup.key_secret` gives one that lives as long as the boot.

    :raises StoreError: or one of its kinds, from any method.
    """

    def __init__(
        self, path: Path, care_recipient: str | None = None, *, key_secret: bytes | None = None
    ) -> None:
        self._seal = PayloadSealer(care_recipient) if care_recipient else None
        self._key_secret = key_secret or secrets.token_bytes(32)
        self._connection = Connection.open(path)
        try:
            self._connection.migrate("journal", MIGRATIONS)
        except BaseException:
            self._connection.close()
            raise

    def append(  # noqa: PLR0917  # an entry has these columns
        self,
        lane: Lane,
        source: str,
        device: str,
        kind: str,
        key: bytes,
        payload: bytes,
        stamp: Stamp,
    ) -> int:
        """Keep one entry and return its id; it is on the disk when this returns.

        The same ``key`` again gives the first entry's id and stores nothing.

        :raises CareLaneClosed: for a care entry without a care public key.
        :raises StoreFull: if the disk is full; do not confirm to the device then.
        """
        return self.append_many([Arrival(lane, source, device, kind, key, payload, stamp)])[0]

    def append_many(self, arrivals: Sequence[Arrival]) -> list[int]:
        """Keep several entries in one commit, all or none; return their ids in order."""
        prepared = [(arrival, *self._prepare(arrival)) for arrival in arrivals]
        if not prepared:
            return []
        with self._connection.transaction() as driver:
            return [_insert(driver, arrival, key, body) for arrival, key, body in prepared]

    def veil(self, data: bytes, nonce: bytes) -> bytes:
        """Hide up to 64 bytes with the secret of the care lane's keys; twice gives them back.

        ``nonce`` is 16 bytes that are used once. For what follows from a care value and has to be
        kept beside it: without the secret it says nothing, and with the secret it is forgotten.
        """
        pad = hashlib.blake2b(nonce, key=self._key_secret, person=b"veil").digest()
        return bytes(one ^ other for one, other in zip(data, pad, strict=False))

    def pending(
        self, lane: Lane, limit: int = 100, *, after: int = 0, kind: str = "*"
    ) -> list[Entry]:
        """Return up to ``limit`` new entries with an id above ``after``, oldest first.

        ``kind`` is a pattern for the decoder's name, such as `ble:*`.
        """
        rows = self._connection.rows(
            f"SELECT {_COLUMNS} FROM entry WHERE state = 'new' AND lane = ? AND id > ?"  # noqa: S608
            " AND kind GLOB ? ORDER BY id LIMIT ?",
            (lane, after, kind, limit),
        )
        return [_entry(row) for row in rows]

    def arrivals(
        self, boot_id: str, offset_ms: int, span: tuple[int, int] = (0, 1 << 62)
    ) -> dict[int, tuple[int, bool]]:
        """Return what came in a boot: id to monotonic nanoseconds, and if its time is wrong.

        That is what came before the clock was set, or while it was a day off at least; at
        ``offset_ms``, since 1970, the boot's count was 0. ``span`` holds the first id and the last.
        """
        rows = self._connection.rows(
            "SELECT id, monotonic_ns, time_quality = 0"
            " OR abs(received_at - ?2 - monotonic_ns / 1000000) >= 86400000"
            " FROM entry WHERE boot_id = ?1 AND id BETWEEN ?3 AND ?4",
            (boot_id, offset_ms, *span),
        )
        return {int(str(number)): (int(str(count)), bool(wrong)) for number, count, wrong in rows}

    def entry(self, entry_id: int) -> Entry | None:
        """Return one entry, or None."""
        row = self._connection.row(
            f"SELECT {_COLUMNS} FROM entry WHERE id = ?",  # noqa: S608  # constant text
            (entry_id,),
        )
        return _entry(row) if row else None

    def mark(self, ids: Iterable[int], state: State | str, message: str = "") -> None:
        """Say what became of entries, in one commit. For `refused` see :meth:`refuse`.

        What was refused stays so: its bytes are gone.
        """
        state = State(state)
        if state is State.REFUSED:
            self.refuse(ids)
            return
        at = _now_ms() if state is not State.NEW else None
        with self._connection.transaction() as driver:
            driver.executemany(
                "UPDATE entry SET state = ?, message = ?, decoded_at = ? WHERE id = ?"
                " AND state <> 'refused'",
                [(state.value, message, at, entry_id) for entry_id in ids],
            )

    def kept(self, kind: str) -> list[Kept]:
        """Return the quarantined entries of one kind, counted by device and message."""
        rows = self._connection.rows(
            "SELECT lane, device, message, count(*), min(received_at), max(received_at)"
            " FROM entry WHERE state = 'quarantined' AND kind = ?"
            " GROUP BY lane, device, message ORDER BY device, message",
            (kind,),
        )
        return [Kept(*row) for row in rows]  # type: ignore[arg-type]  # the columns are STRICT

    def quarantined(
        self, kind: str, message: str, limit: int = 100, *, after: int = 0
    ) -> list[Entry]:
        """Return up to ``limit`` entries that wait with that message, oldest first."""
        rows = self._connection.rows(
            f"SELECT {_COLUMNS} FROM entry WHERE state = 'quarantined' AND kind = ?"  # noqa: S608
            " AND message = ? AND id > ? ORDER BY id LIMIT ?",
            (kind, message, after, limit),
        )
        return [_entry(row) for row in rows]

    def requeue(self, kind: str, message: str) -> int:
        """Make quarantined entries of that kind and message new again; return how many.

        Commits of :data:`PRUNE_BATCH` entries: a month of a street does not hold the write lock.
        """
        done = 0
        while True:
            with self._connection.transaction() as driver:
                count = driver.execute(
                    "UPDATE entry SET state = 'new', message = '', decoded_at = NULL WHERE id IN"
                    " (SELECT id FROM entry WHERE state = 'quarantined' AND kind = ?"
                    " AND message = ? LIMIT ?)",
                    (kind, message, PRUNE_BATCH),
                ).rowcount
            done += count
            if count < PRUNE_BATCH:
                return done

    def refuse(self, ids: int | Iterable[int], message: str = "") -> None:
        """Erase the payloads of entries that must not be kept; they are only counted then."""
        chosen = [ids] if isinstance(ids, int) else list(ids)
        if not chosen:
            return
        with self._connection.transaction() as driver:
            driver.executemany(
                "UPDATE entry SET state = 'refused', payload = x'', message = ?, decoded_at = ?"
                " WHERE id = ?",
                [(message, _now_ms(), entry_id) for entry_id in chosen],
            )
        # The old page is still in the write-ahead log. If a reader is in the way, the next
        # checkpoint does it.
        self._connection.checkpoint()

    def erase_decoded(self, devices: Iterable[str], kinds: Sequence[str] = ("*",)) -> int:
        """Erase the payloads of these sensors' decoded care entries; return how many.

        ``kinds`` are patterns as in :meth:`pending`. Nothing but the bytes goes: what became of
        the entries is still known.
        """
        erased = 0
        for device in devices:
            with self._connection.transaction() as driver:
                erased += driver.executemany(
                    "UPDATE entry SET payload = x'' WHERE lane = 'care' AND state = 'decoded'"
                    " AND device = ? AND payload <> x'' AND kind GLOB ?",
                    [(device, kind) for kind in kinds],
                ).rowcount
        if erased:
            self._connection.checkpoint()  # as in refuse()
        return erased

    def erase_devices(self, devices: Iterable[str]) -> int:
        """Erase the payloads of all care entries of these devices; return how many.

        What waited is refused; that something came, and when, is still known until it is pruned.
        """
        erased = 0
        for device in devices:
            with self._connection.transaction() as driver:
                erased += driver.execute(
                    "UPDATE entry SET payload = x'', decoded_at = coalesce(decoded_at, ?),"
                    " state = CASE state WHEN 'decoded' THEN state ELSE 'refused' END,"
                    " message = 'erased' WHERE lane = 'care' AND device = ?"
                    " AND message <> 'erased'",
                    (_now_ms(), device),
                ).rowcount
        if erased:
            self._connection.checkpoint()  # as in refuse()
        return erased

    def refuse_waiting(self, device: str, kind: str, message: str) -> int:
        """Erase a device's care entries that are not decoded yet; return how many."""
        with self._connection.transaction() as driver:
            count = driver.execute(
                "UPDATE entry SET state = 'refused', payload = x'', message = ?, decoded_at = ?"
                " WHERE lane = 'care' AND state IN ('new', 'quarantined') AND device = ?"
                " AND kind = ?",
                (message, _now_ms(), device, kind),
            ).rowcount
        if count:
            self._connection.checkpoint()  # as in refuse()
        return count

    def counts(self) -> dict[tuple[str, str], int]:
        """Return the number of entries by (lane, state); pairs without entries are absent."""
        rows = self._connection.rows("SELECT lane, state, count(*) FROM entry GROUP BY 1, 2")
        return {(str(lane), str(state)): int(str(number)) for lane, state, number in rows}

    def prune(self, before_ms: int, *, limit: int = PRUNE_BATCH) -> int:
        """Erase up to ``limit`` entries received before ``before_ms``; return how many.

        Only decoded and refused ones: what is new or quarantined still waits for somebody.
        Call again while it returns ``limit``.
        """
        with self._connection.transaction() as driver:
            cursor = driver.execute(
                "DELETE FROM entry WHERE id IN (SELECT id FROM entry INDEXED BY entry_time"
                " WHERE received_at < ? AND state IN ('decoded', 'refused')"
                " AND id < (SELECT max(id) FROM entry) LIMIT ?)",  # so that no id comes twice
                (before_ms, limit),
            )
            return cursor.rowcount

    def prune_waiting(self, kind: str, before_ms: int, *, limit: int = PRUNE_BATCH) -> int:
        """Erase up to ``limit`` entries of that kind that were not decoded in time; say how many.

        New ones too: what nobody could open until ``before_ms`` is kept no longer.
        """
        with self._connection.transaction() as driver:
            cursor = driver.execute(
                "DELETE FROM entry WHERE id IN (SELECT id FROM entry INDEXED BY entry_time"
                " WHERE received_at < ? AND state IN ('new', 'quarantined') AND kind = ?"
                " AND id < (SELECT max(id) FROM entry) LIMIT ?)",  # as in prune()
                (before_ms, kind, limit),
            )
            return cursor.rowcount

    def checkpoint(self) -> bool:
        """Empty the write-ahead log; False if a reader is in the way."""
        return self._connection.checkpoint()

    def close(self) -> None:
        """Close the file. Closing twice does nothing."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _prepare(self, arrival: Arrival) -> tuple[bytes, bytes]:
        if len(arrival.payload) > MAX_PAYLOAD_BYTES:
            raise ValueError(f"a payload of {len(arrival.payload)} bytes is no device's")
        if arrival.lane == "village":
            return arrival.key, arrival.payload
        if self._seal is None:
            raise CareLaneClosed("a care entry cannot be sealed: no care public key")
        key = hashlib.blake2b(arrival.key, key=self._key_secret, digest_size=16).digest()
        return key, self._seal(arrival.payload)


def _insert(driver: Driver, arrival: Arrival, key: bytes, payload: bytes) -> int:
    known = driver.execute("SELECT id FROM entry WHERE key = ?", (key,)).fetchone()
    if known:
        return int(known[0])
    stamp = arrival.stamp
    received_at = stamp.wall_ms
    while driver.execute(
        "SELECT 1 FROM entry WHERE received_at = ? AND device = ?", (received_at, arrival.device)
    ).fetchone():
        received_at += 1
    cursor = driver.execute(
        "INSERT INTO entry (received_at, boot_id, monotonic_ns, time_quality, lane, source,"
        " device, kind, key, payload, state, message)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'new', '')",
        (
            received_at,
            stamp.boot_id,
            stamp.monotonic_ns,
            int(stamp.quality),
            arrival.lane,
            arrival.source,
            arrival.device,
            arrival.kind,
            key,
            payload,
        ),
    )
    return int(cursor.lastrowid or 0)


def _entry(row: Row) -> Entry:
    values = list(row)
    values[4] = TimeQuality(int(str(values[4])))
    values[10] = State(str(values[10]))
    return Entry(*values)  # type: ignore[arg-type]  # the columns are STRICT


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


_COLUMNS = (
    "id, received_at, boot_id, monotonic_ns, time_quality, lane, source, device, kind,"
    " payload, state, message, decoded_at"
)
