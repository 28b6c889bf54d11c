"""What the idle hub keeps in memory, process by process; `pytest -s` prints the table."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from edge.process.heartbeat import read_folder

TARGET_MB = 350  # the whole hub at rest, without the browser
NAMES = ("supervisor", "collector", "worker", "web", "sync", "datasette")
SETTLE_S = 8.0  # past the worker's first snapshot and integrity check
PATIENCE_S = 120.0
MIB = 1024  # KiB, the unit of /proc


def memory_kib(pid: int) -> tuple[int, int]:
    """Return PSS and RSS: the process' fair share of what it maps, and all of it."""
    found = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines():
        name, _, rest = line.partition(":")
        if name in ("Pss", "Rss"):
            found[name] = int(rest.split()[0])
    return found["Pss"], found["Rss"]


def threads(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    return int(re.findall(r"^Threads:\s+(\d+)", status, re.MULTILINE)[0])


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks the Linux kernel")
def test_the_idle_hub_is_small(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
    ports = [str(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    dorfhub = [sys.executable, "-m", "sync", "--config", str(tmp_path / "hub.toml")]
    names = ["--name", "Haus", "--village", "Dorf"]
    subprocess.run([*dorfhub, "init", *names, "--ports", *ports], check=True, capture_output=True)
    with (tmp_path / "log").open("wb") as log:
        hub = subprocess.Popen([*dorfhub, "serve"], stderr=log)
    try:
        until = time.monotonic() + PATIENCE_S
        state = tmp_path / "state"
        signs = (state / "run", {"datasette": state / "open-data" / "run"})
        while True:
            beats = read_folder(*signs)
            if all(name in beats and beats[name].state == "ok" for name in NAMES):
                break
            assert time.monotonic() < until, (tmp_path / "log").read_text()
            time.sleep(0.1)
        for port in ports[:2]:  # a page each, so that templates are loaded
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20) as answer:
                answer.read()
        time.sleep(SETTLE_S)
        rows = [(name, *memory_kib(beats[name].pid), threads(beats[name].pid)) for name in NAMES]
    finally:
        hub.terminate()
        hub.wait(30)
    total = sum(pss for _, pss, _, _ in rows)
    with capsys.disabled():
        print(f"\n{os.uname().machine}, Python {sys.version.split()[0]}")  # noqa: T201
        print(f"{'process':12}{'PSS MiB':>10}{'RSS MiB':>10}{'threads':>10}")  # noqa: T201
        for name, pss, rss, count in rows:
            print(f"{name:12}{pss / MIB:10.1f}{rss / MIB:10.1f}{count:10}")  # noqa: T201
        print(f"{'hub':12}{total / MIB:10.1f}")  # noqa: T201
    assert total / MIB < TARGET_MB
