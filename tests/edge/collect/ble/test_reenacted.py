"""What one hub recorded of its sensors reaches another hub's journal, value for value."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from edge.collect.sensors import device_id
from hardware.hci.sessions import Device
from hardware.sim.cuff import Cuff, CuffOptions
from hardware.sim.ether import Ether
from hardware.sim.glucose_meter import GlucoseMeter, GlucoseMeterOptions
from hardware.sim.oximeter import Oximeter, OximeterOptions
from hardware.sim.reenacted import Reenacted, recorded_devices
from hardware.sim.scale import Scale, ScaleOptions

SPEED = 50.0
KINDS = [
    (Cuff, CuffOptions(name="Oma", stored=5, users=2)),
    (Cuff, CuffOptions(stored=4, drop_after=2, drops=1)),  # two connections, one value twice
    (Scale, ScaleOptions(stored=3)),
    (GlucoseMeter, GlucoseMeterOptions(stored=6)),
    (Oximeter, OximeterOptions(stored=2, period_s=0.2)),
]


def values(home: Any, address: str) -> list[tuple[str, bytes]]:
    """What was kept of a device: facts, and each value."""
    return home.opened()[device_id(address)]  # type: ignore[no-any-return]


async def first(hub: SimpleNamespace, folder: Path, kind: Any, options: Any) -> Any:
    """Collect from the device itself, recorded; return what was kept."""
    async with AsyncExitStack() as stack:
        ether = Ether()
        adapter = f"tcp:127.0.0.1:{await ether.listen()}"
        stack.push_async_callback(ether.close)
        device = kind(ether.link, options, time.monotonic)
        await device.start()
        stack.push_async_callback(device.stop)
        record = folder / "air.btsnoop"
        home = await stack.enter_async_context(hub.house_in(folder, adapter, record=record))
        async with home.running():
            await home.paired(device.address_text)
            await hub.until(lambda: home.sensors.kept >= options.stored)
            await hub.until(lambda: not device.has_news() and device.connection is None)
        return values(home, device.address_text)


async def again(hub: SimpleNamespace, folder: Path, recording: Path, least: int) -> Any:
    """Collect once more, from the recording; return what was kept."""
    async with AsyncExitStack() as stack:
        ether = Ether()
        adapter = f"tcp:127.0.0.1:{await ether.listen()}"
        stack.push_async_callback(ether.close)
        (recorded,) = await asyncio.to_thread(_read, recording)
        device = Reenacted(ether.link, recorded, SPEED)
        await device.start()
        stack.push_async_callback(device.stop)
        home = await stack.enter_async_context(hub.house_in(folder, adapter))
        async with home.running():
            await home.paired(device.address_text)
            await hub.until(
                lambda: len(home.opened().get(device_id(device.address_text), ())) >= least
            )
            await hub.until(device.over.is_set)
        return values(home, device.address_text)


def _read(recording: Path) -> list[Device]:
    with recording.open("rb") as file:
        return recorded_devices(file)


@pytest.mark.parametrize(("kind", "options"), KINDS)
def test_a_recorded_connection_is_had_again(
    hub: SimpleNamespace, tmp_path: Path, kind: Any, options: Any
) -> None:
    for name in ("first", "again"):
        (tmp_path / name).mkdir()

    async def main() -> None:
        kept = await first(hub, tmp_path / "first", kind, options)
        least = len(set(kept))
        replayed = await again(hub, tmp_path / "again", tmp_path / "first" / "air.btsnoop", least)
        assert sorted(replayed) == sorted(kept)

    hub.run(main())
