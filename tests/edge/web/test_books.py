"""Books by the real kiwix-serve: kept running, passed on without an origin, and absent in words."""

from __future__ import annotations

import shutil
import socket
import struct
import subprocess
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from flask.testing import FlaskClient

from edge.clock import FixedClock
from edge.config import Config, load
from edge.material import library
from edge.material.judge import judge
from edge.material.library import NAME, run_library
from edge.material.shelf import shelf_of
from edge.process.heartbeat import Heartbeat, read_all
from edge.process.log import Log
from edge.store.village import VillageStore
from edge.store.village_materials import Words
from edge.web.app import create_app
from edge.web.learn import books
from tests.furnish_materials import put
from tests.hall import HUB, NOW_MS

ARTICLE = (
    "<!doctype html><html lang=de><meta charset=utf-8><title>{0}</title><h1>{0}</h1><p>{1}</p>"
    "</html>"
)


def book(folder: Path) -> Path:
    """A real ZIM file by Debian's zim-tools."""
    if shutil.which("zimwriterfs") is None or shutil.which("kiwix-serve") is None:
        pytest.skip("Debian's kiwix-tools and zim-tools are not installed")
    pages = folder / "html"
    pages.mkdir()
    (pages / "index.html").write_text(ARTICLE.format("Brot", "Gebacken im Backhaus."))
    (pages / "mehl.html").write_text(ARTICLE.format("Mehl", "Roggen und Weizen."))
    (pages / "i.png").write_bytes(_picture())
    made = folder / "brot.zim"
    subprocess.run(
        [
            "zimwriterfs", "-w", "index.html", "-I", "i.png", "-l", "deu", "-t", "Brot",
            "-d", "Brot", "-c", "wir", "-p", "wir", "-n", "brot", str(pages), str(made),
        ],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    return made


def _picture() -> bytes:
    """A grey picture of 48 by 48."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    head = struct.pack(">IIBBBBB", 48, 48, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" + bytes(48) + (b"\0" + bytes(48)) * 47)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.fixture
def config(tmp_path: Path) -> Config:
    file = tmp_path / "hub.toml"
    file.write_text(HUB)
    found = load(file)
    found.hub.run.mkdir(parents=True)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with VillageStore(found.hub.village_db):
        return replace(found, materials=replace(found.materials, zim_port=port))


@contextmanager
def running(config: Config, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(library, "LOOK_S", 0.2)
    stop = threading.Event()
    with Heartbeat(config.hub.run, NAME) as beat:
        thread = threading.Thread(target=run_library, args=(config, stop, beat, Log()))
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


def until(seconds: float, holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return
        time.sleep(0.1)
    raise AssertionError("it never came")


def client_of(config: Config) -> FlaskClient:
    return create_app(config, FixedClock(NOW_MS)).test_client()


def test_a_book_is_read_searched_and_has_no_origin(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = book(tmp_path)
    assert judge(file).ending == "zim"
    client = client_of(config)
    with running(config, monkeypatch):
        until(10, lambda: NAME in read_all(config))
        with VillageStore(config.hub.village_db) as village:
            one = put(
                village, shelf_of(config), file.read_bytes(), "zim", words={"de": Words("Brot")}
            )
        until(30, lambda: books.is_served(config))
        assert "Wonach suchen Sie" in client.get(f"/lernen/{one.material}").get_data(as_text=True)
        until(30, lambda: client.get(f"/lernen/buch/{one.sha256}").status_code == 302)
        first = client.get(f"/lernen/buch/{one.sha256}", follow_redirects=True)
        assert "Gebacken im Backhaus." in first.get_data(as_text=True)
        policy = first.headers["Content-Security-Policy"]
        assert policy.endswith("sandbox allow-scripts")
        assert "default-src http://localhost/lernen/buch/ " in policy
        found = client.get(f"/lernen/buch/search?content={one.sha256}&pattern=Roggen")
        assert "Mehl" in found.get_data(as_text=True)
        assert found.headers["X-Frame-Options"] == "SAMEORIGIN"
        for path in ("", "search?pattern=x", "catalog/root.xml", f"{'0' * 64}/A/index.html"):
            assert client.get(f"/lernen/buch/{path}").status_code == 404
        with VillageStore(config.hub.village_db) as village:
            village.change_material(replace(one, hidden=True))
        assert client.get(f"/lernen/buch/{one.sha256}").status_code == 404
        with VillageStore(config.hub.village_db) as village:
            village.remove_material(one.material)
        until(20, lambda: not books.is_served(config))
    assert not books.is_served(config)


def test_a_server_that_ends_is_started_again(config: Config, tmp_path: Path) -> None:
    file = book(tmp_path)
    with VillageStore(config.hub.village_db) as village:
        put(village, shelf_of(config), file.read_bytes(), "zim", words={"de": Words("Brot")})
    server = library._Server(config, Log())
    try:
        until(20, lambda: server.look().state == "ok")
        assert server._process is not None
        server._process.kill()
        server._process.wait()
        assert server.look().state == "failed"
        until(20, lambda: server.look().state == "ok")
    finally:
        server.stop()


class _Shelf(BaseHTTPRequestHandler):
    """Answers as a server of books that is asked for anything."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(200 if "content" not in self.path.split("?")[0] else 404)
        self.send_header("Content-Length", "4")
        self.end_headers()
        self.wfile.write(b"Brot")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_slow_phones_hold_few_threads_and_only_a_shown_book_is_asked_for(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(books, "_PLACES", threading.BoundedSemaphore(2))
    monkeypatch.setattr(books, "TURN_S", 0.05)
    server = ThreadingHTTPServer(("127.0.0.1", config.materials.zim_port), _Shelf)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with VillageStore(config.hub.village_db) as village:
            key = put(village, shelf_of(config), b"ZIM", "zim", words={"de": Words("B")}).sha256
        client = client_of(config)
        slow = [client.get(f"/lernen/buch/{key}", buffered=False) for _ in range(2)]
        assert client.get(f"/lernen/buch/{key}").status_code == 503
        for one in slow:  # gone before anything was read, or after
            one.close()
        for _ in range(3):
            assert client.get(f"/lernen/buch/{key}", buffered=True).data == b"Brot"
            assert client.head(f"/lernen/buch/{key}", buffered=True).status_code == 200
        search = "/lernen/buch/search?pattern=x"
        assert client.get(f"{search}&content={key}").status_code == 200
        _Shelf.asked.clear()
        for more in (f"&content={key}&content=other", f"&content={key}&books.name=other"):
            assert client.get(search + more).status_code == 404
        assert client.get(f"/lernen/buch/{key}/%2e%2e/other").status_code == 404
        assert _Shelf.asked == []
    finally:
        server.shutdown()
        server.server_close()


def test_where_it_is_not_installed_the_page_says_so(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library, "SERVER", "no-such-program")
    with VillageStore(config.hub.village_db) as village:
        one = put(village, shelf_of(config), b"ZIM", "zim", words={"de": Words("Brot")})
    assert library._Server(config, Log()).look().state == "missing"
    page = client_of(config).get(f"/lernen/{one.material}").get_data(as_text=True)
    assert "kiwix-serve" in page
