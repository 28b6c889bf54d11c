"""The radio against a real cuff on virtual controllers: pairing, bonds, indications, cuts."""

from __future__ import annotations

import asyncio
import json
import stat
import sys
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from bleak import BleakClient
from bleak.exc import BleakGATTProtocolError
from bumble.core import AdvertisingData
from bumble.device import Advertisement
from bumble.hci import Address

from hardware.ble import decode
from hardware.ble.clock import encode_current_time
from hardware.errors import DeviceRefused, TransportError
from hardware.radio import bleak_radio
from hardware.radio.bonds import BondFile
from hardware.radio.bumble_bleak import BumbleClient, advertisement_data
from hardware.radio.open import open_radio
from hardware.sim.ether import Ether

LOOK_S = 0.4

OnAir = Callable[[Callable[[Any], Awaitable[None]]], None]


async def until(condition: Callable[[], object], limit_s: float = 10.0) -> None:
    async with asyncio.timeout(limit_s):
        while not condition():  # noqa: ASYNC110  # the condition is the cuff's
            await asyncio.sleep(0.01)


def test_discover_pair_read_write_and_drain(on_air: OnAir) -> None:
    async def work(air: Any) -> None:
        async with air.cuff(stored=3) as cuff, air.started() as radio:
            truth = list(cuff.stored)
            assert await radio.discover("180D", LOOK_S) == []
            [found] = await radio.discover("1810", LOOK_S)
            assert found.address == cuff.address_text
            assert found.name == "Blutdruck Sim"
            assert found.services == ("1810",)
            link = await radio.connect(found.address, pair=True)
            assert link.connected
            assert cuff.device.connections[1].sc
            assert cuff.device.connections[1].is_encrypted
            assert decode("2A19", await link.read("2A19")).records[0].value == 87.0
            assert decode("2A49", await link.read("2A49")).flags["body_movement_detection_support"]
            when = datetime(2026, 11, 18, 12, 30, tzinfo=UTC)
            await link.write("2A2B", encode_current_time(when))
            read = decode("2A2B", await link.read("2A2B")).timestamp
            assert read is not None
            assert read.startswith("2026-11-18T12:30")
            got: list[bytes] = []
            await link.subscribe("2A35", got.append)
            await until(lambda: not cuff.stored)
            assert got == truth
            with pytest.raises(DeviceRefused):
                await link.read("2A37")
            with pytest.raises(DeviceRefused, match="Value Not Allowed"):
                await link.write("2A2B", b"\xff" * 10)
            await link.close()
            await link.close()
            assert not link.connected
            with pytest.raises(TransportError):
                await link.read("2A19")

    on_air(work)


def test_an_unpaired_subscription_is_refused_by_the_cuff(on_air: OnAir) -> None:
    async def work(air: Any) -> None:
        async with air.cuff(stored=1) as cuff, air.started() as radio:
            await radio.discover("1810", LOOK_S)
            client = BleakClient(
                radio._seen[cuff.address_text], backend=BumbleClient, host=radio._stack._host
            )
            await client.connect()
            assert not client._backend.is_encrypted
            with pytest.raises(BleakGATTProtocolError, match=r"(?i)encryption"):
                await client.start_notify("2A35", lambda *_: None)
            await client.pair()
            assert client._backend.is_encrypted
            await client.start_notify("2A35", lambda *_: None)
            await until(lambda: not cuff.stored)
            await client.unpair()
            assert not client.is_connected
            assert not await radio._stack.bonded(cuff.address_text)

    on_air(work)


def test_an_unknown_device_is_not_connected_to(on_air: OnAir) -> None:
    async def work(air: Any) -> None:
        async with air.cuff(stored=1) as cuff, air.started() as radio:
            with pytest.raises(DeviceRefused, match="not paired") as caught:
                await radio.connect(cuff.address_text, pair=False)
            assert "ble pair" in caught.value.hint
            assert not cuff.device.connections

    on_air(work)


@pytest.mark.parametrize(("typed", "accepted"), [(123456, True), (654321, False), (None, False)])
def test_passkey(on_air: OnAir, typed: int | None, accepted: bool) -> None:  # noqa: FBT001
    asked: list[str] = []

    async def ask(address: str) -> int | None:
        asked.append(address)
        return typed

    async def work(air: Any) -> None:
        async with air.cuff(stored=2, passkey=123456) as cuff, air.started(ask) as radio:
            if not accepted:
                with pytest.raises(DeviceRefused, match="pairing failed"):
                    await radio.connect(cuff.address_text, pair=True)
                assert not await radio._stack.bonded(cuff.address_text)
                await until(lambda: not cuff.device.connections)
                assert len(cuff.stored) == 2
            else:
                link = await radio.connect(cuff.address_text, pair=True)
                await link.subscribe("2A35", lambda _: None)
                await until(lambda: not cuff.stored)
            assert asked == [cuff.address_text]

    on_air(work)


