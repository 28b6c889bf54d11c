"""What a bundle must pass before anything of it is taken, and where its segments go.

Only a segment that the hub signed can accuse the hub: what anybody could have changed on the
way (a flipped bit, a forged bundle) is set aside and asked for again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from hardware.reading import Quantity
from sync import anchoring, bundle, erasing, heat_plan, open_data, segment
from sync.certificate import words
from sync.county import disk, rows
from sync.county.config import CountyConfig
from sync.county.lake import Entry, Stream
from sync.county.reasons import Fault
from sync.county.rows import Rows
from sync.errors import FormatError, SignatureError, SyncError, VersionError
from sync.segment import NO_PREVIOUS, Segment, StreamClass
from sync.stream import METER_SCHEMA
from sync.timekeeper import PLACED_COLUMN, PLACED_SCHEMA
from sync.timekeeper import SCHEMA as CLOCK_SCHEMA

SUFFIX = ".dhs"
# The schemas this version reads: columns of village.db to quantities, in their canonical unit.
READABLE: Mapping[str, Mapping[str, str]] = {
    METER_SCHEMA: {
        "energy_kwh": Quantity.ENERGY,
        "volume_m3": Quantity.VOLUME,
        "power_kw": Quantity.POWER,
        "volume_flow_m3_h": Quantity.VOLUME_FLOW,
        "flow_temperature_degc": Quantity.FLOW_TEMPERATURE,
        "return_temperature_degc": Quantity.RETURN_TEMPERATURE,
        "temperature_difference_k": Quantity.TEMPERATURE_DIFFERENCE,
    },
    # where readings belong that were taken without a clock: see `sync.county.placed`
    PLACED_SCHEMA: {PLACED_COLUMN: PLACED_COLUMN},
}
# What the lake's time column and every tool behind it can hold. A clock that was never set
# says 1970, which is inside; beyond the end there are only decoding mistakes.
FIRST_MS = 0
END_MS = 7_258_118_400_000  # 2200-01-01


class Rejected(SyncError):
    """A bundle is not taken; ``code`` says why."""

    def __init__(self, code: Fault, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Staged:
    """Segments on their way into the lake; what does not go there is on the disk already."""

    entries: Sequence[Entry]
    readings: int
    sealed: int
    unread: int
    erased: int


def verify(
    path: Path,
    *,
    hub: bytes,
    epoch: str,
    position: int,
    known: Callable[[int], bytes | None],
    key_at: Callable[[int], bytes] | None = None,
    retired: Iterable[bytes] = (),
) -> list[Segment]:
    """Return the segments after ``position`` in the bundle ``path``, without gaps.

    Where a hub was updated in mid-bundle, those before the first of a later major version.

    ``hub`` is its name; ``known`` gives the hash of a segment seen before, by number, and
    ``key_at`` the key it must be signed by (the name, if not given). ``retired`` keys are
    told from strangers.

    :raises Rejected: for the whole bundle, if anything in it is wrong.
    :raises OSError: if the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            reader = bundle.Reader(file)
            manifest = reader.manifest
            if manifest.hub != hub:
                raise Rejected(Fault.FORGED, "the bundle is by another hub")
            if manifest.epoch.hex() != epoch:
                raise Rejected(Fault.DAMAGED, "the bundle is of another epoch than its name")
            if manifest.first > position + 1:
                raise Rejected(
                    Fault.GAP,
                    f"segments {position + 1} to {manifest.first - 1} of {epoch} are missing",
                )
            keys = _Keys(hub, key_at or (lambda _: hub), frozenset(retired))
            return _chain(reader, keys, position, known)
    except SignatureError as error:
        raise Rejected(Fault.FORGED, str(error)) from error
    except VersionError as error:
        raise Rejected(Fault.NEWER, str(error)) from error
    except FormatError as error:
        raise Rejected(Fault.DAMAGED, str(error)) from error


def stage(
    config: CountyConfig,
    stream: Stream,
    segments: Sequence[Segment],
    erased_series: Mapping[str, int],
) -> Staged:
    """Read what may be read and put the rest on the disk, as it came.

    Of ``erased_series`` nothing up to their moment is taken; see `erasure.series`.

    :raises OSError: if the disk does not take it.
    """
    entries: list[Entry] = []
    readings = sealed = unread = erased = 0
    for one in segments:
        seq = one.header.seq
        brought: Rows | None = None
        if one.erased:
            erased += 1
        elif (aside := _aside(config, one)) is not None:
            disk.write(file_of(aside, stream, seq), one.encode())
        elif one.header.stream is StreamClass.CARE:
            disk.write(file_of(config.sealed, stream, seq), one.encode())
            sealed += 1
        elif (found := readings_of(one)) is None:
            disk.write(file_of(config.unread, stream, seq), one.encode())
            unread += 1
        else:
            brought = found = found.without(erased_series)
            readings += len(found)
        entries.append(Entry(seq, brought))
    return Staged(entries, readings, sealed, unread, erased)


