"""In the guest: the collector over bluetoothd, a call button, and an adapter that goes deaf."""

from __future__ import annotations

import asyncio
import contextlib
import time

from air import GuestController, tell
from home import Home, Scene
from pace import loop_s

from edge.store.village import VillageStore
from hardware.sim.beacon import Beacon, BeaconKind, BeaconOptions

PRESSES = 5
LIMIT_S = 200.0


async def pressing(button: Beacon) -> None:
    while True:
        await button.press()
        await asyncio.sleep(1)


async def until(condition: object, limit_s: float = LIMIT_S) -> None:
    async with asyncio.timeout(limit_s):
        while not condition():  # type: ignore[operator]
            await asyncio.sleep(0.01)


async def call(home: Home, button: Beacon) -> None:
    """Press the button and see how soon the hub sounds the alarm."""
    home.pair(address=button.address_text, sos=True, name="Rufknopf")
    seconds: list[float] = []
    loops: list[float] = []
    with VillageStore(home.village) as village:
        presser = asyncio.create_task(pressing(button))
        await until(village.ble_devices)
        presser.cancel()
        await asyncio.gather(presser, return_exceptions=True)
        await asyncio.sleep(3)
        for _ in range(PRESSES):
            before = len(village.sensor_events())
            began = time.monotonic()
            await button.press()
            await until(lambda before=before: len(village.sensor_events()) > before)
            seconds.append(time.monotonic() - began)
            loops.append(loop_s(time.monotonic))
            await asyncio.sleep(2)
    tell("call", presses=PRESSES, longest_s=round(max(seconds), 2), loop_s=round(max(loops), 3))


async def deaf(controller: GuestController) -> None:
    """Let the adapter go deaf and see when it tells of an advertisement again."""
    began = time.monotonic()
    controller.deaf = True
    await until(lambda: not controller.deaf and controller.told_at > began)
    silent_s = time.monotonic() - began
    tell("deaf", silent_s=round(silent_s, 1), loop_s=round(loop_s(time.monotonic), 3))


async def watch(scene: Scene, controller: GuestController) -> None:
    button = Beacon(scene.ether.link, BeaconOptions(BeaconKind.BUTTON))
    other = Beacon(
        scene.ether.link, BeaconOptions(BeaconKind.CLIMATE)
    )  # somebody who is always heard
    async with contextlib.AsyncExitStack() as stack:
        home = Home(scene, "watch")
        await home.found()
        for beacon in (button, other):
            await beacon.start()
            stack.push_async_callback(beacon.stop)
        home.start()
        try:
            await call(home, button)
            await deaf(controller)
        finally:
            print(home.log()[-6000:], flush=True)
            await home.kill()
