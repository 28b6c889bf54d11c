"""Streams before a real server: at once, few, and gone with whoever followed."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from http.client import HTTPConnection

import pytest
from flask import Flask

from edge.config import Config
from edge.desk.helpdesk import HelpDesk
from edge.web.server import serve
from edge.web.village.live import MOST, Streams
from edge.web.village.pages import live_of
from tests.hall import THREADS, served
from tests.signed_in import token_for


class Follower:
    """Somebody's browser that follows a stream, line by line."""

    def __init__(self, port: int, cookie: str, path: str = "/pult/hilfe/strom") -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        request = f"GET {path} HTTP/1.1\r\nHost: hub.lan\r\nCookie: besuch={cookie}\r\n\r\n"
        self._socket.sendall(request.encode())
        self._lines = self._socket.makefile("r", encoding="utf-8", newline="\n")
        self.status = int(self._lines.readline().split()[1])
        self.head = [line.strip().lower() for line in iter(self._lines.readline, "\r\n")]

    def data(self) -> str:
        """Return what is said next."""
        for line in self._lines:
            if line.startswith("data: "):
                return line.removeprefix("data: ").strip()
        raise EOFError

    def close(self) -> None:
        self._lines.close()
        self._socket.close()


def until(true: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def status(port: int, path: str, cookie: str = "") -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", path, headers={"Cookie": f"besuch={cookie}"} if cookie else {})
    found = connection.getresponse()
    found.read()
    connection.close()
    return found.status


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def cookie(app: Flask) -> str:
    return token_for(app)


def test_a_volunteer_hears_of_a_call_at_once(app: Flask, desk: HelpDesk, cookie: str) -> None:
    with served(app) as port:
        follower = Follower(port, cookie)
        assert follower.status == 200
        assert "content-type: text/event-stream; charset=utf-8" in follower.head
        assert "x-accel-buffering: no" in follower.head
        assert "cache-control: no-store" in follower.head
        assert follower.data() == "0"
        called_s = time.monotonic()
        desk.call("", "")
        assert follower.data() == "1"
        assert time.monotonic() - called_s < 1  # what the desk promises
        assert desk.is_present
        follower.close()


def test_with_all_streams_open_pages_still_answer(app: Flask, cookie: str) -> None:
    _, streams = live_of(app)
    assert streams.most == MOST == THREADS // 2
    with served(app) as port:
        followers = [Follower(port, cookie) for _ in range(MOST)]
        assert [one.data() for one in followers] == ["0"] * MOST
        assert status(port, "/pult/hilfe/strom", cookie) == 204  # the page asks by itself
        assert status(port, "/pult/hilfe/rufe", cookie) == 200
        for path in ("/", "/hilfe", "/termine", "/oeffnung"):
            assert status(port, path) == 200
        followers[0].close()
        until(lambda: len(streams) < MOST)
        again = Follower(port, cookie)
        assert again.status == 200
        for one in (*followers[1:], again):
            one.close()
        until(lambda: len(streams) == 0)


def waiters() -> int:
    """How many threads serve pages in this process; another test's server may be one of them."""
    return sum(t.name.startswith("waitress") for t in threading.enumerate())


def test_a_stream_whose_browser_is_gone_leaves_no_thread(app: Flask, cookie: str) -> None:
    _, streams = live_of(app)
    others = waiters()
    with served(app) as port:
        for hard in (False, True):
            followers = [Follower(port, cookie) for _ in range(4)]
            until(lambda: len(streams) == 4)
            for one in followers:
                if hard:  # as if the phone's battery was empty: a reset, not a farewell
                    linger = (1).to_bytes(4, "little") + (0).to_bytes(4, "little")
                    one._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                one.close()
            until(lambda: len(streams) == 0)
            # without news and without a heartbeat, within a few looks
            assert waiters() - others <= THREADS


def test_a_stream_ends_by_itself_and_lets_the_next_one_in(desk: HelpDesk) -> None:
    app = Flask(__name__)
    streams = Streams(1, last_s=0.2)

    def nothing(seconds: float) -> None:
        time.sleep(min(seconds, 0.05))

    with app.test_request_context("/"):
        answer = streams.answer(nothing)
        assert streams.answer(nothing).status_code == 204
    assert b"".join(answer.response) == b"retry: 2000\n\n"  # type: ignore[arg-type]
    assert len(streams) == 0
    with app.test_request_context("/", method="HEAD"):
        assert streams.answer(nothing).status_code == 204
    with app.test_request_context("/"):
        begun = streams.answer(nothing)
        begun.close()  # before it was sent: the browser was gone
        assert len(streams) == 0
        streams.stop()
        assert streams.answer(nothing).status_code == 204
    assert desk.queue() == []


def test_silence_is_broken_by_a_heartbeat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.web.village.live.BEAT_S", 0.0)
    with Flask(__name__).test_request_context("/"):
        answer = Streams(1, last_s=5).answer(lambda _: None)
    body = iter(answer.response)
    assert [next(body), next(body)] == [b"retry: 2000\n\n", b":\n\n"]
    answer.close()


def test_a_villager_is_told_who_comes(app: Flask, desk: HelpDesk) -> None:
    client = app.test_client()
    client.post("/hilfe", data={"token": "t"})
    found = client.get_cookie("besuch")
    assert found is not None
    with served(app) as port:
        follower = Follower(port, found.value, "/hilfe/strom")
        assert follower.data() == "1-waiting-0-0"
        desk.seen()
        assert follower.data() == "1-waiting-0-1"
        desk.take(1, "Anna")
        assert follower.data() == "1-coming-0-1"
        desk.close(1)
        assert follower.data() == "1-closed-0-1"
        follower.close()


def test_the_server_stops_while_somebody_follows(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace  # noqa: PLC0415

    from edge.web.app import create_app  # noqa: PLC0415

    made: list[Flask] = []

    def create(config: Config) -> Flask:
        made.append(create_app(config))
        return made[0]

    monkeypatch.setattr("edge.web.server.create_app", create)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    config = replace(config, web=replace(config.web, host="127.0.0.1", port=port))
    stop = threading.Event()
    server = threading.Thread(target=serve, args=(config, stop))
    server.start()
    until(lambda: bool(made))
    until(lambda: answers(port))
    follower = Follower(port, token_for(made[0]))
    stop.set()
    server.join(10)
    assert not server.is_alive()
    follower.close()
