"""A plan that says something, for pages of it: limits, times of measuring, a pause to come."""

from __future__ import annotations

from dataclasses import replace

from edge.care.consent import BLOOD_PRESSURE
from edge.care.kinds import WEIGHT
from edge.care.rules.plan import Due, Limit, Pause, Plan
from edge.config import Config
from edge.desk.vault import Vault
from edge.store.personal_rules import Asked

DAY_MS = 86_400_000
CHRISTMAS_MS = 1_798_066_800_000  # 2026-12-24 00:00 in Berlin
PLAN_PAGES = {
    "pflege-plan": "/pflege/plan/1",
    "pflege-plan-leer": "/pflege/plan/6",
    "pflege-plan-pause": "/pflege/plan/1/pause",
    "pflege-plan-messen": "/pflege/plan/1/messen",
    "pflege-plan-grenze": "/pflege/plan/1/grenze/blood_pressure_systolic",
}


def furnish_plan(config: Config, now_ms: int) -> None:
    """Let the first in care have a plan that two people set, and a pause at Christmas."""
    with Vault.of(config) as vault, vault.open() as personal:
        first = Plan(
            1,
            schedule=(
                Due(BLOOD_PRESSURE, 7 * 60, 10 * 60),
                Due(WEIGHT, 7 * 60, 10 * 60, (0, 3)),
            ),
        )
        personal.set_plan(first, "Praxis Dr. Beispiel", now_ms - 9 * DAY_MS)
        limit = Limit(100, 150, 90, 200, 80, 220)
        second = replace(first, limits={"blood_pressure_systolic": limit})
        asked = Asked("Praxis Dr. Ünal & Partner", "2026-11-18")
        personal.set_plan(second, "contact:1", now_ms - 4 * DAY_MS, asked=asked)
        pause = Pause(CHRISTMAS_MS, CHRISTMAS_MS + 10 * DAY_MS)
        personal.set_plan(replace(second, pauses=(pause,)), "contact:1", now_ms - DAY_MS)
