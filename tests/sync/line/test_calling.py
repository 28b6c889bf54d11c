"""A hub that calls: whom it trusts, what it says when nobody answers, and that it calls again."""

from __future__ import annotations

import asyncio
import random
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from edge.process.log import Log
from sync import rotation, wire
from sync.carrier.base import CarrierError
from sync.carrier.http import HttpCarrier, Patience
from sync.county.calls import CallDesk
from sync.errors import KeyConflict, ReplayError
from sync.identity import Identity, short_id
from sync.line import calling
from sync.line.calling import Caller, CallState, Refusal, trusting
from sync.line.relay import LoopThread, Stream
from sync.line.sockets import bound
from sync.rotation import Rotation
from sync.tls import ServerContext

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhallo"


class Desk:
    """A county that takes calls, and can be restarted on the same port."""

    def __init__(self, folder: Path, county: Identity) -> None:
        self.folder, self.county = folder, county
        self.port = 0
        self.loop: LoopThread | None = None

    def start(self) -> None:
        listener = bound("127.0.0.1", self.port)
        listener.listen()
        self.port = listener.getsockname()[1]
        self.loop = LoopThread("county")
        desk = CallDesk(self.folder, self.county, tuple, lambda _: True, Log())
        self.loop.start(desk.serve(listener))

    def stop(self) -> None:
        if self.loop is not None:
            self.loop.close()


class Hub:
    """A hub that answers every request with the same five bytes."""

    def __init__(self, port: int, trusted: Sequence[bytes] = ()) -> None:
        self.identity = Identity.generate()
        self.said: list[CallState] = []
        self.loop = LoopThread("hub")
        self.caller = Caller(
            f"127.0.0.1:{port}",
            self._inside(),
            ServerContext(self.identity),
            trusting(lambda: trusted, lambda _: None, lambda name: name),
            changed=self.said.append,
            log=Log(),
            rng=random.Random(1),
        )
        self.loop.start(self.caller.run())

    def _inside(self) -> Callable[[], Awaitable[Stream]]:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                while await reader.readuntil(b"\r\n\r\n"):
                    writer.write(ANSWER)
                    await writer.drain()
            except (OSError, EOFError):
                pass
            finally:
                writer.transport.abort()

        async def inside() -> Stream:
            here, there = socket.socketpair()
            reader, writer = await asyncio.open_connection(sock=there)
            self.task = asyncio.create_task(answer(reader, writer))
            return Stream(*await asyncio.open_connection(sock=here))

        return inside

    def codes(self) -> list[str]:
        return [one.code for one in self.said]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "calls", Identity.generate())
    yield made
    made.stop()


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calling, "FIRST_WAIT_S", 0.05)


