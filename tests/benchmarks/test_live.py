"""Pages while 24 people follow live: how long they take, and what the process weighs.

The web process is the hub's own command, alone in its interpreter; whoever asks shares the machine.
Figures are printed and stand in `extra_info`; nothing is asserted of times.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path
from statistics import quantiles

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from tests.hall import furnished
from tests.web_process import core_ms

STREAMS, CONNECTIONS, TURNS = 24, 4, 60
ARENAS = {"MALLOC_ARENA_MAX": "2"}  # as the supervisor does
PAGES = ("/", "/termine", "/oeffnung", "/markt", "/hilfe")


@pytest.fixture
def port(tmp_path: Path) -> Iterator[tuple[int, int]]:
    """Run the web process of a furnished village; its port and process id."""
    furnished(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    file = tmp_path / "hub.toml"
    file.write_text(f'{file.read_text("utf-8")}\n[web]\nhost = "127.0.0.1"\nport = {port}\n')
    command = [sys.executable, "-m", "sync", "--config", str(file), "run", "web"]
    with subprocess.Popen(command, env={**os.environ, **ARENAS}) as process:
        for _ in range(600):
            with socket.socket() as ask:
                if ask.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield port, process.pid
        process.terminate()


def follow(port: int, stack: ExitStack) -> None:
    """Open the streams: twelve callers, each on two screens."""
    for _ in range(STREAMS // 2):
        line = HTTPConnection("127.0.0.1", port, timeout=60)
        line.request("POST", "/hilfe", "", {"Content-Type": "application/x-www-form-urlencoded"})
        answer = line.getresponse()
        answer.read()
        cookie = (answer.getheader("Set-Cookie") or "").partition(";")[0]
        line.close()
        for _ in range(2):
            stream = stack.enter_context(socket.create_connection(("127.0.0.1", port), 60))
            stream.sendall(
                f"GET /hilfe/strom HTTP/1.1\r\nHost: h\r\nCookie: {cookie}\r\n\r\n".encode()
            )
            assert b" 200 " in stream.recv(20)


def asked(port: int) -> list[float]:
    """Return how many milliseconds each page took, over four connections at once."""
    found: list[float] = []

    def ask() -> None:
        line = HTTPConnection("127.0.0.1", port, timeout=60)
        for turn in range(TURNS):
            begun = time.perf_counter()
            line.request("GET", PAGES[turn % len(PAGES)])
            answer = line.getresponse()
            answer.read()
            assert answer.status == 200
            found.append((time.perf_counter() - begun) * 1000)
        line.close()

    threads = [threading.Thread(target=ask) for _ in range(CONNECTIONS)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return found


def resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) / 1024


@pytest.mark.timeout(600)
def test_pages_while_people_follow(benchmark: BenchmarkFixture, port: tuple[int, int]) -> None:
    number, pid = port
    asked(number)  # templates and languages are read once
    told: dict[str, float] = {}
    with ExitStack() as stack:
        for name in ("alone", "followed"):
            if name == "followed":
                follow(number, stack)
            before = core_ms(pid)
            took = asked(number)
            cost, cuts = (core_ms(pid) - before) / len(took), quantiles(took, n=20)
            told[f"{name}_p50_ms"], told[f"{name}_p95_ms"] = round(cuts[9]), round(cuts[18])
            told[f"{name}_core_ms"] = round(cost, 1)
        benchmark.pedantic(asked, args=(number,), rounds=1)
        told["rss_mb"] = round(resident_mb(pid))
    benchmark.extra_info.update(told)
    print(told)  # noqa: T201
