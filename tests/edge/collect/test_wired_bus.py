"""The collector on a bus of many meters, and on optical heads; real stores and terminals."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge.cli import root
from edge.clock import Clock, FixedClock, SystemClock, to_ms
from edge.collect.bus import bus_of
from edge.collect.ledger import Ledger
from edge.collect.meters import MeterLines
from edge.config import Meter, load
from edge.process.heartbeat import Heartbeat, Status
from edge.process.log import Log
from edge.store.errors import StoreError
from edge.store.journal import Journal
from edge.store.village import VillageStore
from hardware.mbus.frame import encode_long
from hardware.mbus.secondary import SecondaryAddress
from hardware.reading import TimeQuality
from hardware.sim.bus import BusMeter
from hardware.sim.meter import VirtualBus
from hardware.sim.optical import MulticalMeter, UltraheatMeter, VirtualHead
from hardware.sim.telegrams import FileTelegrams, SplitTelegrams

DEADLINE_S = 20.0
HOUR = datetime(2026, 1, 31, 11, 0, tzinfo=UTC)
HUB = (
    '[hub]\nname = "Hub"\nvillage = "Dorf"\nstate = "."\n'
    '[[sites]]\nsite_id = "dgh"\nname = "DGH"\ncommunal = true\n'
)


class House:
    def __init__(self, folder: Path, *meters: Meter) -> None:
        (folder / "hub.toml").write_text(HUB)
        self.config = replace(load(folder / "hub.toml"), meters=meters)
        self.journal = Journal(self.config.hub.journal_db, None)
        self.village = VillageStore(self.config.hub.village_db)

    @contextmanager
    def running(self, clock: Clock | None = None) -> Iterator[MeterLines]:
        stop = threading.Event()
        lines = MeterLines(
            self.config,
            self.journal,
            self.village,
            clock or SystemClock(),
            stop,
            Log("test"),
            rng=random.Random(1),
        )
        lines.start()
        try:
            yield lines
        finally:
            stop.set()
            assert lines.join(DEADLINE_S)

    def readings(self) -> int:
        return sum(one.row_count for one in self.village.rounds_after(0))

    def close(self) -> None:
        self.journal.close()
        self.village.close()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Callable[..., House]]:
    made: list[House] = []

    def make(*meters: Meter) -> House:
        made.append(House(tmp_path, *meters))
        return made[-1]

    yield make
    for one in made:
        one.close()


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, "it never came about"
        time.sleep(0.02)


def meter(meter_id: str, transport: str, **changes: object) -> Meter:
    made = Meter(meter_id, f"Zähler {meter_id}", "dgh", transport, poll_s=0.05, timeout_s=0.3)
    return replace(made, **changes)  # type: ignore[arg-type]


def on_bus(digits: str, primary: int = 0, **changes: object) -> BusMeter:
    wire = SecondaryAddress(digits, 0x32A7, 7, 4).wire
    frame = encode_long(0x08, primary, 0x72, wire + bytes(4) + bytes.fromhex("0C0612345600"))
    return BusMeter(FileTelegrams([frame]), primary, **changes)  # type: ignore[arg-type]


def test_meters_of_two_speeds_on_one_bus_are_read_by_their_numbers(
    house: Callable[..., House],
) -> None:
    split = BusMeter(SplitTelegrams(5, address=0, installed=HOUR), 0, baud=2400)
    meters = [on_bus("66000001", baud=2400), on_bus("66000002", baud=300), split]
    with VirtualBus(meters, echo=True) as bus:
        line = f"serial:{bus.port}"
        one = house(
            meter("a", line, secondary="66000001LUG"),
            meter("b", f"{line}?baud=300", secondary="6600000?LUG0704"),
            meter("c", line, secondary="66000005"),
            meter("d", line, secondary="99999999"),
        )
        assert bus_of(line) == bus_of(f"{line}?baud=300")
        with one.running() as lines:
            until(lambda: {part.state for part in lines.status()} == {"ok", "degraded"}
                  and one.readings() >= 6)  # fmt: skip
            parts = {part.name: part for part in lines.status()}
    names = {device.meter_id: device.device_id for device in one.village.devices()}
    assert names["a"] == "mbus:LUG-66000001-07-04"
    assert names["c"] == "mbus:LUG-66000005-07-04"
    assert names["d"] == "meter:d"
    assert parts["d"].state == "degraded"
    if bus.keeps_speed:
        assert names["b"] == "mbus:LUG-66000002-07-04"


def test_a_meter_that_may_be_asked_twice_a_day_is_asked_twice(house: Callable[..., House]) -> None:
    with VirtualBus([on_bus("66000001", 1)]) as bus:
        one = house(meter("a", f"serial:{bus.port}", address=1, polls_per_day=2))
        clock = FixedClock(to_ms(HOUR))
        for _ in range(2):  # a restart changes nothing
            with one.running(clock) as lines:
                until(lambda: "oft genug" in lines.status()[0].message)
        ledger = one.config.hub.state / "asked.json"
        assert Ledger(ledger).count("a", HOUR) == 2
        clock.advance(86_400_000)
        with one.running(clock):
            until(lambda: Ledger(ledger).count("a", HOUR + timedelta(days=1)) == 2)


def test_a_meter_is_asked_on_the_quarter_hour(house: Callable[..., House]) -> None:
    with VirtualBus([on_bus("66000001", 1)]) as bus:
        one = house(meter("a", f"serial:{bus.port}", address=1, poll_at="quarter-hour"))
        clock = FixedClock(to_ms(HOUR) - 500)
        with one.running(clock):
            time.sleep(0.3)
            assert one.readings() == 0
            clock.advance(500)
            until(lambda: one.readings() == 1)
            time.sleep(0.2)
            assert one.readings() == 1


@pytest.mark.parametrize("protocol", ["iec62056", "kmp"])
def test_an_optical_head_is_read_once_a_day_and_not_again_after_a_reboot(
    house: Callable[..., House], protocol: str
) -> None:
    made = (
        UltraheatMeter(12, installed=HOUR)
        if protocol == "iec62056"
        else MulticalMeter(12, installed=HOUR)
    )
    local = HOUR.astimezone()
    clock = FixedClock(to_ms(HOUR))
    with VirtualHead(made) as head:
        daily = (local + timedelta(minutes=1)).strftime("%H:%M")
        one = house(meter("a", f"serial:{head.port}", protocol=protocol, daily_at=daily))
        with one.running(clock) as lines:
            time.sleep(0.3)
            assert one.journal.entry(1) is None
            clock.advance(60_000)
            until(lambda: one.readings() == 1)
            assert lines.status()[0].state == "ok"
        with one.running(clock):  # a reboot, and a clock that is set back a little
            clock.wall_ms -= 60_000
            time.sleep(1.2)
            clock.wall_ms += 60_000
            time.sleep(1.5)
        assert one.readings() == 1
        with one.running(clock):
            time.sleep(0.2)  # it learns when the next readout is due
            clock.advance(86_400_000)
            until(lambda: one.readings() == 2)
    entry = one.journal.entry(1)
    assert entry is not None
    assert entry.kind == f"optical:{protocol}"
    (device,) = one.village.devices()
    assert device.device_id.startswith("optical:")
    (latest,) = one.village.latest()
    assert latest.energy_kwh is not None


def test_while_nobody_has_set_the_clock_nothing_is_read_by_itself(
    house: Callable[..., House],
) -> None:
    with VirtualHead(UltraheatMeter(12, installed=HOUR)) as head:
        daily = (HOUR.astimezone() + timedelta(minutes=1)).strftime("%H:%M")
        one = house(meter("a", f"serial:{head.port}", protocol="iec62056", daily_at=daily))
        clock = FixedClock(to_ms(HOUR), TimeQuality.UNKNOWN)
        with one.running(clock) as lines:
            time.sleep(0.2)
            clock.advance(60_000)
            until(lambda: "Uhr" in lines.status()[0].message)
        assert one.journal.entry(1) is None


def test_a_failed_automatic_readout_is_not_tried_again(house: Callable[..., House]) -> None:
    asked: list[bytes] = []

    def spoil(data: bytes) -> bytes:
        asked.append(data)
        return b"/LUGCUH50\r\n" if data.startswith(b"/") else b""

    with VirtualHead(UltraheatMeter(12, installed=HOUR), spoil=spoil) as head:
        daily = (HOUR.astimezone() + timedelta(minutes=1)).strftime("%H:%M")
        one = house(meter("a", f"serial:{head.port}", protocol="iec62056", daily_at=daily))
        clock = FixedClock(to_ms(HOUR))
        with one.running(clock) as lines:
            time.sleep(0.2)
            clock.advance(60_000)
            until(lambda: lines.status()[0].state == "degraded")
            clock.advance(60_000)
            time.sleep(1.3)
        with one.running(clock):
            time.sleep(1.3)
    assert len(asked) == 2  # identification and block, once
    assert one.readings() == 0


def test_a_person_has_a_head_read_by_the_running_hub(house: Callable[..., House]) -> None:
    with VirtualHead(UltraheatMeter(12, installed=HOUR)) as head:
        one = house(meter("a", f"serial:{head.port}", protocol="iec62056"))
        source = one.config.source
        source.write_text(
            HUB + '[[meters]]\nmeter_id = "a"\nname = "A"\nsite_id = "dgh"\n'
            f'transport = "serial:{head.port}"\nprotocol = "iec62056"\n'
        )
        command = ["--config", str(source), "meter", "read", "--meter"]
        stopped = CliRunner().invoke(root, [*command, "a"])
        assert stopped.exit_code == 3
        assert "serve" in stopped.stdout
        (one.config.hub.run).mkdir(exist_ok=True)
        with one.running():
            Heartbeat(one.config.hub.run, "collector").beat(Status("ok"))
            for count in (1, 2):
                result = CliRunner().invoke(root, [*command, "a"])
                assert result.exit_code == 0, result.output
                assert "30 Minuten" in result.stderr
                assert one.readings() == count
            # in between the port is free for everybody
            shown = CliRunner().invoke(
                root, ["meter", "read", f"serial:{head.port}", "--protocol", "iec62056"]
            )
            assert shown.exit_code == 0, shown.output
        unknown = CliRunner().invoke(root, [*command, "b"])
        assert unknown.exit_code == 2
    assert Ledger(one.config.hub.state / "asked.json").last("a", datetime.now(UTC)) is None


def test_a_meter_that_stands_still_leaves_a_reading_at_every_poll_by_its_number(
    house: Callable[..., House],
) -> None:
    with VirtualBus([on_bus("66000001")]) as bus:
        one = house(meter("a", f"serial:{bus.port}", secondary="66000001"))
        with one.running():
            until(lambda: one.readings() >= 4)


@pytest.mark.parametrize("anew", ["the same process", "a restart"])
def test_a_request_wakes_the_meter_once_though_nothing_can_be_answered(
    house: Callable[..., House], monkeypatch: pytest.MonkeyPatch, anew: str
) -> None:
    woken: list[bytes] = []

    def listen(data: bytes) -> bytes:
        woken.append(data)
        return data

    monkeypatch.setattr("edge.collect.patient.FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr("edge.collect.patient.LONGEST_PAUSE_S", 0.02)
    monkeypatch.setattr("edge.collect.optical_line.LOOK_S", 0.02)
    with VirtualHead(UltraheatMeter(12, installed=HOUR), spoil=listen) as head:
        one = house(meter("a", f"serial:{head.port}", protocol="iec62056"))
        number = one.village.ask("read", {"meter_id": "a"}, to_ms(HOUR))
        tries: list[int] = []

        def full(*_: object, **__: object) -> None:
            tries.append(1)
            raise StoreError("database or disk is full")

        with monkeypatch.context() as patch:
            patch.setattr(VillageStore, "finish", full)
            with one.running():
                until(lambda: len(tries) > 3)
                if anew == "the same process":
                    patch.undo()
                    until(lambda: not one.village.open_requests("read"))
        if anew == "a restart":
            with one.running():
                until(lambda: not one.village.open_requests("read"))
    assert len(woken) == 2  # identification and block, once
    assert one.readings() == 1
    found = one.village.request(number)
    assert found is not None
    assert found.state == ("done" if anew == "the same process" else "failed")
    assert Ledger(one.config.hub.state / "asked.json").last("a", HOUR) is None


def test_a_ledger_that_cannot_be_written_wakes_nobody(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "absent" / "asked.json")
    for _ in range(2):
        with pytest.raises(StoreError):
            ledger.take("a", "1 of 5", HOUR)
    ledger = Ledger(tmp_path / "asked.json")
    assert ledger.take("a", "1 of 5", HOUR)
    assert not Ledger(tmp_path / "asked.json").take("a", "1 of 5", HOUR)
    assert ledger.take("a", "2 of 5", HOUR)
