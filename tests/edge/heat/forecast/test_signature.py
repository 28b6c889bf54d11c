"""The daily signature finds what made a building's heat, alone and among thousands."""

from __future__ import annotations

import numpy as np
import pytest

from edge.heat.forecast import signature
from edge.heat.forecast.naive import by_degree_days
from edge.heat.forecast.series import Daily
from edge.heat.forecast.signature import LEAST_DAYS, fit_many
from edge.heat.forecast.table import Floats
from edge.heat.forecast.weather import Weather, remembered
from tests.made_heat import Building, made

FIRST = 738_521  # 2023-01-01


def _daily(heat: Floats, temp: Floats) -> Daily:
    hours = temp.reshape(-1, 24)
    day = heat.reshape(-1, 24).mean(axis=1)
    return Daily(
        FIRST, day, hours.mean(axis=1), np.ones(day.size, dtype=bool), np.ptp(hours, axis=1)
    )


@pytest.mark.parametrize("balance", [11.0, 14.0, 17.0])
def test_the_balance_temperature_is_found(balance: float) -> None:
    daily = _daily(*made(365, Building(balance=balance, noise=2.0)))
    assert fit_many(daily.heat[None], daily).balance_c()[0] == pytest.approx(balance, abs=1.0)


def test_the_next_year_is_predicted_to_its_noise() -> None:
    building = Building(noise=2.0, weekend=-6.0)
    daily = _daily(*made(730, building))
    fitted = np.where(np.arange(730) < 365, daily.heat, np.nan)
    error = (fit_many(fitted[None], daily).predict(Weather(daily))[0] - daily.heat)[365:]
    # a day's mean of the made noise has a standard deviation of about 1.4
    assert np.sqrt((error**2).mean()) < 2.2
    assert abs(error.mean()) < 0.4


def test_a_sensor_eight_kelvin_too_warm_changes_nothing() -> None:
    heat, temp = made(500)
    right, warm = _daily(heat, temp), _daily(heat, temp + 8.0)
    found = [fit_many(one.heat[None], one) for one in (right, warm)]
    assert found[1].balance_c()[0] - found[0].balance_c()[0] == pytest.approx(8.0, abs=1e-6)
    both = [one.predict(Weather(day))[0] for one, day in zip(found, (right, warm), strict=True)]
    assert np.allclose(*both, rtol=1e-6)


def test_the_unit_of_heat_does_not_matter() -> None:
    daily = _daily(*made(400))
    both = fit_many(np.stack([daily.heat, daily.heat * 1000.0]), daily).predict(Weather(daily))
    assert np.allclose(both[0] * 1000.0, both[1])


def test_many_at_once_are_as_each_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    daily = _daily(*made(300))
    rng = np.random.default_rng(3)
    heat = daily.heat * rng.uniform(0.5, 2.0, (5, 1)) + rng.uniform(0.0, 20.0, (5, 1))
    heat[rng.random(heat.shape) < 0.1] = np.nan
    heat = np.vstack([heat, daily.heat])
    together = fit_many(heat, daily).predict(Weather(daily))
    monkeypatch.setattr(signature, "AT_ONCE", 2)
    assert np.allclose(fit_many(heat, daily).predict(Weather(daily)), together)
    for index, one in enumerate(heat):
        # beside one without gaps, because the grid is made of all days that any building knows
        pair = fit_many(np.stack([one, daily.heat]), daily).predict(Weather(daily))
        assert np.allclose(pair[0], together[index])


def test_a_building_with_too_few_days_has_no_signature() -> None:
    daily = _daily(*made(200))
    heat = np.stack([daily.heat, daily.heat])
    heat[1, LEAST_DAYS - 1 :] = np.nan
    found = fit_many(heat, daily)
    predicted = found.predict(Weather(daily))
    assert not np.isnan(predicted[0]).any()
    assert np.isnan(predicted[1]).all()


def test_days_without_measured_temperature_are_not_fitted() -> None:
    daily = _daily(*made(365))
    measured = np.arange(365) < 300
    part = Daily(FIRST, daily.heat, daily.temp_c, measured, daily.swing_k)
    odd = np.where(measured, daily.heat, 9 * daily.heat)
    both = [fit_many(heat[None], part).predict(Weather(part)) for heat in (daily.heat, odd)]
    assert np.allclose(*both)


def test_without_any_temperature_the_calendar_is_left() -> None:
    heat, _ = made(365)
    daily = _daily(heat, np.zeros(heat.size))
    part = Daily(FIRST, daily.heat, daily.temp_c, np.zeros(365, dtype=bool), np.zeros(365))
    found = fit_many(part.heat[None], part).predict(Weather(part))[0]
    assert np.corrcoef(found, part.heat)[0, 1] > 0.8


def test_a_building_that_is_always_cold() -> None:
    daily = _daily(np.zeros(200 * 24), made(200)[1])
    assert (fit_many(daily.heat[None], daily).predict(Weather(daily)) == 0).all()


def test_memory_is_a_first_order_lag() -> None:
    step = np.r_[np.zeros(50), np.ones(50)]
    found = remembered(step, 4.0)
    assert found[49] == 0.0
    assert found[53] == pytest.approx(1 - np.exp(-1.0))


@pytest.mark.parametrize("days", [60, 90, 150])
def test_a_winter_alone_is_no_summer(days: int) -> None:
    # the building needs more in summer, and heats longer, than the prior says
    daily = _daily(*made(600, Building(balance=16.0, base=14.0, noise=2.0)))
    begin = 425 - days  # until 1 March
    index = np.arange(600)
    fitted = np.where((index >= begin) & (index < 425), daily.heat, np.nan)
    expected = fit_many(fitted[None], daily).predict(Weather(daily))[0][425:]
    plain = by_degree_days(daily, ~np.isnan(fitted))[0][425:]
    error, naive = (np.abs(one - daily.heat[425:]).mean() for one in (expected, plain))
    assert error < 0.7 * naive


def test_who_saw_the_year_is_not_held_to_others() -> None:
    daily = _daily(*made(365))
    part = np.where(np.arange(365) < 60, daily.heat, np.nan)
    both = fit_many(np.stack([daily.heat, part]), daily).predict(Weather(daily))
    alone = fit_many(daily.heat[None], daily).predict(Weather(daily))
    assert np.allclose(both[0], alone[0])


def test_the_seasons_are_seen_by_their_light() -> None:
    daily = _daily(*made(365))
    index = np.arange(365)
    known = np.stack([index < 59, index < 180, index >= 0, index < 0])
    seen = Weather(daily).seen(known)
    assert 0.2 < seen[0] < 0.4
    assert seen[1] > 0.95
    assert list(seen[2:]) == [pytest.approx(1.0, abs=0.02), 0.0]
