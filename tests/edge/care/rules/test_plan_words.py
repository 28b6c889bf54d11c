"""What a plan says, in German, the same for commands and pages."""

from __future__ import annotations

from edge.care.kinds import WEIGHT
from edge.care.rules import plan_words
from edge.care.rules.plan import MEASURED, Due, Limit, News2, Pause, Plan

CHRISTMAS_MS = 1_798_066_800_000  # 2026-12-24 00:00 in Berlin
DAY_MS = 86_400_000


def test_a_limit_says_each_end_or_that_there_is_none() -> None:
    said = plan_words.limit("oxygen_saturation", Limit(low=88, low_urgent=84))
    assert said == "heute bis 88 %, dringend bis 84 %"
    assert plan_words.limit("oxygen_saturation", Limit()) == "keine"
    assert plan_words.quantity_name("oxygen_saturation") == "Sauerstoffsättigung"
    assert plan_words.quantity_name("of_another_version") == "of_another_version"


def test_a_time_of_measuring_says_its_days_where_it_is_not_each() -> None:
    some = plan_words.due(Due(WEIGHT, 7 * 60, 10 * 60, (0, 3)))
    assert some == "Gewichtswerte, 7:00 bis 10:00 (mo, do)"
    assert plan_words.due(Due(WEIGHT, 7 * 60 + 5, 600)) == "Gewichtswerte, 7:05 bis 10:00"


def test_silence_says_its_hours_or_that_nothing_is_awaited() -> None:
    assert plan_words.no_data(WEIGHT, 36) == "Gewichtswerte, 36 Stunden"
    assert plan_words.no_data(MEASURED, 0) == "das tägliche Messen, nicht erwartet"


def test_a_pause_says_its_ends_by_the_plans_clock() -> None:
    plan = Plan(1)
    two_days = Pause(CHRISTMAS_MS, CHRISTMAS_MS + 2 * DAY_MS)
    said = plan_words.pause(plan, two_days)
    assert said == "Pause (Urlaub) von 24.12.2026 00:00 bis 26.12.2026 00:00"
    is_open = plan_words.pause(plan, Pause(CHRISTMAS_MS, None, "hospital"))
    assert is_open == "Pause (Krankenhaus) von 24.12.2026 00:00 bis auf Weiteres"


def test_news2_says_who_decided_its_second_scale() -> None:
    assert plan_words.news2(News2()) == "NEWS2 mit Skala 1"
    second = News2(scale=2, decided_by="Dr. Grün", on_oxygen=True)
    said = plan_words.news2(second)
    assert said == "NEWS2 mit Skala 2, angeordnet von Dr. Grün, bekommt Sauerstoff"
