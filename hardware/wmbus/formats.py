"""Compact frames: data without their record headers, which an earlier full frame had.

A compact frame names the headers it left out by their checksum and carries the checksum of the
full frame it stands for. The frame is made whole again and read only if that checksum matches.

Source: EN 13757-3:2018, annex G (compact M-Bus frames).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterable, Mapping
from functools import lru_cache
from itertools import chain
from struct import Struct
from typing import TypeVar

from hardware.errors import DecodeError, FrameError, Unsupported
from hardware.mbus.layout import size_of
from hardware.mbus.record import data_size, split_headers, split_records
from hardware.wmbus.known_formats import known_formats
from hardware.wmbus.link import crc16

MOST_FORMATS = 512  # a meter has one to three; a hub hears some dozen models
MOST_SEEN = 2048  # (source, length) of full frames already looked at: more than all shapes
_FILLER = b"\x2f"
COMPACT_HEAD = 4  # signature and checksum of the full frame

K = TypeVar("K")
V = TypeVar("V")

KNOWN = known_formats()


class FormatUnknown(Unsupported):
    """A compact frame's format was not heard yet; its ``signature`` names it."""

    def __init__(self, signature: int, *, offset: int) -> None:
        super().__init__(
            f"no full frame of the format {signature:04X} was heard yet",
            offset=offset,
            hint="Abwarten: der Zähler sendet alle paar Minuten ein vollständiges Telegramm.",
        )
        self.signature = signature


class FormatStore:
    """Record headers by their signature: what is known from the start, and what was learned.

    Learned ones are bounded, the one longest unused goes first. Of two with one signature the one
    heard last stays, but none takes the place of a known one; the full frame's checksum refuses
    data that are not of the format.
    """

    def __init__(self, known: Iterable[bytes] = KNOWN) -> None:
        self._known = _by_signature(tuple(known))
        self._learned: OrderedDict[int, _Format] = OrderedDict()
        self._seen: OrderedDict[tuple[Hashable, int], None] = OrderedDict()
        self._fresh: OrderedDict[int, bytes] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known) + len(self._learned)

    def learn(self, source: Hashable, data: bytes) -> None:
        """Remember the record headers of a full frame's ``data``, which were read without error.

        Frames of one ``source`` (a meter, a shape of telegram) and one length are looked at once:
        their formats do not change.
        """
        seen = source, len(data)
        if seen in self._seen:
            return
        _put(self._seen, seen, None, MOST_SEEN)
        found = split_records(data)
        if found:
            headers = tuple(header for header, _ in found)
            skeleton = b"".join(headers)
            signature = crc16(skeleton)
            known = self._learned.get(signature)
            if signature not in self._known and (known is None or known.headers != headers):
                _put(self._learned, signature, _Format(headers), MOST_FORMATS)
                _put(self._fresh, signature, skeleton, MOST_FORMATS)

    def remember(self, skeleton: bytes) -> None:
        """Take over record headers that :meth:`take_fresh` once gave.

        :raises DecodeError: if they are none.
        """
        signature = crc16(skeleton)
        if signature not in self._known:
            found = _Format(tuple(split_headers(skeleton)))
            _put(self._learned, signature, found, MOST_FORMATS)

    def take_fresh(self) -> dict[int, bytes]:
        """Return the record headers learned since the last call, by signature."""
        fresh = dict(self._fresh)
        self._fresh.clear()
        return fresh

    def __contains__(self, signature: int) -> bool:
        return signature in self._known or signature in self._learned

    def expand(self, compact: bytes, *, offset: int = 0) -> bytes:
        """Return the full frame's data for those of a compact one.

        ``offset`` is where ``compact`` begins in its frame, for error messages.

        :raises FormatUnknown: if the format was not heard yet.
        :raises DecodeError: if the data do not fit their format.
        :raises FrameError: if the full frame's checksum does not match.
        """
        if len(compact) < COMPACT_HEAD:
            raise DecodeError("a compact frame ends within its checksums", offset=offset)
        signature = int.from_bytes(compact[:2], "little")
        expected = int.from_bytes(compact[2:COMPACT_HEAD], "little")
        found = self._find(signature)
        if found is None:
            raise FormatUnknown(signature, offset=offset)
        full = found.interleave(compact[COMPACT_HEAD:], offset + COMPACT_HEAD)
        if crc16(full) != expected:
            raise FrameError("the full frame's checksum does not match", offset=offset + 2)
        return full

    def _find(self, signature: int) -> _Format | None:
        if signature in self._learned:
            self._learned.move_to_end(signature)
            return self._learned[signature]
        return self._known.get(signature)


@lru_cache(maxsize=4)  # whoever makes a store has the same known ones, and they never change
def _by_signature(known: tuple[bytes, ...]) -> Mapping[int, _Format]:
    return {crc16(skeleton): _Format(tuple(split_headers(skeleton))) for skeleton in known}


def _put(kept: OrderedDict[K, V], key: K, value: V, most: int) -> None:
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > most:
        kept.popitem(last=False)


class _Format:
    """Record headers one behind the other, and how data without them are cut."""

    __slots__ = ("_cut", "headers")

    def __init__(self, headers: tuple[bytes, ...]) -> None:
        self.headers = headers
        sizes = [size_of(header) for header in headers]
        # None where a length stands in the data
        self._cut = None if None in sizes else Struct("".join(f"{size}s" for size in sizes))

    def interleave(self, data: bytes, offset: int) -> bytes:
        """Return ``data`` with the headers in their places."""
        if self._cut is not None and self._cut.size == len(data):
            parts = zip(self.headers, self._cut.unpack(data), strict=True)
            return b"".join(chain.from_iterable(parts))
        full = bytearray()
        at = 0
        for header in self.headers:
            end = at + data_size(header, data, at)
            if end > len(data):
                raise DecodeError("a compact frame is shorter than its format", offset=offset + at)
            full += header + data[at:end]
            at = end
        if data[at:].strip(_FILLER):  # fillers make whole blocks of what is encrypted
            raise DecodeError("a compact frame is longer than its format", offset=offset + at)
        return bytes(full)
