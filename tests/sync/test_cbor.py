from __future__ import annotations

import time
import tracemalloc

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync import cbor
from sync.errors import FormatError, VersionError

NEST = 1 << 16


@pytest.mark.parametrize(
    ("digits", "match"),
    [
        ("", "too early"),
        ("0102", "after its end"),
        ("1805", "longer than it must"),  # 5
        ("190017", "longer than it must"),
        ("1a0000ffff", "longer than it must"),
        ("1b00000000ffffffff", "longer than it must"),
        ("780161", "longer than it must"),  # "a"
        ("a2616201616102", "out of order"),
        ("a2616101616102", "appears twice"),
        ("a262616101616202", "out of order"),  # "aa" before "b": neither order of RFC 8949
        ("a10102", "key that is no text"),
        ("a1410102", "key that is no text"),
        ("a18000", "deep"),  # a list as a key
        ("9f01ff", "indefinite"),
        ("bf616101ff", "indefinite"),
        ("5f4101ff", "indefinite"),
        ("7f6161ff", "indefinite"),
        ("ff", "simple"),
        ("1c", "indefinite or unknown"),
        ("f93e00", "a float"),  # 1.5 in two bytes, its shortest form
        ("fa3fc00000", "a float"),
        ("fb3ff8000000000000", "a float"),
        ("f97e00", "a float"),  # not a number
        ("f7", "simple"),  # undefined
        ("e0", "simple"),
        ("f820", "simple"),
        ("c24105", "a tag"),  # 5 as a bignum
        ("c074323031332d30332d32315432303a30343a30305a", "a tag"),
        ("d9d9f700", "a tag"),
        ("d81c81d81d00", "a tag"),  # a list that holds itself
        ("1b0020000000000001", "out of bounds"),
        ("3b0020000000000000", "out of bounds"),
        ("1bffffffffffffffff", "out of bounds"),
        ("62ffff", "UTF-8"),
        ("63eda080", "UTF-8"),  # half a surrogate pair
        ("5bffffffffffffffff", "too early"),  # longer than memory
        ("9bffffffffffffffff", "too early"),
        ("bbffffffffffffffff", "too early"),
        ("19", "too early"),
        ("8201", "too early"),
        ("a1", "too early"),
    ],
)
def test_only_one_encoding_of_the_subset_is_read(digits: str, match: str) -> None:
    with pytest.raises(FormatError, match=match) as caught:
        cbor.loads(bytes.fromhex(digits), limit=1000)
    assert caught.value.offset is not None


def test_both_orders_of_the_standard_are_one_for_text_keys() -> None:
    value = {"b": 1, "aa": 2, "x" * 23: 3, "a" * 24: 4, "ä": 5, "y" * 300: 6}
    data = cbor.dumps(value)
    assert cbor.loads(data, limit=1000) == value
    encoded = [cbor.dumps(key) for key in cbor.loads(data, limit=1000)]  # type: ignore[attr-defined]
    assert encoded == sorted(encoded) == sorted(encoded, key=lambda one: (len(one), one))


def test_depth_is_bounded() -> None:
    deepest: object = 1
    for _ in range(cbor.MAX_DEPTH):
        deepest = [deepest]
    assert cbor.loads(cbor.dumps(deepest), limit=100) == deepest
    with pytest.raises(FormatError, match="deep"):
        cbor.loads(cbor.dumps([deepest]), limit=100)
    for head in (b"\x81", b"\xa1\x61a", b"\x82\x01"):
        with pytest.raises(FormatError, match="deep"):
            cbor.loads(head * NEST, limit=4 * NEST)


