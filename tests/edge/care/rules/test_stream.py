"""A belt's values: no walk calls anybody, a heart that races at rest does."""

from __future__ import annotations

from collections.abc import Callable
from math import sin

import pytest

from edge.care.finding import Finding, Stage, Urgency
from edge.care.measured import Measured
from edge.care.rules.event import Tick
from edge.care.rules.plan import Limit, Plan
from edge.care.rules.ruleset import default
from edge.care.rules.words import advice, sentence
from hardware.reading import TimeQuality
from tests.edge.care.rules.days import MINUTE, Life, told

BELT = "ble:B00000000001"
SECOND, APART = 1000, 3000  # of three seconds' values one is given: the rules take fewer still


def wear(
    life: Life, minutes: float, rate: Callable[[float], float], rest: int = 20
) -> list[Finding]:
    """Wear a belt: the hub listens to it for 30 s, and again after ``rest`` s.

    ``rate`` is beats a minute by the minute.
    """
    found: list[Finding] = []
    begun = life.at
    while life.at < begun + minutes * MINUTE:
        listens = (life.at - begun) // SECOND % (30 + rest) < 30
        passed = APART if listens else rest * SECOND
        if listens:
            value = round(rate((life.at - begun) / MINUTE))
            found += life.give(
                Measured(1, life.at, life.at, "heart_rate", "heart_rate", value, BELT,
                         TimeQuality.SYNCHRONISED)
            )  # fmt: skip
        life.at += passed
        life.monotonic_ms += passed
        if not listens or not rest:
            found += life.give(Tick(life.at, "boot", life.monotonic_ms))
    return found


def walk(minute: float) -> float:
    """An hour's walk uphill at 105 to 128, with stairs of four minutes at 145, and a rest."""
    climbs = 10 < minute % 20 < 14
    return 145 if climbs else 116 + 12 * sin(minute)


def test_a_walk_with_stairs_neither_asks_nor_calls() -> None:
    life = Life()
    assert wear(life, 60, walk) == []
    assert life.wait(60) == []


def test_a_hard_quarter_of_an_hour_asks_to_sit_down_and_is_over_after_it() -> None:
    life = Life()
    found = wear(life, 17, lambda _: 139)
    assert told(found) == [("limit", "ask")]
    assert told(wear(life, 15, lambda minute: 139 - 6 * minute)) == [("limit", "end")]
    assert life.wait(60) == []


def test_a_belt_that_is_taken_off_after_effort_calls_nobody() -> None:
    life = Life()
    assert told(wear(life, 12, lambda _: 139)) == [("limit", "ask")]
    (end,) = life.wait(60)
    assert (end.stage, end.facts["why"]) == (Stage.END, "stopped")


def test_a_heart_that_races_at_rest_is_urgent_within_the_hour() -> None:
    life = Life()
    begun = life.at
    found = wear(life, 60, lambda minute: 138 + 3 * sin(7 * minute))
    assert told(found) == [("limit", "ask"), ("limit", "raise")]
    ask, call = found
    assert 10 <= (ask.at - begun) / MINUTE < 12
    assert 40 <= (call.at - begun) / MINUTE < 55
    assert (call.urgency, call.facts["quantity"], call.facts["minutes"]) == (
        Urgency.URGENT, "heart_rate", 10,
    )  # fmt: skip
    assert sentence(ask).startswith("Herzfrequenz 13")
    assert "im Mittel von 10 Minuten, über der Grenze (131/min)" in sentence(ask)
    assert "hinsetzen" in advice("limit", ask.facts)
    assert advice("limit", call.facts) == ""
    assert told(wear(life, 30, lambda _: 138)) == []  # what goes on is not told again


def test_a_heart_that_is_slow_at_rest_is_urgent() -> None:
    assert told(wear(Life(), 60, lambda _: 38)) == [("limit", "ask"), ("limit", "raise")]


def test_what_is_extreme_calls_though_the_belt_went_silent() -> None:
    life = Life()
    assert told(wear(life, 12, lambda _: 156)) == [("limit", "ask")]
    found = life.wait(1.5)
    assert told(found) == [("limit", "raise")]
    assert found[0].urgency is Urgency.URGENT


@pytest.mark.parametrize("rest", [20, 100])
def test_however_often_the_hub_listens_it_is_found(rest: int) -> None:
    assert told(wear(Life(), 70, lambda _: 140, rest)) == [("limit", "ask"), ("limit", "raise")]


def test_a_few_values_far_apart_are_no_window() -> None:
    life = Life()
    for _ in range(40):
        assert wear(life, 0.5, lambda _: 170) == []
        assert life.wait(0.2) == []
    assert life.state.streams == {}
    for _ in range(20):
        assert wear(life, 0.05, lambda _: 170) == []
        assert life.wait(4 / 60) == []


def test_where_a_practice_set_a_limit_two_minutes_are_judged_once_they_ended() -> None:
    life = Life(plan=Plan(1, limits={"heart_rate": Limit(high=95)}))
    assert wear(life, 2, lambda _: 101) == []
    (ask,) = life.wait(0.3)
    assert (ask.stage, ask.facts["whose"], ask.facts["value"]) == (Stage.ASK, "practice", 101)
    assert "minutes" not in ask.facts
    wear(life, 2, lambda _: 80)
    assert told(life.wait(0.3)) == [("limit", "end")]


def test_a_clock_that_jumps_begins_a_new_window() -> None:
    for jump in (-400, 400):
        life = Life()
        wear(life, 9, lambda _: 139)
        life.at += jump * 86_400_000
        life.tick()
        assert wear(life, 9, lambda _: 139) == []


def test_what_streams_takes_little_of_a_state() -> None:
    life = Life()
    wear(life, 9.5, lambda _: 100, 0)
    (stream,) = life.state.streams.values()
    rule = default().stream
    assert len(stream.values) <= rule.minutes * 60 / rule.every_seconds
