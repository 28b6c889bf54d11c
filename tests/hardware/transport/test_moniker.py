from __future__ import annotations

import os
import pty
import socket
from pathlib import Path

import pytest

from hardware.errors import MonikerError, TransportError
from hardware.transport import Moniker, open_transport
from hardware.transport.moniker import RecordName, ReplayName, SerialName, TcpName


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("serial:/dev/ttyUSB0", SerialName("/dev/ttyUSB0", 2400, "E", 8, 1.0)),
        (
            "serial:/dev/ttyAMA0?baud=300&parity=N&bytesize=7&stopbits=2",
            SerialName("/dev/ttyAMA0", 300, "N", 7, 2.0),
        ),
        ("tcp:10.0.0.5:10001", TcpName("10.0.0.5", 10001)),
        ("tcp:[fe80::1%eth0]:502", TcpName("fe80::1%eth0", 502)),
        (
            "tcp:gateway.local:7?connect_timeout_s=0.5",
            TcpName("gateway.local", 7, connect_timeout_s=0.5),
        ),
        ("replay:a b.rec", ReplayName(Path("a b.rec"))),
        ("replay:/x/y.rec?speed=60", ReplayName(Path("/x/y.rec"), 60.0)),
        (
            "record:a+b.rec+tcp:h:1",
            RecordName(Path("a+b.rec"), Moniker("tcp:h:1", TcpName("h", 1))),
        ),
        (
            "record:out+serial:/dev/ttyS0?baud=9600",
            RecordName(
                Path("out"), Moniker("serial:/dev/ttyS0?baud=9600", SerialName("/dev/ttyS0", 9600))
            ),
        ),
    ],
)
def test_a_name_is_understood(text: str, line: object) -> None:
    assert Moniker.parse(text) == Moniker(text, line)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", "serial:"),
        ("/dev/ttyUSB0", "serial:"),
        ("usb:/dev/ttyUSB0", "serial:"),
        ("serial:", "serial:/dev/ttyUSB0"),
        ("serial:?baud=2400", "serial:/dev/ttyUSB0"),
        ("serial:/dev/ttyUSB0?baud=fast", "1 bis 4000000"),
        ("serial:/dev/ttyUSB0?baud=0", "1 bis 4000000"),
        ("serial:/dev/ttyUSB0?baud=-2400", "1 bis 4000000"),
        ("serial:/dev/ttyUSB0?parity=even", "N oder E oder O"),
        ("serial:/dev/ttyUSB0?bytesize=9", "7 oder 8"),
        ("serial:/dev/ttyUSB0?stopbits=3", "1 oder 1.5 oder 2"),
        ("serial:/dev/ttyUSB0?speed=2400", "baud=..."),
        ("serial:/dev/ttyUSB0?baud", "baud=..."),
        ("serial:/dev/ttyUSB0?baud=300&baud=600", "je einmal"),
        ("tcp:10.0.0.5", "tcp:192.168.1.20:10001"),
        ("tcp:10.0.0.5:0", "tcp:192"),
        ("tcp:10.0.0.5:65536", "tcp:192"),
        ("tcp:fe80::1:10001", "Klammern"),
        ("tcp:h:1?connect_timeout_s=0", "über 0"),
        ("tcp:h:1?connect_timeout_s=nan", "über 0"),
        ("replay:a?speed=-1", "ab 0"),
        ("replay:a?speed=1e3", "ab 0"),
        ("record:", "record:recording.log+serial:"),
        ("record:file", "record:recording.log+serial:"),
        ("record:+serial:/dev/x", "record:recording.log+serial:"),
        ("record:file+replay:other", "record:recording.log+serial:"),
        ("record:file+ftp:x", "record:recording.log+serial:"),
        ("record:file+serial:", "serial:/dev/ttyUSB0"),
    ],
)
def test_a_name_that_means_nothing_is_refused_with_what_would(text: str, hint: str) -> None:
    with pytest.raises(MonikerError) as caught:
        open_transport(text)
    assert isinstance(caught.value, ValueError)
    assert hint in caught.value.hint


def test_a_port_that_is_absent_says_so() -> None:
    with pytest.raises(TransportError, match="ttyUSB77") as caught:
        open_transport("serial:/dev/ttyUSB77")
    assert "Kabel" in caught.value.hint


def test_a_file_that_is_no_port_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(TransportError) as caught:
        open_transport(f"serial:{tmp_path / 'file'}")
    assert "kein serieller" in caught.value.hint


def test_a_port_in_use_says_so() -> None:
    master, slave = pty.openpty()
    name = os.ttyname(slave)
    first = open_transport(f"serial:{name}")
    try:
        with pytest.raises(TransportError) as caught:
            open_transport(f"serial:{name}")
        assert "anderes Programm" in caught.value.hint
    finally:
        first.close()
        os.close(slave)
        os.close(master)


def test_a_closed_tcp_port_says_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(TransportError) as caught:
        open_transport(f"tcp:127.0.0.1:{port}")
    assert "Portnummer" in caught.value.hint


def test_an_unknown_host_says_so() -> None:
    with pytest.raises(TransportError) as caught:
        open_transport("tcp:no-such-host.invalid:10001")
    assert "Schreibweise" in caught.value.hint


def test_a_recording_in_a_folder_that_is_absent_closes_the_line_it_wraps(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(TransportError, match="cannot write the recording"):
            open_transport(f"record:{tmp_path}/absent/x.rec+tcp:127.0.0.1:{port}")
        connection, _ = server.accept()
        connection.settimeout(5)
        assert connection.recv(1) == b""
        connection.close()


@pytest.mark.parametrize(
    ("text", "at_300"),
    [
        ("serial:/dev/ttyUSB0", "serial:/dev/ttyUSB0?baud=300"),
        ("serial:/dev/ttyUSB0?baud=300", "serial:/dev/ttyUSB0?baud=300"),
        ("serial:/dev/ttyUSB0?parity=N&baud=9600", "serial:/dev/ttyUSB0?baud=300&parity=N"),
        ("tcp:10.0.0.5:10001", "tcp:10.0.0.5:10001"),
    ],
)
def test_the_same_line_at_another_speed(text: str, at_300: str) -> None:
    assert Moniker.parse(text).at_baud(300) == at_300
    Moniker.parse(at_300)
    recorded = Moniker.parse(f"record:x.rec+{text}")
    assert recorded.innermost.text == text
    assert Moniker.parse(text).innermost.text == text
