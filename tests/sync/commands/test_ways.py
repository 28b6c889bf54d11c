"""A hub behind a router, by what people type: it calls, the county fetches over that line."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge.config import load
from edge.store.village import VillageStore
from edge.store.village_rows import MeterRow
from hardware.reading import TimeQuality
from sync import words
from sync.identity import Identity
from tests.ports import free_port

PROGRAM = Path(sys.executable).with_name("dorfhub")
LONG_S = 120  # a busy machine


def call(*words: str | Path) -> str:
    done = subprocess.run(
        [PROGRAM, *words], capture_output=True, text=True, check=False, timeout=LONG_S
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextlib.contextmanager
def process(log: Path, *words: str | Path) -> Iterator[None]:
    with log.open("wb") as file:
        child = subprocess.Popen([PROGRAM, *words], stderr=file)
    try:
        yield
    finally:
        child.terminate()
        child.wait(timeout=LONG_S)


def wait(until: Callable[[], bool]) -> None:
    end = time.monotonic() + LONG_S
    while not until():
        assert time.monotonic() < end
        time.sleep(0.2)


@pytest.mark.timeout(600)
def test_a_hub_behind_a_router_and_a_stick_that_is_plugged_in(tmp_path: Path) -> None:
    hub, county, media = tmp_path / "hub", tmp_path / "county", tmp_path / "media"
    ports = [str(free_port()) for _ in range(3)]
    call("init", hub, "--name", "DGH", "--village", "Holzheim", "--ports", *ports)
    call("county", "init", county, "--name", "Landkreis")
    there = free_port()
    toml = hub / "hub.toml"
    ours = (
        f'port = {ports[2]}\ncalls = ["127.0.0.1:{there}"]\nsticks = ["{media}"]\nseal_after_s = 1'
    )
    toml.write_text(toml.read_text().replace(f"port = {ports[2]}", ours, 1))
    config = load(toml)
    with VillageStore(config.hub.village_db) as store:
        device = store.device("mbus:KAM-76348799-27-04")
        store.add_round(
            [MeterRow(1_795_000_000_000, device, TimeQuality.SYNCHRONISED, 1, energy_kwh=5.0)]
        )
    with process(tmp_path / "sync.log", "--config", toml, "run", "sync"):
        wait(lambda: _roads(config.hub.village_db).get(f"127.0.0.1:{there}") == "refused")
        listen = ("county", "listen", "--county", county, "--host", "127.0.0.1", "--port")
        with process(tmp_path / "listen.log", *listen, str(there)):
            wait(lambda: _roads(config.hub.village_db)[f"127.0.0.1:{there}"] == "ok")
            wait(lambda: bool(list((county / "state" / "calls").glob("*.sock"))))
            (line,) = (county / "state" / "calls").glob("*.sock")
            call("county", "enrol", f"call:{line.stem}", "--county", county)
            theirs = Identity.load(county / "state" / "keys" / "county.pem").name
            own = Identity.load(config.hub.keys / "hub.key").name
            call("--config", toml, "sync", "enrol", *words.spoken(theirs).split())
            call("county", "confirm", *words.spoken(own).split(), "--county", county)
            assert "1 Messwerte" in call("county", "pull", "--county", county)
            assert "[ok]" in call("--config", toml, "sync", "status")
        (media / "stick" / "DORFHUB").mkdir(parents=True)
        wait(lambda: _roads(config.hub.village_db).get("stick") == "ok")
    assert "mbus" not in (tmp_path / "sync.log").read_text()


def _roads(path: Path) -> dict[str, str]:
    with VillageStore(path) as store:
        return {road.road: road.code for road in store.roads()}
