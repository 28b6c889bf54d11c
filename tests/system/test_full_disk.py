"""A full card: nothing is acknowledged that is not kept, the rest goes on, room heals it."""

from __future__ import annotations

import contextlib
import json
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from edge.process.heartbeat import Beat, read_folder

pytestmark = pytest.mark.timeout(300)

DORFHUB = [sys.executable, "-m", "sync"]
PATIENCE_S = 90.0
METER = """
[[sites]]
site_id = "dgh"
name = "Dorfgemeinschaftshaus"
communal = true

[[meters]]
meter_id = "halle"
name = "Halle"
site_id = "dgh"
transport = "serial:{link}?baud=2400"
address = 1
poll_s = 0.1
timeout_s = 1
"""


@contextmanager
def tmpfs(folder: Path, size: str) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "dorfhub-test", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"a small file system cannot be mounted here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@contextmanager
def running(*arguments: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as out:
        process = subprocess.Popen(
            [*DORFHUB, *arguments], stdin=subprocess.DEVNULL, stdout=out, stderr=out
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(30)
        finally:
            process.kill()
            process.wait()


def fill(path: Path) -> None:
    """Write until there is no room for a single byte more."""
    with path.open("ab", buffering=0) as file:
        for size in (65_536, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(b"\0" * size)


def test_a_full_disk(tmp_path: Path) -> None:
    state, book, log = tmp_path / "state", tmp_path / "book", tmp_path / "log"
    link, config = tmp_path / "meter", tmp_path / "hub.toml"
    book.touch()

    def wait(true: Callable[[], object]) -> None:
        until = time.monotonic() + PATIENCE_S
        while not true():
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.05)

    def told() -> list[str]:
        return book.read_text().split()

    def part(state_: str) -> Callable[[], bool]:
        def is_so() -> bool:
            beat: Beat | None = read_folder(beats).get("collector")
            found = beat.parts if beat else ()
            return any((one.name, one.state) == ("halle", state_) for one in found)

        return is_so

    beats, public_beats = state / "run", state / "open-data" / "run"
    # as on the Pi, the folders of heartbeats are memory and not on the card
    with tmpfs(state, "3m"), tmpfs(beats, "4m"), tmpfs(public_beats, "4m"):
        sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
        ports = [str(one.getsockname()[1]) for one in sockets]
        for one in sockets:
            one.close()
        hub = ("--config", str(config))
        names = ("--name", "Haus", "--village", "Dorf", "--ports", *ports)
        subprocess.run([*DORFHUB, *hub, "init", *names], check=True, capture_output=True)
        config.write_text(config.read_text() + METER.format(link=link))
        meter = ("meter", "simulate", "--link", str(link), "--acknowledged", str(book))
        with running(*meter, log=log), running(*hub, "serve", log=log) as serve:
            wait(part("ok"))
            wait(lambda: len(told()) > 2)
            # who begins later has no store
            wait(lambda: " sync listening " in log.read_text())
            wait(lambda: " datasette up" in log.read_text())
            fill(state / "ballast")
            wait(part("degraded"))
            fill(state / "ballast")  # what a rolled back transaction gave back
            stopped = len(told())
            time.sleep(3)
            assert len(told()) <= stopped + 1  # one may have been on its way
            beat = read_folder(beats)["collector"]
            assert "Speicher ist voll" in beat.message
            with urllib.request.urlopen(f"http://127.0.0.1:{ports[0]}/", timeout=20) as answer:
                assert answer.status == 200
            doctor = subprocess.run(
                [*DORFHUB, *hub, "doctor", "--json"], capture_output=True, text=True, check=False
            )
            findings = json.loads(doctor.stdout)["findings"]
            assert {one["level"] for one in findings if one["check"] == "disk"} == {"fail"}
            assert serve.poll() is None
            (state / "ballast").unlink()
            wait(part("ok"))
            wait(lambda: len(told()) > stopped + 3)
        with closing(sqlite3.connect(state / "journal.db")) as journal:
            kept = Counter(row[0].hex() for row in journal.execute("SELECT payload FROM entry"))
        acknowledged = Counter(line.lower() for line in told())
        assert acknowledged - kept == Counter()
    assert "ended child=" not in log.read_text()
