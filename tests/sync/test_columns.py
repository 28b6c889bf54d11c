from __future__ import annotations

import lzma
import math
import random
import struct
import tracemalloc

import pytest

from sync import columns
from sync.columns import Source, decode, encode
from sync.errors import FormatError


def packed(raw: bytes) -> bytes:
    filters = [
        {"id": lzma.FILTER_LZMA2, "preset": 6, "lc": 0, "lp": 0, "pb": 0, "dict_size": 1 << 20}
    ]
    return b"\x01" + lzma.compress(raw, format=lzma.FORMAT_RAW, filters=filters)


def one(values: list[float | None]) -> Source:
    return Source("d", list(range(len(values))), [4] * len(values), {"q": values})


def test_a_body_of_a_known_input_is_these_bytes() -> None:
    """The format is frozen: the same input is the same bytes in every release."""
    sources = [
        Source(
            "a", [1000, 2000, 3001], [4, 4, 1], {"e": [1.5, 1.7, None], "t": [20.0, 21.0, 22.0]}
        ),
        Source("b", [1000, 2000, 3001], [4, 4, 1], {"e": [-0.0, math.inf, 3.0]}),
        Source("c", [-5000, 3000], [0, 2], {}),
    ]
    raw = bytes.fromhex(RAW)
    assert encode(sources) == packed(raw)
    found = decode(packed(raw))
    assert found[0].columns == {"e": (1.5, 1.7, None), "t": (20.0, 21.0, 22.0)}
    assert str(found[1].columns["e"]) == "(-0.0, inf, 3.0)"
    assert found[0].times_ms is found[1].times_ms


def test_values_keep_their_bits() -> None:
    odd = struct.unpack("<d", bytes.fromhex("0100000000f0f87f"))[0]  # a NaN with a payload
    for values in (
        [odd, 1.0],
        [-0.0],
        [math.inf, -math.inf],
        [5e-324],
        [2.0**53, 2.0**60],
        [0.1 + 0.2],
    ):
        (found,) = decode(encode([one(list(values))]))
        sent = [struct.pack("<d", v) for v in values]
        assert [struct.pack("<d", v) for v in found.columns["q"] if v is not None] == sent


def test_one_finer_value_among_many_is_not_lost() -> None:
    """The writer looks at a few values first; the others have a say as well."""
    for at in range(32):
        values = [float(n) for n in range(32)]
        values[at] += 0.125
        (found,) = decode(encode([one(list(values))]))
        assert found.columns["q"] == tuple(values)


def test_nothing_at_all_is_a_body() -> None:
    assert decode(encode([])) == []
    empty = Source("d", [], [], {"q": []})
    assert decode(encode([empty])) == [Source("d", (), (), {"q": ()})]


