"""The hub itself as open data: days and steps, what leaves it, and what the auditor refuses."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from datasette.app import Datasette

from edge.config import Config
from edge.publish import AuditFailed, audit_health, build_current, health
from edge.publish import build as build_module
from edge.publish.audit import audit
from edge.publish.cube import cube_named
from edge.publish.release import current, releases
from edge.store.village import VillageStore
from edge.store.village_health import HubDay, Look
from edge.store.village_rows import HeardMeter
from tests.releases import ask, forged, outcome, query, served

NAME = "hubzustand"
CUBE = cube_named(NAME)
NOW = datetime(2026, 11, 27, 9, 7, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 24, 23, tzinfo=UTC)  # of 25 November in Berlin
QUARTER = timedelta(minutes=15)


def look(at: datetime, **more: object) -> Look:
    local = (at + timedelta(hours=1)).date()
    values: dict[str, object] = {
        "day": local.isoformat(),
        "quarter": round(at.timestamp()) // 900,
        "quality": "synchronised",
        "version": "0.9.2",
        "free": 50,
        "boot": "b1",
        "alive": {"supervisor": 11, "web": 12},
        "heard": {("heat", True): 1, ("water", False): 15},
        **more,
    }
    return Look(**values)  # type: ignore[arg-type]


def note(config: Config, *looks: Look) -> None:
    with VillageStore(config.hub.village_db) as village:
        village.note_looks(looks)


def day(config: Config, begin: datetime, missing: int = 0, **more: object) -> None:
    note(config, *(look(begin + n * QUARTER, **more) for n in range(96 - missing)))


def heat_meter(config: Config) -> None:
    with VillageStore(config.hub.village_db) as village:
        village.device("mbus:KAM-76348799-27-04", meter_id="halle-1")
        village.sync_sites(config)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Set the auditor's own clock, which is the machine's, to the tests' time."""
    monkeypatch.setattr(audit_health, "now", lambda: NOW)
    return monkeypatch


@pytest.fixture
def lived(config: Config) -> Config:
    """A hub with a whole day, one with a power cut, and one that is not over."""
    heat_meter(config)
    day(config, MIDNIGHT)
    day(config, MIDNIGHT + timedelta(days=1), missing=5, boot="b2", quality="held", free=10)
    note(config, look(NOW, boot="b3"))
    return config


def test_days_that_are_over_are_told_in_steps(lived: Config) -> None:
    assert outcome(lived, NAME, NOW) == "published"
    assert query(lived, NAME, "SELECT * FROM hub_tag") == [
        ("2026-11-25", 100, "abgeglichen", "0.9.2", 50, 0),
        ("2026-11-26", 90, "gestellt", "0.9.2", 10, 1),
    ]
    assert query(lived, NAME, "SELECT * FROM teil_tag WHERE tag = '2026-11-26'") == [
        ("2026-11-26", "Aufsicht", 90, 0),
        ("2026-11-26", "Seiten", 90, 0),
    ]
    assert query(lived, NAME, "SELECT DISTINCT art, wo, anzahl FROM gehoert_tag") == [
        ("Wasserzähler", "über Funk im Dorf", 15),
        ("Wärmezähler", "Gebäude der Gemeinde", 1),
    ]
    assert outcome(lived, NAME, NOW + timedelta(hours=1)) == "unchanged"
    assert dict(query(lived, NAME, "SELECT * FROM _about"))["letzter_tag"] == "2026-11-26"  # type: ignore[arg-type]


def test_nothing_is_told_on_the_first_day(config: Config) -> None:
    note(config, look(NOW))
    assert outcome(config, NAME, NOW) == "nothing"


