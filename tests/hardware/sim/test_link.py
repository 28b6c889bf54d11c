from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest

from hardware.errors import FrameError
from hardware.mbus.frame import encode_long, encode_short, parse_long
from hardware.sim.link import Faults, MeterLink

NOON = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
FRAMES = [encode_long(0x08, 5, 0x72, bytes((number,)) * 30) for number in range(4)]
NKE, ASK_1, ASK_0 = (encode_short(control, 5) for control in (0x40, 0x7B, 0x5B))


class Frames:
    def __init__(self) -> None:
        self.at = 0

    def current(self, at: datetime) -> bytes:
        assert at == NOON
        return FRAMES[self.at]

    def advance(self) -> None:
        self.at += 1

    def restart(self) -> None:
        pass


@pytest.fixture
def told() -> list[bytes]:
    return []


@pytest.fixture
def meter(told: list[bytes]) -> MeterLink:
    return MeterLink(5, Frames(), told.append)


def test_the_same_bit_repeats_and_the_other_one_acknowledges(
    meter: MeterLink, told: list[bytes]
) -> None:
    assert meter.feed(NKE, NOON) == b"\xe5"
    assert [meter.feed(ASK_1, NOON) for _ in range(3)] == [FRAMES[0]] * 3
    assert told == []
    assert meter.feed(ASK_0, NOON) == FRAMES[1]
    assert told == [FRAMES[0]]
    assert meter.feed(ASK_0, NOON) == FRAMES[1]
    assert meter.feed(ASK_1, NOON) == FRAMES[2]
    assert told == FRAMES[:2]


def test_a_reset_forgets_the_bit_and_acknowledges_nothing(
    meter: MeterLink, told: list[bytes]
) -> None:
    meter.feed(ASK_1, NOON)
    assert meter.feed(NKE, NOON) == b"\xe5"
    assert meter.feed(ASK_0, NOON) == FRAMES[0]
    assert told == []


def test_the_log_is_written_before_the_next_telegram_is_given() -> None:
    def full(_: bytes) -> None:
        raise OSError("disk full")

    source = Frames()
    meter = MeterLink(5, source, full)
    meter.feed(ASK_1, NOON)
    with pytest.raises(OSError, match="disk full"):
        meter.feed(ASK_0, NOON)
    assert source.at == 0


@pytest.mark.parametrize(
    ("request_", "answers"),
    [
        (encode_short(0x40, 5), b"\xe5"),
        (encode_short(0x40, 254), b"\xe5"),
        (encode_short(0x40, 255), b""),  # everybody resets, nobody answers
        (encode_short(0x40, 6), b""),
        (encode_short(0x5A, 5), b"\xe5"),  # no alarm
        (encode_short(0x7B, 254), FRAMES[0]),
        (encode_short(0x7B, 255), b""),
        (encode_short(0x7B, 6), b""),
        (encode_short(0x11, 5), b""),
        (encode_long(0x53, 5, 0x50, b""), b""),
        (b"\xe5", b""),
        (FRAMES[1], b""),
        (b"\x10\x7b\x05\x00\x16", b""),  # wrong checksum
    ],
)
def test_who_is_meant_answers(meter: MeterLink, request_: bytes, answers: bytes) -> None:
    assert meter.feed(request_, NOON) == answers


def test_a_request_in_pieces_and_behind_noise_is_understood(meter: MeterLink) -> None:
    assert meter.feed(b"\x00\xff" + ASK_1[:2], NOON) == b""
    assert meter.feed(ASK_1[2:], NOON) == FRAMES[0]


def test_half_a_request_is_forgotten_in_the_silence(meter: MeterLink) -> None:
    meter.feed(ASK_1[:3], NOON)
    meter.silence()
    assert meter.feed(ASK_1, NOON) == FRAMES[0]


@pytest.mark.parametrize("kind", ["silence_every", "garbage_every", "checksum_every", "cut_every"])
def test_every_third_answer_goes_wrong_and_is_no_frame(kind: str) -> None:
    meter = MeterLink(5, Frames(), lambda _: None, faults=Faults(**{kind: 3}))
    answers = [meter.feed(ASK_1, NOON) for _ in range(9)]
    for number, answer in enumerate(answers, start=1):
        if number % 3:
            assert answer == FRAMES[0]
        else:
            with pytest.raises(FrameError):
                parse_long(answer)
            assert (answer == b"") == (kind == "silence_every")


def test_no_fault_is_the_default() -> None:
    assert Faults().apply(1, FRAMES[0], random.Random(1)) == FRAMES[0]
