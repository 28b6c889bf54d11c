"""Virtual sticks on a pseudo-terminal, read through the real serial transport."""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from hardware.errors import DeviceRefused, TransportError
from hardware.receiver import Damage, Heard, LinkMode, Session, receiver_of
from hardware.sim import terminal
from hardware.sim.stick import Transmission, VirtualStick
from hardware.sim.stick_wire import (
    Amb8465Wire,
    CulWire,
    HexWire,
    Im871aWire,
    RtlWire,
    Wire,
    format_a,
    format_b,
)
from hardware.transport import Transport, open_transport
from hardware.wmbus.link import Checksums, parse

LONG_S = 10.0  # for what must come; a machine under load takes its time
NOON = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
BODY = bytes.fromhex("442D2C1133557799080278")
TELEGRAM = bytes((len(BODY),)) + BODY
OTHERS = [
    bytes((11 + size,)) + BODY + random.Random(size).randbytes(size)
    for size in (0, 15, 16, 117, 200)
]

WIRES: dict[str, Callable[[], Wire]] = {
    "im871a": Im871aWire,
    "amb8465": Amb8465Wire,
    "cul": CulWire,
    "rtl_wmbus": RtlWire,
    "raw_hex": HexWire,
}


class Host:
    """What a hub does with a receiver: one line, one session, a clock that is wound on."""

    def __init__(self, kind: str, mode: LinkMode, line: Transport) -> None:
        self.receiver = receiver_of(kind)
        self.session = Session(self.receiver, mode)
        self.line = line
        self.now_s = 0.0
        self.heard: list[Heard] = []

    def set_up(self) -> None:
        end = time.monotonic() + LONG_S
        while not self.session.ready and time.monotonic() < end:
            self.now_s += 0.6  # the pause behind a reset is over in three turns
            if command := self.session.to_send(self.now_s):
                self.line.write(command)
                if not self.session.ready:
                    self._read(LONG_S)
        assert self.session.ready

    def listen(self, count: int) -> list[Heard]:
        end = time.monotonic() + LONG_S
        while len(self.heard) < count and time.monotonic() < end:
            self._read(0.1)
        return self.heard

    def _read(self, timeout_s: float) -> None:
        self.heard += self.session.feed(self.line.read(64, timeout_s), self.now_s)


@contextlib.contextmanager
def _host(kind: str, mode: LinkMode, stick: VirtualStick) -> Iterator[Host]:
    options = receiver_of(kind).serial_options
    line = open_transport(f"serial:{stick.port}" + ("?" if options else "") + options)
    try:
        yield Host(kind, mode, line)
    finally:
        line.close()


CHECKSUMS = {
    "checked": Checksums.REMOVED,
    "present": Checksums.PRESENT,
    "stripped": Checksums.UNKNOWN,
}


def _plain(heard: Heard) -> bytes:
    """Return a telegram without its CRCs, as the next floor reads it."""
    return parse(heard.telegram, CHECKSUMS[heard.crc]).raw


@pytest.mark.parametrize("kind", WIRES)
@pytest.mark.parametrize("mode", ["T1", "C1", "S1"])
def test_each_stick_is_set_up_and_heard_over_a_real_line(kind: str, mode: str) -> None:
    with (
        VirtualStick(WIRES[kind](), now=lambda: NOON) as stick,
        _host(kind, LinkMode(mode), stick) as host,
    ):
        host.set_up()
        if isinstance(wire := stick.wire, CulWire):  # its last command has no answer to wait for
            cul = wire
            _until(lambda: cul.report == 0x21)
        for telegram in (TELEGRAM, *OTHERS):
            assert stick.hear(Transmission(telegram, mode, -60.5))
        heard = host.listen(1 + len(OTHERS))
        assert [_plain(one) for one in heard] == [TELEGRAM, *OTHERS]
        assert not host.receiver.damage
        assert stick.heard == 1 + len(OTHERS)
        assert {one.rssi_dbm for one in heard} <= {-60.5, None}
        if kind == "rtl_wmbus":
            assert {one.at for one in heard} == {NOON}
        if kind in ("im871a", "amb8465", "cul"):
            assert {one.rssi_dbm for one in heard} == {-60.5}
            others = {"T1", "C1", "S1"} - {mode}
            assert not any(stick.hear(Transmission(TELEGRAM, other)) for other in others)
            assert stick.missed == 2


@pytest.mark.parametrize("kind", ["im871a", "amb8465"])
def test_two_modes_at_once(kind: str) -> None:
    with VirtualStick(WIRES[kind]()) as stick, _host(kind, LinkMode.C1_T1, stick) as host:
        host.set_up()
        assert stick.hear(Transmission(TELEGRAM, "T1"))
        assert stick.hear(Transmission(TELEGRAM, "C1"))
        assert not stick.hear(Transmission(TELEGRAM, "S1"))
        assert len(host.listen(2)) == 2


def test_an_amb_in_use_is_not_written_again() -> None:
    wire = Amb8465Wire()
    with VirtualStick(wire) as stick:
        for _ in range(2):
            with _host("amb8465", LinkMode.T1, stick) as host:
                host.set_up()
    assert wire.writes == 2  # both parameters, the first time


