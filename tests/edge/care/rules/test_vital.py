"""Values beyond a limit or a person's own band: asked first, called once, over when it is over."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge.care.finding import Stage, Urgency
from edge.care.rules.plan import Limit, Plan
from edge.care.rules.ruleset import load
from edge.care.rules.watch import keys
from tests.edge.care.rules.days import DAY, HOUR, MINUTE, Life, measured, raised, told


def test_a_value_beyond_a_limit_is_measured_again_before_anybody_is_called() -> None:
    life = Life()
    (ask,) = life.value("oxygen_saturation", 84)
    assert (ask.rule, ask.stage, ask.urgency) == ("limit", Stage.ASK, Urgency.URGENT)
    assert ask.facts == {
        "quantity": "oxygen_saturation", "value": 84.0, "side": "low", "limit": 85.0,
        "whose": "rules", "data_kind": "oxygen",
    }  # fmt: skip
    life.wait(5 / 60)
    (call,) = life.value("oxygen_saturation", 83)
    assert (call.stage, call.key, call.since) == (Stage.RAISE, ask.key, ask.since)
    assert call.facts["first"] == 84.0
    assert call.facts["again"] == "agrees"


def test_a_state_stands_behind_what_it_asked_and_what_it_called_for() -> None:
    life = Life()
    assert keys(life.state) == frozenset()
    (ask,) = life.value("oxygen_saturation", 84)
    assert keys(life.state) == {ask.key}
    life.wait(5 / 60)
    (call,) = life.value("oxygen_saturation", 83)
    assert keys(life.state) == {call.key}


def test_a_second_value_that_is_well_ends_it() -> None:
    life = Life()
    (ask,) = life.value("pulse_rate", 140)
    life.wait(5 / 60)
    (end,) = life.value("pulse_rate", 80)
    assert (end.stage, end.key, end.facts) == (Stage.END, ask.key, {"why": "well"})
    assert life.wait(48) == []


def test_without_a_second_value_somebody_is_called_after_a_while() -> None:
    life = Life()
    life.value("pulse_rate", 140)
    assert life.wait(50 / 60) == []
    (call,) = life.wait(20 / 60)
    assert (call.stage, call.facts["again"]) == (Stage.RAISE, "none")


def test_a_practice_s_limit_takes_the_place_of_the_rule_set_s() -> None:
    life = Life(plan=Plan(1, limits={"oxygen_saturation": Limit(low=88)}))
    assert life.value("oxygen_saturation", 89) == []
    life.wait(1)
    (ask,) = life.value("oxygen_saturation", 84)
    assert (ask.urgency, ask.facts["whose"]) == (Urgency.TODAY, "practice")


def test_an_end_that_is_the_rule_set_s_is_not_called_the_practice_s() -> None:
    own = Limit(low=90, low_urgent=85, low_extreme=80)  # the last two are shipped
    for value, whose in ((84.0, "rules"), (89.0, "practice")):
        life = Life(plan=Plan(1, limits={"oxygen_saturation": own}))
        (ask,) = life.value("oxygen_saturation", value)
        assert ask.facts["whose"] == whose


def test_without_re_measuring_a_limit_calls_at_once() -> None:
    life = Life(rules=load("static"))
    assert told(life.value("pulse_rate", 101)) == [("limit", "raise")]
    assert life.value("body_temperature", 38.5) == []  # of the same trouble


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -5.0, 0.0, 1e9])
def test_an_absurd_value_is_named_and_calls_nobody(value: float) -> None:
    life = Life()
    (odd,) = life.value("pulse_rate", value)
    assert (odd.rule, odd.stage, odd.urgency) == ("odd", Stage.ASK, Urgency.NOTE)
    assert life.wait(1) == []
    assert life.value("pulse_rate", value) == []
    life.wait(1)
    assert told(life.value("pulse_rate", 70)) == [("odd", "end")]
    assert raised(life.findings) == []


USUAL = (66, 68, 70, 72, 69, 67, 71, 68, 70, 69, 66, 72)


def test_what_is_far_from_the_usual_is_found_once_the_usual_is_known() -> None:
    life = Life()
    life.value("pulse_rate", 95)
    assert life.findings == []
    assert life.usual("pulse_rate", USUAL) == []
    (ask,) = life.value("pulse_rate", 95)
    assert (ask.rule, ask.urgency) == ("baseline", Urgency.TODAY)
    assert 68 <= float(ask.facts["usual"]) <= 70
    life.wait(1)
    assert told(life.value("pulse_rate", 88)) == [("baseline", "raise")]


def test_what_comes_within_a_day_is_the_same_trouble_and_later_another_one() -> None:
    life = Life()
    life.usual("pulse_rate", USUAL)
    life.value("pulse_rate", 100)
    life.wait(1)
    (call,) = raised(life.value("pulse_rate", 100))
    life.wait(20)
    assert life.value("body_temperature", 39.5) != []  # more urgent: told again
    life.wait(1)
    assert life.value("blood_pressure_systolic", 210) == []
    life.wait(20)
    assert told(life.value("oxygen_saturation", 84)) == [("limit", "ask")]
    life.wait(0.2)
    end, other = life.value("oxygen_saturation", 84)
    assert (end.stage, end.key) == (Stage.END, call.key)
    assert (other.stage, other.key != call.key) == (Stage.RAISE, True)


def test_it_is_over_when_all_was_well_for_a_day() -> None:
    life = Life(rules=load("static"))
    (call,) = life.value("pulse_rate", 120)
    life.wait(2)
    assert life.value("pulse_rate", 80) == []
    life.wait(10)
    assert life.value("pulse_rate", 120) == []
    life.wait(2)
    life.value("pulse_rate", 80)
    assert life.wait(23.5) == []
    (end,) = life.wait(1)
    assert (end.stage, end.key) == (Stage.END, call.key)
    assert told(life.value("pulse_rate", 120)) == [("limit", "raise")]


def test_the_second_value_on_the_other_side_is_a_first_one() -> None:
    life = Life()
    life.value("pulse_rate", 140)
    life.wait(0.1)
    assert told(life.value("pulse_rate", 35)) == [("limit", "end"), ("limit", "ask")]


def test_two_values_of_one_measurement_are_no_second_one() -> None:
    life = Life()
    life.value("pulse_rate", 140)
    again = measured("pulse_rate", 141, life.at + 5000)
    assert life.give(again) == []


def test_values_that_come_late_say_nothing_about_now() -> None:
    life = Life()
    life.value("pulse_rate", 70)
    assert life.give(measured("pulse_rate", 150, life.at - HOUR, received_at=life.at)) == []
    assert life.give(measured("pulse_rate", 150, life.at, received_at=life.at)) == []


def test_a_clock_that_was_a_year_ahead_blocks_no_value() -> None:
    life = Life()
    life.usual("pulse_rate", USUAL)
    true_at = life.at
    life.at += 365 * DAY
    life.tick()
    assert life.value("pulse_rate", 70) == []
    life.at = true_at + MINUTE
    life.tick()
    assert told(life.value("pulse_rate", 140)) == [("limit", "ask")]


def test_what_goes_on_becomes_the_usual() -> None:
    life = Life(rules=replace(Life().rules, limit=None))
    life.usual("pulse_rate", USUAL)
    life.usual("pulse_rate", [95 + n % 3 for n in range(60)])
    called = [one for one in life.findings if not one.key.startswith("sooner:")]
    assert told(called) == [("baseline", "ask"), ("baseline", "raise"), ("baseline", "end")]


def test_two_things_that_are_asked_about_are_one_trouble() -> None:
    life = Life()
    (first,) = life.value("pulse_rate", 140)
    (other,) = life.value("oxygen_saturation", 84)
    assert other.key == first.key
    life.wait(0.2)
    assert life.value("pulse_rate", 80) == []
    (call,) = life.value("oxygen_saturation", 84)
    assert (call.stage, call.key, "with" in call.facts) == (Stage.RAISE, first.key, False)


def test_who_is_called_for_one_is_told_of_the_other() -> None:
    life = Life()
    life.value("pulse_rate", 140)
    (other,) = life.value("oxygen_saturation", 84)
    life.wait(0.2)
    (call,) = life.value("pulse_rate", 141)
    assert call.facts["with"] == "oxygen_saturation"
    assert call.facts["with_at"] == other.at
