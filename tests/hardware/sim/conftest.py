"""A hub's own radio on the devices' air, in this process; nothing may be left in the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from bumble.transport.common import Transport

from hardware.radio.bleak_radio import BleakLink, BleakRadio
from hardware.radio.bumble_stack import BumbleStack
from hardware.sim.ether import Ether, HubController, unplug
from hardware.sim.peripheral import Peripheral
from hardware.sim.ward import Device, Member


class Quartz:
    """Seconds that only the test lets pass."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


class _Adapter(Transport):
    def __init__(self, ether: Ether) -> None:
        self.controller = HubController("hub", link=ether.link)
        super().__init__(self.controller, self.controller)

    async def close(self) -> None:
        unplug(self.controller)
        self.controller.terminated.set_result(None)


class Bedside:
    """An air, a hub's radio on it, and devices that are switched off at the end."""

    def __init__(self, folder: Path, stack: AsyncExitStack) -> None:
        self.folder = folder
        self.ether = Ether()
        self.quartz = Quartz()
        self.passkey: int | None = None
        self._stack = stack
        self.radio = self.new_radio()

    def new_radio(self) -> BleakRadio:
        async def open_hci() -> Transport:
            return _Adapter(self.ether)

        async def ask(_: str) -> int | None:
            return self.passkey

        keys = self.folder / "bonds.json"
        return BleakRadio(BumbleStack("virtual", open_hci, keys, ask if self.passkey else None))

    async def use_passkey(self, passkey: int) -> None:
        await self.radio.stop()
        self.passkey = passkey
        self.radio = self.new_radio()
        await self.radio.start()

    async def device(self, kind: str, options: Any) -> Any:
        made: Device = Member(kind, options).make(self.ether.link, self.quartz)
        await made.start()
        self._stack.push_async_callback(made.stop)
        return made

    async def paired(self, device: Peripheral) -> BleakLink:
        return await self.radio.connect(device.address_text, pair=True)

    async def again(self, device: Peripheral) -> BleakLink:
        return await self.radio.connect(device.address_text, pair=False)

    async def heard(self, service: str, seconds: float = 0.4) -> set[str]:
        return {found.address for found in await self.radio.discover(service, seconds)}


async def until(condition: Callable[[], object], limit_s: float = 10.0) -> None:
    async with asyncio.timeout(limit_s):
        while not condition():  # noqa: ASYNC110  # the condition is the device's
            await asyncio.sleep(0.01)


@pytest.fixture
def bedside(tmp_path: Path) -> Callable[[Callable[[Bedside], Awaitable[None]]], None]:
    async def main(work: Callable[[Bedside], Coroutine[Any, Any, None]]) -> None:
        async with AsyncExitStack() as stack:
            beside = Bedside(tmp_path, stack)
            await beside.radio.start()
            try:
                await work(beside)
            finally:
                await beside.radio.stop()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert not left, left

    return lambda work: asyncio.run(main(work))


@pytest.fixture(name="until")
def _until() -> Callable[..., Awaitable[None]]:
    return until
