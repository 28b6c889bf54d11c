"""Odd tables of operation: each rule has an end, a finding, and drops no more than it says."""

from __future__ import annotations

import numpy as np
import pytest

from edge.heat.faults.rules import find
from edge.heat.faults.tidy import load
from edge.heat.forecast.findings import Rule, SeriesError
from tests.made_faults import House, run, table
from tests.made_heat import times


def rules(found: list) -> set[Rule]:
    return {one.rule for one in found}


def test_a_table_gives_back_the_hours_it_was_made_of() -> None:
    made = run(House(cooling=1.0), days=30)
    operation, found = load(table(made))
    assert operation.first_hour == made.first_hour
    for name in ("heat", "volume", "flow_c", "return_c", "cooling", "outdoor_c"):
        np.testing.assert_allclose(getattr(operation, name), getattr(made, name), atol=6e-4)
    assert not found


def test_only_time_and_heat_must_be_there() -> None:
    operation, _ = load(["heat,time_utc", *(f"5,{at}" for at in times(100))])
    assert np.isnan(operation.volume).all()
    assert (operation.heat == 5).all()
    with pytest.raises(SeriesError) as wrong:
        load(["time_utc,volume", "2024-01-01,1"])
    assert wrong.value.hint == "Die erste Zeile nennt die Spalten time_utc und heat."


def test_quarter_hours_in_megawatts_any_order_and_twice() -> None:
    at = times(400)
    rows = [f"{one.replace(':00:00+', f':{quarter}:00+')},0.00{quarter[0]},20"
            for one in at for quarter in ("00", "15", "30", "45")]  # fmt: skip
    rows = ["time_utc,heat,flow_c", *rows[::-1], f"{at[0]},0.009,", f"{at[0]},,25"]
    operation, found = load(rows, 1000.0)
    assert operation.heat[1] == pytest.approx((0 + 1 + 3 + 4) / 4)
    assert operation.heat[0] == pytest.approx((9 + 1 + 3 + 4) / 4)
    assert operation.flow_c[0] == pytest.approx((25 + 60) / 4)
    assert rules(found) == {Rule.UNSORTED, Rule.REPEATED}


def test_what_cannot_be_is_dropped_and_told() -> None:
    made = run(days=30)
    lines = table(made)
    for row, column, cell in ((5, 1, "-3"), (6, 1, "99999"), (7, 3, "999.000"), (8, 6, "-60")):
        cells = lines[row].split(",")
        cells[column] = cell
        lines[row] = ",".join(cells)
    operation, found = load(lines)
    assert np.isnan(operation.heat[[4, 5]]).all()
    assert np.isnan(operation.flow_c[6])
    assert np.isnan(operation.outdoor_c[7])
    assert np.isnan(operation.heat).sum() == 2
    assert [one.count for one in found] == [2, 1, 1]


def test_counters_of_heat_and_water_become_hours() -> None:
    made = run(days=60)
    heat, volume = (np.r_[0, np.cumsum(one)[:-1]] for one in (made.heat, made.volume))
    rows = [
        f"{at},{kwh:.3f},{m3:.4f}"
        for at, kwh, m3 in zip(times(heat.size), heat, volume, strict=True)
    ]
    operation, found = load(["time_utc,heat,volume", *rows])
    np.testing.assert_allclose(operation.heat[:-1], made.heat[:-1], atol=2e-3)
    np.testing.assert_allclose(operation.volume[:-1], made.volume[:-1], atol=2e-4)
    assert [one.rule for one in found] == [Rule.COUNTER, Rule.COUNTER]
    assert not operation.is_spread


def test_a_coarse_counter_says_nothing_of_hours() -> None:
    made = run(days=120)
    rows = [
        f"{at},{100 * int(kwh / 100)},{temp:.1f}"
        for at, kwh, temp in zip(
            times(made.heat.size), np.cumsum(made.heat), made.outdoor_c, strict=True
        )
    ]
    operation, _ = load(["time_utc,heat,temp_c", *rows])
    assert operation.is_spread
    assert not find(operation).faults


@pytest.mark.parametrize(
    ("rows", "hint"),
    [
        (["2024-01-01,1", "2024-01-02,2", "2024-01-03,2"], "stündliche"),
        ([*(f"2024-01-01 0{one}:00,1" for one in range(5)), "2060-01-01,1"], "20 Jahre"),
        (["2024-01-01 00:00,-1", "2024-01-01 01:00,x"], "keine Werte"),
    ],
)
def test_an_unusable_table_is_told_in_german(rows: list[str], hint: str) -> None:
    with pytest.raises(SeriesError) as wrong:
        load(["time_utc,heat", *rows])
    assert hint in wrong.value.hint
