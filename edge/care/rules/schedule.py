"""What should have been measured and was not. Pure.

A span that the hub did not see open was not missed: whether the hub was off or its clock jumped,
nobody can tell what was then. One that it saw is missed once the hub listened for as long as was
left of it, and for the grace.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from edge.care.finding import Fact, Finding, Stage, Urgency
from edge.care.rules.plan import Due, Plan
from edge.care.rules.ruleset import MissedRule
from edge.care.rules.state import Late, Span, State

_MINUTE_MS = 60_000
_HOUR_MS = 3_600_000
_DAY = timedelta(days=1)
_URGENCY = {Stage.ASK: Urgency.NOTE, Stage.RAISE: Urgency.TODAY}

Step = tuple[State, tuple[Finding, ...]]


def tick(rule: MissedRule, plan: Plan, state: State) -> Step:
    """Take note that time went by."""
    now, listened = state.time.now, state.time.listened
    if not state.time.is_known or not plan.schedule:
        return state, ()
    is_away = plan.pause_at(now) is not None
    spans = dict(state.spans)
    missed: list[tuple[int, Due]] = []
    local = plan.local(now)
    minute, weekday = local.hour * 60 + local.minute, local.weekday()
    for due in plan.schedule:
        name = due.name
        span = spans.get(name)
        if span is not None and not span.is_done:
            # where the next one begins within the grace there is none
            grace = 0 if now >= _next(plan, due, span) else _grace_ms(rule)
            if listened >= span.closes + grace:
                spans[name] = span = replace(span, is_done=True)
                missed.append((span.begins, due))
        if weekday not in due.weekdays or not due.begin <= minute < due.end:
            continue
        begins = plan.moment(local, due.begin)
        if span is None or span.begins != begins:
            left = (due.end - minute) * _MINUTE_MS
            was_early = state.measured.get(due.kind, 0) >= begins - _grace_ms(rule)
            spans[name] = Span(begins, listened + left, is_done=is_away or was_early)
    if spans != state.spans:
        state = replace(state, spans=spans)
    findings: tuple[Finding, ...] = ()
    for begins, due in sorted(missed, key=lambda one: (one[0], one[1].name)):
        if not is_away and plan.pause_at(begins) is None:
            state, told = _missed(rule, plan.person, state, due.kind, begins)
            findings += told
    return state, findings


def measured(rule: MissedRule, plan: Plan, state: State, kind: str, at: int | None) -> Step:
    """Take note that somebody measured a kind at a moment; None: nobody knows when."""
    names = [one.name for one in plan.schedule if one.kind == kind]
    spans = dict(state.spans)
    for name in names:
        span = spans.get(name)
        if span is not None and (at is None or at >= span.begins - _grace_ms(rule)):
            spans[name] = replace(span, is_done=True)
    if spans != state.spans:
        state = replace(state, spans=spans)
    if at is None:
        return state, ()
    if names and at > state.measured.get(kind, 0):
        state = replace(state, measured={**state.measured, kind: at})
    late = state.late.get(kind)
    if late is None or at < late.last - _grace_ms(rule):
        return state, ()
    return over(plan.person, state, kind, "well")


def over(person: int, state: State, kind: str, why: str) -> Step:
    """Forget what was missed of a kind."""
    late = state.late[kind]
    state = replace(state, late={name: one for name, one in state.late.items() if name != kind})
    if not late.is_told:
        return state, ()
    return state, (_finding(person, state, kind, late, Stage.END, {"why": why}),)


def _missed(rule: MissedRule, person: int, state: State, kind: str, begins: int) -> Step:
    before = state.late.get(kind, Late(0, begins, begins))
    late = replace(before, count=before.count + 1, last=begins)
    stage = None
    if late.count == rule.raise_after:
        stage = Stage.RAISE
    elif late.count >= rule.ask_after and not late.is_told and _may_remind(rule, state):
        stage = Stage.ASK
        state = replace(state, reminded=state.time.listened)
    late = replace(late, is_told=late.is_told or stage is not None)
    state = replace(state, late={**state.late, kind: late})
    if stage is None:
        return state, ()
    return state, (_finding(person, state, kind, late, stage, {}),)


def _may_remind(rule: MissedRule, state: State) -> bool:
    """Tell whether the person was not reminded of anything for long enough."""
    since = state.reminded
    return since is None or state.time.listened - since >= rule.remind_hours * _HOUR_MS


def _finding(  # noqa: PLR0917  # what a finding is made of
    person: int, state: State, kind: str, late: Late, stage: Stage, more: Mapping[str, Fact]
) -> Finding:
    facts: dict[str, Fact] = {"data_kind": kind, "count": late.count, **more}
    urgency = _URGENCY.get(stage, Urgency.NOTE)
    key = f"missed:{kind}:{late.since}"
    return Finding(person, key, "missed", stage, urgency, state.time.now, late.since, facts)


def _next(plan: Plan, due: Due, span: Span) -> int:
    """Return when the day after a span's begins at its minute, whether or not it is due then."""
    return plan.moment(plan.local(span.begins) + _DAY, due.begin)


def _grace_ms(rule: MissedRule) -> int:
    return round(rule.grace_hours * _HOUR_MS)