def test_giant_counts_cost_nothing() -> None:
    tracemalloc.start()
    try:
        for head in ("9b", "bb", "5b", "7b"):
            for size in ("0000000100000000", "7fffffffffffffff"):
                with pytest.raises(FormatError):
                    cbor.loads(bytes.fromhex(head + size), limit=100)
        nested = bytes.fromhex("990100") * 16 + bytes(200)  # each claims what the last one has
        started = time.process_time()
        with pytest.raises(FormatError):
            cbor.loads(nested, limit=1000)
        assert time.process_time() - started < 1
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_the_limit_is_looked_at_first() -> None:
    with pytest.raises(FormatError, match="at most 3"):
        cbor.loads(b"\xff" * 4, limit=3)


def test_what_is_written_is_read() -> None:
    value = {"b": 1, "a": [b"x", "y", -5, None, True, False, cbor.INT_LIMIT, -cbor.INT_LIMIT]}
    assert cbor.loads(cbor.dumps(value), limit=100) == value


SUBSET = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-cbor.INT_LIMIT, cbor.INT_LIMIT)
    | st.text(max_size=300)
    | st.binary(max_size=300),
    lambda inner: st.lists(inner, max_size=30) | st.dictionaries(st.text(), inner, max_size=30),
    max_leaves=12,
)


@given(SUBSET)
def test_every_value_of_the_subset_goes_round(value: object) -> None:
    data = cbor.dumps(value)
    assert cbor.loads(data, limit=len(data)) == value


@given(SUBSET, st.data())
def test_what_is_read_from_a_near_miss_is_written_the_same(
    value: object, data: st.DataObject
) -> None:
    raw = bytearray(cbor.dumps(value))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        found = cbor.loads(bytes(raw), limit=len(raw))
    except FormatError:
        return
    assert cbor.dumps(found) == raw
    assert cbor2.loads(bytes(raw)) == found


KEYS = frozenset(("v", "a"))


@pytest.mark.parametrize(
    "value",
    [[], {}, {"v": True, "a": 1}, {"v": 1}, {"v": 1, "a": 1, "b": 2}, {"v": 1, "b": 2, "minor": 1}],
    ids=repr,
)
def test_a_versioned_map_of_another_shape_is_refused(value: object) -> None:
    with pytest.raises(FormatError) as caught:
        cbor.Fields.versioned(value, "thing", KEYS, 1)
    assert not isinstance(caught.value, VersionError)


def test_a_later_minor_may_add_and_another_major_may_do_anything() -> None:
    fields = cbor.Fields.versioned({"v": 1, "a": 5, "minor": 2, "b": []}, "thing", KEYS, 1)
    assert (fields.minor, fields.number("a")) == (2, 5)
    assert cbor.Fields.versioned({"v": 1, "a": 5}, "thing", KEYS, 1).minor == 0
    with pytest.raises(VersionError):
        cbor.Fields.versioned({"v": 2}, "thing", KEYS, 1)


def test_fields_have_types_and_bounds() -> None:
    names = frozenset(("n", "d", "t", "l", "m"))
    of = {"n": 5, "d": b"ab", "t": "x", "l": [1], "m": "x\ny"}
    fields = cbor.Fields(of, "thing", names)
    assert fields.number("n", 5, 5) == 5
    assert fields.data("d", 2) == fields.any_data("d", 2) == b"ab"
    assert (fields.text("t", 1), fields.items("l", 1)) == ("x", [1])
    assert fields.any_text("m", 3) == "x\ny"
    for wrong in (
        lambda: fields.number("n", 6),
        lambda: fields.number("n", 0, 4),
        lambda: fields.number("t"),
        lambda: fields.data("d", 3),
        lambda: fields.data("t", 1),
        lambda: fields.any_data("d", 1),
        lambda: fields.any_data("n", 9),
        lambda: fields.text("t", 0),
        lambda: fields.text("d", 9),
        lambda: fields.text("m", 9),
        lambda: fields.any_text("m", 2),
        lambda: fields.any_text("d", 9),
        lambda: fields.items("l", 0),
        lambda: fields.items("t", 9),
        lambda: cbor.Fields([], "thing", names),
        lambda: cbor.Fields({}, "thing", names),
    ):
        with pytest.raises(FormatError):
            wrong()
