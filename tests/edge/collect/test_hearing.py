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


@pytest.mark.parametrize("kinds", [2, 3, 4, 8])
def test_all_kinds_of_one_shape_that_come_in_turns_are_kept(kinds: int) -> None:
    hearing = Hearing(QUARTER_MS)
    kept = dict.fromkeys(range(kinds), 0)
    pause_ms = QUARTER_MS // 32  # whole turns in a stretch: the same kind always comes first
    telegrams = 2 * 96 * 32
    for number in range(telegrams):
        now = number * pause_ms
        kept[number % kinds] += hearing.judge(plain(number), T + now, now) is FRESH
    assert min(kept.values()) >= 2
    assert sum(kept.values()) == 2 * 96 * 5 // 4
    if kinds == 2:
        assert kept[1] >= 24  # at least each second hour


def test_a_meter_that_sends_once_a_stretch_loses_nothing() -> None:
    hearing = Hearing(QUARTER_MS)
    times = [n * QUARTER_MS for n in range(20)]
    assert {hearing.judge(plain(n), T + at, at) for n, at in enumerate(times)} == {FRESH}


def test_a_clock_that_jumps_back_begins_anew() -> None:
    hearing = Hearing(QUARTER_MS)
    assert hearing.judge(plain(1), T + QUARTER_MS, 1) is FRESH
    assert hearing.judge(plain(2), T, 2) is FRESH
    assert hearing.judge(plain(3), T + 1, 3) is THINNED


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


def fragment(number: int, message: int, *, more: bool = True) -> Glance:
    flags = number | (0x4000 if more else 0)
    counter = message.to_bytes(4, "little") if number == 1 else b""
    layer = (flags | (0x0800 if counter else 0)).to_bytes(2, "little") + counter
    payload = b"\x90" + bytes((len(layer),)) + layer + b"\x7a" + bytes((message, 0, 0x10, 7))
    return glance(LinkFrame(0x44, ADDRESS, payload))


def test_fragments_follow_the_first_one() -> None:
    hearing = Hearing(QUARTER_MS)
    sent = [(1, 1), (2, 1), (3, 1), (1, 2), (2, 2), (3, 2)]
    said = [hearing.judge(fragment(*one), T + n, n) for n, one in enumerate(sent)]
    assert said == [FRESH] * 3 + [THINNED] * 3
    assert hearing.judge(fragment(4, 9), T + 10, 10) is THINNED
    # in the next stretch one is lost on the way; whole telegrams between them change nothing
    later = T + QUARTER_MS
    assert hearing.judge(fragment(1, 3), later, 20) is FRESH
    assert hearing.judge(plain(1), later, 21) is FRESH
    assert hearing.judge(fragment(3, 3), later, 22) is THINNED
    assert hearing.judge(fragment(2, 4), later, 23) is THINNED


def test_what_is_open_of_a_fragment() -> None:
    first, second = fragment(1, 5), fragment(2, 5, more=False)
    assert (first.fragment, first.encryption, first.is_counted) == (1, "aes-cbc-no-iv", True)
    assert (second.fragment, second.encryption, second.is_counted) == (2, "fragment", False)
    assert (second.access_number, plain(1).fragment) == (None, 0)
