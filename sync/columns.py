"""The body of a numeric segment: readings by source, packed by column, without loss.

Layout of a body: one version byte (1), then raw LZMA2 of

    u16 source count, u16 quantity count
    the names, sources first, each one length byte and UTF-8
    vectors: reference, length, unit, first time, time steps, time qualities
    per quantity: presence (which sources have it), exponent, mask (which values are absent),
                  first values, steps, raw float64 bits

A *vector* is the times and qualities of one source; a source with the same vector as an
earlier one only names it. Its unit is 1 where every time is a whole second, and the times are
kept in seconds then; 0 where they are kept in milliseconds. A column is stored as integers
``value * 10**exponent`` with the smallest exponent that gives every value back exactly, or as
the bits of its float64. Every list of integers is ``u32 count, u8 width`` and then ``width``
planes of ``count`` bytes: plane 0 has the lowest byte of each (zigzag) integer.

Each cell costs its peer at least one byte before compression, so that the bound on the
unpacked size also bounds the cells that a hostile body can make us hold.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, pairwise
from math import copysign, isfinite

from sync import packing
from sync.errors import FormatError, VersionError
from sync.packing import MAX_PACKED, MAX_UNPACKED

VERSION = 1
MAX_NAME = 255  # bytes of a device or quantity: its length is one byte
MAX_SOURCES = 65535
MAX_EXPONENT = 9
MAX_QUALITY = 255
_RAW = 255  # the exponent byte of a column kept as float64 bits
_EXACT = 1 << 53  # from it on, not every integer is a float64; times keep to it as well
_COUNTS = struct.Struct("<HH")
_LIST = struct.Struct("<IB")
_BIG_ENDIAN = sys.byteorder == "big"
_Vector = tuple[tuple[int, ...], tuple[int, ...]]  # times, qualities


@dataclass(frozen=True, slots=True)
class Source:
    """What one device measured: times (ms since 1970, UTC), their quality, values by quantity.

    ``qualities`` and every column have one entry a time; ``None`` is a value that is absent.
    Decoded, the sequences are tuples, columns come in the order of their names, and sources
    with equal times share one tuple.
    """

    device: str
    times_ms: Sequence[int]
    qualities: Sequence[int]
    columns: Mapping[str, Sequence[float | None]]


def encode(sources: Sequence[Source]) -> bytes:
    """Return the body that :func:`decode` gives back as ``sources``.

    :raises ValueError: if lengths differ, a device repeats, a number is out of bounds, or
        the body would be larger than a reader accepts.
    """
    quantities = sorted({name for source in sources for name in source.columns})
    _check(sources, quantities)
    parts = [_COUNTS.pack(len(sources), len(quantities))]
    for name in chain((source.device for source in sources), quantities):
        data = name.encode()
        parts += (bytes((len(data),)), data)
    parts += _pack_vectors(sources)
    for quantity in quantities:
        parts += _pack_quantity(sources, quantity)
    return bytes((VERSION,)) + packing.pack(b"".join(parts))


def decode(body: bytes) -> list[Source]:
    """Return the sources of a body.

    :raises VersionError: if it has another version.
    :raises FormatError: whatever else the bytes are.
    """
    if not body or body[0] != VERSION:
        raise VersionError("the body has a version this program does not know", offset=0)
    if len(body) > MAX_PACKED:
        raise FormatError(f"a body of {len(body)} bytes; at most {MAX_PACKED} are allowed")
    reader = _Reader(packing.unpack(body[1:]))
    source_count, quantity_count = _COUNTS.unpack(reader.take(_COUNTS.size))
    devices = reader.names(source_count)
    quantities = reader.names(quantity_count)
    vectors = _read_vectors(reader, source_count)
    columns: list[dict[str, tuple[float | None, ...]]] = [{} for _ in devices]
    for quantity in quantities:
        for index, values in _read_quantity(reader, [len(v[0]) for v in vectors]):
            columns[index][quantity] = values
    reader.end()
    return [
        Source(device, vector[0], vector[1], column)
        for device, vector, column in zip(devices, vectors, columns, strict=True)
    ]


def _check(sources: Sequence[Source], quantities: Sequence[str]) -> None:
    if len(sources) > MAX_SOURCES or len(quantities) > MAX_SOURCES:
        raise ValueError("too many sources or quantities in one segment")
    if len({source.device for source in sources}) != len(sources):
        raise ValueError("a device appears twice")
    for name in chain((source.device for source in sources), quantities):
        if not 0 < len(name.encode()) <= MAX_NAME:
            raise ValueError(f"a name has 1 to {MAX_NAME} bytes: {name[:40]!r}")
    for source in sources:
        times = source.times_ms
        if any(len(c) != len(times) for c in (source.qualities, *source.columns.values())):
            raise ValueError(f"{source.device}: columns of different lengths")
        if len(times) and max(map(abs, times)) >= _EXACT:
            raise ValueError(f"{source.device}: a time out of bounds")
        if len(times) and not 0 <= min(source.qualities) <= max(source.qualities) <= MAX_QUALITY:
            raise ValueError(f"{source.device}: a time quality out of bounds")


def _pack_vectors(sources: Sequence[Source]) -> list[bytes]:
    seen: dict[tuple[tuple[int, ...], tuple[int, ...]], int] = {}
    references: list[int] = []
    for source in sources:
        vector = (tuple(source.times_ms), tuple(source.qualities))
        references.append(seen.get(vector, -1) + 1)  # 0: a vector of its own
        seen.setdefault(vector, len(seen))
    units = [0 if any(at % 1000 for at in times) else 1 for times, _ in seen]
    counted = [
        [at // 1000 for at in times] if unit else times
        for (times, _), unit in zip(seen, units, strict=True)
    ]
    return [
        _pack(references),
        _pack([len(times) for times in counted]),
        _pack(units),
        _pack(_steps([times[0] for times in counted if times])),
        _pack([b - a for times in counted for a, b in pairwise(times)]),
        _pack([quality for _, qualities in seen for quality in qualities]),
    ]


def _read_vectors(reader: _Reader, count: int) -> list[_Vector]:
    references = reader.integers(count)
    lengths = reader.integers(references.count(0), low=0, high=MAX_UNPACKED)
    units = reader.integers(len(lengths), low=0, high=1)
    firsts = iter(accumulate(reader.integers(sum(1 for n in lengths if n))))
    steps = reader.integers(sum(n - 1 for n in lengths if n))
    qualities = tuple(reader.integers(sum(lengths), low=0, high=MAX_QUALITY))
    vectors: list[_Vector] = []
    step = start = 0
    for length, unit in zip(lengths, units, strict=True):
        times: tuple[int, ...] = ()
        if length:
            counted = accumulate(steps[step : step + length - 1], initial=next(firsts))
            times = tuple(at * 1000 for at in counted) if unit else tuple(counted)
            if max(map(abs, times)) >= _EXACT:
                raise reader.error("a time out of bounds")
            step += length - 1
        vectors.append((times, qualities[start : start + length]))
        start += length
    own = 0
    chosen = []
    for reference in references:
        if not 0 <= reference <= own:
            raise reader.error("a source names a vector that does not come before it")
        own += reference == 0
        chosen.append(vectors[(reference or own) - 1])
    return chosen


def _pack_quantity(sources: Sequence[Source], quantity: str) -> list[bytes]:
    exponents: list[int] = []
    gaps: list[int] = []
    mask: list[int] = []
    firsts: list[int] = []
    steps: list[int] = []
    bits = array("d")
    for source in sources:
        column = source.columns.get(quantity)
        if column is None:
            continue
        values = [value for value in column if value is not None]
        gaps.append(len(values) != len(column))
        if gaps[-1]:
            mask += [value is not None for value in column]
        found = _integers(values)
        if found is None:
            exponents.append(_RAW)
            bits.extend(values)
            continue
        exponents.append(found[0])
        firsts += found[1][:1]
        steps += [b - a for a, b in pairwise(found[1])]
    presence = [int(quantity in source.columns) for source in sources]
    return [
        *map(_pack, (presence, exponents, gaps, mask, _steps(firsts), steps)),
        _planes(array("Q", bits.tobytes())),
    ]


def _read_quantity(
    reader: _Reader, lengths: Sequence[int]
) -> list[tuple[int, tuple[float | None, ...]]]:
    present = [i for i, yes in enumerate(reader.integers(len(lengths), low=0, high=1)) if yes]
    exponents = reader.integers(len(present), low=0, high=_RAW)
    gaps = reader.integers(len(present), low=0, high=1)
    mask = reader.integers(
        sum(lengths[i] for i, gap in zip(present, gaps, strict=True) if gap), low=0, high=1
    )
    counts = []
    start = 0
    masks: list[list[int] | None] = []
    for index, gap in zip(present, gaps, strict=True):
        length = lengths[index]
        masks.append(mask[start : start + length] if gap else None)
        counts.append(sum(mask[start : start + length]) if gap else length)
        start += length if gap else 0
    whole = [n for n, e in zip(counts, exponents, strict=True) if e != _RAW and n]
    firsts = iter(accumulate(reader.integers(len(whole))))
    steps = reader.integers(sum(whole) - len(whole))
    bits = reader.floats(sum(n for n, e in zip(counts, exponents, strict=True) if e == _RAW))
    columns: list[tuple[int, tuple[float | None, ...]]] = []
    step = bit = 0
    for index, count, exponent, here in zip(present, counts, exponents, masks, strict=True):
        values: Sequence[float] = ()
        if exponent == _RAW:
            values = bits[bit : bit + count]
            bit += count
        elif exponent > MAX_EXPONENT:
            raise reader.error("an exponent out of bounds")
        elif count:
            numbers = list(accumulate(steps[step : step + count - 1], initial=next(firsts)))
            step += count - 1
            if max(map(abs, numbers)) >= _EXACT:
                raise reader.error("a value out of bounds")
            scale = 10.0**exponent
            values = [number / scale for number in numbers]
        if here is None:
            columns.append((index, tuple(values)))
        else:
            rest = iter(values)
            columns.append((index, tuple(next(rest) if yes else None for yes in here)))
    return columns


def _integers(values: Sequence[float]) -> tuple[int, list[int]] | None:
    """Return the smallest exponent that is exact, with the integers; None if there is none."""
    if not all(map(isfinite, values)) or any(v == 0 and copysign(1, v) < 0 for v in values):
        return None
    exponent = 0
    largest = max(map(abs, values), default=0.0)
    sample = values[:: len(values) // 8 + 1]  # a few values settle most of the exponent
    while exponent <= MAX_EXPONENT and largest * 10.0**exponent < _EXACT:
        scale = 10.0**exponent
        if all(round(value * scale) / scale == value for value in sample):
            numbers = [round(value * scale) for value in values]
            if all(n / scale == value for n, value in zip(numbers, values, strict=True)):
                return (exponent, numbers) if max(map(abs, numbers), default=0) < _EXACT else None
        exponent += 1
    return None


def _steps(numbers: Sequence[int]) -> list[int]:
    return [b - a for a, b in pairwise(chain((0,), numbers))]


def _pack(numbers: Sequence[int]) -> bytes:
    return _planes(array("Q", [n << 1 if n >= 0 else (-n << 1) - 1 for n in numbers]))


def _planes(words: array[int]) -> bytes:
    width = max(1, (max(words, default=0).bit_length() + 7) // 8)
    if _BIG_ENDIAN:  # pragma: no cover - no such machine here
        words.byteswap()
    data = words.tobytes()
    return _LIST.pack(len(words), width) + b"".join(data[i::8] for i in range(width))


class _Reader(packing.Reader):
    __slots__ = ()

    def names(self, count: int) -> list[str]:
        found: dict[str, None] = {}
        for _ in range(count):
            size = self.take(1)[0]
            try:
                name = self.take(size).decode()
            except UnicodeDecodeError as error:
                raise self.error("a name is no UTF-8") from error
            if not name or name in found:
                raise self.error("a name is empty or appears twice")
            found[name] = None
        return list(found)

    def integers(self, count: int, *, low: int | None = None, high: int = 0) -> list[int]:
        """Return ``count`` integers, each from ``low`` to ``high`` if ``low`` is given."""
        numbers = [(word >> 1) ^ -(word & 1) for word in self._words(count)]
        if low is not None and numbers and not low <= min(numbers) <= max(numbers) <= high:
            raise self.error(f"a number that is not from {low} to {high}")
        return numbers

    def floats(self, count: int) -> array[float]:
        """Return ``count`` float64 with the bits they had."""
        return array("d", self._words(count).tobytes())

    def _words(self, count: int) -> array[int]:
        declared, width = _LIST.unpack(self.take(_LIST.size))
        if declared != count or not 1 <= width <= 8:
            raise self.error(f"a list of {declared} numbers where {count} belong")
        planes = self.take(count * width)
        data = bytearray(8 * count)
        for index in range(width):
            data[index::8] = planes[index * count : (index + 1) * count]
        words = array("Q", bytes(data))
        if _BIG_ENDIAN:  # pragma: no cover - no such machine here
            words.byteswap()
        return words
