"""What drifts, what is far for everybody, and urgent values that nobody measured again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge.care.finding import Stage, Urgency
from edge.care.rules.plan import Limit, Plan
from edge.care.rules.ruleset import BaselineRule, Spread, default
from tests.edge.care.rules.days import Life, raised, told

USUAL = (128, 132, 130, 134, 126, 131, 129, 133, 127, 130, 130, 132)
SYSTOLIC = "blood_pressure_systolic"
ROW = replace(
    default(),
    baseline=BaselineRule(
        z=4.5, row=3, row_z=2.5, of={SYSTOLIC: Spread(least=25, floor=8, row_least=20)}
    ),
)


def known(values: tuple[int, ...] = USUAL, rules: object = ROW) -> Life:
    life = Life(rules=rules)  # type: ignore[arg-type]
    assert life.usual(SYSTOLIC, values) == []
    return life


def test_the_third_value_in_a_row_is_found_before_any_is_far() -> None:
    life = known()
    assert life.usual(SYSTOLIC, [152, 154]) == []
    assert told(life.value(SYSTOLIC, 153)) == [("baseline", "ask")]
    life.wait(0.2)
    assert told(life.value(SYSTOLIC, 152)) == [("baseline", "raise")]


@pytest.mark.parametrize(
    "values", [[152, 140, 153], [152, 108, 153], [146, 146, 146], [108, 108, 153]]
)
def test_what_is_no_row_is_not_found(values: list[int]) -> None:
    assert known().usual(SYSTOLIC, values) == []


def test_a_row_that_a_second_value_does_not_confirm_is_over() -> None:
    life = known()
    life.usual(SYSTOLIC, [152, 154])
    life.value(SYSTOLIC, 153)
    life.wait(0.2)
    assert told(life.value(SYSTOLIC, 135)) == [("baseline", "end")]


@pytest.mark.parametrize("row", [0, 1])
def test_without_the_setting_there_is_no_row(row: int) -> None:
    assert ROW.baseline is not None
    rules = replace(ROW, baseline=replace(ROW.baseline, row=row))
    assert known(rules=rules).usual(SYSTOLIC, [152, 154, 153]) == []


WIDE = (110, 150, 115, 145, 112, 148, 120, 140, 111, 149, 113, 147)


@pytest.mark.parametrize(("most", "finds"), [(None, 0), (50, 1)])
def test_what_is_far_for_everybody_is_found_in_who_swings(most: float | None, finds: int) -> None:
    of = {SYSTOLIC: Spread(least=25, floor=8, most=most)}
    life = known(WIDE, replace(ROW, baseline=BaselineRule(of=of)))
    assert len(life.value(SYSTOLIC, 190)) == finds


def test_an_urgent_value_that_nobody_measures_again_waits_for_today() -> None:
    life = Life()
    (ask,) = life.value("oxygen_saturation", 84)
    assert ask.urgency is Urgency.URGENT
    assert life.wait(30) == []
    (call,) = life.wait(2)
    assert (call.stage, call.urgency) == (Stage.RAISE, Urgency.TODAY)
    assert call.facts["again"] == "none"


def test_it_is_urgent_again_when_the_next_round_agrees() -> None:
    life = Life()
    life.value("oxygen_saturation", 84)
    life.wait(11)
    (call,) = life.value("oxygen_saturation", 85)
    assert (call.stage, call.urgency, call.facts["again"]) == (
        Stage.RAISE, Urgency.URGENT, "agrees",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("quantity", "value"),
    [("oxygen_saturation", 80), ("pulse_rate", 35), ("pulse_rate", 140), (SYSTOLIC, 220)],
)
def test_an_extreme_value_calls_within_the_hour(quantity: str, value: float) -> None:
    life = Life()
    life.value(quantity, value)
    (call,) = raised(life.wait(1.1))
    assert (call.urgency, call.facts["again"]) == (Urgency.URGENT, "none")


def test_a_practice_s_limit_without_an_extreme_end_calls_within_the_hour() -> None:
    life = Life(plan=Plan(1, limits={"oxygen_saturation": Limit(low_urgent=88)}))
    life.value("oxygen_saturation", 87)
    (call,) = raised(life.wait(1.1))
    assert call.urgency is Urgency.URGENT


def test_what_is_off_for_one_reason_is_not_several() -> None:
    rules = replace(default(), limit=None)
    diastolic, pulse = "blood_pressure_diastolic", "pulse_rate"
    for other, systolic, value, finds in (
        (diastolic, 154, 84, 0),
        (pulse, 154, 84, 0),  # as after stairs
        (pulse, 106, 84, 1),  # as in shock
    ):
        life = Life(rules=rules)
        for n in range(15):
            life.value(SYSTOLIC, USUAL[n % 12])
            life.value(other, 70 + n % 3)
            life.wait(12, every=15 * 60_000)
        life.value(SYSTOLIC, systolic)
        life.value(other, value)
        assert len(life.findings) == finds


def test_a_side_that_does_not_count_is_not_far() -> None:
    life = Life(rules=default())
    life.usual("oxygen_saturation", [90, 91, 90, 89, 90, 91] * 2)
    assert life.value("oxygen_saturation", 100) == []
    life.wait(12)
    assert told(life.value("oxygen_saturation", 84.5)) != []
