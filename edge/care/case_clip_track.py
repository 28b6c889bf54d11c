"""One track of a clip: what it is, and where in the file its samples lie. Pure.

Source: ISO/IEC 14496-12, sections 8.4.3 (handlers), 8.7.3 (sizes), 8.7.4 (samples of chunks),
8.7.5 (chunks).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from edge.care.case_errors import Damaged

HINT = "Diesen Film kann der Hub nicht lesen. Bitte als MP4 aufnehmen, höchstens 15 Sekunden."
_SEEN = frozenset((b"vide", b"soun"))
_HEAD = 8  # version, flags and how many entries there are


@dataclass(slots=True)
class Track:
    """``tables`` are the contents of `stsc`, `stsz` and `stco` or `co64`.

    ``formats`` are from where to where the contents of its sample entries lie.
    """

    handler: bytes = b""
    tables: dict[bytes, bytes] = field(default_factory=dict)
    formats: list[tuple[int, int]] = field(default_factory=list)

    @property
    def is_seen(self) -> bool:
        """Whether it is pictures or sound."""
        return self.handler in _SEEN

    def spans(self, size: int) -> Iterator[tuple[int, int]]:
        """Yield from where to where its samples lie, chunk by chunk, in a file of ``size`` bytes.

        :raises Damaged: if its tables do not fit together, or point out of the file.
        """
        chunks = self._chunks()
        runs = self._runs(len(chunks))
        sample = 0
        for at, samples in zip(chunks, runs, strict=True):
            length = self._length(sample, samples)
            sample += samples
            if at + length > size:
                raise _wrong("a chunk beyond the end")
            yield at, at + length

    def _chunks(self) -> tuple[int, ...]:
        if b"co64" in self.tables:
            return self._numbers(b"co64", "Q")
        return self._numbers(b"stco", "I")

    def _runs(self, chunks: int) -> list[int]:
        """Return how many samples each chunk has."""
        flat = self._numbers(b"stsc", "III")
        entries = list(zip(flat[::3], flat[1::3], strict=True))
        ends = [*(first for first, _ in entries), chunks + 1][1:]
        found: list[int] = []
        for (first, samples), end in zip(entries, ends, strict=True):
            if first != len(found) + 1 or not first < end <= chunks + 1:
                raise _wrong("chunks that are not in order")
            found += [samples] * (end - first)
        if len(found) != chunks:
            raise _wrong("chunks without samples")
        return found

    def _length(self, sample: int, samples: int) -> int:
        table = self.tables.get(b"stsz", b"")
        if len(table) < 12:
            raise _wrong("no sizes of samples")
        each, count = struct.unpack_from(">II", table, 4)
        if sample + samples > count:
            raise _wrong("samples without a size")
        if each:
            return int(each) * samples
        begin, end = 12 + 4 * sample, 12 + 4 * (sample + samples)
        if end > len(table):
            raise _wrong("sizes that end too early")
        return sum(struct.unpack(f">{samples}I", table[begin:end]))

    def _numbers(self, kind: bytes, of: str) -> tuple[int, ...]:
        table = self.tables.get(kind, b"")
        if len(table) < _HEAD:
            raise _wrong("a table is missing")
        (count,) = struct.unpack_from(">I", table, 4)
        if len(table) < _HEAD + count * struct.calcsize(f">{of}"):
            raise _wrong("a table that ends too early")
        return struct.unpack_from(f">{count * len(of)}{of[0]}", table, _HEAD)


def _wrong(why: str) -> Damaged:
    return Damaged(f"a clip with {why}", hint=HINT)
