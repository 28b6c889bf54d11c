"""Each fault planted in a made building is found with its kWh; without it nobody is called."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from edge.heat.faults.fault import Amount, Fault, Kind, Meaning
from edge.heat.faults.limits import Said, usual
from edge.heat.faults.operation import Operation
from edge.heat.faults.rules import find
from edge.heat.faults.setback import mean_drop_k
from edge.heat.faults.tidy import load
from tests.made_faults import WATER, House, healthy, run
from tests.made_heat import times

SEED = 3
DAY = 24


@pytest.fixture(scope="module")
def well() -> Operation:
    return run(seed=SEED)


def fault(operation: Operation, kind: Kind, said: Said | None = None) -> Fault:
    found = [one for one in find(operation, said).faults if one.kind is kind]
    assert len(found) == 1, f"{kind} is not found"
    return found[0]


def kwh(one: Fault) -> Amount:
    assert one.kwh is not None
    assert one.kwh.low <= one.kwh.value <= one.kwh.high
    return one.kwh


def why(operation: Operation, kind: Kind, said: Said | None = None) -> str:
    return next(one.why for one in find(operation, said).unjudged if one.kind is kind)


def nothing(operation: Operation) -> np.ndarray:
    return np.full(operation.heat.size, np.nan)


@pytest.mark.parametrize("seed", range(0, 50, 10))
def test_healthy_buildings_call_nobody(seed: int) -> None:
    for one in range(seed, seed + 10):
        house = healthy(one)
        said = Said(hot_water_kwh_day=house.water) if one % 2 else None
        found = find(run(house, seed=one), said)
        assert not found.faults, (house, [each.seen for each in found.faults])
        assert not found.unjudged
        assert len(found.clear) == len(Kind)


def test_a_healthy_building_with_gaps_calls_nobody(well: Operation) -> None:
    rng = np.random.default_rng(7)
    holes = np.zeros(well.heat.size, dtype=bool)
    for begin in rng.integers(0, holes.size, 40):
        holes[begin : begin + int(rng.integers(1, 90))] = True
    gone = {
        name: np.where(holes, np.nan, getattr(well, name))
        for name in ("heat", "volume", "return_c", "outdoor_c")
    }
    assert not find(replace(well, **gone)).faults


def counted(counter: np.ndarray, operation: Operation) -> list[str]:
    rows = zip(times(counter.size), counter, operation.outdoor_c, strict=True)
    return ["time_utc,heat,temp_c", *(f"{at},{kwh},{temp:.2f}" for at, kwh, temp in rows)]


# return


def test_a_warm_return_is_told_in_m3_and_in_kwh_only_where_the_loss_is_stated() -> None:
    sick = run(House(return_c=56.0), seed=SEED)
    one = fault(sick, Kind.RETURN_HIGH)
    assert one.kwh is None
    assert one.is_year
    # hours in which next to nothing flows are not judged: they have next to none of the excess
    excess = sick.volume - sick.heat / (WATER * (sick.flow_c - 50.0))
    assert one.m3 == pytest.approx(excess.sum(), rel=0.05)
    assert "angenommen" in one.basis[0]
    stated = fault(sick, Kind.RETURN_HIGH, Said(loss_w_k=120.0, wanted_return_c=45.0))
    assert kwh(stated).value == pytest.approx(0.12 * 11.0 * stated.hours, rel=0.02)
    assert kwh(stated).high == pytest.approx(1.2 * kwh(stated).value)
    assert "so angegeben" in stated.basis[0]


def test_a_warm_return_never_loses_less_than_nothing(well: Operation) -> None:
    # much water of 60 degC by day, next to none of 30 degC for longer: by hours the mean is below
    day = (well.hour >= 8) & (well.hour < 16)
    back = np.where(day, 60.0, 30.0)
    volume = np.where(day, 2.0, 0.12)
    sick = replace(
        well, volume=volume, flow_c=np.full(volume.size, 75.0), return_c=back,
        heat=WATER * volume * (75.0 - back),
    )  # fmt: skip
    one = fault(sick, Kind.RETURN_HIGH, Said(loss_w_k=120.0))
    assert 0 <= kwh(one).low <= kwh(one).value <= kwh(one).high


def test_a_return_that_became_warm_is_told_since_then(well: Operation) -> None:
    half = 180 * DAY
    warm = run(House(return_c=58.0), seed=SEED)
    mixed = np.arange(well.heat.size) >= half
    sick = replace(
        well,
        return_c=np.where(mixed, warm.return_c, well.return_c),
        volume=np.where(mixed, warm.volume, well.volume),
    )
    one = fault(sick, Kind.RETURN_HIGH)
    assert abs((one.since - date(2023, 6, 30)).days) <= 14
    assert not one.is_year
    mended = replace(
        well,
        return_c=np.where(mixed, well.return_c, warm.return_c),
        volume=np.where(mixed, well.volume, warm.volume),
    )
    assert not find(mended).faults


def test_volume_or_return_may_come_from_the_heat() -> None:
    sick = run(House(return_c=57.0), seed=SEED)
    true = fault(sick, Kind.RETURN_HIGH)
    without_volume = fault(replace(sick, volume=nothing(sick)), Kind.RETURN_HIGH)
    without_return = fault(replace(sick, return_c=nothing(sick)), Kind.RETURN_HIGH)
    assert without_volume.m3 == pytest.approx(true.m3, rel=0.02)
    assert without_return.m3 == pytest.approx(true.m3, rel=0.02)
    assert "Volumen ist aus Wärme" in without_volume.basis[-1]
    assert "Rücklauf ist aus Wärme" in without_return.basis[-1]


def test_what_is_missing_to_judge_a_return_is_said(well: Operation) -> None:
    none = nothing(well)
    assert "Vorlauf" in why(replace(well, flow_c=none), Kind.RETURN_HIGH)
    assert "Volumen und Rück" in why(replace(well, volume=none, return_c=none), Kind.RETURN_HIGH)
    cool = replace(well, flow_c=well.flow_c - 12, return_c=well.return_c - 12)
    assert "Nur" in why(cool, Kind.RETURN_HIGH, Said(wanted_return_c=65.0))
    still = replace(well, volume=np.zeros(well.heat.size))
    assert "Nur 0 Stunden" in why(still, Kind.RETURN_HIGH)
    assert "Nur 0 Stunden" in why(still, Kind.SWAPPED)


# swapped


def test_swapped_sensors_tell_what_was_not_counted(well: Operation) -> None:
    sick = replace(well, flow_c=well.return_c, return_c=well.flow_c, heat=np.zeros(well.heat.size))
    one = fault(sick, Kind.SWAPPED)
    assert one.meaning is Meaning.UNCOUNTED
    assert kwh(one).value == pytest.approx(well.heat.sum(), rel=0.05)
    assert kwh(one).low < well.heat.sum() < kwh(one).high
    assert "vertauscht" in why(sick, Kind.RETURN_HIGH)


def test_sensors_that_were_swapped_back_are_no_fault(well: Operation) -> None:
    early = np.arange(well.heat.size) < 90 * DAY
    mended = replace(
        well,
        flow_c=np.where(early, well.return_c, well.flow_c),
        return_c=np.where(early, well.flow_c, well.return_c),
    )
    assert Kind.SWAPPED in find(mended).clear


# setback


@pytest.mark.parametrize("constant", [30.0, 60.0, 120.0])
def test_a_missing_setback_is_told_with_what_it_would_save(constant: float) -> None:
    sick = run(House(night_c=20.0, constant=constant), seed=SEED)
    true = sick.heat.sum() - run(House(constant=constant), seed=SEED).heat.sum()
    one = fault(sick, Kind.SETBACK)
    # a lower bound, whose end is surely below what the building really loses
    assert 0.1 * true < kwh(one).low < true
    assert 0.2 * true < kwh(one).value < 1.1 * true
    assert kwh(one).high > 0.6 * true
    assert any("Zeitkonstante" in basis for basis in one.basis)


def test_the_room_s_mean_drop_is_the_integral() -> None:
    limits = replace(usual(), setback_k=99.0, night_h=6.0)
    exact = 12.0 * (6.0 - 40.0 * (1 - np.exp(-6.0 / 40.0))) / 24
    assert mean_drop_k(limits, 12.0, 40.0) == pytest.approx(exact, rel=1e-4)
    limits = replace(usual(), setback_k=0.01, night_h=6.0)
    assert mean_drop_k(limits, 12.0, 40.0) == pytest.approx(0.01 * 6 / 24, rel=0.02)
    assert mean_drop_k(limits, 12.0, 40.0, 3.0) == pytest.approx(0.01 * 7.5 / 24, rel=0.02)


def test_a_setback_that_was_lost_in_the_year_is_told_since_then(well: Operation) -> None:
    late = np.arange(well.heat.size) >= 290 * DAY
    none = run(House(night_c=20.0), seed=SEED)
    one = fault(replace(well, heat=np.where(late, none.heat, well.heat)), Kind.SETBACK)
    assert 0 <= (one.since - date(2023, 10, 18)).days <= 15
    assert not one.is_year


def test_a_setback_wants_weather_hours_and_cold_days(well: Operation) -> None:
    assert "Außentemperatur" in why(replace(well, outdoor_c=nothing(well)), Kind.SETBACK)
    assert "zu grob" in why(replace(well, is_spread=True), Kind.SETBACK)
    assert "zu grob" in why(replace(well, is_spread=True), Kind.STUCK)
    nights = replace(well, heat=np.where(well.hour < 3, np.nan, well.heat))
    assert "Erst 0 ganze kalte Tage" in why(nights, Kind.SETBACK)


# summer


def test_a_base_load_in_summer_is_at_most_lost_without_stated_hot_water(well: Operation) -> None:
    sick = replace(well, heat=well.heat + 9.0)
    warm = well.outdoor_c.reshape(-1, DAY).mean(axis=1) > 17.0 + 1.0
    true = 9.0 * DAY * warm.sum()
    one = fault(sick, Kind.SUMMER)
    assert one.meaning is Meaning.AT_MOST
    assert kwh(one).low == 0
    assert kwh(one).value >= true
    stated = fault(sick, Kind.SUMMER, Said(hot_water_kwh_day=40.0))
    assert stated.meaning is Meaning.LOST
    assert kwh(stated).value == pytest.approx(true, rel=0.15)


def test_hot_water_as_stated_is_no_fault(well: Operation) -> None:
    much = replace(well, heat=well.heat + 9.0)
    assert Kind.SUMMER in find(much, Said(hot_water_kwh_day=250.0)).clear


def test_winter_alone_says_nothing_of_summer() -> None:
    assert "Tage wärmer" in why(run(days=75, seed=SEED), Kind.SUMMER)


# stuck


@pytest.mark.parametrize("shown", ["nothing", "the same", "too much"])
def test_a_meter_that_stood_is_told_with_what_it_did_not_count(well: Operation, shown: str) -> None:
    some = slice(30 * DAY, 41 * DAY)
    heat = well.heat.copy()
    one_value = {"nothing": 0.0, "the same": heat[some].min(), "too much": heat[some].max()}
    heat[some] = one_value[shown]
    true = abs(float((well.heat - heat).sum()))
    one = fault(replace(well, heat=heat), Kind.STUCK)
    assert kwh(one).low < true < kwh(one).high
    assert kwh(one).value == pytest.approx(true, rel=0.1)
    over = Meaning.OVERCOUNTED if shown == "too much" else Meaning.UNCOUNTED
    assert one.meaning is over
    assert (one.since, one.hours) == (date(2023, 1, 31), 11 * DAY)
    assert not one.is_year


def test_what_a_standing_meter_did_not_count_is_never_less_than_nothing(well: Operation) -> None:
    some = slice(30 * DAY, 41 * DAY)
    for shown in (0.98, 1.02):
        heat = well.heat.copy()
        heat[some] = well.heat[some].mean() * shown
        found = kwh(fault(replace(well, heat=heat), Kind.STUCK))
        assert 0 <= found.low <= found.value <= found.high


def test_a_summer_of_noughts_and_a_short_rest_are_no_fault(well: Operation) -> None:
    heat = np.where((well.place > 140) & (well.place < 240), 0.0, well.heat)
    heat[40 * DAY : 41 * DAY + 20] = 0.0
    assert not find(replace(well, heat=heat)).faults


def test_a_counter_that_caught_up_lost_nothing(well: Operation) -> None:
    counter = np.r_[0.0, np.cumsum(well.heat)[:-1]].round(1)
    counter[40 * DAY : 50 * DAY] = counter[40 * DAY]
    operation, found = load(counted(counter, well))
    assert any(one.rule.value == "counter" for one in found)
    one = fault(operation, Kind.STUCK)
    assert one.kwh is None
    assert "aufgeholt" in one.basis[-1]
    counter[50 * DAY :] -= counter[50 * DAY] - counter[40 * DAY]
    one = fault(load(counted(counter, well))[0], Kind.STUCK)
    assert kwh(one).value == pytest.approx(well.heat[40 * DAY : 50 * DAY].sum(), rel=0.15)


def test_a_coarse_step_is_no_standstill() -> None:
    small = run(House(loss=0.004, water=0.1), seed=SEED)
    coarse = replace(small, heat=np.zeros(small.heat.size), heat_step=1.0)
    noisy = np.where(np.arange(coarse.heat.size) % 60 == 0, small.heat * 60, 0.0)
    assert Kind.STUCK not in [one.kind for one in find(replace(coarse, heat=noisy)).faults]


# heating and cooling at once


def test_heating_and_cooling_at_once_are_told(well: Operation) -> None:
    cooling = np.where(well.outdoor_c < 12.0, 3.0, well.cooling)
    one = fault(replace(well, cooling=cooling), Kind.BOTH)
    space = np.maximum(0.0, well.heat - House().water / 24)
    true = float(np.minimum(space, cooling)[well.outdoor_c < 12.0].sum())
    assert kwh(one).value == pytest.approx(true, rel=0.15)
    assert one.is_year


def test_hot_water_while_cooling_is_no_fault() -> None:
    hot = run(House(night_c=16.0, cooling=1.0, water=150.0), seed=SEED)
    hot = replace(hot, cooling=1.0 * np.maximum(0.0, hot.outdoor_c - 20.0))
    for said in (None, Said(hot_water_kwh_day=150.0)):
        assert Kind.BOTH in find(hot, said).clear
    assert Kind.BOTH in find(replace(hot, heat=np.zeros(hot.heat.size)), Said(1.0)).clear


def test_what_is_missing_to_judge_both_is_said(well: Operation) -> None:
    blind = replace(well, outdoor_c=nothing(well))
    assert "keine Kälte" in why(replace(well, cooling=nothing(well)), Kind.BOTH)
    assert "Warmwasser" in why(blind, Kind.BOTH)
    assert Kind.BOTH in find(blind, Said(hot_water_kwh_day=40.0)).clear
    assert "Stunden mit Wärme und Kälte" in why(run(days=12, seed=SEED), Kind.BOTH)
    winter = run(days=70, seed=SEED)
    assert "Warmwasser" in why(winter, Kind.BOTH)
    always = replace(well, cooling=np.maximum(well.cooling, 0.01))
    assert Kind.BOTH in find(always).clear


# the signature, and all


def test_heat_that_the_weather_does_not_move_is_not_judged(well: Operation) -> None:
    rng = np.random.default_rng(1)
    flat = replace(well, heat=10 + rng.normal(size=well.heat.size))
    assert "hängt nicht" in why(flat, Kind.SUMMER)
    assert "Erst" in why(run(days=20, seed=SEED), Kind.STUCK)


def test_a_sensor_and_a_meter_that_never_move_are_not_judged(well: Operation) -> None:
    for temp_c in (-12.0, 3.3, 21.0):
        still = replace(
            well, heat=np.full(well.heat.size, 0.1), outdoor_c=np.full(well.heat.size, temp_c)
        )
        assert "Fühler steht still" in why(still, Kind.STUCK)


def test_faults_stand_by_kwh_and_those_without_last() -> None:
    sick = run(House(night_c=20.0, return_c=58.0), seed=SEED)
    sick = replace(sick, heat=sick.heat + 9.0)
    found = find(sick).faults
    kinds = [one.kind for one in found]
    assert kinds == [Kind.SUMMER, Kind.SETBACK, Kind.RETURN_HIGH]


@pytest.mark.parametrize("name", ["flensburg", "amsterdam"])
def test_recorded_series_call_nobody(shared_data: Path, name: str) -> None:
    """A town's network and an office: no fault is known of either."""
    with (shared_data / "heat_series" / f"{name}.csv").open() as lines:
        operation, _ = load(lines)
    found = find(operation)
    assert not found.faults
    assert {one.kind for one in found.unjudged} == {Kind.SWAPPED, Kind.RETURN_HIGH, Kind.BOTH}


def test_a_plant_without_setback_is_told(shared_data: Path) -> None:
    """The village plant feeds its network by night as by day, since autumn."""
    with (shared_data / "heat_series" / "bavaria.csv").open() as lines:
        operation, _ = load(lines)
    found = find(operation)
    assert [one.kind for one in found.faults] == [Kind.SETBACK]
    assert not found.faults[0].is_year
