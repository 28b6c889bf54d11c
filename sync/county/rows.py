"""A numeric segment's body straight to columns of rows: `sync.columns.decode` on whole arrays.

A county reads what 120 hubs sealed, so no Python object is made for a row. What comes out, and
what is refused, is what `sync.columns.decode` says; a test holds the two against each other.

One row is one value: a device's quantity at one time. A value that is absent has no row.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from sync import packing
from sync.columns import MAX_EXPONENT, MAX_QUALITY, VERSION, Source
from sync.errors import FormatError, VersionError
from sync.packing import MAX_PACKED, MAX_UNPACKED

Ints: TypeAlias = npt.NDArray[np.int64]
_RAW = 255
_EXACT = 1 << 53
_SPREAD, _FEW = 8, 1024  # how many times a vector's cells may be laid out before they are asked for
_FAR = 1 << 54  # a step beyond it leaves the exact numbers from wherever it starts
_COUNTS = struct.Struct("<HH")
_LIST = struct.Struct("<IB")
_NONE = np.zeros(0, np.int64)
_ONE = np.uint64(1)
# the methods of arrays take longer to get here than a short array takes
_total, _least, _most = np.add.reduce, np.minimum.reduce, np.maximum.reduce
_EVEN = bytes(range(0, 256, 2))  # the numbers from 0 on, as one byte each
_SIGNED = np.array([n >> 1 if n % 2 == 0 else -((n + 1) >> 1) for n in range(256)], np.int64)


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows by column. ``device`` and ``quantity`` are places in ``devices`` and ``quantities``.

    ``at_ms`` is milliseconds since 1970, UTC. All arrays are of one length.
    """

    devices: tuple[str, ...]
    quantities: tuple[str, ...]
    device: npt.NDArray[np.int32]
    quantity: npt.NDArray[np.int32]
    at_ms: Ints
    quality: npt.NDArray[np.int16]
    value: npt.NDArray[np.float64]
    first_ms: int = 0  # of all times in the body, with a value or without; 0 if it has none
    last_ms: int = 0

    def __len__(self) -> int:
        return len(self.value)

    def without(self, series: Mapping[str, int]) -> Rows:
        """Return the rows less those of these devices, up to a moment (ms) of each."""
        keep = np.ones(len(self), dtype=bool)
        for place, name in enumerate(self.devices):
            if name in series:
                keep &= (self.device != place) | (self.at_ms > series[name])
        if keep.all():
            return self
        columns = ("device", "quantity", "at_ms", "quality", "value")
        return replace(self, **{name: getattr(self, name)[keep] for name in columns})

    def named(self, names: Mapping[str, str]) -> Rows | None:
        """Return the rows with other names of quantities, None if ``names`` lacks one."""
        if any(one not in names for one in self.quantities):
            return None
        return replace(self, quantities=tuple(str(names[one]) for one in self.quantities))


