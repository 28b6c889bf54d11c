"""From the press of a call button to the siren: within a second, personal.db locked or not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from edge.alarm.sounder import SoundPath
from edge.alarm.switch import SerialRelay
from edge.clock import FixedClock
from edge.collect.ble.alarm import OPENED, Sounder
from edge.process.log import Log
from edge.store.village import VillageStore
from hardware.sim.relay import VirtualRelay


def test_where_alarms_are_off_a_press_is_an_event_and_calls_nobody(tmp_path: Path) -> None:
    async def main() -> None:
        with VillageStore(tmp_path / "village.db") as village:
            heard: list[int] = []
            siren, clock = (lambda: heard.append(1),), FixedClock(1_790_000_000_000)
            command = ("/bin/sh", "-c", f"touch {tmp_path}/heard")
            sounder = Sounder(village, clock, Log(), command, siren, is_on=False)
            sounder.follow()
            sounder.pressed("ble:1", "Bad")
            village.add_sensor_event("ble:1", "sos", clock.wall_ms, OPENED)
            sounder.follow()
            await sounder.close()
            assert (heard, village.hall_alarms()) == ([], [])
            assert len(village.sensor_events()) == 2
            assert not (tmp_path / "heard").exists()

    asyncio.run(main())


def test_a_press_sounds_and_stands_on_the_board(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    async def main() -> float:
        with VillageStore(tmp_path / "village.db") as village, VirtualRelay() as relay:
            siren = SoundPath("siren", SerialRelay(relay.moniker, "lctech", 1), 5, tmp_path / "u")
            broken = SoundPath("lamp", SerialRelay("serial:/dev/none", "lctech", 1), 5, tmp_path)
            blow = (siren.sound, broken.sound)
            sounder = Sounder(village, FixedClock(1_790_000_000_000), Log(), (), blow)
            begun = time.monotonic()
            sounder.pressed("ble:1", "Bad, Hauptstraße 3")
            while not relay.book:  # noqa: ASYNC110  # the board lives in a thread
                await asyncio.sleep(0.001)
            took_s = relay.book[0][0] - begun
            (shown,) = village.hall_alarms()
            assert (shown.kind, shown.place) == ("button", "Bad, Hauptstraße 3")
            await sounder.close()
            siren.close()
            return took_s

    record_property("press_to_relay_s", asyncio.run(main()))
