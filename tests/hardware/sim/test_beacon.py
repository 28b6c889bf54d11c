"""Advertising sensors, as a hub's own radio hears them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData

from hardware.sim import beacon as beacon_module
from hardware.sim import bthome
from hardware.sim.beacon import DOUBLE_PRESS, BeaconKind, BeaconOptions
from hardware.sim.bthome import Thing

UUID = "0000fcd2-0000-1000-8000-00805f9b34fb"
KEY = bytes.fromhex("231d39c1d7cc1ab1aee224cd096db932")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beacon_module, "BURST_APART_S", 0.005)
    monkeypatch.setattr(beacon_module, "IDLE_S", 0.05)


class Ear:
    """What the radio's scanner hears while it is on."""

    def __init__(self, beside: Any) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self.scanner = beside.radio._stack.scanner(self._take, None)

    def _take(self, device: BLEDevice, said: AdvertisementData) -> None:
        if UUID in said.service_data:
            self.heard.append((device.address, said.service_data[UUID]))

    def different(self, address: str) -> list[bytes]:
        return list(dict.fromkeys(data for who, data in self.heard if who == address))


def test_the_published_example_is_sealed_as_published() -> None:
    objects = bthome.encode_objects({Thing.HUMIDITY: 5055, Thing.TEMPERATURE: 2506})
    assert objects.hex() == "02ca0903bf13"
    sealed = bthome.sealed_service_data(
        objects,
        on_event=False,
        key=KEY,
        address=bytes.fromhex("5448e68f80a5"),
        counter=0x33221100,
    )
    assert sealed.hex() == "41a47266c95f730011223378237214"
    assert bthome.service_data(bthome.encode_objects({Thing.TEMPERATURE: -5}), on_event=True) == (
        bytes.fromhex("4402fbff")
    )


def test_a_button_is_heard_once_a_press(bedside: Any, until: Any) -> None:
    async def work(beside: Any) -> None:
        button = await beside.device("button", BeaconOptions(BeaconKind.BUTTON, name="SOS"))
        ear = Ear(beside)
        async with ear.scanner:
            await asyncio.sleep(0.1)
            assert ear.heard == []
            await button.press()
            await button.press(DOUBLE_PRESS)
            await until(lambda: len(ear.different(button.address_text)) == 2)
        first, second = ear.different(button.address_text)
        assert first.hex() == "44000101573a01"
        assert second.hex() == "44000201573a02"
        assert len(ear.heard) >= 2 * beacon_module.BURST
        with pytest.raises(ValueError, match="no state"):
            await button.change(to=True)

    bedside(work)


def test_states_change_and_are_told_again(bedside: Any, until: Any) -> None:
    async def work(beside: Any) -> None:
        kinds = (BeaconKind.DOOR, BeaconKind.MOTION, BeaconKind.BED)
        made = [await beside.device(kind.value, BeaconOptions(kind)) for kind in kinds]
        ear = Ear(beside)
        async with ear.scanner:
            await until(lambda: all(ear.different(one.address_text) for one in made))
            for one in made:
                await one.change(to=True)
                with pytest.raises(ValueError, match="no button"):
                    await one.press()
            await until(lambda: all(len(ear.different(one.address_text)) > 1 for one in made))
        ends = [ear.different(one.address_text)[-1].hex()[-4:] for one in made]
        assert ends == ["1a01", "2101", "2301"]

    bedside(work)


def test_a_room_is_warm_and_its_sensor_seals(bedside: Any, until: Any) -> None:
    async def work(beside: Any) -> None:
        options = BeaconOptions(BeaconKind.CLIMATE, key=KEY, first_counter=41)
        room = await beside.device("climate", options)
        ear = Ear(beside)
        async with ear.scanner:
            await until(lambda: len(ear.different(room.address_text)) > 2)
            old = room.last_data
            room.play(bytes(old))
            await asyncio.sleep(0.05)
        datas = ear.different(room.address_text)
        counters = [int.from_bytes(data[-8:-4], "little") for data in datas]
        assert counters == sorted(set(counters))
        assert all(data[0] == 0x41 for data in datas)

    bedside(work)


def test_by_itself(bedside: Any, until: Any) -> None:
    async def work(beside: Any) -> None:
        for kind in (BeaconKind.BUTTON, BeaconKind.DOOR, BeaconKind.CLIMATE):
            one = await beside.device(kind.value, BeaconOptions(kind, every_s=0.02))
            ear = Ear(beside)
            async with ear.scanner:
                await until(lambda ear=ear, one=one: len(ear.different(one.address_text)) > 2)

    bedside(work)


def test_a_key_of_another_length(bedside: Any) -> None:
    async def work(beside: Any) -> None:
        with pytest.raises(ValueError, match="16 bytes"):
            await beside.device("door", BeaconOptions(BeaconKind.DOOR, key=b"short"))

    bedside(work)


def test_a_heat_wave_comes_and_goes() -> None:
    wave = beacon_module.Wave(100.0, 50.0, 30.0, 35.0)
    told = [wave.warmed(2000.0, at) for at in (0, 99, 100, 125, 150, 180, 205, 230, 500)]
    assert told == [2000, 2000, 2000, 2750, 3500, 3500, 2750, 2000, 2000]
    at_once = beacon_module.Wave(0.0, 0.0, 10.0, 35.0)
    assert [at_once.warmed(2000.0, at) for at in (0, 10, 11)] == [3500, 3500, 2000]
    stays = beacon_module.Wave(0.0, 10.0, None, 35.0)
    assert stays.warmed(2000.0, 1e9) == 3500
    assert beacon_module.Wave(0.0, 0.0, None, None).warmed(2000.0, 5.0) == 2000


def test_no_room_is_hotter_than_a_sensor_can_say(bedside: Any) -> None:
    async def work(beside: Any) -> None:
        for options in (
            BeaconOptions(BeaconKind.CLIMATE, heat_c=81.0),
            BeaconOptions(BeaconKind.CLIMATE, heat_c=-1.0),
        ):
            with pytest.raises(ValueError, match="degrees"):
                await beside.device("beacon", options)

    bedside(work)
