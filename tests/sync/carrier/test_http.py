from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sync import requests
from sync.carrier.base import CarrierError
from sync.carrier.http import HttpCarrier, Patience, split_address
from sync.identity import Identity

if TYPE_CHECKING:
    from tests.sync.carrier.conftest import HttpRig

_NONCE = bytes(16)


def sign_nothing(method: str, target: str) -> dict[str, str]:
    del method, target
    return {}


def carrier(port: int, **patience: float) -> HttpCarrier:
    values = {"timeout_s": 2.0, "attempts": 1, "backoff_s": 0.0} | patience
    return HttpCarrier(f"http://127.0.0.1:{port}", sign_nothing, patience=Patience(**values))


@contextlib.contextmanager
def answering(*answers: bytes) -> Iterator[int]:
    """Answer each connection with raw bytes, whatever is asked."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def run() -> None:
            for answer in answers:
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                with client:
                    client.recv(4096)
                    client.sendall(answer)

        thread = threading.Thread(target=run)
        thread.start()
        yield listener.getsockname()[1]
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def reason(port: int) -> str:
    with pytest.raises(CarrierError) as caught:
        carrier(port, timeout_s=0.3).head(_NONCE)
    return caught.value.reason


def test_a_line_that_breaks_again_and_again_sends_nothing_twice(
    http_rig: HttpRig, tmp_path: Path
) -> None:
    into = tmp_path / "bundle.dhb"
    whole = http_rig.bundle(0, 8)
    http_rig.line.cut_after = 700
    http_rig.carrier.fetch(http_rig.epoch, 0, 8, into)
    assert into.read_bytes() == whole
    assert http_rig.line.carried == len(whole)
    assert http_rig.line.connections == -(-len(whole) // 700)


def test_a_bundle_that_changed_at_the_hub_is_fetched_anew(
    http_rig: HttpRig, tmp_path: Path
) -> None:
    """Erasure changes a bundle's bytes under the same numbers."""
    into = tmp_path / "bundle.dhb"
    with http_rig.interrupt(1500), pytest.raises(CarrierError):
        http_rig.carrier.fetch(http_rig.epoch, 0, 8, into)
    http_rig.line.dies = False
    http_rig._village.outbox.erase(1)
    http_rig.carrier.fetch(http_rig.epoch, 0, 8, into)
    assert into.read_bytes() == http_rig.bundle(0, 8)


def test_a_county_that_the_hub_does_not_know_is_told_so(http_rig: HttpRig, tmp_path: Path) -> None:
    stranger = Identity.generate()
    unknown = HttpCarrier(
        http_rig.carrier.describe(),
        lambda method, target: requests.sign_request(stranger, method, target),
        patience=Patience(attempts=1),
    )
    with pytest.raises(CarrierError) as caught:
        unknown.fetch(http_rig.epoch, 0, 1, tmp_path / "bundle.dhb")
    assert caught.value.reason == "not_enrolled"
    assert caught.value.hint
    with pytest.raises(CarrierError) as caught:
        HttpCarrier(http_rig.carrier.describe(), sign_nothing).fetch(
            http_rig.epoch, 0, 1, tmp_path / "bundle.dhb"
        )
    assert caught.value.reason == "not_enrolled"


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert reason(port) == "refused"


def test_nobody_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert reason(listener.getsockname()[1]) == "timeout"


def test_a_name_without_address() -> None:
    with pytest.raises(CarrierError) as caught:
        HttpCarrier(
            "http://no-such-hub.invalid:1", sign_nothing, patience=Patience(attempts=1)
        ).head(_NONCE)
    assert caught.value.reason == "unresolved"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"", "cut"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "bad_answer"),
        (
            b"HTTP/1.1 302 Found\r\nLocation: http://elsewhere/\r\nContent-Length: 0\r\n\r\n",
            "bad_answer",
        ),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort", "cut"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 70000\r\n\r\n" + bytes(70000), "too_large"),
        (b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", "busy"),
        (b"HTTP/1.1 599 Odd\r\nContent-Length: 0\r\n\r\n", "bad_answer"),
        (b"HTTP/1.1 404 No\r\nContent-Length: 7\r\n\r\nrubbish", "absent"),
    ],
)
def test_what_answers_is_no_hub(answer: bytes, said: str) -> None:
    with answering(answer) as port:
        assert reason(port) == said


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\n\r\nno length",
        b"HTTP/1.1 200 OK\r\nContent-Length: minus\r\n\r\n",
        b"HTTP/1.1 206 Partial Content\r\nContent-Length: 3\r\n\r\nabc",
        b"HTTP/1.1 206 Partial\r\nContent-Range: bytes 5-7/9\r\nContent-Length: 3\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
    ],
)
def test_an_answer_that_is_no_bundle_leaves_none(answer: bytes, tmp_path: Path) -> None:
    into = tmp_path / "bundle.dhb"
    with answering(answer) as port, pytest.raises(CarrierError):
        carrier(port).fetch("00" * 8, 0, 1, into)
    assert not into.exists()


def test_without_an_etag_nothing_is_continued(tmp_path: Path) -> None:
    into = tmp_path / "bundle.dhb"
    cut = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc"
    whole = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabcdef"
    with answering(cut, whole) as port:
        carrier(port).fetch("00" * 8, 0, 1, into)
    assert into.read_bytes() == b"abcdef"


def test_patience_ends(tmp_path: Path) -> None:
    slept: list[float] = []
    cut = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n"
    with answering(*[cut] * 4) as port:
        patient = HttpCarrier(
            f"http://127.0.0.1:{port}",
            sign_nothing,
            patience=Patience(attempts=4, backoff_s=3.0),
            sleep=slept.append,
        )
        with pytest.raises(CarrierError):
            patient.fetch("00" * 8, 0, 1, tmp_path / "bundle.dhb")
    assert slept == [3.0, 6.0, 8.0]


@pytest.mark.parametrize(
    "address", ["ftp://hub:1", "hub:8082", "http://", "http://hub/path", "http://hub:99999", ""]
)
def test_what_is_no_address(address: str) -> None:
    with pytest.raises(ValueError, match=r"address|[Pp]ort"):
        split_address(address)


def test_addresses() -> None:
    assert split_address("http://hub.example") == ("hub.example", 80)
    assert split_address("http://[::1]:8082/") == ("::1", 8082)
    assert split_address("https://hub.example") == ("hub.example", 443)


def test_the_rest_of_another_bundle_is_not_taken(tmp_path: Path) -> None:
    into = tmp_path / "bundle.dhb"
    one = b'HTTP/1.1 200 OK\r\nETag: "1"\r\nContent-Length: 6\r\n\r\nabc'
    rest = (
        b'HTTP/1.1 206 Partial\r\nETag: "2"\r\nContent-Range: bytes 3-5/6\r\n'
        b"Content-Length: 3\r\n\r\nDEF"
    )
    whole = b'HTTP/1.1 200 OK\r\nETag: "2"\r\nContent-Length: 6\r\n\r\nABCDEF'
    with answering(one, rest, whole) as port:
        carrier(port, attempts=2).fetch("00" * 8, 0, 1, into)
    assert into.read_bytes() == b"ABCDEF"
