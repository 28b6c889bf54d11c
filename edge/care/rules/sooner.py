"""Ask for another round within hours while a round leaves it open. Pure.

A round leaves it open if what is off is not enough to ask about at once, or if the person was asked
and nobody measured. It is asked by day alone, so many times a day at most, and calls nobody: what
comes of it is judged as any round. What is measured in between makes the question needless.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from edge.care.finding import Fact, Finding, Stage, Urgency
from edge.care.rules import judge
from edge.care.rules.plan import Plan
from edge.care.rules.ruleset import BaselineRule, RuleSet, Sooner, holds
from edge.care.rules.state import Open, State

ROUND_MS = 30 * 60_000  # values so far apart are of one round
_HOUR_MS = 3_600_000
_DAY_MS = 86_400_000

Step = tuple[State, tuple[Finding, ...]]


def keys(state: State) -> frozenset[str]:
    """Return the keys of what a state asks about: it will end them."""
    one = state.open
    return frozenset() if one is None or not one.is_asked else frozenset((_key(one),))


def measured(rules: RuleSet, plan: Plan, state: State, quantity: str, at: int) -> Step:
    """Take note of a value that was judged; it was measured at ``at``."""
    rule, baseline = _rule(rules, plan), rules.baseline
    if rule is None or baseline is None or quantity not in baseline.of:
        return state, ()
    findings: tuple[Finding, ...] = ()
    before = state.open
    if before is not None and at < before.at:
        return state, ()  # it came late: what was measured after it says more
    if before is not None and (before.is_asked or at >= before.at + ROUND_MS):
        if quantity not in _about(before):
            return state, ()
        state, findings = over(plan.person, state, "measured")
        before = None
    if _is_called(state):
        return over(plan.person, state, "measured") if before else (state, findings)
    facts = _facts(baseline, rule, state, at)
    if facts is None or (before is None and _is_old(rule, state, at)):
        return replace(state, open=None), findings
    first = at if before is None else before.at
    due = state.time.listened + round(rule.hours * _HOUR_MS) if before is None else before.due
    return replace(state, open=Open(first, due, facts)), findings


def tick(rules: RuleSet, plan: Plan, state: State) -> Step:
    """Ask if it is time to, by day; ask no more where nobody measured for a day."""
    rule, one, time = _rule(rules, plan), state.open, state.time
    if one is None:
        return state, ()
    if rule is None or (time.is_known and plan.pause_at(time.now) is not None):
        return over(plan.person, state, "off" if rule is None else "pause")
    if time.listened - one.due >= _DAY_MS:
        return over(plan.person, state, "unanswered")
    is_due = time.listened >= one.due and _is_day(rule, plan, state)
    if one.is_asked or not is_due or _is_called(state):
        return state, ()
    asked = tuple(each for each in state.asked if time.listened - each < _DAY_MS)
    if len(asked) >= rule.most_a_day:
        return state, ()
    one = replace(one, asked_at=time.now)
    state = replace(state, open=one, asked=(*asked, time.listened))
    return state, (_finding(plan.person, state, one, Stage.ASK, one.facts),)


def over(person: int, state: State, why: str) -> Step:
    """Leave nothing open, whatever was asked."""
    one = state.open
    state = replace(state, open=None)
    if one is None or not one.is_asked:
        return state, ()
    return state, (_finding(person, state, one, Stage.END, {"why": why}),)


def _rule(rules: RuleSet, plan: Plan) -> Sooner | None:
    if rules.baseline is None or not holds(rules, plan, "baseline"):
        return None
    return rules.baseline.sooner


def _is_called(state: State) -> bool:
    """Tell whether somebody was called, and it lasts: nobody needs to be asked then."""
    return state.alert is not None and state.alert.calm is None


def _is_old(rule: Sooner, state: State, at: int) -> bool:
    """Tell whether a value came so late that another round would have been due by now."""
    return state.time.is_known and state.time.now - at > rule.hours * _HOUR_MS


def _facts(baseline: BaselineRule, rule: Sooner, state: State, at: int) -> dict[str, Fact] | None:
    """Return what a round leaves open whose newest value is of ``at``; None if nothing."""
    asks = [one for one in state.asks.values() if one.rule == "baseline"]
    if asks:
        return {**max(asks, key=lambda one: (one.at, one.deadline)).facts, "sooner": 1}
    found = judge.hints(baseline, state.courses, at, at - ROUND_MS, rule.several)
    total = float(found["sum"]) if found else 0.0
    if found and total >= (rule.several if " " in str(found["quantities"]) else rule.alone):
        return {**found, "sooner": 1}
    return None


def _about(one: Open) -> frozenset[str]:
    """Return the quantities that a round left open."""
    return frozenset(str(one.facts.get("quantities", one.facts.get("quantity", ""))).split())


def _is_day(rule: Sooner, plan: Plan, state: State) -> bool:
    if not state.time.is_known:
        return False
    local = plan.local(state.time.now)
    return rule.from_hour <= local.hour + local.minute / 60 < rule.until_hour


def _key(one: Open) -> str:
    return f"sooner:{one.asked_at}"


def _finding(
    person: int, state: State, one: Open, stage: Stage, facts: Mapping[str, Fact]
) -> Finding:
    now = state.time.now
    return Finding(person, _key(one), "baseline", stage, Urgency.NOTE, now, one.at, facts)