def test_no_moment_of_a_day_is_told(lived: Config) -> None:
    """Two hubs that were off at other times of the same day publish the same."""
    outcome(lived, NAME, NOW)
    before = served(lived, NAME).path.read_bytes()
    with closing(sqlite3.connect(lived.hub.village_db)) as village:
        village.execute("UPDATE hub_day SET newest = newest + 5")
        village.execute("UPDATE hub_part SET newest = newest + 5, pid = pid + 1000, boot = 'b9'")
        village.commit()
    assert outcome(lived, NAME, NOW) == "unchanged"
    assert b"b2" not in before
    for quarter in range(24 * 60 // 15):
        assert f"{quarter // 4:02d}:{quarter % 4 * 15:02d}".encode() not in before


def test_a_day_that_the_hub_slept_through_is_none_percent(config: Config) -> None:
    day(config, MIDNIGHT - timedelta(days=2), heard={})
    note(config, look(MIDNIGHT + timedelta(days=1), alive={}, heard={}))
    outcome(config, NAME, NOW)
    assert query(config, NAME, "SELECT tag, lebenszeichen_prozent, uhr FROM hub_tag") == [
        ("2026-11-23", 100, "abgeglichen"),
        ("2026-11-24", 0, None),
        ("2026-11-25", 0, None),
        ("2026-11-26", 0, "abgeglichen"),
    ]


@pytest.mark.parametrize(("local", "quarters"), [("2026-10-25", 100), ("2026-03-29", 92)])
def test_days_when_the_clock_is_changed_have_more_or_fewer_quarters(
    local: str, quarters: int
) -> None:
    that = date.fromisoformat(local)
    assert health.share(CUBE, that, quarters) == 100
    assert health.share(CUBE, that, quarters - 1) == 95
    assert health.share(CUBE, that, quarters // 2) == 50


def test_switched_off_it_leaves_the_open_data(lived: Config) -> None:
    outcome(lived, NAME, NOW)
    off = replace(lived, publish=replace(lived.publish, health=False))
    build_current(off, NOW)
    build_current(off, NOW + timedelta(hours=1))
    assert query(off, NAME, "SELECT count(*) FROM hub_tag") == [(0,)]
    assert len(releases(off.hub.public, NAME)) == 1
    verdict = audit(served(off, NAME).path, CUBE, {}, None, off.hub.village_db)
    assert verdict.passed


def test_a_place_that_is_given_up_leaves_its_days_as_they_were(lived: Config) -> None:
    with VillageStore(lived.hub.village_db) as village:
        village.sync_sites(replace(lived, sites=()))
    assert outcome(lived, NAME, NOW) == "published"
    said = "SELECT DISTINCT anzahl FROM gehoert_tag WHERE wo LIKE 'Geb%'"
    assert query(lived, NAME, said) == [(1,)]


def test_more_than_the_village_had_on_a_day_is_refused_though_it_was_counted(
    config: Config,
) -> None:
    """A count that took households' meters for the village's own, kept as it was counted."""
    heat_meter(config)
    day(config, MIDNIGHT, heard={("heat", True): 2})
    with pytest.raises(AuditFailed, match="more than the municipality has"):
        build_current(config, NOW)


def test_a_hub_that_never_told_has_nothing_to_take_back(lived: Config) -> None:
    off = replace(lived, publish=replace(lived.publish, health=False))
    assert outcome(off, NAME, NOW) == "nothing"
    assert current(off.hub.public, NAME) is None


def test_a_version_is_numbers_alone(config: Config) -> None:
    day(config, MIDNIGHT, version="0.9.2+dev.erna-laptop", heard={})
    outcome(config, NAME, NOW)
    assert query(config, NAME, "SELECT fassung FROM hub_tag LIMIT 1") == [("0.9.2",)]


FORGERIES = {
    "today": "INSERT INTO hub_tag VALUES ('2026-11-27', 0, NULL, NULL, NULL, 0)",
    "a minute": "UPDATE hub_tag SET tag = '2026-11-26T07:15' WHERE tag = '2026-11-26'",
    "a finer share": "UPDATE hub_tag SET lebenszeichen_prozent = 94 WHERE tag = '2026-11-26'",
    "another share": "UPDATE hub_tag SET lebenszeichen_prozent = 95 WHERE tag = '2026-11-26'",
    "a part's finer share": "UPDATE teil_tag SET lebenszeichen_prozent = 94",
    "a part that is none": "UPDATE teil_tag SET teil = 'Pflege' WHERE teil = 'Seiten'",
    "free room in megabytes": "UPDATE hub_tag SET frei_ab_prozent = 47",
    "more room": "UPDATE hub_tag SET frei_ab_prozent = 50",
    "words as a version": "UPDATE hub_tag SET fassung = 'bei Erna'",
    "another version": "UPDATE hub_tag SET fassung = '1.0'",
    "words as a clock": "UPDATE hub_tag SET uhr = 'um 7.15 Uhr'",
    "a better clock": "UPDATE hub_tag SET uhr = 'abgeglichen'",
    "fewer starts": "UPDATE hub_tag SET neustarts = 0",
    "starts of a whole day": "UPDATE hub_tag SET neustarts = 11",
    "a part's starts": "UPDATE teil_tag SET neustarts = 2",
    "one household more": "UPDATE gehoert_tag SET anzahl = 16 WHERE wo LIKE 'über%'",
    "four households": "UPDATE gehoert_tag SET anzahl = 4 WHERE wo LIKE 'über%'",
    "another count of households": "UPDATE gehoert_tag SET anzahl = 10 WHERE wo LIKE 'über%'",
    "households' as the village's": "UPDATE gehoert_tag SET wo = 'Gebäude der Gemeinde'"
    " WHERE wo LIKE 'über%'",
    "a care sensor": "UPDATE gehoert_tag SET art = 'Blutdruckmesser' WHERE wo LIKE 'über%'",
    "more than there are": "UPDATE gehoert_tag SET anzahl = 2 WHERE wo LIKE 'Geb%'",
    "a day that is left out": "DELETE FROM hub_tag WHERE tag = '2026-11-25'",
    "a note": "INSERT INTO _about VALUES ('wlan', 'Halle')",
}


@pytest.mark.parametrize("what", FORGERIES)
def test_the_auditor_refuses_what_is_not_so(lived: Config, tmp_path: Path, what: str) -> None:
    outcome(lived, NAME, NOW)
    path = forged(served(lived, NAME), FORGERIES[what], tmp_path)
    assert not audit(path, CUBE, {}, None, lived.hub.village_db).passed


def _today_too(cube: object, days: list[HubDay], today: date) -> object:
    return _WHOLE(cube, days, today + timedelta(days=1))  # type: ignore[arg-type]


def _unrounded(cube: object, that: date, quarters: int) -> int:
    del cube, that
    return quarters * 100 // 96


def _all_meters(cube: object, one: HubDay) -> list[tuple[object, ...]]:
    del cube
    return [
        (one.day, "Wasserzähler", "über Funk im Dorf", count - 2)
        for _, communal, count in one.heard
        if not communal
    ]


def _every_start(cube: object, days: list[HubDay], today: date) -> object:
    return _WHOLE(cube, [replace(one, starts=0) for one in days], today)  # type: ignore[arg-type]


_WHOLE = health.health_rows


@pytest.mark.parametrize(
    ("where", "name", "wrong"),
    [
        (build_module, "health_rows", _today_too),
        (build_module, "health_rows", _every_start),
        (health, "share", _unrounded),
        (health, "_heard", _all_meters),
        (health, "_parts", lambda _, __, one: [(one.day, "Küche von Erna", 100, 0)]),
    ],
    ids=["the day that is not over", "starts are hushed up", "finer", "households", "a person"],
)
def test_a_wrong_builder_is_refused(
    lived: Config, monkeypatch: pytest.MonkeyPatch, where: object, name: str, wrong: object
) -> None:
    monkeypatch.setattr(where, name, wrong)
    with closing(sqlite3.connect(lived.hub.village_db)) as village:
        before = village.execute("SELECT * FROM hub_day").fetchall()
        with pytest.raises(AuditFailed, match=NAME):
            build_current(lived, NOW)
        assert village.execute("SELECT * FROM hub_day").fetchall() == before
    assert current(lived.hub.public, NAME) is None


def test_a_builder_that_reads_another_store_is_refused(
    lived: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counts that come from elsewhere than the counted days, say from the care sensors' list."""

    def with_care(config: Config, today: date) -> list[HubDay]:
        days = read(config, today)
        return [replace(one, heard=(*one.heard, ("other", False, 25))) for one in days]

    read = build_module.read_health
    monkeypatch.setattr(build_module, "read_health", with_care)
    with pytest.raises(AuditFailed, match="andere Zähler"):
        build_current(lived, NOW)


def test_open_data_show_it_in_german(lived: Config) -> None:
    outcome(lived, NAME, NOW)

    async def questions(datasette: Datasette) -> None:
        page = (await datasette.client.get(f"/{NAME}/hub_tag")).text
        assert "Der Hub je Tag" in page
        assert "Lebenszeichen des Hubs am Tag" in page
        assert "abgeglichen" in page
        found = await datasette.client.get(f"/{NAME}/teil_tag.json?_shape=array")
        assert {one["teil"] for one in json.loads(found.text)} == {"Aufsicht", "Seiten"}

    ask(lived, questions)


def test_who_is_heard_on_the_air_names_nobody(lived: Config) -> None:
    with VillageStore(lived.hub.village_db) as village:
        village.note_heard(
            [HeardMeter("wmbus:KAM-47114711-1B-07", "KAM", "47114711", 1, "water", "", 1, 2, 3, -7)]
        )
    outcome(lived, NAME, NOW)
    content = served(lived, NAME).path.read_bytes()
    assert b"47114711" not in content
    assert b"KAM" not in content
