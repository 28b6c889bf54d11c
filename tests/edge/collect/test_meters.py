"""The collector's meters, with real stores, real terminals and real time."""

from __future__ import annotations

import json
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.clock import SystemClock
from edge.collect.meters import MeterLines
from edge.config import (
    Config,
    Datasette,
    Hub,
    Meter,
    Personal,
    Publish,
    Radio,
    Site,
    Sync,
    Web,
)
from edge.process.log import Log
from edge.store.errors import StoreFull
from edge.store.journal import Journal
from edge.store.village import VillageStore
from hardware.mbus.frame import encode_long
from hardware.mbus.telegram import decode
from hardware.reading import TimeQuality
from hardware.sim.link import Faults
from hardware.sim.meter import Acknowledgements, VirtualMeter
from hardware.sim.telegrams import FileTelegrams, HeatTelegrams
from hardware.transport import Direction
from hardware.transport.recording import format_line

DEADLINE_S = 20.0
NOON = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


def _config(folder: Path, *meters: Meter) -> Config:
    return Config(
        source=folder / "hub.toml",
        hub=Hub("Test", "Testdorf", folder),
        web=Web(),
        datasette=Datasette(),
        sync=Sync(),
        radio=Radio(),
        personal=Personal(folder / "key"),
        publish=Publish(),
        sites=(Site("hall", "Dorfgemeinschaftshaus", communal=True),),
        meters=meters,
    )


def _meter(meter_id: str, transport: str, **changes: object) -> Meter:
    meter = Meter(meter_id, f"Zähler {meter_id}", "hall", transport, poll_s=0.05, timeout_s=0.3)
    return replace(meter, **changes)  # type: ignore[arg-type]


