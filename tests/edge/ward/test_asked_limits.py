"""Limits that a practice asks for in FHIR: into the plan, and nobody waits longer by them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from edge.care.rules.plan import Limit, Plan
from edge.care.rules.ruleset import default
from edge.fhir.issue import FhirError
from edge.fhir.limits import AskedLimit
from edge.ward.asked_limits import Weaker, Wish, weaker, wished, with_limits
from hardware.quantity import Quantity

RULE = default().limit
GENERAL = {} if RULE is None else RULE.of
OXYGEN, PRESSURE = Quantity.OXYGEN_SATURATION, Quantity.BLOOD_PRESSURE_SYSTOLIC


def asked(plan: Plan, quantity: Quantity, low: int | None, high: int | None = None) -> Plan:
    ends = [None if one is None else Decimal(one) for one in (low, high)]
    return with_limits(plan, [AskedLimit(quantity, ends[0], ends[1], "Goal")], GENERAL)


def test_what_is_urgent_in_general_stays_urgent() -> None:
    plan = asked(Plan(1), OXYGEN, 90)
    assert plan.limits[OXYGEN] == Limit(low=90, low_urgent=85, low_extreme=80)
    plan = asked(plan, PRESSURE, 100, 150)
    assert plan.limits[PRESSURE] == Limit(100, 150, 90, 200, 80, 220)


def test_it_moves_out_with_the_practice_and_back() -> None:
    plan = asked(Plan(1), OXYGEN, 82)
    assert plan.limits[OXYGEN] == Limit(low=82, low_urgent=82, low_extreme=80)
    plan = asked(plan, OXYGEN, 78)
    assert plan.limits[OXYGEN] == Limit(low=78, low_urgent=78, low_extreme=78)
    plan = asked(plan, OXYGEN, 90)
    assert plan.limits[OXYGEN] == Limit(low=90, low_urgent=85, low_extreme=80)


def test_what_was_set_for_the_person_stays_or_is_refused() -> None:
    plan = Plan(1, limits={OXYGEN: Limit(low=92, low_urgent=88)})
    after = asked(plan, OXYGEN, 90).limits[OXYGEN]
    assert (after.low, after.low_urgent) == (90, 88)
    with pytest.raises(FhirError, match="der Reihe nach"):
        asked(plan, OXYGEN, 86)


def test_a_limit_of_the_heart_rate_holds_for_the_pulse_that_is_measured() -> None:
    plan = asked(Plan(1), Quantity.HEART_RATE, 50, 110)
    pulse = plan.limits[Quantity.PULSE_RATE]
    assert (pulse.low, pulse.high, pulse.low_urgent, pulse.high_urgent) == (50, 110, 40, 131)
    heart = plan.limits[Quantity.HEART_RATE]
    assert (heart.low, heart.high, heart.low_urgent, heart.high_urgent) == (50, 110, 40, 131)
    assert asked(plan, Quantity.HEART_RATE, None).limits == {}


def test_who_asks_for_one_end_keeps_the_other_that_holds_for_everybody() -> None:
    sugar = Quantity.GLUCOSE_MASS_CONCENTRATION
    plan = asked(Plan(1), sugar, None, 250)
    assert plan.limits[sugar] == Limit(69, 250, low_urgent=53, high_urgent=300)
    plan = asked(Plan(1), sugar, 80)
    assert plan.limits[sugar] == Limit(80, None, low_urgent=53, high_urgent=300)
    # a plan from when it was lost gets it back
    lost = Plan(1, limits={sugar: Limit(high=250, low_urgent=53, high_urgent=300)})
    assert asked(lost, sugar, None, 240).limits[sugar] == Limit(69, 240, 53, 300)


def test_one_end_after_the_other_makes_both_and_each_stays_till_it_is_asked_anew() -> None:
    plan = asked(asked(Plan(1), PRESSURE, 100), PRESSURE, None, 150)
    assert plan.limits[PRESSURE] == Limit(100, 150, 90, 200, 80, 220)
    assert asked(plan, PRESSURE, 95).limits[PRESSURE] == Limit(95, 150, 90, 200, 80, 220)


def test_an_end_that_crosses_the_one_for_everybody_is_refused() -> None:
    with pytest.raises(FhirError, match="der Reihe nach"):
        asked(Plan(1), Quantity.GLUCOSE_MASS_CONCENTRATION, None, 60)


SHIPPED = GENERAL[PRESSURE]


def test_what_is_typed_leaves_what_is_not_as_it_is_for_everybody() -> None:
    assert wished(None, SHIPPED, Wish()) is None
    assert wished(None, SHIPPED, Wish(low=100)) == Limit(100, None, 90, 200, 80, 220)
    # farther out than what is urgent for everybody: that moves along, and is said
    far = wished(None, SHIPPED, Wish(low=85, high=230))
    assert far == Limit(85, 230, 85, 230, 80, 230)
    assert weaker(None, far, SHIPPED) == (
        Weaker("low_urgent", 90, 85),
        Weaker("high_urgent", 200, 230),
        Weaker("high_extreme", 220, 230),
    )
    # what was typed before and is not any more is the general one again
    assert wished(far, SHIPPED, Wish(high=180)) == Limit(None, 180, 90, 200, 80, 220)


def test_an_extreme_end_that_was_set_for_the_person_stays() -> None:
    own = Limit(low_urgent=95, high_urgent=200, low_extreme=92, high_extreme=220)
    assert wished(own, SHIPPED, Wish(low=110, low_urgent=95)) == Limit(110, None, 95, 200, 92, 220)


def test_an_extreme_end_of_their_own_moves_out_with_what_is_typed_and_that_is_said() -> None:
    own = Limit(low_urgent=90, low_extreme=80, high_urgent=180, high_extreme=190)
    after = wished(own, SHIPPED, Wish(high_urgent=195))
    assert after == Limit(None, None, 90, 195, 80, 195)
    assert weaker(own, after, SHIPPED) == (
        Weaker("high_urgent", 180, 195, is_own=True),
        Weaker("high_extreme", 190, 195, is_own=True),
    )


def test_what_held_before_is_not_asked_for_again() -> None:
    own = wished(None, SHIPPED, Wish(high_urgent=210))
    assert weaker(own, wished(own, SHIPPED, Wish(low=100, high_urgent=210)), SHIPPED) == ()


def test_nearer_ends_make_nobody_wait_and_an_end_less_is_seen() -> None:
    near = Limit(100, 150, 95, 190, 90, 200)
    assert weaker(None, near, SHIPPED) == ()
    assert [one.end for one in weaker(near, None, SHIPPED)] == [
        "low_extreme", "low_urgent", "low", "high", "high_urgent", "high_extreme",
    ]  # fmt: skip
    # without an extreme end all that is urgent calls as that does: nobody waits longer
    assert weaker(None, Limit(low_urgent=90, high_urgent=200), SHIPPED) == ()
    lost = weaker(None, Limit(low=100, low_urgent=90), SHIPPED)
    assert lost == (Weaker("high_urgent", 200, None), Weaker("high_extreme", 220, None))
