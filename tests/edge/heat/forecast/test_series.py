"""Tables of quarter hours, hours and days become the same days."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from edge.heat.forecast.findings import Rule
from edge.heat.forecast.series import Series, load
from tests.made_heat import made, table, times


def _rules(series: Series) -> dict[Rule, int]:
    return {one.rule: one.count for one in series.findings}


def test_hours() -> None:
    heat, temp = made(days=40)
    found = load(table(heat, temp))
    assert found.hourly is not None
    assert found.hourly.heat.size == 40 * 24
    assert found.daily.ordinal[0] == date(2023, 1, 1).toordinal()
    assert np.allclose(found.daily.heat, heat.reshape(-1, 24).mean(axis=1), atol=1e-3)
    swing = np.ptp(temp.reshape(-1, 24), axis=1)
    assert np.allclose(found.daily.swing_k, swing, atol=2e-3)
    assert found.daily.measured.all()
    assert found.findings == ()


def test_quarter_hours_give_the_same_hours() -> None:
    heat, temp = made(days=40)
    fine = load(
        table(np.repeat(heat, 4), np.repeat(temp, 4), times(40 * 96, timedelta(minutes=15)))
    )
    assert fine.hourly is not None
    assert np.allclose(fine.hourly.heat, heat, atol=1e-3)


def test_an_hour_of_which_half_lacks_is_a_gap() -> None:
    heat, temp = made(days=3)
    quarters = np.repeat(heat, 4)
    quarters[41:44] = np.nan
    found = load(table(quarters, np.repeat(temp, 4), times(3 * 96, timedelta(minutes=15))))
    assert found.hourly is not None
    assert np.flatnonzero(np.isnan(found.hourly.heat)).tolist() == [10]
    assert _rules(found) == {Rule.GAP: 1}


def test_a_day_that_lacks_its_night_is_no_day() -> None:
    heat, temp = made(days=40)
    heat[240:245] = np.nan
    heat[480:484] = np.nan
    found = load(table(heat, temp))
    assert np.flatnonzero(np.isnan(found.daily.heat)).tolist() == [10]
    assert _rules(found) == {Rule.GAP: 9}


def test_days() -> None:
    heat, temp = made(days=100)
    whole = [values.reshape(-1, 24).mean(axis=1) for values in (heat, temp)]
    whole[0][7] = np.nan
    found = load(table(*whole, times(100, timedelta(days=1))))
    assert found.hourly is None
    assert found.daily.ordinal[0] == date(2023, 1, 1).toordinal()
    assert np.isnan(found.daily.heat[7])
    assert np.allclose(np.delete(found.daily.heat - whole[0], 7), 0.0, atol=1e-3)
    assert (found.daily.swing_k == 0).all()
    assert _rules(found) == {Rule.GAP: 1}


def test_quarters_of_a_day_are_days_too() -> None:
    heat, temp = made(days=50)
    whole = [values.reshape(-1, 6).mean(axis=1) for values in (heat, temp)]
    found = load(table(*whole, times(200, timedelta(hours=6))))
    assert found.hourly is None
    assert np.allclose(found.daily.heat, heat.reshape(-1, 24).mean(axis=1), atol=1e-3)
    assert found.findings == ()


def test_a_swapped_unit_is_mended_in_hours_and_days() -> None:
    heat, temp = made(days=400)
    other = heat.copy()
    other[200 * 24 + 7 :] *= 1000.0
    found = load(table(other, temp))
    assert found.hourly is not None
    assert np.allclose(found.hourly.heat, heat, atol=1e-3)
    assert np.allclose(found.daily.heat, load(table(heat, temp)).daily.heat, 1e-4, equal_nan=True)
    assert _rules(found) == {Rule.UNIT_JUMP: 1}
    days = [values.reshape(-1, 24).mean(axis=1) for values in (heat, temp)]
    days[0][200:] *= 1000.0
    found = load(table(*days, times(400, timedelta(days=1))))
    assert np.allclose(found.daily.heat, heat.reshape(-1, 24).mean(axis=1), atol=1e-3)


def test_a_meter_set_to_quarter_hours_keeps_its_earlier_hours() -> None:
    heat, temp = made(days=400)
    begin = 200 * 24
    hours = table(heat[:begin], temp[:begin], times(begin))
    quarters = times(400 * 96, timedelta(minutes=15))[begin * 4 :]
    fine = table(np.repeat(heat[begin:], 4), np.repeat(temp[begin:], 4), quarters)
    found = load([*hours, *fine[1:]])
    assert found.hourly is not None
    assert np.allclose(found.hourly.heat, heat, atol=1e-3)
    assert found.findings == ()


def test_days_that_become_hours_are_days() -> None:
    heat, temp = made(days=400)
    begin = 200 * 24
    days = [values[:begin].reshape(-1, 24).mean(axis=1) for values in (heat, temp)]
    at = times(heat.size)
    found = load([*table(*days, at[:begin:24]), *table(heat[begin:], temp[begin:], at[begin:])[1:]])
    assert found.hourly is None
    # in summer these rows' days begin an hour after the local ones
    assert np.abs(found.daily.heat - heat.reshape(-1, 24).mean(axis=1)).max() < 2.0


def test_a_clock_that_runs_slow_tells_of_hours() -> None:
    heat, temp = made(days=100)
    found = load(table(heat, temp, times(heat.size, timedelta(seconds=3601))))
    assert found.hourly is not None
    assert np.isnan(found.hourly.heat).sum() <= 1
    assert not np.isnan(found.daily.heat[:100]).any()
