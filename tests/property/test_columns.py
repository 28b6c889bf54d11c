"""Columns: whatever goes in comes out; whatever comes in is read or refused by one error."""

from __future__ import annotations

import contextlib
import math
import struct
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from sync import columns, packing
from sync.columns import Source, decode, encode
from sync.errors import FormatError

NAMES = st.text(min_size=1, max_size=12)
DECIMALS = st.builds(
    lambda n, e: n / 10**e, st.integers(-(10**9), 10**9), st.integers(0, columns.MAX_EXPONENT)
)
VALUES = st.one_of(st.none(), DECIMALS, st.floats(width=64), st.sampled_from([0.0, -0.0, 1e300]))


@st.composite
def sources(draw: st.DrawFn) -> list[Source]:
    devices = draw(st.lists(NAMES, max_size=4, unique=True))
    quantities = draw(st.lists(NAMES, max_size=3, unique=True))
    vectors = draw(
        st.lists(
            st.lists(
                st.tuples(
                    st.integers(-(2**53) + 1, 2**53 - 1)
                    | st.integers(-(2**40), 2**40).map(lambda s: 1000 * s),
                    st.integers(0, 255),
                ),
                max_size=6,
            ),
            min_size=1,
            max_size=3,
        )
    )
    found = []
    for device in devices:
        vector = draw(st.sampled_from(vectors))
        mine = draw(st.lists(st.sampled_from(quantities), unique=True)) if quantities else []
        size = len(vector)
        found.append(
            Source(
                device,
                [at for at, _ in vector],
                [quality for _, quality in vector],
                {name: draw(st.lists(VALUES, min_size=size, max_size=size)) for name in mine},
            )
        )
    return found


def bits(values: Sequence[float | None]) -> list[bytes | None]:
    """Compare by bits: -0.0 is not 0.0 and a NaN is itself."""
    return [None if value is None else struct.pack("<d", value) for value in values]


@given(sources())
def test_what_goes_in_comes_out(given_sources: list[Source]) -> None:
    body = encode(given_sources)
    found = decode(body)
    assert [s.device for s in found] == [s.device for s in given_sources]
    for ours, theirs in zip(found, given_sources, strict=True):
        assert list(ours.times_ms) == list(theirs.times_ms)
        assert list(ours.qualities) == list(theirs.qualities)
        assert set(ours.columns) == set(theirs.columns)
        for name, values in ours.columns.items():
            assert bits(values) == bits(theirs.columns[name])
    assert encode(found) == body


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for body in (data, bytes((columns.VERSION,)) + data, _packed(data)):
        with contextlib.suppress(FormatError):
            decode(body)


@given(sources(), st.data())
def test_a_near_miss_is_read_or_refused(given_sources: list[Source], data: st.DataObject) -> None:
    """One byte changed behind the compression, so that the change reaches the reader."""
    raw = bytearray(_raw(encode(given_sources)))
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= data.draw(st.integers(1, 255))
    try:
        found = decode(_packed(bytes(raw)))
    except FormatError:
        return
    for source in found:  # what is read is of one shape, and could have been written
        assert len(source.qualities) == len(source.times_ms)
        for values in source.columns.values():
            assert len(values) == len(source.times_ms)
            assert all(v is None or isinstance(v, float) for v in values)
    assert [s.device for s in decode(encode(found))] == [s.device for s in found]


@given(sources(), st.data())
def test_a_cut_is_refused(given_sources: list[Source], data: st.DataObject) -> None:
    raw = _raw(encode(given_sources))
    cut = data.draw(st.integers(0, len(raw) - 1))
    for body in (_packed(raw[:cut]), _packed(raw + b"\0"), encode(given_sources)[:-1]):
        try:
            decode(body)
        except FormatError:
            continue
        raise AssertionError(cut)


@given(
    st.lists(
        st.builds(lambda n, e: n / 10**e, st.integers(-(10**6), 10**6), st.integers(0, 9)),
        min_size=1,
        max_size=20,
    )
)
def test_the_smallest_exponent_is_taken(values: list[float]) -> None:
    found = columns._integers(values)
    assert found is not None
    exponent, numbers = found
    assert [n / 10**exponent for n in numbers] == values
    for smaller in range(exponent):
        assert any(round(v * 10**smaller) / 10**smaller != v for v in values)
    assert all(math.isfinite(v) for v in values)


def _packed(raw: bytes) -> bytes:
    return bytes((columns.VERSION,)) + packing.pack(raw)


def _raw(body: bytes) -> bytes:
    return packing.unpack(body[1:])
