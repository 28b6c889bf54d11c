"""Virtual meters behind optical heads, read over the real serial transport."""

from __future__ import annotations

import os
import termios
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from edge.collect.optical import read_out
from hardware.errors import TransportError
from hardware.optical import kmp
from hardware.optical.iec62056 import REQUEST, WAKE_UP, Iec62056Session
from hardware.optical.kmp import KmpSession
from hardware.optical.session import NoAnswer, Readout, Session
from hardware.reading import Quantity, Register
from hardware.sim import optical
from hardware.sim.heat import HeatModel, HeatState
from hardware.sim.optical import MulticalMeter, UltraheatMeter, VirtualHead
from hardware.sim.telegrams import INSTALLED
from hardware.transport import Moniker, open_transport
from hardware.transport.tcp import TcpTransport

NOW = datetime(2026, 1, 3, 12, 0, tzinfo=UTC)
IEC = "baud=300&parity=E&bytesize=7"
KMP = "baud=1200&parity=N&stopbits=2"


def state(seed: int) -> HeatState:
    return HeatModel(seed, INSTALLED).at(NOW)


def read(moniker: str, session: Session) -> Readout:
    line = open_transport(moniker)
    try:
        read_out(line, session)
    finally:
        line.close()
    return session.readout()


def value(readout: Readout, quantity: Quantity, storage: int = 0) -> float | str:
    return next(
        record.value
        for record in readout.records
        if record.quantity is quantity and record.register == Register(storage)
    )


@pytest.mark.parametrize("echo", [False, True])
def test_an_ultraheat_is_read(echo: bool) -> None:  # noqa: FBT001 - a parameter of the test
    with VirtualHead(UltraheatMeter(7), echo=echo, now=lambda: NOW) as head:
        for _ in range(2):
            readout = read(f"serial:{head.port}?{IEC}", Iec62056Session())
    meter = state(7)
    assert (readout.manufacturer, readout.identification) == ("LUG", "66000007")
    assert value(readout, Quantity.ENERGY) == meter.energy_kwh
    assert value(readout, Quantity.ENERGY, storage=1) == meter.due_energy_kwh
    assert value(readout, Quantity.VOLUME) == meter.volume_m3
    assert value(readout, Quantity.OPERATING_TIME) == meter.operating_hours
    assert value(readout, Quantity.DATETIME) == "2026-01-03T13:00:00"
    assert readout.status == "OK"
    head.close()


@pytest.mark.parametrize("echo", [False, True])
def test_a_multical_is_read(echo: bool) -> None:  # noqa: FBT001 - a parameter of the test
    with VirtualHead(MulticalMeter(7), echo=echo, now=lambda: NOW) as head:
        readout = read(f"serial:{head.port}?{KMP}", KmpSession((*kmp.READ_REGISTERS, 1003, 9999)))
    meter = state(7)
    assert (readout.manufacturer, readout.identification) == ("KAM", "76000007")
    for quantity, expected in (
        (Quantity.ENERGY, meter.energy_kwh),
        (Quantity.VOLUME, meter.volume_m3),
        (Quantity.VOLUME_FLOW, meter.volume_flow_m3_h),
        (Quantity.POWER, meter.power_kw),
        (Quantity.FLOW_TEMPERATURE, meter.flow_temperature_degc),
        (Quantity.RETURN_TEMPERATURE, meter.return_temperature_degc),
        (Quantity.TEMPERATURE_DIFFERENCE, meter.temperature_difference_k),
        (Quantity.OPERATING_TIME, meter.operating_hours),
        (Quantity.DATE, "2026-01-03"),
    ):
        assert value(readout, quantity) == expected
    assert len(readout.records) == 13  # 9999 does not exist


def test_a_reader_at_the_wrong_speed_hears_noise_or_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(optical, "REACTION_S", 0.05)
    with VirtualHead(UltraheatMeter(1), now=lambda: NOW) as head:
        if not head.keeps_speed:
            pytest.skip("this kernel keeps no speed of a pseudo-terminal")
        with pytest.raises(NoAnswer, match=r"identify itself$"):
            read(f"serial:{head.port}?baud=2400", Iec62056Session(patience_s=0.1))
        line = open_transport(f"serial:{head.port}?{IEC}")
        line.write(WAKE_UP + REQUEST)
        heard = b""
        while data := line.read(1024, 0.5):
            heard += data
        line.close()
    assert heard.startswith(b"/LUGCUH50\r\n")
    assert b"6.8(" not in heard
    assert len(heard) > 50


def test_a_kernel_that_keeps_no_speed_is_no_obstacle(monkeypatch: pytest.MonkeyPatch) -> None:
    def forgets(descriptor: int, when: int, attributes: list[Any]) -> None:
        real(descriptor, when, [*attributes[:4], termios.B38400, termios.B38400, attributes[6]])

    def refuses(descriptor: int, when: int, attributes: list[Any]) -> None:
        if attributes[5] != termios.B38400:
            raise termios.error(22, "Invalid argument")
        real(descriptor, when, attributes)

    real = termios.tcsetattr
    for kernel in (forgets, refuses):
        monkeypatch.setattr(termios, "tcsetattr", kernel)
        with VirtualHead(UltraheatMeter(7), now=lambda: NOW) as head:
            assert not head.keeps_speed
            readout = read(f"serial:{head.port}?baud=38400", Iec62056Session())
        assert readout.identification == "66000007"


