from __future__ import annotations

import pytest

from edge.publish.counter import HOUR_MS, Limits, between, by_hour, without_glitches

LIMITS = Limits(gap_ms=HOUR_MS, power_max_kw=2000, step_kwh=10)
QUARTER = HOUR_MS // 4


def energies(readings: list[tuple[int, float]]) -> dict[int, float]:
    return {start // HOUR_MS: hour.energy_kwh for start, hour in by_hour(readings, LIMITS).items()}


def test_an_hour_is_the_difference_at_its_borders() -> None:
    readings = [(n * QUARTER, 100 + n * 2.5) for n in range(9)]
    assert energies(readings) == {0: 10.0, 1: 10.0}
    assert all(hour.covered_ms == HOUR_MS for hour in by_hour(readings, LIMITS).values())


def test_borders_are_interpolated_between_the_readings_beside_them() -> None:
    # 12 kWh from :50 to :20 of the next hour: a third before the full hour
    readings = [(HOUR_MS - HOUR_MS // 6, 0.0), (HOUR_MS + HOUR_MS // 3, 12.0)]
    assert energies(readings) == {0: pytest.approx(4.0), 1: pytest.approx(8.0)}


def test_nothing_is_assumed_across_a_gap() -> None:
    readings = [(0, 0.0), (QUARTER, 1.0), (QUARTER + 5 * HOUR_MS, 500.0), (6 * HOUR_MS, 501.0)]
    known = by_hour(readings, LIMITS)
    assert sorted(start // HOUR_MS for start in known) == [0, 5]
    assert known[0].energy_kwh == 1.0
    assert known[0].covered_ms == QUARTER
    assert known[5 * HOUR_MS].energy_kwh == pytest.approx(1.0)


def test_readings_exactly_as_far_apart_as_allowed_are_joined_and_no_further() -> None:
    assert energies([(0, 0.0), (HOUR_MS, 5.0)]) == {0: 5.0}
    assert energies([(0, 0.0), (HOUR_MS + 1, 5.0)]) == {}


def test_a_counter_that_was_reset_goes_on_from_its_new_value() -> None:
    readings = [(n * QUARTER, value) for n, value in enumerate((900.0, 901.0, 0.0, 1.0, 2.0))]
    hour = by_hour(without_glitches(readings), LIMITS)[0]
    assert hour.energy_kwh == 3.0
    assert hour.covered_ms == 3 * QUARTER


def test_a_leap_no_heating_can_make_is_not_counted() -> None:
    readings = [(0, 0.0), (QUARTER, 1.0), (2 * QUARTER, 1e6), (3 * QUARTER, 1e6 + 1)]
    hour = by_hour(readings, LIMITS)[0]
    assert hour.energy_kwh == 2.0
    assert hour.covered_ms == 2 * QUARTER


def test_one_step_of_a_coarse_counter_may_fall_between_two_close_readings() -> None:
    assert energies([(0, 100.0), (1000, 110.0)]) == {0: 10.0}
    assert energies([(0, 100.0), (1000, 111.0)]) == {}


@pytest.mark.parametrize("wrong", [0.0, 99999.0])
def test_one_false_reading_is_dropped_and_its_neighbours_joined(wrong: float) -> None:
    readings = [(n * QUARTER, value) for n, value in enumerate((10.0, 11.0, wrong, 13.0, 14.0))]
    assert wrong not in [value for _, value in without_glitches(readings)]
    assert energies(without_glitches(readings)) == {0: 4.0}


def test_a_standing_counter_has_no_glitches() -> None:
    readings = [(n * QUARTER, 10.0) for n in range(5)]
    assert without_glitches(readings) == readings


def test_a_stretch_of_time_is_cut_at_both_ends() -> None:
    readings = [(n * QUARTER, n * 4.0) for n in range(9)]
    known = between(readings, QUARTER // 2, HOUR_MS, LIMITS)
    assert known.energy_kwh == pytest.approx(14.0)
    assert known.covered_ms == HOUR_MS - QUARTER // 2
    assert between(readings, 3 * HOUR_MS, 4 * HOUR_MS, LIMITS).covered_ms == 0
