"""A meter in another unit is found and mended; weather, summers and boilers are not."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from edge.heat.forecast.jump import unit_jump
from edge.heat.forecast.table import Floats
from tests.made_heat import Building, made


def _days(building: Building | None = None, days: int = 500) -> tuple[Floats, Floats]:
    heat, temp = made(days, building)
    return heat.reshape(-1, 24).mean(axis=1), temp.reshape(-1, 24).mean(axis=1)


@pytest.mark.parametrize("day", [30, 180, 400])
@pytest.mark.parametrize("factor", [1000.0, 10.0, 0.001])
def test_a_power_of_ten_is_found_and_mended(day: int, factor: float) -> None:
    heat, temp = _days()
    wrong = heat.copy()
    wrong[day:] *= factor
    wrong[day + 3] = np.nan
    found = unit_jump(wrong, temp, 1000)
    assert found is not None
    assert (found.day, found.factor) == (1000 + day, pytest.approx(factor))
    mended = found.mended(wrong, np.arange(1000, 1000 + heat.size))
    assert np.nanmax(np.abs(mended / heat - 1)) < 1e-9
    assert found.finding.first == date.fromordinal(1000 + day).isoformat()


@pytest.mark.parametrize("factor", [1.0, 1.6, 0.5])
def test_what_is_no_power_of_ten_is_left(factor: float) -> None:
    heat, temp = _days()
    heat[200:] *= factor
    assert unit_jump(heat, temp, 1) is None


def test_the_end_of_summer_is_no_jump() -> None:
    heat, temp = _days(Building(base=0.02, noise=0.01, balance=13.0))
    assert unit_jump(heat, temp, 1) is None


def test_too_little_beside_a_jump_shows_nothing() -> None:
    heat, temp = _days(days=60)
    heat[55:] *= 1000.0
    assert unit_jump(heat, temp, 1) is None
    assert unit_jump(np.zeros(60), temp, 1) is None


def test_days_of_other_temperatures_show_nothing() -> None:
    heat = np.r_[np.full(15, 1.0), np.full(15, 10.0)]
    temp = np.r_[np.full(15, 20.0), np.full(15, -5.0)]
    assert unit_jump(heat, temp, 1) is None


def test_a_heating_season_with_a_steady_base_is_no_jump() -> None:
    rng = np.random.default_rng(3)
    day = np.arange(395)  # from 1 September
    temp = 10.0 + 9.0 * np.cos(2 * np.pi * (day - 320) / 365.25) + rng.normal(0.0, 3.0, day.size)
    season = (day >= 30) & (day < 242)  # October to April, at any temperature
    heat = np.where(season, 24.0 + 1.0 * np.maximum(0.0, 15.0 - temp), 3.0)
    heat *= 1.0 + 0.02 * rng.normal(size=day.size)
    assert unit_jump(heat, temp, 1) is None


def test_a_load_that_falls_to_a_seventh_is_no_jump() -> None:
    heat, temp = _days()
    heat[59:] *= 0.15
    assert unit_jump(heat, temp, 1) is None