def test_an_amb_that_forgets_is_refused() -> None:
    with (
        VirtualStick(Amb8465Wire(stubborn=True)) as stick,
        _host("amb8465", LinkMode.T1, stick) as host,
        pytest.raises(DeviceRefused, match="stays 0"),
    ):
        host.set_up()


def test_a_stick_without_the_mode_is_refused() -> None:
    with (
        VirtualStick(CulWire(modes="ts")) as stick,
        _host("cul", LinkMode.C1, stick) as host,
        pytest.raises(DeviceRefused, match="does not go to mode C1"),
    ):
        host.set_up()


def test_an_old_firmware_is_refused() -> None:
    with (
        VirtualStick(Im871aWire(firmware=0x13)) as stick,
        _host("im871a", LinkMode.C1_T1, stick) as host,
        pytest.raises(DeviceRefused, match="cannot hear C1 and T1"),
    ):
        host.set_up()


def test_another_receiver_on_the_line_does_not_answer() -> None:
    with VirtualStick(HexWire()) as stick, _host("im871a", LinkMode.T1, stick) as host:
        now_s = 0.0
        with pytest.raises(TransportError, match="im871a does not answer"):  # noqa: PT012 - three tries
            for _ in range(10):
                host.line.write(host.session.to_send(now_s))
                now_s += 1.0


@pytest.mark.parametrize("kind", WIRES)
def test_noise_on_the_line_costs_only_itself(kind: str) -> None:
    with VirtualStick(WIRES[kind]()) as stick, _host(kind, LinkMode.T1, stick) as host:
        host.set_up()
        assert stick.hear(Transmission(TELEGRAM))
        stick.disturb(b"\x00\x81\xfe\n" if kind in ("im871a", "amb8465") else b"\x00\x81\xfe\r\n")
        assert stick.hear(Transmission(TELEGRAM))
        assert [_plain(one) for one in host.listen(2)] == [TELEGRAM, TELEGRAM]
        assert host.receiver.damage == {Damage.NOISE: 1}


def test_telegrams_come_in_their_own_time() -> None:
    air = [Transmission(telegram) for telegram in OTHERS]
    with (
        VirtualStick(HexWire(with_crc=True), air=air, every_s=0.05) as stick,
        _host("raw_hex", LinkMode.T1, stick) as host,
    ):
        heard = host.listen(len(air))
        assert [one.frame_format for one in heard] == ["A"] * len(air)
        assert [_plain(one) for one in heard] == OTHERS


def test_messages_without_check_are_only_stripped() -> None:
    with (
        VirtualStick(Im871aWire(checked=False)) as stick,
        _host("im871a", LinkMode.T1, stick) as host,
    ):
        host.set_up()
        assert stick.hear(Transmission(TELEGRAM))
        assert host.listen(1) == [Heard(TELEGRAM, "stripped", -60.0)]


def test_who_reads_nothing_loses_telegrams(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "_WRITE_TIMEOUT_MS", 10)
    with VirtualStick(HexWire()) as stick:
        for _ in range(2000):
            if not stick.hear(Transmission(OTHERS[-1])):
                break
        assert stick.missed == 1
        assert stick.heard > 0


def test_a_stick_that_breaks_says_so_when_it_is_pulled_out() -> None:
    stick = VirtualStick(CulWire())
    line = open_transport(f"serial:{stick.port}")
    line.write(b"Xnohex\r\n")
    _until(lambda: stick.failure is not None)
    line.close()
    with pytest.raises(ValueError, match="nohex"):
        stick.close()
    stick.close()


def test_unknown_commands_are_answered_as_the_real_ones_do() -> None:
    assert CulWire().answer(b"qqq\n").startswith(b"? (q is unknown)")
    assert Im871aWire().answer(b"\xa5\x01\x01\x00") == b""
    assert Im871aWire().answer(bytes.fromhex("A5010308000300033000010000"[:24])) == b""
    assert Amb8465Wire().answer(bytes.fromhex("FF0C00F3")) == b""
    assert Amb8465Wire().answer(bytes.fromhex("FF0C00F2")) == b""


def test_as_delivered_telegrams_come_bare() -> None:
    wire = Amb8465Wire()
    wire.answer(bytes.fromhex("FF040108F2"))
    assert wire.frame(TELEGRAM, "T1", -60.0, NOON) == TELEGRAM


def test_a_stick_with_a_clock_attaches_it() -> None:
    wire = Im871aWire(checked=False)
    wire.answer(bytes.fromhex("A5010308000300033800010100"[:24]))
    raw = wire.frame(TELEGRAM, "T1", -60.0, NOON)
    assert raw[1] == 0x62
    assert [one.rssi_dbm for one in receiver_of("im871a").feed(raw)] == [-60.0]


def test_frame_format_sizes() -> None:
    assert [len(format_b(one)) - len(one) for one in OTHERS] == [2, 2, 2, 4, 4]
    assert len(format_a(OTHERS[-1])) == 212 + 2 * 14


def _until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + LONG_S
    while not true():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.01)
