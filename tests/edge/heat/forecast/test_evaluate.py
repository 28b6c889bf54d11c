"""What is wrong with a table is told, and costs the figures little."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pytest

from edge.heat.forecast import naive
from edge.heat.forecast.evaluate import Report, evaluate
from edge.heat.forecast.findings import Rule, SeriesError
from edge.heat.forecast.series import load
from edge.heat.forecast.table import ZONE, Floats
from tests.made_heat import Building, made, table, times

SPLIT = date(2024, 1, 1)
DAYS = 365 + 40
Spoil = Callable[[Floats, Floats], "list[str]"]


def _rules(report: Report) -> set[Rule]:
    return {one.rule for one in report.findings}


@pytest.fixture(scope="module")
def clean() -> Report:
    return evaluate(load(table(*made(DAYS))), SPLIT)


def test_a_clean_series(clean: Report) -> None:
    assert (clean.fit.first, clean.fit.end, clean.fit.days) == (date(2023, 1, 1), SPLIT, 365)
    assert (clean.test.first, clean.test.days) == (SPLIT, 40)
    assert _rules(clean) == {Rule.SHORT_TEST}
    assert clean.daily.cv_rmse_percent < 6.0
    assert abs(clean.daily.nmbe_percent) < 3.0
    assert clean.daily.count == 40
    assert set(clean.ahead) == set(clean.naive_ahead) == set(clean.naive_week) == {24, 72}
    for hours, score in clean.ahead.items():
        assert score.mape_percent < clean.naive_ahead[hours].mape_percent
        assert score.mase < 1.0
        assert score.pinball_percent > 0
        assert math.isnan(clean.naive_ahead[hours].coverage80_percent)


def _negative(heat: Floats, temp: Floats) -> list[str]:
    heat[1000], heat[9000] = -8000.0, -8000.0
    return table(heat, temp)


def _absurd(heat: Floats, temp: Floats) -> list[str]:
    heat[[500, 9100]] = 1e9
    return table(heat, temp)


def _gaps(heat: Floats, temp: Floats) -> list[str]:
    lines = table(heat, temp)
    return [line for index, line in enumerate(lines) if not 2000 < index < 2600 and index % 31 != 5]


def _twice(heat: Floats, temp: Floats) -> list[str]:
    lines = table(heat, temp)
    return [*lines, *lines[700:2900]]


def _warm(heat: Floats, temp: Floats) -> list[str]:
    return table(heat, temp + 8.0)


def _cold_weeks(heat: Floats, temp: Floats) -> list[str]:
    temp[4000:5000] = np.nan
    temp[9500:9700] = np.nan
    return table(heat, temp)


def _other_unit(heat: Floats, temp: Floats) -> list[str]:
    heat[300 * 24 + 5 :] *= 1000.0
    return table(heat, temp)


def _counter(heat: Floats, temp: Floats) -> list[str]:
    counter = 500.0 + np.cumsum(np.r_[0.0, heat[:-1]])
    counter[5000:] -= counter[4999]
    return table(counter, temp)


def _stuck(heat: Floats, temp: Floats) -> list[str]:
    heat[1000:1200] = 20.0
    temp[6000:6100] = 3.0
    return table(heat, temp)


def _local(heat: Floats, temp: Floats) -> list[str]:
    at = [
        datetime.fromisoformat(stamp).astimezone(ZONE).strftime("%Y-%m-%d %H:%M")
        for stamp in times(heat.size)
    ]
    return table(heat, temp, at)


@pytest.mark.parametrize(
    ("spoil", "rule", "may_cost"),
    [
        (_negative, Rule.NEGATIVE, 0.1),
        (_absurd, Rule.ABSURD, 0.1),
        (_gaps, Rule.GAP, 0.5),
        (_twice, Rule.REPEATED, 0.01),
        (_warm, Rule.TEMP_WARM, 0.01),
        (_cold_weeks, Rule.TEMP_GAP, 1.2),
        (_other_unit, Rule.UNIT_JUMP, 0.2),
        (_counter, Rule.METER_SWAP, 0.2),
        (_stuck, Rule.STUCK, 0.3),
        (_local, Rule.LOCAL_TIME, 0.01),
    ],
)
def test_bad_input_is_told_and_costs_little(
    clean: Report, spoil: Spoil, rule: Rule, may_cost: float
) -> None:
    found = evaluate(load(spoil(*made(DAYS))), SPLIT)
    assert rule in _rules(found)
    assert abs(found.daily.cv_rmse_percent - clean.daily.cv_rmse_percent) < may_cost
    assert abs(found.ahead[24].mape_percent - clean.ahead[24].mape_percent) < 2 * may_cost


def test_summers_of_noughts_are_left_out_of_mape_alone() -> None:
    heat, temp = made(500, Building(base=0.0, noise=1.0, balance=13.0))
    found = evaluate(load(table(heat, temp)), date(2023, 11, 1))
    near = next(one for one in found.findings if one.rule is Rule.NEAR_ZERO)
    assert near.count > 100
    assert found.ahead[24].count > 4000
    assert found.ahead[24].mape_percent < 60


@pytest.mark.parametrize(
    ("days", "split", "first"),
    [(800, date(2024, 3, 11), date(2023, 3, 11)), (500, date(2023, 9, 8), date(2023, 1, 1))],
    ids=["a year before the end", "the middle of less"],
)
def test_without_a_split(days: int, split: date, first: date) -> None:
    whole = [values.reshape(-1, 24).mean(axis=1) for values in made(days)]
    at = [stamp.split(" ")[0] for stamp in times(days * 24)[1::24]]
    found = evaluate(load(table(*whole, at)))
    assert (found.fit.first, found.fit.end) == (first, split)


def test_a_split_on_a_leap_day() -> None:
    whole = [values.reshape(-1, 24).mean(axis=1) for values in made(500)]
    at = [stamp.split(" ")[0] for stamp in times(500 * 24)[1::24]]
    found = evaluate(load(table(*whole, at)), date(2024, 2, 29))
    assert found.fit.first == date(2023, 2, 28)


@pytest.mark.parametrize(
    "split",
    [
        date(2023, 2, 10),
        date(2024, 2, 8),
        date(2030, 1, 1),
        date.min,
        date.max,
    ],
)
def test_too_little_on_either_side_is_refused(split: date) -> None:
    with pytest.raises(SeriesError) as caught:
        evaluate(load([*table(*made(DAYS))[:-1], "2024-02-09 22:00Z,x,1"]), split)
    assert caught.value.hint
    assert {one.rule for one in caught.value.findings} >= {Rule.BAD_NUMBER}


def test_hours_that_make_no_day_are_refused() -> None:
    heat, temp = made(100)
    with pytest.raises(SeriesError, match="no day") as caught:
        evaluate(load(table(np.where(np.arange(heat.size) % 2, heat, np.nan), temp)))
    assert caught.value.hint


def test_too_few_hours_before_the_split_leave_the_days() -> None:
    heat, temp = made(200)
    # many days of five hours less are days, but hours are counted
    holey = np.where(np.arange(heat.size) % 24 < 4, np.nan, heat)
    found = evaluate(load(table(holey, temp)), date(2023, 3, 5))
    assert Rule.NO_HOURS in _rules(found)
    assert found.ahead == {}
    assert found.daily.count > 100


def test_without_temperature_the_calendar_forecasts() -> None:
    heat, temp = made(500)
    found = evaluate(load(table(heat, np.full(temp.size, np.nan))), SPLIT)
    assert Rule.TEMP_NONE in _rules(found)
    assert found.daily.count > 100
    assert found.ahead[24].count > 2000


def test_without_temperature_after_the_split_the_season_forecasts() -> None:
    heat, temp = made(430)
    temp[365 * 24 :] = np.nan
    found = evaluate(load(table(heat, temp)), SPLIT)
    assert Rule.TEMP_SEASON in _rules(found)
    assert found.fit.days == 365
    assert found.daily.count == 65
    assert found.daily.cv_rmse_percent < 40
    assert found.ahead[24].count > 1500


@pytest.mark.parametrize("begin", [365 * 24, 365 * 24 + 1])
def test_where_the_temperature_ends_the_hours_still_learn_from_the_meter(begin: int) -> None:
    heat, temp = made(430)
    temp[begin:] = np.nan  # one hour late is midnight UTC: an hour of the split's day is measured
    found = evaluate(load(table(heat, temp)), SPLIT)
    for hours, score in found.ahead.items():
        assert score.count > 1500
        assert score.cv_rmse_percent < found.naive_ahead[hours].cv_rmse_percent
        assert 70 <= score.coverage80_percent <= 90


def test_without_temperature_before_the_split_the_season_is_learnt() -> None:
    heat, temp = made(430)
    temp[: 365 * 24] = np.nan
    found = evaluate(load(table(heat, temp)), SPLIT)
    assert Rule.TEMP_SEASON in _rules(found)
    assert found.fit.days == 365
    assert found.daily.count == 65
    assert found.ahead[24].count > 1500


def test_fitted_days_that_come_every_twelfth_week_are_blocks_of_their_own() -> None:
    heat, temp = made(DAYS)
    week = np.arange(heat.size) // (14 * 24) % 6
    heat[(week != 0) & (np.arange(heat.size) < 365 * 24)] = np.nan
    found = evaluate(load(table(heat, temp)), SPLIT)
    assert found.fit.days == 70
    assert found.daily.coverage80_percent > 0


def test_few_hours_are_told() -> None:
    heat, temp = made(372)
    heat[365 * 24 :: 24] = np.nan  # seven days that count, of 23 hours each
    found = evaluate(load(table(heat, temp)), SPLIT)
    assert found.daily.count == 7
    assert found.ahead[24].count == 7 * 23
    assert Rule.FEW_HOURS in _rules(found)


def test_noughts_alone_leave_nothing_to_say() -> None:
    heat, temp = made(500)
    found = evaluate(load(table(np.zeros(heat.size), temp)), SPLIT)
    assert math.isnan(found.daily.cv_rmse_percent)
    assert math.isnan(found.ahead[24].mape_percent)


def test_naive_forecasts_by_hand() -> None:
    assert naive.degree_days(np.array([14.9, 15.0, -5.0])).tolist() == pytest.approx(
        [5.1, 0.0, 25.0]
    )
    heat = np.arange(400.0)
    assert naive.last_day_again(heat, np.array([48]), 72)[0, [0, 23, 24, 71]].tolist() == [
        *(24.0, 47.0, 24.0, 47.0)
    ]
    weekly = naive.last_week_again(heat, np.array([48, 200]), 72)
    assert np.isnan(weekly[0]).all()
    assert weekly[1, [0, 71]].tolist() == [32.0, 103.0]


@pytest.fixture(scope="module")
def recorded(shared_data: Path) -> Callable[[str, date], Report]:
    def evaluated(name: str, split: date) -> Report:
        with (shared_data / "heat_series" / f"{name}.csv").open(encoding="utf-8") as lines:
            return evaluate(load(lines), split)

    return evaluated


def test_a_recorded_town(recorded: Callable[[str, date], Report]) -> None:
    found = recorded("flensburg", date(2015, 1, 1))
    assert found.daily.cv_rmse_percent <= 9.5
    assert found.ahead[24].mape_percent <= 6.3
    assert found.ahead[72].mape_percent <= 7.0
    _holds(found)


def test_a_recorded_building(recorded: Callable[[str, date], Report]) -> None:
    found = recorded("amsterdam", date(2010, 1, 1))
    assert found.daily.cv_rmse_percent <= 24.0
    _holds(found)


def test_a_recorded_plant_with_a_warm_sensor(recorded: Callable[[str, date], Report]) -> None:
    found = recorded("bavaria", date(2020, 9, 1))
    assert found.daily.cv_rmse_percent <= 10.0
    assert {Rule.TEMP_WARM, Rule.TEMP_STUCK, Rule.GAP, Rule.SHORT_FIT} <= _rules(found)
    _holds(found)


def _holds(found: Report) -> None:
    for score in (found.daily, *found.ahead.values()):
        assert 77 <= score.coverage80_percent <= 83
    assert found.daily.cv_rmse_percent < found.naive_daily.cv_rmse_percent
    assert found.daily.pinball_percent < found.naive_daily.pinball_percent
    for hours, score in found.ahead.items():
        assert score.cv_rmse_percent < found.naive_ahead[hours].cv_rmse_percent
