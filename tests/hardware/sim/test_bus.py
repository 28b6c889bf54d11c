"""The virtual bus: overlaps are ANDed, speeds matter, late and mute meters are late and mute."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.mbus.frame import encode_long, encode_short
from hardware.mbus.secondary import DESELECT, SecondaryAddress, select
from hardware.mbus.telegram import decode
from hardware.sim.bus import Bus, BusMeter, overlay
from hardware.sim.meter import VirtualBus
from hardware.sim.telegrams import FileTelegrams, HeatTelegrams, SplitTelegrams
from hardware.transport import open_transport

NOON = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
HOUR = datetime(2026, 1, 31, 11, 0, tzinfo=UTC)
E5 = b"\xe5"
ASK_1, ASK_0 = encode_short(0x7B, 253), encode_short(0x5B, 253)


def number(digits: str) -> FileTelegrams:
    wire = SecondaryAddress(digits, 0x32A7, 7, 4).wire
    return FileTelegrams([encode_long(0x08, 1, 0x72, wire + bytes(4))])


def heard(bus: Bus, data: bytes, baud: int | None = None) -> list[bytes]:
    spoken = bus.hear(data, NOON, lambda own: own is None or baud in (None, own))
    return [one.data for one in spoken]


@given(st.binary(min_size=1, max_size=40))
def test_one_who_speaks_alone_is_understood(data: bytes) -> None:
    assert overlay([data], [0]) == overlay([data], [17]) == data
    assert overlay([data, data], [0, 0]) == data


@given(st.lists(st.binary(min_size=5, max_size=5), min_size=2, max_size=4))
def test_those_who_speak_at_once_are_anded(answers: list[bytes]) -> None:
    anded = bytes.fromhex("ff" * 5)
    for answer in answers:
        anded = bytes(a & b for a, b in zip(anded, answer, strict=True))
    assert overlay(answers, [0] * len(answers)) == anded


def test_answers_that_miss_each_other_come_one_after_the_other() -> None:
    assert overlay([E5, E5], [0, 11]) == E5 + E5
    assert overlay([E5, E5], [0, 300]) == E5 + E5
    assert overlay([E5, E5], [0, 3]) != E5 + E5


def test_a_selection_chooses_one_and_forgets_the_other() -> None:
    bus = Bus([BusMeter(number("00000001")), BusMeter(number("00000002"))], random.Random(1))
    for digits in ("00000001", "00000002"):
        assert heard(bus, select(SecondaryAddress(digits), msb_first=digits[-1] == "2")) == [E5]
        (raw,) = heard(bus, ASK_1)
        assert decode(raw).identification == digits
    assert heard(bus, DESELECT) == [E5]
    assert heard(bus, ASK_1) == []
    assert heard(bus, DESELECT) == []
    assert heard(bus, select(SecondaryAddress("00000003"))) == []
    assert heard(bus, select(SecondaryAddress())) != []
    (garbled,) = heard(bus, ASK_1)
    with pytest.raises(ValueError):  # noqa: PT011 - whatever comes out of two
        decode(garbled)


def test_who_is_set_to_another_speed_hears_nothing() -> None:
    bus = Bus([BusMeter(number("00000001"), baud=300), BusMeter(number("00000002"), mute=True)],
              random.Random(1))  # fmt: skip
    assert heard(bus, select(SecondaryAddress()), 2400) == []
    assert heard(bus, select(SecondaryAddress()), 300) == [E5]


def test_a_fabrication_number_is_needed_where_it_is_asked_for() -> None:
    bus = Bus([BusMeter(number("00000001"), fabrication="00000017")], random.Random(1))
    assert heard(bus, select(SecondaryAddress(fabrication="FFFFFF17"))) == [E5]
    assert heard(bus, select(SecondaryAddress(fabrication="FFFFFF18"))) == []


def test_an_answer_of_several_telegrams_starts_anew_with_each_selection() -> None:
    bus = Bus([BusMeter(SplitTelegrams(5, address=1, installed=HOUR))], random.Random(1))
    whole = decode(HeatTelegrams(5, address=1, installed=HOUR).current(NOON)).records
    for _ in range(2):
        heard(bus, select(SecondaryAddress()))
        found = []
        for control in (ASK_1, ASK_0, ASK_1):
            (raw,) = heard(bus, control)
            assert heard(bus, control) == [raw]  # until the bit is toggled
            telegram = decode(raw)
            found += [one for one in telegram.records if one.unit != "text"]  # the DIF 1F
        assert not telegram.more_follows
        assert tuple(found) == whole


def test_a_late_answer_comes_late_over_the_terminal() -> None:
    with VirtualBus([BusMeter(number("00000001"), late_s=0.3)], echo=True) as bus:
        line = open_transport(f"serial:{bus.port}")
        line.write(DESELECT)
        assert line.read(300, 2.0) == DESELECT  # the converter's echo
        line.write(select(SecondaryAddress()))
        assert line.read(300, 2.0) == select(SecondaryAddress())
        assert line.read(300, 0.1) == b""
        assert line.read(300, 5.0) == E5
        line.close()


def test_a_request_in_part_is_forgotten() -> None:
    bus = Bus([BusMeter(number("00000001"))], random.Random(1))
    assert heard(bus, encode_short(0x40, 1)[:3]) == []
    bus.silence()
    assert heard(bus, encode_short(0x40, 1)) == [E5]
