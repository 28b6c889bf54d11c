"""SIGKILL of any process at any moment: what was acknowledged is there, once.

The meter and the cuff keep their own books of what they were told was received (a toggled frame
count bit, a confirmed indication). After the kills those books are held against the stores, and
the village's rows against the county's lake.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from edge.config import Config, load
from edge.store.personal import PersonalStore
from hardware.ble import decode
from hardware.reading import Quantity
from sync.county import config as county_config
from sync.demo.world import Ports, World, wait_for

VICTIMS = ("collector", "worker", "sync", "web", "datasette", "supervisor")
MOMENT_S = (0.0, 1.2)  # between two kills: from "still starting" to "in the middle of work"
RISEN_S = 90.0  # by then a process has told where it is

HUB_TOML = """\
[hub]
name = "Prüfstand"
village = "Musterdorf"
state = "state"
[web]
port = {ports.web}
[datasette]
port = {ports.datasette}
[sync]
port = {ports.sync}
advertise = false
seal_after_s = 1
[radio]
kind = "virtual"
adapter = "{adapter}"
scan_interval_s = 0.5
[publish]
interval_s = 3
[[sites]]
site_id = "dgh"
name = "Dorfgemeinschaftshaus"
communal = true
[[meters]]
meter_id = "halle"
name = "Wärmezähler"
site_id = "dgh"
transport = "serial:{link}?baud=2400"
address = 1
poll_s = 0.2
timeout_s = 0.5
"""


class Stand:
    """A hub and its devices, whose supervisor is started again whenever it is killed."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.acknowledged = world.folder / "acknowledged.txt"
        self.confirmed = world.folder / "confirmed.txt"
        self.hub: subprocess.Popen[bytes] | None = None
        self.log = (world.folder / "hub.log").open("ab")

    def build(self) -> None:
        world, link = self.world, self.world.folder / "zaehler"
        meter = world.start(
            "sim-meter", "meter", "simulate", "--link", str(link), "--address", "1",
            "--seed", "3", "--acknowledged", str(self.acknowledged),
        )  # fmt: skip
        radio = world.start(
            "sim-radio", "ble", "simulate", "--stored", "5", "--every-s", "0.7",
            "--confirmed", str(self.confirmed),
        )  # fmt: skip
        world.ready_line(meter)
        ready = world.ready_line(radio)
        world.hub_toml.write_text(
            HUB_TOML.format(ports=world.ports, adapter=ready["hci"], link=link), encoding="utf-8"
        )
        world.call("init", str(world.village))
        self.start()
        for _ in wait_for(world, "the collector", 30):
            if self.pid("collector"):
                break
        world.on_hub("care", "person", "add", "Erika")
        world.on_hub("care", "consent", "give", "Erika", "--sentence", "Ich bin einverstanden.")
        world.on_hub("ble", "pair", "--wait-s", "40")
        cuff = f"ble:{ready['cuff'].replace(':', '')}"
        world.on_hub("care", "assign", cuff, "Erika")
        world.on_hub("care", "confirm", cuff, "Erika")  # its values name a user

    def start(self) -> None:
        self.hub = subprocess.Popen(
            [sys.executable, "-m", "sync", "--config", str(self.world.hub_toml), "serve"],
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=self.log,
        )

    def pid(self, name: str) -> int:
        """The process' number, 0 while it has none."""
        assert self.hub is not None
        if name == "supervisor":
            return self.hub.pid
        try:
            told = json.loads((self.config.hub.run_of(name) / f"{name}.json").read_text())
        except (OSError, ValueError):
            return 0
        pid = int(told["pid"])
        command = Path(f"/proc/{pid}/cmdline")
        return pid if command.exists() and str(self.world.hub_toml) in command.read_text() else 0

    def kill(self, name: str) -> bool:
        """Kill it if it lives; a killed supervisor is started again, as systemd would."""
        pid = self.pid(name)
        if not pid:
            return False
        os.kill(pid, signal.SIGKILL)
        if name == "supervisor":
            assert self.hub is not None
            self.hub.wait()
            self.start()
        return True

    def stop(self) -> None:
        assert self.hub is not None
        self.hub.terminate()
        assert self.hub.wait(30) == 0

    @property
    def config(self) -> Config:
        return load(self.world.hub_toml)


@pytest.fixture
def stand() -> Iterator[Stand]:
    with World() as world:
        one = Stand(world)
        try:
            one.build()
            yield one
        except BaseException:
            sys.stderr.write((world.folder / "hub.log").read_text()[-6000:])
            raise
        finally:
            if one.hub is not None and one.hub.poll() is None:
                one.hub.kill()
                one.hub.wait()
            one.log.close()


def test_a_few_kills(stand: Stand) -> None:
    _kills(stand, random.Random(8), 6)


@pytest.mark.soak
@pytest.mark.timeout(1200)
def test_fifty_kills(stand: Stand) -> None:
    _kills(stand, random.Random(50), 50)


