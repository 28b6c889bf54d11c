"""The page of tomorrow's heat: what it says and draws."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from edge.store.village import VillageStore
from edge.store.village_forecast import LoadValue
from edge.web.desk.load import _chart
from tests.edge.web.desk.conftest import Hall, words
from tests.furnish_load import furnish
from tests.hall import NOW_MS


def _hours(tmp_path: Path) -> list[LoadValue]:
    with VillageStore(tmp_path / "village.db") as village:
        furnish(village, NOW_MS)
        number, _ = village.last_load("halle-1") or (0, None)
        return village.load_values(number, "hour")


def test_a_hub_without_meters_says_so(hall: Hall) -> None:
    assert "In hub.toml steht kein Wärmezähler" in words(hall.get("/pult/waermelast"))


def test_the_drawing_holds_every_value(tmp_path: Path) -> None:
    hours = _hours(tmp_path)
    chart = _chart(hours)
    assert chart is not None
    points = [one.split(",") for one in chart.band.split(" ")]
    assert len(points) == 2 * 72
    assert all(0 <= float(y) <= 240 for _, y in points)
    assert chart.scale == ("16", "8", "0")
    assert chart.axis == ("Mo 6 Uhr", "Mo 18 Uhr", "Di 6 Uhr", "Di 18 Uhr", "Mi 6 Uhr", "Mi 18 Uhr")
    assert len(chart.midnights) == 3
    assert len(chart.rows) == 72
    assert len(chart.naive) == len(chart.temperature) == 1
    assert chart.summary.startswith("Am meisten Mittwoch, 25.11., 11 Uhr: 12 kW.")


def test_what_is_not_known_is_not_drawn(tmp_path: Path) -> None:
    hours = [
        replace(one, naive_kwh=None if n == 9 else one.naive_kwh, temperature_degc=None)
        for n, one in enumerate(_hours(tmp_path))
    ]
    chart = _chart(hours)
    assert chart is not None
    assert len(chart.naive) == 2
    assert chart.temperature == chart.degrees == ()
    assert chart.rows[9][3:] == ("–", "–")
    assert _chart([]) is None


def test_a_frost_has_a_scale_of_its_own(tmp_path: Path) -> None:
    hours = [replace(one, temperature_degc=-7.0) for one in _hours(tmp_path)]
    chart = _chart(hours)
    assert chart is not None
    assert chart.degrees == ("−5", "−10")
    hours = [replace(one, high_kwh=0.2, expected_kwh=0.1, naive_kwh=0.1) for one in hours]
    chart = _chart(hours)
    assert chart is not None
    assert chart.scale == ("1,0", "0,5", "0")
