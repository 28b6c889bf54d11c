"""The open data as the Pi serves them: behind nginx, by a user who can open nothing else."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPMessage
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

import pytest

from edge.config import Config, load
from edge.publish import build_current
from edge.publish.serve import HEADERS
from edge.store.setup import create
from tests.behind_nginx import before
from tests.hall import furnish_courses, furnished
from tests.links import Links
from tests.ports import free_port

VILLAGE = "http://hub.lan/"
POLICY = dict(HEADERS)["Content-Security-Policy"]
# What pages may lead to: the licence, and the program that serves them.
NAMED = {"creativecommons.org", "www.govdata.de", "datasette.io", "docs.datasette.io"}
NOW = datetime(2026, 12, 1, tzinfo=UTC)
HUB_USER = 47_110  # nobody's on any machine: whose the village's databases are
# A process without any right over others' files, as each service of the Pi.
PLAIN = ("setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs")
OPEN_EACH = """
import json, os, sys
found = {}
for folder, _, names in os.walk(sys.argv[1], onerror=lambda error: found.setdefault(
        error.filename, "closed")):
    for name in names:
        path = os.path.join(folder, name)
        try:
            open(path, "rb").close()
            found[path] = "open"
        except PermissionError:
            found[path] = "closed"
        try:
            open(path, "r+b").close()
            found[path] = "written"
        except OSError:
            pass
