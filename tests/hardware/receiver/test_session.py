from __future__ import annotations

import pytest

from hardware.errors import DeviceRefused, TransportError
from hardware.receiver import KINDS, LinkMode, ModeUnsupported, Session, receiver_of
from hardware.receiver.amb8465 import RESET_PAUSE_S, encode_message
from hardware.receiver.session import ANSWER_TIMEOUT_S, ATTEMPTS
from hardware.sim.stick_wire import Amb8465Wire, CulWire, Im871aWire


def test_every_kind_has_its_own_name() -> None:
    assert [receiver_of(kind).kind for kind in KINDS] == list(KINDS)
    with pytest.raises(KeyError):
        receiver_of("iu891a")


def test_a_receiver_without_commands_is_ready_at_once() -> None:
    session = Session(receiver_of("raw_hex"), LinkMode.T1)
    assert session.ready
    assert session.to_send(0.0) == b""


def test_mode_that_the_receiver_lacks_is_refused_at_once() -> None:
    with pytest.raises(ModeUnsupported):
        Session(receiver_of("cul"), LinkMode.C1_T1)


def test_each_command_waits_for_the_answer_to_the_one_before() -> None:
    stick, session = Im871aWire(), Session(receiver_of("im871a"), LinkMode.T1)
    for now_s in (0.0, 1.0, 2.0):
        command = session.to_send(now_s)
        assert command
        assert session.to_send(now_s + 0.1) == b""
        assert not session.ready
        assert not list(session.feed(stick.answer(command), now_s + 0.1))
    assert session.ready
    assert stick.link_mode == 3


def test_command_without_answer_needs_none() -> None:
    stick, session = CulWire(), Session(receiver_of("cul"), LinkMode.S1)
    said = [session.to_send(0.0)]
    list(session.feed(stick.answer(said[-1]), 0.0))
    said.append(session.to_send(0.0))
    list(session.feed(stick.answer(said[-1]), 0.0))
    assert not session.ready
    said.append(session.to_send(0.0))
    assert said == [b"V\r\n", b"brs\r\n", b"X21\r\n"]
    assert session.ready


def test_no_answer_is_asked_for_again_then_the_lines_fault() -> None:
    session = Session(receiver_of("cul"), LinkMode.T1)
    now_s = 100.0
    for _ in range(ATTEMPTS):
        assert session.to_send(now_s) == b"V\r\n"
        assert session.to_send(now_s + ANSWER_TIMEOUT_S - 0.01) == b""
        now_s += ANSWER_TIMEOUT_S
    with pytest.raises(TransportError, match="cul does not answer") as caught:
        session.to_send(now_s)
    assert "hub.toml" in caught.value.hint


def test_an_answer_before_the_question_is_nobodys() -> None:
    session = Session(receiver_of("cul"), LinkMode.T1)
    list(session.feed(b"V 1.67 CUL868\r\n", 0.0))
    assert session.to_send(0.0) == b"V\r\n"
    list(session.feed(b"LOVF\r\n", 0.0))  # what a CUL says when it has sent too much
    assert session.to_send(0.1) == b""


def test_after_a_reset_the_stick_is_left_alone_for_a_while() -> None:
    stick, session = Amb8465Wire(), Session(receiver_of("amb8465"), LinkMode.T1)
    now_s = 0.0
    while (command := session.to_send(now_s)) != encode_message(5):
        list(session.feed(stick.answer(command), now_s))
    list(session.feed(stick.answer(command), now_s))
    assert session.to_send(RESET_PAUSE_S - 0.01) == b""
    assert session.to_send(RESET_PAUSE_S) != b""


def test_a_refusal_comes_out_of_feed() -> None:
    stick, session = Im871aWire(module=0x36), Session(receiver_of("im871a"), LinkMode.T1)
    with pytest.raises(DeviceRefused, match="not that of an iM871A"):
        session.feed(stick.answer(session.to_send(0.0)), 0.0)
    assert not session.ready
