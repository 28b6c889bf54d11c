from __future__ import annotations

import pytest

from hardware.mbus.frame import ACK, encode_long, encode_short
from hardware.mbus.master import MOST_TELEGRAMS, TRIES, NoAnswer, PollSession

NKE = encode_short(0x40, 5)
ASK_1 = encode_short(0x7B, 5)
ASK_0 = encode_short(0x5B, 5)
E5 = bytes((ACK,))
TELEGRAM = encode_long(0x08, 5, 0x72, bytes(range(40)))


def _linked() -> PollSession:
    session = PollSession(5)
    session.begin()
    assert session.request() == NKE
    assert session.feed(E5) is None
    assert not session.waiting
    return session


def _answered() -> PollSession:
    session = _linked()
    assert session.request() == ASK_1
    answer = session.feed(TELEGRAM)
    assert answer is not None
    assert answer.raw == TELEGRAM
    return session


def test_the_first_round_resets_the_link_and_asks_with_the_bit_set() -> None:
    session = _answered()
    assert session.fresh
    session.committed(more_follows=False)
    assert session.request() is None


def test_the_bit_is_toggled_from_round_to_round() -> None:
    session = _answered()
    session.committed(more_follows=False)
    for expected in (ASK_0, ASK_1, ASK_0):
        session.begin()
        assert session.request() == expected
        assert session.feed(TELEGRAM) is not None
        assert not session.fresh
        session.committed(more_follows=False)
        assert session.request() is None


def test_what_is_not_committed_is_asked_for_with_the_same_bit() -> None:
    session = _answered()
    with pytest.raises(RuntimeError):
        session.request()
    session.begin()
    assert session.request() == ASK_1
    assert session.feed(TELEGRAM) is not None
    session.committed(more_follows=False)
    session.begin()
    assert session.request() == ASK_0


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"\x00",
        TELEGRAM[:-1],
        TELEGRAM[:1],
        TELEGRAM[:-2] + bytes((TELEGRAM[-2] ^ 1, 0x16)),
        E5 + TELEGRAM[:-1],
        TELEGRAM[:-1] + E5,
        b"\x68\x68\xe5\xe5",
        encode_long(0x08, 6, 0x72, b"of a neighbour"),
        encode_long(0x53, 5, 0x51, b"to a meter"),
        encode_short(0x5B, 9),
    ],
)
def test_damage_and_silence_repeat_the_same_question_three_times(damage: bytes) -> None:
    session = _linked()
    for attempt in range(1, TRIES + 1):
        assert session.request() == ASK_1
        assert session.feed(damage) is None
        if attempt < TRIES:
            assert session.silence() is None
    with pytest.raises(NoAnswer) as caught:
        session.silence()
    assert caught.value.hint
    assert (caught.value.damage is None) == (damage == b"")
    assert session.request() is None
    session.begin()
    assert session.request() == NKE  # whatever the meter remembers


def test_an_answer_after_damage_counts() -> None:
    session = _linked()
    assert session.request() == ASK_1
    session.feed(b"\x68\x30\x30\x68 cut off")
    session.silence()
    assert session.request() == ASK_1
    assert session.feed(TELEGRAM) is not None


def test_a_telegram_behind_a_false_start_is_found_in_the_silence() -> None:
    session = _linked()
    session.request()
    assert session.feed(b"\x68\xff\xff\x68" + TELEGRAM) is None
    answer = session.silence()
    assert answer is not None
    assert answer.raw == TELEGRAM


def test_the_echo_of_the_request_is_no_damage() -> None:
    session = PollSession(5)
    session.begin()
    assert session.request() == NKE
    session.feed(NKE)
    assert session.waiting
    session.feed(E5)
    assert not session.waiting
    session.request()
    assert session.feed(ASK_1 + TELEGRAM) is not None


def test_several_telegrams_are_fetched_with_alternating_bits() -> None:
    session = _answered()
    for expected in (ASK_0, ASK_1):
        session.committed(more_follows=True)
        assert session.request() == expected
        assert session.feed(TELEGRAM) is not None
    session.committed(more_follows=False)
    assert session.request() is None
    session.begin()
    assert session.request() == ASK_0


def test_an_endless_meter_is_left_and_starts_from_its_first_telegram_next_time() -> None:
    session = _answered()
    for _ in range(MOST_TELEGRAMS - 1):
        session.committed(more_follows=True)
        assert session.request() is not None
        assert session.feed(TELEGRAM) is not None
    session.committed(more_follows=True)
    assert session.request() is None
    session.begin()
    assert session.request() == NKE


def test_a_meter_that_has_nothing_is_reset_once_and_then_left() -> None:
    session = _answered()
    session.committed(more_follows=False)
    session.begin()
    assert session.request() == ASK_0
    assert session.feed(E5) is None
    assert session.waiting  # a frame may still come behind it
    assert session.silence() is None
    assert session.request() == NKE
    session.feed(E5)
    assert session.request() == ASK_1
    session.feed(E5)
    session.silence()
    assert session.request() is None
    session.begin()
    assert session.request() == NKE


def test_a_stray_acknowledgement_never_toggles_the_bit() -> None:
    session = _answered()  # handed out, not committed
    session.begin()
    assert session.request() == ASK_1
    session.feed(E5)
    session.silence()
    assert session.request() == NKE  # a reset tells the meter nothing about the telegram


def test_a_reset_that_is_not_acknowledged_is_no_answer() -> None:
    session = PollSession(5)
    session.begin()
    for _ in range(TRIES - 1):
        assert session.request() == NKE
        session.silence()
    assert session.request() == NKE
    with pytest.raises(NoAnswer):
        session.silence()


def test_only_an_address_at_which_somebody_answers_is_taken() -> None:
    for address in (0, 1, 250, 253, 254):
        assert PollSession(address).address == address
    for address in (-1, 251, 252, 255, 256):
        with pytest.raises(ValueError, match="no meter answers"):
            PollSession(address)


def test_any_meter_may_answer_at_254() -> None:
    session = PollSession(254)
    session.begin()
    session.request()
    session.feed(E5)
    session.request()
    assert session.feed(TELEGRAM) is not None


def test_what_comes_unasked_is_ignored() -> None:
    session = PollSession(5)
    assert session.request() is None
    assert session.feed(TELEGRAM) is None
    assert session.silence() is None
    with pytest.raises(RuntimeError):
        session.committed(more_follows=False)


def test_status_bits_of_the_link_do_not_matter() -> None:
    session = _linked()
    session.request()
    assert session.feed(encode_long(0x38, 5, 0x72, b"x" * 12)) is not None


def test_an_acknowledgement_among_damage_is_none() -> None:
    session = PollSession(5)
    session.begin()
    session.request()
    session.feed(b"\x00" + E5)
    session.silence()
    assert session.request() == NKE


def test_what_came_behind_an_answer_does_not_hide_the_next_one() -> None:
    session = _linked()
    session.request()
    assert session.feed(TELEGRAM + b"\x68\xff\xff\x68") is not None
    session.committed(more_follows=False)
    session.begin()
    assert session.request() == ASK_0
    assert session.feed(TELEGRAM) is not None
