"""What a hub has to send: segments in `village.db`, sealed once, kept until they arrived.

The cursors over the rounds, the end of the chain and the new segments change in one
transaction, so that after a kill at any moment each round is in exactly one segment.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from edge.care.consent import BLOOD_PRESSURE, CARE, COUNTY
from edge.clock import Stamp
from edge.store.connection import Connection, Driver, Row
from sync import bundle, stream
from sync.bundle import Entry, Manifest
from sync.errors import SyncError
from sync.identity import EPOCH_SIZE, Signer
from sync.segment import NO_PREVIOUS, SALT_SIZE, ClockState, Segment, StreamClass, seal
from sync.stream import Body, Kind

# More rounds than this are not looked at at once: a poll each 15 minutes makes 96 a day.
_MAX_ROUNDS = 500
MAX_BUNDLE_BYTES = 64 << 20  # what a county accepts in one piece
DAY_MS = 86_400_000
_ASK_HEAD = "Zuerst den Stand des Hubs erfragen."
_GONE = "Sie wurden bestätigt und nach der Aufbewahrungszeit gelöscht."


_Made = TypeVar("_Made")


class Unavailable(SyncError):
    """The segments that were asked for are not here; ``code`` says why, for programs."""

    def __init__(self, code: str, message: str, hint: str) -> None:
        super().__init__(message, hint=hint)
        self.code = code


@dataclass(frozen=True, slots=True)
class Position:
    """Where the stream stands. It holds ``first_seq`` to ``last_seq``; empty if that is less."""

    epoch: bytes
    first_seq: int
    last_seq: int
    last_hash: bytes


@dataclass(frozen=True, slots=True)
class Waiting:
    """Rounds and rows that no segment holds yet."""

    rounds: int
    rows: int


class Outbox:
    """The segments of one hub. Threads and processes may each have one on the same file.

    :raises StoreError: or one of its kinds, from any method.
    """

    def __init__(
        self,
        connection: Connection,
        signer: Signer,
        *,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._db = connection
        self._signer = signer
        self._random = random
        connection.migrate("sync", MIGRATIONS)
        if connection.row("SELECT 1 FROM sync_state") is None:
            with connection.transaction() as driver:
                driver.execute(_FIRST_STATE, (random(EPOCH_SIZE), NO_PREVIOUS))

    @property
    def hub(self) -> bytes:
        """The hub's name: its first public key."""
        return self._signer.name

    def position(self) -> Position:
        """Return where the stream stands."""
        epoch, last_seq, last_hash, first = self._one(
            "SELECT epoch, last_seq, last_hash, (SELECT min(seq) FROM sync_segment) FROM sync_state"
        )
        last = _int(last_seq)
        return Position(
            epoch=_bytes(epoch),
            first_seq=last + 1 if first is None else _int(first),
            last_seq=last,
            last_hash=_bytes(last_hash),
        )

    def waiting(self, kind: Kind, source: Connection) -> Waiting:
        """Return what waits to be sealed; ``source`` is the database of this kind's rounds."""
        tables = _TABLES[kind.stream]
        (rounds, rows) = source.rows(tables.count, (self._cursor(kind),))[0]
        return Waiting(_int(rounds), _int(rows))

    def seal(
        self, kind: Kind, source: Connection, stamp: Stamp, recipients: Sequence[str] = ()
    ) -> int | None:
        """Seal the oldest waiting rounds, some :data:`stream.SEAL_BYTES`; return the segments.

        None: nothing waits, or another process sealed it at the same moment. 0: rounds were
        passed over that have nothing to send. Care rows wait while there are no ``recipients``.
        """
        if kind.stream is StreamClass.CARE and not recipients:
            return None
        cursor = self._cursor(kind)
        until, rows = self._take(kind, source, cursor)
        if until == cursor:
            return None
        made = list(stream.bodies(kind, rows, recipients)) if rows else []
        column = _TABLES[kind.stream].cursor
        with self._db.transaction() as driver:
            moved = driver.execute(
                f"UPDATE sync_state SET {column} = ?1 WHERE {column} = ?2",  # noqa: S608
                (until, cursor),
            ).rowcount
            if not moved:
                return None
            for body in made:
                self._append(driver, body, stamp)
        return len(made)

    def manifest(self, epoch: bytes, after: int, until: int) -> Manifest:
        """Return the manifest of the bundle with the segments ``after + 1`` to ``until``.

        :raises Unavailable: if they are not all here, or too many for one bundle.
        """
        here = self.position()
        if epoch != here.epoch:
            raise Unavailable("epoch", "This hub's stream has another epoch.", _ASK_HEAD)
        if until > here.last_seq:
            raise Unavailable(
                "ahead",
                f"This hub has sealed up to segment {here.last_seq}.",
                "Liegen spätere vor, wurde dieser Hub aus einer Sicherung zurückgespielt: bitte im "
                "Dorf anrufen.",
            )
        if after + 1 < here.first_seq:
            raise Unavailable("pruned", f"Segments before {here.first_seq} are gone.", _GONE)
        if not 0 <= after < until or until - after > bundle.MAX_SEGMENTS:
            raise Unavailable(
                "bounds",
                f"A bundle has 1 to {bundle.MAX_SEGMENTS} segments.",
                "Weniger Segmente auf einmal anfordern.",
            )
        rows = self._db.rows(
            "SELECT size, sha256 FROM sync_segment WHERE seq > ? AND seq <= ? ORDER BY seq",
            (after, until),
        )
        entries = tuple(Entry(_int(size), _bytes(digest)) for size, digest in rows)
        if len(entries) != until - after:
            raise SyncError(f"segments between {after} and {until} are missing in village.db")
        manifest = Manifest(self.hub, epoch, after + 1, until, entries)
        if manifest.size > MAX_BUNDLE_BYTES:
            raise Unavailable(
                "size",
                f"A bundle has at most {MAX_BUNDLE_BYTES} bytes.",
                "Weniger Segmente auf einmal anfordern.",
            )
        return manifest

    def read(self, seq: int) -> bytes:
        """Return the bytes of a segment.

        :raises Unavailable: if it is not here (any more).
        """
        row = self._db.row("SELECT data FROM sync_segment WHERE seq = ?", (seq,))
        if row is None:
            raise Unavailable("pruned", f"Segment {seq} is gone.", _GONE)
        return _bytes(row[0])

    def pieces(self, manifest: Manifest, start: int, stop: int) -> Iterator[bytes]:
        """Yield the bytes ``start`` to ``stop`` (exclusive) of a bundle; see `bundle.slices`."""
        return bundle.slices(manifest, self.read, start, stop)

    def erase(self, seq: int) -> None:
        """Take salt and body of one segment away for good; the chain goes on verifying.

        The bytes are gone from the files after the next checkpoint, which is asked for here.
        """
        erased = Segment.decode(self.read(seq)).erase().encode()
        entry = Entry.of(erased)
        with self._db.transaction() as driver:
            driver.execute(
                "UPDATE sync_segment SET data = ?, size = ?, sha256 = ? WHERE seq = ?",
                (erased, entry.size, entry.sha256, seq),
            )
        self._db.checkpoint()

    def rotate(self, change: Callable[[bytes, int], _Made]) -> _Made:
        """Call ``change(epoch, last_seq)`` while nobody can seal; return what it returns."""
        with self._db.transaction() as driver:
            epoch, last_seq = driver.execute("SELECT epoch, last_seq FROM sync_state").fetchone()
            return change(_bytes(epoch), _int(last_seq))

    def begin_epoch(self, after: int) -> Position:
        """Begin a new stream: what was sealed above ``after`` is sealed again under new numbers.

        For a hub whose stream two devices wrote, or that fell behind: the old one is left as
        the county holds it. Segments that were erased have nothing to carry over.
        """
        with self._db.transaction() as driver:
            rows = driver.execute(
                "SELECT data FROM sync_segment WHERE seq > ? ORDER BY seq", (after,)
            ).fetchall()
            driver.execute("DELETE FROM sync_segment")
            driver.execute(
                "UPDATE sync_state SET epoch = ?, last_seq = 0, last_hash = ?",
                (self._random(EPOCH_SIZE), NO_PREVIOUS),
            )
            driver.execute("UPDATE sync_peer SET acknowledged_seq = 0")
            driver.execute("UPDATE exchange SET acknowledged_seq = 0")
            for (data,) in rows:
                old = Segment.decode(data)
                if not old.erased:
                    self._chain(driver, old)
        return self.position()

    def prune(self, acknowledged: int, sealed_before_ms: int) -> int:
        """Drop segments up to ``acknowledged`` sealed before a time; return how many."""
        with self._db.transaction() as driver:
            return driver.execute(
                "DELETE FROM sync_segment WHERE seq <= ?1 AND seq < coalesce("
                "(SELECT min(seq) FROM sync_segment WHERE seq > ?1 OR sealed_at >= ?2), ?1 + 1)",
                (acknowledged, sealed_before_ms),
            ).rowcount

    def _take(self, kind: Kind, source: Connection, cursor: int) -> tuple[int, list[Row]]:
        tables = _TABLES[kind.stream]
        until, total = cursor, 0
        for number, rows in source.rows(tables.rounds, (cursor, _MAX_ROUNDS)):
            until, total = _int(number), total + _int(rows)
            if total >= kind.seal_rows:
                break
        return until, source.rows(tables.rows, (cursor, until))

    def _append(self, driver: Driver, body: Body, stamp: Stamp) -> None:
        self._insert(
            driver,
            stream=body.kind.stream,
            schema=body.kind.schema,
            count=body.count,
            span_ms=(body.first_ms, body.last_ms),
            clock=clock_state(stamp),
            body=body.data,
        )

    def _chain(self, driver: Driver, old: Segment) -> None:
        header = old.header
        self._insert(
            driver,
            stream=header.stream,
            schema=header.schema,
            count=header.count,
            span_ms=(header.first_ms, header.last_ms),
            clock=header.clock,
            body=old.body,
        )

    def _insert(
        self,
        driver: Driver,
        *,
        stream: StreamClass | str,
        schema: str,
        count: int,
        span_ms: tuple[int, int],
        clock: ClockState,
        body: bytes,
    ) -> None:
        epoch, last_seq, last_hash = driver.execute(
            "SELECT epoch, last_seq, last_hash FROM sync_state"
        ).fetchone()
        segment = seal(
            self._signer,
            epoch=epoch,
            seq=last_seq + 1,
            previous=last_hash,
            stream=stream,
            schema=schema,
            count=count,
            first_ms=span_ms[0],
            last_ms=span_ms[1],
            clock=clock,
            salt=self._random(SALT_SIZE),
            body=body,
        )
        data = segment.encode()
        entry = Entry.of(data)
        driver.execute(
            _INSERT_SEGMENT,
            (
                last_seq + 1,
                str(stream),
                clock.sealed_at_ms,
                entry.size,
                entry.sha256,
                data,
            ),
        )
        driver.execute(
            "UPDATE sync_state SET last_seq = ?, last_hash = ?", (last_seq + 1, segment.hash)
        )

    def _cursor(self, kind: Kind) -> int:
        column = _TABLES[kind.stream].cursor
        return _int(self._one(f"SELECT {column} FROM sync_state")[0])  # noqa: S608  # constant

    def _one(self, sql: str) -> Row:
        row = self._db.row(sql)
        if row is None:
            raise SyncError("sync_state is empty", hint="Bitte `dorfhub doctor` ausführen.")
        return row


