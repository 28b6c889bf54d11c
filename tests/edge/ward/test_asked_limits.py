"""Limits that a practice asks for in FHIR: into the plan, and nobody waits longer by them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from edge.care.rules.plan import Limit, Plan
from edge.care.rules.ruleset import default
from edge.fhir.issue import FhirError
from edge.fhir.limits import AskedLimit
from edge.ward.asked_limits import with_limits
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
