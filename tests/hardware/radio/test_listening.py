"""One stream of advertisements for all who listen; forgetting a bond; switching off and on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest
from bleak.exc import BleakError
from bumble import hci

from hardware.errors import DeviceRefused, TransportError
from hardware.radio import ear as module
from hardware.radio.base import Absent, Heard
from hardware.radio.bumble_stack import BumbleStack
from hardware.radio.ear import Ear
from hardware.sim.beacon import Beacon, BeaconKind, BeaconOptions
from hardware.sim.ether import HubController, unplug

OnAir = Callable[[Callable[[Any], Awaitable[None]]], None]


async def until(condition: Callable[[], object], limit_s: float = 10.0) -> None:
    async with asyncio.timeout(limit_s):
        while not condition():  # noqa: ASYNC110  # another loop's condition
            await asyncio.sleep(0.01)


def test_all_who_listen_hear_everything_while_others_look_and_connect(on_air: OnAir) -> None:
    async def work(air: Any) -> None:
        button = Beacon(air.ether.link, BeaconOptions(BeaconKind.BUTTON))
        async with air.cuff(stored=1) as cuff, air.started() as radio:
            first: list[Heard] = []
            second: list[Heard] = []
            async with radio.listening(first.append):
                async with radio.listening(second.append):
                    link = await radio.connect(cuff.address_text, pair=True)
                    await button.press()
                    await until(lambda: any(one.service_data for one in first))
                    await link.close()
                count = len(second)
                [found] = await radio.discover("1810", 0.5)
                assert found.address == cuff.address_text
                assert len(second) == count
            heard = next(one for one in first if one.service_data)
            assert heard.address == button.address_text
            assert set(heard.service_data) == {"FCD2"}
            assert heard.rssi_dbm is not None
            assert any(one.services == ("1810",) for one in second)
            quiet = len(first)
            await asyncio.sleep(0.3)
            assert len(first) == quiet
        await button.stop()

    on_air(work)


def test_a_stack_that_needs_silence_connects_without_a_scan(
    on_air: OnAir, monkeypatch: pytest.MonkeyPatch
) -> None:
    scanned: list[bool] = []

    async def work(air: Any) -> None:
        connect = BumbleStack.connect

        async def watched(stack: BumbleStack, *args: Any, **options: Any) -> Any:
            scanned.append(air.ether.scanned)
            if len(scanned) == 1:
                raise BleakError("gone")
            return await connect(stack, *args, **options)

        monkeypatch.setattr(BumbleStack, "connect", watched)
        async with air.cuff(stored=1, always_advertise=True) as cuff, air.started() as radio:
            heard: list[Heard] = []
            async with radio.listening(heard.append):
                await until(lambda: heard)
                with pytest.raises(TransportError):
                    await radio.connect(cuff.address_text, pair=True)
                await until(lambda: air.ether.scanned)
                link = await radio.connect(cuff.address_text, pair=True)
                await until(lambda: air.ether.scanned)
                assert await link.read("2A19")
                await link.close()
                heard.clear()
                await until(lambda: heard)

    monkeypatch.setattr(BumbleStack, "needs_silence", True)
    on_air(work)
    assert scanned == [False, False]


def test_a_bond_is_forgotten(on_air: OnAir) -> None:
    async def work(air: Any) -> None:
        async with air.cuff(stored=1, always_advertise=True) as cuff, air.started() as radio:
            await (await radio.connect(cuff.address_text, pair=True)).close()
            await (await radio.connect(cuff.address_text, pair=False)).close()
            await radio.forget(cuff.address_text)
            await radio.forget(cuff.address_text)  # twice is once
            with pytest.raises(DeviceRefused, match="not paired"):
                await radio.connect(cuff.address_text, pair=False)
            await (await radio.connect(cuff.address_text, pair=True)).close()

    on_air(work)


def test_off_and_on_leaves_the_listeners_and_ends_the_links(on_air: OnAir) -> None:
    async def work(air: Any) -> None:
        async with air.cuff(stored=1, always_advertise=True) as cuff, air.started() as radio:
            heard: list[Heard] = []
            async with radio.listening(heard.append):
                link = await radio.connect(cuff.address_text, pair=True)
                await radio.cycle()
                assert not link.connected
                heard.clear()
                await until(lambda: heard)
                heard.clear()
                await radio.rescan()
                await until(lambda: heard)
                radio.check()
                await (await radio.connect(cuff.address_text, pair=False)).close()
        with pytest.raises(TransportError):
            radio.check()

    on_air(work)


def test_what_is_not_there_is_told_from_what_is_refused(on_air: OnAir) -> None:
    async def work(air: Any) -> None:
        async with air.cuff(stored=1) as cuff, air.started() as radio:
            link = await radio.connect(cuff.address_text, pair=True)
            with pytest.raises(Absent):
                await link.subscribe("2A18", lambda _: None)
            with pytest.raises(DeviceRefused) as caught:
                await link.write("2A2B", b"\0")
            assert not isinstance(caught.value, Absent)

    on_air(work)


class Scanner:
    """A scanner that fails as it is told to."""

    def __init__(self, log: list[str], *, hangs: bool) -> None:
        self._log = log
        self._hangs = hangs

    async def start(self) -> None:
        self._log.append("start")
        if self._hangs:
            await asyncio.sleep(60)

    async def stop(self) -> None:
        self._log.append("stop")
        raise OSError("gone")


def test_a_scan_that_does_not_start_or_stop_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SWITCH_TIMEOUT_S", 0.05)

    async def main() -> None:
        log: list[str] = []
        ear = Ear(lambda _: Scanner(log, hangs=False))  # type: ignore[arg-type, return-value]
        async with ear.listening(lambda *_: None):
            async with ear.held():
                assert log == ["start", "stop"]
            await ear.close()
        assert log == ["start", "stop", "start", "stop"]
        hung = Ear(lambda _: Scanner(log, hangs=True))  # type: ignore[arg-type, return-value]
        with pytest.raises(TimeoutError):
            async with hung.listening(lambda *_: None):
                pass

    asyncio.run(main())


def test_the_next_owner_of_an_adapter_can_scan(on_air: OnAir) -> None:
    """A killed hub leaves its scan on; what the next one sends first is a reset."""

    async def work(air: Any) -> None:
        controller = HubController("hub", link=air.ether.link)
        reports: list[bytes] = []
        controller.host = SimpleNamespace(on_packet=reports.append)  # type: ignore[assignment]
        parameters = hci.HCI_LE_Set_Scan_Parameters_Command(
            le_scan_type=1,
            le_scan_interval=96,
            le_scan_window=48,
            own_address_type=0,
            scanning_filter_policy=0,
        )
        enable = hci.HCI_LE_Set_Scan_Enable_Command(le_scan_enable=1, filter_duplicates=0)
        for _ in range(2):
            for command in (hci.HCI_Reset_Command(), parameters, enable):
                controller.on_packet(bytes(command))
        await asyncio.sleep(0.1)
        codes = [packet[-1] for packet in reports if packet[1] == hci.HCI_COMMAND_COMPLETE_EVENT]
        assert codes == [hci.HCI_SUCCESS] * 6
        unplug(controller)

    on_air(work)
