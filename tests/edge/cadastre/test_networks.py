"""A network's forecast: the plant's meter or the sum of stations, from readings to words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from edge.cadastre import network_loads
from edge.cadastre.load_child import Due
from edge.cadastre.loads import FAILED
from edge.cadastre.network_loads import forecast_all
from edge.cadastre.network_view import (
    NO_METERS,
    network_key,
    network_view,
    networks_of,
    station_key,
)
from edge.cli import root
from edge.clock import Stamp
from edge.config import load
from edge.config.model import Config
from edge.heat.address import Streets
from edge.heat.assignment import Assignment
from edge.heat.network import Network
from edge.heat.said import Method, Said
from edge.store.village import VillageStore
from edge.store.village_county import Forecast, put_forecasts
from edge.store.village_forecast import LoadValue
from edge.store.village_heat import NewBuilding
from edge.store.village_rows import MeterRow
from edge.worker.load_watch import watch_load
from hardware.reading import TimeQuality
from tests.made_heat import BEGIN, Building, made

HOUR = 3_600_000
START = round(BEGIN.timestamp() * 1000)
DAYS = 75  # 60 are needed, with two weeks of forecasts made afterwards
NOW = START + DAYS * 24 * HOUR + 5 * HOUR + 60_000
SURE = TimeQuality.SYNCHRONISED
HEAT, TEMP = made(DAYS + 10, Building(noise=1.0))
HUB = """
[hub]
name = "Dorfhub"
village = "Dorf"
[web]
weather_station = "K1"
[[sites]]
site_id = "netz"
name = "Netz"
communal = true
"""
METER = """
[[meters]]
meter_id = "{0}"
name = "Zähler {0}"
site_id = "netz"
transport = "serial:/dev/ttyUSB{1}"
"""
NAMES = ("halle", "schule", "kita")
SIZES = {"halle": 1.0, "schule": 0.6, "werk": 2.0}


@pytest.fixture
def config(tmp_path: Path) -> Config:
    meters = "".join(METER.format(one, n) for n, one in enumerate((*NAMES, "werk")))
    (tmp_path / "hub.toml").write_text(HUB + meters, "utf-8")
    found = load(tmp_path / "hub.toml")
    found.hub.run.mkdir(parents=True)
    return found


@pytest.fixture
def village(config: Config) -> Iterator[VillageStore]:
    with VillageStore(config.hub.village_db) as store:
        for n, name in enumerate((*NAMES, "bach")):
            facts = {"type": "NWG", "network": "Süd", "station": name.title()}
            said = {
                key: Said(word, "x", date(2020, 1, 1), Method.SURVEY) for key, word in facts.items()
            }
            key = Streets().key("Dorf", "Weg", str(n + 1))
            (kept,) = store.keep_buildings([NewBuilding(key, f"Weg {n + 1}", "Dorf", said)], 1)
            if name in NAMES:
                one = Assignment(name, kept.building, date(2020, 1, 1))
                store.assign_meter(one, "x", Method.SURVEY, 1)
        rows = [
            Forecast(START + n * HOUR, "K1", min(NOW - 3 * HOUR, START + (n - 2) * HOUR),
                     temperature_degc=float(TEMP[n]), temperature_error_k=0.5)
            for n in range(DAYS * 24 + 100)
        ]  # fmt: skip
        with store.connection.transaction() as driver:
            put_forecasts(driver, rows)
        yield store


def read(village: VillageStore, meter: str, first: int = 0) -> None:
    total = np.r_[0.0, np.cumsum(HEAT * SIZES[meter])]
    number = village.device(f"mbus:{meter}", meter_id=meter, seen_at=START)
    village.add_round(
        [
            MeterRow(START + n * HOUR, number, SURE, 1, energy_kwh=float(total[n]))
            for n in range(first, (NOW - START) // HOUR + 1)
        ]
    )


def forecast(village: VillageStore, feeds: dict[str, str] | None = None, at: int = NOW) -> None:
    own = [(one, 3600.0) for one in (*NAMES, "werk")]
    for _ in forecast_all(village, Due((), ("Süd",), own, feeds or {}), "K1", at, SURE):
        pass


def hours(village: VillageStore, key: str) -> list[LoadValue]:
    number, _ = village.last_load(key) or (0, None)
    return village.load_values(number, "hour")


def test_a_network_without_a_plant_s_meter_is_the_sum_of_its_stations(
    config: Config, village: VillageStore
) -> None:
    read(village, "halle")
    read(village, "schule")
    forecast(village)
    found = hours(village, network_key("Süd"))
    parts = list(zip(hours(village, "halle"), hours(village, "schule"), strict=True))
    assert len(found) == len(parts) == 72
    for whole, (a, b) in zip(found, parts, strict=True):
        assert whole.expected_kwh == pytest.approx(a.expected_kwh + b.expected_kwh)
        assert whole.naive_kwh == pytest.approx((a.naive_kwh or 0) + (b.naive_kwh or 0))
        assert whole.temperature_degc == a.temperature_degc
        # both meters err alike, as made: nothing cancels out, and never more than both sides
        widest = a.high_kwh + b.high_kwh
        assert 0.95 * widest < whole.high_kwh <= widest + 1e-6
    (network,) = networks_of(village, [(one, "") for one in (*NAMES, "werk")], NOW)
    view = network_view(village, network, config.meters, "K1", NOW)
    assert view.load.doubts[0].startswith("Nicht enthalten, weil ohne Prognose je Stunde: kita.")
    assert "Übergabestationen ohne Zähler des Hubs: 1." in view.load.doubts[0]
    assert "Erfasst sind 2 von 4 Übergabestationen mit 2 von 4 Gebäuden." in view.basis
    lines = {one.name: one for one in view.stations}
    assert set(lines) == {"Halle", "Schule", "Kita"}  # a station without a meter is only counted
    assert (lines["Halle"].state, lines["Kita"].tomorrow) == ("", None)
    assert lines["Kita"].state.startswith("Von diesem Zähler gibt es noch keine")
    assert view.load.tomorrow is not None
    assert view.load.tomorrow.expected_kwh == pytest.approx(
        sum(one.tomorrow.expected_kwh for one in view.stations if one.tomorrow)
    )


def test_the_plant_s_meter_comes_first_and_without_it_the_stations(
    config: Config, village: VillageStore
) -> None:
    read(village, "halle")
    feeds = {"werk": "Süd"}
    forecast(village, feeds)
    _, made_ = village.last_load(network_key("Süd")) or (0, None)
    assert made_ is not None
    assert made_.why.startswith("Der Zähler am Heizwerk hat keine Prognose je Stunde.")
    assert hours(village, network_key("Süd")) == hours(village, "halle")
    read(village, "werk")
    forecast(village, feeds, NOW + HOUR)
    assert hours(village, network_key("Süd")) == hours(village, "werk")
    meters = [replace(one, feeds=feeds.get(one.meter_id, "")) for one in config.meters]
    (network,) = networks_of(village, [(one.meter_id, one.feeds) for one in meters], NOW)
    view = network_view(village, network, meters, "K1", NOW + HOUR)
    assert view.is_plant
    assert view.basis == (
        "Gerechnet am Zähler des Heizwerks (Zähler werk): mit den Verlusten des Netzes.",
    )


def test_what_came_is_compared_only_with_forecasts_of_the_same_meters(
    village: VillageStore,
) -> None:
    read(village, "halle")
    read(village, "schule")
    forecast(village)
    hour = NOW // HOUR * HOUR
    _, now = village.last_load(network_key("Süd")) or (0, None)
    assert now is not None
    for back in range(9, 0, -1):
        at = hour - back * 24 * HOUR
        some = [LoadValue("hour", at + n * HOUR, 1, 2.0, 1.0, 3.0, 2.0, None) for n in range(72)]
        double = [replace(one, expected_kwh=4.0, high_kwh=9.0) for one in some]
        for key, values in (("halle", some), ("schule", some), (network_key("Süd"), double)):
            village.keep_load(replace(now, meter=key, made_at=at), values)
    forecast(village, at=NOW + 1)
    score = village.load_score(network_key("Süd"), 24)
    assert score is not None
    assert (score.basis, score.count) == ("kept", 9 * 24)
    read(village, "werk")
    forecast(village, {"werk": "Süd"}, NOW + 24 * HOUR)  # the sums were of others
    assert village.load_score(network_key("Süd"), 24) == score


def test_a_station_of_two_meters_has_a_sum_of_its_own(
    config: Config, village: VillageStore
) -> None:
    number = village.cadastre()[0].number
    village.assign_meter(Assignment("schule", number, date(2020, 1, 1)), "x", Method.SURVEY, 1)
    read(village, "halle")
    read(village, "schule")
    forecast(village)
    key = station_key("Süd", "Halle und Schule")
    assert hours(village, key)[0].expected_kwh == pytest.approx(
        hours(village, "halle")[0].expected_kwh + hours(village, "schule")[0].expected_kwh
    )
    (network,) = networks_of(village, [(one, "") for one in NAMES], NOW)
    view = network_view(village, network, config.meters, "K1", NOW)
    assert view.stations[0].name == "Halle und Schule"
    assert view.stations[0].tomorrow is not None


def test_the_worker_makes_it_once_a_morning_in_a_process_of_its_own(
    config: Config, village: VillageStore
) -> None:
    stamp = Stamp(NOW, "boot", 0, SURE)
    outcome = watch_load(config, village, stamp)
    assert outcome.message == "ohne Prognose: halle, schule, kita, werk, netz:Süd"
    assert village.last_load(network_key("Süd")) is not None
    before = len(village.load_forecasts(network_key("Süd")))
    watch_load(config, village, Stamp(NOW + HOUR, "boot", 0, SURE))
    assert len(village.load_forecasts(network_key("Süd"))) == before
    found = list(forecast_all(village, Due((), ("Nord",)), "K1", NOW, SURE))
    assert [(one.meter, one.method, one.why) for one, _ in found] == [("netz:Nord", "", NO_METERS)]


def test_an_error_of_one_network_is_told_and_the_others_are_made(
    village: VillageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = network_loads.missing_text

    def broken(network: Network, told: Sequence[str]) -> str:
        if network.name == "Nord":
            raise ZeroDivisionError
        return whole(network, told)

    monkeypatch.setattr(network_loads, "missing_text", broken)
    read(village, "halle")
    read(village, "schule")
    own = [(one, 3600.0) for one in NAMES]
    found = list(forecast_all(village, Due((), ("Nord", "Süd"), own), "K1", NOW, SURE))
    said = {one.meter: (one.method, one.why, failed) for one, failed in found}
    assert said["netz:Nord"][:2] == ("", FAILED)
    assert "ZeroDivisionError" in said["netz:Nord"][2]
    assert (said["netz:Süd"][0], said["netz:Süd"][2]) == ("hourly", "")
    (kept,) = [one for _, one in village.load_forecasts(network_key("Nord"))]
    assert kept.why == FAILED


@pytest.mark.usefixtures("village")
def test_the_command_tells_people_and_programs(tmp_path: Path) -> None:
    def run(*words: str) -> tuple[int, str]:
        path = str(tmp_path / "hub.toml")
        done = CliRunner().invoke(root, ["--config", path, "heat", "forecast", *words])
        return done.exit_code, done.output

    code, text = run("--network", "Süd")
    assert code == 0, text
    assert "Süd" in text
    assert "Keine Prognose." in text
    code, text = run("--network", "Süd", "--json")
    found = json.loads(text[text.index("{") :])
    assert (code, found["network"], found["basis"]) == (0, "Süd", "stations")
    assert found["covered"]["of_stations"] == 4
    code, text = run("--network", "Nord")
    assert code == 1
    assert "Bekannt sind: „Süd“." in text
    assert run("halle", "--network", "Süd")[0] == 2
