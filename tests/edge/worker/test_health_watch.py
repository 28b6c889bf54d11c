"""How the hub itself is: quarters, starts, and who is heard, counted once and without names."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

import pytest

from edge.clock import FixedClock
from edge.config import Config, load
from edge.process.heartbeat import Heartbeat, Status
from edge.store.village import VillageStore
from edge.store.village_health import KEPT_DAYS, HubDay, Look
from edge.store.village_rows import HeardMeter, MeterRow
from edge.worker import health_watch
from edge.worker.health_watch import HealthWatch, free_step
from edge.worker.node import worker_jobs
from hardware.reading import TimeQuality

HUB = """
[hub]
name = "Hub"
village = "Dorf"
[[sites]]
site_id = "halle"
name = "Halle"
communal = true
[[meters]]
meter_id = "halle-1"
name = "Halle"
site_id = "halle"
transport = "serial:/dev/ttyUSB0"
[[meters]]
meter_id = "hof"
name = "Hof"
site_id = "halle"
air = "outdoor"
protocol = "wmbus"
wireless = "ELV-00112233"
[[receivers]]
receiver_id = "dach"
kind = "raw_hex"
transport = "tcp:127.0.0.1:9"
mode = "C1+T1"
"""
MIDNIGHT = 1_795_474_800_000  # 24 November 2026 in Berlin
MINUTE = 60_000
DAY = 1440 * MINUTE


@pytest.fixture
def config(tmp_path: Path) -> Config:
    (tmp_path / "hub.toml").write_text(HUB)
    found = load(tmp_path / "hub.toml")
    found.hub.run.mkdir(parents=True)
    found.hub.open_data_run.mkdir(parents=True)
    return found


@pytest.fixture
def village(config: Config) -> Iterator[VillageStore]:
    with VillageStore(config.hub.village_db) as opened:
        opened.sync_sites(config)
        yield opened


def only(village: VillageStore, day: str = "9999") -> HubDay:
    (found,) = village.hub_days(day)
    return found


def parts(day: HubDay) -> dict[str, tuple[int, int]]:
    return {part: (quarters, starts) for part, quarters, starts in day.parts}


def test_a_quarter_of_an_hour_counts_once(config: Config, village: VillageStore) -> None:
    watch, clock = HealthWatch(config), FixedClock(MIDNIGHT)
    with (
        Heartbeat(config.hub.run, "worker") as worker,
        Heartbeat(config.hub.open_data_run, "datasette"),
    ):
        worker.write(Status("ok"))
        for _ in range(12):
            watch.run(village, clock.stamp())
            clock.advance(5 * MINUTE)
            worker.write(Status("ok"))
    watch.run(village, clock.stamp())  # the hour's end: both said goodbye
    found = only(village)
    assert (found.day, found.quarters, found.synchronised) == ("2026-11-24", 5, 5)
    assert parts(found) == {"worker": (4, 0), "datasette": (4, 0)}
    assert found.free == free_step(config)


def test_a_look_that_tells_nothing_new_writes_nothing(
    config: Config, village: VillageStore
) -> None:
    watch, clock = HealthWatch(config), FixedClock(MIDNIGHT)
    with Heartbeat(config.hub.run, "worker"), closing(sqlite3.connect(config.hub.village_db)) as db:
        watch.run(village, clock.stamp())
        before = db.execute("PRAGMA data_version").fetchone()
        clock.advance(5 * MINUTE)
        watch.run(village, clock.stamp())
        assert db.execute("PRAGMA data_version").fetchone() == before
        clock.advance(10 * MINUTE)
        watch.run(village, clock.stamp())
        assert db.execute("PRAGMA data_version").fetchone() != before


def test_what_was_seen_before_the_clock_was_set_finds_its_day(
    config: Config, village: VillageStore
) -> None:
    watch = HealthWatch(config)
    clock = FixedClock(86_400_000, TimeQuality.UNKNOWN)
    with Heartbeat(config.hub.run, "worker"):
        for _ in range(6):
            assert watch.run(village, clock.stamp()).state == "waiting"
            clock.advance(5 * MINUTE)
        assert village.hub_days("9999") == []
        clock.wall_ms, clock.quality = MIDNIGHT + 10 * MINUTE, TimeQuality.SYNCHRONISED
        watch.run(village, clock.stamp())
    before, after = village.hub_days("9999")
    assert (before.day, before.quarters, before.unknown) == ("2026-11-23", 2, 2)
    assert (after.day, after.quarters, after.unknown, after.synchronised) == (
        "2026-11-24", 1, 1, 0,
    )  # fmt: skip


def look(quarter: int, **more: object) -> Look:
    values: dict[str, object] = {
        "day": "2026-11-24", "quarter": quarter, "quality": "held", "version": "1.0", "free": 50,
        "boot": "a", "alive": {"web": 5}, "heard": {},
    }  # fmt: skip
    return Look(**{**values, **more})  # type: ignore[arg-type]


def test_starts_of_the_machine_and_of_its_parts_are_told_apart(village: VillageStore) -> None:
    village.note_looks(
        [
            look(1),
            look(2, alive={"web": 6}),  # it was started anew
            look(2, alive={"web": 7}),  # and again, in the same quarter
            look(3, boot="b", alive={"web": 5, "sync": 9}, free=5),
            look(4, boot="b", alive={"web": 5, "sync": 9}),
        ]
    )
    found = only(village)
    assert (found.quarters, found.starts, found.free) == (4, 1, 5)
    assert parts(found) == {"web": (4, 2), "sync": (2, 0)}


def test_a_clock_that_is_put_back_counts_nothing_twice(village: VillageStore) -> None:
    village.note_looks([look(n) for n in (1, 2, 3, 1, 2, 3, 4)])
    assert only(village).quarters == 4
    assert parts(only(village)) == {"web": (4, 0)}


def test_days_to_come_and_long_gone_are_forgotten(village: VillageStore) -> None:
    village.note_looks([look(1, day="2025-10-01"), look(90_000, day="2031-01-01")])
    village.note_looks([look(2)])
    assert [one.day for one in village.hub_days("9999")] == ["2026-11-24"]
    for table in ("hub_part_day", "hub_heard_day"):
        assert village.connection.rows(f"SELECT * FROM {table} WHERE day <> '2026-11-24'") == []  # noqa: S608
    assert parts(only(village)) == {"web": (1, 0)}
    assert KEPT_DAYS == 400


def heard(number: int, medium: str, at: int) -> HeardMeter:
    return HeardMeter(
        f"wmbus:KAM-{number:08d}-1B-07", "KAM", f"{number:08d}", 27, medium, "", at, at, 1, -70
    )


def test_who_is_heard_is_counted_by_kind_and_never_below_five(
    config: Config, village: VillageStore
) -> None:
    now = MIDNIGHT + 60 * MINUTE
    village.note_heard(
        [
            *(heard(n, "cold water", now) for n in range(12)),
            *(heard(100 + n, "heat", now) for n in range(4)),  # too few
            *(heard(200 + n, "gas", MIDNIGHT - 1) for n in range(9)),  # yesterday
            heard(300, "room sensor", now),
        ]
    )
    device = village.device("mbus:KAM-76348799-27-04", meter_id="halle-1", seen_at=now)
    village.device("wmbus:ELV-00112233-01-1B", meter_id="hof", seen_at=now)
    village.device("mbus:KAM-1-27-04", meter_id="haus-7-1", seen_at=now)  # nobody's business
    village.device("ble:C0", kind="ble", seen_at=now)
    village.sync_sites(config)
    village.add_round([MeterRow(now, device, TimeQuality.SYNCHRONISED, 1, energy_kwh=1.0)])
    HealthWatch(config).run(village, FixedClock(now).stamp())
    assert only(village).heard == (("air", True, 1), ("heat", True, 1), ("water", False, 10))


@pytest.mark.parametrize(
    ("free", "step"), [(0, 0), (4, 0), (5, 5), (24, 10), (25, 25), (49, 25), (100, 50)]
)
def test_room_is_told_in_steps(
    config: Config, monkeypatch: pytest.MonkeyPatch, free: int, step: int
) -> None:
    usage = health_watch.shutil._ntuple_diskusage(200, 200 - 2 * free, 2 * free)  # type: ignore[attr-defined]
    monkeypatch.setattr(health_watch.shutil, "disk_usage", lambda _: usage)
    assert free_step(config) == step


def test_the_table_has_no_names(config: Config, village: VillageStore) -> None:
    """Only what is listed here may be kept of the hub: a column more is a decision."""
    with ExitStack() as stack:
        for name in ("worker", "kamera-erna"):
            stack.enter_context(Heartbeat(config.hub.run, name)).write(Status("ok", "bei Erna"))
        HealthWatch(config).run(village, FixedClock(MIDNIGHT).stamp())
    assert list(parts(only(village))) == ["worker"]
    columns = {
        str(row[0])
        for table in ("hub_day", "hub_part_day", "hub_heard_day", "hub_part")
        for row in village.connection.rows("SELECT name FROM pragma_table_info(?)", (table,))
    }
    assert columns == {
        "day", "newest", "quarters", "synchronised", "unknown", "version", "free", "starts",
        "part", "kind", "communal", "count", "boot", "pid",
    }  # fmt: skip


@pytest.mark.parametrize("is_on", [True, False])
def test_hub_toml_says_whether_it_is_counted(config: Config, is_on: bool) -> None:  # noqa: FBT001
    said = replace(config, publish=replace(config.publish, health=is_on))
    with worker_jobs(said) as jobs:
        assert any(job.name == "health" for job in jobs) == is_on