def test_just_works_does_not_open_a_cuff_that_wants_a_passkey(on_air: OnAir) -> None:
    async def work(air: Any) -> None:
        async with air.cuff(stored=2, passkey=123456) as cuff, air.started() as radio:
            with pytest.raises(DeviceRefused, match="pairing failed"):
                await radio.connect(cuff.address_text, pair=True)
            assert len(cuff.stored) == 2

    on_air(work)


def test_a_bond_outlives_the_hub(on_air: OnAir) -> None:
    async def work(air: Any) -> None:
        async with air.cuff(stored=2) as cuff:
            async with air.started() as radio:
                await radio.connect(cuff.address_text, pair=True)
            assert stat.S_IMODE(air.keystore.stat().st_mode) == 0o600
            bonds = json.loads(air.keystore.read_text())
            assert list(bonds["bonds"]) == [cuff.address_text]
            await until(lambda: not cuff.device.connections)
            async with air.started() as radio:
                link = await radio.connect(cuff.address_text, pair=False)
                await link.subscribe("2A35", lambda _: None)
                await until(lambda: not cuff.stored)
            assert json.loads(air.keystore.read_text()) == bonds

    on_air(work)


def test_a_cuff_that_forgot_the_bond(on_air: OnAir) -> None:
    async def work(air: Any) -> None:
        async with air.cuff(stored=1) as cuff, air.started() as radio:
            link = await radio.connect(cuff.address_text, pair=True)
            await link.close()
            await until(lambda: not cuff.device.connections)
            await cuff.forget_bonds()
            with pytest.raises(DeviceRefused, match="no longer knows"):
                await radio.connect(cuff.address_text, pair=False)
            await until(lambda: not cuff.device.connections)
            link = await radio.connect(cuff.address_text, pair=True)
            await link.subscribe("2A35", lambda _: None)
            await until(lambda: not cuff.stored)

    on_air(work)


def test_a_handler_that_raises_keeps_the_value_on_the_cuff(on_air: OnAir) -> None:
    async def work(air: Any) -> None:
        async with air.cuff(stored=3) as cuff, air.started() as radio:
            truth = list(cuff.stored)
            got: list[bytes] = []

            def full_after_one(value: bytes) -> None:
                if got:
                    raise OSError("no space left")
                got.append(value)

            link = await radio.connect(cuff.address_text, pair=True)
            await link.subscribe("2A35", full_after_one)
            async with asyncio.timeout(5):
                await link.wait_closed()
            assert list(cuff.stored) == truth[1:]
            link = await radio.connect(cuff.address_text, pair=False)
            await link.subscribe("2A35", got.append)
            await until(lambda: not cuff.stored)
            assert got == truth

    on_air(work)


def test_cut_after_cut_loses_nothing(on_air: OnAir) -> None:
    async def work(air: Any) -> None:
        async with air.cuff(stored=10, drop_after=4) as cuff, air.started() as radio:
            truth = list(cuff.stored)
            got: list[bytes] = []
            while cuff.stored:
                link = await radio.connect(cuff.address_text, pair=not got)
                await link.subscribe("2A35", got.append)
                closed = asyncio.create_task(link.wait_closed())
                await until(lambda closed=closed: closed.done() or not cuff.stored)
                closed.cancel()
                await link.close()
                await until(lambda: not cuff.device.connections)
            assert list(dict.fromkeys(got)) == truth
            assert len(got) > len(truth)  # the cut came between the value and its confirmation

    on_air(work)


def test_a_cuff_out_of_reach(on_air: OnAir, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bleak_radio, "REDISCOVER_S", 0.3)

    async def work(air: Any) -> None:
        async with air.started() as radio:
            with pytest.raises(TransportError, match="not in reach") as caught:
                await radio.connect("C0:00:00:00:00:01", pair=True)
            assert caught.value.hint

    on_air(work)


def test_a_connection_that_is_given_up_is_not_made_later(on_air: OnAir) -> None:
    async def work(air: Any) -> None:
        async with air.cuff(stored=1) as cuff, air.started() as radio:
            [found] = await radio.discover("1810", LOOK_S)
            await cuff.device.stop_advertising()
            with pytest.raises(TransportError):
                await radio.connect(found.address, pair=True, timeout_s=0.3)
            waiting = asyncio.create_task(radio.connect(found.address, pair=True))
            await asyncio.sleep(0.1)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            await cuff.advertise()
            await asyncio.sleep(0.4)
            assert not cuff.device.connections
            assert (await radio.connect(found.address, pair=True)).connected

    on_air(work)


