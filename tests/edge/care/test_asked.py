"""What somebody is asked to measure, of the alerts about them and of what the rules know."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge.care import kinds
from edge.care.asked import Asked, Why, asked
from edge.care.consent import BLOOD_PRESSURE
from edge.care.finding import Fact, Urgency
from edge.care.ladder.alert import Alert
from edge.care.ladder.rung import State as Standing
from edge.care.rules.state import Ask, Course, State, Time

NOW, HOUR, MINUTE = 1_790_000_000_000, 3_600_000, 60_000
BEGAN = NOW - 10 * MINUTE
HIGH: dict[str, Fact] = {"quantity": "blood_pressure_systolic", "data_kind": BLOOD_PRESSURE}
TWO: dict[str, Fact] = {
    "quantities": "body_weight pulse_rate",
    "data_kind": f"{BLOOD_PRESSURE} {kinds.WEIGHT}",
}


def alert(
    facts: dict[str, Fact],
    rule: str = "limit",
    state: Standing = Standing.ASKED,
    key: str = f"vital:{BEGAN}",
    at: int = NOW,
) -> Alert:
    return Alert(1, 1, key, rule, Urgency.TODAY, BEGAN, at, facts, state=state)


def waiting(
    *asks: dict[str, Fact], urgency: Urgency = Urgency.TODAY, is_known: bool = True
) -> State:
    found = {
        str(n): Ask(BEGAN, 5 * HOUR, "limit", int(urgency), 1, facts)
        for n, facts in enumerate(asks)
    }
    time = Time(NOW, 4 * HOUR, is_known=is_known)
    return State(time=time, asks=found, began=BEGAN)


def course(last_at: int, *of: str) -> Course:
    return Course(last_at=last_at, last=1.0, kinds=frozenset(of))


def test_nothing_is_asked_where_nothing_is_open() -> None:
    assert asked([], None) == ()


def test_an_alert_without_a_state_says_itself_what_it_asks() -> None:
    assert asked([alert(HIGH)], None) == (Asked(BLOOD_PRESSURE, Why.AGAIN, NOW),)


def test_all_that_is_asked_about_in_one_alert_is_named() -> None:
    state = waiting(HIGH, {"quantity": "body_weight", "data_kind": kinds.WEIGHT})
    assert [one.kind for one in asked([alert(HIGH)], state)] == [BLOOD_PRESSURE, kinds.WEIGHT]


@pytest.mark.parametrize(
    ("urgency", "is_known", "until"),
    [
        (Urgency.URGENT, True, NOW + HOUR),
        (Urgency.TODAY, True, None),
        (Urgency.URGENT, False, None),
    ],
)
def test_until_when_is_said_where_it_is_soon_and_the_time_is_known(
    urgency: Urgency,
    is_known: bool,  # noqa: FBT001  # a parameter of the test
    until: int | None,
) -> None:
    (one,) = asked([alert(HIGH)], waiting(HIGH, urgency=urgency, is_known=is_known))
    assert one.until == until


def test_what_was_measured_since_is_left_out_of_several() -> None:
    state = replace(
        waiting(TWO),
        courses={
            "pulse_rate": course(BEGAN + 40 * MINUTE, BLOOD_PRESSURE),
            "body_weight": course(BEGAN, kinds.WEIGHT),
        },
    )
    assert [one.kind for one in asked([alert(TWO)], state)] == [kinds.WEIGHT]


def test_a_value_of_the_same_round_is_no_second_one_of_several() -> None:
    state = replace(
        waiting(TWO),
        courses={
            "pulse_rate": course(BEGAN + 20 * MINUTE, BLOOD_PRESSURE),
            "body_weight": course(BEGAN, kinds.WEIGHT),
        },
    )
    assert len(asked([alert(TWO)], state)) == 2


def test_of_a_score_only_what_had_points_is_measured_again() -> None:
    scored: dict[str, Fact] = {
        "points": "systolic=0 pulse=3 temperature=2",
        "data_kind": f"{BLOOD_PRESSURE} {kinds.OXYGEN} {kinds.TEMPERATURE}",
    }
    state = replace(
        waiting(scored),
        courses={
            "pulse_rate": course(BEGAN, kinds.OXYGEN),
            "body_temperature": course(BEGAN, kinds.TEMPERATURE),
            "blood_pressure_systolic": course(BEGAN, BLOOD_PRESSURE),
        },
    )
    found = asked([alert(scored, rule="news2")], state)
    assert [one.kind for one in found] == [kinds.TEMPERATURE, kinds.OXYGEN]


def test_who_wears_a_belt_is_asked_to_rest() -> None:
    belt: dict[str, Fact] = {"quantity": "heart_rate", "data_kind": kinds.HEART_RATE, "minutes": 10}
    (one,) = asked([alert(belt)], waiting(belt))
    assert one.rests


def test_another_round_and_a_value_that_cannot_be_ask_by_themselves() -> None:
    sooner = alert({**HIGH, "sooner": 1}, "baseline", key=f"sooner:{NOW}")
    odd = alert(
        {"quantity": "body_weight", "data_kind": kinds.WEIGHT}, "odd", key="odd:body_weight"
    )
    found = asked([sooner, odd], waiting({"data_kind": kinds.OXYGEN}))
    assert [(one.kind, one.why) for one in found] == [
        (BLOOD_PRESSURE, Why.AGAIN),
        (kinds.WEIGHT, Why.ODD),
    ]


@pytest.mark.parametrize("state", list(Standing))
def test_what_is_missing_is_asked_for_until_somebody_has_it(state: Standing) -> None:
    found = asked([alert({"data_kind": kinds.WEIGHT, "count": 2}, "missed", state)], None)
    asks = {Standing.ASKED, Standing.CLIMBING, Standing.TOP}
    assert [one.why for one in found] == ([Why.MISSED] if state in asks else [])


def test_who_did_not_measure_again_is_asked_on_until_they_do() -> None:
    facts: dict[str, Fact] = {**HIGH, "again": "none", "first_at": BEGAN}
    climbing = alert(facts, state=Standing.CLIMBING)
    before = State(courses={"blood_pressure_systolic": course(BEGAN, BLOOD_PRESSURE)})
    after = State(courses={"blood_pressure_systolic": course(NOW, BLOOD_PRESSURE)})
    assert [one.kind for one in asked([climbing], before)] == [BLOOD_PRESSURE]
    assert asked([climbing], after) == ()
    assert asked([replace(climbing, state=Standing.TAKEN)], before) == ()
    assert asked([replace(climbing, facts={**facts, "again": "agrees"})], before) == ()


def test_what_else_was_asked_about_is_asked_on_when_somebody_is_called_until_they_come() -> None:
    facts: dict[str, Fact] = {
        **HIGH, "again": "agrees", "with": "body_weight news2", "with_at": BEGAN,
    }  # fmt: skip
    called = alert(facts, state=Standing.CLIMBING)
    state = State(courses={"body_weight": course(BEGAN, kinds.WEIGHT)})
    assert asked([called], state) == (Asked(kinds.WEIGHT, Why.AGAIN, NOW),)
    assert asked([replace(called, state=Standing.TAKEN)], state) == ()
    weighed = State(courses={"body_weight": course(BEGAN + MINUTE, kinds.WEIGHT)})
    assert asked([called], weighed) == ()


def test_what_nobody_measures_at_a_time_is_not_asked_for() -> None:
    still = alert({"data_kind": kinds.HOME_ACTIVITY}, "inactivity")
    assert asked([still, alert({}, "limit")], None) == ()


def test_two_requests_for_one_kind_are_one() -> None:
    first = alert(HIGH, at=NOW - HOUR)
    second = alert({"data_kind": BLOOD_PRESSURE}, "odd", key="odd:x")
    found = asked([second, first], waiting(HIGH, urgency=Urgency.URGENT))
    assert found == (Asked(BLOOD_PRESSURE, Why.ODD, NOW - HOUR, NOW + HOUR),)
