"""Every kind of sensor through the collector: paired, given the time, drained, once each."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from edge.collect.ble import adverts, watchdog
from edge.collect.sensors import device_id
from edge.store.village_desk import LOOK_KEPT_MS
from hardware.sim.beacon import Beacon, BeaconKind, BeaconOptions
from hardware.sim.belt import Belt, BeltOptions
from hardware.sim.cgm_sensor import CgmOptions, CgmSensor
from hardware.sim.cuff import Cuff, CuffOptions
from hardware.sim.ether import Ether
from hardware.sim.glucose_meter import GlucoseMeter, GlucoseMeterOptions
from hardware.sim.oximeter import Oximeter, OximeterOptions
from hardware.sim.scale import Scale, ScaleOptions
from hardware.sim.thermometer import Thermometer, ThermometerOptions


@asynccontextmanager
async def air(*devices: tuple[Any, Any]) -> AsyncIterator[tuple[Any, ...]]:
    """Yield the adapter's name, the ether and the devices, switched on."""
    ether = Ether()
    adapter = f"tcp:127.0.0.1:{await ether.listen()}"
    async with AsyncExitStack() as stack:
        stack.push_async_callback(ether.close)
        made = []
        for kind, options in devices:
            one = (
                kind(ether.link, options)
                if kind is Beacon
                else kind(ether.link, options, time.monotonic)
            )
            await one.start()
            stack.push_async_callback(one.stop)
            made.append(one)
        yield adapter, ether, *made


@pytest.mark.parametrize(
    ("kind", "options", "uuid", "word"),
    [
        (Thermometer, ThermometerOptions(stored=3), "2A1C", "Fieberthermometer"),
        (Oximeter, OximeterOptions(stored=3), "2A5E", "Pulsoximeter"),
        (Cuff, CuffOptions(stored=3), "2A35", "Blutdruckmessgerät"),
        (Scale, ScaleOptions(stored=3), "2A9D", "Körperanalysewaage"),
    ],
)
def test_what_is_stored_is_taken_once(
    hub: SimpleNamespace, kind: Any, options: Any, uuid: str, word: str
) -> None:
    async def main() -> None:
        async with air((kind, options)) as (adapter, _, device), hub.house(adapter) as home:
            truth = list(device.stored)
            async with home.running():
                told = await home.paired(device.address_text)
                assert told["kind"] == word
                assert told["battery"] == 87
                await hub.until(lambda: not device.stored)
                await hub.until(lambda: device.clock_was_set)
            kept = home.opened()[device_id(device.address_text)]
            sent = [value for name, value in kept if name in {f"ble:{uuid}", "ble:2A9C"}]
            assert sorted(sent) == sorted(truth)  # a scale's weight and composition take turns
            assert any(name == f"ble:{uuid}" for name, _ in kept)
            [life] = home.village.sensor_lives().values()
            assert life.data_at == hub.now_ms

    hub.run(main())


def test_what_streams_is_sampled(hub: SimpleNamespace) -> None:
    async def main() -> None:
        devices = (Belt, BeltOptions(period_s=0.1))
        async with air(devices) as (adapter, _, belt), hub.house(adapter) as home, home.running():
            await home.paired(belt.address_text)
            await hub.until(lambda: home.sensors.kept >= 8)
            await hub.until(lambda: belt.connection is None)  # the sample is over
            kept = home.opened()[device_id(belt.address_text)]
            assert {name for name, _ in kept} == {"ble:2A37"}
            assert len(kept) == home.sensors.kept  # equal values are values, too

    hub.run(main())


@pytest.mark.parametrize(
    ("kind", "options", "uuid"),
    [(GlucoseMeter, GlucoseMeterOptions, "2A18"), (CgmSensor, CgmOptions, "2AA7")],
)
def test_records_are_asked_for_from_where_the_last_visit_ended(
    hub: SimpleNamespace, kind: Any, options: Any, uuid: str
) -> None:
    async def main() -> None:
        made = (kind, options(stored=6, always_advertise=True))
        async with air(made) as (adapter, _, device), hub.house(adapter) as home:
            async with home.running():
                await home.paired(device.address_text)
                name = device_id(device.address_text)
                await hub.until(lambda: len(_of(home.opened().get(name, []), uuid)) >= 6)
                await hub.until(lambda: device.connection is None)
                before = home.sensors.kept
                await device.measure()
                await hub.until(lambda: len(_of(home.opened()[name], uuid)) >= 7)
                await hub.until(lambda: device.connection is None)
                # the last record comes again as proof, the five before it do not
                assert home.sensors.kept - before <= 6
            values = _of(home.opened()[name], uuid)
            assert len(values) == len(set(values)) == 7
            assert len(device.stored) >= 7  # nothing was deleted

    hub.run(main())


