"""A bundle: a run of one hub's segments with a manifest; the same bytes on every road.

Layout: 8 bytes of magic, ``u16`` version, ``u32`` manifest length, manifest (canonical CBOR),
32 bytes SHA-256 of the manifest, then each segment as ``u32`` length and its bytes.

The manifest names size and SHA-256 of every segment, so that a reader refuses a damaged
segment by its number as soon as it was read, and the manifest's own SHA-256 names the bytes of
the whole bundle: it is the ETag on the web. The same run of the same segments is the same bytes.

A bundle proves nothing by itself: who sealed a segment is `sync.segment.verify`'s to say.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, cast

from sync import cbor
from sync.errors import ChainError, FormatError, VersionError
from sync.identity import EPOCH_SIZE, PUBLIC_KEY_SIZE
from sync.segment import MAX_SEGMENT, Segment

# Not text, and broken by whatever takes it for text: a high bit, both line ends, end-of-file.
MAGIC = b"\x89DHB\r\n\x1a\n"
VERSION = 1
MAX_SEGMENTS = 4096  # some 40 days of a busy village; the manifest then has about 160 kB
MAX_MANIFEST = 256 << 10
DIGEST_SIZE = 32
SUFFIX = ".dhb"
_PREFIX = struct.Struct(">HI")
_SIZE = struct.Struct(">I")
_FIELDS = frozenset(("v", "hub", "epoch", "first", "last", "count", "segments"))


@dataclass(frozen=True, slots=True)
class Entry:
    """Size and SHA-256 of one segment's bytes."""

    size: int
    sha256: bytes

    @classmethod
    def of(cls, data: bytes) -> Entry:
        """Return the entry for a segment's bytes."""
        return cls(len(data), hashlib.sha256(data).digest())


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a bundle holds: the segments ``first`` to ``last`` of one hub's epoch.

    An empty bundle has ``last == first - 1``. Of a later minor version it holds what this one
    knows: it can be read, but not be written again.
    """

    hub: bytes
    epoch: bytes
    first: int
    last: int
    entries: tuple[Entry, ...]

    def encode(self) -> bytes:
        """Return the canonical bytes."""
        return cbor.dumps(
            {
                "v": VERSION,
                "hub": self.hub,
                "epoch": self.epoch,
                "first": self.first,
                "last": self.last,
                "count": len(self.entries),
                "segments": [[entry.size, entry.sha256] for entry in self.entries],
            }
        )

    @classmethod
    def decode(cls, data: bytes) -> Manifest:
        """Return the manifest that ``data`` is.

        :raises VersionError: if it is of another major version.
        :raises FormatError: whatever else the bytes are.
        """
        fields = cbor.Fields.versioned(
            cbor.loads(data, limit=MAX_MANIFEST), "manifest", _FIELDS, VERSION
        )
        count = fields.number("count", 0, MAX_SEGMENTS)
        first = fields.number("first", 1)
        last = fields.number("last", 0)
        entries = tuple(map(_entry, fields.items("segments", MAX_SEGMENTS)))
        if len(entries) != count or last - first + 1 != count:
            raise FormatError("manifest: its counts do not agree")
        return cls(
            hub=fields.data("hub", PUBLIC_KEY_SIZE),
            epoch=fields.data("epoch", EPOCH_SIZE),
            first=first,
            last=last,
            entries=entries,
        )

    @property
    def prelude(self) -> bytes:
        """Everything before the first segment."""
        manifest = self.encode()
        return b"".join(
            (
                MAGIC,
                _PREFIX.pack(VERSION, len(manifest)),
                manifest,
                hashlib.sha256(manifest).digest(),
            )
        )

    @property
    def digest(self) -> bytes:
        """The manifest's SHA-256: it names the bytes of the whole bundle."""
        return hashlib.sha256(self.encode()).digest()

    @property
    def size(self) -> int:
        """The bytes of the whole bundle."""
        return len(self.prelude) + sum(_SIZE.size + entry.size for entry in self.entries)


def manifest_of(segments: Sequence[Segment]) -> Manifest:
    """Return the manifest for a run of at least one segment.

    :raises ValueError: if they are no run of one hub and epoch, or too many.
    """
    if not 0 < len(segments) <= MAX_SEGMENTS:
        raise ValueError(f"a bundle holds 1 to {MAX_SEGMENTS} segments")
    head = segments[0].header
    for index, segment in enumerate(segments):
        header = segment.header
        if (header.hub, header.epoch, header.seq) != (head.hub, head.epoch, head.seq + index):
            raise ValueError("the segments are no run of one hub and epoch")
    entries = tuple(Entry.of(segment.encode()) for segment in segments)
    return Manifest(head.hub, head.epoch, head.seq, head.seq + len(segments) - 1, entries)


