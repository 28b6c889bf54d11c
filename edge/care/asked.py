"""What a person is asked to measure now: one request for each kind of data. Pure.

An alert asks as long as its rule waits for a value: to have one confirmed, to have one at all, or
to have one that can be. It goes on asking while it climbs for want of that value; once somebody has
the alert, they say what is to be done. No limit, no value and no urgency is in a request: it is
read by whoever measures, maybe beside somebody else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum

from edge.care.finding import WITH, WITH_AT, Fact, Urgency
from edge.care.kinds import KINDS, TO_MEASURE
from edge.care.ladder.alert import Alert
from edge.care.ladder.rung import UNANSWERED
from edge.care.ladder.rung import State as Standing
from edge.care.rules import judge, watch
from edge.care.rules.sooner import ROUND_MS
from edge.care.rules.state import Ask, State

APART_MS = (
    30_000  # values of one measurement are nearer to each other: none of them is a second one
)
_MISSED, _ODD = "missed", "odd"


class Why(IntEnum):
    """Why somebody is asked; of several for one kind the lowest is said."""

    ODD = 1  # the last value was none that a body has
    AGAIN = 2  # a second value says whether the first one holds
    MISSED = 3  # none came


@dataclass(frozen=True, slots=True)
class Asked:
    """A kind of data to measure, and why. Times are ms since 1970, UTC.

    ``since`` is when it was asked for first; ``until`` when somebody will be called if none came,
    where that is within the hour, else None. ``rests``: the person was asked to sit down and keep
    a belt on.
    """

    kind: str
    why: Why
    since: int
    until: int | None = None
    rests: bool = False


def asked(alerts: Iterable[Alert], state: State | None) -> tuple[Asked, ...]:
    """Return what one person is asked to measure, one request a kind, in the usual order of kinds.

    ``alerts`` and ``state`` (what the rules know, None: nothing yet) are that person's.
    """
    found: dict[str, Asked] = {}
    for alert in alerts:
        for one in _of(alert, state or State()):
            before = found.get(one.kind)
            found[one.kind] = one if before is None else _both(before, one)
    return tuple(found[kind] for kind in KINDS if kind in found)


def _of(alert: Alert, state: State) -> list[Asked]:
    """Return what an alert asks for, some kinds maybe twice."""
    if alert.rule == _MISSED:
        waits = alert.state is Standing.ASKED or alert.state in UNANSWERED
        return _each(alert, Why.MISSED, _named(alert.facts)) if waits else []
    if alert.state is Standing.ASKED:
        why = Why.ODD if alert.rule == _ODD else Why.AGAIN
        asks = state.asks.values() if alert.key == watch.key(state.began) else ()
        if not asks:
            return _each(alert, why, _named(alert.facts))
        found = []
        for ask in asks:
            kinds = _left(ask.facts, ask.at, state) or _named(ask.facts)
            rests = "minutes" in ask.facts
            found += _each(alert, why, kinds, _until(state, ask), rests=rests)
        return found
    if alert.state in UNANSWERED:
        return _each(alert, Why.AGAIN, _called_for(alert.facts, state))
    return []


def _called_for(facts: Mapping[str, Fact], state: State) -> frozenset[str]:
    """Return the kinds without a second value in what somebody is called for."""
    others = frozenset(str(facts.get(WITH, "")).split())
    kinds = _unmeasured(others, int(facts.get(WITH_AT, 0)), APART_MS, state)
    if facts.get("again") == "none":
        kinds |= _left(facts, int(facts.get("first_at", 0)), state)
    return kinds & frozenset(TO_MEASURE)


def _each(
    alert: Alert, why: Why, kinds: Iterable[str], until: int | None = None, *, rests: bool = False
) -> list[Asked]:
    return [Asked(one, why, alert.raised_at, until, rests) for one in kinds]


def _named(facts: Mapping[str, Fact]) -> frozenset[str]:
    return frozenset(str(facts.get("data_kind", "")).split()) & frozenset(TO_MEASURE)


def _left(facts: Mapping[str, Fact], at: int, state: State) -> frozenset[str]:
    """Return the kinds of what was found ``at`` a moment and was not measured since."""
    if "points" in facts:
        quantities = frozenset().union(*judge.scored(facts))
    else:
        quantities = frozenset(str(facts.get("quantities", facts.get("quantity", ""))).split())
    apart = ROUND_MS if "quantities" in facts else APART_MS
    return _unmeasured(quantities, at, apart, state) & _named(facts)


def _unmeasured(quantities: frozenset[str], at: int, apart: int, state: State) -> frozenset[str]:
    """Return the kinds of quantities without a value later than ``apart`` ms after a moment."""
    courses = [state.courses[one] for one in quantities & state.courses.keys()]
    return frozenset().union(*(one.kinds for one in courses if one.last_at <= at + apart))


def _until(state: State, ask: Ask) -> int | None:
    """Return when a deadline is by the clock, as far as the hub goes on listening."""
    if ask.urgency < Urgency.URGENT or not state.time.is_known:
        return None
    return state.time.now + ask.deadline - state.time.listened


def _both(one: Asked, other: Asked) -> Asked:
    """Return two requests for the same kind as one."""
    untils = [each.until for each in (one, other) if each.until is not None]
    return Asked(
        one.kind,
        min(one.why, other.why),
        min(one.since, other.since),
        min(untils, default=None),
        one.rests or other.rests,
    )
