"""The villagers' pages as the web process serves them: how long, in a storm, how large.

Figures are printed and stand in `extra_info`; nothing is asserted of times. `pytest -s` shows them.
On a machine that does other things too, the share of a core that a page costs says more than what
somebody waited.
"""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from tests.edge.web.test_storm import PEOPLE, storm, two_seats
from tests.furnish_courses import PHONE
from tests.web_process import Browser, WebProcess, core_ms, percentile, web_process

PATHS = ("/", "/kurse", f"/kurse/{PHONE}", f"/kurse/{PHONE}/anmelden", "/zettel", "/hilfe")
CONNECTIONS, ROUNDS, STREAMS = 4, 25, 24
LANGUAGES = ("de", "en", "uk", "tr", "ar", "leicht")


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebProcess]:
    with web_process(tmp_path_factory.mktemp("face")) as process:
        for path in PATHS:  # templates are made once
            ask(process.port, path, 1)
        yield process


def ask(port: int, path: str, count: int) -> list[float]:
    """Ask for a page again and again on one connection; return how long each took, in ms."""
    browser, took = Browser(port), []
    try:
        for _ in range(count):
            begun = time.monotonic()
            assert browser.ask(path)[0] == 200
            took.append((time.monotonic() - begun) * 1000)
    finally:
        browser.close()
    return took


def at_four(port: int, path: str) -> list[float]:
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        done = pool.map(lambda _: ask(port, path, ROUNDS), range(CONNECTIONS))
        return [one for each in done for one in each]


def measured(web: WebProcess, title: str) -> dict[str, dict[str, float]]:
    found = {}
    for path in PATHS:
        before = core_ms(web.pid)
        took = at_four(web.port, path)
        cost = (core_ms(web.pid) - before) / len(took)
        found[path] = {
            "p50": percentile(took, 0.5), "p95": percentile(took, 0.95), "core_ms": cost,
        }  # fmt: skip
    print(f"\n{title:28}{'p50 ms':>9}{'p95 ms':>9}{'core ms':>9}")  # noqa: T201
    for path, one in found.items():
        print(f"{path:28}{one['p50']:9.1f}{one['p95']:9.1f}{one['core_ms']:9.1f}")  # noqa: T201
    return found


@pytest.mark.benchmark(group="face")
def test_pages_at_four_connections(web: WebProcess, benchmark: BenchmarkFixture) -> None:
    alone = measured(web, "four connections")
    with ExitStack() as held:
        for _ in range(STREAMS):
            line = held.enter_context(socket.create_connection(("127.0.0.1", web.port), 20))
            line.sendall(b"GET /strom HTTP/1.1\r\nHost: x\r\n\r\n")
            assert line.recv(4096).startswith(b"HTTP/1.1 200")
        streams = measured(web, f"with {STREAMS} streams")
    benchmark.extra_info |= {"alone": alone, "streams": streams}
    slower = [streams[path]["p95"] / alone[path]["p95"] for path in PATHS]
    print(f"streams: p95 {min(slower):.2f} to {max(slower):.2f} times as long")  # noqa: T201
    benchmark(lambda: ask(web.port, "/kurse", 1))


@pytest.mark.benchmark(group="face")
def test_sixty_forms_in_the_same_second(web: WebProcess, benchmark: BenchmarkFixture) -> None:
    course, before = two_seats(web), core_ms(web.pid)
    took, _ = storm(web.port, course)
    cost = (core_ms(web.pid) - before) / PEOPLE  # form, sign-up, double click and slip
    print(  # noqa: T201
        f"\nstorm of {PEOPLE}: p50 {percentile(took, 0.5):.0f} ms, p95 {percentile(took, 0.95):.0f}"
        f" ms, {cost:.0f} ms of a core for each person's four pages"
    )
    benchmark.extra_info |= {"p95": percentile(took, 0.95), "core_ms": cost}
    benchmark(lambda: ask(web.port, f"/kurse/{course}", 1))


def test_what_the_web_process_has_in_memory(web: WebProcess) -> None:
    rows = [("after the pages", web.rss_mib())]
    for language in LANGUAGES:
        browser = Browser(web.port)
        browser.ask("/anzeige", {"sprache": language})
        for path in PATHS:
            assert browser.ask(path)[0] == 200
        browser.close()
    rows.append(("in six languages", web.rss_mib()))
    threads = [threading.Thread(target=ask, args=(web.port, "/kurse", 5)) for _ in range(40)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    rows.append(("forty at once", web.rss_mib()))
    print()  # noqa: T201
    for name, mib in rows:
        print(f"{name:28}{mib:9.1f} MiB")  # noqa: T201
    smaps = Path(f"/proc/{web.pid}/smaps_rollup").read_text("ascii")
    print(re.findall(r"(Rss|Pss|Private_Dirty|Shared_Clean): +(\d+)", smaps))  # noqa: T201
    assert rows[-1][1] > 0
