"""Many cuffs on one radio: sixty held at once, two hundred enrolled through the queue."""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import AsyncExitStack
from pathlib import Path
from types import SimpleNamespace

import pytest
from bumble.keys import PairingKeys

from edge.collect.ble import visit
from edge.collect.sensors import device_id
from hardware.radio.bonds import BondFile
from hardware.radio.open import open_radio
from hardware.sim import peripheral
from hardware.sim.cuff import Cuff, CuffOptions
from hardware.sim.ether import Ether

pytestmark = [pytest.mark.soak, pytest.mark.timeout(1500)]


async def bond(bonds: BondFile, cuff: Cuff) -> None:
    """Leave behind on both sides what pairing would have left: two hundred pairings take long."""
    key = PairingKeys.Key(os.urandom(16), authenticated=False)
    await bonds.update(cuff.address_text, PairingKeys(ltk=key))
    assert cuff.device.keystore is not None
    await cuff.device.keystore.update(bonds.address, PairingKeys(ltk=key))


def made(ether: Ether, seed: int, **options: int | None) -> Cuff:
    """Return a cuff, not switched on yet."""
    return Cuff(ether.link, CuffOptions(seed=seed, **options), time.monotonic)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _calm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Advertise once a second: two hundred that do so ten times a second are no village."""
    monkeypatch.setattr(peripheral, "ADVERTISING_INTERVAL_MS", 1000.0)


def test_sixty_are_held_at_once(hub: SimpleNamespace, tmp_path: Path) -> None:
    async def main() -> None:
        ether = Ether()
        port = await ether.listen()
        bonds = BondFile(tmp_path / "bonds.json")
        async with AsyncExitStack() as stack:
            stack.push_async_callback(ether.close)
            cuffs = [
                Cuff(ether.link, CuffOptions(stored=2, seed=n), time.monotonic) for n in range(60)
            ]
            for cuff in cuffs:
                await bond(bonds, cuff)
                await cuff.start()
                stack.push_async_callback(cuff.stop)
            truth = {cuff.address_text: list(cuff.stored) for cuff in cuffs}
            radio = open_radio("virtual", f"tcp:127.0.0.1:{port}", tmp_path / "bonds.json")
            await radio.start()
            stack.push_async_callback(radio.stop)
            await radio.discover("1810", 3.0)
            got: dict[str, list[bytes]] = {}
            links = []
            for cuff in cuffs:
                link = await radio.connect(cuff.address_text, pair=False)
                await link.subscribe("2A35", got.setdefault(link.address, []).append)
                links.append(link)
            await hub.until(lambda: not any(cuff.stored for cuff in cuffs))
            assert got == truth
            assert all(link.connected for link in links)
            await asyncio.gather(*(cuff.measure() for cuff in cuffs))  # all of them at once
            await hub.until(lambda: not any(cuff.stored for cuff in cuffs))
            assert {len(values) for values in got.values()} == {3}
            assert all(link.connected for link in links)

    hub.run(main())


def test_two_hundred_are_drained_in_turn(
    hub: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(visit, "IDLE_S", 0.3)

    async def main() -> None:
        ether = Ether()
        adapter = f"tcp:127.0.0.1:{await ether.listen()}"
        async with AsyncExitStack() as stack:
            stack.push_async_callback(ether.close)
            home = await stack.enter_async_context(
                hub.house(adapter, links=4, scan_interval_s=20.0)
            )
            bonds = BondFile(home.config.hub.keys / "bonds.json")
            cuffs = [
                Cuff(
                    ether.link,
                    CuffOptions(stored=3, seed=n, drop_after=n % 3 or None),
                    time.monotonic,
                )
                for n in range(200)
            ]
            truth = {device_id(cuff.address_text): list(cuff.stored) for cuff in cuffs}
            for cuff in cuffs:
                await bond(bonds, cuff)
                await cuff.start()
                stack.push_async_callback(cuff.stop)
                number = home.village.device(device_id(cuff.address_text), kind="ble")
                home.village.add_ble_device(cuff.address_text, number, "1810", "Cuff", hub.now_ms)
            started = time.monotonic()
            async with home.running():
                await hub.until(lambda: not any(cuff.stored for cuff in cuffs), 1200.0)
                took_s = time.monotonic() - started
            kept = {
                device: [value for _, value in entries] for device, entries in home.opened().items()
            }
            assert kept == truth
            with capsys.disabled():
                print(  # noqa: T201
                    f"\n200 cuffs, 600 readings, two of three cut again and again: {took_s:.0f} s"
                )

    hub.run(main())
