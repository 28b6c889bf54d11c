"""What a reading costs on its way in, and a collector at rest; `pytest -s` prints the figures."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from edge.collect.ble.keeper import Keeper
from edge.collect.sensors import Sensors, device_id
from edge.config import Config, load
from edge.process.heartbeat import read_folder
from edge.process.log import Log
from edge.store.setup import open_journal
from edge.store.village import VillageStore
from hardware.sim.beacon import Beacon, BeaconKind, BeaconOptions
from hardware.sim.cuff import Cuff, CuffOptions
from hardware.sim.ether import Ether

READINGS = 200
PRESSES = 50
SLEEPING, SPEAKING = 40, 20
SETTLE_S, WATCH_S = 12.0, 20.0


class Timed(Cuff):
    """A cuff that notes when it sends."""

    sent_s: dict[bytes, float]

    async def send(self, connection: Any, uuid: str, value: bytes, sent: int) -> bool:
        self.sent_s[value] = time.perf_counter()
        return await super().send(connection, uuid, value, sent)


def made(folder: Path, port: int) -> Config:
    subprocess.run(
        [sys.executable, "-m", "sync", "init", str(folder), "--name", "Haus", "--village", "Dorf"],
        check=True,
        capture_output=True,
    )
    path = folder / "hub.toml"
    text = re.sub(r"(?ms)^\[radio\].*?(?=^\[|\Z)", "", path.read_text())
    radio = f'[radio]\nkind = "virtual"\nadapter = "tcp:127.0.0.1:{port}"\nscan_interval_s = 20.0\n'
    path.write_text(f"{text}\n{radio}")
    return load(path)


def test_from_the_indication_to_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    committed_s: dict[bytes, float] = {}
    keep = Keeper.keep

    def timed(self: Keeper, address: str, uuid: str, value: bytes) -> None:
        keep(self, address, uuid, value)
        committed_s.setdefault(value, time.perf_counter())

    monkeypatch.setattr(Keeper, "keep", timed)

    async def main() -> dict[bytes, float]:
        from edge.clock import SystemClock  # noqa: PLC0415

        ether = Ether()
        config = made(tmp_path, await ether.listen())
        cuff = Timed(ether.link, CuffOptions(stored=READINGS), time.monotonic)
        cuff.sent_s = {}
        await cuff.start()
        stop = asyncio.Event()
        with open_journal(config.hub) as journal, VillageStore(config.hub.village_db) as village:
            clock = SystemClock()
            sensors = Sensors(config, journal, village, clock, Log("test"))
            task = asyncio.create_task(sensors.run(stop))
            village.ask("pair", {"wait_s": 60}, clock.stamp().wall_ms)
            async with asyncio.timeout(120):
                while cuff.stored:  # noqa: ASYNC110  # another loop's condition
                    await asyncio.sleep(0.05)
            stop.set()
            await task
        await cuff.stop()
        await ether.close()
        return cuff.sent_s

    sent_s = asyncio.run(main())
    took_ms = sorted(1000 * (committed_s[value] - at) for value, at in sent_s.items())
    assert len(took_ms) == READINGS
    with capsys.disabled():
        middle, late = took_ms[READINGS // 2], took_ms[READINGS * 99 // 100]
        print(  # noqa: T201
            f"\nindication sent to reading durable, {READINGS} readings over TCP: "
            f"median {middle:.1f} ms, p99 {late:.1f} ms, longest {took_ms[-1]:.1f} ms"
        )


def test_from_a_press_to_its_event(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def main() -> list[float]:
        from edge.clock import SystemClock  # noqa: PLC0415

        ether = Ether()
        config = made(tmp_path, await ether.listen())
        button = Beacon(ether.link, BeaconOptions(BeaconKind.BUTTON))
        stop, took_ms = asyncio.Event(), []
        with open_journal(config.hub) as journal, VillageStore(config.hub.village_db) as village:
            number = village.device(device_id(button.address_text), kind="ble")
            village.add_ble_device(button.address_text, number, "sos", "Rufknopf", 1)
            sensors = Sensors(config, journal, village, SystemClock(), Log("test"))
            task = asyncio.create_task(sensors.run(stop))
            async with asyncio.timeout(120):
                while not ether.scanned:  # noqa: ASYNC110  # another loop's condition
                    await asyncio.sleep(0.05)
                for count in range(1, PRESSES + 1):
                    pressed_s = time.perf_counter()
                    press = asyncio.create_task(button.press())
                    while len(village.sensor_events(0, PRESSES)) < count:  # noqa: ASYNC110
                        await asyncio.sleep(0.001)
                    took_ms.append(1000 * (time.perf_counter() - pressed_s))
                    await press
            stop.set()
            await task
        await button.stop()
        await ether.close()
        return took_ms

    took_ms = sorted(asyncio.run(main()))
    with capsys.disabled():
        print(  # noqa: T201
            f"\npress of a call button to its event in village.db, {PRESSES} presses: "
            f"median {took_ms[PRESSES // 2]:.1f} ms, longest {took_ms[-1]:.1f} ms"
        )


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks the Linux kernel")
@pytest.mark.timeout(300)
def test_a_collector_at_rest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def main() -> tuple[float, float]:
        ether = Ether()
        config = made(tmp_path, await ether.listen())
        async with AsyncExitStack() as stack:
            stack.push_async_callback(ether.close)
            with VillageStore(config.hub.village_db) as village:
                for seed in range(SLEEPING):
                    address = f"C0:00:00:00:00:{seed:02X}"
                    number = village.device(device_id(address), kind="ble")
                    village.add_ble_device(address, number, "1810", "Cuff", 1_795_000_000_000)
                for seed in range(SPEAKING):
                    beacon = Beacon(ether.link, BeaconOptions(BeaconKind.CLIMATE, seed=seed))
                    await beacon.start()
                    stack.push_async_callback(beacon.stop)
                    number = village.device(device_id(beacon.address_text), kind="ble")
                    village.add_ble_device(beacon.address_text, number, "advert", "Raum", 1)
            with (tmp_path / "log").open("wb") as log:
                command = [sys.executable, "-m", "sync", "--config", str(config.source)]
                hub = subprocess.Popen([*command, "run", "collector"], stderr=log)  # noqa: ASYNC220
            try:
                async with asyncio.timeout(60):
                    while "collector" not in read_folder(config.hub.run):  # noqa: ASYNC110
                        await asyncio.sleep(0.2)
                await asyncio.sleep(SETTLE_S)
                before = _cpu_s(hub.pid)
                await asyncio.sleep(WATCH_S)
                return _pss_mib(hub.pid), (_cpu_s(hub.pid) - before) / WATCH_S
            finally:
                hub.terminate()
                await asyncio.to_thread(hub.wait, 20)

    pss_mib, share = asyncio.run(main())
    with capsys.disabled():
        print(  # noqa: T201
            f"\ncollector with {SLEEPING} cuffs that sleep and {SPEAKING} sensors that speak each "
            f"second: {pss_mib:.1f} MiB, {100 * share:.1f} % of one core"
        )
    assert pss_mib < 150


def _pss_mib(pid: int) -> float:
    text = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii")
    return int(re.findall(r"^Pss:\s+(\d+)", text, re.MULTILINE)[0]) / 1024


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
