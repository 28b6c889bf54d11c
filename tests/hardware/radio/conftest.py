"""An air of its own for each test, and a loop that must be empty at the end."""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from bumble.link import LocalLink
from bumble.transport.common import Transport

from hardware.radio.bleak_radio import BleakRadio, PasskeyAsker
from hardware.radio.bumble_stack import BumbleStack
from hardware.radio.virtual import virtual_stack
from hardware.sim.cuff import Cuff, CuffOptions
from hardware.sim.ether import Ether, HubController, unplug


class InProcess(Transport):
    """An adapter in this process, without a socket in between."""

    def __init__(self, link: LocalLink) -> None:
        self.controller = HubController("hub", link=link)
        super().__init__(self.controller, self.controller)

    async def close(self) -> None:
        unplug(self.controller)
        self.controller.terminated.set_result(None)


class Air:
    """The cuffs' air, reached over TCP or in this process."""

    def __init__(self, way: str, keystore: Path) -> None:
        self.way = way
        self.keystore = keystore
        self.ether = Ether()
        self.port = 0

    def radio(self, ask: PasskeyAsker | None = None) -> BleakRadio:
        if self.way == "tcp":
            name = f"tcp:127.0.0.1:{self.port}"
            return BleakRadio(virtual_stack(name, self.keystore, ask))

        async def open_hci() -> Transport:
            return InProcess(self.ether.link)

        return BleakRadio(BumbleStack("virtual", open_hci, self.keystore, ask))

    @asynccontextmanager
    async def started(self, ask: PasskeyAsker | None = None) -> AsyncIterator[BleakRadio]:
        radio = self.radio(ask)
        await radio.start()
        try:
            yield radio
        finally:
            await radio.stop()

    @asynccontextmanager
    async def cuff(self, **options: Any) -> AsyncIterator[Cuff]:
        cuff = Cuff(self.ether.link, CuffOptions(**options), time.monotonic)
        await cuff.start()
        try:
            yield cuff
        finally:
            await cuff.stop()


@pytest.fixture(params=["in process", "tcp"])
def on_air(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Callable[[Callable[[Air], Awaitable[None]]], None]:
    """Run a coroutine function with an air; nothing may be left in the loop."""

    async def main(work: Callable[[Air], Coroutine[Any, Any, None]]) -> None:
        air = Air(request.param, tmp_path / "keys" / "bonds.json")
        air.port = await air.ether.listen()
        try:
            await work(air)
        finally:
            await air.ether.close()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert not left, left

    return lambda work: asyncio.run(main(work))


@pytest.fixture
def bus_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Run a system bus of our own, with nobody on it."""
    place = f"--address=unix:path={tmp_path}/bus"
    with subprocess.Popen(
        ["dbus-daemon", "--session", "--nofork", "--print-address", place],
        stdout=subprocess.PIPE,
        text=True,
    ) as daemon:
        assert daemon.stdout is not None
        address = daemon.stdout.readline().strip()
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
        yield address
        daemon.terminate()
