"""Degree days and consumption in a normal year."""

from __future__ import annotations

import math
from datetime import date, timedelta

import pytest

from edge.heat.degree_days import degree_days, normalised, three_years, yearly
from edge.heat.errors import CadastreError


def test_only_days_below_the_heating_limit_count() -> None:
    assert degree_days([14.9, 15.0, 25.0, -10.0]) == pytest.approx(5.1 + 30)


@pytest.mark.parametrize("mean", [-41.0, 41.0, math.nan])
def test_no_daily_mean(mean: float) -> None:
    with pytest.raises(CadastreError):
        degree_days([mean])


def days(year: int, mean: float = 5.0) -> dict[date, float]:
    first = date(year, 1, 1)
    return {day: mean for n in range(366) if (day := first + timedelta(days=n)).year == year}


def test_a_year_with_a_small_gap_is_whole_and_with_a_large_one_is_none() -> None:
    means = days(2023) | days(2024) | days(2025)
    for n in range(10):
        del means[date(2024, 2, 1) + timedelta(days=n)]
    for n in range(11):
        del means[date(2025, 3, 1) + timedelta(days=n)]
    del means[date(2023, 12, 31)]
    assert yearly(means) == pytest.approx({2023: 365 * 15, 2024: 366 * 15})
    assert yearly({date(2026, 1, 1): 0.0}) == {}


def test_hot_water_does_not_follow_the_weather() -> None:
    assert normalised(20_000, 3000, 3600) == pytest.approx(24_000)
    assert normalised(20_000, 3000, 3600, 0.25) == pytest.approx(5000 + 18_000)
    for wrong in ((0.0, 3600.0, 0.1), (3000.0, -1.0, 0.1), (3000.0, 3600.0, 1.0)):
        with pytest.raises(CadastreError):
            normalised(1.0, *wrong)


def test_the_last_three_years_count() -> None:
    gtz = {2021: 3000.0, 2022: 3600.0, 2023: 3300.0, 2024: 3000.0}
    used = {2020: 9e9, 2021: 1.0, 2022: 36_000.0, 2023: 33_000.0, 2024: 30_000.0, 2025: 0.0}
    found = three_years(used, gtz, 3300.0)
    assert found is not None
    assert found.kwh == pytest.approx(33_000)
    assert (found.years, found.adjusted) == ((2022, 2023, 2024), True)
    assert found.spread == pytest.approx(0)


def test_without_weather_the_mean_is_of_what_was_consumed() -> None:
    found = three_years({2023: 10.0, 2024: 20.0}, {}, 3300.0)
    assert found is not None
    assert (found.kwh, found.adjusted, found.years) == (15.0, False, (2023, 2024))
    assert found.spread == pytest.approx(math.log(2) / math.sqrt(2))
    alone = three_years({2024: 20.0}, {2024: 3000.0}, None)
    assert alone is not None
    assert (alone.spread, alone.adjusted) == (None, False)
    assert three_years({2024: -3.0}, {}, None) is None
