from __future__ import annotations

import socket
import threading
import time
from dataclasses import replace
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from edge.config import Config, load
from edge.store.village import VillageStore
from edge.web.server import PortInUse, serve


@pytest.fixture
def config(tmp_path: Path) -> Config:
    (tmp_path / "hub.toml").write_text('[hub]\nname = "Hub"\nvillage = "Holzheim"\n', "utf-8")
    config = load(tmp_path / "hub.toml")
    config.hub.state.mkdir()
    VillageStore(config.hub.village_db).close()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return replace(config, web=replace(config.web, port=port, threads=3))


def test_it_serves_until_it_is_stopped(config: Config) -> None:
    stop = threading.Event()
    server = threading.Thread(target=serve, args=(config, stop))
    server.start()
    try:
        url = f"http://127.0.0.1:{config.web.port}/"
        deadline = time.monotonic() + 30
        while True:
            try:
                with urlopen(url) as answer:
                    assert "Holzheim" in answer.read().decode()
                    assert answer.headers["Server"] is None
                break
            except URLError:
                assert time.monotonic() < deadline
                time.sleep(0.05)
    finally:
        stop.set()
        server.join(timeout=30)
    assert not server.is_alive()
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("127.0.0.1", config.web.port))


def test_a_taken_port_is_said_with_what_to_do(config: Config) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", config.web.port))
        taken.listen()
        with pytest.raises(PortInUse) as caught:
            serve(config, threading.Event())
    assert str(config.web.port) in caught.value.hint
    assert "[web]" in caught.value.hint
