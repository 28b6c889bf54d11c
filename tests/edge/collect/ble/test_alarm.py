"""Whoever calls is heard in the house, also while somebody else is."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace

from edge.collect.ble.alarm import LATE_MS, OPENED, PRESS_MS, Sounder
from edge.process.log import Log


def test_a_second_person_who_calls_is_sounded_too(hub: SimpleNamespace, tmp_path: Path) -> None:
    heard = tmp_path / "heard"
    siren = ("/bin/sh", "-c", f'sleep 1.5; echo "$1" >> {heard}', "siren")

    async def main() -> None:
        async with hub.house("tcp:127.0.0.1:1") as house:
            sounder = Sounder(house.village, house.clock, Log("test"), siren)
            for device in ("ble:1", "ble:2", "ble:1", "ble:2"):
                sounder.pressed(device, "Ruf")
                await asyncio.sleep(0.01)
            await hub.until(lambda: heard.exists() and len(heard.read_text().split()) == 2)
            await asyncio.sleep(0.5)
            assert heard.read_text().split() == ["ble:1", "ble:2"]
            assert len(house.village.sensor_events()) == 4
            sounder.pressed("ble:1", "Ruf")  # it is quiet again: the same button sounds anew
            await hub.until(lambda: len(heard.read_text().split()) == 3)
            sounder.pressed("ble:2", "Ruf")
            await sounder.close()

    hub.run(main())


def test_a_command_that_is_not_there_stops_nobody(hub: SimpleNamespace) -> None:
    async def main() -> None:
        async with hub.house("tcp:127.0.0.1:1") as house:
            sounder = Sounder(house.village, house.clock, Log("test"), ("/no/such/siren",))
            sounder.pressed("ble:1", "Ruf")
            sounder.pressed("ble:2", "Ruf")
            await asyncio.sleep(0.1)
            assert len(house.village.sensor_events()) == 2
            await sounder.close()

    hub.run(main())


def test_a_call_that_the_worker_found_is_sounded_once(hub: SimpleNamespace, tmp_path: Path) -> None:
    heard = tmp_path / "heard"
    siren = ("/bin/sh", "-c", f'echo "$1" >> {heard}', "siren")

    async def main() -> None:
        async with hub.house("tcp:127.0.0.1:1") as house:
            sounder = Sounder(house.village, house.clock, Log("test"), siren)
            now = house.clock.stamp().wall_ms
            assert house.village.add_call("ble:0", now, PRESS_MS, OPENED)
            sounder.follow()  # what was there before is old
            assert house.village.add_call("ble:1", now, PRESS_MS, OPENED)
            assert not house.village.add_call("ble:1", now + PRESS_MS - 1, PRESS_MS, OPENED)
            assert house.village.add_call("ble:2", now - LATE_MS, PRESS_MS, OPENED)
            house.village.add_sensor_event("ble:3", "sos", now)  # sounded when it was written
            for _ in range(2):
                sounder.follow()
            await hub.until(lambda: heard.exists() and bool(heard.read_text()))
            await asyncio.sleep(0.3)
            assert heard.read_text().split() == ["ble:1"]
            await sounder.close()

    hub.run(main())