def _kills(stand: Stand, rng: random.Random, count: int) -> None:
    world = stand.world
    county = world.county
    world.call("county", "init", str(county), "--name", "Kreis")
    for _ in wait_for(world, "the pull interface", 30):
        if stand.pid("sync"):
            break
    time.sleep(1.0)
    enrolled = json.loads(
        world.call("county", "enrol", f"http://127.0.0.1:{world.ports.sync}",
                   "--county", str(county), "--json")
    )  # fmt: skip
    world.call("county", "confirm", enrolled["hub"], "--county", str(county))
    world.on_hub("sync", "enrol", enrolled["county"])

    done, pulls, alive = 0, 0, time.monotonic()
    while done < count:
        time.sleep(rng.uniform(*MOMENT_S))
        name = VICTIMS[done % len(VICTIMS)] if done < len(VICTIMS) else rng.choice(VICTIMS)
        if stand.kill(name):
            done, alive = done + 1, time.monotonic()
        assert time.monotonic() < alive + RISEN_S, f"after {done} kills {name} does not come back"
        if done % 10 == 5 and pulls < done // 10 + 1:
            pulls += 1
            world.call("county", "pull", "--county", str(county), "--json", codes=(0, 1))
    _settle(stand)
    acknowledged = _lines(stand.acknowledged)
    confirmed = _lines(stand.confirmed)
    assert len(acknowledged) > count
    assert len(confirmed) > 5
    _every_telegram_once(stand, acknowledged)
    _every_indication_once(stand, confirmed)
    _lake_equals_village(stand)


def _settle(stand: Stand) -> None:
    """Silence the devices, then wait until nothing is on its way any more."""
    world = stand.world
    world.silence()
    journal = stand.config.hub.journal_db
    for _ in wait_for(world, "the journal to be decoded", 60):
        with closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as db:
            (waiting,) = db.execute("SELECT count(*) FROM entry WHERE state = 'new'").fetchone()
        if not waiting:
            break
    quiet = taken = 0
    for _ in wait_for(world, "the county to have all", 90, poll_s=1.5):
        said = world.call("county", "pull", "--county", str(world.county), "--json", codes=(0, 1))
        answer = json.loads(said)
        taken += answer["segments"]
        quiet = quiet + 1 if answer["segments"] == 0 else 0
        # a hub that was killed last may still be starting: that nothing comes says nothing then
        if quiet == (3 if taken else 15):
            break
    stand.stop()


def _lines(path: Path) -> list[str]:
    return path.read_text().upper().split()


def _every_telegram_once(stand: Stand, acknowledged: list[str]) -> None:
    hub = stand.config.hub
    with closing(sqlite3.connect(f"file:{hub.journal_db}?mode=ro", uri=True)) as db:
        entries = db.execute("SELECT id, hex(payload) FROM entry WHERE lane = 'village'").fetchall()
    with closing(sqlite3.connect(f"file:{hub.village_db}?mode=ro", uri=True)) as db:
        rows = Counter(n for (n,) in db.execute("SELECT journal_id FROM meter_reading"))
    assert set(rows.values()) == {1}, "a telegram became two readings"
    readings = Counter(payload for number, payload in entries if rows[number])
    told = Counter(acknowledged)  # its access number comes round, so a telegram may say the same
    lost = told - readings
    assert not lost, f"{lost.total()} of {told.total()} acknowledged telegrams are lost"
    # one may be stored and its acknowledgement cut off; what must not be is a second reading of it
    twice = [one for one, count in readings.items() if count > max(1, told[one])]
    assert not twice, f"{len(twice)} telegrams are stored twice"


def _every_indication_once(stand: Stand, confirmed: list[str]) -> None:
    config = stand.config
    with PersonalStore.open(config.hub.personal_db, config.personal.key_file) as personal:
        rows = personal.care_rows(personal.persons()[0].person, 0)
    stored = Counter((row.systolic_mmhg, row.diastolic_mmhg, row.pulse_per_min) for row in rows)
    told = Counter(_pressure(bytes.fromhex(one)) for one in confirmed)
    lost = told - stored
    assert not lost, f"{lost.total()} of {told.total()} confirmed indications are lost"
    # one indication may be stored and its confirmation cut off, to come again and be known
    more = stored - told
    assert more.total() <= 1, f"{more.total()} indications are stored twice"


def _pressure(indication: bytes) -> tuple[float | str, ...]:
    records = {record.quantity: record.value for record in decode("2A35", indication).records}
    return (
        records[Quantity.BLOOD_PRESSURE_SYSTOLIC],
        records[Quantity.BLOOD_PRESSURE_DIASTOLIC],
        records[Quantity.PULSE_RATE],
    )


_ASK_LAKE = """
import json, sys
from pathlib import Path
from sync.county import query
rows = query.frame(Path(sys.argv[1])).to_pylist()
print(json.dumps([
    (row["device"], round(row["observed_at"].timestamp() * 1000), row["value"])
    for row in rows if row["quantity"] == "energy"
]))
query.leave()
"""


def _lake_equals_village(stand: Stand) -> None:
    village = stand.config.hub.village_db
    with closing(sqlite3.connect(f"file:{village}?mode=ro", uri=True)) as db:
        rows = db.execute(
            "SELECT d.device_id, r.observed_at, r.energy_kwh FROM meter_reading r"
            " JOIN device d USING (device) WHERE r.energy_kwh IS NOT NULL"
        ).fetchall()
    # in a process of its own: Daft's threads live as long as their process
    asked = subprocess.run(
        [sys.executable, "-c", _ASK_LAKE, str(county_config.load(stand.world.county).lake)],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    there = Counter(tuple(row) for row in json.loads(asked.stdout))
    assert there == Counter(rows)


def test_ports_are_free_and_distinct() -> None:
    ports = Ports.free()
    assert len({ports.web, ports.datasette, ports.sync}) == 3
