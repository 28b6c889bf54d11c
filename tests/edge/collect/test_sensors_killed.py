"""SIGKILL of the hub at any moment: what the cuff was told is stored is stored, once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pyrage
import pytest

from edge.care.contact_clock import NOTES
from edge.clock import FixedClock
from edge.collect.sensors import device_id
from edge.store.journal import Journal
from edge.store.scale_users import ScaleUsers
from edge.store.village import VillageStore

NOW_MS = 1_795_000_000_000
SECRET = bytes(32)

HUB = """
import asyncio, sys, time
from pathlib import Path
from edge.clock import SystemClock
from edge.collect import sensors
from edge.collect.ble import queue, requests, visit
from edge.config import Config, Datasette, Hub, Personal, Publish, Radio, Sync, Web
from edge.process.log import start
from edge.store.journal import Journal
from edge.store.scale_users import ScaleUsers
from edge.store.village import VillageStore

folder, adapter, recipient = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
visit.IDLE_S, requests.POLL_S, sensors.POLL_S = 0.3, 0.1, 0.1
queue.FIRST_PAUSE_S = 0.2


class SlowCard(Journal):
    def append(self, *arguments):
        time.sleep(0.01)
        number = super().append(*arguments)
        time.sleep(0.01)  # between the commit and the confirmation, where a kill hurts most
        return number


async def main():
    config = Config(folder / "hub.toml", Hub("hub", "Dorf", folder), Web(), Datasette(), Sync(),
                    Radio("virtual", adapter, 0.2), Personal(folder / "k"), Publish(), (), ())
    journal = SlowCard(folder / "journal.db", recipient, key_secret=bytes(32))
    village = VillageStore(folder / "village.db")
    collector = sensors.Sensors(config, journal, village, SystemClock(), start("hub"))
    await collector.run(asyncio.Event())

