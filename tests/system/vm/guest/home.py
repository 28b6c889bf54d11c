"""In the guest: a hub's folder, its collector, and the book of a cuff that it drains."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pyrage

from edge.care.contact_clock import NOTES
from edge.store.journal import Journal
from edge.store.village import VillageStore
from hardware.sim.cuff import Cuff, CuffOptions
from hardware.sim.ether import Ether

HUB_TOML = """
[hub]
name = "Haus"
village = "Dorf"
[radio]
kind = "{kind}"
adapter = "hci0"
scan_interval_s = 0.5
"""
NURSERY = Path(__file__).parent / "nursery.py"
QUIET_S = 1.0  # without a confirmation: then bluetoothd has given up, too


class Booked(Cuff):
    """A cuff that notes when it was told that a reading is stored."""

    def __init__(self, link: object, options: CuffOptions) -> None:
        super().__init__(link, options, time.monotonic)  # type: ignore[arg-type]
        self.book: dict[bytes, int] = {}

    def _confirm(self, value: bytes) -> None:
        self.book[value] = time.monotonic_ns()
        super()._confirm(value)

    async def fill(self, count: int) -> None:
        """Measure until ``count`` readings wait."""
        while len(self.stored) < count:
            await self.measure()

    async def quiet(self, quiet_s: float = QUIET_S) -> None:
        """Wait until nothing was confirmed for a while."""
        told = -1
        while told != len(self.book):
            told = len(self.book)
            await asyncio.sleep(quiet_s)


class Nursery:
    """A process that has loaded the program and forks it whenever it is asked to."""

    def __init__(self) -> None:
        self.told = Path("hub.log")
        with self.told.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, NURSERY],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def wait_ready(self) -> None:
        """Wait until it has loaded."""
        assert self._say() == "ready"

    def run(self, *arguments: str) -> int:
        """Start the program and return its process's number."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(arguments) + "\n")
        self._process.stdin.flush()
        return int(self._say())

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)

    def _say(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@dataclass(frozen=True, slots=True)
class Scene:
    """Where hubs live, with a radio of ``kind`` each."""

    kind: str
    ether: Ether
    nursery: Nursery


class Home:
    """The folder ``name`` of a hub, and the process that runs in it."""

    def __init__(self, scene: Scene, name: str) -> None:
        self._nursery = scene.nursery
        self._told_before = scene.nursery.told.stat().st_size
        self.folder = Path(name).absolute()
        self.folder.mkdir()
        (self.folder / "hub.toml").write_text(HUB_TOML.format(kind=scene.kind))
        self._identity = pyrage.x25519.Identity.generate()
        self._opened: list[tuple[bytes, int]] = []
        self._read_to = 0
        self._pid = 0
        self.village = self.folder / "state" / "village.db"

    async def found(self) -> None:
        """Make what a hub keeps."""
        self._run("init")
        await self._over()
        keys = self.folder / "state" / "keys"
        (keys / "care.pub").write_text(str(self._identity.to_public()))

    def pair(self, **which: object) -> None:
        """Ask the hub to pair a sensor, the next that it hears unless it is told which."""
        with VillageStore(self.village) as village:
            village.ask("pair", {"wait_s": 300, **which}, time.time_ns() // 1_000_000)

    def start(self) -> None:
        """Start the collector."""
        self._run("run", "collector")

    async def kill(self) -> None:
        """Kill the collector and wait until nothing is left of it."""
        os.kill(self._pid, signal.SIGKILL)
        await self._over()

    def entries(self) -> list[tuple[bytes, int]]:
        """Return what is in the journal: each value, and when it came by the monotonic clock."""
        with Journal(self.folder / "state" / "journal.db") as journal:
            for entry in journal.pending("care", 10_000, after=self._read_to):
                self._read_to = entry.id
                if entry.kind in NOTES:
                    continue
                value = pyrage.decrypt(entry.payload, [self._identity])
                self._opened.append((value, entry.monotonic_ns))
        return list(self._opened)

    def kept(self) -> list[bytes]:
        """Return the values in the journal."""
        return [value for value, _ in self.entries()]

    def windows_ms(self, book: dict[bytes, int]) -> list[float]:
        """Return how long after its confirmation each value was on the hub, sorted."""
        return sorted((at - book[value]) / 1e6 for value, at in self.entries() if value in book)

    def log(self) -> str:
        """Return what this hub's programs have logged."""
        return self._nursery.told.read_bytes()[self._told_before :].decode()

    def _run(self, *words: str) -> None:
        self._pid = self._nursery.run("--config", str(self.folder / "hub.toml"), *words)

    async def _over(self) -> None:
        while Path(f"/proc/{self._pid}").exists():
            await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def household(scene: Scene, name: str, seed: int) -> AsyncIterator[tuple[Home, Booked]]:
    """Yield a hub, to be started, that is asked to pair the cuff that is there."""
    home = Home(scene, name)
    await home.found()
    cuff = Booked(scene.ether.link, CuffOptions(name=name, seed=seed))
    await cuff.start()
    home.pair()
    try:
        yield home, cuff
    finally:
        await cuff.stop()


def quantiles(values: list[float]) -> list[float]:
    """Return the lowest, median, 90 and 99 of a hundred, and the highest of sorted values."""
    shares = (0, 50, 90, 99)
    if not values:
        return []
    return [round(v, 1) for v in (*(values[len(values) * q // 100] for q in shares), values[-1])]
