"""From the air to the person: what the collector keeps is what the worker needs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from edge.care import kinds
from edge.care.consent import BLOOD_PRESSURE
from edge.clock import to_datetime
from edge.collect.sensors import device_id
from edge.store.personal import PersonalStore
from edge.store.scale_users import ScaleUsers
from edge.worker.care_drain import CareDrain
from hardware.reading import TimeQuality
from hardware.sim.beacon import Beacon, BeaconKind, BeaconOptions
from hardware.sim.cgm_sensor import CgmOptions, CgmSensor
from hardware.sim.cuff import Cuff, CuffOptions
from hardware.sim.ether import Ether
from hardware.sim.scale import Scale, ScaleOptions, consent_code

KEY = bytes.fromhex("231d39c1d7cc1ab1aee224cd096db932")


@pytest.fixture
def personal(tmp_path: Path) -> Iterator[PersonalStore]:
    key_file = tmp_path / "personal.key"
    key_file.write_text("5a" * 32)
    with PersonalStore.open(tmp_path / "personal.db", key_file) as opened:
        yield opened


async def collect(
    hub: SimpleNamespace, stack: AsyncExitStack, kind: Any, options: Any, count: int | None = None
) -> Any:
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
        await hub.until(lambda: home.sensors.kept >= (options.stored if count is None else count))
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


SLOW = timedelta(hours=72)
AGO = tuple(timedelta(hours=hours) for hours in (30, 5, 1))


@pytest.mark.parametrize("keeps_time", [True, False])
def test_what_a_slow_clock_stamped_is_when_it_was_measured(
    hub: SimpleNamespace, personal: PersonalStore, *, keeps_time: bool
) -> None:
    def slow(link: Any, options: CuffOptions, elapsed_s: Any) -> Cuff:
        cuff = Cuff(link, options, elapsed_s)
        right = to_datetime(hub.now_ms).astimezone().replace(tzinfo=None)
        cuff.on_written_time(right - SLOW)
        for ago in AGO:
            cuff._take(ago)
        return cuff

    async def main() -> None:
        async with AsyncExitStack() as stack:
            options = CuffOptions(keeps_time=keeps_time)
            home, device = await collect(hub, stack, slow, options, len(AGO))
            erna = belongs(personal, home, device, BLOOD_PRESSURE)
            personal.confirm(device, erna, "wohnt allein", home.clock.wall_ms)
            CareDrain(home.journal).run(personal, home.clock.wall_ms)
            rows = personal.care_rows(erna, 0)
            assert {row.time_quality for row in rows} == {TimeQuality.HELD}
            for row, ago in zip(rows, AGO, strict=True):
                real = hub.now_ms - ago.total_seconds() * 1000
                assert abs(row.observed_at - real) < 30_000
            (clock,) = personal.clocks(device)
            assert clock.was_set is keeps_time

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


def test_a_door_that_opens_and_shuts_at_once_is_no_secret_of_its_key(
    hub: SimpleNamespace, personal: PersonalStore
) -> None:
    async def main() -> None:
        async with AsyncExitStack() as stack:
            ether = Ether()
            adapter = f"tcp:127.0.0.1:{await ether.listen()}"
            stack.push_async_callback(ether.close)
            door = Beacon(ether.link, BeaconOptions(BeaconKind.DOOR, key=KEY))
            await door.start()
            stack.push_async_callback(door.stop)
            home = await stack.enter_async_context(hub.house(adapter))
            times = 4  # more than what is thinned would let through
            async with home.running():
                await home.paired(door.address_text)
                await hub.until(lambda: home.sensors.kept >= 1)
                for number in range(2 * times):
                    before = home.sensors.kept
                    await door.change(to=number % 2 == 0)
                    await hub.until(lambda before=before: home.sensors.kept > before)
            device = device_id(door.address_text)
            erna = belongs(personal, home, device, kinds.HOME_ACTIVITY)
            personal.add_sensor_key(device, KEY, "von Hand", home.clock.wall_ms)
            done = CareDrain(home.journal).run(personal, home.clock.wall_ms)
            assert (done.no_key, done.refused) == (0, 0)
            told = [row.values[0].value for row in personal.observations(erna, 0)]
            assert told == [0.0, *[1.0, 0.0] * times]

    hub.run(main())


def test_a_scales_users_are_who_a_person_said_also_when_a_number_changes_hands(
    hub: SimpleNamespace, personal: PersonalStore
) -> None:
    async def main() -> None:
        async with AsyncExitStack() as stack:
            ether = Ether()
            adapter = f"tcp:127.0.0.1:{await ether.listen()}"
            stack.push_async_callback(ether.close)
            options = ScaleOptions(stored=8, users=2, registered=2, seed=4, always_advertise=True)
            scale = Scale(ether.link, options, time.monotonic)
            await scale.start()
            stack.push_async_callback(scale.stop)
            home = await stack.enter_async_context(hub.house(adapter))
            users = ScaleUsers(home.config.hub.scale_users)
            address, device = scale.address_text, device_id(scale.address_text)
            drain = CareDrain(home.journal, scale_users=users)
            async with home.running():
                for index in (0, 1):
                    users.enter(address, index, consent_code(index), home.clock.wall_ms)
                home.clock.wall_ms += 1
                await home.paired(address)
                await hub.until(lambda: not scale.stored)
                home.clock.wall_ms += 1000
                now = home.clock.wall_ms
                with personal.connection.transaction() as driver:
                    driver.execute(
                        "INSERT INTO care_key (identity) VALUES (?)", (str(home.identity),)
                    )
                people = [personal.add_person(name, now) for name in ("Erna", "Karl", "Zoe")]
                for person in people:
                    for kind in (kinds.WEIGHT, kinds.BODY_COMPOSITION):
                        personal.give_consent(
                            person,
                            purpose="care",
                            data_kind=kind,
                            sentence="Ja.",
                            given_how="",
                            at=0,
                        )
                for index, person in enumerate(people[:2]):
                    personal.assign(device, person, now, index)
                    personal.confirm(device, person, "gefragt", now, index)
                assert drain.run(personal, now).unclaimed == 0
                first = {person: personal.observation_count(person) for person in people}
                assert first[people[2]] == 0
                assert first[people[0]] > 0
                assert first[people[1]] > 0
                assert first[people[0]] + first[people[1]] == 16  # weight and composition
                # Karl is deleted at the scale, and Zoe is given his number
                home.clock.wall_ms += 3_600_000
                scale.delete_user(1)
                told = await home.asked("user", action="register", address=address, wait_s=60)
                assert (told["state"], told["index"]) == ("done", 1)
                while not scale.users.changes[1]:  # who steps on the scale is by chance
                    await scale.measure()
                await hub.until(lambda: not scale.stored)
                home.clock.wall_ms += 1000
                done = drain.run(personal, home.clock.wall_ms)
                assert done.unclaimed > 0
                assert personal.observation_count(people[1]) == first[people[1]]  # nothing of hers
                personal.assign(device, people[2], home.clock.wall_ms - 3_600_000, 1)
                personal.confirm(device, people[2], "gefragt", home.clock.wall_ms, 1)
                done = drain.run(personal, home.clock.wall_ms)
                assert done.unclaimed == 0
                assert personal.observation_count(people[2]) > 0
                assert personal.observation_count(people[1]) == first[people[1]]

    hub.run(main())