def _aside(config: CountyConfig, one: Segment) -> Path | None:
    """Return where something lies that is told and not measured, as it came."""
    roots: tuple[tuple[Callable[[Segment], object], Path], ...] = (
        (erasing.orders_in, config.orders),  # until it was carried out
        (words.requests_in, config.requests),  # until they are noted
        (anchoring.anchors_in, config.books),  # until they are noted
        (heat_plan.plan_in, config.plans),  # for good: `heat_plans.newest` chooses
        (open_data.told_in, config.releases),  # `open_releases` chooses and prunes
    )
    if one.header.schema == CLOCK_SCHEMA:  # for people; readings are placed by facts
        return config.clocks
    return next((root for told, root in roots if told(one)), None)


@dataclass(frozen=True, slots=True)
class _Keys:
    hub: bytes
    at: Callable[[int], bytes]
    retired: frozenset[bytes]

    def verify(self, one: Segment) -> None:
        key = self.at(one.header.seq)
        try:
            segment.verify(one, self.hub, key)
        except SignatureError:
            for old in self.retired - {key}:
                with suppress(FormatError):
                    segment.verify(one, self.hub, old)
                    raise Rejected(
                        Fault.RETIRED_KEY,
                        f"segment {one.header.seq} is signed by a key that was replaced",
                    ) from None
            raise


def readings_of(one: Segment) -> Rows | None:
    """Return the readings of a village segment, None if this version cannot read it."""
    names = READABLE.get(one.header.schema)
    if names is None or one.header.stream is not StreamClass.VILLAGE:
        return None
    try:
        found = rows.decode(one.body)
    except FormatError:
        return None  # the hub signed it, so asking again would bring the same bytes
    if not FIRST_MS <= found.first_ms <= found.last_ms < END_MS:
        return None
    if one.header.schema == PLACED_SCHEMA:  # the log's bounds then tell which files have any
        found = replace(found, quality=-np.maximum(found.quality, 1))
    return found.named(names)  # None: half a segment would look like a whole one


def file_of(root: Path, stream: Stream, seq: int) -> Path:
    """Return where a segment that the lake does not take lies under ``root``."""
    return root / stream.hub / stream.epoch / f"{seq:08d}{SUFFIX}"


def laid(*roots: Path) -> Iterator[tuple[Stream, Path]]:
    """Yield the segments that lie under ``roots``, which :func:`segment_of` reads.

    What this program sorts out may still lie under `unread`, from before it knew of it.
    """
    for root in roots:
        for file in sorted(root.glob(f"*/*/*{SUFFIX}")):
            if not file.name.startswith("."):
                yield Stream(file.parent.parent.name, file.parent.name), file


def segment_of(file: Path) -> Segment | None:
    """Return a segment, None if the disk damaged it or another process took it meanwhile."""
    with suppress(FormatError, FileNotFoundError):
        return Segment.decode(file.read_bytes())
    return None


def _chain(
    reader: bundle.Reader, keys: _Keys, position: int, known: Callable[[int], bytes | None]
) -> list[Segment]:
    fresh: list[Segment] = []
    before = known(reader.manifest.first - 1) if reader.manifest.first > 1 else NO_PREVIOUS
    for one in _readable(reader, fresh):
        keys.verify(one)
        seq = one.header.seq
        seen = known(seq)
        if seen is not None and seen != one.hash:
            raise Rejected(Fault.FORK, f"segment {seq} was signed twice, with different content")
        if before is not None and one.header.previous != before:
            raise Rejected(Fault.FORK, f"segment {seq} follows another one than ours")
        before = one.hash
        if seq > position:
            fresh.append(one)
    return fresh


def _readable(reader: bundle.Reader, fresh: Sequence[Segment]) -> Iterator[Segment]:
    """Yield the segments up to a later major version; without ``fresh`` ones, it is an error."""
    try:
        yield from reader
    except VersionError:
        if not fresh:
            raise
