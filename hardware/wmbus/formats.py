"""Compact frames: data without their record headers, which an earlier full frame had.

A compact frame names the headers it left out by their checksum and carries the checksum of the
full frame it stands for. The frame is made whole again and read only if that checksum matches.

Source: EN 13757-3:2018, annex G (compact M-Bus frames).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import TypeVar

from hardware.errors import DecodeError, FrameError, Unsupported
from hardware.mbus.record import data_size, split_headers, split_records
from hardware.wmbus.link import crc16

MOST_FORMATS = 512  # a meter has one to three; a hub hears some dozen models
MOST_SEEN = 8192  # (meter, length) of full frames already looked at: a street's worth
COMPACT_HEAD = 4  # signature and checksum of the full frame

K = TypeVar("K")
V = TypeVar("V")

# Record headers of Kamstrup's heat, cooling and electricity meters as their full frames have them.
# A meter sends a full frame only every few minutes; with these its first compact one is read.
_MULTICAL_602 = (
    "02F9FF15 0406 04EEFF07 04EEFF08 0414 844014 84804014 02FD17 026C 426C 4406 4414 C44014"
    "C4804014 043B 0259 025D"
)
_MULTICAL_403_COOLING = (
    "040E 04FF07 04FF08 0413 844014 84804014 043B 0259 025D 142D 84100E 84200E 04FF22 026C"
    "440E 4413 C44014 C4804014 426C"
)
_MULTICAL_603 = "0406 04FF07 04FF08 0414 043B 0259 025D 04FF22"
_MULTICAL_603_FLOW = "0406 04FF07 04FF08 0414 043B 042D 0259 025D 04FF22 0422 143B 142D"
_OMNIPOWER = "0404 04843C 042B 04AB3C"
KNOWN = tuple(
    bytes.fromhex(skeleton)
    for skeleton in (
        _MULTICAL_602,
        _MULTICAL_403_COOLING,
        _MULTICAL_603,
        _MULTICAL_603_FLOW,
        _OMNIPOWER,
    )
)


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
        self._known = {crc16(skeleton): tuple(split_headers(skeleton)) for skeleton in known}
        self._learned: OrderedDict[int, tuple[bytes, ...]] = OrderedDict()
        self._seen: OrderedDict[tuple[str, int], None] = OrderedDict()
        self._fresh: OrderedDict[int, bytes] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known) + len(self._learned)

    def learn(self, device_id: str, data: bytes) -> None:
        """Remember the record headers of a full frame's ``data``, which were read without error.

        A meter's frames of one length are looked at once: its formats do not change.
        """
        seen = device_id, len(data)
        if seen in self._seen:
            return
        _put(self._seen, seen, None, MOST_SEEN)
        found = split_records(data)
        if found:
            headers = tuple(header for header, _ in found)
            skeleton = b"".join(headers)
            signature = crc16(skeleton)
            if signature not in self._known and self._learned.get(signature) != headers:
                _put(self._learned, signature, headers, MOST_FORMATS)
                _put(self._fresh, signature, skeleton, MOST_FORMATS)

    def remember(self, skeleton: bytes) -> None:
        """Take over record headers that :meth:`take_fresh` once gave.

        :raises DecodeError: if they are none.
        """
        signature = crc16(skeleton)
        if signature not in self._known:
            _put(self._learned, signature, tuple(split_headers(skeleton)), MOST_FORMATS)

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
        headers = self._find(signature)
        if headers is None:
            raise FormatUnknown(signature, offset=offset)
        full = _interleave(headers, compact[COMPACT_HEAD:], offset + COMPACT_HEAD)
        if crc16(full) != expected:
            raise FrameError("the full frame's checksum does not match", offset=offset + 2)
        return full

    def _find(self, signature: int) -> tuple[bytes, ...] | None:
        if signature in self._learned:
            self._learned.move_to_end(signature)
            return self._learned[signature]
        return self._known.get(signature)


def _put(kept: OrderedDict[K, V], key: K, value: V, most: int) -> None:
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > most:
        kept.popitem(last=False)


def _interleave(headers: tuple[bytes, ...], data: bytes, offset: int) -> bytes:
    full = bytearray()
    at = 0
    for header in headers:
        end = at + data_size(header, data, at)
        if end > len(data):
            raise DecodeError("a compact frame is shorter than its format", offset=offset + at)
        full += header + data[at:end]
        at = end
    if at < len(data):
        raise DecodeError("a compact frame is longer than its format", offset=offset + at)
    return bytes(full)
