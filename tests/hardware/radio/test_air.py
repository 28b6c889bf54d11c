"""What the virtual air does to a connection: it survives a new address, and it can be torn."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from bumble import hci

from hardware.sim.ether import HubController

OnAir = Callable[[Callable[[Any], Awaitable[None]]], None]


def test_a_new_address_of_the_hub_leaves_its_connections(on_air: OnAir) -> None:
    async def work(air: Any) -> None:
        async with air.cuff(stored=1, always_advertise=True) as cuff, air.started() as radio:
            link = await radio.connect(cuff.address_text, pair=True)
            [hub] = [c for c in air.ether.link.controllers if isinstance(c, HubController)]
            hub.random_address = hci.Address("2A:11:22:33:44:55")  # as Linux does for each scan
            assert await link.read("2A19")
            await link.close()

    on_air(work)


def test_a_torn_connection_is_gone_on_both_sides(on_air: OnAir) -> None:
    async def work(air: Any) -> None:
        async with (
            air.cuff(stored=1, always_advertise=True) as cuff,
            air.cuff(seed=2, stored=1, always_advertise=True) as other,
            air.started() as radio,
        ):
            torn = await radio.connect(cuff.address_text, pair=True)
            kept = await radio.connect(other.address_text, pair=True)
            air.ether.tear(cuff.address)
            async with asyncio.timeout(5):
                await torn.wait_closed()
            assert cuff.connection is None
            assert await kept.read("2A19")
            again = await radio.connect(cuff.address_text, pair=False)
            assert await again.read("2A19")

    on_air(work)
