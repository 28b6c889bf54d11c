from __future__ import annotations

import pytest

from hardware.errors import FrameError
from hardware.mbus.frame import (
    FCB,
    FCV,
    MOST_PENDING,
    REQ_UD2,
    RSP_UD,
    SND_NKE,
    Frame,
    Receiver,
    encode_long,
    encode_short,
    parse_long,
)

REQUEST = bytes.fromhex("107B017C16")
ANSWER = bytes.fromhex("68040468080170047D16")


def test_short_frame() -> None:
    assert encode_short(REQ_UD2 | FCB, 1) == REQUEST
    assert list(Receiver().feed(REQUEST)) == [Frame(control=0x7B, address=1)]


def test_link_reset_is_a_short_frame() -> None:
    assert encode_short(SND_NKE, 254) == bytes.fromhex("1040FE3E16")
    assert FCV == 0x10


def test_acknowledgement_has_no_field() -> None:
    (frame,) = Receiver().feed(b"\xe5")
    assert frame == Frame()
    assert frame.is_ack
    assert frame.raw == b"\xe5"


def test_long_frame() -> None:
    (frame,) = Receiver().feed(ANSWER)
    assert frame == Frame(RSP_UD, 1, 0x70, b"\x04")
    assert not frame.is_ack
    assert frame.raw == ANSWER


def test_short_frame_gives_its_bytes_back() -> None:
    (frame,) = Receiver().feed(REQUEST)
    assert frame.raw == REQUEST


def test_longest_frame_fits_and_one_more_byte_does_not() -> None:
    raw = encode_long(RSP_UD, 1, 0x72, bytes(252))
    assert len(raw) == 261
    assert parse_long(raw).payload == bytes(252)
    with pytest.raises(ValueError, match="253 bytes do not fit a frame, which holds 252"):
        encode_long(RSP_UD, 1, 0x72, bytes(253))


@pytest.mark.parametrize(
    ("damaged", "words"),
    [
        ("107B017D16", "checksum does not match in the frame at byte 0"),
        ("107B017C17", "frame ends in 0x17 instead of 0x16 at byte 0"),
        ("42", "0x42 starts no frame at byte 0"),
        ("680202680801", "long frame counts 2 bytes, needs 3 at byte 0"),
        ("680405680801", "long frame gives two lengths, 4 and 5, at byte 0"),
        ("680404690801", "long frame lacks its second start byte at byte 0"),
    ],
)
def test_error_says_what_is_wrong_and_where(damaged: str, words: str) -> None:
    with pytest.raises(FrameError, match=words) as caught:
        next(Receiver().feed(bytes.fromhex(damaged)))
    assert caught.value.offset == 0


def test_offset_counts_from_the_start_of_the_stream() -> None:
    receiver = Receiver()
    assert len(list(receiver.feed(ANSWER))) == 1
    with pytest.raises(FrameError, match="at byte 11") as caught:
        list(receiver.feed(b"\xe5\x00"))
    assert caught.value.offset == len(ANSWER) + 1


def test_iterator_goes_on_behind_an_error() -> None:
    frames = Receiver().feed(b"\x00\x01\x02" + REQUEST + ANSWER)
    with pytest.raises(FrameError, match="at byte 0"):
        next(frames)
    assert [frame.control for frame in frames] == [0x7B, RSP_UD]


def test_frame_behind_a_false_start_is_found() -> None:
    receiver = Receiver()
    frames = receiver.feed(b"\x68" + REQUEST)
    with pytest.raises(FrameError, match="two lengths"):
        next(frames)
    assert list(frames) == [Frame(0x7B, 1)]
    assert receiver.pending == 0


def test_silence_ends_a_frame_that_was_cut_short() -> None:
    receiver = Receiver()
    assert list(receiver.feed(REQUEST[:-1])) == []
    assert receiver.pending == len(REQUEST) - 1
    with pytest.raises(FrameError, match="cut short at byte 0"):
        next(receiver.idle())
    assert list(receiver.idle()) == []
    assert receiver.pending == 0
    assert list(receiver.feed(ANSWER)) == [Frame(RSP_UD, 1, 0x70, b"\x04")]


def test_silence_frees_the_frame_that_a_false_start_held_back() -> None:
    receiver = Receiver()
    assert list(receiver.feed(b"\x10\xe5")) == []
    frames = receiver.idle()
    with pytest.raises(FrameError, match="cut short at byte 0"):
        next(frames)
    assert list(frames) == [Frame()]


def test_discard_drops_what_pends_and_keeps_the_offset() -> None:
    receiver = Receiver()
    assert list(receiver.feed(ANSWER[:5])) == []
    assert receiver.discard() == 5
    assert receiver.discard() == 0
    with pytest.raises(FrameError, match="at byte 5"):
        next(receiver.feed(b"\x00"))


def test_discard_ends_the_bytes_that_were_already_reported() -> None:
    receiver = Receiver()
    with pytest.raises(FrameError, match="at byte 0"):
        next(receiver.feed(b"\x00"))
    receiver.discard()
    with pytest.raises(FrameError, match="at byte 1"):
        next(receiver.feed(b"\x00"))


def test_what_is_fed_and_never_taken_is_bounded() -> None:
    receiver = Receiver()
    receiver.feed(bytes(MOST_PENDING))
    with pytest.raises(BufferError, match="fed and not taken"):
        receiver.feed(b"\x00")


def test_parse_long_wants_exactly_one_long_frame() -> None:
    assert parse_long(ANSWER).control_information == 0x70
    with pytest.raises(FrameError, match="no long frame at byte 0"):
        parse_long(b"")
    with pytest.raises(FrameError, match="no long frame at byte 0"):
        parse_long(REQUEST)
    with pytest.raises(FrameError, match="cut short at byte 0"):
        parse_long(ANSWER[:-3])
    with pytest.raises(FrameError, match="behind the end of the frame at byte 10"):
        parse_long(ANSWER + b"\x00")