def wait(until: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end
        time.sleep(0.01)


def ask(desk: Desk, hub: Hub) -> bytes:
    carrier = HttpCarrier(
        desk.folder / f"{short_id(hub.identity.name)}.sock",
        lambda *_: {},
        patience=Patience(timeout_s=15, attempts=1),
    )
    try:
        return carrier.head(bytes(16)) or b""
    finally:
        carrier.close()


def test_it_calls_and_is_asked_and_calls_again(desk: Desk) -> None:
    desk.start()
    hub = Hub(desk.port, [desk.county.name])
    with hub.loop:
        wait(lambda: "ok" in hub.codes())
        wait((desk.folder / f"{short_id(hub.identity.name)}.sock").exists)
        for _ in range(5):
            assert ask(desk, hub) == b"hallo"
    assert (desk.folder / f"{short_id(hub.identity.name)}.called").exists()


def test_a_county_that_was_away_is_called_again(desk: Desk) -> None:
    desk.start()
    hub = Hub(desk.port, [desk.county.name])
    with hub.loop:
        wait(lambda: "ok" in hub.codes())
        desk.stop()
        wait(lambda: "refused" in hub.codes())
        assert hub.said[-1].last_good_at is not None
        desk.start()
        wait(lambda: hub.codes()[-1] == "ok")
        wait((desk.folder / f"{short_id(hub.identity.name)}.sock").exists)
        assert ask(desk, hub) == b"hallo"


def test_another_than_our_county_gets_nothing(desk: Desk) -> None:
    desk.start()
    hub = Hub(desk.port, [Identity.generate().name])
    with hub.loop:
        wait(lambda: "wrong_key" in hub.codes())
    assert "ok" not in hub.codes()
    assert "sechs Wörter" in hub.said[-1].message
    assert list(desk.folder.glob("*.sock")) == []


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"DORFHUB-CALL/1 00\n", b""]
)
def test_what_answers_is_no_county(answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def run() -> None:
            try:
                sock, _ = listener.accept()
                with sock:
                    sock.recv(4096)
                    sock.sendall(answer)
            except OSError:
                pass

        thread = threading.Thread(target=run)
        thread.start()
        hub = Hub(listener.getsockname()[1])
        with hub.loop:
            wait(lambda: bool(hub.said))
            first = hub.said[0]
        listener.close()
        thread.join()
    assert first.code in ("bad_answer", "cut")
    assert first.message


def test_an_old_answer_is_no_answer() -> None:
    county = Identity.generate()
    data = wire.encode_call(bytes(16), county)
    assert wire.decode_call(data, nonce=bytes(16)) == (county.name, ())
    with pytest.raises(ReplayError):
        wire.decode_call(data, nonce=bytes(15) + b"\1")


def test_trust_follows_the_countys_changes_of_its_key() -> None:
    county = Identity.generate()
    new = Identity(Identity.generate()._key.private, name=county.name)
    record = rotation.record(county, new)
    known: dict[bytes, bytes] = {}

    def learn(chain: Sequence[Rotation]) -> None:
        known[chain[0].name] = chain[-1].new

    def conflict(_: Sequence[Rotation]) -> None:
        raise KeyConflict("twice")

    trust = trusting(lambda: [county.name], learn, lambda name: known.get(name, name))
    trust(county.name, ())
    trust(county.name, (record,))
    with pytest.raises(Refusal, match="abgelöst"):
        trust(county.name, ())
    with pytest.raises(Refusal):
        trusting(lambda: [county.name], conflict, lambda name: name)(county.name, (record,))
    trusting(list, conflict, lambda name: name)(Identity.generate().name, ())


def test_the_wait_grows_and_is_spread(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    real = asyncio.timeout

    def note(delay: Any) -> Any:
        waits.append(delay)
        return real(0)

    async def pause() -> None:
        with monkeypatch.context() as patch:
            patch.setattr(calling.asyncio, "timeout", note)
            caller = Caller(
                "127.0.0.1:1",
                None,  # type: ignore[arg-type]
                None,  # type: ignore[arg-type]
                None,  # type: ignore[arg-type]
                changed=lambda _: None,
                log=Log(),
                rng=random.Random(2),
            )
            for failed in (1, 2, 3, 20):
                await caller._pause(failed)

    monkeypatch.setattr(calling, "FIRST_WAIT_S", 1.0)
    asyncio.run(pause())
    for found, longest in zip(waits, (2, 4, 8, 300), strict=True):
        assert longest / 2 <= found <= longest
    assert len({found / longest for found, longest in zip(waits, (2, 4, 8, 300), strict=True)}) == 4


def test_a_stranger_on_the_countys_port_keeps_no_hub_out(desk: Desk) -> None:
    desk.start()
    strangers = [socket.create_connection(("127.0.0.1", desk.port)) for _ in range(5)]
    strangers[0].sendall(b"GET / HTTP/1.1\r\n\r\n")
    strangers[1].sendall(b"DORFHUB-CALL/1 zz\n")
    hub = Hub(desk.port, [desk.county.name])
    with hub.loop:
        wait(lambda: "ok" in hub.codes())
        wait((desk.folder / f"{short_id(hub.identity.name)}.sock").exists)
        assert ask(desk, hub) == b"hallo"
    for one in strangers:
        one.close()


def test_a_hub_that_does_not_call_is_named(tmp_path: Path) -> None:
    carrier = HttpCarrier(tmp_path / "x.sock", lambda *_: {}, patience=Patience(attempts=1))
    with pytest.raises(CarrierError) as caught:
        carrier.head(bytes(16))
    assert caught.value.reason == "not_calling"
