"""Days after a split know nothing of the heat after it; bands hold what they promise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edge.heat.forecast.daily import forecast
from edge.heat.forecast.findings import SeriesError
from edge.heat.forecast.series import Daily, load
from tests.made_heat import Building, made, table

FIRST = 738_521


@pytest.fixture(scope="module")
def daily() -> Daily:
    return load(table(*made(730))).daily


def test_bands_hold_what_they_promise(daily: Daily) -> None:
    inside = []
    for seed in range(2):
        one = load(table(*made(730, Building(noise=4.0), seed=seed))).daily
        found = forecast(one, FIRST, FIRST + 365)
        some = np.arange(365, 730)
        for low, high in ((found.low, found.high), (found.fixed_low, found.fixed_high)):
            inside.append(((low <= one.heat) & (one.heat <= high))[some].mean())
    assert 0.77 < np.mean(inside[::2]) < 0.83
    assert 0.75 < np.mean(inside[1::2]) < 0.92  # on the wide side: the next year is another one
    assert daily.heat.size == 730


def test_no_day_knows_what_came_after_it(daily: Daily) -> None:
    later = replace(daily, heat=np.where(daily.ordinal > FIRST + 500, 3 * daily.heat, daily.heat))
    before, after = (forecast(one, FIRST, FIRST + 365) for one in (daily, later))
    assert np.array_equal(before.expected, after.expected, equal_nan=True)
    assert np.array_equal(before.fixed_low, after.fixed_low, equal_nan=True)
    until = slice(0, 502)  # the band of the day itself is from before it
    assert np.array_equal(before.low[until], after.low[until], equal_nan=True)
    assert np.array_equal(before.high[until], after.high[until], equal_nan=True)
    assert not np.array_equal(before.high[502:], after.high[502:], equal_nan=True)


def test_a_gap_neither_stops_nor_widens_it(daily: Daily) -> None:
    heat = daily.heat.copy()
    heat[400:420] = np.nan
    found = forecast(replace(daily, heat=heat), FIRST, FIRST + 365)
    assert not np.isnan(found.low[365:]).any()
    assert (found.high >= found.low)[365:].all()
    assert np.isnan(found.low[:365]).all()


def test_too_few_days_are_refused(daily: Daily) -> None:
    with pytest.raises(SeriesError, match="59 days") as caught:
        forecast(daily, FIRST, FIRST + 59)
    assert caught.value.hint


def test_without_temperature_every_day_counts(daily: Daily) -> None:
    blind = replace(daily, measured=np.zeros(730, dtype=bool), temp_c=np.zeros(730))
    assert forecast(blind, FIRST, FIRST + 365).fitted.sum() == 365
