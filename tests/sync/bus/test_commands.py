"""The bus as people use it: `bus run` with `listen` as a process, `county bus` as a command."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from sync.cli import root
from sync.county.hub import County
from sync.identity import short_id
from sync.stream import METER
from tests.ports import free_port


def run(*words: str | Path, code: int = 0) -> Result:
    found = CliRunner().invoke(root, [str(one) for one in words], catch_exceptions=False)
    assert found.exit_code == code, found.output
    return found


@pytest.fixture
def bus(tmp_path: Path, county: County, address: str) -> tuple[Path, int]:
    """A bus that was set up with the commands of the manual, and where it listens."""
    folder, source, port = tmp_path / "bus", county.config.source, free_port()
    run("bus", "init", folder, "--name", "Bus 3")
    toml = folder / "bus.toml"
    lines = f'discover = false\nhubs = ["{address}"]\nlisten = "127.0.0.1:{port}"\n'
    toml.write_text(toml.read_text("utf-8") + lines, "utf-8")
    run("bus", "request", tmp_path / "bus.request", "--bus", folder)
    run(
        *("county", "bus-pass", tmp_path / "bus.request", tmp_path / "bus.pass"),
        *("--county", source),
    )
    run("bus", "pass", tmp_path / "bus.pass", "--bus", folder)
    return folder, port


@contextmanager
def driving(folder: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "sync", "bus", "run", "--bus", str(folder)]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as one:
        try:
            yield one
        finally:
            if one.poll() is None:
                one.kill()


def until(look: Any, seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.2)


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


@pytest.mark.timeout(300)
def test_a_bus_drives_and_its_county_fetches(
    village: Any, county: County, bus: tuple[Path, int]
) -> None:
    folder, port = bus
    village.measure(2)
    village.outbox.seal(METER, village.store.connection, village.clock.stamp())
    hub = short_id(village.identity.name)
    place = ("--county", county.config.source)
    with driving(folder) as process:
        until(lambda: listens(port))
        until(lambda: f"{hub}: 1 Pakete" in run("bus", "status", "--bus", folder).output)
        url = f"https://127.0.0.1:{port}"
        seen = json.loads(run("county", "bus", url, "Bus 3", *place, "--json").stdout)
        assert (seen["name"], len(seen["outcomes"])) == ("Bus 3", 1)
        assert (seen["outcomes"][0]["hub"], seen["outcomes"][0]["code"]) == (hub, "ok")
        assert "0 Pakete" in run("bus", "status", "--bus", folder).output  # unloaded
        said = run("county", "bus", url, *place).output
        assert "Der Bus hatte keine Pakete." in said
        # the address is remembered, so that a pull looks there by itself
        file = county.config.state / "buses"
        assert [one.read_text() for one in file.glob("*.address")] == [url]
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=60)
        assert process.returncode == 0
    assert "listening" in log
    assert "visited" in log
    assert "unloaded" in log
    assert not listens(port)


def test_what_county_bus_says_when_nobody_is_there(county: County, bus: tuple[Path, int]) -> None:
    _, port = bus
    place = ("--county", county.config.source)
    url = f"https://127.0.0.1:{port}"
    run("county", "bus", "not an address", *place, code=2)
    found = run("county", "bus", url, "Bus 9", *place, code=1)
    assert "kennt der Landkreis nicht" in found.output
    found = run("county", "bus", url, *place, code=1)
    assert "Fehler" in found.output


@pytest.mark.timeout(300)
def test_a_bus_whose_port_is_taken_says_so(bus: tuple[Path, int]) -> None:
    folder, port = bus
    with socket.create_server(("127.0.0.1", port)), driving(folder) as process:
        _, said = process.communicate(timeout=120)
        assert process.returncode == 1
        assert "Fehler" in said


@pytest.mark.timeout(300)
def test_another_device_at_the_buss_address_gets_nothing(
    county: County, bus: tuple[Path, int], address: str
) -> None:
    del bus
    place = ("--county", county.config.source)
    found = run("county", "bus", address, *place, code=1)  # a hub answers there, no bus of ours
    assert "wrong_key" in found.output or "anderes" in found.output or "another" in found.output