asyncio.run(main())
"""


@contextmanager
def simulator(*options: str) -> Iterator[dict[str, str]]:
    command = [sys.executable, "-m", "sync", "ble", "simulate", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()
            assert process.wait(10) == 0


@contextmanager
def hub(folder: Path, adapter: str, recipient: str) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / "hub.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", HUB, str(folder), adapter, recipient], stderr=log
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait(10)


def lines(path: Path) -> list[bytes]:
    return [bytes.fromhex(line) for line in path.read_text().split()] if path.exists() else []


def wait(condition: object, limit_s: float = 60.0) -> None:
    until = time.monotonic() + limit_s
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < until
        time.sleep(0.01)


def killed(tmp_path: Path, kills: int, readings: int) -> None:
    identity = pyrage.x25519.Identity.generate()
    recipient = str(identity.to_public())
    confirmed = tmp_path / "confirmed"
    (tmp_path / "keys").mkdir()
    rng = Random(4)
    clock = FixedClock(int(time.time() * 1000))
    options = ["--stored", str(readings), "--confirmed", str(confirmed)]
    with (
        simulator(*options) as air,
        VillageStore(tmp_path / "village.db") as village,
        Journal(tmp_path / "journal.db", recipient, key_secret=SECRET) as journal,
    ):
        known: dict[int, bytes | None] = {}  # None: a note of the contact, no value

        def opened() -> list[bytes]:
            for entry in journal.pending("care", 10_000, after=max(known, default=0)):
                is_value = entry.kind not in NOTES
                known[entry.id] = pyrage.decrypt(entry.payload, [identity]) if is_value else None
            return [value for value in known.values() if value is not None]

        village.ask("pair", {"wait_s": 60}, clock.wall_ms)
        for _ in range(kills):
            with hub(tmp_path, air["hci"], recipient) as process:
                told = len(lines(confirmed))
                wait(lambda told=told: len(lines(confirmed)) > told)
                time.sleep(rng.uniform(0, 0.1))
                os.kill(process.pid, signal.SIGKILL)
                process.wait(10)
            time.sleep(0.05)  # the cuff may be in the middle of noting the last confirmation
            kept = opened()
            assert len(kept) == len(set(kept))
            assert set(lines(confirmed)) <= set(kept)
            assert len(lines(confirmed)) < readings, "the kills came too late to mean anything"
        with hub(tmp_path, air["hci"], recipient):
            wait(lambda: len(lines(confirmed)) == readings, 60 + 0.2 * readings)
        kept, truth = opened(), lines(confirmed)
        assert sorted(kept) == sorted(truth)
        assert len(set(kept)) == readings
        [sensor] = village.ble_devices()
        assert sensor.device_id == device_id(air["cuff"])


def test_two_kills(tmp_path: Path) -> None:
    killed(tmp_path, kills=2, readings=60)


@pytest.mark.soak
def test_many_kills(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    kills = request.config.getoption("--faults")
    killed(tmp_path, kills=kills, readings=20 * kills)


def cut(tmp_path: Path, cuts: int) -> None:
    """Let a cuff cut ``cuts`` transfers, each after one value and in the middle of the next."""
    identity = pyrage.x25519.Identity.generate()
    recipient = str(identity.to_public())
    confirmed = tmp_path / "confirmed"
    (tmp_path / "keys").mkdir()
    readings = cuts + 5
    options = ["--stored", str(readings), "--confirmed", str(confirmed), "--drop-after", "1"]
    with (
        simulator(*options) as air,
        VillageStore(tmp_path / "village.db") as village,
        Journal(tmp_path / "journal.db", recipient, key_secret=SECRET) as journal,
        hub(tmp_path, air["hci"], recipient),
    ):
        village.ask("pair", {"wait_s": 60}, int(time.time() * 1000))
        wait(lambda: len(lines(confirmed)) == readings, 30 + 10 * cuts)
        values = [one for one in journal.pending("care", 10_000) if one.kind not in NOTES]
        kept = [pyrage.decrypt(one.payload, [identity]) for one in values]
        assert sorted(kept) == sorted(lines(confirmed))
        assert len(set(kept)) == readings


def test_two_cuts(tmp_path: Path) -> None:
    cut(tmp_path, cuts=2)


@pytest.mark.soak
def test_many_cuts(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    cut(tmp_path, request.config.getoption("--faults"))


def users_killed(tmp_path: Path, kills: int, readings: int) -> None:
    """Kill the hub while it takes what a scale gives only with its users' consent."""
    identity = pyrage.x25519.Identity.generate()
    recipient = str(identity.to_public())
    confirmed = tmp_path / "confirmed"
    (tmp_path / "keys").mkdir()
    rng = Random(7)
    now_ms = int(time.time() * 1000)
    scale = f"kind=scale,users=2,registered=2,stored={readings},memory=5000,confirmed={confirmed}"
    users = ScaleUsers(tmp_path / "keys" / "scale-users.json")
    with (
        simulator("--device", scale) as air,
        VillageStore(tmp_path / "village.db") as village,
        Journal(tmp_path / "journal.db", recipient, key_secret=SECRET) as journal,
    ):
        count = int(air["stored"])
        for index, code in dict(air["consent_codes"]).items():  # type: ignore[call-overload]
            users.enter(air["address"], int(index), int(code), now_ms)

        def opened() -> list[bytes]:
            found = journal.pending("care", 10_000)
            measured = [entry for entry in found if entry.kind in {"ble:2A9C", "ble:2A9D"}]
            return [pyrage.decrypt(entry.payload, [identity]) for entry in measured]

        village.ask("pair", {"wait_s": 60}, now_ms)
        for _ in range(kills):
            with hub(tmp_path, air["hci"], recipient) as process:
                told = len(lines(confirmed))
                wait(lambda told=told: len(lines(confirmed)) > told)
                time.sleep(rng.uniform(0, 0.1))
                os.kill(process.pid, signal.SIGKILL)
                process.wait(10)
            time.sleep(0.05)
            kept = opened()
            assert len(kept) == len(set(kept))
            assert set(lines(confirmed)) <= set(kept)
            assert len(lines(confirmed)) < count, "the kills came too late to mean anything"
        with hub(tmp_path, air["hci"], recipient):
            wait(lambda: len(lines(confirmed)) == count, 60 + 0.2 * count)
        kept = opened()
        assert sorted(kept) == sorted(lines(confirmed))
        assert len(set(kept)) == count


def test_two_kills_between_users(tmp_path: Path) -> None:
    users_killed(tmp_path, kills=2, readings=40)


@pytest.mark.soak
def test_many_kills_between_users(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    kills = request.config.getoption("--faults")
    users_killed(tmp_path, kills=kills, readings=10 * kills)