def decode(body: bytes) -> Rows:
    """Return the rows of a body.

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
    vectors = _Vectors.read(reader, source_count)
    parts = [_read_quantity(reader, vectors, number) for number in range(quantity_count)]
    reader.end()
    parts = [part for part in parts if len(part[0])]
    times = vectors.times
    return Rows(
        devices=devices,
        quantities=quantities,
        device=_join([part[0] for part in parts], np.int32),
        quantity=_join([part[1] for part in parts], np.int32),
        at_ms=vectors.times[_join([part[2] for part in parts], np.int64)],
        quality=vectors.qualities[_join([part[2] for part in parts], np.int64)],
        value=_join([part[3] for part in parts], np.float64),
        first_ms=int(times.min()) if len(times) else 0,
        last_ms=int(times.max()) if len(times) else 0,
    )


def of(sources: Sequence[Source]) -> Rows:
    """Return the rows of sources that are in memory already."""
    quantities = tuple(sorted({name for source in sources for name in source.columns}))
    places = {name: place for place, name in enumerate(quantities)}
    cells = [
        (number, places[name], source.times_ms[at], source.qualities[at], value)
        for number, source in enumerate(sources)
        for name, column in sorted(source.columns.items())
        for at, value in enumerate(column)
        if value is not None
    ]
    device, quantity, at_ms, quality, value = zip(*cells, strict=True) if cells else ((),) * 5
    times = [moment for source in sources for moment in source.times_ms]
    return Rows(
        devices=tuple(source.device for source in sources),
        quantities=quantities,
        device=np.array(device, np.int32),
        quantity=np.array(quantity, np.int32),
        at_ms=np.array(at_ms, np.int64),
        quality=np.array(quality, np.int16),
        value=np.array(value, np.float64),
        first_ms=min(times, default=0),
        last_ms=max(times, default=0),
    )


@dataclass(frozen=True, slots=True)
class _Vectors:
    """Times and qualities of all vectors, one behind the other, and which one a source has."""

    times: Ints
    qualities: npt.NDArray[np.int16]
    start: Ints  # of each source's vector
    length: Ints
    filled: bool  # each source has a time
    device: Ints  # of each cell, if a quantity has one at each time of each source
    place: Ints  # likewise, in ``times``

    @classmethod
    def read(cls, reader: _Reader, count: int) -> _Vectors:
        references, _ = reader.integers(count)
        own_count = count - int(np.count_nonzero(references))
        lengths, _ = reader.integers(own_count, high=MAX_UNPACKED)
        units, whole_count = reader.flags(own_count)
        filled = lengths > 0
        filled_count = int(np.count_nonzero(filled))
        firsts, most = reader.integers(filled_count)
        total = int(_total(lengths))
        steps, most_steps = reader.integers(total - filled_count)
        qualities = reader.integers(total, high=MAX_QUALITY)[0].astype(np.int16)
        times = _runs(lengths[filled], firsts, steps, most + most_steps)
        if times is not None and whole_count:
            whole = np.repeat(units[filled], lengths[filled])
            seconds = times[whole]
            if len(seconds) and _out_of(seconds, -(-_EXACT // 1000)):
                times = None
            else:
                times = np.where(whole, times * 1000, times)
        if times is None:
            raise reader.error("a time out of bounds")
        own = (references == 0).cumsum()
        before = own - (references == 0)
        if np.count_nonzero((references < 0) | (references > before)):
            raise reader.error("a source names a vector that does not come before it")
        chosen = np.where(references == 0, own, references) - 1
        starts, lengths = (lengths.cumsum() - lengths)[chosen], lengths[chosen]
        every = filled_count == own_count
        # Many sources may name one long vector: what each quantity pays for, nobody gets at once.
        if int(_total(lengths)) > _SPREAD * len(times) + _FEW:
            return cls(times, qualities, starts, lengths, every, _NONE, _NONE)
        return cls(times, qualities, starts, lengths, every, *_cells(starts, lengths))


def _cells(starts: Ints, lengths: Ints) -> tuple[Ints, Ints]:
    """Return for each cell of runs, one behind the other, its run's number and its own place."""
    device = np.repeat(np.arange(len(lengths)), lengths)
    shift = starts - (lengths.cumsum() - lengths)
    return device, np.arange(len(device)) + np.repeat(shift, lengths)


def _read_quantity(
    reader: _Reader, vectors: _Vectors, number: int
) -> tuple[npt.NDArray[Any], npt.NDArray[Any], Ints, npt.NDArray[np.float64]]:
    """Return device, quantity, place in the vectors and value of each row of one quantity."""
    flags, count = reader.flags(len(vectors.length))
    everywhere = count == len(flags)
    present = None if everywhere else np.flatnonzero(flags)
    lengths = vectors.length if present is None else vectors.length[present]
    exponents, _ = reader.integers(count, high=_RAW)
    gaps, gap_count = reader.flags(count)
    mask, mask_count = reader.flags(int(_total(lengths[gaps])) if gap_count else 0)
    counts = lengths
    if len(mask):
        counts = lengths.copy()
        counts[gaps] = _sums(mask, lengths[gaps])
    raw = exponents == _RAW
    bare = np.count_nonzero(raw) > 0
    # all that is said of ``whole`` is for the few: most quantities have a number at each time
    whole = None if vectors.filled and not bare and not len(mask) else ~raw & (counts > 0)
    runs, scales = (counts, exponents) if whole is None else (counts[whole], exponents[whole])
    firsts, most = reader.integers(len(runs))
    steps, most_steps = reader.integers(int(_total(runs)) - len(runs))
    bits = reader.floats(int(_total(counts[raw])) if bare else 0)
    if np.count_nonzero((exponents > MAX_EXPONENT) & ~raw):
        raise reader.error("an exponent out of bounds")
    # From here on each cell is known to have cost its peer a byte: arrays of them are bounded.
    numbers = _runs(runs, firsts, steps, most + most_steps)
    if numbers is None:
        raise reader.error("a value out of bounds")
    ready = everywhere and len(vectors.device) > 0
    own, place = (
        (vectors.device, vectors.place)
        if ready
        else _cells(vectors.start if present is None else vectors.start[present], lengths)
    )
    if mask_count != len(mask):
        kept = np.ones(len(own), bool)
        kept[np.repeat(gaps, lengths)] = mask
        own, place = own[kept], place[kept]
    factors = _SCALES[scales]
    value = numbers / (factors if not len(steps) else np.repeat(factors, runs))
    if bare:
        mixed, at = np.empty(len(own)), raw[own]
        mixed[at], mixed[~at] = bits, value
        value = mixed
    device = own if present is None else present[own]
    return device, np.full(len(device), number), place, value


_SCALES = np.array([10.0**exponent for exponent in range(MAX_EXPONENT + 1)])


