from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from edge.collect import main
from edge.collect.lines import RecordedLine
from edge.collect.main import BugError, StuckError, run_collector, status_of
from edge.collect.sensors import Sensors
from edge.config import Config, load
from edge.process.heartbeat import Beat, Heartbeat, Part, read_folder
from edge.process.log import Log
from edge.store.setup import create
from hardware.sim.stick import Transmission, VirtualStick
from hardware.sim.stick_wire import HexWire
from hardware.wmbus.link import LinkFrame

PATIENCE_S = 20.0
TELEGRAM = (  # a cold water meter's answer, as it was captured
    "683C3C680808727803491177040E160A0000000C7878034911041331D40000426C0000441300000000046D0B0B"
    "CD130227000009FD0E0209FD0F060F00017513D316"
)
HUB = """
[hub]
name = "Haus"
village = "Dorf"

[[sites]]
site_id = "dgh"
name = "DGH"
communal = true

[[meters]]
meter_id = "alt"
name = "Aufzeichnung"
site_id = "dgh"
transport = "replay:recording.txt"
protocol = "telegrams"
poll_s = 0.1
"""


@pytest.fixture
def config(tmp_path: Path) -> Config:
    (tmp_path / "hub.toml").write_text(HUB)
    (tmp_path / "recording.txt").write_text(TELEGRAM + "\n")
    return load(tmp_path / "hub.toml")


@contextmanager
def collecting(config: Config) -> Iterator[tuple[threading.Event, list[BaseException]]]:
    """Run the collector in a thread; give its stop and, once it has ended, what it raised."""
    stop = threading.Event()
    raised: list[BaseException] = []

    def run() -> None:
        try:
            with Heartbeat(config.hub.run, "collector") as heartbeat:
                run_collector(config, stop, heartbeat, Log())
        except BaseException as error:  # noqa: BLE001 - handed to the test
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield stop, raised
    finally:
        stop.set()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


def wait(true: Callable[[], object]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < until
        time.sleep(0.02)


def beat(config: Config) -> Beat | None:
    return read_folder(config.hub.run).get("collector")


def part(config: Config, name: str) -> Part | None:
    found = beat(config)
    return next((one for one in found.parts if one.name == name), None) if found else None


def entries(config: Config) -> int:
    with closing(sqlite3.connect(config.hub.journal_db)) as journal:
        return int(journal.execute("SELECT count(*) FROM entry").fetchone()[0])


def state_of(config: Config, name: str) -> str:
    found = part(config, name)
    return found.state if found else ""


def test_collects_and_stops(config: Config) -> None:
    create(config)
    with collecting(config) as (_, raised):
        wait(lambda: state_of(config, "alt") == "ok")
        wait(lambda: state_of(config, "radio") == "off")
        found = beat(config)
        assert found
        assert found.state == "ok"
    assert raised == []
    assert entries(config) == 1


def test_waits_for_stores_that_cannot_be_opened(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(main, "RETRY_S", 0.05)
    config.hub.run.mkdir(parents=True)
    config.hub.journal_db.write_bytes(b"this is no database, but long enough to be one" * 100)
    with collecting(config) as (_, raised):
        wait(lambda: (found := beat(config)) and found.state == "degraded")
        found = beat(config)
        assert found
        assert "journal.db" in found.message
        config.hub.journal_db.unlink()
        create(config)
        wait(lambda: state_of(config, "alt") == "ok")
    assert raised == []


def test_stops_while_it_waits_for_stores(config: Config) -> None:
    config.hub.run.mkdir(parents=True)
    config.hub.journal_db.mkdir()
    with collecting(config) as (stop, raised):
        wait(lambda: (found := beat(config)) and found.state == "degraded")
        stop.set()
    assert raised == []


def test_a_bug_of_the_radio_leaves_the_lines_alone(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_self: Sensors, _stop: asyncio.Event) -> None:
        raise ZeroDivisionError("Rechenfehler")

    monkeypatch.setattr(Sensors, "run", broken)
    create(config)
    with collecting(config) as (_, raised):
        wait(lambda: state_of(config, "radio") == "failed")
        wait(lambda: state_of(config, "alt") == "ok")
        (config.source.parent / "recording.txt").write_text(f"{TELEGRAM}\n\n{TELEGRAM}\n")
        wait(lambda: entries(config) == 1)
    assert raised == []  # not before BUG_PAUSE_S


def test_a_bug_of_a_line_leaves_the_radio_alone_until_all_start_anew(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_self: RecordedLine) -> None:
        raise ZeroDivisionError("Rechenfehler")

    monkeypatch.setattr(RecordedLine, "_work", broken)
    monkeypatch.setattr(main, "BUG_PAUSE_S", 3.0)
    create(config)
    with collecting(config) as (_, raised):
        wait(lambda: state_of(config, "alt") == "failed")
        wait(lambda: state_of(config, "radio") == "off")
        wait(lambda: raised)
    assert isinstance(raised[0], BugError)
    assert "Rechenfehler" in str(raised[0])


def test_whoever_does_not_end_is_named(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    async def deaf(_self: Sensors, stop: asyncio.Event) -> None:
        await stop.wait()
        time.sleep(1.0)  # noqa: ASYNC251 - a driver's call that does not return

    monkeypatch.setattr(Sensors, "run", deaf)
    monkeypatch.setattr(main, "STOP_S", 0.2)
    create(config)
    with collecting(config) as (stop, raised):
        wait(lambda: state_of(config, "alt") == "ok")
        stop.set()
        wait(lambda: raised)
    assert isinstance(raised[0], StuckError)


def test_one_bad_part_degrades_the_whole() -> None:
    assert status_of((Part("a", "ok"), Part("radio", "off"))).state == "ok"
    status = status_of((Part("a", "degraded", "weg"), Part("b", "ok"), Part("c", "failed", "x")))
    assert (status.state, status.message) == ("degraded", "a: weg; c: x")


def test_receivers_and_lines_collect_side_by_side(tmp_path: Path) -> None:
    (tmp_path / "recording.txt").write_text(TELEGRAM + "\n")
    with VirtualStick(HexWire()) as stick:
        (tmp_path / "hub.toml").write_text(
            HUB
            + '[[receivers]]\nreceiver_id = "turm"\nkind = "raw_hex"\n'
            + f'transport = "serial:{stick.port}"\n'
            + '[[meters]]\nmeter_id = "kita"\nname = "Kita"\nsite_id = "dgh"\nprotocol = "wmbus"\n'
            'wireless = "KAM-76348799"\n'
        )
        config = load(tmp_path / "hub.toml")
        create(config)
        with collecting(config) as (_, raised):
            wait(lambda: state_of(config, "turm") == "ok")
            wait(lambda: state_of(config, "kita") == "waiting")
            found = beat(config)
            assert found
            assert found.state == "ok"
            payload = bytes.fromhex("7A01000000") + bytes(6)
            address = bytes.fromhex("2D2C998734761B04")
            stick.hear(Transmission(LinkFrame(0x44, address, payload).raw))
            wait(lambda: entries(config) == 2)
            wait(lambda: state_of(config, "kita") == "ok")
    assert raised == []
    with closing(sqlite3.connect(config.hub.village_db)) as village:
        assert village.execute("SELECT device, telegrams FROM heard_meter").fetchall() == [
            ("wmbus:KAM-76348799-1B-04", 1)
        ]
