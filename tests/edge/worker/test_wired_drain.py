"""Encrypted meters on a virtual bus: collector, journal, key, worker, reading."""

from __future__ import annotations

import random
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from edge.clock import SystemClock
from edge.collect.meters import MeterLines
from edge.config import Config, Meter, load
from edge.process.log import Log
from edge.store.journal import Journal, State
from edge.store.personal import PersonalStore
from edge.store.setup import create
from edge.store.village import VillageStore
from edge.worker import wired_drain
from edge.worker.wired_drain import WiredDrain
from hardware.mbus.frame import encode_long
from hardware.mbus.secondary import SecondaryAddress
from hardware.sim.bus import BusMeter
from hardware.sim.meter import VirtualBus
from hardware.sim.telegrams import FileTelegrams

KEY, OTHER_KEY = bytes(range(16)), bytes(range(1, 17))
HUB = (
    '[hub]\nname = "Hub"\nvillage = "Dorf"\nstate = "."\n'
    '[[sites]]\nsite_id = "dgh"\nname = "DGH"\ncommunal = true\n'
)
DEADLINE_S = 20.0


def sealed(energy_kwh: int) -> bytes:
    wire = SecondaryAddress("66000001", 0x32A7, 7, 4).wire
    data = b"\x2f\x2f\x0c\x06" + bytes.fromhex(f"{energy_kwh:08d}")[::-1] + b"\x2f" * 8
    iv = wire[4:6] + wire[:4] + wire[6:8] + b"\x2a" * 8
    arguments = ("openssl", "enc", "-aes-128-cbc", "-nopad", "-K", KEY.hex(), "-iv", iv.hex())
    body = subprocess.run(arguments, input=data, capture_output=True, check=True).stdout
    return encode_long(0x08, 1, 0x72, wire + bytes((0x2A, 0, 0x10, 5)) + body)


@dataclass
class House:
    config: Config
    journal: Journal
    village: VillageStore
    personal: PersonalStore
    drain: WiredDrain

    def poll(self, telegrams: int) -> None:
        """Have the collector ask the meter that often."""
        stop = threading.Event()
        lines = MeterLines(
            self.config, self.journal, self.village, SystemClock(), stop, Log("test"),
            rng=random.Random(1),
        )  # fmt: skip
        lines.start()
        deadline = time.monotonic() + DEADLINE_S
        try:
            while sum(one.count for one in self.journal.kept("mbus")) < telegrams:
                assert time.monotonic() < deadline
                time.sleep(0.02)
        finally:
            stop.set()
            assert lines.join(DEADLINE_S)

    def energies(self) -> list[float | None]:
        return [row.energy_kwh for row in self.village.latest()]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    (tmp_path / "hub.toml").write_text(HUB)
    meter = BusMeter(FileTelegrams([sealed(5249)]), 1)
    with VirtualBus([meter]) as bus:
        asked = Meter(
            "a", "Kita", "dgh", f"serial:{bus.port}", address=1, poll_s=0.05, timeout_s=0.3
        )
        config = replace(load(tmp_path / "hub.toml"), meters=(asked,))
        create(config)
        with (
            PersonalStore.open(config.hub.personal_db, config.personal.key_file) as personal,
            Journal(config.hub.journal_db, personal.care_recipient()) as journal,
            VillageStore(config.hub.village_db) as village,
        ):
            drain = WiredDrain(config, journal, village, Log())
            yield House(config, journal, village, personal, drain)


def test_a_key_opens_what_an_encrypted_meter_said_before_and_says_after(house: House) -> None:
    house.poll(2)
    entry = house.journal.entry(1)
    assert entry is not None
    assert (entry.state, entry.message) == (State.QUARANTINED, "KeyRequired LUG-66000001")
    (device,) = house.village.devices("meter")
    assert device.failing
    assert "dorfhub meter key add" in str(device.last_error)
    assert house.drain.run(house.personal, SystemClock().stamp().wall_ms) == 0
    house.personal.add_keys([("LUG", "66000001", KEY)], "Test", 1)
    waits = sum(one.count for one in house.journal.kept("mbus"))
    assert house.drain.run(house.personal, SystemClock().stamp().wall_ms) == waits
    assert house.energies() == [5249.0]
    assert house.journal.kept("mbus") == []
    (device,) = house.village.devices("meter")
    assert (device.device_id, device.meter_id) == ("mbus:LUG-66000001-07-04", "a")
    assert not device.failing
    assert [key.state for key in house.personal.meter_keys()] == ["opens"]
    house.poll(1)
    assert house.drain.run(house.personal, SystemClock().stamp().wall_ms) >= 1


def test_a_wrong_key_is_told_and_the_right_one_reads_what_was_kept(house: House) -> None:
    house.personal.add_keys([("LUG", "66000001", OTHER_KEY)], "Test", 1)
    house.poll(1)
    now = SystemClock().stamp().wall_ms
    for _ in range(2):
        assert house.drain.run(house.personal, now) == 0
    assert {one.message for one in house.journal.kept("mbus")} == {"WrongKey LUG-66000001"}
    assert [key.state for key in house.personal.meter_keys()] == ["wrong"]
    house.personal.add_keys([("LUG", "66000001", KEY)], "Test", 2)
    assert house.drain.run(house.personal, now) >= 1
    assert house.energies() == [5249.0]


def test_a_right_key_reads_all_that_a_wrong_one_left(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.personal.add_keys([("LUG", "66000001", OTHER_KEY)], "Test", 1)
    house.poll(4)
    now = SystemClock().stamp().wall_ms
    house.drain.run(house.personal, now)
    house.personal.add_keys([("LUG", "66000001", KEY)], "Test", 2)
    monkeypatch.setattr(wired_drain, "BATCH", 1)
    monkeypatch.setattr(wired_drain, "MOST_ROUNDS", 2)
    for _ in range(10):
        house.drain.run(house.personal, now)
    assert house.journal.kept("mbus") == []


def test_a_decoder_that_fails_on_one_telegram_is_told_and_stops_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> object:
        raise ZeroDivisionError

    house.personal.add_keys([("LUG", "66000001", KEY)], "Test", 1)
    house.poll(1)
    monkeypatch.setattr(house.drain, "_interpreted", fails)
    assert house.drain.run(house.personal, SystemClock().stamp().wall_ms) == 0
    assert {one.message for one in house.journal.kept("mbus")} == {
        "decoder failed: ZeroDivisionError"
    }
