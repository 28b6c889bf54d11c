"""Every transport keeps the contract of `hardware.transport.base.Transport`."""

from __future__ import annotations

import contextlib
import os
import pty
import socket
import time
import tty
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from hardware.errors import TransportError
from hardware.transport import Direction, RecordingReader, Transport, open_transport

ANSWER = bytes.fromhex("6803036808017278F316")
LONG_S = 5.0  # for what must come; a machine under load takes its time
SHORT_S = 0.05  # for what must not come


@dataclass
class Line:
    """A line and its far end. ``say`` is None where the far end is a file."""

    moniker: str
    say: Callable[[bytes], None]
    heard: Callable[[int], bytes]
    cut: Callable[[], None]


@contextlib.contextmanager
def _pty_line() -> Iterator[Line]:
    master, slave = pty.openpty()
    tty.setraw(slave)
    name = os.ttyname(slave)
    os.close(slave)
    left = [master]

    def cut() -> None:
        if left:
            os.close(left.pop())

    def heard(size: int) -> bytes:
        data = b""
        while len(data) < size:
            data += os.read(master, size - len(data))
        return data

    try:
        yield Line(
            f"serial:{name}?baud=2400&parity=E", lambda data: _write_all(master, data), heard, cut
        )
    finally:
        cut()


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


@contextlib.contextmanager
def _tcp_line(family: socket.AddressFamily = socket.AF_INET) -> Iterator[Line]:
    host = "127.0.0.1" if family is socket.AF_INET else "::1"
    server = socket.create_server((host, 0), family=family)
    port = server.getsockname()[1]
    peers: list[socket.socket] = []

    def peer() -> socket.socket:
        """Return the newest connection."""
        with contextlib.suppress(TimeoutError):
            while True:
                server.settimeout(SHORT_S if peers else LONG_S)
                peers.append(server.accept()[0])
        peers[-1].settimeout(LONG_S)
        return peers[-1]

    def heard(size: int) -> bytes:
        data = b""
        while len(data) < size:
            data += peer().recv(size - len(data))
        return data

    shown = host if family is socket.AF_INET else f"[{host}]"
    try:
        yield Line(
            f"tcp:{shown}:{port}",
            lambda data: peer().sendall(data),
            heard,
            lambda: peer().close(),
        )
    finally:
        for connection in peers:
            connection.close()
        server.close()


@contextlib.contextmanager
def _recorded(line: Line, folder: Path) -> Iterator[Line]:
    yield Line(f"record:{folder / 'line.rec'}+{line.moniker}", line.say, line.heard, line.cut)


def _has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


KINDS = [
    *("serial", "tcp", "record-serial", "record-tcp"),
    *(["tcp6"] if _has_ipv6() else []),  # some containers have no IPv6 loopback
]


@pytest.fixture(params=KINDS)
def line(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Line]:
    kind: str = request.param
    with contextlib.ExitStack() as stack:
        if kind == "tcp6":
            made = stack.enter_context(_tcp_line(socket.AF_INET6))
        elif kind.endswith("tcp"):
            made = stack.enter_context(_tcp_line())
        else:
            made = stack.enter_context(_pty_line())
        if kind.startswith("record"):
            made = stack.enter_context(_recorded(made, tmp_path))
        yield made


@pytest.fixture
def near(line: Line) -> Iterator[Transport]:
    transport = open_transport(line.moniker)
    yield transport
    transport.close()


def test_it_knows_its_name(line: Line, near: Transport) -> None:
    assert near.moniker == line.moniker


def test_every_byte_value_passes_both_ways(line: Line, near: Transport) -> None:
    every = bytes(range(256)) * 4
    near.write(every)
    assert line.heard(len(every)) == every
    line.say(every)
    assert _read(near, len(every)) == every


def test_reading_gives_at_most_size_and_keeps_the_rest(line: Line, near: Transport) -> None:
    line.say(ANSWER)
    first = near.read(3, LONG_S)
    assert 1 <= len(first) <= 3
    assert first + _read(near, len(ANSWER) - len(first)) == ANSWER


def test_silence_gives_nothing_after_the_timeout_and_not_before(near: Transport) -> None:
    before = time.monotonic()
    assert near.read(100, SHORT_S) == b""
    assert time.monotonic() - before >= SHORT_S * 0.9


def test_reading_without_patience_returns_at_once(line: Line, near: Transport) -> None:
    assert near.read(100, 0) == b""
    line.say(b"\xe5")
    assert near.read(100, LONG_S) == b"\xe5"


def test_discarded_bytes_never_come(line: Line, near: Transport) -> None:
    line.say(b"late")
    assert near.read(1, LONG_S) == b"l"  # the rest has arrived with it
    near.discard()
    line.say(b"new")
    assert _read(near, 3) == b"new"


def test_a_line_that_is_cut_is_a_transport_error_with_a_hint(line: Line, near: Transport) -> None:
    line.say(b"x")
    assert near.read(1, LONG_S) == b"x"
    line.cut()
    with pytest.raises(TransportError) as caught:
        _read(near, 1)
    assert caught.value.hint


def test_a_closed_line_refuses_and_closing_twice_does_nothing(near: Transport) -> None:
    near.close()
    near.close()
    with pytest.raises(TransportError):
        near.read(1, 0)
    with pytest.raises(TransportError):
        near.write(b"x")
    with pytest.raises(TransportError):
        near.discard()


def test_it_can_be_opened_again_after_closing(line: Line, near: Transport) -> None:
    near.close()
    again = open_transport(line.moniker)
    line.say(b"again")
    assert _read(again, 5) == b"again"
    again.close()


def test_what_was_recorded_replays_the_same_conversation(tmp_path: Path) -> None:
    recording = tmp_path / "talk.rec"
    questions = [bytes.fromhex("107B017C16"), bytes.fromhex("105B015C16")]
    answers = [b"first answer", b"second, longer answer"]
    with _tcp_line() as far:
        live = open_transport(f"record:{recording}+{far.moniker}")
        for question, answer in zip(questions, answers, strict=True):
            live.write(question)
            assert far.heard(len(question)) == question
            far.say(answer)
            assert _read(live, len(answer)) == answer
        live.close()

    with RecordingReader(recording) as reader:
        lines = list(reader)
    assert all(line.at is not None for line in lines)
    sent = [line.data for line in lines if line.direction is Direction.TX]
    assert sent == questions

    again = open_transport(f"replay:{recording}")
    assert again.read(100, 0) == b""  # nobody has asked yet
    for question, answer in zip(questions, answers, strict=True):
        again.discard()
        again.write(question)
        assert _read(again, len(answer)) == answer
    again.close()


def _read(line: Transport, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = line.read(size - len(data), LONG_S)
        assert more, f"only {len(data)} of {size} bytes came"
        data += more
    return data
