"""Each rule that drops or repairs a row, and what it must leave alone."""

from __future__ import annotations

import numpy as np
import pytest

from edge.heat.forecast.clean import Values, clean
from edge.heat.forecast.findings import Rule, SeriesError
from edge.heat.forecast.table import Floats, Table
from tests.made_heat import made

T0 = 1_672_531_200


def _table(heat: Floats, temp: Floats | None = None, step_s: int = 3600) -> Table:
    heat = np.asarray(heat, dtype=np.float64)
    if temp is None:
        temp = 5.0 + np.arange(heat.size) % 7
    return Table(T0 + step_s * np.arange(heat.size), heat, np.asarray(temp, dtype=np.float64), ())


def _rules(values: Values) -> dict[Rule, int]:
    return {one.rule: one.count for one in values.findings}


@pytest.fixture(scope="module")
def year() -> tuple[Floats, Floats]:
    return made(days=365)


def test_a_good_year_stays_as_it_is(year: tuple[Floats, Floats]) -> None:
    found = clean(_table(*year))
    assert found.findings == ()
    assert (found.heat == year[0]).all()
    assert (found.step_s == 3600).all()
    assert found.hourly


def test_one_row_is_a_series() -> None:
    assert clean(_table(np.array([3.0]))).heat.tolist() == [3.0]


def test_rows_out_of_order_are_sorted() -> None:
    whole = _table(np.arange(10.0) % 4)
    order = [3, 0, 1, 2, 5, 4, 6, 7, 9, 8]
    mixed = Table(whole.time_s[order], whole.heat[order], whole.temp_c[order], ())
    found = clean(mixed)
    assert (found.heat == whole.heat).all()
    assert _rules(found) == {Rule.UNSORTED: 3}


def test_repeated_rows_count_once_and_of_others_the_last_counts() -> None:
    time_s = T0 + 3600 * np.array([0, 0, 1, 1, 2, 3])
    heat = np.array([5.0, 5.0, 6.0, 7.0, 8.0, 9.0])
    found = clean(Table(time_s, heat, np.array([1.0, 1.0, 2, 2, 3, 4]), ()))
    assert found.heat.tolist() == [5.0, 7.0, 8.0, 9.0]
    assert _rules(found) == {Rule.REPEATED: 1, Rule.CONTRADICTORY: 1}


def test_of_rows_of_one_time_the_last_known_value_of_each_column_counts() -> None:
    time_s = T0 + 3600 * np.array([0, 0, 1, 1, 2])
    heat = np.array([5.0, np.nan, np.nan, 7.0, np.nan])
    temp = np.array([np.nan, 1.0, 2.0, np.nan, 3.0])
    found = clean(Table(time_s, heat, temp, ()))
    assert found.heat.tolist() == pytest.approx([5.0, 7.0, np.nan], nan_ok=True)
    assert found.temp_c.tolist() == [1.0, 2.0, 3.0]


def test_whole_degrees_and_kilowatt_hours_stand_without_being_stuck(
    year: tuple[Floats, Floats],
) -> None:
    heat, temp = np.round(year[0] / 12.0), np.round(year[1])
    heat[4000:4100] = 1.0  # four days of one kWh an hour in summer
    temp[100:140] = 4.0
    assert clean(_table(heat, temp)).findings == ()
    heat[200:310] = heat.max()  # winter's days of nearly ten steps do not
    temp[100:180] = 4.0
    assert _rules(clean(_table(heat, temp))) == {Rule.STUCK: 110, Rule.TEMP_STUCK: 80}


def test_a_table_that_never_changes_has_no_value() -> None:
    with pytest.raises(SeriesError):
        clean(_table(np.full(9000, 33.0)))


def test_a_counter_of_coarse_steps_is_known_and_spread(year: tuple[Floats, Floats]) -> None:
    heat = year[0] / year[0].sum() * 15.0  # MWh a year, counted in 0.1 MWh
    counter = np.floor(10.0 * (812.0 + np.cumsum(heat))) / 10.0
    found = clean(_table(counter, year[1]))
    assert not found.hourly
    assert _rules(found) == {Rule.COUNTER: counter.size, Rule.COARSE_COUNTER: 150}
    known = ~np.isnan(found.heat)
    assert known.mean() > 0.97
    assert found.heat[known].sum() == pytest.approx(heat[known].sum(), abs=0.2)
    month = np.arange(heat.size) // 720
    made, spread = (np.bincount(month[known], one[known]) for one in (heat, found.heat))
    assert np.abs(spread - made).max() < 0.15
    counter[4000:] -= counter[3999]
    assert Rule.METER_SWAP in _rules(clean(_table(counter, year[1])))


def test_whole_kilowatt_hours_of_a_counter_keep_their_hours(year: tuple[Floats, Floats]) -> None:
    found = clean(_table(np.floor(np.cumsum(year[0])), year[1]))
    assert found.hourly
    assert _rules(found) == {Rule.COUNTER: year[0].size}


def test_repeated_gaps_are_alike() -> None:
    gaps = Table(T0 + np.array([0, 0, 3600]), np.array([np.nan, np.nan, 1]), np.full(3, 2.0), ())
    assert _rules(clean(gaps)) == {Rule.REPEATED: 1}


def test_a_time_of_another_century_does_not_stretch_the_series() -> None:
    whole = _table(np.arange(10.0) % 4)
    time_s = whole.time_s.copy()
    time_s[4] = 4_102_444_800
    found = clean(Table(time_s, whole.heat, whole.temp_c, ()))
    assert found.time_s.size == 9
    assert _rules(found)[Rule.STRAY_TIME] == 1


