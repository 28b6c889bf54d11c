"""The ends of hubs' books of reads at the county: kept as they were signed, and compared.

All are kept: which of them a later dispute is about, nobody knows today. A day has one at most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.care import anchor, audit
from edge.care.anchor import Anchor, CopyError, Doubt
from edge.care.audit import Fault
from edge.store.connection import Connection
from hardware.durable import flush
from sync import anchoring
from sync.county.hub import County
from sync.county.intake import laid, segment_of
from sync.county.streams import Streams
from sync.errors import SyncError


@dataclass(frozen=True, slots=True)
class Shrunk:
    """A hub told of its book ``after`` what cannot follow on ``before``.

    ``seen_by`` looked after it at ``seen_at`` (ms since 1970, UTC); nobody yet if it is empty.
    """

    before: Anchor
    after: Anchor
    seen_by: str = ""
    seen_at: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a presented book: its length, faults of its chain, anchors that it denies."""

    entries: int
    faults: tuple[tuple[int, Fault], ...]
    doubts: tuple[tuple[Anchor, Doubt], ...]
    anchors: int

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults and not self.doubts


def gather(county: County, now_ms: int) -> int:
    """Note the ends that hubs' segments told; return how many are new.

    :raises LakeError: if the positions cannot be read.
    """
    count = 0
    for stream, file in list(laid(county.config.books, county.config.unread)):
        one = segment_of(file)
        found = [] if one is None else anchoring.anchors_in(one)
        if one is None or (not found and county.config.unread in file.parents):
            continue
        if county.lake.positions([stream])[stream] < one.header.seq:
            continue  # the lake's commit tells if it counts
        with county.streams() as streams, streams.connection.transaction() as driver:
            for told in found:
                count += driver.execute(
                    "INSERT OR IGNORE INTO book_end (hub, epoch, seq, number, digest, at, taken_at,"
                    " segment) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        *(stream.hub, stream.epoch, one.header.seq),
                        *(told.number, told.digest, told.at, now_ms, one.encode()),
                    ),
                ).rowcount
        file.unlink(missing_ok=True)  # the job and a command may gather at once
        flush(file.parent)
    return count


def anchors(streams: Streams, hub: str) -> list[Anchor]:
    """Return the ends that a hub told, in the order they came."""
    return [one for told in _told(streams.connection, hub) for one in told]


def shrunk(streams: Streams, hub: str) -> list[Shrunk]:
    """Return where a hub's book became shorter or another one, as far as its own words show it."""
    seen = {
        tuple(key): (str(who), int(str(at)))
        for *key, who, at in streams.connection.rows(
            "SELECT before_number, before_digest, after_number, after_digest, after_at, who,"
            " seen_at FROM book_seen WHERE hub = ?",
            (hub,),
        )
    }
    return [
        Shrunk(before, after, *seen.get(_key(before, after), ("", None)))
        for told in _told(streams.connection, hub)
        for before, after in anchor.shrunk(told)
    ]


def unseen(streams: Streams, hub: str) -> list[Shrunk]:
    """Return those of :func:`shrunk` that nobody looked after yet."""
    return [one for one in shrunk(streams, hub) if not one.seen_by]


def mark_seen(streams: Streams, hub: str, found: Sequence[Shrunk], who: str, now_ms: int) -> None:
    """Note that somebody looked after these; who was noted first stays."""
    with streams.connection.transaction() as driver:
        driver.executemany(
            "INSERT OR IGNORE INTO book_seen (hub, before_number, before_digest, after_number,"
            " after_digest, after_at, who, seen_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [(hub, *_key(one.before, one.after), who, now_ms) for one in found],
        )


def compare(told: Sequence[Anchor], copy: Path) -> Verdict:
    """Compare a copy of a hub's book with what the hub told of it.

    :raises SyncError: if the file is no copy.
    :raises OSError: if it cannot be read.
    """
    try:
        with copy.open(encoding="ascii", errors="replace") as file:
            lines = anchor.read_copy(file)
    except CopyError as error:
        raise SyncError(str(error), hint=error.hint) from error
    verdict = audit.check(lines)
    digests = {line.number: line.digest for line in lines}
    last = max(digests, default=0)
    found = anchor.doubts(told, last, digests.get)
    return Verdict(len(lines), verdict.faults, tuple(found), len(told))


def _key(before: Anchor, after: Anchor) -> tuple[int, bytes, int, bytes, int]:
    return before.number, before.digest, after.number, after.digest, after.at


def _told(connection: Connection, hub: str) -> list[list[Anchor]]:
    """Return what a hub told, stream by stream: only within one is the order sure."""
    found: dict[str, list[Anchor]] = {}
    for epoch, *row in connection.rows(
        "SELECT epoch, number, digest, at FROM book_end WHERE hub = ?"
        " ORDER BY min(taken_at) OVER (PARTITION BY epoch), epoch, seq",
        (hub,),
    ):
        found.setdefault(str(epoch), []).append(Anchor(*row))  # type: ignore[arg-type]  # STRICT
    return list(found.values())
