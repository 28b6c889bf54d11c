"""In the guest: the collector's process on the kernel's adapter, killed while a cuff is drained.

The argument is the radio: `strict` (the HCI user channel, no bluetoothd) or `bluez`. The cuff lives
in this process and keeps a book of what it was told is stored.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parent))

import pyrage
from air import adapter, bluetoothd, tell

from edge.store.journal import Journal
from edge.store.village import VillageStore
from hardware.sim.cuff import Cuff, CuffOptions
from hardware.sim.ether import Ether

READINGS = 40
KILLS = 5
HUB_TOML = """
[hub]
name = "Haus"
village = "Dorf"
[radio]
kind = "{kind}"
adapter = "hci0"
scan_interval_s = 0.5
"""


class Booked(Cuff):
    """A cuff that notes when it was told that a reading is stored."""

    def __init__(self, link: object, options: CuffOptions) -> None:
        super().__init__(link, options, time.monotonic)  # type: ignore[arg-type]
        self.book: dict[bytes, int] = {}

    def _confirm(self, value: bytes) -> None:
        self.book[value] = time.monotonic_ns()
        super()._confirm(value)


def dorfhub(folder: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "sync", "--config", str(folder / "hub.toml"), *words]


async def killed(kind: str, ether: Ether, seed: int) -> None:
    folder = Path(kind).absolute()
    folder.mkdir()
    (folder / "hub.toml").write_text(HUB_TOML.format(kind=kind))
    await asyncio.to_thread(subprocess.run, dorfhub(folder, "init"), check=True)
    identity = pyrage.x25519.Identity.generate()
    (folder / "state" / "keys" / "care.pub").write_text(str(identity.to_public()))
    cuff = Booked(ether.link, CuffOptions(name=kind, seed=seed, stored=READINGS))
    await cuff.start()
    with VillageStore(folder / "state" / "village.db") as village:
        village.ask("pair", {"wait_s": 300}, time.time_ns() // 1_000_000)
    rng = Random(seed)
    kills = 0
    until = time.monotonic() + 500
    while cuff.stored and time.monotonic() < until:
        with (folder / "hub.log").open("ab") as log:
            hub = subprocess.Popen(dorfhub(folder, "run", "collector"), stderr=log)
        told = len(cuff.book)
        while cuff.stored and time.monotonic() < until:
            await asyncio.sleep(0.02)
            if kills < KILLS and len(cuff.book) > told:
                await asyncio.sleep(rng.uniform(0, 0.1))
                if cuff.stored:
                    kills += 1
                    break
        if not cuff.stored:
            await asyncio.sleep(5)  # what was confirmed early reaches the journal
        os.kill(hub.pid, signal.SIGKILL)
        await asyncio.to_thread(hub.wait)
    kept: list[bytes] = []
    windows_ms: list[float] = []
    with Journal(folder / "state" / "journal.db") as journal:
        for entry in journal.pending("care", 1000):
            value = pyrage.decrypt(entry.payload, [identity])
            kept.append(value)
            if value in cuff.book:
                windows_ms.append((entry.monotonic_ns - cuff.book[value]) / 1e6)
    windows_ms.sort()
    tell(
        kind,
        kills=kills,
        confirmed=len(cuff.book),
        lost=len(set(cuff.book) - set(kept)),
        twice=len(kept) - len(set(kept)),
        left=len(cuff.stored),
        window_ms=[round(windows_ms[len(windows_ms) * q // 100], 1) for q in (0, 50, 90, 99)]
        if windows_ms
        else [],
    )
    if cuff.stored:
        print((folder / "hub.log").read_text()[-3000:], flush=True)
    await cuff.stop()


async def main(kind: str) -> None:
    ether = Ether()
    async with adapter(ether):
        if kind == "strict":
            await asyncio.sleep(3)  # the kernel switches an adapter off again that nobody wants
            await killed(kind, ether, 11)
            return
        async with bluetoothd():
            await killed(kind, ether, 12)


asyncio.run(main(sys.argv[1]))
