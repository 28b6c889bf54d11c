"""One port: TLS for everybody, plain HTTP for this machine, and an answer for who errs."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from edge.process.log import Log
from sync import wire
from sync.carrier.base import CarrierError
from sync.carrier.http import HttpCarrier, Patience
from sync.identity import Identity
from sync.line import gate
from sync.line.door import Door
from sync.server import Desk
from sync.tls import ServerContext

NONCE = bytes(16)
QUICK = Patience(timeout_s=15, attempts=1)


@pytest.fixture
def port(village: Any) -> Iterator[int]:
    desk = Desk(*("Dorf", village.identity, village.outbox, village.peers, village.clock, Log()))
    with Door(desk, ServerContext(village.identity), Log()) as door:
        yield door.open("127.0.0.1", 0)


def test_tls_is_answered_by_the_hub(port: int, village: Any) -> None:
    carrier = HttpCarrier(
        f"https://127.0.0.1:{port}", lambda *_: {}, pin=village.identity.name, patience=QUICK
    )
    for _ in range(3):  # over one connection
        answer = carrier.head(NONCE)
        assert answer is not None
        assert wire.decode_head(answer, nonce=NONCE).hub == village.identity.name
    carrier.close()


def test_a_wrong_pin_is_refused_before_anything_is_said(port: int) -> None:
    carrier = HttpCarrier(
        f"https://127.0.0.1:{port}", lambda *_: {}, pin=Identity.generate().name, patience=QUICK
    )
    with pytest.raises(CarrierError) as caught:
        carrier.head(NONCE)
    assert caught.value.reason == "wrong_key"
    assert "anderes Gerät" in caught.value.hint


def test_plain_http_is_for_this_machine(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    carrier = HttpCarrier(f"http://127.0.0.1:{port}", lambda *_: {}, patience=QUICK)
    assert carrier.head(NONCE)
    monkeypatch.setattr(gate, "_from_here", lambda _: False)
    with pytest.raises(CarrierError) as caught:
        carrier.head(NONCE)
    assert caught.value.reason == "bad_answer"
    assert "https://" in caught.value.hint


def test_who_says_nothing_or_rubbish_keeps_nobody_out(port: int) -> None:
    silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(8)]
    silent[0].sendall(b"\x16\x03\x01rubbish that is no hello" * 10)
    carrier = HttpCarrier(f"https://127.0.0.1:{port}", lambda *_: {}, patience=QUICK)
    assert carrier.head(NONCE)
    carrier.close()
    for one in silent:
        one.close()


def test_loopback_is_told_in_both_families() -> None:
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            listener = socket.socket(family)
            listener.bind((address, 0))
        except OSError:
            continue
        with listener:
            listener.listen()
            with socket.create_connection(listener.getsockname()[:2]) as client:
                there, _ = listener.accept()
                with there:
                    assert gate._from_here(there)
                assert client
