"""What was to be measured and was not: asked first, told later, and never for a clock's sake."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge.care.finding import Stage, Urgency
from edge.care.rules.event import ClockUnknown, Tick
from edge.care.rules.plan import Due, Pause, Plan
from edge.care.rules.ruleset import MissedRule, default
from hardware.reading import TimeQuality
from tests.edge.care.rules.days import DAY, HOUR, MINUTE, START, Life, measured, told

MORNING = Due("temperature", 7 * 60, 10 * 60)
PLAN = Plan(1, schedule=(MORNING,))
ONCE = replace(default(), missed=MissedRule(ask_after=1, raise_after=4))
SEVEN = START - 16 * HOUR - 20 * MINUTE + 7 * HOUR  # of the first day


def test_missed_spans_ask_the_person_and_four_call_somebody() -> None:
    life = Life(rules=ONCE, plan=PLAN)
    life.wait(24)
    (ask,) = life.findings
    assert (ask.rule, ask.stage, ask.urgency) == ("missed", Stage.ASK, Urgency.NOTE)
    assert ask.facts == {"data_kind": "temperature", "count": 1}
    assert ask.since == SEVEN + DAY
    assert ask.at == SEVEN + DAY + 5 * HOUR
    life.wait(48)
    assert len(life.findings) == 1
    life.wait(24)
    call = life.findings[-1]
    assert (call.stage, call.key, call.urgency) == (Stage.RAISE, ask.key, Urgency.TODAY)
    life.wait(24)
    assert len(life.findings) == 2
    (end,) = life.value("body_temperature", 36.5)
    assert (end.stage, end.key, end.facts["why"]) == (Stage.END, ask.key, "well")


@pytest.mark.parametrize("hours", [5.5, 7.5, 9.9, 11.5])
def test_whoever_measures_in_time_or_nearly_missed_nothing(hours: float) -> None:
    life = Life(rules=ONCE, plan=PLAN)
    life.wait((SEVEN + DAY - START) / HOUR - 7 + hours)
    life.value("body_temperature", 36.5)
    assert life.wait(24 - hours) == []


def test_only_the_kind_that_is_due_counts() -> None:
    life = Life(rules=ONCE, plan=PLAN)
    life.wait(16)
    life.value("pulse_rate", 70)
    assert told(life.wait(8)) == [("missed", "ask")]


def test_what_comes_later_from_the_sensor_s_memory_ends_it() -> None:
    life = Life(rules=ONCE, plan=PLAN)
    life.wait(24)
    stored = measured("body_temperature", 36.5, SEVEN + DAY + HOUR, received_at=life.at)
    assert told(life.give(stored)) == [("missed", "end")]


def test_what_is_of_another_day_ends_nothing() -> None:
    life = Life(rules=ONCE, plan=PLAN)
    life.wait(24)
    assert life.give(measured("body_temperature", 36.5, START - DAY, received_at=life.at)) == []


def test_on_days_off_nothing_is_due() -> None:
    tuesdays = replace(MORNING, weekdays=(1,))
    life = Life(rules=ONCE, plan=replace(PLAN, schedule=(tuesdays,)))
    life.wait(6 * 24)
    assert told(life.findings) == [("missed", "ask")]


def test_a_value_of_unknown_time_counts_for_what_is_open_and_ends_nothing() -> None:
    life = Life(rules=ONCE, plan=PLAN)
    life.wait(24)
    assert life.value("body_temperature", 36.5, TimeQuality.UNKNOWN) == []
    life.wait(18)
    assert life.value("body_temperature", 36.6, TimeQuality.UNKNOWN) == []
    life.wait(20)
    assert life.state.late["temperature"].count == 1


def test_a_hub_that_was_off_misses_nothing() -> None:
    life = Life(rules=ONCE, plan=PLAN)
    life.wait(1)
    for day in range(5):  # a new boot each day at noon
        life.at = SEVEN + DAY * (1 + day) + 5 * HOUR
        life.give(Tick(life.at, f"boot {day}", 5))
    assert life.findings == []


@pytest.mark.parametrize("jump", [3 * DAY, -3 * DAY, 26 * HOUR, 365 * DAY])
def test_a_clock_that_jumps_in_the_middle_of_a_span_misses_nothing(jump: int) -> None:
    life = Life(rules=ONCE, plan=PLAN)
    life.wait(16)  # twenty past eight
    life.at += jump
    life.monotonic_ms += 1000
    assert life.tick() == []
    life.at -= jump
    life.tick()
    life.wait(0.5)
    life.value("body_temperature", 36.5)
    assert life.wait(10) == []


def test_while_nobody_knows_the_time_nothing_is_due() -> None:
    life = Life(rules=ONCE, plan=PLAN)
    for _ in range(300):
        life.at += 10 * MINUTE
        life.monotonic_ms += 10 * MINUTE
        life.give(ClockUnknown(life.at, "boot", life.monotonic_ms))
    assert life.findings == []


def test_on_holiday_nothing_is_missed_and_what_was_is_over() -> None:
    life = Life(rules=ONCE, plan=PLAN)
    life.wait(24)
    life.plan = replace(PLAN, pauses=(Pause(life.at, life.at + 5 * DAY),))
    (end,) = life.wait(5 * 24 - 1)
    assert (end.stage, end.facts["why"]) == (Stage.END, "pause")
    life.wait(24)
    assert told(life.findings) == [("missed", "ask"), ("missed", "end"), ("missed", "ask")]


def test_a_plan_without_the_span_ends_it() -> None:
    life = Life(rules=ONCE, plan=PLAN)
    life.wait(24)
    life.plan = Plan(1)
    assert told(life.wait(0.5)) == [("missed", "end")]
    life = Life(rules=ONCE, plan=PLAN)
    life.wait(24)
    life.plan = replace(PLAN, off=frozenset(("missed",)))
    assert told(life.wait(0.5)) == [("missed", "end")]
    assert life.value("body_temperature", 36.5) == []


def test_the_first_may_call_at_once() -> None:
    rules = replace(default(), missed=MissedRule(ask_after=1, raise_after=1))
    life = Life(rules=rules, plan=PLAN)
    assert told(life.wait(24)) == [("missed", "raise")]


def test_below_the_first_question_nobody_was_told() -> None:
    rules = replace(default(), missed=MissedRule(ask_after=2, raise_after=3))
    life = Life(rules=rules, plan=PLAN)
    life.wait(24)
    life.value("body_temperature", 36.5)
    assert life.findings == []


def test_summer_time_moves_the_span_with_the_wall_s_clock() -> None:
    life = Life(rules=ONCE, plan=PLAN, at=1_792_850_400_000)  # 24 October 2026, 14:00 in Berlin
    life.wait(24)
    (ask,) = life.findings
    assert life.plan.local(ask.since).hour == 7
    assert ask.at - ask.since == 5 * HOUR


def test_a_span_that_ends_in_a_pause_is_not_missed() -> None:
    life = Life(rules=ONCE, plan=PLAN)
    life.wait(19)  # after its end, within the grace
    life.plan = replace(PLAN, pauses=(Pause(life.at),))
    assert life.wait(24) == []
    life = Life(rules=ONCE, plan=PLAN)
    life.wait(16)
    life.plan = replace(PLAN, pauses=(Pause(life.at, life.at + HOUR),))
    life.wait(2)
    life.plan = replace(PLAN, pauses=(Pause(SEVEN + DAY, SEVEN + DAY + 2 * HOUR),))
    assert life.wait(4) == []


def test_who_left_out_a_round_is_reminded_once_a_day_and_not_for_each_device() -> None:
    kinds = ("temperature", "oxygen", "blood_pressure")
    plan = Plan(1, schedule=tuple(Due(kind, 7 * 60, 10 * 60) for kind in kinds))
    life = Life(plan=plan)
    life.wait(24)
    assert life.findings == []  # once is forgotten
    life.wait(24)
    (ask,) = life.findings
    assert (ask.stage, ask.facts) == (Stage.ASK, {"data_kind": "blood_pressure", "count": 2})
    life.value("body_temperature", 36.5)
    life.wait(24)
    assert [(one.stage, one.facts["data_kind"]) for one in life.findings[1:]] == [
        (Stage.ASK, "oxygen")
    ]
    life.wait(24)
    assert {one.facts["data_kind"] for one in life.findings if one.stage is Stage.RAISE} == {
        "oxygen", "blood_pressure",
    }  # fmt: skip