@pytest.mark.parametrize(
    "sources",
    [
        [Source("d", [1], [], {})],
        [Source("d", [1], [4], {"q": []})],
        [Source("d", [], [], {}), Source("d", [], [], {})],
        [Source("", [], [], {})],
        [Source("d" * 256, [], [], {})],
        [Source("d", [1 << 53], [4], {})],
        [Source("d", [1], [256], {})],
        [Source("d", [1], [-1], {})],
        [Source(f"{n}", [], [], {}) for n in range(65_536)],
    ],
)
def test_what_no_reader_would_take_is_not_written(sources: list[Source]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        encode(sources)


def test_more_than_a_reader_takes_is_not_written() -> None:
    count = columns.MAX_UNPACKED // 9  # of ten bytes each: a time, its quality, a float64
    big = Source("d", range(count), [4] * count, {"q": [math.pi] * count})
    with pytest.raises(ValueError, match="bytes in one segment"):
        encode([big])


def test_more_than_a_line_takes_is_not_written() -> None:
    rng = random.Random(1)
    count = columns.MAX_PACKED // 6
    noise = Source("d", range(count), [4] * count, {"q": [rng.random() for _ in range(count)]})
    with pytest.raises(ValueError, match="packed bytes"):
        encode([noise])


def test_bytes_after_the_end_are_refused() -> None:
    body = encode([one([1.0, 2.0])])
    for wrong in (body + b"\0", body + body, body[:-1]):
        with pytest.raises(FormatError):
            decode(wrong)


def test_a_bomb_is_refused_before_it_unpacks() -> None:
    bomb = packed(bytes(64 << 20))
    assert len(bomb) < columns.MAX_PACKED
    tracemalloc.start()
    try:
        with pytest.raises(FormatError, match="unpacks to more"):
            decode(bomb)
        assert tracemalloc.get_traced_memory()[1] < 4 * columns.MAX_UNPACKED
    finally:
        tracemalloc.stop()


def test_a_body_that_is_too_long_is_not_unpacked() -> None:
    with pytest.raises(FormatError, match="at most"):
        decode(b"\x01" + bytes(columns.MAX_PACKED))


@pytest.mark.parametrize("version", [0, 2, 255])
def test_another_version_says_what_to_do(version: int) -> None:
    with pytest.raises(FormatError, match="version") as caught:
        decode(bytes((version,)) + b"anything")
    assert "aktualisieren" in caught.value.hint


def numbers(*values: int, width: int = 1) -> bytes:
    words = [n << 1 if n >= 0 else (-n << 1) - 1 for n in values]
    planes = (bytes(w >> 8 * i & 255 for w in words) for i in range(width))
    return struct.pack("<IB", len(words), width) + b"".join(planes)


def hostile(**parts: bytes) -> bytes:
    """One source `d` of two times, one quantity `q`; each part may be replaced."""
    usual = {
        "counts": struct.pack("<HH", 1, 1),
        "names": b"\x01d\x01q",
        "references": numbers(0),
        "lengths": numbers(2),
        "units": numbers(0),
        "first": numbers(5),
        "steps": numbers(1),
        "qualities": numbers(4, 4),
        "presence": numbers(1),
        "exponents": numbers(0),
        "gaps": numbers(0),
        "mask": numbers(),
        "values": numbers(7),
        "more": numbers(1),
        "bits": numbers(),
        "end": b"",
    }
    return packed(b"".join((usual | parts).values()))


NO_QUANTITY = {
    "counts": struct.pack("<HH", 2, 0),
    **dict.fromkeys(("presence", "exponents", "gaps", "mask", "values", "more", "bits"), b""),
}


def test_the_hostile_patterns_themselves_are_fine() -> None:
    names = {"names": b"\x01d\x01e", "references": numbers(0, 1)}
    found = decode(hostile(**{**NO_QUANTITY, **names}))
    assert found == [Source("d", (5, 6), (4, 4), {}), Source("e", (5, 6), (4, 4), {})]
    assert decode(hostile()) == [Source("d", (5, 6), (4, 4), {"q": (7.0, 8.0)})]


@pytest.mark.parametrize(
    "parts",
    [
        {"counts": struct.pack("<HH", 65535, 1)},
        {"names": b"\x00\x01q"},
        {"names": b"\x01\xff\x01q"},
        {**NO_QUANTITY, "names": b"\x01d\x01d", "references": numbers(0, 1)},
        {**NO_QUANTITY, "names": b"\x01d\x01e", "references": numbers(0, 2)},
        {"more": struct.pack("<IB", 2, 1) + b"\x02"},
        {"references": numbers(1)},
        {
            "references": numbers(1),
            "lengths": numbers(),
            "units": numbers(),
            "first": numbers(),
            "steps": numbers(),
            "qualities": numbers(),
        },
        {"references": numbers(-1)},
        {"references": numbers(0, 0)},
        {"lengths": numbers(-2)},
        {"lengths": numbers(1 << 40, width=6)},
        {"lengths": numbers(3)},
        {"units": numbers(2)},
        {"units": numbers(0, 0)},
        {"units": numbers(1), "first": numbers(1 << 44, width=6)},
        {"first": numbers(1 << 53, width=7)},
        {"steps": numbers(1 << 60, width=8)},
        {"qualities": numbers(4, 256, width=2)},
        {"presence": numbers(2)},
        {"exponents": numbers(10)},
        {"exponents": numbers(255)},
        {"exponents": numbers(256, width=2)},
        {"gaps": numbers(1)},
        {"gaps": numbers(2)},
        {"mask": numbers(1)},
        {"values": numbers(1 << 53, width=7)},
        {"values": struct.pack("<IB", 1, 9) + bytes(9)},
        {"values": struct.pack("<IB", 1, 0)},
        {"more": struct.pack("<IB", 0xFFFFFFFF, 8)},
        {"end": b"\0"},
    ],
    ids=repr,
)
def test_a_hostile_body_is_refused(parts: dict[str, bytes]) -> None:
    with pytest.raises(FormatError):
        decode(hostile(**parts))


def test_many_sources_of_one_vector_share_it() -> None:
    """A reference costs one byte; it must not cost us the vector again."""
    count, rows = 300, 10_000
    times = list(range(rows))
    body = encode([Source(f"{n}", times, [4] * rows, {}) for n in range(count)])
    found = decode(body)
    assert len({id(source.times_ms) for source in found}) == 1
    assert len(found) == count


RAW = (
    "03000200016101620163016501740300000001000200020000000106040200000001000202000000"
    "02d0d907070300000002d0d210070700050000000108080200040300000001020200020000000202"
    "fe000102000000010200030000000102020001000000011e01000000010403000000080000000000"
    "0000000000000000000000000000f008807f40030000000102000001000000010001000000010000"
    "00000001010000000128020000000102020000000001"
)
