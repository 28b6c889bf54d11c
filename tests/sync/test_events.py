from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync import cbor, packing
from sync.errors import FormatError, VersionError
from sync.events import MAX_EVENTS, Event, decode, encode

DATA = st.dictionaries(
    st.text(max_size=20),
    st.none()
    | st.booleans()
    | st.integers(-cbor.INT_LIMIT, cbor.INT_LIMIT)
    | st.text(max_size=50)
    | st.binary(max_size=50),
    max_size=5,
)
EVENTS = st.lists(
    st.builds(
        Event,
        st.integers(-cbor.INT_LIMIT, cbor.INT_LIMIT),
        st.integers(0, 255),
        st.from_regex("[a-z][a-z0-9._-]{0,63}", fullmatch=True),
        DATA,
    ),
    max_size=20,
)


@given(EVENTS)
def test_what_happened_goes_round(happened: list[Event]) -> None:
    assert decode(encode(happened)) == happened


@given(EVENTS, st.data())
def test_a_near_miss_is_read_or_refused(happened: list[Event], data: st.DataObject) -> None:
    body = bytearray(encode(happened))
    body[data.draw(st.integers(0, len(body) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        decode(bytes(body))
    except FormatError:
        return


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for body in (data, b"\x01" + data, b"\x01" + packing.pack(data)):
        try:
            decode(body)
        except FormatError:
            continue


@pytest.mark.parametrize(
    "event",
    [
        Event(0, 4, "a", {"x": 1.5}),
        Event(0, 4, "a", {"x": 1 << 54}),
        Event(1 << 54, 4, "a", {}),
        Event(0, 256, "a", {}),
        Event(0, -1, "a", {}),
        Event(0, 4, "", {}),
        Event(0, 4, "A", {}),
        Event(0, 4, "../a", {}),
        Event(0, 4, "a" * 65, {}),
        Event(0, 4, "a", {1: 2}),  # type: ignore[dict-item]
    ],
    ids=repr,
)
def test_what_no_reader_would_take_is_not_written(event: Event) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        encode([event])


def test_bounds() -> None:
    with pytest.raises(ValueError, match="at most"):
        encode([Event(0, 0, "a", {})] * (MAX_EVENTS + 1))
    big = Event(0, 0, "a", {"x": bytes(packing.MAX_UNPACKED)})
    with pytest.raises(ValueError, match="at most"):
        encode([big])
    with pytest.raises(FormatError, match="at most"):
        decode(b"\x01" + bytes(packing.MAX_PACKED))


@pytest.mark.parametrize(
    "value", [{}, [1], [[0, 0, "a"]], [[0, 0, "a", []]], [[None, 0, "a", {}]]], ids=repr
)
def test_another_shape_is_refused(value: object) -> None:
    with pytest.raises(FormatError):
        decode(b"\x01" + packing.pack(cbor.dumps(value)))


@pytest.mark.parametrize("body", [b"", b"\x00", b"\x02anything"])
def test_another_version_says_so(body: bytes) -> None:
    with pytest.raises(VersionError) as caught:
        decode(body)
    assert "aktualisieren" in caught.value.hint
