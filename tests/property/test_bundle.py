"""Bundles, segments and messages: any bytes are read or refused by one error."""

from __future__ import annotations

import contextlib
import io

from hypothesis import given
from hypothesis import strategies as st

from sync import bundle, cbor, wire
from sync.errors import FormatError
from sync.identity import Identity
from sync.segment import NO_PREVIOUS, ClockState, Header, Segment, StreamClass, seal, verify

SIGNER = Identity.generate()
TIMES = st.integers(-(2**53), 2**53)


@st.composite
def segments(draw: st.DrawFn) -> list[Segment]:
    first = draw(st.integers(1, 2**40))
    chain: list[Segment] = []
    for body in draw(st.lists(st.binary(max_size=40), min_size=1, max_size=4)):
        segment = seal(
            SIGNER,
            epoch=bytes(8),
            seq=first + len(chain),
            previous=chain[-1].hash if chain else NO_PREVIOUS,
            stream=draw(st.sampled_from(StreamClass)),
            schema=draw(st.from_regex("[a-z]{1,20}/[0-9]{1,3}", fullmatch=True)),
            count=draw(st.integers(0, 10**6)),
            first_ms=draw(TIMES),
            last_ms=draw(TIMES),
            clock=ClockState(
                draw(TIMES), draw(st.integers(0, 255)), draw(st.binary(min_size=16, max_size=16)), 7
            ),
            salt=draw(st.binary(min_size=16, max_size=16)),
            body=body,
        )
        chain.append(segment.erase() if draw(st.booleans()) else segment)
    return chain


@given(segments())
def test_what_goes_in_comes_out(chain: list[Segment]) -> None:
    data = bundle.pack(chain)
    found = list(bundle.Reader(io.BytesIO(data)))
    assert found == chain
    for segment in found:
        verify(segment, SIGNER.public_key)
        assert Header.decode(segment.raw_header).encode() == segment.raw_header


@given(segments(), st.data())
def test_a_near_miss_never_gives_another_segment(chain: list[Segment], data: st.DataObject) -> None:
    """One byte changed, a piece taken out or doubled: no segment comes out that was not in."""
    packed = bytearray(bundle.pack(chain))
    at = data.draw(st.integers(0, len(packed) - 1))
    size = data.draw(st.integers(0, 20))
    how = data.draw(st.sampled_from(["change", "drop", "double"]))
    if how == "change":
        packed[at] ^= data.draw(st.integers(1, 255))
    elif how == "drop":
        del packed[at : at + size]
    else:
        packed[at:at] = packed[at : at + size]
    found: list[Segment] = []
    with contextlib.suppress(FormatError):
        for segment in bundle.Reader(io.BytesIO(bytes(packed))):
            verify(segment, SIGNER.public_key)
            found.append(segment)
    assert found == chain[: len(found)]


@given(st.binary(max_size=300))
def test_any_bytes_are_refused(data: bytes) -> None:
    for read in (
        lambda: list(bundle.Reader(io.BytesIO(data))),
        lambda: list(bundle.Reader(io.BytesIO(bundle.MAGIC + data))),
        lambda: Segment.decode(data),
        lambda: Header.decode(data),
        lambda: bundle.Manifest.decode(data),
        lambda: wire.decode_ack(data),
        lambda: wire.decode_enrolment(data),
        lambda: wire.decode_refusal(data),
        lambda: wire.decode_state(data),
        lambda: wire.decode_head(data, nonce=bytes(16)),
    ):
        with contextlib.suppress(FormatError):
            read()
            raise AssertionError("accepted")


CBOR = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.binary() | st.floats(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner),
    max_leaves=8,
)


@given(CBOR)
def test_cbor_of_any_shape_is_refused_as_a_message(value: object) -> None:
    data = cbor.dumps(value)
    for read in (Segment.decode, Header.decode, bundle.Manifest.decode, wire.decode_ack):
        with contextlib.suppress(FormatError):
            read(data)
            raise AssertionError("accepted")
