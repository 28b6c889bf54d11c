"""How the cuff behaves towards a hub; that it can be paired and drained is tested at the radio."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from hardware.ble import decode
from hardware.errors import TransportError
from hardware.radio.bleak_radio import BleakRadio
from hardware.radio.open import open_radio
from hardware.sim import ether as ether_module
from hardware.sim.cuff import MAX_STORED, Cuff, CuffOptions
from hardware.sim.ether import MAX_ADAPTERS, Ether


@dataclass
class Quartz:
    """Seconds that only the test lets pass."""

    seconds: float = 1000.0

    def __call__(self) -> float:
        return self.seconds


async def until(condition: Callable[[], object], limit_s: float = 10.0) -> None:
    async with asyncio.timeout(limit_s):
        while not condition():  # noqa: ASYNC110  # the condition is the cuff's
            await asyncio.sleep(0.01)


def radio_on(port: int, folder: Path) -> BleakRadio:
    radio = open_radio("virtual", f"tcp:127.0.0.1:{port}", folder / "bonds.json")
    assert isinstance(radio, BleakRadio)
    return radio


def test_the_clock_is_wrong_until_a_hub_sets_it(tmp_path: Path) -> None:
    async def main() -> None:
        ether, quartz = Ether(), Quartz()
        cuff = Cuff(ether.link, CuffOptions(), quartz)
        radio = radio_on(await ether.listen(), tmp_path)
        await cuff.start()
        await radio.start()
        await cuff.measure()
        assert (decode("2A35", cuff.stored[0]).timestamp or "").startswith("2020-01-01T00:00:00")
        link = await radio.connect(cuff.address_text, pair=True)
        await link.write("2A2B", bytes.fromhex("ea070b170f0000010002"))
        quartz.seconds += 90
        await cuff.measure()
        await cuff.measure()  # in the same second: the clock has gone on meanwhile
        times = [decode("2A35", value).timestamp for value in cuff.stored]
        assert times[1:] == ["2026-11-23T15:01:30", "2026-11-23T15:01:31"]
        await radio.stop()
        await cuff.stop()
        await ether.close()

    asyncio.run(main())


def test_it_is_silent_when_paired_and_empty(tmp_path: Path) -> None:
    async def main() -> None:
        ether = Ether()
        cuff = Cuff(ether.link, CuffOptions(), Quartz())
        loud = Cuff(ether.link, CuffOptions(seed=2, always_advertise=True), Quartz())
        radio = radio_on(await ether.listen(), tmp_path)
        for one in (cuff, loud):
            await one.start()
        await radio.start()
        for one in (cuff, loud):
            link = await radio.connect(one.address_text, pair=True)
            await link.close()
            await until(lambda one=one: not one.device.connections)
        heard = {found.address for found in await radio.discover("1810", 0.4)}
        assert heard == {loud.address_text}
        await cuff.measure()
        heard = {found.address for found in await radio.discover("1810", 0.4)}
        assert heard == {loud.address_text, cuff.address_text}
        await radio.stop()
        for one in (cuff, loud):
            await one.stop()
        await ether.close()

    asyncio.run(main())


def test_it_measures_by_itself_and_hands_over_at_once(tmp_path: Path) -> None:
    async def main() -> None:
        ether = Ether()
        confirmed = tmp_path / "confirmed"
        options = CuffOptions(every_s=0.1, confirmed=confirmed)
        cuff = Cuff(ether.link, options, Quartz())
        radio = radio_on(await ether.listen(), tmp_path)
        await cuff.start()
        await radio.start()
        got: list[bytes] = []
        link = await radio.connect(cuff.address_text, pair=True)
        await link.subscribe("2A35", got.append)
        await until(lambda: cuff.confirmed_count >= 3)
        await radio.stop()
        await cuff.stop()
        await ether.close()
        assert asyncio.all_tasks() == {asyncio.current_task()}
        told = [bytes.fromhex(line) for line in confirmed.read_text().split()]
        assert told == got[: len(told)]
        assert len(told) >= 3

    asyncio.run(main())


def test_the_oldest_reading_is_overwritten() -> None:
    async def main() -> None:
        cuff = Cuff(Ether().link, CuffOptions(stored=MAX_STORED), Quartz())
        second = cuff.stored[1]
        await cuff.start()
        await cuff.measure()
        assert len(cuff.stored) == MAX_STORED
        assert cuff.stored[0] == second
        await cuff.stop()

    asyncio.run(main())


def test_an_adapter_is_new_for_each_connection(tmp_path: Path) -> None:
    async def main() -> None:
        ether = Ether()
        cuff = Cuff(ether.link, CuffOptions(stored=1), Quartz())
        await cuff.start()
        port = await ether.listen()
        radio = radio_on(port, tmp_path)
        await radio.start()
        await radio.connect(cuff.address_text, pair=True)
        stack = radio._stack
        stack._transport.sink.transport.abort()  # as the kernel does for a killed process
        await until(lambda: not cuff.device.connections)
        assert ether.adapters == 0
        await radio.stop()
        again = radio_on(port, tmp_path)
        await again.start()
        assert (await again.connect(cuff.address_text, pair=False)).connected
        await again.stop()
        await cuff.stop()
        await ether.close()

    asyncio.run(main())


def test_bounds_of_the_air(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(ether_module, "MAX_UNSENT_BYTES", 1)

    async def main() -> None:
        ether = Ether()
        port = await ether.listen()
        writers = []
        for _ in range(MAX_ADAPTERS):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writers.append(writer)
        await until(lambda: ether.adapters == MAX_ADAPTERS)
        with pytest.raises(TransportError):
            await radio_on(port, tmp_path).start()
        writers[0].write(b"\x09 no packet of HCI")
        await until(lambda: ether.adapters == MAX_ADAPTERS - 1)
        await ether.close()
        assert ether.adapters == 0
        for writer in writers:
            writer.close()

    asyncio.run(main())


def test_an_adapter_goes_deaf_and_then_silent(tmp_path: Path) -> None:
    async def main() -> None:
        ether = Ether()
        cuff = Cuff(ether.link, CuffOptions(stored=1), Quartz())
        await cuff.start()
        port = await ether.listen()
        radio = radio_on(port, tmp_path)
        await radio.start()
        assert await radio.discover("1810", 0.3)
        ether.make_deaf()
        assert await radio.discover("1810", 0.3) == []
        ether.silence()
        with pytest.raises(TransportError):
            await radio.connect(cuff.address_text, pair=True, timeout_s=0.5)
        await radio.stop()
        again = radio_on(port, tmp_path)
        await again.start()
        assert await again.discover("1810", 0.3)
        await again.stop()
        await cuff.stop()
        await ether.close()

    asyncio.run(main())