def clock_state(stamp: Stamp) -> ClockState:
    """Return what a segment's header keeps of a stamp; a boot id is its 16 bytes."""
    digits = stamp.boot_id.removeprefix("process-").replace("-", "")
    return ClockState(
        sealed_at_ms=stamp.wall_ms,
        quality=int(stamp.quality),
        boot_id=bytes.fromhex(digits).ljust(16, b"\0")[:16],
        monotonic_ms=stamp.monotonic_ns // 1_000_000,
    )


@dataclass(frozen=True, slots=True)
class _Tables:
    cursor: str
    count: str
    rounds: str
    rows: str


def _tables(cursor: str, rounds: str, rows: str) -> _Tables:
    return _Tables(
        cursor=cursor,
        count=f"SELECT count(*), coalesce(sum(row_count), 0) FROM {rounds} WHERE round > ?",  # noqa: S608
        rounds=(
            f"SELECT round, row_count FROM {rounds} WHERE round > ? ORDER BY round LIMIT ?"  # noqa: S608
        ),
        rows=rows,
    )


_TABLES = {
    StreamClass.VILLAGE: _tables(
        "meter_round",
        "round",
        "SELECT d.device_id, r.observed_at, r.time_quality, "  # noqa: S608  # constant text
        + ", ".join(f"r.{name}" for name in stream.METER_COLUMNS)
        + " FROM round AS n CROSS JOIN meter_reading AS r"
        " ON r.observed_at BETWEEN n.first_at AND n.last_at AND r.round = n.round"
        " CROSS JOIN device AS d ON d.device = r.device"
        " WHERE n.round > ? AND n.round <= ? ORDER BY n.round, r.observed_at, r.device",
    ),
    StreamClass.CARE: _tables(
        "care_round",
        "care_round",
        # Only with a consent that says so, and is not withdrawn, does it leave the village.
        "SELECT r.device_id, r.observed_at, r.time_quality, "  # noqa: S608  # constant text
        + ", ".join(f"r.{name}" for name in stream.CARE_COLUMNS)
        + " FROM care_round AS n CROSS JOIN care_reading AS r"  # noqa: S608
        " ON r.observed_at BETWEEN n.first_at AND n.last_at AND r.round = n.round"
        " WHERE n.round > ? AND n.round <= ? AND EXISTS (SELECT 1 FROM consent AS c"
        f" WHERE c.person = r.person AND c.purpose = '{CARE}'"
        f" AND c.data_kind = '{BLOOD_PRESSURE}' AND c.recipient = '{COUNTY}'"
        " AND c.withdrawn_at IS NULL)"
        " ORDER BY n.round, r.observed_at, r.device_id",
    ),
}
_FIRST_STATE = (
    "INSERT INTO sync_state (one, epoch, last_seq, last_hash, meter_round, care_round)"
    " VALUES (1, ?, 0, ?, 0, 0) ON CONFLICT (one) DO NOTHING"
)
_INSERT_SEGMENT = (
    "INSERT INTO sync_segment (seq, stream, sealed_at, size, sha256, data)"
    " VALUES (?, ?, ?, ?, ?, ?)"
)

