"""A sensor of which nothing comes any more. Pure.

Counted is the time that the hub listened and could hear: while it was off or its radio heard
nobody, nothing was silent.
"""

from __future__ import annotations

import math
from dataclasses import replace

from edge.care.finding import Fact, Finding, Stage, Urgency
from edge.care.kinds import HOME_ACTIVITY
from edge.care.measured import Measured
from edge.care.rules.event import Signal
from edge.care.rules.plan import Plan
from edge.care.rules.ruleset import SilentRule
from edge.care.rules.state import Sensor, State

_HOUR_MS = 3_600_000

Step = tuple[State, tuple[Finding, ...]]


def heard(rule: SilentRule, plan: Plan, state: State, event: Measured | Signal) -> Step:
    """Take note that a sensor spoke. What it sends most often is awaited of it."""
    device = event.device_id
    if device not in plan.devices:
        return state, ()
    kind = event.data_kind if isinstance(event, Measured) else HOME_ACTIVITY
    before = state.sensors.get(device)
    if before is not None and _silence_ms(rule, before.kind) <= _silence_ms(rule, kind):
        kind = before.kind
    now = Sensor(state.time.hearing, state.time.now, plan.devices[device] or kind)
    state = replace(state, sensors={**state.sensors, device: now})
    if before is None or not before.is_silent:
        return state, ()
    return state, (_finding(plan, state, device, before, Stage.END, "heard"),)


def tick(rule: SilentRule, plan: Plan, state: State, *, is_deaf: bool = False) -> Step:
    """Take note that time went by; while nobody is heard, of no sensor anything is told."""
    hearing = state.time.hearing
    is_away = state.time.is_known and plan.pause_at(state.time.now) is not None
    sensors = dict(state.sensors)
    findings: list[Finding] = []
    for device, kind in plan.devices.items():
        before = sensors.get(device)
        if before is None:
            if kind:  # of what nobody knows what it sends, nothing is awaited
                sensors[device] = Sensor(hearing, state.time.now, kind)
        elif is_away and not before.is_silent:
            sensors[device] = replace(before, heard=hearing)
        elif is_deaf or before.is_silent:
            continue
        elif hearing - before.heard >= _silence_ms(rule, before.kind):
            sensors[device] = replace(before, is_silent=True)
            findings.append(_finding(plan, state, device, before, Stage.RAISE))
    for device in [name for name in sensors if name not in plan.devices]:
        one = sensors.pop(device)  # somebody else's by now
        if one.is_silent:
            findings.append(_finding(plan, state, device, one, Stage.END, "returned"))
    if sensors != state.sensors:
        state = replace(state, sensors=sensors)
    return state, tuple(findings)


def over(plan: Plan, state: State, why: str) -> Step:
    """Wait for no sensor any more."""
    findings = tuple(
        _finding(plan, state, device, one, Stage.END, why)
        for device, one in state.sensors.items()
        if one.is_silent
    )
    return replace(state, sensors={}), findings


def _finding(  # noqa: PLR0917  # what a finding is made of
    plan: Plan, state: State, device: str, sensor: Sensor, stage: Stage, why: str = ""
) -> Finding:
    key = f"silent:{device}:{sensor.heard_at}"
    hours = (state.time.hearing - sensor.heard) // _HOUR_MS
    facts: dict[str, Fact] = {
        "device": device,
        "data_kind": sensor.kind,
        "hours": hours,
    }
    if why:
        facts["why"] = why
    now = state.time.now
    return Finding(plan.person, key, "silent", stage, Urgency.NOTE, now, sensor.heard_at, facts)


def _silence_ms(rule: SilentRule, kind: str) -> float:
    """Return how long a silence of a kind may last, in ms."""
    return rule.hours.get(kind, math.inf) * _HOUR_MS
