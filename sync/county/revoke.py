"""Revoking a hub's key: what it signed is believed up to a number, and not above.

For a key that was lost or stolen. What lies above the number already leaves the lake and the
sealed segments for the quarantine, where a person can look at it; what comes later goes there
as it comes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hardware.durable import flush
from sync.county import disk
from sync.county.hub import County
from sync.county.intake import SUFFIX
from sync.county.lake import Stream
from sync.county.ledger import Hub

ANY = ""  # the limit of every stream that has none of its own


@dataclass(frozen=True, slots=True)
class Revoked:
    """What was done: the stream and number that were named, and what went to quarantine."""

    hub: Hub
    epoch: str
    up_to: int
    segments: int
    readings: int


def revoke(county: County, hub: Hub, *, up_to: int, epoch: str | None, now_ms: int) -> Revoked:
    """Believe ``hub`` up to segment ``up_to`` of ``epoch`` (hex; None: its newest) and no further.

    Its other streams stay as far as they came; new ones are not taken. Doing it again with a
    lower number goes further back, a higher one changes nothing; a stop in between is made
    good by doing it again.

    :raises LakeError: if the lake cannot be written. The revocation holds all the same.
    """
    held = {one.epoch: one.seq for one in county.ledger.positions(hub.hub)}
    newest = epoch or next(iter(held), ANY)
    county.ledger.trust.revoke(hub.hub, {ANY: 0, **held, newest: up_to}, now_ms=now_ms)
    segments = readings = 0
    folder = county.config.quarantine / "revoked"
    for one in county.ledger.trust.revocations(hub.hub):
        if one.epoch == ANY:
            continue
        stream = Stream(hub.hub, one.epoch)
        position = county.lake.positions([stream])[stream]
        if position <= one.up_to:
            continue
        disk.make_folder(folder)
        county.ledger.trust.note_beyond(hub.hub, one.epoch, position, now_ms=now_ms)
        segments += position - one.up_to
        file = folder / f"{now_ms}-{hub.hub}-{one.epoch}-{one.up_to + 1}-{position}.parquet"
        config = county.config
        for root in (config.sealed, config.unread, config.plans, config.releases):
            _set_aside(root, stream, one.up_to, folder)  # first: nothing of it is read late now
        keep = _elsewhere(county, stream, one.up_to, position)
        readings += county.lake.withdraw(stream, one.up_to, file, keep)
    return Revoked(hub, newest, up_to, segments, readings)


def _elsewhere(county: County, stream: Stream, after: int, until: int) -> set[int]:
    """Return the segments whose readings came again in a stream that is believed.

    There only the number was taken, because the lake had them: so they stay.
    """
    twins = county.ledger.twins(stream.hub, stream.epoch, after, until)
    streams = {Stream(stream.hub, epoch) for others in twins.values() for epoch, _ in others}
    held = county.lake.positions(list(streams)) if streams else {}
    return {
        seq
        for seq, others in twins.items()
        if any(number <= held[Stream(stream.hub, epoch)] for epoch, number in others)
    }


def _set_aside(root: Path, stream: Stream, after: int, folder: Path) -> None:
    place = root / stream.hub / stream.epoch
    if not place.is_dir():
        return
    for file in sorted(place.glob(f"*{SUFFIX}")):
        if file.stem.isdigit() and int(file.stem) > after:
            file.replace(folder / f"{stream.hub}-{stream.epoch}-{root.name}-{file.name}")
    flush(folder)
    flush(place)
