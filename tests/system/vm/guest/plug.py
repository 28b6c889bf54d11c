"""In the guest: the adapter is pulled out under the running collector, and plugged in again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from air import adapter, tell
from home import Booked, Scene, household

READINGS = 5  # wait each time
LONGEST_S = 300.0


async def pulled(scene: Scene, seed: int) -> None:
    """Pull the adapter and see when it is missed, and when the cuff is drained again."""
    async with household(scene, "plug", seed) as (home, cuff):
        async with adapter(scene.ether):
            await cuff.fill(READINGS)
            home.start()
            await until(lambda: not cuff.stored)
        began = time.monotonic()
        await cuff.fill(READINGS)
        await until(lambda: "radio-down" in home.log())
        missed_s = time.monotonic() - began
        async with adapter(scene.ether):
            began = time.monotonic()
            told = len(cuff.book)
            await until(lambda: len(cuff.book) > told)
            back_s = time.monotonic() - began
            await drained(cuff)
            await home.kill()
        print(home.log()[-6000:], flush=True)
        kept = home.kept()
        tell(
            "plug",
            missed_s=round(missed_s, 1),
            back_s=round(back_s, 1),
            confirmed=len(cuff.book),
            lost=len(set(cuff.book) - set(kept)),
            twice=len(kept) - len(set(kept)),
            left=len(cuff.stored),
        )


async def drained(cuff: Booked) -> None:
    """Wait until the cuff has handed over all, and a little longer."""
    await until(lambda: not cuff.stored)
    await cuff.quiet(3)


async def until(condition: Callable[[], object]) -> None:
    """Wait for ``condition``."""
    async with asyncio.timeout(LONGEST_S):
        while not condition():
            await asyncio.sleep(0.05)
