"""The county's own streams: one to all hubs, one to each hub, written by the county alone.

They lie in ``streams.db``. A stream has its own epoch and begins with a segment that says whom it
is to. Numbers, chain and segments are those of a hub's stream, so that the same readers verify
them and the same carriers bring them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self, cast

from edge.clock import Stamp
from edge.store.connection import Connection, Driver
from sync import bundle, columns, county_words, events
from sync.bundle import Entry, Manifest
from sync.chain import Content, Tables, Tail, clock_state
from sync.columns import Source
from sync.custody_book import Book
from sync.errors import SyncError
from sync.events import Event
from sync.got import Got
from sync.identity import EPOCH_SIZE, PUBLIC_KEY_SIZE, Purpose, Signer
from sync.segment import NO_PREVIOUS, SALT_SIZE, Segment, StreamClass
from sync.wire import KeyOf

ALL = b""  # the addressee of what every hub takes
MAX_BODY = 192 << 10  # a hub takes a bundle of 256 KiB at once, from strangers too
PIECE_BYTES = 64 << 10  # what a cut line costs at most: one piece is sent again


class Rejected(SyncError):
    """Something cannot be written as it was given."""

    hint = "Bitte kürzer fassen oder auf mehrere Sendungen aufteilen."


@dataclass(frozen=True, slots=True)
class Line:
    """Where a stream stands. ``to`` is a hub's name, or empty."""

    epoch: bytes
    to: bytes
    last_seq: int


