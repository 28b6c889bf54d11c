"""Recorded values through a rule set: as if the hub had listened all the time."""

from __future__ import annotations

import math

import pytest

from edge.care.rules.errors import RuleError
from edge.care.rules.event import Tick
from edge.care.rules.plan import Plan
from edge.care.rules.replay import events, read, replay, write
from edge.care.rules.ruleset import default, load
from tests.edge.care.rules.days import DAY, HOUR, MINUTE, START, measured, told

GIVEN = [
    measured("oxygen_saturation", 80, START + 5 * MINUTE, received_at=START + 25 * MINUTE),
    measured("oxygen_saturation", 79, START + 30 * MINUTE),
    measured("pulse_rate", math.nan, START),
]


def test_a_recording_says_what_was_written() -> None:
    found = read([*map(write, GIVEN), "", "  \n"])
    assert found[:2] == GIVEN[:2]
    assert math.isnan(found[2].value)


@pytest.mark.parametrize(
    "line",
    [
        "x", "5", "{}", write(GIVEN[0]).replace('"person": 1', '"person": true'),
        write(GIVEN[0]).replace('"time_quality": 4', '"time_quality": 9'),
        write(GIVEN[0]).replace("80", '"80"'), write(GIVEN[0]).replace("}", ', "x": 1}'),
    ],
)  # fmt: skip
def test_a_line_that_is_no_value_is_named(line: str) -> None:
    with pytest.raises(RuleError) as refused:
        read([write(GIVEN[0]), line])
    assert "Zeile 2" in refused.value.hint


def test_values_come_by_arrival_and_time_goes_by_between() -> None:
    found = list(events(GIVEN, HOUR))
    ticks = [one for one in found if isinstance(one, Tick)]
    assert [one for one in found if not isinstance(one, Tick)] == [GIVEN[2], GIVEN[0], GIVEN[1]]
    assert [(one.at - START) // MINUTE for one in ticks] == [
        0,
        10,
        20,
        25,
        30,
        40,
        50,
        60,
        70,
        80,
        90,
    ]
    assert all(one.monotonic_ms == one.at - START for one in ticks)
    assert list(events([])) == []


def test_a_recording_of_decades_has_a_wrong_time_in_it() -> None:
    with pytest.raises(RuleError, match="too long"):
        list(events([GIVEN[0], measured("pulse_rate", 70, START + 4000 * DAY)]))


def test_two_rule_sets_find_different_things() -> None:
    assert told(replay(default(), Plan(1), GIVEN)) == [
        ("odd", "ask"), ("limit", "ask"), ("limit", "raise"),
    ]  # fmt: skip
    assert told(replay(load("static"), Plan(1), GIVEN[:2])) == [("limit", "raise")]
