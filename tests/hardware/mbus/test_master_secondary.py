"""A meter that is polled by its secondary address is selected each time and must name itself."""

from __future__ import annotations

import pytest

from hardware.mbus.frame import ACK, encode_long, encode_short
from hardware.mbus.master import TRIES, NoAnswer, PollSession, WrongMeter
from hardware.mbus.secondary import SecondaryAddress, select

MINE = SecondaryAddress("66000012", 0x32A7, 7, 4)
E5 = bytes((ACK,))
ASK_1, ASK_0 = encode_short(0x7B, 253), encode_short(0x5B, 253)


def telegram(address: SecondaryAddress = MINE, primary: int = 9) -> bytes:
    return encode_long(0x08, primary, 0x72, address.wire + bytes(4))


def selected(address: SecondaryAddress = MINE) -> PollSession:
    session = PollSession(address)
    session.begin()
    assert session.request() == select(address)
    session.feed(select(address))  # an echo
    assert session.waiting
    assert session.feed(E5) is None
    return session


def test_each_round_selects_and_begins_with_the_first_telegram() -> None:
    session = selected()
    for is_first in (True, False):
        assert session.request() == ASK_1
        assert session.feed(telegram()) is not None
        # after a round that was committed to its end the same again is a meter that stands still
        assert session.fresh is is_first
        session.committed(more_follows=True)
        assert session.request() == ASK_0
        assert session.feed(telegram()) is not None
        assert not session.fresh
        session.committed(more_follows=False)
        assert session.request() is None
        session.begin()
        assert session.request() == select(MINE)
        session.feed(E5)


def test_parts_may_be_open() -> None:
    session = selected(SecondaryAddress("6600FFFF", fabrication="00000017"))
    session.request()
    assert session.feed(telegram()) is not None


@pytest.mark.parametrize(
    "raw",
    [
        telegram(SecondaryAddress("66000013", 0x32A7, 7, 4)),
        telegram(SecondaryAddress("66000012", 0x32A7, 8, 4)),
        encode_long(0x08, 9, 0x73, bytes.fromhex("13000066") + bytes(12)),
    ],
)
def test_a_telegram_of_somebody_else_is_no_answer(raw: bytes) -> None:
    session = selected()
    for attempt in range(TRIES):
        assert session.request() == ASK_1
        assert session.feed(raw) is None
        if attempt + 1 < TRIES:
            session.silence()
    with pytest.raises(NoAnswer, match="66000012LUG0704") as caught:
        session.silence()
    assert isinstance(caught.value.damage, WrongMeter)
    assert "meter scan" in caught.value.hint


@pytest.mark.parametrize(
    "raw",
    [
        encode_long(0x08, 9, 0x78, b"\x0b\x3b\x00\x00\x00"),
        encode_long(0x08, 9, 0x73, bytes.fromhex("12000066") + bytes(12)),
    ],
)
def test_a_telegram_that_names_less_is_taken(raw: bytes) -> None:
    session = selected()
    session.request()
    assert session.feed(raw) is not None


def test_who_is_not_there_is_not_asked() -> None:
    session = PollSession(MINE)
    session.begin()
    for _ in range(TRIES - 1):
        assert session.request() == select(MINE)
        session.silence()
    session.request()
    with pytest.raises(NoAnswer, match="66000012LUG0704 does not answer") as caught:
        session.silence()
    assert caught.value.address == "66000012LUG0704"
    assert session.request() is None


@pytest.mark.parametrize("broken_off", ["at its first telegram", "behind it"])
def test_after_a_round_that_was_not_committed_to_its_end_a_telegram_may_be_known(
    broken_off: str,
) -> None:
    session = selected()
    session.request()
    assert session.feed(telegram()) is not None
    session.committed(more_follows=False)
    session = _again(session)
    assert not session.fresh
    if broken_off == "behind it":
        session.committed(more_follows=True)
    assert _again(session).fresh


def _again(session: PollSession) -> PollSession:
    session.begin()
    session.request()
    session.feed(E5)
    session.request()
    assert session.feed(telegram()) is not None
    return session