def _of(kept: list[tuple[str, bytes]], uuid: str) -> list[bytes]:
    return [value for name, value in kept if name == f"ble:{uuid}"]


def test_a_call_button_sounds_at_once(hub: SimpleNamespace, tmp_path: Any) -> None:
    async def main() -> None:
        mark = tmp_path / "sounded"
        script = "import sys, pathlib; pathlib.Path(sys.argv[1]).write_text(' '.join(sys.argv[2:]))"
        command = (sys.executable, "-c", script, str(mark))
        options = BeaconOptions(BeaconKind.BUTTON)
        stranger = BeaconOptions(BeaconKind.BUTTON, seed=2)
        async with (
            air((Beacon, options), (Beacon, stranger)) as (adapter, _, button, other),
            hub.house(adapter, alarm_command=command) as home,
            home.running(),
        ):
            pressing = asyncio.create_task(_press(button))
            await home.paired(button.address_text, sos=True, name="Rufknopf Stube")
            pressing.cancel()
            await asyncio.gather(pressing, return_exceptions=True)
            await asyncio.sleep(0.5)
            before = len(home.village.sensor_events())
            await other.press()
            await button.press()
            await hub.until(lambda: len(home.village.sensor_events()) > before)
            await hub.until(mark.exists)
            await asyncio.sleep(0.5)
            events = home.village.sensor_events()
            assert len(events) == before + 1  # a press is repeated on the air, and is one
            name = device_id(button.address_text)
            assert {(one.kind, one.device_id) for one in events} == {("sos", name)}
            assert mark.read_text() == f"{name} Rufknopf Stube"
            kept = home.opened()
            assert set(kept) == {name}  # nothing of who is not enrolled
            assert {kind for kind, _ in kept[name]} == {"ble:advert"}

    hub.run(main())


async def _press(button: Beacon) -> None:
    while True:
        await button.press()
        await asyncio.sleep(0.3)


def test_a_climate_sensor_is_kept_once_in_a_while(
    hub: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adverts, "BURST", 2.0)

    async def main() -> None:
        made = (Beacon, BeaconOptions(BeaconKind.CLIMATE))
        async with air(made) as (adapter, _, sensor), hub.house(adapter) as home, home.running():
            told = await home.paired(sensor.address_text)
            assert told["kind"] == "Sensor"
            await hub.until(lambda: home.sensors.kept)
            await asyncio.sleep(3.5)
            assert home.sensors.kept == 2  # it tells new ones each second

    hub.run(main())


def test_unpairing_forgets_the_bond_and_keeps_the_readings(hub: SimpleNamespace) -> None:
    async def main() -> None:
        made = (Cuff, CuffOptions(stored=2, always_advertise=True))
        async with air(made) as (adapter, _, cuff), hub.house(adapter) as home, home.running():
            await home.paired(cuff.address_text)
            await hub.until(lambda: not cuff.stored)
            bonds = home.config.hub.keys / "bonds.json"
            assert cuff.address_text in bonds.read_text()
            told = await home.asked("unpair", address=cuff.address_text)
            assert (told["state"], told["bond"], told["known"]) == ("done", "forgotten", True)
            assert cuff.address_text not in bonds.read_text()
            assert not home.village.ble_devices()
            assert not home.village.sensor_lives()
            noted = [one.kind for one in home.journal.pending("care", 100)]
            assert noted[-1] == "ble:UNPAIRED"
            assert len(home.opened()[device_id(cuff.address_text)]) == 2
            await cuff.measure()
            await asyncio.sleep(1.0)
            assert len(cuff.stored) == 1
            again = await home.asked("unpair", address=cuff.address_text)
            assert again["state"] == "failed"
            assert "nicht gekoppelt" in str(again["hint"])
            old = home.village.ask("look", {}, hub.now_ms - 3_600_000)
            looked = home.village.ask("look", {"wait_s": 5}, hub.now_ms)
            await hub.until(lambda: (home.village.request(looked).result or {}).get("found"))
            [near] = home.village.request(looked).result["found"]
            assert near["address"] == cuff.address_text
            # an hour later, in which nobody looked
            await hub.until(lambda: home.village.request(old).state != "open")
            assert home.village.request(old).result["found"]
            home.clock.advance(LOOK_KEPT_MS + 1)
            await hub.until(lambda: home.village.request(old).result is None)

    hub.run(main())


