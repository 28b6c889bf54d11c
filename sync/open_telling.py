"""Telling the county what the village publishes: files that the auditor passed, each in pieces.

A cube's file changes each quarter of an hour, and the road may be a stick: so a new one is told
once a day, a large one more rarely. What was withdrawn is told at once; what stays as it is, again
before its segments may be pruned.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edge.clock import Stamp
from edge.publish.certificate import Certificate, digest
from edge.publish.cube import all_cubes
from edge.publish.errors import SnapshotUnreadable
from edge.publish.release import Release, current
from edge.store.connection import Connection, Driver
from edge.store.village_open_told import ToldRelease, note_release, told_releases
from hardware.reading import TimeQuality
from sync import events, open_data
from sync.errors import SyncError
from sync.open_data import PIECE, Part, Withdrawn
from sync.outbox import DAY_MS, Outbox
from sync.segment import StreamClass

BYTES_A_DAY = 256 << 10  # of one cube, packed: what a stick or a mobile line carries unnoticed


class NotTold(SyncError):
    """A release cannot be told; it stays published."""

    hint = "Auf den nächsten Stand warten; veröffentlicht bleibt der jetzige hier."


class TooLarge(NotTold):
    """A release is more than a county takes."""

    hint = "Für eine Meldung an den Kreis ist die Datei zu groß; veröffentlicht bleibt sie hier."


@dataclass(frozen=True, slots=True)
class Publisher:
    """Where the village serves its open data itself, and whom its catalogue names; or empty."""

    address: str = ""
    name: str = ""
    contact: str = ""


def tell(  # noqa: PLR0917 - who, what, when
    outbox: Outbox,
    village: Connection,
    public: Path,
    stamp: Stamp,
    publisher: Publisher,
    retention_days: int,
) -> int:
    """Tell what is served in ``public`` and due, and what is not served any more; return how many.

    Segments are kept for ``retention_days``.

    :raises NotTold: if one cannot be told; the others were. What was told of it before is withdrawn
        if it may not be shown any more.
    :raises StoreError: if village.db fails; call again later.
    """
    told, again_ms = told_releases(village), retention_days * DAY_MS // 2
    count, failed = 0, None
    for name in sorted({*(cube.name for cube in all_cubes()), *told}):
        try:
            count += _cube(outbox, name, told.get(name), public, stamp, publisher, again_ms)
        except NotTold as error:
            failed = error
    if failed is not None:
        raise failed
    return count


def _cube(  # noqa: PLR0917 - who, what, when
    outbox: Outbox,
    cube: str,
    before: ToldRelease | None,
    public: Path,
    stamp: Stamp,
    publisher: Publisher,
    again_ms: int,
) -> bool:
    release = current(public, cube)
    if release is None:
        if before is None:
            return _begin(outbox, cube, stamp)
        return bool(before.digest) and _withdraw(outbox, cube, before, stamp)
    declaration = ""
    try:
        paper, mark = _paper(release)
        declaration = paper.declaration
        if not _due(before, mark, declaration, stamp, again_ms):
            return False
        _release(outbox, release, paper, stamp, publisher)
    except NotTold:
        if before is not None and before.digest and before.declaration != declaration:
            _withdraw(outbox, cube, before, stamp)  # nothing rather than what may not be shown
        raise
    return True


def _paper(release: Release) -> tuple[Certificate, bytes]:
    try:
        paper = release.certificate()
        return paper, bytes.fromhex(paper.sha256)
    except (SnapshotUnreadable, ValueError, TypeError) as error:
        raise NotTold(f"the certificate of {release.path.name} is none: {error}") from error


def _due(
    before: ToldRelease | None, mark: bytes, declaration: str, stamp: Stamp, again_ms: int
) -> bool:
    if before is None or not before.digest:
        return True
    if before.digest != mark and before.declaration != declaration:
        return True  # something must not be shown any more
    if stamp.quality is TimeQuality.UNKNOWN:
        return False
    wait_ms = DAY_MS * max(1, -(-before.size // BYTES_A_DAY))
    if before.digest == mark:
        wait_ms = max(wait_ms, again_ms)  # a county that lost it has it again
    return not 0 <= stamp.wall_ms - before.at < wait_ms


def _begin(outbox: Outbox, cube: str, stamp: Stamp) -> bool:
    """Say once that a cube is not published: a database that was lost may have told that it is."""
    if stamp.quality is not TimeQuality.UNKNOWN:  # what was said last by the clock counts
        _withdraw(outbox, cube, ToldRelease(1, b"", "", 0, stamp.wall_ms), stamp)
    return False  # nothing that anybody would count


def _withdraw(outbox: Outbox, cube: str, before: ToldRelease, stamp: Stamp) -> bool:
    event = open_data.event_of(Withdrawn(cube, before.number), stamp.wall_ms, int(stamp.quality))

    def do(driver: Driver, _: int) -> None:
        note_release(driver, cube, ToldRelease(before.number, b"", "", 0, stamp.wall_ms))

    outbox.say(open_data.SCHEMA, [event], stamp, do)
    return True


def _release(
    outbox: Outbox, release: Release, paper: Certificate, stamp: Stamp, publisher: Publisher
) -> None:
    try:
        if release.path.stat().st_size > open_data.MAX_SIZE:
            raise TooLarge(f"{release.path.name} has more than {open_data.MAX_SIZE} bytes")
        certificate = release.certificate_path.read_bytes()
        content = release.path.read_bytes()
    except OSError as error:
        raise NotTold(f"{release.path.name} cannot be read: {error.strerror}") from error
    if digest(content) != paper.sha256 or paper.cube != release.name:
        raise NotTold(f"{release.path.name} is not what its certificate is for")
    mark, count, size = bytes.fromhex(paper.sha256), open_data.pieces(len(content)), 0
    for part in range(1, count + 1):
        piece = content[(part - 1) * PIECE : part * PIECE]
        one = Part(
            release.name, release.number, mark, len(content), certificate, publisher.address,
            publisher.name, publisher.contact, part, piece,
        )  # fmt: skip
        try:
            body = events.encode([open_data.event_of(one, stamp.wall_ms, int(stamp.quality))])
        except ValueError as error:
            raise NotTold(f"{release.path.name} cannot be told: {error}") from error
        size += len(body)
        told = ToldRelease(release.number, mark, paper.declaration, size, stamp.wall_ms)
        last = part == count

        def do(driver: Driver, _: int, told: ToldRelease = told, *, last: bool = last) -> None:
            if last:
                note_release(driver, release.name, told)

        outbox.write(
            StreamClass.EVENT, open_data.SCHEMA, body, count=1,
            span_ms=(stamp.wall_ms, stamp.wall_ms), stamp=stamp, do=do,
        )  # fmt: skip
