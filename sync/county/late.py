"""Segments that this county could not read when they came, and reads once it can.

They lie as they came in ``unread/<hub>/<epoch>/<number>.dhs``. A file goes only after the lake
has its readings; a kill in between reads it again, and the lake takes it once.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from sync import columns
from sync.county import disk
from sync.county.config import CountyConfig
from sync.county.intake import READABLE, file_of, laid, readings_of, segment_of
from sync.county.lake import Entry, Lake, Stream

# Segments of one commit: at 64 KiB unpacked each, some megabytes of columns.
_BATCH = 64


@dataclass(frozen=True, slots=True)
class Late:
    """What one look brought into the lake."""

    segments: int = 0
    readings: int = 0


def waiting(config: CountyConfig) -> Mapping[str, int]:
    """Return how many segments wait for a program that reads them, by schema id."""
    found: Counter[str] = Counter()
    for _, file in laid(config.unread):
        segment = segment_of(file)
        found["?" if segment is None else segment.header.schema] += 1
    return dict(sorted(found.items()))


def read(
    config: CountyConfig, lake: Lake, erased: Callable[[str], Mapping[str, int]] = lambda _: {}
) -> Late:
    """Bring what can be read by now into the lake, each segment exactly once.

    ``erased`` gives the series that a hub ordered to erase; see `erasure.series`.
    Looks at the files only if this program reads other schemas than the one that looked last.

    :raises LakeError: if the lake cannot be written; what is not in it waits on.
    :raises OSError: if a file can be neither read nor removed.
    """
    mark = config.unread / ".read-by"
    if not config.unread.is_dir() or (mark.is_file() and mark.read_bytes() == _program()):
        return Late()
    erased = cache(erased)  # asked for each file, and files of one hub are many
    ready: dict[Stream, list[Entry]] = defaultdict(list)
    segments = readings = 0
    for stream, file in laid(config.unread):
        segment = segment_of(file)
        found = None if segment is None else readings_of(segment)
        if segment is None or found is None:
            continue
        found = found.without(erased(stream.hub))
        ready[stream].append(Entry(segment.header.seq, found))
        segments += 1
        if len(ready[stream]) == _BATCH:
            readings += _take(config, lake, stream, ready.pop(stream))
    for stream, entries in ready.items():
        readings += _take(config, lake, stream, entries)
    disk.write(mark, _program())
    return Late(segments, readings)


def _program() -> bytes:
    """Return what tells programs apart by the schemas that they read."""
    known = {schema: sorted(names) for schema, names in sorted(READABLE.items())}
    return f"columns {columns.VERSION} {known}\n".encode()


def _take(config: CountyConfig, lake: Lake, stream: Stream, entries: list[Entry]) -> int:
    rows, held = lake.commit_late(stream, entries)
    for seq in held:
        file_of(config.unread, stream, seq).unlink(missing_ok=True)
    return rows
