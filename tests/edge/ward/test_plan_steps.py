"""Steps of a plan: pauses by days, times of measuring, limits that were typed."""

from __future__ import annotations

from datetime import date

import pytest

from edge.care.consent import BLOOD_PRESSURE
from edge.care.kinds import WEIGHT
from edge.care.rules.plan import Due, Limit, Pause, Plan
from edge.care.rules.ruleset import default
from edge.learning.errors import Refused
from edge.ward.asked_limits import Wish
from edge.ward.plan_steps import (
    MOST_SPANS,
    pause_of_days,
    with_due,
    with_pause,
    with_wish,
    without_due,
    without_pause,
)
from hardware.quantity import Quantity

NOW = 1_795_447_440_000  # Monday, 2026-11-23, 16:24 in Berlin
HOUR, DAY = 3_600_000, 86_400_000
TODAY = date(2026, 11, 23)
PLAN = Plan(1)
RULE = default().limit
GENERAL = {} if RULE is None else RULE.of
PRESSURE = Quantity.BLOOD_PRESSURE_SYSTOLIC


def test_a_pause_goes_from_the_first_morning_to_the_last_night() -> None:
    pause = pause_of_days(PLAN, TODAY, date(2026, 11, 25), "hospital", NOW)
    begin, end = PLAN.local(pause.since), PLAN.local(pause.until or 0)
    assert (begin.date(), begin.hour, end.date(), end.hour) == (TODAY, 0, date(2026, 11, 26), 0)
    assert pause.holds_at(NOW)
    assert pause_of_days(PLAN, TODAY, TODAY, "other", NOW).holds_at(NOW)
    assert pause_of_days(PLAN, TODAY, None, "other", NOW).until is None


def test_the_night_in_which_the_clock_is_set_back_is_in_it_whole() -> None:
    pause = pause_of_days(PLAN, date(2027, 10, 31), date(2027, 10, 31), "holiday", NOW)
    assert pause.until == pause.since + 25 * HOUR


@pytest.mark.parametrize(
    ("first", "last", "field", "words"),
    [
        (date(2026, 11, 23), date(2026, 11, 22), "bis", "vor dem ersten"),
        (date(2026, 11, 1), date(2026, 11, 22), "bis", "schon vorbei"),
        (date(2062, 11, 23), None, "von", "Jahr prüfen"),
        (date(2025, 11, 1), None, "von", "Jahr prüfen"),
        (date(2026, 11, 23), date(2028, 11, 23), "bis", "Länger als ein Jahr"),
    ],
)
def test_days_that_are_no_pause(first: date, last: date | None, field: str, words: str) -> None:
    with pytest.raises(Refused) as raised:
        pause_of_days(PLAN, first, last, "holiday", NOW)
    assert (raised.value.field, words in raised.value.hint) == (field, True)


def test_a_pause_that_is_entered_twice_is_one_and_one_of_several_ends_alone() -> None:
    now, later = Pause(NOW - DAY, None, "hospital"), Pause(NOW + DAY, NOW + 2 * DAY)
    plan = with_pause(with_pause(with_pause(PLAN, now), now), later)
    assert plan.pauses == (now, later)
    assert without_pause(plan, NOW, now.since).pauses == (Pause(NOW - DAY, NOW, "hospital"), later)
    assert without_pause(plan, NOW, later.since).pauses == (now,)
    assert without_pause(plan, NOW).pauses == (Pause(NOW - DAY, NOW, "hospital"),)
    assert without_pause(plan, NOW, 5) == plan


def test_times_of_measuring_keep_their_place_and_do_not_lie_over_each_other() -> None:
    first, second = Due(BLOOD_PRESSURE, 420, 600), Due(WEIGHT, 420, 600, (0, 3))
    plan = with_due(with_due(PLAN, first), second)
    longer = Due(BLOOD_PRESSURE, 420, 660)
    assert with_due(plan, longer, first.name).schedule == (longer, second)
    with pytest.raises(Refused, match="two at a time"):
        with_due(plan, Due(BLOOD_PRESSURE, 540, 700))
    other_day = Due(WEIGHT, 420, 600, (1,))
    assert with_due(plan, other_day).schedule == (first, second, other_day)
    assert without_due(plan, first.name).schedule == (second,)
    assert without_due(plan, "nichts") == plan


@pytest.mark.parametrize("kind", ["button", "home_activity", "room_climate", "exercise"])
def test_what_nobody_measures_has_no_time(kind: str) -> None:
    with pytest.raises(Refused, match="nobody measures"):
        with_due(PLAN, Due(kind, 420, 600))


def test_a_plan_has_an_end() -> None:
    plan = PLAN
    for n in range(MOST_SPANS):
        plan = with_due(plan, Due(WEIGHT, n * 10, n * 10 + 10))
    with pytest.raises(Refused, match="too many"):
        with_due(plan, Due(WEIGHT, 1000, 1010))


@pytest.mark.parametrize(
    ("wish", "field", "words"),
    [
        (Wish(low=150, high=100), "high", "größer sein als „heute, bis“ (150)"),
        (Wish(low=100, high=100), "high", "größer sein"),
        (Wish(low=90, low_urgent=95), "low", "größer sein als „dringend, bis“"),
        (Wish(high=150, high_urgent=140), "high_urgent", "größer sein"),
        (Wish(high=1500), "high", "50 bis 260"),
        (Wish(low=3), "low", "50 bis 260"),
        (Wish(high_urgent=85), "high_urgent", "allgemeinen Grenzen"),
    ],
)
def test_ends_that_cannot_be_are_refused_where_they_stand(
    wish: Wish, field: str, words: str
) -> None:
    with pytest.raises(Refused) as raised:
        with_wish(PLAN, PRESSURE, wish, GENERAL)
    assert (raised.value.field, words in raised.value.hint) == (field, True), raised.value.hint


def test_a_limit_of_the_pulse_holds_however_it_is_counted_and_goes_again() -> None:
    plan = with_wish(PLAN, Quantity.HEART_RATE, Wish(low=50, high=110), GENERAL)
    assert plan.limits["pulse_rate"] == Limit(50, 110, 40, 131, 35, 140)
    assert plan.limits["heart_rate"] == Limit(50, 110, 40, 131, 35, 150)
    assert with_wish(plan, Quantity.HEART_RATE, Wish(), GENERAL) == PLAN
