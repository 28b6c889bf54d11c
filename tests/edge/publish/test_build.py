from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.config import Config
from edge.process.lifecycle import AlreadyRunning, only_one
from edge.publish import AuditFailed, build_current, build_into
from edge.publish import build as build_module
from edge.publish.build import Published
from edge.publish.errors import SourceUnreadable
from edge.publish.release import KEEP, current, releases
from edge.store.village import VillageStore
from edge.store.village_time import Offset, Placement, note_offset, note_placed
from hardware.reading import TimeQuality

NAME = "kommunale-waerme"
START = datetime(2026, 11, 20, 23, 0, tzinfo=UTC)  # midnight in Berlin
Point = tuple[datetime, float]
NOW = START + timedelta(days=10)


def query(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as connection:
        return connection.execute(sql).fetchall()


def served(config: Config) -> Path:
    release = current(config.hub.public, NAME)
    assert release is not None
    return release.path


def heat(config: Config, now: datetime) -> Published:
    """Publish; return what became of the heat of communal buildings."""
    return next(one for one in build_current(config, now) if one.cube == NAME)


def test_a_number_comes_out_as_it_was_measured(filled: Config) -> None:
    result = heat(filled, NOW)
    assert (result.outcome, result.hours, result.days) == ("published", 61, 3)
    path = served(filled)
    assert query(path, "SELECT * FROM site") == [("halle", "Dorfgemeinschaftshaus")]
    assert query(path, "SELECT DISTINCT site, site_name FROM waerme_stunde") == [
        ("halle", "Dorfgemeinschaftshaus")
    ]
    assert query(path, "SELECT tag, energie_kwh, vollstaendig FROM waerme_tag") == [
        ("2026-11-21", 240.0, 1),
        ("2026-11-22", 240.0, 1),
        ("2026-11-23", 120.0, 0),
    ]
    assert query(path, "SELECT value FROM _about WHERE name = 'lizenz_code'") == [
        ("dl-de/zero-2.0",)
    ]


def test_nothing_of_a_household_or_a_device_is_in_the_bytes(filled: Config) -> None:
    build_current(filled, NOW)
    content = served(filled).read_bytes()
    for secret in (b"haus-7", b"Haus 7", b"KAM-", b"mbus", b"76348799", b"halle-1", b"4711"):
        assert secret not in content


def test_what_came_in_1970_is_published_where_it_is_placed(
    filled: Config, add_readings: Callable[..., int]
) -> None:
    earlier = START - timedelta(hours=3)
    unset = datetime(1970, 1, 1, tzinfo=UTC)
    points = [(unset + timedelta(minutes=15 * n), 970 + 2.5 * n) for n in range(12)]
    number = add_readings(points, quality=TimeQuality.UNKNOWN)
    first = heat(filled, NOW)
    assert (first.outcome, first.hours) == ("published", 61)
    offset = Offset("boot", round(earlier.timestamp() * 1000), TimeQuality.SYNCHRONISED, 1)
    placements = [
        Placement(
            round(at.timestamp() * 1000),
            number,
            "mbus:KAM-76348799-27-04",
            offset.offset_ms + round((at - unset).total_seconds() * 1000),
            offset.quality,
        )
        for at, _ in points
    ]
    with VillageStore(filled.hub.village_db) as village, village.connection.transaction() as driver:
        note_placed(driver, placements, round(NOW.timestamp() * 1000))
        note_offset(driver, replace(offset, known_at=round(NOW.timestamp() * 1000)))
    second = heat(filled, NOW)
    assert (second.outcome, second.hours) == ("published", 64)
    early = query(
        served(filled),
        "SELECT beginn, energie_kwh, messungen, vollstaendig, zeit_gesichert FROM waerme_stunde"
        " ORDER BY beginn LIMIT 4",
    )
    assert [row[:3] for row in early] == [
        ("2026-11-20T20:00:00Z", 10.0, 4),
        ("2026-11-20T21:00:00Z", 10.0, 4),
        ("2026-11-20T22:00:00Z", 10.0, 4),
        ("2026-11-20T23:00:00Z", 10.0, 4),
    ]
    assert [row[3:] for row in early] == [(1, 1)] * 4
    assert heat(filled, NOW).outcome == "unchanged"


def test_the_certificate_names_the_file_that_passed(filled: Config) -> None:
    build_current(filled, NOW)
    path = served(filled)
    said = json.loads(path.with_suffix(".json").read_text("utf-8"))
    assert said["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (said["cube"], said["kind"], said["k"]) == (NAME, "communal_heat", 1)


def test_the_same_input_gives_the_same_bytes(filled: Config, tmp_path: Path) -> None:
    build_into(filled, tmp_path / "a", NOW)
    build_into(filled, tmp_path / "b", NOW + timedelta(days=1))
    first, second = (tmp_path / x / f"{NAME}-v000001.db" for x in "ab")
    assert first.read_bytes() == second.read_bytes()


def test_a_release_is_made_only_if_something_changed(
    filled: Config, add_readings: Callable[..., int]
) -> None:
    assert heat(filled, NOW).outcome == "published"
    assert heat(filled, NOW).outcome == "unchanged"
    add_readings(
        [(START + timedelta(days=4), 5.0)], meter="haus-7-1", device_id="mbus:KAM-222-27-04"
    )
    assert heat(filled, NOW).outcome == "unchanged"
    add_readings([(START + timedelta(hours=60, minutes=15), 1602.5)])
    assert heat(filled, NOW).outcome == "published"
    assert [release.number for release in releases(filled.hub.public, NAME)] == [1, 2]


def test_readings_of_a_time_to_come_stay_out(filled: Config) -> None:
    build_current(filled, START + timedelta(hours=2))
    assert query(served(filled), "SELECT max(beginn) FROM waerme_stunde") == [
        ("2026-11-21T01:00:00Z",)
    ]


def test_a_clock_that_ran_years_ahead_does_not_hide_the_present(
    filled: Config, add_readings: Callable[..., int]
) -> None:
    add_readings([(NOW + timedelta(days=3 * 365), 5000.0)])
    build_current(filled, NOW)
    assert query(served(filled), "SELECT count(*) FROM waerme_stunde") == [(61,)]


def test_what_is_older_than_the_cube_keeps_is_left_out(
    filled: Config, add_readings: Callable[..., int]
) -> None:
    add_readings([(START - timedelta(days=500), 5.0), (START - timedelta(days=300), 6.0)])
    build_current(filled, NOW)
    assert query(served(filled), "SELECT min(tag) FROM waerme_tag") == [("2026-01-25",)]


def test_readings_of_an_unset_clock_are_published_as_such(
    config: Config, add_readings: Callable[..., int], steady: Callable[..., list[Point]]
) -> None:
    add_readings(steady(2), quality=TimeQuality.UNKNOWN)
    build_current(config, NOW)
    assert query(served(config), "SELECT DISTINCT zeit_gesichert FROM waerme_stunde") == [(0,)]


def test_a_meter_whose_site_the_database_and_the_configuration_disagree_on_stays_out(
    filled: Config,
) -> None:
    moved = replace(
        filled,
        meters=tuple(replace(meter, site_id="haus-7") for meter in filled.meters),
    )
    build_current(moved, NOW)
    assert query(served(filled), "SELECT count(*) FROM waerme_stunde") == [(0,)]


def test_a_building_that_is_no_longer_communal_takes_its_past_with_it(filled: Config) -> None:
    build_current(filled, NOW)
    private = replace(filled, sites=tuple(replace(site, communal=False) for site in filled.sites))
    build_current(private, NOW)
    assert query(served(filled), "SELECT count(*) FROM waerme_stunde") == [(0,)]
    build_current(private, NOW)
    assert [release.number for release in releases(filled.hub.public, NAME)] == [2]


def test_without_a_communal_site_nothing_is_ever_published(filled: Config) -> None:
    private = replace(filled, sites=())
    assert heat(private, NOW).outcome == "nothing"
    assert list(filled.hub.public.glob("*.db")) == []


def test_a_whole_year_of_irregular_numbers_passes(
    config: Config, add_readings: Callable[..., int], steady: Callable[..., list[Point]]
) -> None:
    """Enough pages that SQLite leaves free blocks and fragments in them."""
    year = steady(400 * 24, every_s=3600, start=NOW - timedelta(days=400))
    add_readings(
        [(at, energy + number * number % 97 / 7) for number, (at, energy) in enumerate(year)]
    )
    result = heat(config, NOW)
    assert (result.outcome, result.hours) == ("published", 9601)
    assert query(served(config), "PRAGMA integrity_check") == [("ok",)]


def test_earlier_releases_are_kept_up_to_a_bound(
    filled: Config, add_readings: Callable[..., int], steady: Callable[..., list[Point]]
) -> None:
    at, energy = steady(60)[-1]
    for number in range(1, KEEP + 4):
        add_readings([(at + number * timedelta(minutes=5), energy + number)])
        assert heat(filled, NOW).outcome == "published"
    build_current(filled, NOW)
    kept = [release.number for release in releases(filled.hub.public, NAME)]
    assert kept == list(range(4, KEEP + 4))
    assert len(list(filled.hub.public.glob("*.json"))) == KEEP


def test_what_the_auditor_refuses_is_not_published(
    filled: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = build_module.heat_rows

    def leaky(*arguments: object) -> object:
        rows = honest(*arguments)  # type: ignore[arg-type]
        rows["site"].append(("haus-7", "Haus 7"))
        return rows

    monkeypatch.setattr(build_module, "heat_rows", leaky)
    with pytest.raises(AuditFailed) as caught:
        build_current(filled, NOW)
    assert "site[site=haus-7]: the site is not declared communal" in caught.value.findings[0]
    assert [path.name for path in filled.hub.public.iterdir()] == [".publish.lock"]


def test_a_missing_village_is_said_with_what_to_do(config: Config) -> None:
    config.hub.village_db.unlink()
    with pytest.raises(SourceUnreadable, match=r"village\.db") as caught:
        build_current(config, datetime.now(UTC))
    assert caught.value.hint


def test_two_builders_do_not_meet(filled: Config) -> None:
    filled.hub.public.mkdir()
    with only_one(filled.hub.public, ".publish"), pytest.raises(AlreadyRunning):
        build_current(filled, NOW)
