"""The collector's Bluetooth half with real parts: cuff, radio, journal, village."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyrage
import pytest

from edge.care.contact_clock import NOTES
from edge.clock import FixedClock, Stamp
from edge.collect import sensors as module
from edge.collect.ble import queue, requests, visit
from edge.collect.ble.profile import ADVERT
from edge.collect.ble.watchdog import SECOND_STEP_S, SILENCE_S
from edge.collect.main import status_of
from edge.collect.sensors import DEAF, Sensors, device_id
from edge.collect.value_key import value_key
from edge.config import Config, Datasette, Hub, Personal, Publish, Radio, Sync, Web
from edge.process.heartbeat import Heartbeat
from edge.process.log import Log
from edge.store.journal import Journal
from edge.store.village import VillageStore
from edge.worker.ear import listen
from hardware.ble.blood_pressure import BloodPressure, encode_blood_pressure
from hardware.ble.clock import DateTime
from hardware.ble.medfloat import MedFloat
from hardware.radio.base import Heard
from hardware.radio.open import open_radio
from hardware.reading import TimeQuality
from hardware.sim.cuff import Cuff, CuffOptions
from hardware.sim.ether import Ether

NOW_MS = 1_795_000_000_000


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten what only waits for people and for a real radio's silence."""
    monkeypatch.setattr(visit, "IDLE_S", 0.4)
    monkeypatch.setattr(module, "POLL_S", 0.05)
    monkeypatch.setattr(requests, "POLL_S", 0.05)
    monkeypatch.setattr(queue, "FIRST_PAUSE_S", 0.2)
    monkeypatch.setattr(module, "FIRST_PAUSE_S", 0.2)


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run to the end and find no task left behind."""

    async def checked() -> None:
        await work
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(checked(), debug=False)


async def until(condition: Callable[[], object], limit_s: float = 20.0) -> None:
    async with asyncio.timeout(limit_s):
        while not condition():  # noqa: ASYNC110  # the condition is another process' or loop's
            await asyncio.sleep(0.02)


@dataclass
class House:
    """A hub's stores, the cuff and the collector's half, all real."""

    folder: Path
    identity: Any
    journal: Journal
    village: VillageStore
    clock: FixedClock
    sensors: Sensors
    config: Config

    def opened(self) -> list[bytes]:
        """The values in the care lane, unsealed with the key that personal.db keeps."""
        return [
            pyrage.decrypt(entry.payload, [self.identity])
            for entry in self.journal.pending("care", 1000)
            if entry.kind not in NOTES
        ]


@asynccontextmanager
async def house(
    folder: Path, adapter: str, *, kind: str = "virtual", sealed: bool = True
) -> AsyncIterator[House]:
    identity = pyrage.x25519.Identity.generate()
    (folder / "keys").mkdir(exist_ok=True)
    config = Config(
        source=folder / "hub.toml",
        hub=Hub("hub", "Dorf", folder),
        web=Web(),
        datasette=Datasette(),
        sync=Sync(),
        radio=Radio(kind, adapter, 0.3),  # type: ignore[arg-type]
        personal=Personal(folder / "care.key"),
        publish=Publish(),
        sites=(),
        meters=(),
    )
    recipient = str(identity.to_public()) if sealed else None
    clock = FixedClock(NOW_MS)
    with (
        Journal(config.hub.journal_db, recipient, key_secret=bytes(32)) as journal,
        VillageStore(config.hub.village_db) as village,
    ):
        sensors = Sensors(config, journal, village, clock, Log("test"))
        yield House(folder, identity, journal, village, clock, sensors, config)


@asynccontextmanager
async def cuff_on_air(options: CuffOptions) -> AsyncIterator[tuple[Cuff, str, Ether]]:
    ether = Ether()
    adapter = f"tcp:127.0.0.1:{await ether.listen()}"
    cuff = Cuff(ether.link, options, time.monotonic)
    await cuff.start()
    try:
        yield cuff, adapter, ether
    finally:
        await cuff.stop()
        await ether.close()


@asynccontextmanager
async def running(sensors: Sensors) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(sensors.run(stop))
    try:
        yield
    finally:
        stop.set()
        async with asyncio.timeout(10):
            await task


async def paired(home: House, **arguments: object) -> dict[str, object]:
    number = home.village.ask("pair", {"wait_s": 10, **arguments}, home.clock.wall_ms)
    await until(lambda: home.village.request(number).state != "open")
    request = home.village.request(number)
    assert request.state == "done", request.result
    return request.result


def test_pair_then_drain(tmp_path: Path) -> None:
    async def main() -> None:
        async with cuff_on_air(CuffOptions(stored=3)) as (cuff, adapter, _):
            before = list(cuff.stored)
            async with house(tmp_path, adapter) as home, running(home.sensors):
                result = await paired(home)
                assert result == {
                    "address": cuff.address_text,
                    "name": "Blutdruck Sim",
                    "device_id": device_id(cuff.address_text),
                    "kind": "Blutdruckmessgerät",
                    "battery": 87,
                }
                await until(lambda: not cuff.stored)
                assert home.opened() == before
                assert cuff.clock_was_set
                await until(lambda: home.village.devices("ble")[0].battery_percent is not None)
                [device] = home.village.devices("ble")
                assert device.battery_percent == 87
                assert (device.manufacturer, device.model) == ("Dorfhub", "BPM-Sim")
                assert device.last_seen_at == NOW_MS
                # the next reading comes without being asked for, with the hub's time on it
                await cuff.measure()
                await until(lambda: len(home.opened()) == 4)
                assert home.opened()[3][7:9] == (2026).to_bytes(2, "little")
                assert home.sensors.status().state == "ok"
        truth.append(before[0])

    truth: list[bytes] = []
    run(main())
    files = list(tmp_path.glob("journal.db*"))
    assert files
    assert all(truth[0] not in file.read_bytes() for file in files)


def test_a_cuff_that_drops_the_link_loses_and_doubles_nothing(tmp_path: Path) -> None:
    async def main() -> None:
        confirmed = tmp_path / "confirmed"
        options = CuffOptions(stored=10, drop_after=3, confirmed=confirmed)
        async with cuff_on_air(options) as (cuff, adapter, _):
            truth = list(cuff.stored)
            async with house(tmp_path, adapter) as home, running(home.sensors):
                await paired(home)
                await until(lambda: not cuff.stored)
                assert home.opened() == truth
                # each cut left one reading committed but not confirmed, so it was sent again
                assert home.sensors.kept > len(truth)
        assert [bytes.fromhex(line) for line in confirmed.read_text().split()] == truth

    run(main())


def test_what_cannot_be_kept_stays_on_the_cuff(tmp_path: Path) -> None:
    async def main() -> None:
        async with cuff_on_air(CuffOptions(stored=3)) as (cuff, adapter, _):
            async with house(tmp_path, adapter, sealed=False) as home, running(home.sensors):
                home.village.ask("pair", {"wait_s": 10}, NOW_MS)
                await until(lambda: home.sensors.status().state == "degraded")
                assert "care.pub" in home.sensors.status().message
                assert len(cuff.stored) == 3
                assert home.sensors.kept == 0
            async with house(tmp_path, adapter) as home, running(home.sensors):
                await until(lambda: not cuff.stored)
                assert len(home.opened()) == 3

    run(main())


def test_an_absent_radio_is_told_and_tried_again(tmp_path: Path) -> None:
    async def main() -> None:
        ether = Ether()
        port = await ether.listen()
        await ether.close()
        async with house(tmp_path, f"tcp:127.0.0.1:{port}") as home, running(home.sensors):
            await until(lambda: home.sensors.status().state == "degraded")
            assert home.sensors.status().message.startswith("Bitte den Simulator starten")
            number = home.village.ask("pair", {}, NOW_MS)
            await until(lambda: home.village.request(number).state == "failed")
            assert home.village.request(number).result["hint"]
            ether = Ether()
            assert await ether.listen(port) == port
            await until(lambda: home.sensors.status().state == "ok")
            await ether.close()  # pulled out while it is in use, with nothing to do
            home.village.ask("pair", {"wait_s": 5}, NOW_MS)
            await until(lambda: home.sensors.status().state == "degraded")

    run(main())


def test_off_is_off(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path, "", kind="off") as home, running(home.sensors):
            await until(lambda: home.sensors.status().state == "off")
            number = home.village.ask("pair", {}, NOW_MS)
            await until(lambda: home.village.request(number).state == "failed")

    run(main())


def test_a_cuff_that_was_reset_is_named_and_can_be_paired_again(tmp_path: Path) -> None:
    async def main() -> None:
        async with (
            cuff_on_air(CuffOptions(stored=1)) as (cuff, adapter, _),
            house(tmp_path, adapter) as home,
            running(home.sensors),
        ):
            await paired(home)
            await until(lambda: home.village.devices("ble")[0].battery_percent is not None)
            await until(lambda: not cuff.stored and not cuff.device.connections)
            await cuff.forget_bonds()
            await cuff.measure()
            await until(lambda: home.village.devices("ble")[0].last_error is not None)
            assert "ble pair" in home.village.devices("ble")[0].last_error
            assert len(cuff.stored) == 1
            await paired(home)
            await until(lambda: not cuff.stored)
            assert len(home.village.ble_devices()) == 1
            assert len(home.opened()) == 2

    run(main())


def test_nothing_to_pair(tmp_path: Path) -> None:
    async def main() -> None:
        ether = Ether()
        adapter = f"tcp:127.0.0.1:{await ether.listen()}"
        async with house(tmp_path, adapter) as home, running(home.sensors):
            number = home.village.ask("pair", {"wait_s": 1}, NOW_MS)
            stale = home.village.ask("pair", {"wait_s": 60}, NOW_MS - 61_000)
            await until(lambda: home.village.request(stale).state == "failed")
            assert home.village.request(number).state == "failed"
            assert "Kopplung" in str(home.village.request(number).result["hint"])
        await ether.close()

    run(main())


def test_a_strangers_cuff_is_left_alone(tmp_path: Path) -> None:
    async def main() -> None:
        async with cuff_on_air(CuffOptions(stored=2)) as (cuff, adapter, ether):
            stranger = Cuff(ether.link, CuffOptions(stored=2, seed=7), time.monotonic)
            await stranger.start()
            async with house(tmp_path, adapter) as home, running(home.sensors):
                await paired(home, address=cuff.address_text)
                await until(lambda: not cuff.stored)
                await asyncio.sleep(1.0)
                assert len(stranger.stored) == 2
            await stranger.stop()

    run(main())


def test_a_hub_that_does_not_know_the_time_sets_no_clock(tmp_path: Path) -> None:
    async def main() -> None:
        async with (
            cuff_on_air(CuffOptions(stored=1)) as (cuff, adapter, _),
            house(tmp_path, adapter) as home,
        ):
            home.clock.quality = TimeQuality.UNKNOWN
            async with running(home.sensors):
                await paired(home)
                await until(lambda: not cuff.stored)
                assert not cuff.clock_was_set

    run(main())


def test_our_own_bug_is_not_swallowed(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path, "tcp:127.0.0.1:1") as home:

            def broken(_ask: object) -> Any:
                raise RuntimeError("a bug")

            sensors = Sensors(
                home.config, home.journal, home.village, home.clock, Log(), open_radio=broken
            )
            with pytest.raises(RuntimeError, match="a bug"):
                await sensors.run(asyncio.Event())

    run(main())


PLAIN = BloodPressure(MedFloat(120, 0), MedFloat(80, 0), MedFloat(93, 0))
DATED = BloodPressure(
    MedFloat(120, 0), MedFloat(80, 0), MedFloat(93, 0), timestamp=DateTime(2026, 1, 2, 3, 4, 5)
)
YEARLESS = BloodPressure(
    MedFloat(120, 0), MedFloat(80, 0), MedFloat(93, 0), timestamp=DateTime(0, 1, 2, 3, 4, 5)
)


def stamp(wall_ms: int) -> Stamp:
    return Stamp(wall_ms, "boot", 0, TimeQuality.SYNCHRONISED)


@pytest.mark.parametrize(("sent", "same"), [(DATED, True), (PLAIN, False), (YEARLESS, False)])
def test_the_key_of_a_reading(sent: BloodPressure, same: bool) -> None:  # noqa: FBT001
    value = encode_blood_pressure(sent)
    first = value_key("ble:A", "2A35", value, stamp(NOW_MS))
    assert value_key("ble:A", "2A35", value, stamp(NOW_MS + 1)) == first
    assert (value_key("ble:A", "2A35", value, stamp(NOW_MS + 60_000)) == first) is same
    assert value_key("ble:B", "2A35", value, stamp(NOW_MS)) != first
    assert value_key("ble:A", "2A35", b"\xff", stamp(NOW_MS)) != first


def test_the_configured_radio_is_the_one_that_is_opened(tmp_path: Path) -> None:
    assert open_radio("virtual", "tcp:127.0.0.1:9", tmp_path / "b.json").confirms_after_handler


class Answering:
    """An adapter that answers to everything and hears nobody."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def rescan(self) -> None:
        self.asked.append("rescan")

    async def cycle(self) -> None:
        self.asked.append("cycle")