print(json.dumps(found))
"""


class Served(NamedTuple):
    """Where the open data are, and whose."""

    config: Config
    port: int  # of nginx
    data: int  # of Datasette itself
    process: subprocess.Popen[bytes]


def _owned(folder: Path, user: int) -> None:
    for path in (folder, *folder.rglob("*")):
        os.chown(path, user, user)


@pytest.fixture(scope="module")
def open_data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    if os.geteuid() or shutil.which("setpriv") is None:
        pytest.skip("only root can give files to another user; setpriv is Debian's util-linux")
    folder = tmp_path_factory.mktemp("hub")
    data = free_port()
    furnished(folder, (furnish_courses,))
    with (folder / "hub.toml").open("a") as file:
        file.write(f'\n[datasette]\nport = {data}\nbase_url = "/daten/"\n')
        file.write('[publish]\npublisher = "Gemeinde Holzheim"\n')
    config = load(folder / "hub.toml")
    create(config)
    build_current(config, NOW)
    _owned(config.hub.state, HUB_USER)
    _owned(config.hub.open_data, os.geteuid())
    hub = [sys.executable, "-P", "-m", "sync", "--config", str(config.source)]
    command = [*PLAIN, *hub, "run", "datasette"]
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(command, stderr=log) as process,
        before(tmp_path_factory.mktemp("nginx"), pages=free_port(), data=data) as front,
    ):
        try:
            for _ in range(600):
                with contextlib.suppress(OSError):
                    if _ask(front.http, "/daten/")[0] == 200:
                        break
                time.sleep(0.1)
            yield Served(config, front.http, data, process)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)
    assert process.returncode == 0, (folder / "log").read_text()


def _ask(port: int, path: str, host: str = "hub.lan") -> tuple[int, HTTPMessage, str]:
    line = HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        line.request("GET", path, headers={"Host": host})
        answer = line.getresponse()
        for once in ("Content-Security-Policy", "Cache-Control"):  # twice is two policies
            assert len(answer.headers.get_all(once, [])) <= 1, (path, answer.headers.items())
        return answer.status, answer.headers, answer.read().decode("utf-8", "replace")
    finally:
        line.close()


def test_its_user_can_open_what_is_published_and_nothing_else(open_data: Served) -> None:
    hub = open_data.config.hub
    for name in ("CapEff", "CapPrm"):
        status = Path(f"/proc/{open_data.process.pid}/status").read_text()
        assert re.search(rf"{name}:\s+0+$", status, re.MULTILINE), status
    said = subprocess.run(
        [*PLAIN, sys.executable, "-c", OPEN_EACH, str(hub.state)],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    found: dict[str, str] = json.loads(said)
    closed = {path for path, how in found.items() if how == "closed"}
    for database in (hub.village_db, hub.personal_db, hub.journal_db, hub.keys, hub.run):
        assert str(database) in closed, database
    written = {Path(path) for path, how in found.items() if how == "written"}
    assert all(path.is_relative_to(hub.open_data) for path in written), written
    opened = {Path(path) for path, how in found.items() if how == "open"}
    assert opened
    assert all(path.is_relative_to(hub.public) for path in opened), opened


def test_it_shows_that_it_is_alive_where_the_others_look(open_data: Served) -> None:
    record = json.loads((open_data.config.hub.run_of("datasette") / "datasette.json").read_bytes())
    assert record["pid"] == open_data.process.pid
    assert not (open_data.config.hub.run / "datasette.json").exists()


def _patient(port: int, address: str) -> tuple[int, HTTPMessage, str]:
    parts = urlsplit(address)
    while True:
        answer = _ask(port, parts.path + (f"?{parts.query}" if parts.query else ""))
        if answer[0] != 429:
            return answer
        time.sleep(0.5)


class _Crawl:
    """Every page from the first one on, breadth first."""

    def __init__(self, port: int, home: str) -> None:
        self.wrong: list[tuple[str, object]] = []
        self.foreign: set[str] = set()
        self.pages = 0
        self._port, self._home, self._queue, self._seen = port, home, [home], {home}

    def run(self, most: int) -> None:
        while self._queue and self.pages < most:
            address = self._queue.pop(0)
            status, headers, text = _patient(self._port, address)
            self.pages += 1
            if status >= 400:
                self.wrong.append((address, status))
            if headers.get("Content-Type", "").startswith("text/html"):
                assert headers["Content-Security-Policy"] == POLICY
                self._follow(address, Links(text))

    def _follow(self, address: str, links: Links) -> None:
        loads = (*links.loads, *links.others)
        for link in (*links.leads, *loads):
            target = urljoin(address, link).split("#")[0]
            host = urlsplit(target).hostname
            if host != "hub.lan":
                if link in loads or host not in NAMED:
                    self.foreign.add(target)
            elif not target.startswith(self._home):
                if target != VILLAGE:
                    self.wrong.append((address, target))
            elif target not in self._seen:
                self._seen.add(target)
                self._queue.append(target)


def test_four_hundred_pages_have_no_broken_link_and_no_foreign_host(open_data: Served) -> None:
    crawl = _Crawl(open_data.port, f"{VILLAGE}daten/")
    crawl.run(400)
    assert crawl.wrong == []
    assert crawl.foreign == set()
    assert crawl.pages > 150, crawl.pages


def test_who_asks_for_too_much_is_told_to_wait_in_german(open_data: Served) -> None:
    answers = [_ask(open_data.port, "/daten/-/versions.json") for _ in range(250)]
    slower = [one for one in answers if one[0] == 429]
    assert slower, "never slowed"
    assert {status for status, _, _ in answers} == {200, 429}
    _, headers, text = slower[0]
    assert headers["Retry-After"] == "5"
    assert "Bitte etwas langsamer" in text
    assert "width=device-width" in text  # readable on a phone
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    time.sleep(6)
    assert _ask(open_data.port, "/daten/")[0] == 200


def test_what_may_be_kept_says_for_how_long(open_data: Served) -> None:
    time.sleep(3)  # whatever came before has had its turn
    _, headers, page = _ask(open_data.port, "/daten/")
    assert re.fullmatch(r"max-age=\d+", headers["Cache-Control"])
    styles = re.findall(r'<link rel="stylesheet" href="(/daten/[^"]+)"', page)
    assert styles
    for style in styles:
        _, headers, _ = _ask(open_data.port, style)
        assert "immutable" in headers["Cache-Control"], style


def test_a_village_without_its_open_data_says_so(tmp_path: Path) -> None:
    with before(tmp_path, pages=free_port(), data=free_port()) as front:
        status, headers, text = _ask(front.http, "/daten/kommunale-waerme")
    assert status == 503
    assert headers["Retry-After"] == "60"
    assert "gerade nicht da" in text