class House:
    """The stores of one hub, and its lines while they run."""

    def __init__(self, folder: Path, *meters: Meter) -> None:
        self.config = _config(folder, *meters)
        self.journal = Journal(self.config.hub.journal_db, None)
        self.village = VillageStore(self.config.hub.village_db)

    @contextmanager
    def running(self) -> Iterator[MeterLines]:
        stop = threading.Event()
        lines = MeterLines(
            self.config,
            self.journal,
            self.village,
            SystemClock(),
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

    def payloads(self) -> list[bytes]:
        found = []
        for number in range(1, 100_000):
            entry = self.journal.entry(number)
            if entry is None:
                break
            found.append(entry.payload)
        return found

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


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, "it never came about"
        time.sleep(0.02)


def _telegrams(count: int) -> list[bytes]:
    source = HeatTelegrams(3, address=1, installed=NOON)
    found = []
    for number in range(count):
        found.append(source.current(NOON + timedelta(minutes=15 * number)))
        source.advance()
    return found


def _acknowledged(path: Path) -> list[bytes]:
    return [bytes.fromhex(line) for line in path.read_text().split()]


def test_a_polled_meter_becomes_readings(house: Callable[..., House]) -> None:
    with VirtualMeter(HeatTelegrams(5, address=7), address=7) as meter:
        one = house(_meter("hall", f"serial:{meter.port}", address=7))
        with one.running() as lines:
            _until(lambda: one.readings() >= 3)
            assert [(part.name, part.state) for part in lines.status()] == [("hall", "ok")]
    (device,) = one.village.devices("meter")
    assert device.device_id == "mbus:LUG-66000005-07-04"
    assert (device.meter_id, device.site_id, device.label) == ("hall", "hall", "Zähler hall")
    assert device.last_seen_at is not None
    row = one.village.series(device.device, 0)[0]
    raw = one.journal.entry(row.journal_id)
    assert raw is not None
    said = {record.name: record.value for record in decode(raw.payload).records}
    assert row.energy_kwh == said["energy"]
    assert row.power_kw == said["power"]
    assert row.return_temperature_degc == said["return_temperature"]
    assert row.observed_at == raw.received_at
    assert not one.journal.pending("village")


def test_nothing_is_acknowledged_that_is_not_in_the_journal(
    house: Callable[..., House], tmp_path: Path
) -> None:
    told = Acknowledgements(tmp_path / "told")
    frames = _telegrams(200)
    with VirtualMeter(
        FileTelegrams(frames),
        acknowledged=told,
        faults=Faults(garbage_every=5, checksum_every=7, cut_every=11, silence_every=13),
    ) as meter:
        one = house(_meter("hall", f"serial:{meter.port}", address=1, poll_s=0.001, timeout_s=0.1))
        for _ in range(3):  # a collector that is started again asks for the last telegram again
            before = len(_acknowledged(tmp_path / "told"))
            with one.running():
                _until(lambda: len(_acknowledged(tmp_path / "told")) >= before + 12)  # noqa: B023
    told.close()
    acknowledged = _acknowledged(tmp_path / "told")
    kept = one.payloads()
    assert acknowledged == frames[: len(acknowledged)]
    assert kept[: len(acknowledged)] == acknowledged
    assert len(kept) - len(acknowledged) <= 1  # the last one, of which the meter is not told yet
    assert one.readings() == len(kept)


def test_what_could_not_be_stored_is_not_acknowledged_and_asked_for_again(
    house: Callable[..., House], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.collect.patient.FIRST_PAUSE_S", 0.02)
    monkeypatch.setattr("edge.collect.patient.LONGEST_PAUSE_S", 0.02)
    told = Acknowledgements(tmp_path / "told")
    frames = _telegrams(10)
    refused = 0
    with VirtualMeter(FileTelegrams(frames), acknowledged=told) as meter:
        one = house(_meter("hall", f"serial:{meter.port}", address=1, poll_s=0.01))
        append = one.journal.append

        def full(*arguments: object) -> int:
            nonlocal refused
            if one.payloads() == frames[:2] and refused < 5:
                refused += 1
                raise StoreFull("journal.db: the disk is full")
            return append(*arguments)  # type: ignore[arg-type]

        monkeypatch.setattr(one.journal, "append", full)
        with one.running() as lines:
            _until(lambda: refused >= 4)
            # The two that are stored are told of; the third was given and never is.
            assert _acknowledged(tmp_path / "told") == frames[:2]
            assert lines.status()[0].state == "degraded"
            assert "voll" in lines.status()[0].message
            _until(lambda: len(_acknowledged(tmp_path / "told")) >= 5)
    told.close()
    assert refused == 5
    assert one.payloads()[:5] == frames[:5]


def test_what_a_crash_left_in_the_journal_is_decoded_once(
    house: Callable[..., House],
) -> None:
    frames = _telegrams(3)
    with VirtualMeter(FileTelegrams(frames)) as meter:
        one = house(_meter("hall", f"serial:{meter.port}", address=1, poll_s=60))
        stamp = SystemClock().stamp()
        one.journal.append("village", "x", "meter:hall", "mbus", b"1" * 16, frames[0], stamp)
        with one.running():
            _until(lambda: one.readings() == 1)
            # The meter was never told that the first one arrived, and gives it once more.
            _until(lambda: one.village.devices("meter")[0].last_seen_at != stamp.wall_ms)
    assert one.payloads() == frames[:1]
    assert one.readings() == 1


def test_a_meter_that_says_the_same_again_is_read_again(house: Callable[..., House]) -> None:
    frames = _telegrams(1)
    with VirtualMeter(FileTelegrams(frames)) as meter:
        one = house(_meter("hall", f"serial:{meter.port}", address=1, poll_s=0.02))
        with one.running():
            _until(lambda: one.readings() >= 4)
    assert set(one.payloads()) == set(frames)


def test_a_meter_that_is_absent_or_babbles_stops_no_other(house: Callable[..., House]) -> None:
    with (
        VirtualMeter(HeatTelegrams(1, address=1), address=1) as good,
        VirtualMeter(
            HeatTelegrams(2, address=2), address=2, faults=Faults(garbage_every=1)
        ) as babbling,
    ):
        one = house(
            _meter("absent", f"serial:{good.port}", address=9, timeout_s=0.05),
            _meter("good", f"serial:{good.port}", address=1),
            _meter("babbling", f"serial:{babbling.port}", address=2, timeout_s=0.05),
            _meter("unplugged", "serial:/dev/ttyUSB77"),
        )
        with one.running() as lines:
            _until(lambda: one.readings() >= 5)
            _until(lambda: sum(part.state == "degraded" for part in lines.status()) == 3)
            states = {part.name: part for part in lines.status()}
    assert states["good"].state == "ok"
    assert "does not answer" in states["absent"].message
    assert "damaged" in states["babbling"].message
    assert states["unplugged"].message.startswith("Kabel einstecken")
    assert states["unplugged"].message.endswith(
        "(cannot open /dev/ttyUSB77: No such file or directory)"
    )
    for name in ("absent", "babbling", "unplugged"):
        assert " (" in states[name].message
        assert "does not" not in states[name].message.partition(" (")[0]
    by_meter = {device.meter_id: device for device in one.village.devices("meter")}
    assert by_meter["good"].last_error is None
    for meter_id in ("absent", "babbling", "unplugged"):
        assert by_meter[meter_id].failing
        assert by_meter[meter_id].last_reading_at is None
        assert by_meter[meter_id].last_error == states[meter_id].message


def test_a_line_that_comes_back_is_used_again(
    house: Callable[..., House], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.collect.patient.LONGEST_PAUSE_S", 0.05)
    link = tmp_path / "port"
    one = house(_meter("hall", f"serial:{link}", address=1))
    with one.running() as lines:
        _until(lambda: lines.status()[0].state == "degraded")
        for seen in (1, 2):
            before = one.readings()
            with VirtualMeter(HeatTelegrams(seen, address=1), link=link):
                _until(lambda: one.readings() > before)  # noqa: B023
                assert lines.status()[0].state == "ok"
            _until(lambda: lines.status()[0].state == "degraded")


def test_a_frame_that_no_decoder_reads_is_quarantined_with_the_reason(
    house: Callable[..., House],
) -> None:
    strange = encode_long(0x08, 1, 0x51, b"nobody knows")
    broken = encode_long(0x08, 1, 0x72, b"short")
    with VirtualMeter(FileTelegrams([strange, broken, *_telegrams(100)])) as meter:
        one = house(_meter("hall", f"serial:{meter.port}", address=1, poll_s=0.02))
        with one.running():
            _until(lambda: one.readings() >= 1)
    first, second = one.journal.entry(1), one.journal.entry(2)
    assert first is not None
    assert second is not None
    assert (first.state, first.payload) == ("quarantined", strange)
    assert first.message.startswith("Unsupported: ")
    assert (second.state, second.payload) == ("quarantined", broken)
    assert second.message.startswith("DecodeError: ")
    (device,) = one.village.devices("meter")
    assert (device.last_error or "").startswith("Was der Zähler sagt, ist nicht lesbar")
    assert "(DecodeError: " in (device.last_error or "")
    assert not device.failing  # it was read since


def test_an_encrypted_telegram_tells_the_device_what_to_do(
    house: Callable[..., House], tmp_path: Path
) -> None:
    payload = bytes.fromhex("785634122440010755001005") + bytes(range(16))
    recording = tmp_path / "past.rec"
    recording.write_text(encode_long(0x08, 1, 0x72, payload).hex() + "\n")
    one = house(_meter("hall", f"replay:{recording}", protocol="telegrams", poll_s=60))
    with one.running():
        _until(lambda: any(device.last_error for device in one.village.devices("meter")))
    (device,) = one.village.devices("meter")
    assert "dorfhub meter key add" in (device.last_error or "")
    assert "(KeyRequired PAD-12345678)" in (device.last_error or "")


def test_a_recording_keeps_its_times_and_is_stored_once(
    house: Callable[..., House], tmp_path: Path
) -> None:
    frames = _telegrams(700)
    times = [NOON + timedelta(minutes=15 * number) for number in range(700)]
    recording = tmp_path / "past.rec"
    recording.write_text(
        "".join(format_line(at, Direction.RX, raw) for at, raw in zip(times, frames, strict=True))
    )
    one = house(_meter("hall", f"replay:{recording}", protocol="telegrams", poll_s=0.05))
    for _ in range(2):
        with one.running() as lines:
            _until(lambda: "700" in lines.status()[0].message)
    assert one.readings() == 700
    assert len(one.village.rounds_after(0)) == 2  # 500 and 200: few commits for many telegrams
    (device,) = one.village.devices("meter")
    rows = one.village.series(device.device, 0)
    assert [row.observed_at for row in rows] == [round(at.timestamp() * 1000) for at in times]
    assert {row.time_quality for row in rows} == {TimeQuality.RECORDED}
    energy = [row.energy_kwh or 0.0 for row in rows]
    assert energy == sorted(energy)


def test_a_recording_that_grows_is_read_on(house: Callable[..., House], tmp_path: Path) -> None:
    frames = _telegrams(2)
    recording = tmp_path / "past.rec"
    recording.write_text(format_line(NOON, Direction.RX, frames[0]))
    one = house(_meter("hall", f"replay:{recording}", protocol="telegrams", poll_s=0.02))
    with one.running():
        _until(lambda: one.readings() == 1)
        with recording.open("a") as file:
            file.write(format_line(NOON + timedelta(hours=1), Direction.RX, frames[1]))
        _until(lambda: one.readings() == 2)


def test_a_recording_with_damage_gives_the_rest(
    house: Callable[..., House], tmp_path: Path
) -> None:
    first, second, third = _telegrams(3)
    damaged = bytearray(second)
    damaged[20] ^= 0x04
    recording = tmp_path / "past.rec"
    recording.write_text(
        f"{first.hex()}\nno hex at all\n{bytes(damaged).hex()}\n"
        f"{third[:30].hex()}\n{third[30:].hex()}\nE5\n"
    )
    one = house(_meter("hall", f"replay:{recording}", protocol="telegrams", poll_s=60))
    with one.running():
        _until(lambda: one.readings() == 2)
    assert one.payloads() == [first, bytes(damaged), third]
    entry = one.journal.entry(2)
    assert entry is not None
    assert entry.state == "quarantined"
    assert "checksum" in entry.message


def test_real_telegrams_of_other_makers_pass_the_same_road(
    house: Callable[..., House], tmp_path: Path, shared_data: Path
) -> None:
    lines = (shared_data / "mbus_cases.jsonl").read_text().splitlines()
    cases = [json.loads(line) for line in lines]
    good = [case["hex"] for case in cases if case["kind"] == "ok" and case["media_class"] == "heat"]
    recording = tmp_path / "real.hex"
    recording.write_text("\n".join(good))
    one = house(_meter("many", f"replay:{recording}", protocol="telegrams", poll_s=60))
    with one.running():
        _until(lambda: one.readings() == len(good))
    devices = one.village.devices("meter")
    assert "mbus:KAM-06855817-08-04" in {device.device_id for device in devices}
    assert not one.journal.pending("village")


def test_a_listening_line_takes_what_comes(house: Callable[..., House]) -> None:
    first, second = _telegrams(2)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        one = house(_meter("push", f"tcp:127.0.0.1:{port}", protocol="telegrams"))
        with one.running():
            peer, _ = server.accept()
            with peer:
                peer.sendall(b"\x00noise\xe5" + first[:10])
                peer.sendall(first[10:] + b"\x68\x05\x04" + second + second)
                _until(lambda: one.readings() == 3)
    assert one.payloads() == [first, second, second]  # live: the same bytes twice are two events


def test_a_stop_does_not_wait_for_a_patient_line(house: Callable[..., House]) -> None:
    with VirtualMeter(HeatTelegrams(1, address=1)) as meter:
        one = house(_meter("absent", f"serial:{meter.port}", address=9, timeout_s=600))
        with one.running():
            time.sleep(0.1)  # the question is out; `running` then waits for the thread's end


def test_a_recorded_conversation_is_polled_to_its_end(
    house: Callable[..., House], tmp_path: Path
) -> None:
    recording = tmp_path / "talk.rec"
    with VirtualMeter(FileTelegrams(_telegrams(9))) as meter:
        live = house(_meter("hall", f"record:{recording}+serial:{meter.port}", address=1))
        with live.running():
            _until(lambda: live.readings() >= 4)
    seen = live.payloads()
    (tmp_path / "other").mkdir()
    again = House(tmp_path / "other", _meter("hall", f"replay:{recording}", address=1, poll_s=0.01))
    with again.running() as lines:
        _until(lambda: "gelesen" in lines.status()[0].message)
    assert again.payloads() == seen
    again.close()


def test_a_recording_that_is_absent_is_waited_for(
    house: Callable[..., House], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.collect.patient.LONGEST_PAUSE_S", 0.05)
    recording = tmp_path / "late.rec"
    one = house(_meter("hall", f"replay:{recording}", protocol="telegrams", poll_s=0.02))
    with one.running() as lines:
        _until(lambda: lines.status()[0].state == "degraded")
        recording.write_text(format_line(NOON, Direction.RX, _telegrams(1)[0]))
        _until(lambda: one.readings() == 1)
        assert lines.status()[0].state == "ok"


def test_a_bug_is_seen_and_not_swallowed(
    house: Callable[..., House], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Bug(Exception):
        pass

    def broken(*_: object) -> None:
        raise Bug

    with VirtualMeter(HeatTelegrams(1, address=1)) as meter:
        one = house(_meter("hall", f"serial:{meter.port}", address=1))
        monkeypatch.setattr("edge.collect.lines.poll", broken)
        with one.running() as lines:
            _until(lambda: lines.status()[0].state == "failed")
            assert "Bug" in lines.status()[0].message


def test_a_decoder_that_fails_quarantines_and_goes_on(
    house: Callable[..., House], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = _telegrams(2)

    def broken(raw: bytes) -> object:
        if raw == first:
            raise IndexError("list index out of range")
        return decode(raw)

    with VirtualMeter(FileTelegrams([first, second])) as meter:
        one = house(_meter("hall", f"serial:{meter.port}", address=1, poll_s=0.02))
        monkeypatch.setattr("edge.collect.intake.decode", broken)
        with one.running():
            _until(lambda: one.readings() >= 1)
    entry = one.journal.entry(1)
    assert entry is not None
    assert entry.state == "quarantined"
    assert "IndexError" in entry.message
