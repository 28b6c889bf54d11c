"""From the air to the person: what the collector keeps is what the worker needs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from edge.care import kinds
from edge.collect.sensors import device_id
from edge.store.personal import PersonalStore
from edge.worker.care_drain import CareDrain
from hardware.reading import TimeQuality
from hardware.sim.beacon import Beacon, BeaconKind, BeaconOptions
from hardware.sim.cgm_sensor import CgmOptions, CgmSensor
from hardware.sim.ether import Ether
from hardware.sim.scale import Scale, ScaleOptions

KEY = bytes.fromhex("231d39c1d7cc1ab1aee224cd096db932")


@pytest.fixture
def personal(tmp_path: Path) -> Iterator[PersonalStore]:
    key_file = tmp_path / "personal.key"
    key_file.write_text("5a" * 32)
    with PersonalStore.open(tmp_path / "personal.db", key_file) as opened:
        yield opened


async def collect(hub: SimpleNamespace, stack: AsyncExitStack, kind: Any, options: Any) -> Any:
    """Pair one device, take what it has, and give the house and the device's name."""
    ether = Ether()
    adapter = f"tcp:127.0.0.1:{await ether.listen()}"
    stack.push_async_callback(ether.close)
    device = kind(ether.link, options, time.monotonic)
    await device.start()
    stack.push_async_callback(device.stop)
    home = await stack.enter_async_context(hub.house(adapter))
    async with home.running():
        await home.paired(device.address_text)
        await hub.until(lambda: home.sensors.kept >= options.stored)
        await hub.until(lambda: device.connection is None)
    return home, device_id(device.address_text)


def belongs(personal: PersonalStore, home: Any, device: str, *agreed: str) -> int:
    """Say whose the device is and let the worker open what this house's collector sealed."""
    with personal.connection.transaction() as driver:
        driver.execute("INSERT INTO care_key (identity) VALUES (?)", (str(home.identity),))
    erna = personal.add_person("Erna", home.clock.wall_ms)
    personal.assign(device, erna, home.clock.wall_ms)
    for kind in agreed:
        personal.give_consent(
            erna, purpose="care", data_kind=kind, sentence="Ja.", given_how="", at=0
        )
    return erna


def test_a_continuous_monitor_s_records_have_their_own_times(
    hub: SimpleNamespace, personal: PersonalStore
) -> None:
    async def main() -> None:
        async with AsyncExitStack() as stack:
            options = CgmOptions(stored=6, always_advertise=True)
            home, device = await collect(hub, stack, CgmSensor, options)
            erna = belongs(personal, home, device, kinds.CONTINUOUS_GLUCOSE)
            CareDrain(home.journal).run(personal, home.clock.wall_ms)
            rows = personal.observations(erna, 0)
            assert len(rows) >= 6
            assert {row.time_quality for row in rows} == {TimeQuality.DEVICE}
            offsets = [row.flags["time_offset_min"] for row in rows]
            starts = {row.observed_at - 60_000 * int(row.flags["time_offset_min"]) for row in rows}
            assert len(starts) == 1  # all count from one session's start
            assert len(set(offsets)) == len(rows)

    hub.run(main())


def test_a_scale_for_several_waits_for_a_person_s_word(
    hub: SimpleNamespace, personal: PersonalStore
) -> None:
    async def main() -> None:
        async with AsyncExitStack() as stack:
            home, device = await collect(hub, stack, Scale, ScaleOptions(stored=4))
            erna = belongs(personal, home, device, kinds.WEIGHT, kinds.BODY_COMPOSITION)
            drain = CareDrain(home.journal)
            waiting = drain.run(personal, home.clock.wall_ms).unclaimed
            assert waiting >= 4  # it says of itself that it tells users apart
            assert personal.observation_count() == 0
            personal.confirm(device, erna, "wohnt allein", home.clock.wall_ms)
            assert drain.run(personal, home.clock.wall_ms).unclaimed == 0
            found = personal.observations(erna, 0)
            assert {row.data_kind for row in found} == {kinds.WEIGHT, kinds.BODY_COMPOSITION}
            assert personal.waiting() == []

    hub.run(main())


def test_an_encrypted_climate_sensor_is_read_when_its_key_comes(
    hub: SimpleNamespace, personal: PersonalStore
) -> None:
    async def main() -> None:
        async with AsyncExitStack() as stack:
            ether = Ether()
            adapter = f"tcp:127.0.0.1:{await ether.listen()}"
            stack.push_async_callback(ether.close)
            sensor = Beacon(ether.link, BeaconOptions(BeaconKind.CLIMATE, key=KEY))
            await sensor.start()
            stack.push_async_callback(sensor.stop)
            home = await stack.enter_async_context(hub.house(adapter))
            async with home.running():
                await home.paired(sensor.address_text)
                await hub.until(lambda: home.sensors.kept >= 2)
            device = device_id(sensor.address_text)
            erna = belongs(personal, home, device, kinds.ROOM_CLIMATE)
            drain = CareDrain(home.journal)
            assert drain.run(personal, home.clock.wall_ms).no_key >= 2
            personal.add_sensor_key(device, KEY, "von Hand", home.clock.wall_ms)
            done = drain.run(personal, home.clock.wall_ms)
            assert (done.no_key, done.refused) == (0, 0)
            rows = personal.observations(erna, 0)
            assert len(rows) >= 2
            assert {one.quantity for one in rows[0].values} >= {"air_temperature"}
            numbers = [row.sequence for row in rows]
            assert numbers == sorted(set(numbers))

    hub.run(main())
