"""The forecast as of now: hours, days and the signature, with bands for weather that is unsure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from edge.heat.forecast import calendar
from edge.heat.forecast.ahead import HOURS, Ahead, ahead
from edge.heat.forecast.counter import coarse_step
from edge.heat.forecast.findings import SeriesError
from edge.heat.forecast.series import Hourly, Series, load, of_table
from edge.heat.forecast.table import Floats, Ints, Table
from tests.made_heat import BEGIN, Building, made, table

DAYS = 110
HEAT, TEMP = made(DAYS, Building(noise=1.0))
SERIES = load(table(HEAT, TEMP))
FIRST = round(BEGIN.timestamp()) // 3600
SURE, UNSURE = np.zeros(HOURS), np.linspace(0.5, 3.0, HOURS)
NOW = FIRST + (DAYS - 4) * 24 + 6


def _of(series: Series, now: int, error: Floats | None = None) -> Ahead:
    return ahead(series, now, SURE if error is None else error)


def _hourly() -> Hourly:
    assert SERIES.hourly is not None
    return SERIES.hourly


def test_nothing_of_now_and_later_is_looked_at() -> None:
    hourly = _hourly()
    found = _of(SERIES, NOW)
    later = np.arange(hourly.heat.size) >= NOW - FIRST
    heat = np.where(later, 1e6, hourly.heat)
    days = SERIES.daily
    days = replace(
        days,
        heat=np.where(SERIES.daily.ordinal >= SERIES.daily.first_day + DAYS - 4, 1e6, days.heat),
    )
    again = _of(replace(SERIES, hourly=replace(hourly, heat=heat), daily=days), NOW)
    assert found.hours is not None
    assert again.hours is not None
    assert np.array_equal(found.hours.expected, again.hours.expected)
    assert np.array_equal(found.hours.low, again.hours.low)
    assert np.array_equal(found.signature.expected, again.signature.expected)


def test_hours_sums_and_bands_fit_each_other() -> None:
    sure, unsure = _of(SERIES, NOW), _of(SERIES, NOW, UNSURE)
    assert sure.hours is not None
    assert unsure.hours is not None
    assert sure.days is not None
    assert unsure.days is not None
    came = HEAT[NOW - FIRST :][:HOURS]
    assert np.abs(sure.hours.expected - came).mean() < 0.1 * came.mean()
    assert np.array_equal(sure.hours.begin, NOW + np.arange(HOURS))
    assert np.array_equal(sure.hours.expected, unsure.hours.expected)
    for one in (sure, unsure):
        for part in (one.hours, one.days, one.signature):
            assert part is not None
            assert (part.low <= part.expected).all()
            assert (part.high >= part.expected).all()
    wide = [one.high - one.low for one in (sure.hours, unsure.hours)]
    assert (wide[1] > wide[0]).all()
    assert wide[1][-1] - wide[0][-1] > wide[1][0] - wide[0][0]  # the farther, the less sure
    assert (unsure.days.high - unsure.days.low > sure.days.high - sure.days.low).all()
    assert list(sure.days.hours) == [24, 24]
    assert sure.days.expected[0] == pytest.approx(sure.hours.expected[17:41].mean())
    assert list(sure.signature.hours) == [24, 24, 24, 24]
    assert set(sure.rehearsed) == {24, 72}
    assert sure.rehearsed[24].cv_rmse_percent < sure.rehearsed[24].naive_cv_rmse_percent
    assert sure.rehearsed[24].count == 28 * 24


def test_a_short_series_has_no_rehearsal_and_a_wide_band_of_sums() -> None:
    cut = SERIES.daily.between(SERIES.daily.first_day + 35, SERIES.daily.first_day + DAYS)
    hours = _hourly().between(cut.first_day, cut.first_day + DAYS)
    found = _of(replace(SERIES, daily=cut, hourly=hours), NOW)
    assert found.rehearsed == {}
    assert found.hours is not None
    assert found.days is not None
    assert found.days.low[0] == pytest.approx(found.hours.low[17:41].mean())


def test_gaps_of_hours_leave_the_days() -> None:
    hourly = _hourly()
    sparse = np.where(np.arange(hourly.heat.size) % 3 == 0, hourly.heat, np.nan)
    found = _of(replace(SERIES, hourly=replace(hourly, heat=sparse)), NOW)
    assert found.hours is None
    assert found.days is None
    assert found.fit_days == DAYS - 4
    assert _of(replace(SERIES, hourly=None), NOW).hours is None


def test_too_few_days_are_refused() -> None:
    with pytest.raises(SeriesError, match="60 are needed"):
        _of(SERIES, FIRST + 40 * 24)


@pytest.mark.parametrize("hour", [0, 1])
def test_the_hour_that_comes_twice_is_forecast_from_its_second_time_on(hour: int) -> None:
    twice = round(datetime(2023, 10, 29, 0, tzinfo=UTC).timestamp()) // 3600
    shift = twice - NOW + 24
    hourly = replace(_hourly(), first_hour=_hourly().first_hour + shift)
    daily = replace(SERIES.daily, first_day=SERIES.daily.first_day + shift // 24)
    found = _of(Series(daily, hourly, ()), twice + hour)
    assert found.hours is not None
    assert found.hours.begin[0] == twice + 1
    assert found.days is not None
    assert list(found.signature.hours[:2]) == [25, 24]


def test_a_day_of_the_year_is_counted_as_in_a_leap_year() -> None:
    ordinals = np.array([datetime(2023, 3, 1).toordinal(), datetime(2024, 2, 29).toordinal()])  # noqa: DTZ001
    assert list(calendar.day_of_year(ordinals)) == [61, 60]


def test_what_is_usual_may_be_told_and_spread_heat_may_stand() -> None:
    count = 100 * 24
    time_s = (FIRST + np.arange(count)) * 3600
    heat = np.repeat(np.arange(100.0) // 5 + 3.0, 24)
    temp = np.full(count, np.nan)
    asked: list[int] = []

    def usual(hours: Ints) -> Floats:
        asked.append(hours.size)
        return np.full(hours.size, 7.0)

    spread = of_table(Table(time_s, heat, temp, ()), usual, is_spread=True)
    assert spread.hourly is None
    assert not np.isnan(spread.daily.heat[:-1]).any()  # summer time began
    assert np.allclose(spread.daily.temp_c, 7.0)
    assert not spread.daily.measured.any()
    temp[: 50 * 24] = 3.0 + np.arange(50 * 24) % 24 / 10
    some = of_table(Table(time_s, heat + np.arange(count) % 24, temp, ()), usual)
    assert some.hourly is not None
    assert some.hourly.temp_c[-1] == pytest.approx(7.0, abs=0.1)
    assert asked == [count + 24, count]


def test_a_counter_that_stands_has_no_step() -> None:
    at = np.arange(3, dtype=np.int64) * 3600
    assert coarse_step(at, np.array([5.0, 5.0, 5.0])) == 0.0
    assert coarse_step(at, np.array([5.0, 5.0, 15.0])) == 10.0