class Streams:
    """The streams in one file. Threads and processes may each have one.

    :raises StoreError: or one of its kinds, from any method.
    """

    def __init__(
        self, path: Path, signer: Signer, *, random: Callable[[int], bytes] = os.urandom
    ) -> None:
        self._db = Connection.open(path)
        self._signer = signer
        self._random = random
        try:
            self._db.migrate("streams", MIGRATIONS)
        except BaseException:
            self._db.close()
            raise

    def tell(self, to: bytes, told: Sequence[Event], stamp: Stamp) -> int:
        """Write events for a hub, or :data:`ALL`, into one segment; return its number.

        :raises Rejected: if a hub would not take one of them.
        """
        try:
            for event in told:
                county_words.check(event.kind, event.data)
            body = events.encode(told)
        except ValueError as error:
            raise Rejected(str(error)) from error
        times = [event.at_ms for event in told]
        span = (min(times), max(times))
        return self._write(to, StreamClass.EVENT, county_words.SCHEMA, len(told), span, body, stamp)

    def measure(self, schema: str, sources: Sequence[Source], stamp: Stamp) -> int:
        """Write weather for all hubs into one segment; return its number.

        :raises Rejected: if there is nothing in it, or more than a segment takes.
        """
        times = [at for source in sources for at in source.times_ms]
        try:
            body = columns.encode(sources)
            span = (min(times), max(times))
        except ValueError as error:
            raise Rejected(str(error)) from error
        return self._write(ALL, StreamClass.VILLAGE, schema, len(times), span, body, stamp)

    def lines(self, hub: bytes) -> list[Line]:
        """Return the streams that a hub takes, in the order they began."""
        rows = self._db.rows(
            "SELECT epoch, addressee, last_seq FROM stream WHERE addressee IN (x'', ?)"
            " ORDER BY begun_at, epoch",
            (hub,),
        )
        return [Line(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns

    def news(self, hub: bytes, held: Mapping[bytes, int]) -> Iterator[tuple[Line, Manifest]]:
        """Yield in order what a hub with these positions lacks, in pieces for a bad line."""
        for line in self.lines(hub):
            after = min(held.get(line.epoch, 0), line.last_seq)
            while after < line.last_seq:
                manifest = self._piece(line, after)
                yield line, manifest
                after = manifest.last

    def pack(self, manifest: Manifest) -> bytes:
        """Return the bundle of a manifest."""
        return b"".join(
            bundle.slices(manifest, lambda seq: self.read(manifest.epoch, seq), 0, manifest.size)
        )

    def read(self, epoch: bytes, seq: int) -> bytes:
        """Return the bytes of a segment; any number can be asked for again.

        :raises LookupError: if there is none.
        """
        row = self._db.row("SELECT data FROM segment WHERE epoch = ? AND seq = ?", (epoch, seq))
        if row is None or not isinstance(row[0], bytes):
            raise LookupError(f"no segment {seq} of {epoch.hex()}")
        return row[0]

    def distrusted(self) -> set[bytes]:
        """Return the keys that every hub was told to believe no more."""
        rows = self._db.rows(
            "SELECT data FROM segment JOIN stream USING (epoch) WHERE addressee = x''"
        )
        found = set()
        for (data,) in rows:
            one = Segment.decode(cast("bytes", data))
            if one.header.stream is StreamClass.EVENT:
                for event in events.decode(one.body):
                    if event.kind == county_words.REVOKED:
                        found.add(cast("bytes", event.data["key"]))
        return found

    def note(self, word: Got, now_ms: int) -> None:
        """Note how far a hub is. One that has more than we wrote shows that we were restored.

        Then that stream is written no further: the next word begins a new one.
        """
        with self._db.transaction() as driver:
            for epoch, seq in word.streams.items():
                driver.execute(
                    "INSERT INTO held (hub, epoch, seq, at) VALUES (?, ?, ?, ?)"
                    " ON CONFLICT DO UPDATE SET seq = excluded.seq, at = excluded.at",
                    (word.hub, epoch, seq, now_ms),
                )
                driver.execute(
                    "UPDATE stream SET closed = 1 WHERE epoch = ? AND last_seq < ?", (epoch, seq)
                )
            if word.care_key:
                driver.execute(
                    "INSERT OR REPLACE INTO care_key (hub, recipient, at) VALUES (?, ?, ?)",
                    (word.hub, word.care_key, now_ms),
                )

    def end(self, epoch: bytes) -> None:
        """Write a stream no further; the next word to whom it was to begins another."""
        with self._db.transaction() as driver:
            driver.execute("UPDATE stream SET closed = 1 WHERE epoch = ?", (epoch,))

    def held(self, hub: bytes) -> dict[bytes, int]:
        """Return how far a hub said it is, by epoch."""
        rows = self._db.rows("SELECT epoch, seq FROM held WHERE hub = ?", (hub,))
        return {epoch: seq for epoch, seq in rows}  # type: ignore[misc]  # noqa: C416

    def care_key(self, hub: bytes) -> str | None:
        """Return the age public key that replies to a hub's people are sealed to."""
        row = self._db.row("SELECT recipient FROM care_key WHERE hub = ?", (hub,))
        return None if row is None else str(row[0])

    def resign(self) -> int:
        """Sign every header with the key that holds now; return how many were signed anew.

        The chain is over headers, so it stays; a hub that begins today verifies all of it.
        """
        with self._db.transaction() as driver:
            rows = driver.execute("SELECT data FROM segment").fetchall()
            for (data,) in rows:
                old = Segment.decode(data)
                signature = self._signer.sign(Purpose.SEGMENT, old.raw_header)
                again = Segment(old.header, old.raw_header, signature, old.salt, old.body)
                _TABLES.store(driver, again)
        return len(rows)

    def book(self, concerns: Callable[[bytes], bool], key_of: KeyOf) -> Book:
        """Return the receipts of carriers that the county keeps."""
        return Book(self._db, concerns=concerns, key_of=key_of)

    @property
    def connection(self) -> Connection:
        """The database: orders to erase lie in it as well."""
        return self._db

    def close(self) -> None:
        """Close the file. Closing twice does nothing."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _write(  # noqa: PLR0917 - a segment has these
        self,
        to: bytes,
        stream: StreamClass,
        schema: str,
        count: int,
        span: tuple[int, int],
        body: bytes,
        stamp: Stamp,
    ) -> int:
        if len(body) > MAX_BODY:
            raise Rejected(f"{len(body)} bytes in one segment; at most {MAX_BODY} are taken")
        if len(to) not in (0, PUBLIC_KEY_SIZE):
            raise ValueError("a stream is to a hub's name, or to all")
        with self._db.transaction() as driver:
            row = driver.execute(
                "SELECT epoch FROM stream WHERE addressee = ? AND closed = 0"
                " ORDER BY begun_at DESC LIMIT 1",
                (to,),
            ).fetchone()
            epoch = self._begin(driver, to, stamp) if row is None else row[0]
            content = Content(stream, schema, count, span, clock_state(stamp), body)
            return self._append(driver, epoch, content)

    def _begin(self, driver: Driver, to: bytes, stamp: Stamp) -> bytes:
        epoch = self._random(EPOCH_SIZE)
        driver.execute(
            "INSERT INTO stream (epoch, addressee, begun_at, last_seq, last_hash)"
            " VALUES (?, ?, ?, 0, ?)",
            (epoch, to, stamp.wall_ms, NO_PREVIOUS),
        )
        first = Event(stamp.wall_ms, int(stamp.quality), county_words.BEGIN, {"to": to})
        span = (stamp.wall_ms, stamp.wall_ms)
        body = events.encode([first])
        clock = clock_state(stamp)
        content = Content(StreamClass.EVENT, county_words.SCHEMA, 1, span, clock, body)
        self._append(driver, epoch, content)
        return epoch

    def _append(self, driver: Driver, epoch: bytes, content: Content) -> int:
        row = driver.execute(
            "SELECT epoch, last_seq, last_hash FROM stream WHERE epoch = ?", (epoch,)
        ).fetchone()
        return _TABLES.append(driver, self._signer, Tail(*row), content, self._random(SALT_SIZE))

    def _piece(self, line: Line, after: int) -> Manifest:
        rows = self._db.rows(
            "SELECT size, sha256 FROM segment WHERE epoch = ? AND seq > ? ORDER BY seq LIMIT ?",
            (line.epoch, after, bundle.MAX_SEGMENTS),
        )
        entries: list[Entry] = []
        total = 0
        for size, digest in rows:
            total += int(str(size))
            if entries and total > PIECE_BYTES:
                break
            entries.append(Entry(size, digest))  # type: ignore[arg-type]  # STRICT columns
        return Manifest(
            self._signer.name, line.epoch, after + 1, after + len(entries), tuple(entries)
        )


_TABLES = Tables(
    insert="INSERT OR REPLACE INTO segment (epoch, seq, size, sha256, data)"
    " VALUES (?1, ?2, ?5, ?6, ?7)",
    move="UPDATE stream SET last_seq = ?2, last_hash = ?3 WHERE epoch = ?1",
)
_V1 = (
    """
    CREATE TABLE stream (
      epoch BLOB PRIMARY KEY NOT NULL,
      addressee BLOB NOT NULL,
      begun_at INTEGER NOT NULL,
      last_seq INTEGER NOT NULL,
      last_hash BLOB NOT NULL,
      closed INTEGER NOT NULL DEFAULT 0 CHECK (closed IN (0, 1))
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE segment (
      epoch BLOB NOT NULL,
      seq INTEGER NOT NULL,
      size INTEGER NOT NULL,
      sha256 BLOB NOT NULL,
      data BLOB NOT NULL,
      PRIMARY KEY (epoch, seq)
    ) STRICT
    """,
    """
    CREATE TABLE held (
      hub BLOB NOT NULL,
      epoch BLOB NOT NULL,
      seq INTEGER NOT NULL,
      at INTEGER NOT NULL,
      PRIMARY KEY (hub, epoch)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE care_key (
      hub BLOB PRIMARY KEY NOT NULL,
      recipient TEXT NOT NULL,
      at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    # what hubs ordered to erase
    """
    CREATE TABLE erased_body (
      hub TEXT NOT NULL,
      body BLOB NOT NULL,
      "order" BLOB NOT NULL,
      PRIMARY KEY (hub, body)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE erase_order (
      hub TEXT NOT NULL,
      "order" BLOB NOT NULL,
      devices TEXT NOT NULL,
      taken_at INTEGER NOT NULL,
      done_at INTEGER,
      segments INTEGER NOT NULL DEFAULT 0,
      rows INTEGER NOT NULL DEFAULT 0,
      files INTEGER NOT NULL DEFAULT 0,
      PRIMARY KEY (hub, "order")
    ) STRICT, WITHOUT ROWID
    """,
)

_V2 = (
    # what hubs ask certificates for, and which names are theirs
    """
    CREATE TABLE certificate_request (
      number INTEGER PRIMARY KEY,
      hub TEXT NOT NULL,
      request BLOB NOT NULL,
      name TEXT NOT NULL,
      csr BLOB NOT NULL,
      asked_at INTEGER NOT NULL,
      taken_at INTEGER NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('new', 'issued', 'refused', 'replaced')),
      why TEXT NOT NULL DEFAULT '',
      until_ms INTEGER,
      answered_at INTEGER,
      UNIQUE (hub, request)
    ) STRICT
    """,
    """
    CREATE TABLE certificate_name (
      name TEXT PRIMARY KEY NOT NULL,
      hub TEXT NOT NULL,
      allowed_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
)

_V3 = (
    # the ends of hubs' books of reads, each with the segment that the hub signed
    """
    CREATE TABLE book_end (
      hub TEXT NOT NULL,
      epoch TEXT NOT NULL,
      seq INTEGER NOT NULL,
      number INTEGER NOT NULL,
      digest BLOB NOT NULL,
      at INTEGER NOT NULL,
      taken_at INTEGER NOT NULL,
      segment BLOB NOT NULL,
      PRIMARY KEY (hub, epoch, seq, number)
    ) STRICT
    """,
)

_V4 = (
    # where a book became shorter or another one, and who looked after it
    """
    CREATE TABLE book_seen (
      hub TEXT NOT NULL,
      before_number INTEGER NOT NULL,
      before_digest BLOB NOT NULL,
      after_number INTEGER NOT NULL,
      after_digest BLOB NOT NULL,
      after_at INTEGER NOT NULL,
      who TEXT NOT NULL,
      seen_at INTEGER NOT NULL,
      PRIMARY KEY (hub, before_number, before_digest, after_number, after_digest, after_at)
    ) STRICT
    """,
)

MIGRATIONS = {
    "streams_0001_county": _V1,
    "streams_0002_certificates": _V2,
    "streams_0003_books": _V3,
    "streams_0004_seen": _V4,
}