def pack(segments: Sequence[Segment]) -> bytes:
    """Return the bundle of a run of at least one segment; errors as :func:`manifest_of`."""
    manifest = manifest_of(segments)
    return b"".join(
        slices(manifest, lambda seq: segments[seq - manifest.first].encode(), 0, manifest.size)
    )


def slices(
    manifest: Manifest, load: Callable[[int], bytes], start: int, stop: int
) -> Iterator[bytes]:
    """Yield the bytes ``start`` to ``stop`` (exclusive) of a bundle.

    ``load`` gives the bytes of a segment by its number; only those in reach are asked for.

    :raises ValueError: if a segment is not the one that the manifest names.
    """
    at = 0
    prelude = manifest.prelude
    if start < len(prelude):
        yield prelude[start:stop]
    at += len(prelude)
    for seq, entry in enumerate(manifest.entries, start=manifest.first):
        end = at + _SIZE.size + entry.size
        if end > start and at < stop:
            data = load(seq)
            if Entry.of(data) != entry:
                raise ValueError(f"segment {seq} changed after the manifest was made")
            yield (_SIZE.pack(len(data)) + data)[max(0, start - at) : stop - at]
        at = end


class Reader:
    """A bundle read from the front of a binary stream, one segment in memory at a time.

    :raises VersionError: from both, where a later major version begins: a kind of the next.
    :raises FormatError: from the constructor and from iteration, with offset and segment,
        as soon as a byte is not what the manifest promises. What was yielded before is whole.
    :raises OSError: whatever the stream raises.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._at = 0
        if self._take(len(MAGIC)) != MAGIC:
            raise FormatError("this is no bundle", offset=0, hint=_COPY_AGAIN)
        version, size = _PREFIX.unpack(self._take(_PREFIX.size))
        if version != VERSION:
            raise VersionError(
                f"the bundle has version {version}, this program reads {VERSION}",
                offset=len(MAGIC),
            )
        if size > MAX_MANIFEST:
            raise FormatError("the manifest is too long", offset=len(MAGIC) + 2, hint=_COPY_AGAIN)
        start = self._at
        raw = self._take(size)
        if self._take(DIGEST_SIZE) != hashlib.sha256(raw).digest():
            raise FormatError("the manifest is damaged", offset=start, hint=_COPY_AGAIN)
        self.manifest = Manifest.decode(raw)

    def __iter__(self) -> Iterator[Segment]:
        """Yield the segments in order; their signatures are not looked at."""
        manifest = self.manifest
        for seq, entry in enumerate(manifest.entries, start=manifest.first):
            start = self._at
            (size,) = _SIZE.unpack(self._take(_SIZE.size, seq))
            if size != entry.size:
                raise FormatError("a wrong length", offset=start, seq=seq, hint=_COPY_AGAIN)
            data = self._take(size, seq)
            if hashlib.sha256(data).digest() != entry.sha256:
                raise FormatError(
                    "damaged bytes", offset=start + _SIZE.size, seq=seq, hint=_COPY_AGAIN
                )
            yield _segment(data, manifest, seq, start + _SIZE.size)
        if self._stream.read(1):
            raise FormatError("the bundle goes on after its end", offset=self._at, hint=_COPY_AGAIN)

    def _take(self, size: int, seq: int | None = None) -> bytes:
        parts = []
        missing = size
        while missing:
            part = self._stream.read(missing)
            if not part:
                raise FormatError(
                    "the bundle ends too early",
                    offset=self._at + size - missing,
                    seq=seq,
                    hint=_COPY_AGAIN,
                )
            parts.append(part)
            missing -= len(part)
        self._at += size
        return b"".join(parts)


_COPY_AGAIN = "Noch einmal kopieren oder holen; hilft das nicht, am Hub neu exportieren."


def _entry(value: object) -> Entry:
    if type(value) is not list or len(value) != 2:
        raise FormatError("manifest: a segment is no pair of size and digest")
    keys = ("size", "sha256")
    fields = cbor.Fields(
        dict(zip(keys, cast("list[object]", value), strict=True)), "manifest", frozenset(keys)
    )
    return Entry(fields.number("size", 1, MAX_SEGMENT), fields.data("sha256", DIGEST_SIZE))


def _segment(data: bytes, manifest: Manifest, seq: int, offset: int) -> Segment:
    try:
        segment = Segment.decode(data)
    except FormatError as error:
        kind = VersionError if isinstance(error, VersionError) else FormatError
        raise kind(error.message, offset=offset, seq=seq, hint=error.hint) from error
    header = segment.header
    if (header.hub, header.epoch, header.seq) != (manifest.hub, manifest.epoch, seq):
        raise ChainError("a segment that is not the one the manifest names", seq=seq)
    return segment
