"""Faults from the hub's own readings: counters each quarter of an hour become hours."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from edge.cadastre.faults import look
from edge.cli import root
from edge.config import Config, load
from edge.heat.faults.fault import Kind, from_object
from edge.heat.faults.limits import Said, usual
from edge.heat.faults.operation import Operation
from edge.store.village import VillageStore
from edge.store.village_county import Forecast, put_forecasts
from edge.store.village_rows import MeterRow
from hardware.reading import TimeQuality
from tests.made_faults import House, run

HUB = """
[hub]
name = "Hub"
village = "Holzheim"
[[sites]]
site_id = "halle"
name = "Halle"
communal = true
[[sites]]
site_id = "haus"
name = "Haus"
communal = false
"""
METER = """
[[meters]]
meter_id = "{0}"
name = "Zähler {0}"
site_id = "{1}"
transport = "serial:/dev/tty{0}"
"""
HOUR = 3_600_000


@pytest.fixture
def config(tmp_path: Path) -> Config:
    meters = ("halle-1", "halle"), ("neu", "halle")
    (tmp_path / "hub.toml").write_text(HUB + "".join(METER.format(*one) for one in meters))
    config = load(tmp_path / "hub.toml")
    config.hub.village_db.parent.mkdir(parents=True)
    return config


def told(village: VillageStore, meter: str, made: Operation, hours: int) -> int:
    """Let a meter say each hour what it counted until then; return when that ends."""
    device = village.device(f"wmbus:{meter}", meter_id=meter)
    energy, volume = (np.r_[0.0, np.cumsum(one)] for one in (made.heat, made.volume))
    rows = [
        MeterRow(
            (made.first_hour + at) * HOUR,
            device,
            TimeQuality.SYNCHRONISED,
            at,
            energy_kwh=round(float(energy[at]), 3),
            volume_m3=round(float(volume[at]), 4),
            flow_temperature_degc=round(float(made.flow_c[at]), 1),
            return_temperature_degc=round(float(made.return_c[at]), 1),
        )
        for at in range(hours)
    ]
    village.add_round(rows)
    return (made.first_hour + hours) * HOUR


def weather(village: VillageStore, made: Operation) -> None:
    rows = [
        Forecast(hour * HOUR, "K2204", hour * HOUR - HOUR, temperature_degc=float(temp))
        for hour, temp in enumerate(made.outdoor_c, made.first_hour)
    ]
    with village.connection.transaction() as driver:
        put_forecasts(driver, rows)


def test_communal_meters_are_looked_at_and_what_was_found_is_kept(config: Config) -> None:
    sick = run(House(night_c=20.0, return_c=58.0), seed=3)
    with VillageStore(config.hub.village_db) as village:
        village.sync_sites(config)
        now_ms = told(village, "halle-1", sick, sick.heat.size)
        told(village, "neu", sick, 30)
        told(village, "privat", sick, 600)
        weather(village, sick)
        said = {"halle-1": Said(loss_w_k=100.0)}
        found = look(village, config, usual(), said, now_ms)
        assert [one.meter for one in found] == ["halle-1", "neu"]
        verdict = found[0].verdict
        assert verdict is not None
        assert {one.kind for one in verdict.faults} == {Kind.SETBACK, Kind.RETURN_HIGH}
        assert {one.kind for one in verdict.unjudged} == {Kind.BOTH}
        assert found[1].verdict is None
        assert "Erst 29 Stunden" in found[1].why
        kept = village.heat_verdicts()
        assert [one.meter for one in kept] == ["halle-1", "neu"]
        assert from_object(json.loads(kept[0].text)) == verdict
        look(village, config, usual(), {}, now_ms)
        assert len(village.heat_verdicts()) == 2


def test_without_weather_or_with_a_coarse_counter_less_is_judged(config: Config) -> None:
    sick = run(House(night_c=20.0), days=120, seed=3)
    with VillageStore(config.hub.village_db) as village:
        village.sync_sites(config)
        coarse = Operation(
            sick.first_hour,
            np.diff(np.floor(np.r_[0.0, np.cumsum(sick.heat)] / 100) * 100),
            *(getattr(sick, one) for one in ("volume", "flow_c", "return_c", "cooling")),
            sick.outdoor_c,
            sick.leap,
        )
        now_ms = told(village, "halle-1", coarse, coarse.heat.size)
        (first, _) = look(village, config, usual(), {}, now_ms)
        assert first.verdict is not None
        why = {one.kind: one.why for one in first.verdict.unjudged}
        assert "Außentemperatur" in why[Kind.SETBACK]
        weather(village, sick)
        (first, _) = look(village, config, usual(), {}, now_ms)
        assert first.verdict is not None
        why = {one.kind: one.why for one in first.verdict.unjudged}
        assert "zu grob" in why[Kind.SETBACK]


def test_the_command_without_a_file_looks_at_the_hub(config: Config, tmp_path: Path) -> None:
    hub = ["--config", str(tmp_path / "hub.toml"), "heat", "faults"]
    with VillageStore(config.hub.village_db) as village:
        village.sync_sites(config)
    done = CliRunner().invoke(root, hub)
    assert done.exit_code == 0, done.output
    assert "Zähler halle-1 (halle-1)\nErst 0 Stunden sind gemessen" in done.output
    done = CliRunner().invoke(root, [*hub, "--json"])
    assert set(json.loads(done.output)) == {"halle-1", "neu"}
    done = CliRunner().invoke(root, [*hub, "--hot-water", "3"])
    assert (done.exit_code, "faults.toml" in done.output) == (2, True)
