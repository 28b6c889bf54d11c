"""In the guest: the virtual air behind the kernel's adapter, and bluetoothd started and stopped."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from bumble import hci
from bumble.transport import open_transport
from dbus_fast import BusType, Message, MessageType
from dbus_fast.aio import MessageBus

from hardware.sim.cuff import Cuff, CuffOptions
from hardware.sim.ether import Ether, HubController


def tell(scenario: str, **facts: Any) -> None:
    """Hand a result to the test outside."""
    print("RESULT " + json.dumps({"scenario": scenario, **facts}), flush=True)


@contextlib.asynccontextmanager
async def adapter(ether: Ether) -> AsyncIterator[None]:
    """Plug an adapter of ``ether`` into the kernel (`/dev/vhci`)."""
    async with await open_transport("vhci") as transport:
        controller = HubController(
            "kernel", host_source=transport.source, host_sink=transport.sink, link=ether.link
        )
        # the kernel would use what Bumble's controller has only in name
        controller.le_features &= ~(
            hci.LeFeatureMask.LL_PRIVACY | hci.LeFeatureMask.LE_EXTENDED_ADVERTISING
        )
        yield


@contextlib.asynccontextmanager
async def bluetoothd() -> AsyncIterator[None]:
    """Run the real daemon until it has an adapter, and end it afterwards."""
    program = Path(os.environ["DH_ROOT"]) / "usr/libexec/bluetooth/bluetoothd"
    with open("bluetoothd.log", "ab") as log, subprocess.Popen([program, "-n"], stderr=log) as daemon:  # noqa: ASYNC220, ASYNC230, PTH123
        try:
            await _has_adapter()
            yield
        finally:
            daemon.terminate()


@contextlib.asynccontextmanager
async def cuff(ether: Ether, **options: Any) -> AsyncIterator[Cuff]:
    """Switch a cuff on."""
    device = Cuff(ether.link, CuffOptions(**options), time.monotonic)
    await device.start()
    try:
        yield device
    finally:
        await device.stop()


async def _has_adapter() -> None:
    bus = await MessageBus(bus_type=BusType.SYSTEM).connect()
    try:
        for _ in range(300):
            reply = await bus.call(
                Message(
                    destination="org.bluez",
                    path="/org/bluez/hci0",
                    interface="org.freedesktop.DBus.Properties",
                    member="Get",
                    signature="ss",
                    body=["org.bluez.Adapter1", "Address"],
                )
            )
            if reply is not None and reply.message_type is not MessageType.ERROR:
                return
            await asyncio.sleep(0.1)
        raise TimeoutError("bluetoothd has no adapter")
    finally:
        bus.disconnect()
