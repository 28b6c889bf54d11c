"""A session with a virtual modem over a real serial port: PIN, network, messages, errors."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from hardware.modem.errors import ModemError
from hardware.modem.lines import Kind, Line, Lines, error_of
from hardware.modem.pdu import Deliver, StatusReport
from hardware.modem.session import Session
from hardware.sim.modem import ModemOptions, VirtualModem
from hardware.transport.moniker import open_transport

KARL = "+491701234567"


@contextmanager
def session(
    options: ModemOptions, pin: str = "", register_s: float = 3
) -> Iterator[tuple[VirtualModem, Session]]:
    with VirtualModem(options) as modem:
        line = open_transport(modem.moniker)
        try:
            yield modem, Session(line, pin=pin, register_s=register_s)
        finally:
            line.close()


def heard(one: Session) -> list[Deliver | StatusReport]:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        if found := one.hear():
            return found
    raise AssertionError("nothing came")


@pytest.mark.parametrize("has_pdu_mode", [True, False])
def test_a_message_goes_out_is_reported_on_and_answered(has_pdu_mode: bool) -> None:  # noqa: FBT001
    options = ModemOptions(pin="1234", looks=2, has_pdu_mode=has_pdu_mode)
    with session(options, "1234") as (modem, one):
        one.set_up()
        assert one.is_text_mode is not has_pdu_mode
        assert one.network() == "Dorfnetz"
        assert one.strength_percent() == 68
        for text in ("Bitte nach Jürgen Müßig sehen", "Bitte nach Şükrü sehen"):
            (reference,) = one.send(KARL, text)
            assert (options.sent[-1].number, options.sent[-1].text) == (KARL, text)
            assert heard(one) == [StatusReport(reference, KARL, did_arrive=True)]
        modem.receive(KARL, "1 17")
        assert heard(one) == [Deliver(KARL, "1 17")]
        assert one.hear() == []


def test_a_long_message_goes_in_parts() -> None:
    options = ModemOptions()
    with session(options) as (_, one):
        one.set_up()
        text = "Bitte nach Frau Müller sehen. " * 8
        references = one.send(KARL, text)
        assert len(references) == 2
        assert "".join(sent.text for sent in options.sent) == text
        with pytest.raises(ValueError, match="number"):
            one.send("keine", "x")


def test_a_wrong_pin_is_tried_once_and_never_again() -> None:
    options = ModemOptions(pin="1234")
    with session(options, "9999") as (_, one):
        for _ in range(3):
            with pytest.raises(ModemError, match="PIN") as caught:
                one.set_up()
            assert caught.value.for_good
        assert sum(line.startswith("AT+CPIN=") for line in options.asked) == 1
        assert "9999" not in str(caught.value)
    with session(ModemOptions(pin="1234")) as (_, one):
        with pytest.raises(ModemError) as caught:
            one.set_up()
        assert "PIN" in caught.value.hint


def test_a_locked_card_says_so() -> None:
    options = ModemOptions(pin="1234")
    with VirtualModem(options) as modem:
        for _ in range(3):
            line = open_transport(modem.moniker)
            with pytest.raises(ModemError):
                Session(line, pin="9999").set_up()
            line.close()
        line = open_transport(modem.moniker)
        with pytest.raises(ModemError, match="locked") as caught:
            Session(line, pin="1234").set_up()
        line.close()
        assert "PUK" in caught.value.hint


def test_without_a_network_and_when_it_refuses() -> None:
    with session(ModemOptions(looks=10**6), register_s=0.2) as (_, one):
        with pytest.raises(ModemError) as caught:
            one.set_up()
        assert "Antenne" in caught.value.hint
    denied = session(ModemOptions(is_denied=True), register_s=0.2)
    with denied as (_, one), pytest.raises(ModemError, match="denied"):
        one.set_up()
    options = ModemOptions()
    with session(options) as (_, one):
        one.set_up()
        for error, for_good in ((28, True), (331, False), (21, False), (500, False)):
            options.send_error = error
            with pytest.raises(ModemError) as caught:
                one.send(KARL, "x")
            assert caught.value.for_good is for_good
            assert caught.value.hint
        options.send_error = None
        options.arrives = False
        (reference,) = one.send(KARL, "x")
        assert heard(one) == [StatusReport(reference, KARL, did_arrive=False)]


def test_a_modem_that_says_nothing() -> None:
    with session(ModemOptions(is_dead=True)) as (_, one), pytest.raises(ModemError, match="answer"):
        one.set_up()


def test_lines_come_in_pieces_of_any_size() -> None:
    said = (
        b'\r\nAT+X\r\r\n+CSQ: 1,2\r\n\r\nOK\r\n\r\n+CMTI: "SM",3\r\n+CDS: 25\r\n0006\r\n'
        b"\r\n+CME ERROR: 16\r\nERROR\r\n+CMS ERROR: no\r\n\r\n> "
    )
    whole = Lines().feed(said)
    assert [line.kind for line in whole] == [
        Kind.ANSWER, Kind.ANSWER, Kind.OK, Kind.UNASKED, Kind.UNASKED, Kind.ERROR, Kind.ERROR,
        Kind.ERROR, Kind.PROMPT,
    ]  # fmt: skip
    assert whole[4] == Line(Kind.UNASKED, "+CDS: 25", "0006")
    assert [error_of(line.text) for line in whole[5:8]] == [("CME", 16), ("", None), ("CMS", None)]
    for size in range(1, 9):
        lines = Lines()
        cut = [lines.feed(said[at : at + size]) for at in range(0, len(said), size)]
        assert [line for some in cut for line in some] == whole
    noisy = Lines()
    assert noisy.feed(b"x" * 5000) == []
    assert noisy.feed(b"\r\nOK\r\n") == [Line(Kind.OK, "OK")]
