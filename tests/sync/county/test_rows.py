"""The county's reader of bodies beside the hub's: what one says of any bytes, the other says."""

from __future__ import annotations

import math
import random
import struct
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync import columns, packing
from sync.columns import Source
from sync.county import rows
from sync.county.rows import Rows
from sync.errors import FormatError

_Row = tuple[str, str, int, int, bytes]


def flat(found: Rows) -> list[_Row]:
    return sorted(
        (found.devices[d], found.quantities[q], t, k, struct.pack("<d", v))
        for d, q, t, k, v in zip(
            found.device.tolist(),
            found.quantity.tolist(),
            found.at_ms.tolist(),
            found.quality.tolist(),
            found.value.tolist(),
            strict=True,
        )
    )


def slow(sources: Sequence[Source]) -> list[_Row]:
    return sorted(
        (one.device, name, one.times_ms[n], one.qualities[n], struct.pack("<d", value))
        for one in sources
        for name, column in one.columns.items()
        for n, value in enumerate(column)
        if value is not None
    )


def agree(body: bytes) -> bool:
    """Return if both read it; neither may read what the other refuses."""
    try:
        sources = columns.decode(body)
    except FormatError as error:
        with pytest.raises(type(error)):
            rows.decode(body)
        return False
    found = rows.decode(body)
    times = [moment for source in sources for moment in source.times_ms]
    assert (found.first_ms, found.last_ms) == (min(times, default=0), max(times, default=0))
    assert flat(found) == slow(sources)
    assert flat(rows.of(sources)) == slow(sources)
    return True


values = st.one_of(
    st.none(),
    st.integers(-10_000, 10_000).map(lambda n: n / 10),
    st.floats(allow_nan=False),
    st.just(-0.0),
    st.just(math.inf),
)


@st.composite
def sources(draw: st.DrawFn) -> list[Source]:
    found = []
    for number in range(draw(st.integers(0, 4))):
        times = draw(
            st.lists(st.integers(-(1 << 52), 1 << 52), max_size=4)
            | st.just([1_795_000_000_000, 1_795_000_900_000])
        )
        names = draw(st.lists(st.sampled_from(["a", "b", "c"]), unique=True))
        found.append(
            Source(
                f"d{number}",
                times,
                draw(st.lists(st.integers(0, 255), min_size=len(times), max_size=len(times))),
                {
                    name: draw(st.lists(values, min_size=len(times), max_size=len(times)))
                    for name in names
                },
            )
        )
    return found


@given(sources())
def test_both_read_the_same(given_sources: list[Source]) -> None:
    assert agree(columns.encode(given_sources))


def plain() -> bytes:
    times = [1_795_000_000_000 + n * 900_000 for n in range(3)]
    return columns.encode(
        [
            Source(
                "mbus:A", times, [4, 3, 4], {"energy": [1.5, 2.5, 4.0], "flow": [None, 50.1, 1]}
            ),
            Source("mbus:B", times, [4, 3, 4], {"energy": [0.1 + 0.2, -0.0, 1e300]}),
            Source("mbus:C", [7], [0], {"flow": [None]}),
        ]
    )


def test_a_change_of_any_unpacked_byte_is_judged_alike() -> None:
    raw = packing.unpack(plain()[1:])
    read = 0
    for at in range(len(raw)):
        for value in (0, 1, 2, 127, 255, raw[at] ^ 1):
            changed = raw[:at] + bytes((value,)) + raw[at + 1 :]
            read += agree(plain()[:1] + packing.pack(changed))
    assert 100 < read < 6 * len(raw)


def test_random_rubbish_and_cuts_are_judged_alike() -> None:
    rng = random.Random(3)
    raw = packing.unpack(plain()[1:])
    for _ in range(300):
        data = bytearray(raw)
        for _ in range(rng.randint(1, 4)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        agree(plain()[:1] + packing.pack(bytes(data)))
    for cut in range(len(raw)):
        assert not agree(plain()[:1] + packing.pack(raw[:cut]))
    assert not agree(plain()[:1] + packing.pack(raw + b"\0"))
    for body in (b"", b"\x02", plain()[:-1], plain() + b"\0", b"\x01" + bytes(1 << 20)):
        assert not agree(body)


def lists(*numbers: Sequence[int]) -> bytes:
    return b"".join(columns._pack(one) for one in numbers)


@pytest.mark.parametrize("step", [1 << 53, -(1 << 53), (1 << 54) + 1, (1 << 63) - 1, -(1 << 63)])
@pytest.mark.parametrize("back", [False, True])
def test_sums_that_wrap_around_are_refused(step: int, *, back: bool) -> None:
    """64 bits come back into the allowed numbers; Python's integers do not."""
    steps = [step, step] if not back else [step, -step if step > -(1 << 63) else step]
    header = struct.pack("<HH", 1, 1) + b"\x01d\x01q"
    vector = lists([0], [3], [0], [0], [1000, 1000], [4, 4, 4])
    wrong_values = header + vector + lists([1], [0], [0], [], [0], steps, [])
    wrong_times = (
        header
        + lists([0], [3], [0], [0], steps, [4, 4, 4])
        + lists([1], [0], [0], [], [0], [1, 1], [])
    )
    right = header + vector + lists([1], [0], [0], [], [0], [1, 1], [])
    assert agree(b"\x01" + packing.pack(right))
    assert not agree(b"\x01" + packing.pack(wrong_values))
    assert not agree(b"\x01" + packing.pack(wrong_times))


def test_many_sources_of_one_long_vector_cost_nothing_before_they_are_paid_for() -> None:
    """60,000 sources that claim a vector of a million times: refused before arrays are made."""
    count, length = 60_000, 1_000_000
    names = b"".join(bytes((len(n),)) + n for n in (b"%d" % i for i in range(count)))
    raw = b"".join(
        (
            struct.pack("<HH", count, 1) + names + b"\x01q",
            lists([0] + [1] * (count - 1), [length], [1], [0], [1] * (length - 1), [4] * length),
            lists([1] * count, [0] * count, [0] * count, [], [0] * count, []),
            lists([]),
        )
    )
    with pytest.raises(FormatError):
        rows.decode(b"\x01" + packing.pack(raw))


@settings(max_examples=20)
@given(st.binary(max_size=200))
def test_any_bytes_are_judged_alike(data: bytes) -> None:
    agree(data)
    agree(b"\x01" + packing.pack(data))
