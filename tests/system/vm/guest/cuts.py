"""In the guest: the collector on the kernel's adapter, while links break in mid-transfer.

Every other link is hung up by the cuff, the others time out on both sides, so that what was in the
air is lost.
"""

from __future__ import annotations

import asyncio
import time
from random import Random

from air import tell
from home import Scene, household

READINGS = 10  # wait in the cuff before each break
LONGEST_S = 300.0  # from a break to the next reading


async def torn(scene: Scene, breaks: int, seed: int, most_s: float) -> None:
    """Break links until ``breaks`` are broken, or ``most_s`` seconds are over."""
    rng = Random(seed)
    async with household(scene, "breaks", seed) as (home, cuff):
        home.start()
        began = time.monotonic()
        over = began + most_s
        done = late = 0
        while done < breaks and time.monotonic() < over:
            await cuff.fill(READINGS)
            told = len(cuff.book)
            until = time.monotonic() + LONGEST_S
            while len(cuff.book) == told and time.monotonic() < until:
                await asyncio.sleep(0.01)
            if len(cuff.book) == told:
                print(home.log()[-6000:], flush=True)
                break
            await asyncio.sleep(rng.uniform(0, 0.1))
            if cuff.connection is None or not cuff.stored:
                late += 1  # too late to mean anything
                continue
            done += 1
            if done % 2:
                scene.ether.tear(cuff.address)
            else:
                await cuff.hang_up(cuff.connection)
            print(
                f"{scene.kind} break {done}: {len(cuff.book)} told, "
                f"{time.monotonic() - began:.0f} s",
                flush=True,
            )
        until = time.monotonic() + LONGEST_S
        while cuff.stored and time.monotonic() < until:
            await asyncio.sleep(0.1)
        await cuff.quiet(5)
        await home.kill()
        print(home.log()[-6000:], flush=True)
        kept = home.kept()
        tell(
            "breaks",
            breaks=done,
            late=late,
            s=round(time.monotonic() - began),
            confirmed=len(cuff.book),
            lost=len(set(cuff.book) - set(kept)),
            twice=len(kept) - len(set(kept)),
            left=len(cuff.stored),
        )
