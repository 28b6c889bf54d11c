"""A call for help by a button: told at once, whatever else there is. Pure."""

from __future__ import annotations

from dataclasses import replace

from edge.care.finding import Finding, Stage, Urgency
from edge.care.kinds import BUTTON
from edge.care.rules.ruleset import SosRule
from edge.care.rules.state import Call, State

MOST_CALLS = 20  # buttons of one person: the state stays small
_MINUTE_MS = 60_000


def pressed(  # noqa: PLR0917  # who pressed what, when, and when that came
    rule: SosRule, person: int, state: State, device: str, at: int | None, received_at: int
) -> tuple[State, tuple[Finding, ...]]:
    """Take note of a press; ``at`` is None if nobody knows when it was.

    Each press is told: one within ``same_minutes`` of another under the same key, so that it calls
    nobody twice, and yet somebody if the call is settled already.
    """
    now = state.time.now or received_at
    before = state.calls.get(device)
    is_same = (
        before is not None and state.time.listened - before.pressed < rule.same_minutes * _MINUTE_MS
    )
    since = before.since if before is not None and is_same else (at or now)
    calls = {**state.calls, device: Call(since, state.time.listened)}
    if len(calls) > MOST_CALLS:
        calls.pop(min(calls, key=lambda name: calls[name].pressed))
    late_minutes = 0 if at is None else max(0, now - at) // _MINUTE_MS
    urgency = Urgency.URGENT if late_minutes > rule.late_minutes else Urgency.EMERGENCY
    finding = Finding(
        person,
        f"sos:{device}:{since}",
        "sos",
        Stage.RAISE,
        urgency,
        now,
        since,
        {
            "data_kind": BUTTON,
            "device": device,
            "late_minutes": late_minutes,
            "pressed": received_at,  # by it the board knows which press this is
        },
    )
    return replace(state, calls=calls), (finding,)
