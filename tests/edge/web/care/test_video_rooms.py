"""Rooms of two: who comes in, what is handed on, and that they end."""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.web.care.video_rooms import (
    GONE_S,
    LASTS_S,
    MAX_MESSAGES,
    MAX_ROOMS,
    MAX_SDP,
    WAITS_S,
    BadMessage,
    Kind,
    Rooms,
    Side,
    host_only,
)

SDP = (
    "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n"
    "a=candidate:1 1 udp 2122260223 192.168.1.5 50000 typ host generation 0\r\n"
    "a=candidate:2 1 UDP 2122260223 0f0e7d4c-1b2a-4c3d-9e8f-001122334455.local 50001 typ host\r\n"
    "a=candidate:3 1 udp 1686052607 203.0.113.9 50000 typ srflx raddr 192.168.1.5 rport 50000\r\n"
    "A=CANDIDATE:4 1 udp 41885439 203.0.113.10 3478 typ relay raddr 0.0.0.0 rport 0\r\n"
    "a=candidate:5 1 udp 2122260223 host.example.org.evil.example 1 typ srflx typ host\r\n"
    "a=mid:0\r\n"
)


def rooms() -> Rooms:
    numbers, tokens = count(42), count(1)
    return Rooms(lambda _: next(numbers), lambda: f"token-{next(tokens)}")


def test_two_meet_by_a_code_and_hand_on_what_they_say() -> None:
    made = rooms()
    caller = made.open(7, "Schwester Amira", 0)
    assert caller is not None
    assert (caller.code, caller.side) == ("000042", Side.CALLER)
    assert made.heard(caller.token, 0, 1) == (False, [])
    callee = made.join("000042", 2)
    assert callee is not None
    assert (callee.side, callee.person) == (Side.CALLEE, 7)
    assert made.caller(callee.token) == "Schwester Amira"
    assert made.say(callee.token, Kind.READY, "", 3)
    assert made.heard(caller.token, 0, 4) == (True, [(Kind.READY, "")])
    assert made.say(caller.token, Kind.OFFER, SDP, 5)
    heard = made.heard(callee.token, 0, 6)
    assert heard is not None
    assert heard[1][0][0] is Kind.OFFER
    assert made.heard(callee.token, 1, 6) == (True, [])
    assert made.say(callee.token, Kind.ANSWER, SDP, 7)
    assert made.heard(caller.token, 1, 7) == (True, [(Kind.ANSWER, host_only(SDP))])
    made.end(callee.token)
    assert made.heard(caller.token, 0, 8) is None
    assert made.seat(callee.token, 8) is None
    assert not made.say(caller.token, Kind.OFFER, SDP, 8)
    assert made.caller(callee.token) == ""
    made.end(callee.token)
    assert len(made) == 0


def test_a_code_opens_once_and_only_while_somebody_waits() -> None:
    made = rooms()
    made.open(7, "A", 0)
    assert made.join("000041", 1) is None
    assert made.join("000042", 1) is not None
    assert made.join("000042", 1) is None
    made.open(7, "A", 0)
    assert made.join("000043", WAITS_S) is None
    assert made.seat("", 0) is None


def test_a_room_ends_by_time_and_when_a_side_is_gone() -> None:
    made = rooms()
    caller = made.open(7, "A", 0)
    assert caller is not None
    assert made.heard(caller.token, 0, GONE_S + 1) is None
    caller = made.open(7, "A", 0)
    assert caller is not None
    callee = made.join(caller.code, 0)
    assert callee is not None
    for at in range(0, int(LASTS_S), 10):
        assert made.heard(caller.token, 0, at) is not None
        assert made.heard(callee.token, 0, at) is not None
    assert made.heard(caller.token, 0, LASTS_S) is None
    other = made.open(8, "A", 0)
    assert other is not None
    callee = made.join(other.code, 0)
    assert callee is not None
    made.end_with(7)
    assert made.heard(callee.token, 0, 1) is not None
    made.end_with(8)
    assert made.heard(callee.token, 0, 1) is None


def test_rooms_are_few_and_codes_differ() -> None:
    numbers, tokens = iter([1, 1, 1, 2, 3, 4, 5, 6, 7]), iter("abcdefgh")
    made = Rooms(lambda _: next(numbers), lambda: next(tokens))
    codes = [seat.code for _ in range(MAX_ROOMS) if (seat := made.open(1, "A", 0))]
    assert len(set(codes)) == MAX_ROOMS
    assert made.open(1, "A", 0) is None
    assert made.open(1, "A", GONE_S + 1) is not None


@pytest.mark.parametrize(
    ("side", "kind", "text"),
    [
        (Side.CALLER, Kind.ANSWER, SDP),
        (Side.CALLER, Kind.READY, ""),
        (Side.CALLEE, Kind.OFFER, SDP),
        (Side.CALLEE, Kind.READY, "x"),
        (Side.CALLER, Kind.OFFER, ""),
        (Side.CALLER, Kind.OFFER, "v=0" + "x" * MAX_SDP),
        (Side.CALLER, Kind.OFFER, "<script>"),
        (Side.CALLER, Kind.OFFER, "v=0\x00"),
    ],
)
def test_what_no_browser_says_is_refused(side: Side, kind: Kind, text: str) -> None:
    made = rooms()
    caller = made.open(7, "A", 0)
    assert caller is not None
    callee = made.join(caller.code, 0)
    assert callee is not None
    with pytest.raises(BadMessage):
        made.say(caller.token if side is Side.CALLER else callee.token, kind, text, 1)


def test_messages_are_few() -> None:
    made = rooms()
    caller = made.open(7, "A", 0)
    assert caller is not None
    for _ in range(MAX_MESSAGES):
        assert made.say(caller.token, Kind.OFFER, SDP, 1)
    with pytest.raises(BadMessage):
        made.say(caller.token, Kind.OFFER, SDP, 1)


def test_only_candidates_of_the_own_network_are_handed_on() -> None:
    kept = [line for line in host_only(SDP).splitlines() if "candidate" in line.lower()]
    assert kept == SDP.splitlines()[5:7]
    assert host_only(SDP).endswith("a=mid:0\r\n")
    assert host_only(host_only(SDP)) == host_only(SDP)


@given(st.text(max_size=200))
def test_any_text_gives_their_own_error_or_no_foreign_candidate(text: str) -> None:
    try:
        kept = host_only("v=0\r\na=candidate" + text)
    except BadMessage:
        return
    assert "srflx" not in kept
    assert "relay" not in kept