@pytest.mark.parametrize(("profile", "is_deaf"), [
    (ADVERT, True), ("1810", False), (None, False),
])  # fmt: skip
def test_an_adapter_that_answers_and_hears_nobody_is_deaf_where_somebody_should_speak(
    tmp_path: Path,
    profile: str | None,
    is_deaf: bool,  # noqa: FBT001  # a column
) -> None:
    async def test() -> None:
        async with house(tmp_path, "tcp:127.0.0.1:9") as home:
            address = "A4:C1:38:00:00:01"
            if profile is not None:
                number = home.village.device(device_id(address), kind="ble", label="T", seen_at=1)
                home.village.add_ble_device(address, number, profile, "Tür", 1)
            sensors, radio = home.sensors, Answering()
            sensors._refresh()
            sensors._status = sensors._listening()  # as of an adapter just taken
            beats = Heartbeat(home.config.hub.run, "collector")
            home.config.hub.run.mkdir(parents=True, exist_ok=True)

            async def watch(now_s: float) -> bool:
                await sensors._watch(radio, now_s)  # type: ignore[arg-type]
                beats.write(status_of((sensors.status(),)))
                return listen(home.config, home.village).is_deaf

            sensors._heard(Heard("A4:C1:38:00:00:09", ""))
            start = asyncio.get_running_loop().time()
            assert not await watch(start)
            assert await watch(start + SILENCE_S + 1) is is_deaf  # at the first, weaker step
            assert radio.asked == ["rescan"]
            assert await watch(start + SILENCE_S + SECOND_STEP_S + 2) is is_deaf
            assert radio.asked == ["rescan", "cycle"]
            assert (sensors.status().state == DEAF) is is_deaf
            assert "hört kein einziges" in sensors.status().message
            assert sensors._listening() == sensors.status()  # also of an adapter taken anew
            sensors._heard(Heard("A4:C1:38:00:00:09", ""))
            assert (sensors.status().state, sensors.status().message) == ("ok", "")

    run(test())
