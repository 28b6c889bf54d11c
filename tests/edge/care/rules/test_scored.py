"""NEWS2 as a rule: for whom, of which values, how urgently, and never whole when it is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge.care.finding import Stage, Urgency
from edge.care.rules.errors import RuleError
from edge.care.rules.plan import News2, Plan
from edge.care.rules.ruleset import News2Rule, Remeasure, load
from tests.edge.care.rules.days import Life, raised, told

SINGLE = replace(load("default"), news2=News2Rule())
SCORED = Plan(1, news2=News2())
ONLY = replace(load("news2"), remeasure=Remeasure(active=False))


def test_only_whose_plan_has_it_is_scored() -> None:
    rules = replace(SINGLE, limit=None)
    assert Life(rules=rules).value("oxygen_saturation", 88) == []
    assert told(Life(rules=rules, plan=SCORED).value("oxygen_saturation", 88)) == [("news2", "ask")]
    off = replace(SCORED, off=frozenset(("news2",)))
    assert Life(rules=rules, plan=off).value("oxygen_saturation", 88) == []
    idle = replace(rules, news2=None)
    assert Life(rules=idle, plan=SCORED).value("oxygen_saturation", 88) == []


def test_a_single_three_is_urgent_and_named_partial() -> None:
    life = Life(rules=ONLY, plan=SCORED)
    (found,) = life.value("oxygen_saturation", 91)
    assert (found.rule, found.stage, found.urgency) == ("news2", Stage.RAISE, Urgency.URGENT)
    assert found.facts == {
        "at_least": 3, "partial": 1, "missing": "respiration_rate systolic pulse consciousness"
        " temperature", "single": "oxygen_saturation", "points": "oxygen_saturation=3 oxygen=0",
        "scale": 1, "data_kind": "oxygen",
    }  # fmt: skip
    assert "score" not in found.facts


def test_values_of_one_hour_are_one_set() -> None:
    life = Life(rules=ONLY, plan=SCORED)
    for quantity, value in (
        ("oxygen_saturation", 92),
        ("pulse_rate", 111),
        ("body_temperature", 38.1),
    ):
        life.value(quantity, value)
        life.wait(0.1)
    (found,) = raised(life.findings)
    assert (found.facts["at_least"], found.urgency) == (5, Urgency.URGENT)
    life.value("blood_pressure_systolic", 100)
    (_, more) = raised(life.findings)
    assert (more.facts["at_least"], more.urgency) == (7, Urgency.EMERGENCY)


def test_what_is_older_is_not_of_the_set() -> None:
    life = Life(rules=ONLY, plan=SCORED)
    for quantity, value in (
        ("oxygen_saturation", 92),
        ("pulse_rate", 111),
        ("body_temperature", 38.1),
    ):
        life.value(quantity, value)
        life.wait(1.5)
    assert life.findings == []


def test_everybody_is_scored_where_the_rule_set_says_so_and_nobody_knows_of_oxygen() -> None:
    life = Life(rules=load("news2"))
    (found,) = life.value("pulse_rate", 131)
    assert "oxygen" in str(found.facts["missing"]).split()
    assert found.stage is Stage.RAISE


def test_scale_2_takes_a_doctor_s_decision() -> None:
    with pytest.raises(RuleError) as refused:
        News2(scale=2)
    assert "ärztliche Anordnung" in refused.value.hint
    copd = Plan(1, news2=News2(scale=2, decided_by="Dr. Beispiel"))
    assert Life(rules=ONLY, plan=copd).value("oxygen_saturation", 88) == []
    assert Life(rules=ONLY, plan=SCORED).value("oxygen_saturation", 88) != []


def test_a_second_set_that_agrees_calls() -> None:
    rules = replace(SINGLE, limit=None, baseline=None)
    life = Life(rules=rules, plan=SCORED)
    life.value("pulse_rate", 131)
    life.wait(0.1)
    assert told(life.value("pulse_rate", 132)) == [("news2", "raise")]
    assert life.findings[-1].facts["again"] == "agrees"
    life = Life(rules=rules, plan=SCORED)
    life.value("pulse_rate", 131)
    life.wait(0.1)
    assert told(life.value("pulse_rate", 90)) == [("news2", "end")]


@pytest.mark.parametrize("who", [{"age": 15}, {"is_pregnant": True, "age": 30}])
def test_nobody_under_16_or_pregnant_is_scored(who: dict[str, int]) -> None:
    with pytest.raises(RuleError, match="not for this person"):
        News2(**who)  # type: ignore[arg-type]
    assert News2(age=16).scale == 1


WHOLE = {"oxygen_saturation": 92, "pulse_rate": 111, "body_temperature": 38.1}


def _round(life: Life, values: dict[str, float]) -> None:
    for quantity, value in values.items():
        life.value(quantity, value)
        life.wait(1.5 / 60, every=90_000)


def test_the_rest_of_the_same_round_is_no_second_set() -> None:
    life = Life(rules=replace(SINGLE, limit=None, baseline=None), plan=SCORED)
    _round(life, {"oxygen_saturation": 91, "pulse_rate": 70, "body_temperature": 36.5})
    assert told(life.findings) == [("news2", "ask")]
    life.wait(0.2)
    _round(life, {"pulse_rate": 70})
    assert raised(life.findings) == []
    _round(life, {"oxygen_saturation": 91})
    assert told(life.findings) == [("news2", "ask"), ("news2", "raise")]


def test_a_round_that_becomes_worse_asks_more_urgently_and_calls_nobody() -> None:
    rules = replace(SINGLE, limit=None, baseline=None)
    life = Life(rules=rules, plan=SCORED)
    _round(life, {**WHOLE, "blood_pressure_systolic": 100})
    assert told(life.findings) == [("news2", "ask"), ("news2", "ask")]
    first, worse = life.findings
    assert (first.key, first.urgency) == (worse.key, Urgency.URGENT)
    assert worse.urgency is Urgency.EMERGENCY
    (call,) = raised(life.wait(0.3, every=60_000))
    assert (call.urgency, call.facts["again"]) == (Urgency.EMERGENCY, "none")


def test_what_is_no_more_known_is_not_well() -> None:
    rules = replace(SINGLE, limit=None, baseline=None, news2=News2Rule(fresh_hours=0.5))
    life = Life(rules=rules, plan=SCORED)
    _round(life, WHOLE)
    assert told(life.findings) == [("news2", "ask")]
    life.wait(0.8)
    _round(life, {"oxygen_saturation": 97})
    assert told(life.findings) == [("news2", "ask")]
    _round(life, {"pulse_rate": 70, "body_temperature": 36.5})
    assert told(life.findings) == [("news2", "ask"), ("news2", "end")]
