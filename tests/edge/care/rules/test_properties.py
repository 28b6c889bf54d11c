"""Whatever happens: the same events find the same, wherever they are cut, and only by rules."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.care.finding import Finding, Stage
from edge.care.measured import Measured
from edge.care.rules.engine import step
from edge.care.rules.event import ClockUnknown, Event, Heard, Signal, Tick, Warmth
from edge.care.rules.plan import Due, Limit, News2, Pause, Plan
from edge.care.rules.ruleset import RULES, RuleSet, default, holds
from edge.care.rules.state import State, from_json, to_json
from hardware.reading import TimeQuality
from tests.edge.care.rules.days import DAY, HOUR, MINUTE, START

KINDS = {
    "oxygen_saturation": "oxygen",
    "pulse_rate": "oxygen",
    "heart_rate": "heart_rate",
    "body_temperature": "temperature",
    "body_weight": "weight",
    "blood_pressure_systolic": "blood_pressure",
    "air_temperature": "room_climate",
    "motion": "home_activity",
    "button_press": "button",
}
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
MOMENTS = st.integers(START - 3 * DAY, START + 40 * DAY)
VALUES = st.one_of(
    st.floats(30, 220),
    st.sampled_from([math.nan, math.inf, -math.inf, 0.0, -1.0, 1e300, 85.0, 91.0, 131.0, 36.5]),
)


@st.composite
def values(draw: st.DrawFn) -> Measured:
    quantity = draw(st.sampled_from(sorted(KINDS)))
    at = draw(MOMENTS)
    late = draw(st.sampled_from([0, 0, 0, MINUTE, 5 * HOUR, -5 * HOUR]))
    quality = draw(st.sampled_from(list(TimeQuality)))
    device = draw(st.sampled_from(["ble:A", "ble:B"]))
    return Measured(1, at, at + late, KINDS[quantity], quantity, draw(VALUES), device, quality)


EVENTS: st.SearchStrategy[Event] = st.one_of(
    values(),
    st.builds(Tick, MOMENTS, st.sampled_from(["a", "b"]), st.none() | st.integers(0, 10**9)),
    st.builds(ClockUnknown, MOMENTS, st.sampled_from(["a", "b"]), st.integers(0, 10**9)),
    st.builds(
        Signal,
        st.just(1),
        MOMENTS,
        MOMENTS,
        st.sampled_from(["sos", "motion", "door_open", "here"]),
        st.sampled_from(["ble:A", "ble:C"]),
        st.sampled_from([0.0, 1.0]),
        st.sampled_from(list(TimeQuality)),
    ),
    st.builds(
        Heard,
        st.just(1),
        MOMENTS,
        st.sampled_from(["ble:A", "ble:B", "ble:C"]),
        st.sampled_from(["", "button"]),
    ),
    st.builds(Tick, MOMENTS, st.just("a"), st.integers(0, 10**9), st.booleans()),
    st.builds(
        Warmth, st.just(1), MOMENTS, st.just("ble:R"), st.integers(0, 2), MOMENTS, st.floats(20, 50)
    ),
)
PLANS = st.sampled_from(
    [
        Plan(1),
        Plan(
            1,
            limits={"pulse_rate": Limit(low=60, high=80)},
            schedule=(Due("oxygen", 420, 600), Due("weight", 0, 1440, (0, 2, 4))),
            pauses=(Pause(START + 10 * DAY, START + 12 * DAY),),
            devices={"ble:A": "", "ble:R": "room_climate"},
            news2=News2(),
            weather=1,
        ),
    ]
)


def run(
    rules: RuleSet, plan: Plan, events: list[Event], cut: int = -1
) -> tuple[State, list[Finding]]:
    state, findings = State(), list[Finding]()
    for number, event in enumerate(events):
        if number == cut:
            state = from_json(to_json(state))
        state, found = step(rules, plan, state, event)
        findings += found
    return state, findings


@QUICK
@given(PLANS, st.lists(EVENTS, max_size=60), st.integers(0, 59))
def test_a_cut_anywhere_changes_nothing(plan: Plan, events: list[Event], cut: int) -> None:
    assert run(default(), plan, events, cut) == run(default(), plan, events)


@QUICK
@given(PLANS, st.lists(EVENTS, max_size=60), st.sampled_from([*RULES, None]))
def test_nothing_is_found_without_a_rule(plan: Plan, events: list[Event], only: str | None) -> None:
    rules = replace(default(), **{name: None for name in RULES if name != only})
    off = replace(plan, off=frozenset(RULES) - {only})  # type: ignore[arg-type]
    for one_rules, one_plan in ((rules, plan), (default(), off)):
        _, findings = run(one_rules, one_plan, events)
        for finding in findings:
            assert finding.rule == "odd" or holds(one_rules, one_plan, finding.rule)


@QUICK
@given(PLANS, st.lists(EVENTS, max_size=60))
def test_what_is_raised_has_one_key_as_long_as_it_lasts(plan: Plan, events: list[Event]) -> None:
    lasting: dict[str, Finding] = {}
    _, findings = run(default(), plan, events)
    for finding in findings:
        assert finding.person == 1
        before = lasting.get(finding.key)
        if finding.stage is Stage.END:
            assert before is not None, finding
            del lasting[finding.key]
        else:
            assert finding.rule == "sos" or before is None or _is_more(before, finding), finding
            lasting[finding.key] = finding


def _is_more(before: Finding, after: Finding) -> bool:
    if before.stage is Stage.ASK:
        return True
    return after.stage is Stage.RAISE and after.urgency > before.urgency


@QUICK
@given(
    st.lists(st.tuples(st.sampled_from(["pulse_rate", "body_temperature", "body_weight"]),
                       st.sampled_from([math.nan, math.inf, -math.inf, -1.0, 0.0, 1e9])),
             min_size=1, max_size=30)
)  # fmt: skip
def test_absurd_values_are_named_and_call_nobody(given_values: list[tuple[str, float]]) -> None:
    events: list[Event] = []
    for number, (quantity, value) in enumerate(given_values):
        at = START + number * HOUR
        events += [
            Tick(at),
            Measured(1, at, at, KINDS[quantity], quantity, value, "d", TimeQuality.DEVICE),
        ]
    events += [Tick(START + (len(given_values) + n) * HOUR) for n in range(48)]
    _, findings = run(default(), Plan(1), events)
    assert {one.rule for one in findings} == {"odd"}
    assert {one.stage for one in findings} == {Stage.ASK}
    assert {one.facts["quantity"] for one in findings} == {one for one, _ in given_values}


@pytest.mark.parametrize("sign", [1, -1])
@QUICK
@given(st.lists(st.integers(1, 400 * DAY), min_size=1, max_size=20))
def test_a_clock_that_jumps_to_and_fro_finds_nothing(sign: int, jumps: list[int]) -> None:
    """The hub's own count goes on by a minute a tick, whatever the clock shows."""
    plan = Plan(
        1,
        schedule=(Due("oxygen", 0, 720), Due("weight", 720, 1440)),
        devices={"ble:R": "room_climate"},
    )
    events: list[Event] = []
    for number, jump in enumerate(jumps):
        events += [
            Tick(START + 2 * number * MINUTE, "a", 2 * number * MINUTE),
            Tick(START + sign * jump, "a", (2 * number + 1) * MINUTE),
        ]
    assert run(default(), plan, events)[1] == []
