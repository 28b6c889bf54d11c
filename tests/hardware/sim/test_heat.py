from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.mbus.telegram import decode
from hardware.reading import Function, Quantity, Register
from hardware.sim.heat import HEAT_CAPACITY, HeatModel
from hardware.sim.telegrams import FileTelegrams, HeatTelegrams

START = datetime(2026, 1, 10, tzinfo=UTC)
SEEDS = st.integers(0, 10_000)
MINUTES = st.lists(st.integers(0, 5 * 24 * 60), min_size=1, max_size=8).map(sorted)


@given(seed=SEEDS, minutes=MINUTES)
@settings(max_examples=25)
def test_the_registers_agree_with_each_other(seed: int, minutes: list[int]) -> None:
    model = HeatModel(seed, START)
    states = [model.at(START + timedelta(minutes=minute)) for minute in minutes]
    for state in states:
        difference = state.flow_temperature_degc - state.return_temperature_degc
        assert state.temperature_difference_k == pytest.approx(difference)
        heat = state.volume_flow_m3_h * state.temperature_difference_k * HEAT_CAPACITY
        assert state.power_kw == pytest.approx(heat, abs=0.051)
        assert 5 < difference < 60
    for before, after in itertools.pairwise(states):
        assert after.energy_kwh >= before.energy_kwh
        assert after.volume_m3 >= before.volume_m3
        assert after.operating_hours >= before.operating_hours


@given(seed=SEEDS, minutes=MINUTES)
@settings(max_examples=25)
def test_one_seed_is_one_building_however_often_it_is_asked(seed: int, minutes: list[int]) -> None:
    often, once = HeatModel(seed, START), HeatModel(seed, START)
    for minute in minutes:
        last = often.at(START + timedelta(minutes=minute))
    assert once.at(START + timedelta(minutes=minutes[-1])) == last


def test_energy_is_the_integral_of_power() -> None:
    model = HeatModel(4, START)
    first = model.at(START)
    summed = 0.0
    for step in range(1, 24 * 12 + 1):
        before = model.at(START + timedelta(minutes=5 * step - 1))
        summed += before.power_kw / 12
    last = model.at(START + timedelta(days=1))
    assert last.energy_kwh - first.energy_kwh == pytest.approx(summed, abs=1 + 0.05 * 24)
    assert summed > 24  # a building in January


def test_winter_needs_more_than_summer() -> None:
    model = HeatModel(4, START)
    winter = model.at(START).energy_kwh, model.at(START + timedelta(days=7)).energy_kwh
    july = datetime(2026, 7, 10, tzinfo=UTC)
    summer = model.at(july).energy_kwh, model.at(july + timedelta(days=7)).energy_kwh
    assert winter[1] - winter[0] > 2 * (summer[1] - summer[0]) > 0


def test_the_due_date_keeps_the_values_of_its_midnight() -> None:
    model = HeatModel(4, datetime(2026, 12, 30, tzinfo=UTC))
    midnight = datetime(2026, 12, 31, 23, tzinfo=UTC)  # meters keep winter time
    before = model.at(midnight - timedelta(minutes=5))
    assert before.due_date == date(2025, 12, 31)
    at = model.at(midnight)
    later = model.at(midnight + timedelta(days=2))
    assert at.due_date == later.due_date == date(2026, 12, 31)
    assert at.energy_kwh == later.due_energy_kwh
    assert later.energy_kwh > later.due_energy_kwh


def test_a_clock_that_jumps_back_leaves_the_registers() -> None:
    model = HeatModel(4, START)
    late = model.at(START + timedelta(days=1))
    assert model.at(START) == late


def test_a_time_without_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="offset"):
        HeatModel(1, datetime(2026, 1, 1))  # noqa: DTZ001 - what is refused
    with pytest.raises(ValueError, match="offset"):
        HeatModel(1, START).at(datetime(2026, 1, 1))  # noqa: DTZ001 - what is refused


@given(seed=SEEDS, minute=st.integers(0, 3 * 24 * 60))
@settings(max_examples=25)
def test_the_telegram_says_what_the_registers_hold(seed: int, minute: int) -> None:
    at = START + timedelta(minutes=minute)
    state = HeatModel(seed, START).at(at)
    telegram = decode(HeatTelegrams(seed, address=9, installed=START).current(at))
    assert telegram.device_id.startswith("mbus:LUG-")
    assert telegram.medium == "heat"
    assert telegram.without_value == 0
    said = {(record.quantity, record.register): record.value for record in telegram.records}
    now, due = Register(), Register(storage=1, function=Function.INSTANTANEOUS)
    assert said[Quantity.ENERGY, now] == state.energy_kwh
    assert said[Quantity.VOLUME, now] == pytest.approx(state.volume_m3)
    assert said[Quantity.POWER, now] == pytest.approx(state.power_kw)
    assert said[Quantity.VOLUME_FLOW, now] == pytest.approx(state.volume_flow_m3_h)
    assert said[Quantity.FLOW_TEMPERATURE, now] == pytest.approx(state.flow_temperature_degc)
    assert said[Quantity.RETURN_TEMPERATURE, now] == pytest.approx(state.return_temperature_degc)
    assert said[Quantity.TEMPERATURE_DIFFERENCE, now] == pytest.approx(
        state.temperature_difference_k
    )
    assert said[Quantity.OPERATING_TIME, now] == state.operating_hours
    assert said[Quantity.DATETIME, now] == state.at.strftime("%Y-%m-%dT%H:%M:00")
    assert said[Quantity.ENERGY, due] == state.due_energy_kwh
    assert said[Quantity.VOLUME, due] == pytest.approx(state.due_volume_m3)
    assert said[Quantity.DATE, due] == state.due_date.isoformat()


def test_the_access_number_counts_what_was_taken_and_wraps() -> None:
    meter = HeatTelegrams(1, address=1, installed=START)
    seen = []
    for _ in range(258):
        seen.append(decode(meter.current(START)).access_number)
        meter.advance()
    assert seen == [*range(256), 0, 1]


def test_frames_of_a_file_rotate_and_take_the_address() -> None:
    first = HeatTelegrams(1, address=1, installed=START).current(START)
    second = HeatTelegrams(2, address=2, installed=START).current(START)
    meter = FileTelegrams([first, second])
    assert meter.address == 1
    given = []
    for _ in range(3):
        given.append(meter.current(START))
        meter.advance()
    assert given == [first, second, first]
    moved = FileTelegrams([first, second], address=77)
    assert moved.current(START)[5] == 77
    assert decode(moved.current(START)) == decode(first)


def test_a_meter_needs_telegrams() -> None:
    with pytest.raises(ValueError, match="1 to"):
        FileTelegrams([])
    with pytest.raises(ValueError, match="long frame"):
        FileTelegrams([b"\xe5"])
