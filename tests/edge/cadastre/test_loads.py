"""Forecasts of communal meters: from readings and weather in village.db, to village.db."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from edge.cadastre import load_child
from edge.cadastre.apart import ApartError
from edge.cadastre.load_child import Due, forecast_apart
from edge.cadastre.load_view import load_view
from edge.cadastre.loads import Wanted, forecast_load
from edge.clock import Stamp
from edge.store.village import VillageStore
from edge.store.village_county import Forecast, Normal, put_forecasts, put_normals
from edge.store.village_forecast import KEPT_MS, LoadForecast, LoadValue
from edge.store.village_rows import MeterRow
from hardware.reading import TimeQuality
from tests.made_heat import BEGIN, Building, made

HOUR = 3_600_000
START = round(BEGIN.timestamp() * 1000)
DAYS = 95  # from 1 January: heated until the end
NOW = START + DAYS * 24 * HOUR + 5 * HOUR + 60_000
SURE = TimeQuality.SYNCHRONISED
HEAT, TEMP = made(DAYS + 10, Building(noise=1.0))


@pytest.fixture
def village(tmp_path: Path) -> Iterator[VillageStore]:
    with VillageStore(tmp_path / "village.db") as store:
        yield store


def _read(
    village: VillageStore,
    first: int = 0,
    until_h: int | None = None,
    *,
    step: float = 0.001,
    every_h: int = 1,
    quality: TimeQuality = SURE,
    device: str = "mbus:KAM-1",
) -> None:
    """Read the meter each hour and a bit, from hour ``first`` until now or ``until_h``."""
    number = village.device(device, meter_id="werk", seen_at=START)
    end = (NOW - START) // HOUR if until_h is None else until_h
    total = np.r_[0.0, np.cumsum(HEAT)]
    rows = [
        MeterRow(
            START + n * HOUR, number, quality, 1,
            energy_kwh=float(np.floor(total[n] / step) * step) if n % 7 else None,
        )
        for n in range(first, end + 1, every_h)
    ]  # fmt: skip
    # every seventh says nothing of energy, but half an hour later another one does
    rows += [
        MeterRow(
            one.observed_at + 5 * 60_000, number, quality, 1,
            energy_kwh=float(np.floor(total[(one.observed_at - START) // HOUR] / step) * step),
        )
        for one in rows
        if one.energy_kwh is None
    ]  # fmt: skip
    village.add_round(sorted(rows, key=lambda one: one.observed_at))


def _tell(village: VillageStore, first: int, until: int, error_k: float | None = 0.5) -> None:
    made_at = NOW - 3 * HOUR
    rows = [
        Forecast(
            START + n * HOUR, "K1", min(made_at, START + (n - 2) * HOUR),
            temperature_degc=round(float(TEMP[n]), 2), temperature_error_k=error_k,
        )
        for n in range(first, until)
    ]  # fmt: skip
    with village.connection.transaction() as driver:
        put_forecasts(driver, rows)


def _usual(village: VillageStore, *, mean: bool = True) -> None:
    rows = []
    for day in range(1, 367):
        usual = 10 - 9 * np.cos(2 * np.pi * (day - 20) / 366)
        rows.append(Normal("K1", day, usual if mean else None, usual - 4, usual + 4))
    rows.append(Normal("K1", 60))
    with village.connection.transaction() as driver:
        put_normals(driver, rows)


def _made(village: VillageStore, pace_s: float | None = 3600.0) -> LoadForecast:
    return forecast_load(village, Wanted("werk", pace_s), "K1", NOW, SURE)


def _came(first_ms: int, hours: int) -> float:
    at = (first_ms - START) // HOUR
    return float(HEAT[at : at + hours].sum())


def test_hours_and_days_come_as_they_will_with_the_county_s_weather(village: VillageStore) -> None:
    _read(village)
    _tell(village, 0, (DAYS + 8) * 24)
    found = _made(village)
    assert (found.method, found.weather, found.why) == ("hourly", "county", "")
    assert found.heard_until == NOW // HOUR * HOUR
    assert found.fit_days > 70
    number, kept = village.last_load("werk") or (0, None)
    assert kept == found
    hours, days = village.load_values(number, "hour"), village.load_values(number, "day")
    assert len(hours) == 72
    assert hours[0].begin == NOW // HOUR * HOUR
    actual = np.array([_came(one.begin, 1) for one in hours])
    expected = np.array([one.expected_kwh for one in hours])
    naive = np.array([one.naive_kwh for one in hours], dtype=float)
    assert np.abs(expected - actual).mean() < 0.6 * np.nanmean(np.abs(naive - actual))
    inside = sum(one.low_kwh <= came <= one.high_kwh for one, came in zip(hours, actual))  # noqa: B905
    assert inside > 45
    assert [one.hours for one in days] == [24, 24]
    for one in days:
        assert one.low_kwh <= one.expected_kwh <= one.high_kwh
        assert one.expected_kwh == pytest.approx(_came(one.begin, 24), rel=0.15)
        assert one.expected_kwh == pytest.approx(
            sum(h.expected_kwh for h in hours if one.begin <= h.begin < one.begin + 24 * HOUR)
        )
    assert len(village.load_values(number, "signature")) == 4
    score = village.load_score("werk", 24)
    assert score is not None
    assert score.basis == "rehearsed"
    assert (score.cv_rmse_percent or 99) < (score.naive_cv_rmse_percent or 0)


def test_what_came_is_compared_with_what_was_forecast(village: VillageStore) -> None:
    _read(village, first=(DAYS - 20) * 24)  # too short to forecast, long enough to compare
    _read(village, until_h=(DAYS - 21) * 24, device="mbus:KAM-0")
    _tell(village, 0, (DAYS + 8) * 24)
    for back in range(9, 0, -1):
        at = NOW // HOUR * HOUR - back * 24 * HOUR
        kept = LoadForecast("werk", at, SURE, "hourly", "county", at, 70, at, "")
        hours = [at + n * HOUR for n in range(72)]
        village.keep_load(kept, [_expected(begin) for begin in hours])
    _made(village)
    score = village.load_score("werk", 24)
    assert score is not None
    assert (score.basis, score.count) == ("kept", 9 * 24)
    assert score.nmbe_percent == pytest.approx(6.0, abs=0.5)
    assert (score.coverage80_percent or 0) == pytest.approx(100.0)
    assert score.naive_cv_rmse_percent is None
    view = load_view(village, "werk", "Heizwerk", "K1", NOW)
    assert view.quality.startswith("Die Prognosen der letzten vier Wochen lagen")
    assert "100 von 100 Stunden" in view.quality
    assert view.quality.endswith("um 6 % zu viel.")


def _expected(begin: int) -> LoadValue:
    came = _came(begin, 1) * 1.06
    return LoadValue("hour", begin, 1, came, came * 0.8, came * 1.2, None, None)


@pytest.mark.parametrize(
    ("until_h", "normals", "weather"),
    [(40, True, "part"), (2, True, "normals"), (2, False, "season")],
)
def test_without_weather_the_band_is_wider(
    village: VillageStore, until_h: int, weather: str, *, normals: bool
) -> None:
    _read(village)
    _tell(village, 0, DAYS * 24 + until_h)
    if normals:
        _usual(village, mean=until_h == 40)
    found = _made(village)
    number, _ = village.last_load("werk") or (0, None)
    last = village.load_values(number, "hour")[-1]
    _tell(village, 0, (DAYS + 8) * 24)
    assert _made(village).weather == "county"
    number, _ = village.last_load("werk") or (0, None)
    sure = village.load_values(number, "hour")[-1]
    assert (found.method, found.weather) == ("hourly", weather)
    assert last.high_kwh - last.low_kwh > 1.5 * (sure.high_kwh - sure.low_kwh)
    text = load_view(village, "werk", "Heizwerk", "K1", NOW)
    assert text.doubts == ()


@pytest.mark.parametrize("normals", [True, False])
def test_weather_that_came_lately_is_not_learnt_from(
    village: VillageStore, *, normals: bool
) -> None:
    _read(village)
    _tell(village, (DAYS - 20) * 24, (DAYS + 8) * 24, None)
    if normals:
        _usual(village)
    found = _made(village)
    assert (found.method, found.weather) == ("hourly", "normals" if normals else "none")
    assert found.why.startswith("Wetter und Wärme liegen erst von ")
    view = load_view(village, "werk", "Heizwerk", "K1", NOW)
    assert view.doubts == (found.why,)
    assert view.weather.startswith("Ohne Wetter")
    assert (view.hours[0].temperature_degc is not None) == normals


def test_too_short_a_series_is_said_to_be_one(village: VillageStore) -> None:
    _read(village, first=(DAYS - 20) * 24)
    _tell(village, 0, (DAYS + 8) * 24)
    found = _made(village)
    assert found.method == ""
    assert found.why == "Gemessen sind erst etwa 20 Tage, gebraucht werden 60."
    view = load_view(village, "werk", "Heizwerk", "K1", NOW)
    assert view.doubts == (f"Keine Prognose. {found.why}",)
    assert view.sum_text == view.peak_text == ""


@pytest.mark.parametrize("hours", [2, 71])
@pytest.mark.parametrize("normals", [True, False])
def test_a_meter_of_its_first_three_days_is_told_too_short(
    village: VillageStore, hours: int, *, normals: bool
) -> None:
    _read(village, first=(NOW - START) // HOUR - hours)
    _tell(village, 0, (DAYS + 8) * 24)
    if normals:
        _usual(village)
    found = _made(village)
    assert (found.method, found.why[:20]) == ("", "Gemessen sind erst e")


def test_a_meter_without_readings_and_one_of_unknown_time_are_told(village: VillageStore) -> None:
    assert _made(village).why.startswith("Von diesem Zähler gibt es noch keine")
    _read(village, quality=TimeQuality.UNKNOWN)
    found = _made(village)
    assert (found.method, found.heard_until) == ("", None)
    assert found.why.startswith("Von diesem Zähler gibt es noch keine")


@pytest.mark.parametrize(("step", "pace_s", "every_h"), [(500.0, 3600.0, 1), (0.001, 86_400.0, 24)])
def test_what_tells_of_days_only_is_forecast_by_days(
    village: VillageStore, step: float, pace_s: float, every_h: int
) -> None:
    _read(village, step=step, every_h=every_h)
    _tell(village, 0, (DAYS + 8) * 24)
    found = _made(village, pace_s)
    assert (found.method, found.weather) == ("daily", "county")
    view = load_view(village, "werk", "Heizwerk", "K1", NOW)
    assert view.hours == ()
    assert view.tomorrow is not None
    assert view.tomorrow.expected_kwh == pytest.approx(_came(view.tomorrow.begin, 24), rel=0.25)
    assert view.sum_text.startswith("Morgen, ")
    assert view.peak_text == ""
    assert view.quality == "Wie gut die Prognosen sind, zeigt sich nach etwa einer Woche."


def test_a_meter_that_was_exchanged_goes_on(village: VillageStore) -> None:
    _read(village, until_h=40 * 24)
    _read(village, first=40 * 24 + 3, device="mbus:KAM-2")
    _tell(village, 0, (DAYS + 8) * 24)
    found = _made(village)
    assert (found.method, found.fit_days > 70) == ("hourly", True)


def test_silence_old_forecasts_and_old_weather_are_told(village: VillageStore) -> None:
    empty = load_view(village, "werk", "Heizwerk", "K1", NOW)
    assert empty.doubts == ("Noch keine Prognose. Sie entsteht am Morgen von selbst.",)
    _read(village, until_h=DAYS * 24 - 24)
    _tell(village, 0, (DAYS + 8) * 24)
    _made(village)
    silent = load_view(village, "werk", "Heizwerk", "K1", NOW)
    assert [one[:25] for one in silent.doubts] == ["Der Zähler schweigt seit "]
    later = load_view(village, "werk", "Heizwerk", "K1", NOW + 40 * HOUR)
    assert [one.split(" ")[0] for one in later.doubts] == ["Diese", "Der", "Seit"]


def test_old_forecasts_go_after_two_months(village: VillageStore) -> None:
    _made(village)
    made = LoadForecast("werk", NOW + KEPT_MS + 1, SURE, "", "none", None, 0, None, "")
    village.keep_load(made, [])
    assert [one for _, one in village.load_forecasts("werk")] == [made]


def test_a_process_of_its_own_does_it(tmp_path: Path) -> None:
    with VillageStore(tmp_path / "village.db") as village:
        _read(village, first=(DAYS - 20) * 24)
    stamp = Stamp(NOW, "boot", 0, SURE)
    done = forecast_apart(tmp_path / "village.db", Due([("werk", 900.0)]), "", stamp)
    assert [(one.meter, one.method) for one in done] == [("werk", "")]
    with VillageStore(tmp_path / "village.db") as village:
        assert village.last_load("werk") is not None
    with pytest.raises(ApartError, match="does not exist") as caught:
        forecast_apart(tmp_path / "no" / "village.db", Due([("werk", 900.0)]), "", stamp)
    assert caught.value.hint == "Bitte zuerst `dorfhub init` ausführen."


def test_a_process_that_takes_too_long_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load_child, "LIMIT_S", 0.01)
    with pytest.raises(ApartError, match="too slow"):
        forecast_apart(tmp_path / "village.db", Due([]), "", Stamp(NOW, "boot", 0, SURE))


def test_neither_page_nor_worker_load_numpy() -> None:
    code = (
        "import sys, edge.cadastre.load_view, edge.worker.load_watch, edge.web.desk.load;"
        "import json; print(json.dumps('numpy' in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert json.loads(done.stdout) is False


def test_now_is_a_spring_morning() -> None:
    assert datetime.fromtimestamp(NOW / 1000, UTC).isoformat()[:10] == "2023-04-06"
