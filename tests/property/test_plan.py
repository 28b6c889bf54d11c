"""What is read by a plan is what a walk finds: on valid data, near misses and recorded ones."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.errors import DecodeError
from hardware.mbus import plan
from hardware.mbus.dif import SIZES, Coding
from hardware.mbus.plan import MOST_ALIKE, MOST_KINDS, Records
from hardware.mbus.record import parse_records, structure_of
from tests.fuzz import seeds

_VIBS = st.sampled_from(
    [b"\x06", b"\x13", b"\x2b", b"\x5a", b"\x6c", b"\x6d", b"\xfd\x17", b"\xfd\x11", b"\xfb\x74",
     b"\x7f", b"\x93\x3c", b"\xfd\xfd\x01", b"\x7c\x03%RH", b"\x93\x18", b"\xfb\x59"]
)  # fmt: skip
_DIBS = st.tuples(
    st.sampled_from([c for c in Coding if c is not Coding.VARIABLE]),
    st.sampled_from([0, 0x10, 0x40]),
)
_SPECIAL = st.sampled_from([b"\x2f", b"\x2f\x2f", b"\x00\x13"])
_TAIL = st.sampled_from([b"", b"\x0f", b"\x0f\x01\x02\x03", b"\x1f", b"\x2f\x2f"])
_LVARS = st.sampled_from([0x00, 0x03, 0xC2, 0xD2, 0xE0, 0xE4, 0xEC])


@st.composite
def _fixed(draw: st.DrawFn) -> tuple[bytes, int]:
    coding, rest = draw(_DIBS)
    return bytes((coding | rest,)) + draw(_VIBS), SIZES[coding]


@st.composite
def _variable(draw: st.DrawFn) -> tuple[bytes, int]:
    lvar = draw(_LVARS)
    size = lvar if lvar < 0xC0 else lvar & 0x0F
    return b"\x0d" + draw(_VIBS) + bytes((lvar,)), size


@st.composite
def _twins(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """Return two data of one shape, of which only the values differ."""
    one = other = b""
    for part in draw(st.lists(st.one_of(_fixed(), _variable(), _SPECIAL), max_size=8)):
        if isinstance(part, bytes):
            one, other = one + part, other + part
            continue
        header, size = part
        odd = st.sampled_from([bytes(size), b"\xff" * size, b"\x80".rjust(size, b"\0")[:size]])
        value = st.one_of(st.binary(min_size=size, max_size=size), odd)
        one, other = one + header + draw(value), other + header + draw(value)
    tail = draw(_TAIL)
    own = len(tail) - 1 if tail[:1] == b"\x0f" else 0
    return one + tail, other + tail[:1] + draw(st.binary(min_size=own, max_size=own)) + tail[
        own + 1 :
    ]


def _walked(data: bytes) -> Records | str:
    try:
        return structure_of(data).read(data)
    except DecodeError as error:
        return str(error)


def _planned(data: bytes) -> Records | str:
    try:
        return parse_records(data)
    except DecodeError as error:
        return str(error)


@given(_twins())
def test_a_plan_reads_what_a_walk_does(twins: tuple[bytes, bytes]) -> None:
    plan.forget()
    for data in (*twins, *twins):
        assert _planned(data) == _walked(data)
    assert all(plan.find(data) is not None for data in twins if data)


@given(_twins(), st.data())
def test_near_misses_are_walked(twins: tuple[bytes, bytes], data: st.DataObject) -> None:
    one, other = twins
    for known in (one, one):
        assert _planned(known) == _walked(known)
    if other:
        near = bytearray(other)
        near[data.draw(st.integers(0, len(near) - 1))] ^= data.draw(st.integers(1, 255))
        for missed in (bytes(near), bytes(near), other[:-1], other + b"\x2f"):
            assert _planned(missed) == _walked(missed)


def test_recorded_data_are_read_alike(shared_data: Path) -> None:
    found = []
    for line in (shared_data / "mbus_cases.jsonl").read_text().splitlines():
        with contextlib.suppress(ValueError):  # some are no whole bytes
            found.append(bytes.fromhex(json.loads(line)["hex"])[19:-2])
    assert len(found) > 30
    for data in [*found, *found]:
        assert _planned(data) == _walked(data)


def test_noise_finds_room_and_takes_none() -> None:
    plan.forget()
    meter = bytes.fromhex("0413010203040F") + bytes(4)
    for data in (meter, meter):
        parse_records(data)
    kept = plan.find(meter)
    for number in range(40):
        parse_records(bytes((0x04, number)) + bytes(4) + b"\x0f" + bytes(4))
        assert plan.find(meter) is kept  # what is heard again and again stays
    assert len(plan._kind(len(meter), 4).plans) == MOST_ALIKE
    for size in range(MOST_KINDS + 10):
        parse_records(b"\x0f" + bytes(size))
    assert plan._kind.cache_info().currsize == MOST_KINDS
    assert plan.find(b"") is None


@pytest.mark.parametrize("content", seeds.contents(()))
def test_seeds_of_the_fuzzer_are_read_alike(content: bytes) -> None:
    for _ in range(3):
        assert _planned(content) == _walked(content)
