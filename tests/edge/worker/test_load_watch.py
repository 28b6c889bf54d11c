"""When a forecast of heat is due, and that it is made in a process of its own."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.clock import Stamp
from edge.config import Config, load
from edge.store.village import VillageStore
from edge.store.village_county import Forecast, put_forecasts
from edge.store.village_forecast import LoadForecast
from edge.worker import load_watch
from edge.worker.jobs import Outcome
from edge.worker.load_watch import due, forecast_meters, watch_load
from hardware.reading import TimeQuality

HUB = """
[hub]
name = "Dorfhub"
village = "Dorf"
[[sites]]
site_id = "netz"
name = "Netz"
communal = true
[[meters]]
meter_id = "werk"
name = "Heizwerk"
site_id = "netz"
transport = "serial:/dev/ttyUSB0"
"""
HOUR = 3_600_000
SURE = TimeQuality.SYNCHRONISED
METERS = [("werk", 900.0)]


@pytest.fixture
def config(tmp_path: Path) -> Config:
    (tmp_path / "hub.toml").write_text(HUB, "utf-8")
    found = load(tmp_path / "hub.toml")
    found.hub.run.mkdir(parents=True)
    return found


@pytest.fixture
def village(config: Config) -> Iterator[VillageStore]:
    with VillageStore(config.hub.village_db) as store:
        yield store


def _at(hour: int, minute: int = 0) -> int:
    return round(datetime(2026, 1, 20, hour, minute, tzinfo=UTC).timestamp() * 1000)


def _kept(village: VillageStore, at: int, weather_at: int | None = None) -> None:
    made = LoadForecast("werk", at, SURE, "", "none", weather_at, 0, None, "")
    village.keep_load(made, [])


def _told(village: VillageStore, made_at: int) -> None:
    with village.connection.transaction() as driver:
        put_forecasts(driver, [Forecast(made_at + 9 * HOUR, "K1", made_at, 4.0)])


def test_it_is_due_at_first_and_each_morning(village: VillageStore) -> None:
    assert due(village, METERS, "", _at(3)) == METERS
    _kept(village, _at(3))
    assert due(village, METERS, "", _at(3, 59)) == []  # 4:59 in Germany
    assert due(village, METERS, "", _at(4)) == METERS
    _kept(village, _at(4))
    assert due(village, METERS, "", _at(22, 59)) == []
    assert due(village, METERS, "", _at(4) + 24 * HOUR) == METERS


def test_it_is_due_when_newer_weather_came(village: VillageStore) -> None:
    _kept(village, _at(6))
    _told(village, _at(5))
    assert due(village, METERS, "K1", _at(7)) == METERS
    assert due(village, METERS, "K2", _at(7)) == []
    _kept(village, _at(7), _at(5))
    assert due(village, METERS, "K1", _at(8)) == []
    _told(village, _at(8))
    assert due(village, METERS, "K1", _at(8)) == METERS


def test_the_meters_of_hub_toml_are_forecast(config: Config) -> None:
    assert forecast_meters(config) == METERS


def test_the_job_makes_one_and_then_has_nothing_to_do(
    config: Config, village: VillageStore
) -> None:
    unknown = Stamp(_at(6), "boot", 0, TimeQuality.UNKNOWN)
    assert watch_load(config, village, unknown).state == "waiting"
    stamp = Stamp(_at(6), "boot", 0, SURE)
    assert watch_load(config, village, stamp) == Outcome("ok", "ohne Prognose: werk")
    made = village.last_load("werk")
    assert made is not None
    assert made[1].why.startswith("Von diesem Zähler gibt es noch keine Ablesungen")
    assert watch_load(config, village, stamp) == Outcome()


def test_a_hub_without_numpy_says_so(
    config: Config, village: VillageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert importlib.util.find_spec("numpy") is not None
    monkeypatch.setattr(load_watch, "find_spec", lambda _: None)
    found = watch_load(config, village, Stamp(_at(6), "boot", 0, SURE))
    assert (found.state, "numpy" in found.message) == ("waiting", True)
