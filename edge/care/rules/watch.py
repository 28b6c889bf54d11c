"""From a value that is not well to a call: measure again first, call once, end when it is over.

Pure. All that is found about a person's values within a day is one trouble with one key: whoever
was called because of the pulse need not be called for the temperature as well. What goes on is told
once; what is new a day later is another trouble.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from edge.care.finding import WITH, WITH_AT, Fact, Finding, Stage, Urgency
from edge.care.rules.judge import Deviation
from edge.care.rules.ruleset import Remeasure, RuleSet
from edge.care.rules.state import Alert, Ask, State

_MINUTE_MS = 60_000
_HOUR_MS = 3_600_000

Step = tuple[State, tuple[Finding, ...]]


def key(began: int) -> str:
    """Return the key of the trouble that began with the value of that moment."""
    return f"vital:{began}"


def keys(state: State) -> frozenset[str]:
    """Return the keys of the troubles that a state still stands behind: it will end them."""
    asked = {state.began} if state.asks else set()
    called = set() if state.alert is None else {state.alert.began}
    return frozenset(key(began) for began in asked | called)


def value(  # noqa: PLR0917  # what was found, when, and by whose clock
    rules: RuleSet,
    person: int,
    state: State,
    topic: str,
    found: Deviation | None,
    measured_at: int,
    now: int,
) -> Step:
    """Take note of a value of ``topic``; ``found`` is what is not well about it."""
    state = _calmed(state, topic, now) if found is None else state
    ask = state.asks.get(topic)
    if found is not None and state.alert is not None and _is_of(state.alert, found, rules, state):
        return _goes_on(person, state, state.alert, found, now)
    if ask is None:
        return (
            (state, ()) if found is None else _first(rules, person, state, found, measured_at, now)
        )
    if measured_at < ask.at + rules.remeasure.apart_seconds * 1000:
        return state, ()  # of the same measurement: no second one
    if found is not None and found.side == ask.side:
        urgency = max(Urgency(ask.urgency), found.urgency)
        facts = {**found.facts, **_before(ask), "again": "agrees"}
        return _call(person, state, replace(found, urgency=urgency, facts=facts), now)
    state, ended = _drop(person, state, topic, now)
    if found is None:
        return state, ended
    state, findings = _first(rules, person, state, found, measured_at, now)  # the other side
    return state, (*ended, *findings)


def tick(rules: RuleSet, person: int, state: State, now: int) -> Step:
    """Take note that time went by: nobody measured again, or all is well for long enough."""
    findings: tuple[Finding, ...] = ()
    alert, listened = state.alert, state.time.listened
    calm = listened if alert is None or alert.calm is None else alert.calm
    if alert is not None and listened - calm >= rules.bundle.hours * _HOUR_MS:
        state, findings = over(person, state, alert, now, "well")
    state = _asked_on(rules, state)
    due = [one for one in state.asks.items() if listened >= one[1].deadline]
    if not due:
        return state, findings
    topic, ask = max(due, key=lambda one: (one[1].urgency, one[0]))
    facts = {**ask.facts, **_before(ask), "again": "none"}
    found = Deviation(topic, ask.rule, Urgency(ask.urgency), ask.side, facts)
    state, called = _call(person, state, found, now)
    return state, (*findings, *called)


def _asked_on(rules: RuleSet, state: State) -> State:
    """Wait longer, and less urgently, for second values without which nobody need come at once."""
    later = state.time.listened + _wait_ms(rules.remeasure, Urgency.TODAY)
    asks = {
        name: replace(one, urgency=int(Urgency.TODAY), deadline=later, can_wait=False)
        if one.can_wait and state.time.listened >= one.deadline
        else one
        for name, one in state.asks.items()
    }
    return state if asks == state.asks else replace(state, asks=asks)


def worse(  # noqa: PLR0917  # as above
    rules: RuleSet, person: int, state: State, found: Deviation, measured_at: int, now: int
) -> Step:
    """Ask more urgently about what is asked about already, where it became worse since."""
    ask = state.asks[found.topic]
    if found.urgency <= ask.urgency:
        return state, ()
    return _first(rules, person, state, found, measured_at, now)


def give_up(person: int, state: State, topics: frozenset[str], now: int, why: str) -> Step:
    """Ask no more about ``topics``: the person is not there, or the rule is off."""
    findings: tuple[Finding, ...] = ()
    for topic in sorted(topics & set(state.asks)):
        state, ended = _drop(person, state, topic, now, why)
        findings += ended
    return state, findings


def over(person: int, state: State, alert: Alert, now: int, why: str) -> Step:
    """End what somebody was called for."""
    return replace(state, alert=None), (_ended(person, alert, now, why),)


def _is_of(alert: Alert, found: Deviation, rules: RuleSet, state: State) -> bool:
    """Tell whether a deviation is of the trouble that somebody was called for."""
    goes_on = found.topic in alert.topics and alert.topics[found.topic] is None
    since = state.time.listened - alert.called
    return goes_on or since < rules.bundle.hours * _HOUR_MS


def _goes_on(person: int, state: State, alert: Alert, found: Deviation, now: int) -> Step:
    topics = {**alert.topics, found.topic: None}
    after = replace(alert, topics=topics, calm=None)
    if found.urgency <= alert.urgency:
        return replace(state, alert=after), ()
    after = replace(after, urgency=int(found.urgency), rule=found.rule)
    asks = {name: one for name, one in state.asks.items() if name != found.topic}
    return replace(state, alert=after, asks=asks), (
        Finding(
            person,
            key(alert.began),
            found.rule,
            Stage.RAISE,
            found.urgency,
            now,
            alert.began,
            found.facts,
        ),
    )


def _calmed(state: State, topic: str, now: int) -> State:
    alert = state.alert
    if alert is None or alert.topics.get(topic, now) is not None:
        return state
    topics = {**alert.topics, topic: now}
    calm = state.time.listened if all(one is not None for one in topics.values()) else None
    return replace(state, alert=replace(alert, topics=topics, calm=calm))


def _first(  # noqa: PLR0917  # as above
    rules: RuleSet, person: int, state: State, found: Deviation, measured_at: int, now: int
) -> Step:
    began = state.began if state.asks else measured_at
    if not rules.remeasure.active:
        return _call(person, replace(state, began=began), found, now)
    ask = Ask(
        at=measured_at,
        deadline=state.time.listened + _wait_ms(rules.remeasure, found.urgency),
        rule=found.rule,
        urgency=int(found.urgency),
        side=found.side,
        facts=dict(found.facts),
        can_wait=found.can_wait,
    )
    asked = Finding(
        person, key(began), found.rule, Stage.ASK, found.urgency, now, began, found.facts
    )
    return replace(state, asks={**state.asks, found.topic: ask}, began=began), (asked,)


def _call(person: int, state: State, found: Deviation, now: int) -> Step:
    """Call somebody; what else was asked about is part of it, and an older trouble is over."""
    ended = () if state.alert is None else (_ended(person, state.alert, now, "another"),)
    others = {name: one.at for name, one in state.asks.items() if name != found.topic}
    facts: Mapping[str, Fact] = found.facts
    if others:
        facts = {**facts, WITH: " ".join(sorted(others)), WITH_AT: max(others.values())}
    alert = Alert(
        began=state.began,
        called=state.time.listened,
        rule=found.rule,
        urgency=int(found.urgency),
        topics=dict.fromkeys([*state.asks, found.topic]),
    )
    called = Finding(
        person, key(state.began), found.rule, Stage.RAISE, found.urgency, now, state.began, facts
    )
    return replace(state, asks={}, alert=alert), (*ended, called)


def _drop(person: int, state: State, topic: str, now: int, why: str = "well") -> Step:
    """Ask about ``topic`` no more; the trouble is over if it was all there was."""
    ask = state.asks[topic]
    asks = {name: one for name, one in state.asks.items() if name != topic}
    state = replace(state, asks=asks)
    if asks:
        return state, ()
    began = state.began
    over = Finding(
        person, key(began), ask.rule, Stage.END, Urgency(ask.urgency), now, began, {"why": why}
    )
    return state, (over,)


def _ended(person: int, alert: Alert, now: int, why: str) -> Finding:
    began, urgency = alert.began, Urgency(alert.urgency)
    return Finding(person, key(began), alert.rule, Stage.END, urgency, now, began, {"why": why})


def _before(ask: Ask) -> dict[str, Fact]:
    first = ask.facts.get("value")
    return {"first_at": ask.at} if first is None else {"first_at": ask.at, "first": first}


def _wait_ms(again: Remeasure, urgency: Urgency) -> int:
    minutes = {
        Urgency.EMERGENCY: again.emergency_minutes,
        Urgency.URGENT: again.urgent_minutes,
    }.get(urgency, again.today_minutes)
    return round(minutes * _MINUTE_MS)
