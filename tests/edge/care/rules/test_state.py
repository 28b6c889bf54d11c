"""What the engine knows: through JSON unchanged, and without what nobody agrees to any more."""

from __future__ import annotations

import pytest

from edge.care.rules.errors import RuleError
from edge.care.rules.event import Signal, Warmth
from edge.care.rules.plan import Due, Plan
from edge.care.rules.state import State, forget, from_json, to_json
from tests.edge.care.rules.days import Life, measured

ALL = (
    "oxygen",
    "temperature",
    "weight",
    "blood_pressure",
    "button",
    "room_climate",
    "home_activity",
)


def full() -> State:
    plan = Plan(
        1, schedule=(Due("weight", 0, 1440),), devices={"ble:R": "", "ble:A": "room_climate"}
    )
    life = Life(plan=plan)
    life.wait(40)
    life.value("oxygen_saturation", 80)
    life.value("body_temperature", 36.5)
    life.value("pulse_rate", float("nan"))
    life.give(
        measured("air_temperature", 21, life.at, device="ble:R"),
        Signal(1, life.at, life.at, "sos", "ble:S"),
        Signal(1, life.at, life.at, "motion", "ble:M"),
        Warmth(1, life.at, "ble:R", 1, life.at, 33.0),
    )
    return life.state


def test_a_state_goes_through_json_unchanged() -> None:
    state = full()
    assert from_json(to_json(state)) == state
    assert from_json(to_json(State())) == State()


@pytest.mark.parametrize("text", ["{}x", "[]", '{"x": 1}', '{"time": {"now": "1"}}'])
def test_what_is_no_state_is_refused(text: str) -> None:
    with pytest.raises(RuleError):
        from_json(text)


def test_who_agrees_to_all_is_not_forgotten() -> None:
    assert forget(full(), ALL) == full()


def test_what_is_not_agreed_to_is_forgotten_and_the_rest_is_not() -> None:
    state = forget(full(), [one for one in ALL if one != "oxygen"])
    assert sorted(state.courses) == ["body_temperature"]
    assert state.asks == {}
    assert state.late.keys() == {"weight"}
    assert state.calls.keys() == {"ble:S"}
    nothing = forget(full(), ())
    assert (nothing.courses, nothing.measured, nothing.late) == ({}, {}, {})
    assert (nothing.sensors, nothing.calls, nothing.warmth) == ({}, {}, {})
    assert nothing.rhythm == State().rhythm


def test_a_call_about_what_is_not_agreed_to_is_forgotten() -> None:
    life = Life()
    life.value("pulse_rate", 140)
    life.wait(1)
    assert life.state.alert is not None
    assert forget(life.state, ["blood_pressure", "oxygen"]).alert is not None
    assert forget(life.state, ["weight"]).alert is None
