"""From the air to a warning: a virtual sensor in a heat wave, all real parts between."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AsyncExitStack
from datetime import UTC
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from edge.care.heat import Level
from edge.care.kinds import ROOM_CLIMATE
from edge.collect.ble import adverts
from edge.collect.sensors import device_id
from edge.store.personal import PersonalStore
from edge.worker.care_drain import CareDrain
from edge.worker.heat_watch import watch_heat
from hardware.sim import beacon
from hardware.sim.beacon import Beacon, BeaconKind, BeaconOptions
from hardware.sim.ether import Ether

KEY = bytes.fromhex("231d39c1d7cc1ab1aee224cd096db932")


@pytest.fixture
def personal(tmp_path: Path) -> Iterator[PersonalStore]:
    key_file = tmp_path / "personal.key"
    key_file.write_text("5a" * 32)
    with PersonalStore.open(tmp_path / "personal.db", key_file) as opened:
        yield opened


def belongs(personal: PersonalStore, home: Any, device: str) -> int:
    """Say whose the sensor is and let the worker open what this house's collector sealed."""
    now = home.clock.wall_ms
    with personal.connection.transaction() as driver:
        driver.execute("INSERT INTO care_key (identity) VALUES (?)", (str(home.identity),))
    erna = personal.add_person("Erna", now)
    personal.assign(device, erna, now)
    personal.give_consent(
        erna, purpose="care", data_kind=ROOM_CLIMATE, sentence="Ja.", given_how="", at=0
    )
    return erna


def test_a_heat_wave_ends_as_a_warning(
    hub: SimpleNamespace, personal: PersonalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A virtual sensor's advertisements, an afternoon of them, all the way to the warning's end."""
    monkeypatch.setattr(beacon, "IDLE_S", 0.05)
    monkeypatch.setattr(adverts, "REFILL_S", 0.001)  # an afternoon passes in seconds here

    async def main() -> None:
        async with AsyncExitStack() as stack:
            ether = Ether()
            adapter = f"tcp:127.0.0.1:{await ether.listen()}"
            stack.push_async_callback(ether.close)
            sensor = Beacon(ether.link, BeaconOptions(BeaconKind.CLIMATE, key=KEY))
            await sensor.start()
            stack.push_async_callback(sensor.stop)
            home = await stack.enter_async_context(hub.house(adapter))
            device = device_id(sensor.address_text)
            drain = CareDrain(home.journal)

            async def pass_by(hours: int) -> None:
                for _ in range(hours * 3):
                    home.clock.advance(20 * 60_000)
                    kept = home.sensors.kept
                    await hub.until(lambda before=kept: home.sensors.kept > before + 1)
                drain.run(personal, home.clock.wall_ms)
                watch_heat(personal, home.clock.stamp(), UTC)

            async with home.running():
                await home.paired(sensor.address_text)
                erna = belongs(personal, home, device)
                personal.add_sensor_key(device, KEY, "von Hand", home.clock.wall_ms)
                await pass_by(3)
                assert personal.heat_warnings() == []
                sensor.warm_up(36.0, 0.2)
                warmed_at = home.clock.wall_ms
                await pass_by(3)
                (one,) = personal.heat_warnings()
                assert (one.person, one.device_id, one.level) == (erna, device, Level.DANGER)
                assert 0 <= one.warm_since - warmed_at <= 3_600_000
                assert one.temperature == pytest.approx(36.0, abs=0.3)
                assert one.felt > one.temperature  # the air is damp
                sensor.warm_up(21.0, 0.2)
                await pass_by(3)
                assert personal.heat_warnings() == []
                (over,) = personal.heat_warnings(since=0)
                assert (over.warning, over.ended_how) == (one.warning, "cooler")

    hub.run(main())
