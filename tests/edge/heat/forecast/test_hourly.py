"""The next 72 hours: no look ahead, bands that hold, levels that come back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edge.heat.forecast import naive
from edge.heat.forecast.hourly import HOURS, HourlyForecast, forecast
from edge.heat.forecast.series import Hourly, load
from edge.heat.forecast.table import Floats
from tests.made_heat import Building, made, table

FIRST = 738_521
SPLIT = FIRST + 120
END = FIRST + 220


def _hourly(days: int = 220, building: Building | None = None) -> Hourly:
    found = load(table(*made(days, building))).hourly
    assert found is not None
    return found


@pytest.fixture(scope="module")
def hourly() -> Hourly:
    return _hourly()


@pytest.fixture(scope="module")
def made_before(hourly: Hourly) -> HourlyForecast:
    return forecast(hourly, FIRST, SPLIT, END, 15.0)


def _actual(hourly: Hourly, made_: HourlyForecast) -> Floats:
    index = made_.first[:, None] + np.arange(HOURS)
    inside = index < hourly.heat.size
    return np.where(inside, hourly.heat[np.minimum(index, hourly.heat.size - 1)], np.nan)


def test_it_beats_yesterday_and_its_band_holds(hourly: Hourly, made_before: HourlyForecast) -> None:
    actual = _actual(hourly, made_before)
    again = naive.last_day_again(hourly.heat, made_before.first, HOURS)
    errors = [np.nanmean(np.abs(one - actual)) for one in (made_before.expected, again)]
    assert errors[0] < 0.75 * errors[1]
    known = ~np.isnan(actual)
    inside = (made_before.low <= actual) & (actual <= made_before.high)
    assert 0.76 < inside[known].mean() < 0.84
    assert made_before.origin.tolist() == list(range(SPLIT, END))
    assert np.isnan(made_before.expected[-1, 25:]).all()


@pytest.mark.parametrize("origin", [0, 6, 40])
def test_no_forecast_knows_what_came_after_it(
    hourly: Hourly, made_before: HourlyForecast, origin: int
) -> None:
    begin = int(made_before.first[origin])
    heat = hourly.heat.copy()
    heat[begin:] = 2.0 * heat[begin:] + 7.0
    after = forecast(replace(hourly, heat=heat), FIRST, SPLIT, END, 15.0)
    for name in ("expected", "low", "high"):
        one, other = (getattr(both, name) for both in (made_before, after))
        assert np.array_equal(one[: origin + 1], other[: origin + 1], equal_nan=True), name
        assert not np.array_equal(one[origin + 1 :], other[origin + 1 :], equal_nan=True)


def test_nothing_after_the_origin_is_as_good_as_not_yet(
    hourly: Hourly, made_before: HourlyForecast
) -> None:
    begin = int(made_before.first[30])
    heat = hourly.heat.copy()
    heat[begin:] = np.nan
    today = forecast(replace(hourly, heat=heat), FIRST, SPLIT, END, 15.0)
    assert np.array_equal(today.expected[30], made_before.expected[30])


def test_a_level_that_changes_is_followed(hourly: Hourly) -> None:
    heat = hourly.heat.copy()
    changed = (160 * 24) + np.arange(60 * 24)
    heat[changed] += 25.0
    found = forecast(replace(hourly, heat=heat), FIRST, SPLIT, END, 15.0)
    actual = _actual(replace(hourly, heat=heat), found)
    error = np.nanmean((found.expected - actual)[:, :24], axis=1)
    assert error[40] < -15.0
    assert abs(np.mean(error[50:90])) < 4.0


def test_gaps_and_missing_temperature_are_lived_with(hourly: Hourly) -> None:
    heat, measured = hourly.heat.copy(), hourly.measured.copy()
    heat[3000:3100] = np.nan
    heat[::17] = np.nan
    measured[3400:3700] = False
    found = forecast(replace(hourly, heat=heat, measured=measured), FIRST, SPLIT, END, 15.0)
    assert not np.isnan(found.expected[:90]).any()
    assert (found.high >= found.low)[:90].all()


def test_without_temperature_and_of_noughts(hourly: Hourly) -> None:
    blind = replace(hourly, measured=np.zeros(hourly.heat.size, dtype=bool))
    assert not np.isnan(forecast(blind, FIRST, SPLIT, END, 0.0).expected[:90]).any()
    nought = replace(hourly, heat=np.zeros(hourly.heat.size))
    assert (forecast(nought, FIRST, SPLIT, END, 15.0).expected[:90] == 0).all()


def test_a_short_past_gives_the_signature_alone(hourly: Hourly) -> None:
    found = forecast(hourly, FIRST, FIRST + 20, FIRST + 30, 15.0)
    assert not np.isnan(found.expected).any()
