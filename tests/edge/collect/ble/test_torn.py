"""Links that break at any moment of a transfer: each reading is kept, once."""

from __future__ import annotations

import asyncio
import time
from random import Random
from types import SimpleNamespace

import pytest

from edge.collect.sensors import device_id
from hardware.sim.cuff import Cuff, CuffOptions
from hardware.sim.ether import Ether

WAITING = 10  # readings in the cuff before a link is broken
LONGEST_S = 0.05  # from a confirmation to the break: the time of the next few


class Booked(Cuff):
    """A cuff that notes each reading that it was told is stored."""

    def __init__(self, link: object, options: CuffOptions) -> None:
        super().__init__(link, options, time.monotonic)  # type: ignore[arg-type]
        self.book: list[bytes] = []

    def _confirm(self, value: bytes) -> None:
        self.book.append(value)
        super()._confirm(value)


async def torn(hub: SimpleNamespace, breaks: int) -> None:
    rng = Random(5)
    ether = Ether()
    cuff = Booked(ether.link, CuffOptions(stored=WAITING))
    await cuff.start()
    async with hub.house(f"tcp:127.0.0.1:{await ether.listen()}") as home:
        async with home.running():
            await home.paired(cuff.address_text)
            done = 0
            while done < breaks:
                while len(cuff.stored) < WAITING:
                    await cuff.measure()
                told = cuff.confirmed_count
                await hub.until(lambda told=told: cuff.confirmed_count > told, 60)
                await asyncio.sleep(rng.uniform(0, LONGEST_S))
                if cuff.connection is None or not cuff.stored:
                    continue  # too late to mean anything
                done += 1
                if rng.random() < 0.5:
                    ether.tear(cuff.address)
                else:
                    await cuff.hang_up(cuff.connection)
            await hub.until(lambda: not cuff.stored, 60)
        kept = [value for _, value in home.opened()[device_id(cuff.address_text)]]
        assert len(cuff.book) >= breaks
        assert sorted(kept) == sorted(set(cuff.book)), "lost or kept twice"
        print(f"{breaks} breaks: {len(kept)} kept of {len(set(cuff.book))} confirmed")  # noqa: T201
    await cuff.stop()
    await ether.close()


def test_links_that_break(hub: SimpleNamespace) -> None:
    hub.run(torn(hub, 8))


@pytest.mark.soak
def test_many_links_that_break(hub: SimpleNamespace, request: pytest.FixtureRequest) -> None:
    hub.run(torn(hub, request.config.getoption("--faults")))
