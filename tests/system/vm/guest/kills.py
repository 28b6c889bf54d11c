"""In the guest: the collector's process on the kernel's adapter, killed while a cuff is drained.

The cuff lives in this process and keeps a book of what it was told is stored.
"""

from __future__ import annotations

import asyncio
import time
from random import Random

from air import tell
from home import Scene, household, quantiles

READINGS = 5  # wait in the cuff whenever a hub comes
LONGEST_S = 300.0  # from a hub's start to the first reading


async def killed(scene: Scene, kills: int, seed: int, most_s: float) -> None:
    """Kill hubs until ``kills`` are dead, or ``most_s`` seconds are over; drain with one more."""
    rng = Random(seed)
    lost_each: list[int] = []
    lost: set[bytes] = set()
    async with household(scene, "kills", seed) as (home, cuff):
        began = time.monotonic()
        over = began + most_s
        while True:
            last = len(lost_each) == kills or time.monotonic() > over
            await cuff.fill(READINGS)
            told = len(cuff.book)
            home.start()
            until = time.monotonic() + LONGEST_S
            while len(cuff.book) == told and time.monotonic() < until:
                await asyncio.sleep(0.01)
            if len(cuff.book) == told:
                print(home.log()[-6000:], flush=True)
                break
            if not last:
                await asyncio.sleep(rng.uniform(0, 0.3))
            else:
                await cuff.quiet(5)  # what was confirmed early reaches the journal
            await home.kill()
            if scene.kind == "bluez":
                await cuff.quiet()  # the daemon goes on for a while
            kept = home.kept()
            now_lost = set(cuff.book) - set(kept)
            if not last:
                lost_each.append(len(now_lost - lost))
            lost |= now_lost
            twice = len(kept) - len(set(kept))
            print(
                f"{scene.kind}: {len(lost_each)} kills, {len(cuff.book)} told, {len(lost)} lost, "
                f"{twice} twice, {time.monotonic() - began:.0f} s",
                flush=True,
            )
            if last:
                break
        tell(
            "kills",
            kills=len(lost_each),
            confirmed=len(cuff.book),
            lost=len(lost),
            lost_each=lost_each,
            twice=twice,
            s=round(time.monotonic() - began),
            left=len(cuff.stored),
            window_ms=quantiles(home.windows_ms(cuff.book)),
        )