def test_impossible_temperatures_are_dropped(year: tuple[Floats, Floats]) -> None:
    heat, temp = year
    temp = temp.copy()
    temp[[5, 6]] = 85.0, -127.0  # what broken sensors of a common kind say
    found = clean(_table(heat, temp))
    assert np.isnan(found.temp_c[[5, 6]]).all()
    assert _rules(found) == {Rule.TEMP_ABSURD: 2}


def test_a_sensor_that_stands_still_is_not_believed(year: tuple[Floats, Floats]) -> None:
    heat, temp = year
    temp = temp.copy()
    temp[100:136] = 4.0
    temp[500:535] = 4.0  # an hour less: fog
    found = clean(_table(heat, temp))
    assert _rules(found) == {Rule.TEMP_STUCK: 36}


def test_codes_for_no_value_are_dropped(year: tuple[Floats, Floats]) -> None:
    heat = year[0].copy()
    heat[::50] = 99999.0
    heat[7] = -9999.0
    found = clean(_table(heat, year[1]))
    assert _rules(found) == {Rule.SENTINEL: heat[::50].size + 1}


def test_9999_may_be_a_value() -> None:
    heat = 10_000.0 + np.arange(200) % 17
    heat[::9] = 9999.0
    assert clean(_table(heat)).findings == ()


def test_negative_values_are_dropped_and_rounding_is_nought(year: tuple[Floats, Floats]) -> None:
    heat = year[0].copy()
    heat[10], heat[11] = -250.0, -0.001
    found = clean(_table(heat, year[1]))
    assert np.isnan(found.heat[10])
    assert found.heat[11] == 0.0
    assert _rules(found) == {Rule.ROUNDED_NEGATIVE: 1, Rule.NEGATIVE: 1}


def test_absurd_values_are_dropped(year: tuple[Floats, Floats]) -> None:
    heat = year[0].copy()
    heat[[3, 3000]] = 1e6, 9 * heat.max()
    found = clean(_table(heat, year[1]))
    assert np.isnan(found.heat[[3, 3000]]).all()
    assert _rules(found) == {Rule.ABSURD: 2}


def test_hot_water_that_is_drawn_now_and_then_is_not_absurd() -> None:
    heat = np.where(np.arange(4000) % 20 == 0, 20.0, 0.1 + 0.01 * (np.arange(4000) % 7))
    assert clean(_table(heat, step_s=900)).findings == ()


def test_a_meter_that_stands_still_is_not_believed(year: tuple[Floats, Floats]) -> None:
    heat = year[0].copy()
    heat[200:248] = 33.0
    heat[400:447] = 33.0
    found = clean(_table(heat, year[1]))
    assert _rules(found) == {Rule.STUCK: 48}


def test_a_summer_of_noughts_stays(year: tuple[Floats, Floats]) -> None:
    heat = np.where(year[1] > 14.0, 0.0, year[0])
    heat[3600:5800] = 0.0
    found = clean(_table(heat, year[1]))
    assert found.findings == ()


def test_noughts_in_the_cold_are_an_outage(year: tuple[Floats, Floats]) -> None:
    heat = year[0].copy()
    heat[240:300] = 0.0
    cold = year[1].copy()
    cold[240:300] = -5.0 + 0.1 * (np.arange(60) % 3)
    found = clean(_table(heat, cold))
    assert _rules(found) == {Rule.OUTAGE: 60}


def test_a_house_that_is_often_off_in_the_cold_is_believed(year: tuple[Floats, Floats]) -> None:
    heat = np.where((np.arange(year[0].size) // 48) % 2, 0.0, year[0])
    assert clean(_table(heat, year[1])).findings == ()


def test_readings_of_a_counter_become_heat(year: tuple[Floats, Floats]) -> None:
    counter = 1000.0 + np.cumsum(year[0])
    found = clean(_table(counter, year[1]))
    assert np.allclose(found.heat[:-1], year[0][1:])
    assert _rules(found) == {Rule.COUNTER: counter.size}


def test_a_swapped_counter_costs_one_difference(year: tuple[Floats, Floats]) -> None:
    counter = 1000.0 + np.cumsum(year[0])
    counter[4000:] -= counter[3999]
    found = clean(_table(counter, year[1]))
    assert np.isnan(found.heat[3999])
    assert np.allclose(found.heat[4000:-1], year[0][4001:])
    assert _rules(found) == {Rule.COUNTER: counter.size, Rule.METER_SWAP: 1}


def test_a_counter_goes_on_after_a_gap() -> None:
    counter = np.arange(200.0) ** 1.1
    counter[50:60] = np.nan
    found = clean(_table(counter))
    assert found.heat[49] == pytest.approx((counter[60] - counter[49]) / 11)
    assert np.isnan(found.heat[50:60]).all()


def test_days_have_no_rules_of_hours() -> None:
    heat = np.array([0.0, 0.0, 0.0, 5.0, 5.0, 5.0, 5.0, 6.0])
    assert clean(_table(heat, np.full(8, 3.0), step_s=86_400)).findings == ()


def test_without_temperature_nothing_is_an_outage(year: tuple[Floats, Floats]) -> None:
    heat = year[0].copy()
    heat[240:300] = 0.0
    assert clean(_table(heat, np.full(heat.size, np.nan))).findings == ()


@pytest.mark.parametrize("value", [np.nan, -5.0])
def test_without_any_value_it_is_refused(value: float) -> None:
    with pytest.raises(SeriesError) as caught:
        clean(_table(np.full(50, value)))
    assert caught.value.hint


def test_a_meter_of_noughts_alone_is_a_series() -> None:
    assert clean(_table(np.zeros(50))).heat.tolist() == [0.0] * 50