def _runs(lengths: Ints, firsts: Ints, steps: Ints, most: int) -> Ints | None:
    """Return runs of numbers, each given by its first and its steps, one behind the other.

    ``firsts`` are steps themselves, from run to run; ``lengths`` count where there are ``steps``.
    None if a number is out of bounds, of which there is none as long as all of them together are
    at ``most`` an exact one. Sums wrap around in 64 bits, but not before a step or a number has
    left the exact ones.
    """
    if not len(firsts):
        return _NONE
    begin: Ints = firsts.cumsum()
    exact = most < _EXACT
    if not exact and (_far(firsts) or _out(begin) or _far(steps)):
        return None
    if not len(steps):  # each run is one number: a segment of one poll
        return begin
    starts = lengths.cumsum() - lengths
    deltas = np.empty(int(_total(lengths)), np.int64)
    inner = np.ones(len(deltas), bool)
    inner[starts] = False
    deltas[inner] = steps
    deltas[starts] = 0
    sums = deltas.cumsum()
    numbers: Ints = sums + np.repeat(begin - sums[starts], lengths)
    return None if not exact and _out(numbers) else numbers


def _sums(flags: npt.NDArray[np.bool_], lengths: Ints) -> Ints:
    """Return how many of each run of ``flags`` are set."""
    sums = np.concatenate((_NONE[:0], [0], flags.cumsum()))
    ends = lengths.cumsum()
    found: Ints = sums[ends] - sums[ends - lengths]
    return found


def _far(steps: Ints) -> bool:
    return len(steps) > 0 and not -_FAR <= int(_least(steps)) <= int(_most(steps)) <= _FAR


def _out(numbers: Ints) -> bool:
    return _out_of(numbers, _EXACT)


def _out_of(numbers: Ints, bound: int) -> bool:
    return not -bound < int(_least(numbers)) <= int(_most(numbers)) < bound


def _join(parts: Sequence[npt.NDArray[Any]], kind: Any) -> npt.NDArray[Any]:
    return np.concatenate(parts).astype(kind, copy=False) if parts else np.zeros(0, kind)


class _Reader(packing.Reader):
    __slots__ = ()

    def names(self, count: int) -> tuple[str, ...]:
        data, at = self._data, self._at
        found: list[bytes] = []
        try:
            for _ in range(count):
                end = at + 1 + data[at]
                found.append(data[at + 1 : end])
                at = end
            names = tuple(map(bytes.decode, found))
        except IndexError as error:
            raise self.error("the body ends too early") from error
        except UnicodeDecodeError as error:
            raise self.error("a name is no UTF-8") from error
        if at > len(data):
            raise self.error("the body ends too early")
        if b"" in found or len(set(found)) != count:
            raise self.error("a name is empty or appears twice")
        self._at = at
        return names

    def integers(self, count: int, *, high: int | None = None) -> tuple[Ints, int]:
        """Return ``count`` integers, and what the sum of their sizes cannot exceed.

        Each is from 0 to ``high`` if that is given.
        """
        width = self._width(count)
        if not count:
            return _NONE, 0
        most = count << (8 * width - 1)
        if width == 1:
            octets = self.take(count)
            if high is not None and octets.translate(None, _EVEN[: min(high, 127) + 1]):
                raise self.error(f"a number that is not from 0 to {high}")
            return _SIGNED[np.frombuffer(octets, np.uint8)], most
        words = self._words(count, width)
        numbers = (words >> _ONE).view(np.int64) ^ -(words & _ONE).view(np.int64)
        if high is not None and int(_most(numbers.view(np.uint64))) > high:
            raise self.error(f"a number that is not from 0 to {high}")
        return numbers, most

    def flags(self, count: int) -> tuple[npt.NDArray[np.bool_], int]:
        """Return ``count`` integers that are 0 or 1, and how many are 1."""
        found = self.integers(count, high=1)[0] == 1
        return found, int(np.count_nonzero(found))

    def floats(self, count: int) -> npt.NDArray[np.float64]:
        """Return ``count`` float64 with the bits they had."""
        return self._words(count, self._width(count)).view(np.float64)

    def _width(self, count: int) -> int:
        try:
            declared, width = _LIST.unpack_from(self._data, self._at)
        except struct.error:
            raise self.error("the body ends too early") from None
        self._at += _LIST.size
        if declared != count or not 1 <= width <= 8:
            raise self.error(f"a list of {declared} numbers where {count} belong")
        return int(width)

    def _words(self, count: int, width: int) -> npt.NDArray[np.uint64]:
        planes = np.frombuffer(self.take(count * width), np.uint8)
        data = np.zeros((count, 8), np.uint8)
        data[:, :width] = planes.reshape(width, count).T
        return data.reshape(-1).view("<u8").astype(np.uint64, copy=False)
