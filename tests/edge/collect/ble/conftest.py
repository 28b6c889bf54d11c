"""A hub's Bluetooth half with real stores on an air of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyrage
import pytest

from edge.care.contact_clock import NOTES
from edge.clock import FixedClock
from edge.collect import sensors as module
from edge.collect.ble import queue, requests, visit
from edge.collect.sensors import Sensors
from edge.config import Config, Datasette, Hub, Personal, Publish, Radio, Sync, Web
from edge.process.log import Log
from edge.store.journal import Journal
from edge.store.village import VillageStore

NOW_MS = 1_795_000_000_000


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten what only waits for people and for a real radio's silence."""
    monkeypatch.setattr(visit, "IDLE_S", 0.4)
    monkeypatch.setattr(visit, "SAMPLE_S", 1.5)
    monkeypatch.setattr(module, "POLL_S", 0.05)
    monkeypatch.setattr(module, "FIRST_PAUSE_S", 0.2)
    monkeypatch.setattr(requests, "POLL_S", 0.05)
    monkeypatch.setattr(requests, "FORGET_S", 0.2)
    monkeypatch.setattr(queue, "FIRST_PAUSE_S", 0.2)


async def until(condition: Callable[[], object], limit_s: float = 30.0) -> None:
    async with asyncio.timeout(limit_s):
        while not condition():  # noqa: ASYNC110  # the condition is another process' or loop's
            await asyncio.sleep(0.02)


@dataclass
class House:
    """The stores, the clock and the collector's half, all real."""

    config: Config
    identity: Any
    journal: Journal
    village: VillageStore
    clock: FixedClock
    sensors: Sensors

    def opened(self) -> dict[str, list[tuple[str, bytes]]]:
        """What the care lane holds by device: kind and bytes, in order."""
        found: dict[str, list[tuple[str, bytes]]] = {}
        for entry in self.journal.pending("care", 5000):
            if entry.kind in NOTES:
                continue
            value = pyrage.decrypt(entry.payload, [self.identity])
            found.setdefault(entry.device, []).append((entry.kind, value))
        return found

    async def asked(self, kind: str, **arguments: object) -> dict[str, object]:
        """Ask, wait for the answer, and return it with its state."""
        number = self.village.ask(kind, arguments, self.clock.wall_ms)
        await until(lambda: self.village.request(number).state != "open")  # type: ignore[union-attr]
        request = self.village.request(number)
        assert request is not None
        return {**(request.result or {}), "state": request.state}

    async def paired(self, address: str, **arguments: object) -> dict[str, object]:
        """Pair one device."""
        result = await self.asked("pair", wait_s=15, address=address, **arguments)
        assert result["state"] == "done", result
        return result

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        stop = asyncio.Event()
        task = asyncio.create_task(self.sensors.run(stop))
        try:
            yield
        finally:
            stop.set()
            async with asyncio.timeout(15):
                await task


@asynccontextmanager
async def house(folder: Path, adapter: str, **radio: Any) -> AsyncIterator[House]:
    identity = pyrage.x25519.Identity.generate()
    (folder / "keys").mkdir(exist_ok=True)
    config = Config(
        source=folder / "hub.toml",
        hub=Hub("hub", "Dorf", folder),
        web=Web(),
        datasette=Datasette(),
        sync=Sync(),
        radio=replace(Radio("virtual", adapter, 0.3), **radio),
        personal=Personal(folder / "care.key"),
        publish=Publish(),
        sites=(),
        meters=(),
    )
    clock = FixedClock(NOW_MS)
    recipient = str(identity.to_public())
    with (
        Journal(config.hub.journal_db, recipient, key_secret=bytes(32)) as journal,
        VillageStore(config.hub.village_db) as village,
    ):
        sensors = Sensors(config, journal, village, clock, Log("test"))
        yield House(config, identity, journal, village, clock, sensors)


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run to the end and find no task left behind."""

    async def checked() -> None:
        await work
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(checked(), debug=False)


@pytest.fixture
def hub(tmp_path: Path) -> SimpleNamespace:
    """What the tests of this folder share."""
    return SimpleNamespace(
        run=run,
        until=until,
        now_ms=NOW_MS,
        house_in=house,
        house=lambda adapter, **r: house(tmp_path, adapter, **r),
    )
