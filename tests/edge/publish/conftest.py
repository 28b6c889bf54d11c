"""A hub on disk with a communal hall, a household and their meters."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.config import Config, Meter, load
from edge.store.village import VillageStore
from edge.store.village_rows import MeterRow
from hardware.reading import TimeQuality

HUB = """
[hub]
name = "Dorfhub Holzheim"
village = "Holzheim"

[[sites]]
site_id = "halle"
name = "Dorfgemeinschaftshaus"
communal = true

[[sites]]
site_id = "haus-7"
name = "Haus 7"
communal = false

[[meters]]
meter_id = "halle-1"
name = "Wärmezähler Halle"
site_id = "halle"
transport = "serial:/dev/ttyUSB0"
"""

START = datetime(2026, 11, 20, 23, 0, tzinfo=UTC)  # midnight in Berlin

Points = Iterable[tuple[datetime, float | None]]
AddReadings = Callable[..., int]
Steady = Callable[..., list[tuple[datetime, float]]]


@pytest.fixture
def config(tmp_path: Path) -> Config:
    file = tmp_path / "hub.toml"
    file.write_text(HUB, "utf-8")
    config = load(file)
    # hub.toml may not name it, yet neither page nor snapshot may rely on that
    household = Meter("haus-7-1", "Zähler Haus 7", "haus-7", "serial:/dev/ttyUSB1")
    config = replace(config, meters=(*config.meters, household))
    config.hub.state.mkdir()
    with VillageStore(config.hub.village_db) as village:
        village.sync_sites(config)
    return config


@pytest.fixture
def add_readings(config: Config) -> AddReadings:
    """Store readings of one meter and return its device number."""

    def add(
        points: Points,
        *,
        meter: str = "halle-1",
        device_id: str = "mbus:KAM-76348799-27-04",
        quality: TimeQuality = TimeQuality.SYNCHRONISED,
    ) -> int:
        with VillageStore(config.hub.village_db) as village:
            device = village.device(device_id, meter_id=meter)
            village.sync_sites(config)
            rows = [
                MeterRow(
                    round(at.timestamp() * 1000),
                    device,
                    quality,
                    4711,
                    energy_kwh=energy,
                    power_kw=12.0,
                    flow_temperature_degc=68.24,
                    return_temperature_degc=44.0,
                )
                for at, energy in points
            ]
            village.add_round(rows)
        return device

    return add


def _steady(
    hours: float, *, kw: float = 10.0, every_s: int = 900, start: datetime = START
) -> list[tuple[datetime, float]]:
    """Return readings of a counter that rises by ``kw``, from ``start`` on."""
    count = round(hours * 3600 / every_s)
    step = timedelta(seconds=every_s)
    return [(start + n * step, round(1000 + n * kw * every_s / 3600, 3)) for n in range(count + 1)]


@pytest.fixture
def steady() -> Steady:
    """Readings of a counter that rises evenly."""
    return _steady


@pytest.fixture
def filled(config: Config, add_readings: AddReadings) -> Config:
    """The hub with two days and a half of both meters."""
    add_readings(_steady(60))
    add_readings(_steady(60, kw=3), meter="haus-7-1", device_id="mbus:KAM-222-27-04")
    return config
