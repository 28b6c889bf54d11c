"""The weather page: nothing guessed, nothing that has passed, and how old it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from edge.clock import FixedClock
from edge.config import Config, load
from edge.store import village_county
from edge.store.village import VillageStore
from edge.store.village_county import Forecast, Normal
from edge.web.app import create_app
from edge.web.weather import ENOUGH_HOURS, Weather, gather
from edge.web.words import local
from hardware.reading import TimeQuality

NOW = 1_795_443_840_000  # Monday, 23 November 2026, 15:24 in Wetterfeld
HOUR = 3_600_000
FIRST = NOW // HOUR * HOUR


@pytest.fixture
def config(tmp_path: Path) -> Config:
    file = tmp_path / "hub.toml"
    file.write_text('[hub]\nname = "Hub"\nvillage = "Holzheim"\n', "utf-8")
    found = load(file)
    found.hub.run.mkdir(parents=True)
    VillageStore(found.hub.village_db).close()
    return found


def put(config: Config, *rows: Forecast | Normal, **settings: object) -> None:
    with VillageStore(config.hub.village_db) as village, village.connection.transaction() as driver:
        village_county.put_forecasts(driver, [one for one in rows if isinstance(one, Forecast)])
        village_county.put_normals(driver, [one for one in rows if isinstance(one, Normal)])
        for name, value in settings.items():
            village_county.put_setting(driver, bytes(32), name.replace("_", "-"), value, 1)


def hours(
    count: int,
    degc: Callable[[int], float | None] = lambda n: float(n % 24),
    *,
    first: int = FIRST,
    made: int = FIRST - 9 * HOUR,
    station: str = "K2204",
    rain: float | None = 0.0,
) -> list[Forecast]:
    return [
        Forecast(first + n * HOUR, station, made, temperature_degc=degc(n), precipitation_mm=rain)
        for n in range(count)
    ]


def seen(config: Config, quality: TimeQuality = TimeQuality.SYNCHRONISED) -> Weather:
    return gather(config, FixedClock(NOW, quality=quality))


def test_nothing_was_sent(config: Config) -> None:
    found = seen(config)
    assert found == Weather(nothing="Der Kreis hat noch kein Wetter für dieses Dorf geschickt.")
    page = create_app(config, FixedClock(NOW)).test_client()
    assert "noch kein Wetter" in page.get("/wetter").get_data(as_text=True)
    assert 'aria-labelledby="wetter"' not in page.get("/").get_data(as_text=True)


def test_days_hours_and_how_old_it_is(config: Config) -> None:
    day = local(NOW).replace(year=2000).timetuple().tm_yday
    put(config, *hours(80, lambda n: 3.2 + n / 10), Normal("K2204", day, 4.0, 1.2, 6.8))
    found = seen(config)
    assert found.today == "3 bis 4 °C"  # nine hours are left of today
    assert [one.name for one in found.days] == [
        "heute",
        "Dienstag, 24. November 2026",
        "Mittwoch, 25. November 2026",
        "Donnerstag, 26. November 2026",
    ]
    assert found.days[0].usual == "üblich sind 1 bis 7 °C"
    assert (found.days[1].usual, found.days[1].rain) == ("", "trocken")
    assert found.days[1].expected == "4 bis 6 °C"
    assert found.as_of == "Stand der Vorhersage: heute um 6:00 Uhr."
    assert found.doubt == ""
    assert found.chart is not None
    assert len(found.chart.rows) == 48
    assert found.chart.scale == ("10", "5", "0")
    assert len(found.chart.lines) == 1


def test_the_newest_forecast_counts_and_none_of_a_clock_ahead(config: Config) -> None:
    put(config, *hours(30, lambda _: 1.0, made=FIRST - 30 * HOUR))
    put(config, *hours(30, lambda _: 2.0, made=FIRST - 5 * HOUR))
    assert seen(config).today == "2 °C"
    put(config, *hours(30, lambda _: 9.0, made=NOW + 1))
    assert "9" not in seen(config).today


def test_an_old_one_says_so(config: Config) -> None:
    put(config, *hours(60, made=FIRST - 37 * HOUR))
    found = seen(config)
    assert "alt" in found.doubt
    assert found.as_of == "Stand der Vorhersage: gestern um 2:00 Uhr."
    page = create_app(config, FixedClock(NOW)).test_client()
    assert found.doubt in page.get("/wetter").get_data(as_text=True)


def test_what_has_passed_is_not_what_comes(config: Config) -> None:
    put(config, *hours(40, first=FIRST - 40 * HOUR), Normal("K2204", 328, 4.0))
    found = seen(config)
    assert found.chart is None
    assert found.nothing == "Es liegt keine Vorhersage für die nächsten Tage vor."
    assert found.today == "üblich sind 4 °C"
    page = create_app(config, FixedClock(NOW)).test_client()
    assert "Für heute: üblich sind 4 °C" in page.get("/").get_data(as_text=True)
    text = page.get("/wetter").get_data(as_text=True)
    assert "Was üblich ist" in text
    assert "<polyline" not in text


def test_without_a_clock_nothing_is_of_today(config: Config) -> None:
    put(config, *hours(60))
    found = seen(config, TimeQuality.UNKNOWN)
    assert "Uhr" in found.nothing
    assert (found.today, found.days, found.chart) == ("", (), None)


def test_gaps_are_gaps(config: Config) -> None:
    put(config, *hours(48, lambda n: None if 10 <= n < 14 or n == 20 else -3.0, rain=None))
    found = seen(config)
    assert found.chart is not None
    assert len(found.chart.lines) == 3
    assert ("unbekannt", "unbekannt") in {row[1:] for row in found.chart.rows}
    assert found.days[0].rain == ""
    assert found.days[0].expected == "−3 °C"
    assert found.chart.scale == ("5", "0", "−5")


def test_a_day_with_too_few_hours_is_left_out(config: Config) -> None:
    left = 9  # of today
    put(config, *hours(left + ENOUGH_HOURS - 1))
    assert len(seen(config).days) == 1
    put(config, *hours(left + ENOUGH_HOURS))
    assert len(seen(config).days) == 2


def test_rain_is_summed(config: Config) -> None:
    put(config, *hours(33, rain=0.1))
    assert [one.rain for one in seen(config).days] == [
        "0,9 mm Regen oder Schnee",
        "2,4 mm Regen oder Schnee",
    ]


def test_whose_weather_it_is(config: Config) -> None:
    put(config, *hours(30, lambda _: 1.0), *hours(30, lambda _: 2.0, station="10532"))
    assert "noch kein Wetter" in seen(config).nothing  # nobody said which of two
    put(config, weather_station="10532")
    assert seen(config).today == "2 °C"
    own = replace(config, web=replace(config.web, weather_station="K2204"))
    assert seen(own).today == "1 °C"
    put(config, weather_station="lost")
    assert "noch kein Wetter" in seen(config).nothing  # another's would be a lie
    put(config, weather_station=7)
    assert "noch kein Wetter" in seen(config).nothing


def test_a_database_that_cannot_be_read(config: Config) -> None:
    config.hub.village_db.unlink()
    assert "dorfhub init" in seen(config).nothing
