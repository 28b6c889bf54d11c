"""Heat in the home as something to look at; what is heat, `edge.care.heat` says. Pure.

A warning of the home makes it a thing for today, a strong one for within the hour. While the German
Weather Service warns of heat, a warning of the home is urgent as well: it will not cool down by
itself.

Source: DWD, "Kriterien für Hitzewarnungen": level 1 strong, level 2 extreme heat stress.
"""

from __future__ import annotations

from dataclasses import replace

from edge.care.finding import Fact, Finding, Stage, Urgency
from edge.care.heat import Level
from edge.care.kinds import ROOM_CLIMATE
from edge.care.rules.event import Warmth
from edge.care.rules.plan import Plan
from edge.care.rules.ruleset import HeatRule
from edge.care.rules.state import State, Warm

Step = tuple[State, tuple[Finding, ...]]


def said(rule: HeatRule, plan: Plan, state: State, event: Warmth) -> Step:
    """Take note of what is known of a room."""
    device = event.device_id
    before = state.warmth.get(device)
    if event.level == Level.NONE:
        if before is None:
            return state, ()
        return over(plan, state, device, "cooler")
    since = event.since if before is None else before.since
    told = 0 if before is None else before.told
    warm = Warm(event.level, since, event.felt, told)
    return _tell(rule, plan, replace(state, warmth={**state.warmth, device: warm}), device)


def tick(rule: HeatRule, plan: Plan, state: State) -> Step:
    """Take note that time went by: a pause may be over, or the Weather Service warns."""
    findings: tuple[Finding, ...] = ()
    for device in sorted(state.warmth):
        state, told = _tell(rule, plan, state, device)
        findings += told
    return state, findings


def over(plan: Plan, state: State, device: str, why: str) -> Step:
    """Forget a room."""
    warm = state.warmth[device]
    rest = {name: one for name, one in state.warmth.items() if name != device}
    state = replace(state, warmth=rest)
    if not warm.told:
        return state, ()
    return state, (_finding(plan, state, device, warm, Stage.END, Urgency(warm.told), why),)


def _tell(rule: HeatRule, plan: Plan, state: State, device: str) -> Step:
    warm = state.warmth[device]
    urgency = _urgency(rule, plan, warm)
    if urgency <= warm.told or plan.pause_at(state.time.now) is not None:
        return state, ()
    warm = replace(warm, told=int(urgency))
    state = replace(state, warmth={**state.warmth, device: warm})
    return state, (_finding(plan, state, device, warm, Stage.RAISE, urgency),)


def _urgency(rule: HeatRule, plan: Plan, warm: Warm) -> Urgency:
    is_outside = rule.with_weather and plan.weather > 0
    return Urgency.URGENT if warm.level >= Level.DANGER or is_outside else Urgency.TODAY


def _finding(  # noqa: PLR0917  # what a finding is made of
    plan: Plan,
    state: State,
    device: str,
    warm: Warm,
    stage: Stage,
    urgency: Urgency,
    why: str = "",
) -> Finding:
    facts: dict[str, Fact] = {
        "data_kind": ROOM_CLIMATE,
        "device": device,
        "level": warm.level,
        "felt": round(warm.felt, 1),
        "weather": plan.weather,
    }
    if why:
        facts["why"] = why
    key = f"heat:{device}:{warm.since}"
    now = state.time.now
    return Finding(plan.person, key, "heat", stage, urgency, now, warm.since, facts)
