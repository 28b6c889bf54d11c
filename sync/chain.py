"""One more segment at the end of a stream, wherever a database keeps its end and its segments."""

from __future__ import annotations

from dataclasses import dataclass

from edge.clock import Stamp
from edge.store.connection import Driver
from sync.bundle import Entry
from sync.identity import Signer
from sync.segment import ClockState, Segment, StreamClass, seal


@dataclass(frozen=True, slots=True)
class Content:
    """What a segment is made of. ``span_ms`` is the earliest and the latest time in the body."""

    stream: StreamClass | str
    schema: str
    count: int
    span_ms: tuple[int, int]
    clock: ClockState
    body: bytes


@dataclass(frozen=True, slots=True)
class Tail:
    """Where a stream ends: the number and the hash of its last segment."""

    epoch: bytes
    seq: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Tables:
    """The statements of one database. Each may leave out parameters, but not the last one.

    ``insert`` takes epoch, number, stream, time of sealing, size, SHA-256 and bytes of the segment,
    ``move`` epoch, number and hash of the new end.
    """

    insert: str
    move: str

    def append(
        self, driver: Driver, signer: Signer, tail: Tail, content: Content, salt: bytes
    ) -> int:
        """Seal ``content`` behind ``tail`` within a transaction; return its number."""
        segment = seal(
            signer,
            epoch=tail.epoch,
            seq=tail.seq + 1,
            previous=tail.hash,
            stream=content.stream,
            schema=content.schema,
            count=content.count,
            first_ms=content.span_ms[0],
            last_ms=content.span_ms[1],
            clock=content.clock,
            salt=salt,
            body=content.body,
        )
        self.store(driver, segment)
        driver.execute(self.move, (tail.epoch, tail.seq + 1, segment.hash))
        return tail.seq + 1

    def store(self, driver: Driver, segment: Segment) -> None:
        """Write a segment within a transaction."""
        data = segment.encode()
        entry = Entry.of(data)
        header = segment.header
        driver.execute(
            self.insert,
            (
                header.epoch,
                header.seq,
                str(header.stream),
                header.clock.sealed_at_ms,
                entry.size,
                entry.sha256,
                data,
            ),
        )


def clock_state(stamp: Stamp) -> ClockState:
    """Return what a segment's header keeps of a stamp; a boot id is its 16 bytes."""
    digits = stamp.boot_id.removeprefix("process-").replace("-", "")
    return ClockState(
        sealed_at_ms=stamp.wall_ms,
        quality=int(stamp.quality),
        boot_id=bytes.fromhex(digits).ljust(16, b"\0")[:16],
        monotonic_ms=stamp.monotonic_ns // 1_000_000,
    )
