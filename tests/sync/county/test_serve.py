"""`dorfhub county serve` as a process: pages up, jobs run, one a folder, a clean end."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sync.county import hub as county_hub

if TYPE_CHECKING:
    from tests.sync.county.conftest import Office, Writer


def start(folder: Path, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "sync", "county", "serve"),
            *("--county", str(folder), "--port", "0", *more),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def county_folder(tmp_path: Path) -> Path:
    config = county_hub.create(tmp_path / "kreis", "Landkreis Gießen")
    config.source.write_text(
        config.source.read_text() + "\n[county.jobs]\nhealth_min = 1\n[county.calls]\nport = 1\n"
    )
    return tmp_path / "kreis"


@pytest.fixture
def served(county_folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    source = county_folder / "county.toml"
    source.write_text(source.read_text().replace("[county.calls]\nport = 1\n", ""))
    process = start(county_folder)
    try:
        assert process.stderr is not None
        found = None
        while found is None:
            line = process.stderr.readline()
            assert line, "it ended"
            found = re.search(r"pages=(http://\S+)", line)
        yield process, found[1]
    finally:
        process.kill()
        process.communicate()


def test_it_serves_pulls_and_stops(
    served: tuple[subprocess.Popen[str], str], office: Office, writer: Writer, county_folder: Path
) -> None:
    process, url = served
    with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 - ours
        assert answer.url.endswith("/anmelden")
    beat = county_folder / "state" / "run" / "county.json"
    deadline = time.monotonic() + 60
    parts: dict[str, str] = {}
    while parts.get("health") != "ok" or parts.get("pull") != "ok":
        assert time.monotonic() < deadline, parts
        time.sleep(0.2)
        if beat.is_file():
            parts = {part["name"]: part["state"] for part in json.loads(beat.read_text())["parts"]}
    assert parts["compact"] == "waiting"
    second = start(county_folder)
    _, error = second.communicate(timeout=60)
    assert second.returncode == 75, error
    assert str(process.pid) in error
    office.know(writer)  # the ledger is shared with whoever types commands
    process.send_signal(signal.SIGTERM)
    process.wait(30)
    assert process.returncode == 0


def test_a_port_that_cannot_be_had_is_told(county_folder: Path) -> None:
    source = county_folder / "county.toml"
    text = source.read_text().replace("port = 1\n", 'port = 9\nhost = "192.0.2.1"\n')
    source.write_text(text)  # an address that this machine does not have
    process = start(county_folder)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 75, error
    assert "[county.calls]" in error
