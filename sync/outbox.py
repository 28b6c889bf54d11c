"""What a hub has to send: segments in `village.db`, sealed once, kept until they arrived.

The cursors over the rounds, the end of the chain and the new segments change in one
transaction, so that after a kill at any moment each round is in exactly one segment.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TypeVar

from edge.clock import EARLIEST_MS, Stamp
from edge.store.connection import Connection, Driver, Row
from edge.store.personal_sent import note_sent
from sync import bundle, erasing, events, stream
from sync.bundle import Entry, Manifest
from sync.chain import Content, Tables, Tail, clock_state
from sync.errors import SyncError
from sync.events import Event
from sync.identity import EPOCH_SIZE, Signer
from sync.inflow_schema import MIGRATIONS as INFLOW
from sync.outbox_schema import MIGRATIONS
from sync.segment import NO_PREVIOUS, SALT_SIZE, Segment, StreamClass
from sync.stream import Body, Kind
from sync.unsealed import TABLES, Urgency

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
        connection.migrate("inflow", INFLOW)
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
        tables = TABLES[kind.schema]
        (rounds, rows) = source.rows(tables.count, (self._cursor(kind),))[0]
        return Waiting(_int(rounds), _int(rows))

    def urgency(self, kind: Kind, source: Connection) -> Urgency:
        """Return how soon what waits should leave; asked of kinds that are sealed to somebody."""
        return Urgency(_int(source.rows(TABLES[kind.schema].urgency, (self._cursor(kind),))[0][0]))

    def seal(
        self, kind: Kind, source: Connection, stamp: Stamp, recipients: Sequence[str] = ()
    ) -> int | None:
        """Seal the oldest waiting rounds, some :data:`stream.SEAL_BYTES`; return the segments.

        None: nothing waits, or another process sealed it at the same moment. 0: rounds were
        passed over that have nothing to send. Care rows wait while there are no ``recipients``.

        Nobody can withdraw a consent between the look at it and the segment: care is sealed with
        the source's write lock held.
        """
        is_care = kind.stream is StreamClass.CARE
        if is_care and not recipients:
            return None
        with source.transaction() if is_care else nullcontext() as locked:
            return self._seal(kind, source, locked, stamp, recipients)

    def _seal(
        self,
        kind: Kind,
        source: Connection,
        locked: Driver | None,
        stamp: Stamp,
        recipients: Sequence[str],
    ) -> int | None:
        cursor = self._cursor(kind)
        until, rows = self._take(kind, source, cursor)
        if until == cursor:
            return None
        made = list(stream.bodies(kind, rows, recipients)) if rows else []
        column = TABLES[kind.schema].cursor
        with self._db.transaction() as driver:
            moved = driver.execute(
                f"UPDATE sync_state SET {column} = ?1 WHERE {column} = ?2",  # noqa: S608
                (until, cursor),
            ).rowcount
            if not moved:
                return None
            # An erasure that is going on waits for this commit, or has been seen here.
            sent = [body for body in made if _may_send(locked, body)]
            for body in sent:
                self._insert(driver, _content(body, stamp))
        return len(sent)

    def say(
        self, schema: str, told: Sequence[Event], stamp: Stamp, do: Callable[[Driver, int], None]
    ) -> int:
        """Seal events into a segment and return its number; ``do`` as in :meth:`write`."""
        times = [event.at_ms for event in told]
        return self.write(
            StreamClass.EVENT,
            schema,
            events.encode(told),
            count=len(told),
            span_ms=(min(times), max(times)),
            stamp=stamp,
            do=do,
        )

    def write(
        self,
        stream: StreamClass,
        schema: str,
        body: bytes,
        *,
        count: int,
        span_ms: tuple[int, int],
        stamp: Stamp,
        do: Callable[[Driver, int], None],
    ) -> int:
        """Seal a body into a segment and return its number.

        ``do`` is called with the number, in the same transaction, before the segment counts.
        """
        with self._db.transaction() as driver:
            (last,) = driver.execute("SELECT last_seq FROM sync_state").fetchone()
            do(driver, last + 1)
            return self._insert(
                driver, Content(stream, schema, count, span_ms, clock_state(stamp), body)
            )

    def care_segments(self) -> list[Segment]:
        """Return the care segments that are here and not erased."""
        rows = self._db.rows("SELECT data FROM sync_segment WHERE stream = 'care' ORDER BY seq")
        found = [Segment.decode(_bytes(data)) for (data,) in rows]
        return [one for one in found if not one.erased]

    @staticmethod
    def erase_within(driver: Driver, seq: int) -> None:
        """Take salt and body of one segment away within a transaction of village.db."""
        (data,) = driver.execute("SELECT data FROM sync_segment WHERE seq = ?", (seq,)).fetchone()
        erased = Segment.decode(data).erase().encode()
        entry = Entry.of(erased)
        driver.execute(
            "UPDATE sync_segment SET data = ?, size = ?, sha256 = ? WHERE seq = ?",
            (erased, entry.size, entry.sha256, seq),
        )

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
        self.read(seq)
        with self._db.transaction() as driver:
            self.erase_within(driver, seq)
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
                    self._insert(driver, _content_of(old))
        return self.position()

    def prune(self, acknowledged: int, sealed_before_ms: int, now_ms: int | None = None) -> int:
        """Drop segments up to ``acknowledged`` sealed before a time; return how many.

        With ``now_ms``, what says that it was sealed before anybody knew the time, or after now,
        is kept as long from now on.
        """
        with self._db.transaction() as driver:
            if now_ms is not None:
                driver.execute(
                    "UPDATE sync_segment SET sealed_at = ?1 WHERE sealed_at < ?2 OR sealed_at > ?3",
                    (now_ms, EARLIEST_MS, now_ms + DAY_MS),
                )
            return driver.execute(
                "DELETE FROM sync_segment WHERE seq <= ?1 AND seq < coalesce("
                "(SELECT min(seq) FROM sync_segment WHERE seq > ?1 OR sealed_at >= ?2), ?1 + 1)",
                (acknowledged, sealed_before_ms),
            ).rowcount

    def _take(self, kind: Kind, source: Connection, cursor: int) -> tuple[int, list[Row]]:
        tables = TABLES[kind.schema]
        until, total = cursor, 0
        for number, rows in source.rows(tables.rounds, (cursor, _MAX_ROUNDS)):
            until, total = _int(number), total + _int(rows)
            if total >= kind.seal_rows:
                break
        return until, source.rows(tables.rows, (cursor, until))

    def _insert(self, driver: Driver, content: Content) -> int:
        row = driver.execute("SELECT epoch, last_seq, last_hash FROM sync_state").fetchone()
        return _TABLES.append(driver, self._signer, Tail(*row), content, self._random(SALT_SIZE))

    def _cursor(self, kind: Kind) -> int:
        column = TABLES[kind.schema].cursor
        return _int(self._one(f"SELECT {column} FROM sync_state")[0])  # noqa: S608  # constant

    def _one(self, sql: str) -> Row:
        row = self._db.row(sql)
        if row is None:
            raise SyncError("sync_state is empty", hint="Bitte `dorfhub doctor` ausführen.")
        return row


def _may_send(locked: Driver | None, body: Body) -> bool:
    if locked is None or body.subject is None:
        return True
    return note_sent(locked, erasing.body_id(body.data), body.subject, body.data_kinds)


def _content(body: Body, stamp: Stamp) -> Content:
    span = (body.first_ms, body.last_ms)
    kind = body.kind
    return Content(kind.stream, kind.schema, body.count, span, clock_state(stamp), body.data)


def _content_of(old: Segment) -> Content:
    head = old.header
    span = (head.first_ms, head.last_ms)
    return Content(head.stream, head.schema, head.count, span, head.clock, old.body)


_TABLES = Tables(
    insert="INSERT INTO sync_segment (seq, stream, sealed_at, size, sha256, data)"
    " VALUES (?2, ?3, ?4, ?5, ?6, ?7)",
    move="UPDATE sync_state SET last_seq = ?2, last_hash = ?3",
)
_FIRST_STATE = (
    "INSERT INTO sync_state (one, epoch, last_seq, last_hash, meter_round, care_round)"
    " VALUES (1, ?, 0, ?, 0, 0) ON CONFLICT (one) DO NOTHING"
)


def _int(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError(f"{value!r} is no integer")
    return value


def _bytes(value: object) -> bytes:
    if not isinstance(value, bytes):
        raise TypeError("no bytes")
    return value