def test_looks_and_connections_take_turns(on_air: OnAir) -> None:
    async def work(air: Any) -> None:
        async with air.cuff(stored=1) as cuff, air.started() as radio:
            first, second, link = await asyncio.gather(
                radio.discover("1810", LOOK_S),
                radio.discover("1810", LOOK_S),
                radio.connect(cuff.address_text, pair=True),
            )
            assert [found.address for found in first + second] == [cuff.address_text] * 2
            assert link.connected

    on_air(work)


def test_ten_cuffs_held_at_once(on_air: OnAir) -> None:
    async def work(air: Any) -> None:
        async with AsyncExitStack() as stack:
            cuffs = [await stack.enter_async_context(air.cuff(stored=5, seed=n)) for n in range(10)]
            radio = await stack.enter_async_context(air.started())
            got: dict[str, list[bytes]] = {}
            truth = {cuff.address_text: list(cuff.stored) for cuff in cuffs}
            found = await radio.discover("1810", 2 * LOOK_S)
            links = [await radio.connect(one.address, pair=True) for one in found]
            for link in links:
                await link.subscribe("2A35", got.setdefault(link.address, []).append)
            await until(lambda: not any(cuff.stored for cuff in cuffs))
            assert all(link.connected for link in links)
            assert got == truth

    on_air(work)


def test_an_adapter_that_is_pulled_out() -> None:
    async def work(folder: Path) -> None:
        ether = Ether()
        port = await ether.listen()
        radio = open_radio("virtual", f"tcp:127.0.0.1:{port}", folder / "bonds.json")
        await radio.start()
        look = asyncio.create_task(radio.discover("1810", 30.0))
        await asyncio.sleep(0.1)
        await ether.close()
        with pytest.raises(TransportError, match="gone"):
            await look
        with pytest.raises(TransportError, match="gone"):
            await radio.connect("C0:00:00:00:00:01", pair=True)
        await radio.stop()
        await radio.stop()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(work(Path(folder)))


def test_absent_adapters(tmp_path: Path) -> None:
    for name in ("hci0", "tcp:", "tcp:127.0.0.1", "tcp:127.0.0.1:x", "tcp::1", "tcp:h:70000"):
        with pytest.raises(TransportError) as caught:
            open_radio("virtual", name, tmp_path / "bonds.json")
        assert "hub.toml" in caught.value.hint

    async def main() -> None:
        radio = open_radio("virtual", "tcp:127.0.0.1:1", tmp_path / "bonds.json")
        with pytest.raises(TransportError) as caught:
            await radio.start()
        assert "ble simulate" in caught.value.hint
        with pytest.raises(TransportError, match="not started"):
            await radio.discover("1810", 0.1)

    asyncio.run(main())


def test_without_bumble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(sys.modules):
        if name.startswith("bumble"):
            monkeypatch.delitem(sys.modules, name)
    for name in ("virtual", "bonds", "bumble_bleak", "bumble_host"):
        monkeypatch.delitem(sys.modules, f"hardware.radio.{name}", raising=False)
    monkeypatch.setitem(sys.modules, "bumble", None)
    with pytest.raises(TransportError) as caught:
        open_radio("virtual", "tcp:127.0.0.1:1", tmp_path / "bonds.json")
    assert "dorfhub[virtual]" in caught.value.hint


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"address": "x", "bonds": {}}'])
def test_damaged_bonds_are_not_replaced_silently(tmp_path: Path, content: str) -> None:
    path = tmp_path / "bonds.json"
    path.write_text(content)
    with pytest.raises(TransportError) as caught:
        BondFile(path)
    assert "koppeln" in caught.value.hint
    assert path.read_text() == content


def test_what_an_advertisement_says() -> None:
    data = AdvertisingData(
        [
            (AdvertisingData.COMPLETE_LOCAL_NAME, b"Waage"),
            (AdvertisingData.TX_POWER_LEVEL, b"\xf4"),
            (AdvertisingData.MANUFACTURER_SPECIFIC_DATA, b"\x4c\x00\x01"),
            (AdvertisingData.COMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS, b"\x10\x18\x0f\x18\x01"),
            (AdvertisingData.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS, bytes(range(16))),
            (AdvertisingData.SERVICE_DATA_16_BIT_UUID, b"\xd2\xfc\x40"),
            (AdvertisingData.SERVICE_DATA_32_BIT_UUID, b"\x01"),  # cut: left out
        ]
    )
    heard = Advertisement(Address("C0:00:00:00:00:01"), -60, data_bytes=bytes(data))
    got = advertisement_data(heard)
    assert got.local_name == "Waage"
    assert got.tx_power == -12
    assert got.rssi == -60
    assert got.manufacturer_data == {0x004C: b"\x01"}
    assert got.service_uuids == [
        "00001810-0000-1000-8000-00805f9b34fb",
        "0000180f-0000-1000-8000-00805f9b34fb",
        "0f0e0d0c-0b0a-0908-0706-050403020100",
    ]
    assert got.service_data == {"0000fcd2-0000-1000-8000-00805f9b34fb": b"\x40"}