_V1 = (
    """
    CREATE TABLE sync_state (
      one INTEGER PRIMARY KEY CHECK (one = 1),
      epoch BLOB NOT NULL,
      last_seq INTEGER NOT NULL,
      last_hash BLOB NOT NULL,
      meter_round INTEGER NOT NULL,
      care_round INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE sync_segment (
      seq INTEGER PRIMARY KEY,
      stream TEXT NOT NULL,
      sealed_at INTEGER NOT NULL,
      size INTEGER NOT NULL,
      sha256 BLOB NOT NULL,
      data BLOB NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE sync_peer (
      public_key BLOB PRIMARY KEY NOT NULL,
      name TEXT NOT NULL,
      asked_at INTEGER NOT NULL,
      confirmed_at INTEGER,
      care_recipients TEXT NOT NULL DEFAULT '[]',
      asked_recipients TEXT,
      acknowledged_seq INTEGER NOT NULL DEFAULT 0
    ) STRICT, WITHOUT ROWID
    """,
)

_V2 = (
    "ALTER TABLE sync_peer ADD COLUMN keys BLOB",  # how the county changed its key
    "ALTER TABLE sync_peer ADD COLUMN said_at INTEGER",  # its last word, by its own clock
)

MIGRATIONS = {"sync_0001_outbox": _V1, "sync_0002_keys": _V2}


def _int(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError(f"{value!r} is no integer")
    return value


def _bytes(value: object) -> bytes:
    if not isinstance(value, bytes):
        raise TypeError("no bytes")
    return value