def test_a_code_is_asked_for_and_a_wrong_one_is_told(hub: SimpleNamespace) -> None:
    async def main() -> None:
        made = (Cuff, CuffOptions(stored=1, passkey=123_456))
        async with air(made) as (adapter, _, cuff), hub.house(adapter) as home, home.running():
            for passkey, state in ((1, "failed"), (123_456, "done")):
                arguments = {"wait_s": 15, "address": cuff.address_text}
                number = home.village.ask("pair", arguments, hub.now_ms)
                await hub.until(
                    lambda n=number: (
                        (home.village.request(n).result or {}).get("stage") == "passkey"
                    )
                )
                early = {"pairing": number + 99, "passkey": passkey}
                home.village.ask("passkey", early, hub.now_ms)  # for another pairing
                typed = {"pairing": number, "passkey": passkey}
                home.village.ask("passkey", typed, hub.now_ms)
                await hub.until(lambda n=number: home.village.request(n).state != "open")
                request = home.village.request(number)
                assert request.state == state, request.result
                if state == "failed":
                    assert "Code stimmte nicht" in request.result["hint"]
            await hub.until(lambda: not home.village.open_requests())  # the stray code is answered

    hub.run(main())


def test_a_phones_device_says_what_to_do(hub: SimpleNamespace) -> None:
    async def main() -> None:
        made = (Cuff, CuffOptions(stored=1, bonded_elsewhere=True, always_advertise=True))
        async with air(made) as (adapter, _, cuff), hub.house(adapter) as home, home.running():
            told = await home.asked("pair", wait_s=10, address=cuff.address_text)
            assert told["state"] == "failed"
            assert "Handy" in str(told["hint"])
            assert not home.village.ble_devices()

    hub.run(main())


def test_silence_is_told_once_and_once_when_it_ends(hub: SimpleNamespace) -> None:
    async def main() -> None:
        made = (Cuff, CuffOptions(stored=1))
        async with air(made) as (adapter, _, cuff), hub.house(adapter) as home:
            async with home.running():
                await home.paired(cuff.address_text, expected_h=24)
                await hub.until(lambda: not cuff.stored and not cuff.connection)
            home.clock.wall_ms += 25 * 3_600_000
            for _ in range(2):
                async with home.running():
                    await hub.until(lambda: home.sensors.status().state == "ok")
                    await asyncio.sleep(0.3)
            assert [one.kind for one in home.village.sensor_events()] == ["silent"]
            async with home.running():
                await cuff.measure()
                await hub.until(lambda: len(home.village.sensor_events()) == 2)
            assert [one.kind for one in home.village.sensor_events()] == ["back", "silent"]

    hub.run(main())


def test_an_adapter_that_falls_silent_is_mended(
    hub: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchdog, "SILENCE_S", 1.0)
    monkeypatch.setattr(watchdog, "SECOND_STEP_S", 0.5)

    async def main() -> None:
        made = (Cuff, CuffOptions(stored=1, always_advertise=True))
        async with air(made) as (adapter, ether, cuff), hub.house(adapter) as home, home.running():
            await home.paired(cuff.address_text)
            await hub.until(lambda: not cuff.stored and not cuff.connection)
            for one in ether._adapters:  # hangs: takes bytes, answers nothing, hears nobody
                one._controller.host = None
            await cuff.measure()
            await hub.until(lambda: not cuff.stored, 40.0)
            assert home.sensors.status().state == "ok"

    hub.run(main())
