"""What a belt says each second, as one value in so many minutes. Pure.

A heart that beats fast on the stairs is well. So of what streams no single value is judged, but the
median of a window that was full of values. It asks as any value beyond a limit does: to sit down.
Somebody is called only if a whole window after the rest is beyond it, too. Whoever took the belt
off meanwhile is called about only if the first was extreme.

Where a practice set a limit of its own, what is shorter than a window is judged once it ended:
somebody may measure for two minutes each morning.
"""

from __future__ import annotations

from dataclasses import replace
from statistics import median

from edge.care.measured import Measured
from edge.care.rules.plan import Plan
from edge.care.rules.ruleset import StreamRule
from edge.care.rules.state import Ask, State, Stream
from hardware.reading import TimeQuality

LEAST_SHORT = 3  # values of what is shorter than a window
_MINUTE_MS = 60_000


def taken(rule: StreamRule, state: State, event: Measured) -> tuple[State, Measured | None]:
    """Take one plausible value; return the median of the window that it ends, if it does."""
    quantity, moment = event.quantity, event.observed_at
    stream = state.streams.get(quantity)
    if stream is None or moment < stream.begins or moment - stream.last > _gap_ms(rule):
        return _with(state, quantity, _begun(event)), None
    if moment < stream.last + rule.every_seconds * 1000:
        return state, None
    values = (*stream.values, event.value)
    if moment - stream.begins < rule.minutes * _MINUTE_MS:
        return _with(state, quantity, replace(stream, last=moment, values=values)), None
    state = _with(state, quantity, _begun(event))
    if len(values) < rule.least_values:
        return state, None
    return state, replace(event, value=float(median(values)))


def ended(rule: StreamRule, plan: Plan, state: State) -> tuple[State, tuple[Measured, ...]]:
    """Return what of short streams that ended a practice's own limit is for."""
    over = {
        name: one
        for name, one in state.streams.items()
        if abs(state.time.now - one.last) > _gap_ms(rule)
    }
    if not over:
        return state, ()
    kept = {name: one for name, one in state.streams.items() if name not in over}
    short = tuple(
        Measured(
            plan.person,
            one.last,
            one.last,
            one.kind,
            name,
            float(median(one.values)),
            one.device,
            TimeQuality(one.time_quality),
        )
        for name, one in over.items()
        if name in plan.limits and len(one.values) >= LEAST_SHORT
    )
    return replace(state, streams=kept), short


def rests(rule: StreamRule, ask: Ask | None, moment: int) -> bool:
    """Tell whether the window that ends at ``moment`` began before the person had rested."""
    if ask is None:
        return False
    return moment - rule.minutes * _MINUTE_MS < ask.at + rule.rest_minutes * _MINUTE_MS


def lapsed(rule: StreamRule, state: State) -> frozenset[str]:
    """Return of which streams the person was asked, and nothing came: the belt is off."""
    return frozenset(
        name
        for name, one in state.asks.items()
        if name in rule.of and one.can_wait and state.time.listened >= one.deadline
    )


def _begun(event: Measured) -> Stream:
    at, quality = event.observed_at, int(event.time_quality)
    return Stream(at, at, (event.value,), event.data_kind, event.device_id, quality)


def _with(state: State, quantity: str, stream: Stream) -> State:
    return replace(state, streams={**state.streams, quantity: stream})


def _gap_ms(rule: StreamRule) -> float:
    return rule.minutes * _MINUTE_MS / 2
