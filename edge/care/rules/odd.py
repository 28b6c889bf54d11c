"""A value that no body has: it is named, and another one asked for. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from edge.care.finding import Fact, Finding, Stage, Urgency
from edge.care.measured import Measured
from edge.care.rules.state import State

Step = tuple[State, tuple[Finding, ...]]


def named(person: int, state: State, event: Measured, now: int) -> Step:
    """Name a value that no body has, once, and ask for another one."""
    if event.quantity in state.odd:
        return state, ()
    number = event.value if math.isfinite(event.value) else str(event.value)
    finding = _finding(person, event, Stage.ASK, now, {"value": number})
    return replace(state, odd=state.odd | {event.quantity}), (finding,)


def over(person: int, state: State, event: Measured, now: int) -> Step:
    """End that, once a value of the quantity can be."""
    if event.quantity not in state.odd:
        return state, ()
    over = _finding(person, event, Stage.END, now, {"why": "well"})
    return replace(state, odd=state.odd - {event.quantity}), (over,)


def _finding(
    person: int, event: Measured, stage: Stage, now: int, more: Mapping[str, Fact]
) -> Finding:
    facts = {"quantity": event.quantity, "data_kind": event.data_kind, **more}
    key = f"odd:{event.quantity}"
    return Finding(person, key, "odd", stage, Urgency.NOTE, now, now, facts)
