from __future__ import annotations

import random

import pytest

from edge.collect import hearing as module
from edge.collect.hearing import Hearing, Verdict
from hardware.wmbus.glance import Glance, glance
from hardware.wmbus.link import LinkFrame

QUARTER_MS = 900_000
T = 2_000_000 * QUARTER_MS
ADDRESS = bytes.fromhex("2D2C998734761B04")
FRESH, DUPLICATE, THINNED = Verdict.FRESH, Verdict.DUPLICATE, Verdict.THINNED


def plain(number: int, *, address: bytes = ADDRESS, more: int = 0) -> Glance:
    payload = bytes((0x7A, number & 0xFF, 0, 0, 0)) + bytes(more)
    return glance(LinkFrame(0x44, address, payload))


def counted(number: int) -> Glance:
    session = number.to_bytes(3, "little") + b"\x20"
    return glance(LinkFrame(0x44, ADDRESS, b"\x8d\x20\x01" + session + bytes(4)))


def test_one_telegram_of_a_shape_each_quarter_hour() -> None:
    hearing = Hearing(QUARTER_MS)
    said = [hearing.judge(plain(n), T + n * 60_000, n * 60_000) for n in range(31)]
    assert said == [FRESH] + [THINNED] * 14 + [FRESH] + [THINNED] * 14 + [FRESH]
    other = [hearing.judge(plain(n, more=1), T + n, n) for n in (50, 51)]
    assert other == [FRESH, THINNED]


def test_a_clock_that_jumps_back_begins_anew() -> None:
    hearing = Hearing(QUARTER_MS)
    assert hearing.judge(plain(1), T, 1) is FRESH
    assert hearing.judge(plain(2), T - QUARTER_MS, 2) is FRESH
    assert hearing.judge(plain(3), T - QUARTER_MS + 1, 3) is THINNED


def test_copies_are_dropped_and_what_is_meant_again_is_not() -> None:
    hearing = Hearing(0)
    assert [hearing.judge(plain(1), T, ms) for ms in (0, 10, module.COPY_MS - 1)] == [
        FRESH,
        DUPLICATE,
        DUPLICATE,
    ]
    assert hearing.judge(plain(1), T, module.COPY_MS) is FRESH
    assert hearing.judge(plain(1), T, module.COPY_MS + 1) is DUPLICATE


def test_what_is_counted_is_never_meant_again() -> None:
    hearing = Hearing(0)
    assert hearing.judge(counted(1), T, 0) is FRESH
    assert hearing.judge(counted(1), T, 10 * module.COPY_MS) is DUPLICATE
    for number in range(2, 2 + module.REMEMBERED):
        assert hearing.judge(counted(number), T, number) is FRESH
    assert hearing.judge(counted(1), T, 0) is FRESH  # forgotten here; the journal knows it


def test_what_could_not_be_kept_leaves_room_for_the_next() -> None:
    hearing = Hearing(QUARTER_MS)
    hearing.lost(plain(1))  # nobody knows it: nothing happens
    assert hearing.judge(plain(1), T, 0) is FRESH
    hearing.lost(plain(1))
    assert hearing.judge(plain(2), T, 1) is FRESH


def test_memory_is_bounded_whatever_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_METERS", 20)
    hearing = Hearing(QUARTER_MS)
    rng = random.Random(3)
    fresh = 0
    for number in range(5000):
        address = rng.randbytes(8) if number % 2 else ADDRESS
        verdict = hearing.judge(plain(number, address=address, more=number % 200), T, number)
        fresh += address == ADDRESS and verdict is FRESH
    assert len(hearing) == 20
    assert fresh == module.MOST_SHAPES  # random lengths do not get past the thinning
    (memory,) = (one for device, one in hearing._meters.items() if "KAM-76348799" in device)
    assert len(memory.digests) <= module.REMEMBERED
    # in the next quarter hour what the meter really sends is kept again
    assert hearing.judge(plain(9, more=3), T + QUARTER_MS, 10**7) is FRESH
