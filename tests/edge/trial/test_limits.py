"""A practice that knows its people sets limits for those who live with less than others."""

from zoneinfo import ZoneInfo

from edge.trial.calendar import Clock
from edge.trial.client import draw_client
from edge.trial.course import ZONE, plan_of
from edge.trial.physiology import parse

ALL = """
[condition.copd]
share = 1
[condition.heart_failure]
share = 1
"""
NOBODY = ALL.replace("= 1", "= 0")


def test_limits_follow_the_usual_of_who_has_a_condition() -> None:
    client = draw_client(3, 1, parse(ALL), Clock(ZoneInfo(ZONE)), 8)
    level, limits = client.measuring.body.level, plan_of(client).limits
    oxygen, systolic = limits["oxygen_saturation"], limits["blood_pressure_systolic"]
    assert oxygen.low_urgent == min(85, round(level["oxygen_saturation"]) - 6)
    assert oxygen.low_extreme == oxygen.low_urgent - 5
    assert systolic.low_urgent == min(90, round(level["blood_pressure_systolic"]) - 30)
    assert systolic.high_urgent == 200
    assert systolic.high_extreme == 220


def test_who_has_none_has_the_rule_set_s() -> None:
    client = draw_client(3, 1, parse(NOBODY), Clock(ZoneInfo(ZONE)), 8)
    assert plan_of(client).limits == {}