def test_a_sleeping_meter_does_not_hear_a_request() -> None:
    meter = UltraheatMeter(1)
    assert meter.feed(REQUEST, NOW) == ()
    meter.feed(WAKE_UP, NOW)
    meter.silence()
    assert meter.feed(REQUEST, NOW) == ()
    assert meter.feed(WAKE_UP[:20], NOW) == ()
    assert [burst.baud for burst in meter.feed(WAKE_UP[20:] + REQUEST, NOW)] == [300, 2400]


def test_a_multical_answers_what_it_understands_and_nothing_else() -> None:
    meter = MulticalMeter(1)
    meter.silence()
    (burst,) = meter.feed(kmp.get_type(), NOW)
    (frame,) = kmp.Receiver().feed(burst.data)
    assert frame.data == bytes.fromhex("00040601")
    wrong = [
        kmp.Frame(to_meter=True, destination=0x7F, command=2).raw,
        kmp.Frame(to_meter=True, destination=0x3F, command=9).raw,
        kmp.Frame(to_meter=True, destination=0x3F, command=16, data=b"\x02\x00\x3c").raw,
        kmp.Frame(to_meter=False, destination=0x3F, command=2).raw,
        b"\x80\x3f\x02\x00\x00\x0d",
    ]
    assert meter.feed(b"".join(wrong) + b"\x80\x3f", NOW) == []
    meter.silence()
    assert len(meter.feed(kmp.get_serial_number(), NOW)) == 1


def test_damage_is_told_and_an_ultraheat_not_asked_twice() -> None:
    asked: list[bytes] = []

    def spoil(data: bytes) -> bytes:
        asked.append(data)
        return data if data.startswith(b"/") else data[:99] + b"9" + data[100:]

    with (
        VirtualHead(UltraheatMeter(1), spoil=spoil, now=lambda: NOW) as head,
        pytest.raises(NoAnswer, match="check character") as caught,
    ):
        read(f"serial:{head.port}?{IEC}", Iec62056Session(patience_s=1.0))
    assert "Lesekopf" in caught.value.hint
    assert len(asked) == 2


def test_a_multical_is_asked_again_after_damage() -> None:
    answers = iter((b"", b"\x40\x3f\x02", None))

    def spoil(data: bytes) -> bytes:
        damage = next(answers, None)
        return data if damage is None else damage

    with VirtualHead(MulticalMeter(1), spoil=spoil, now=lambda: NOW) as head:
        readout = read(f"serial:{head.port}?{KMP}", KmpSession(patience_s=0.1))
    assert readout.identification == "76000001"


def test_what_ends_the_meter_is_raised_when_the_head_is_taken_off() -> None:
    def spoil(_data: bytes) -> bytes:
        raise OSError("no light")

    head = VirtualHead(MulticalMeter(1), spoil=spoil, now=lambda: NOW)
    with pytest.raises(NoAnswer):
        read(f"serial:{head.port}?{KMP}", KmpSession(patience_s=0.1))
    with pytest.raises(OSError, match="no light"):
        head.close()
    head.close()


def test_a_line_whose_speed_cannot_be_changed_says_what_to_do(tmp_path: Path) -> None:
    import socket  # noqa: PLC0415 - this test alone has a network

    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        for name in (f"tcp:127.0.0.1:{port}", f"record:{tmp_path / 'r'}+tcp:127.0.0.1:{port}"):
            line = open_transport(name)
            far, _ = server.accept()
            try:
                far.sendall(b"/LUGCUH50\r\n")
                session = Iec62056Session(patience_s=1.0)
                session.step()
                assert session.feed(line.read(100, 5.0))
                with pytest.raises(TransportError, match="no speed") as caught:
                    read_out(line, session)
            finally:
                line.close()
                far.close()
            assert "USB" in caught.value.hint
    assert not hasattr(TcpTransport, "set_baud")


def test_a_recorded_readout_is_replayed(tmp_path: Path) -> None:
    file = tmp_path / "head.rec"
    with VirtualHead(UltraheatMeter(7), now=lambda: NOW) as head:
        live = read(f"record:{file}+serial:{head.port}?{IEC}", Iec62056Session())
    assert read(f"replay:{file}", Iec62056Session()) == live


def test_a_closed_or_unplugged_port_fails_as_a_line_does() -> None:
    master, slave = os.openpty()
    line = Moniker.parse(f"serial:{os.ttyname(slave)}?{IEC}").open()
    line.close()
    with pytest.raises(TransportError, match="closed"):
        line.set_baud(2400)  # type: ignore[attr-defined]
    os.close(master)
    os.close(slave)
