"""Nothing comes any more: of all that should speak of a person, or of their call button. Pure.

A contact is a sensor of the home, a call button, or all that is measured each day together. It is
counted by how long the hub heard (`Time.hearing`) since it *received* the last of it, never by when
that was measured nor by what the clock shows. While the hub was off, hears nobody at all
(`Tick.is_deaf`), or the person is away, nothing is counted and nothing told; after a pause, or if
the hub was off or deaf for longer than `engine.OUTAGE_MS`, the count starts anew.

A sensor's radio alone is a sign (`Heard`): a door that nobody opens is not silent. A call button
mostly speaks when it is pressed: it is awaited only if it was heard in `BEATS` different hours of a
day without that, or if the person's plan says so.

Whether the person is well nobody can tell from it: whoever is called looks, by day.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from edge.care.finding import Fact, Finding, Stage, Urgency
from edge.care.kinds import BUTTON, HOME_ACTIVITY, IN_COMPANY, ROOM_CLIMATE
from edge.care.measured import Measured
from edge.care.rules.event import Heard, Signal
from edge.care.rules.plan import MEASURED, Due, Plan
from edge.care.rules.ruleset import NoDataRule, RuleSet
from edge.care.rules.state import Contact, Lost, State

RULE = "no_data"
ALL = "all"  # what is silent: everything but the call buttons
NEAR_MS = 30 * 60_000  # signs nearer to each other say nothing new, and would wear the card
BEATS = 6  # hours of a day in which a button spoke by itself: from then on it is awaited
_HOUR_MS = 3_600_000
_DAY_HOURS = 24
_HOME = frozenset((HOME_ACTIVITY, ROOM_CLIMATE))
_KNOWN = _HOME | {BUTTON}

Step = tuple[State, tuple[Finding, ...]]


def came(rule: NoDataRule, plan: Plan, state: State, event: Measured | Signal) -> Step:
    """Take note of a value, a call or a movement."""
    if isinstance(event, Measured):
        kind = event.data_kind
    else:
        kind = BUTTON if event.kind == "sos" else HOME_ACTIVITY
    device = event.device_id
    if kind == BUTTON:
        state = _pressed(state, device, event.received_at)
        return _spoke(rule, plan, state, device, kind, event.received_at)
    if kind in _HOME:
        before = state.contacts.get(device)
        if before is not None and _limit_ms(rule, plan, before.kind) <= _limit_ms(rule, plan, kind):
            kind = before.kind  # of several kinds the one that is awaited soonest
        return _spoke(rule, plan, state, device, kind, event.received_at)
    if kind in IN_COMPANY or MEASURED not in state.contacts:
        return state, ()
    kind = state.contacts[MEASURED].kind
    return _spoke(rule, plan, state, MEASURED, kind, event.received_at)


def heard(rule: NoDataRule, plan: Plan, state: State, event: Heard) -> Step:
    """Take note that the hub heard a sensor's radio, whatever it said."""
    before = state.contacts.get(event.device_id)
    kind = event.kind if before is None else before.kind
    if not kind:  # what it sends nobody knows: nothing is awaited of it
        return state, ()
    return _spoke(rule, plan, state, event.device_id, kind, event.received_at, is_beat=True)


def tick(  # what is known, and how well the hub hears
    rules: RuleSet, rule: NoDataRule, plan: Plan, state: State, *, is_anew: bool, is_deaf: bool
) -> Step:
    """Take note that time went by. ``is_anew``: what was silent meanwhile nobody can tell.

    ``is_deaf``: nothing can be heard now, which neither tells anything nor starts anything anew.
    """
    time = state.time
    is_away = plan.pause_at(time.now) is not None if time.is_known else bool(plan.pauses)
    if is_anew or is_away:
        findings: tuple[Finding, ...] = ()
        if is_away and time.is_known:
            state, findings = over(plan, state, "pause")
        return (state if state.is_hushed else replace(state, is_hushed=True)), findings
    if is_deaf:
        return state, ()
    if state.is_hushed:
        contacts = {
            name: replace(one, heard=time.hearing, heard_at=time.now)
            for name, one in state.contacts.items()
        }
        state = replace(state, contacts=contacts, is_hushed=False)
    state = _known(plan, state)
    state, ended = _gone(plan, state)
    state, told = _all(rules, rule, plan, state)
    state, buttons = _buttons(rule, plan, state)
    return state, (*ended, *told, *buttons)


def over(plan: Plan, state: State, why: str) -> Step:
    """Wait for nothing any more: the rule is off, or nobody is there."""
    if not state.lost:
        return state, ()
    findings = tuple(_ended(plan, state, name, one, why) for name, one in state.lost.items())
    return replace(state, lost={}), findings


def _spoke(  # noqa: PLR0917  # what spoke, and when
    rule: NoDataRule,
    plan: Plan,
    state: State,
    name: str,
    kind: str,
    received_at: int,
    *,
    is_beat: bool = False,
) -> Step:
    """Take note that a contact spoke, and end what was told of its silence."""
    if name != MEASURED and name not in plan.devices:
        return state, ()
    time = state.time
    at = _received(state, received_at)
    before = state.contacts.get(name)
    what = name if kind == BUTTON else ALL
    is_near = before is not None and before.kind == kind and at - before.heard < NEAR_MS
    if before is not None and (at <= before.heard or (is_near and what not in state.lost)):
        return state, ()
    beats = () if before is None else before.beats
    hour = at // _HOUR_MS
    if is_beat and kind == BUTTON and hour not in beats and not is_near:
        beats = (*beats, hour)[-BEATS:]
    contact = Contact(at, min(received_at, time.now or received_at), kind, beats)
    state = replace(state, contacts={**state.contacts, name: contact})
    lost = state.lost.get(what)
    if lost is None or time.hearing - at >= _limit_ms(rule, plan, _key(name, kind)):
        return state, ()
    end = _ended(plan, state, what, lost, "heard")
    return replace(state, lost={key: one for key, one in state.lost.items() if key != what}), (end,)


def _pressed(state: State, button: str, received_at: int) -> State:
    """Take note that a button's radio in that hour was a press, whichever of both came first."""
    before = state.contacts.get(button)
    if before is None or not before.beats:
        return state
    hour = _received(state, received_at) // _HOUR_MS
    beats = tuple(one for one in before.beats if one != hour)
    return replace(state, contacts={**state.contacts, button: replace(before, beats=beats)})


def _received(state: State, received_at: int) -> int:
    """Return when the hub received something, by how long it could hear."""
    time = state.time
    age = time.now - received_at if time.is_known and time.now else 0
    return time.hearing - max(0, age)


def _known(plan: Plan, state: State) -> State:
    """Forget sensors that are somebody else's by now, and know whether all days have a span."""
    time = state.time
    contacts = {name: one for name, one in state.contacts.items() if name in plan.devices}
    for device, kind in plan.devices.items():
        if kind in _KNOWN and device not in contacts:
            contacts[device] = Contact(time.hearing, time.now, kind)
    if kinds := _daily(plan.schedule):
        before = state.contacts.get(MEASURED, Contact(time.hearing, time.now))
        contacts[MEASURED] = before if before.kind == kinds else replace(before, kind=kinds)
    return state if contacts == state.contacts else replace(state, contacts=contacts)


@lru_cache(maxsize=256)  # each minute for each person; a hub has some two hundred
def _daily(schedule: tuple[Due, ...]) -> str:
    """Return the kinds that are to be measured, empty if there is a day without any."""
    if len({day for one in schedule for day in one.weekdays}) < 7:
        return ""
    return " ".join(sorted({one.kind for one in schedule}))


def _gone(plan: Plan, state: State) -> Step:
    """End what was told of that is awaited no more."""
    rest = {name for name, one in state.contacts.items() if one.kind == BUTTON}
    if len(rest) < len(state.contacts):
        rest.add(ALL)
    gone = {name: one for name, one in state.lost.items() if name not in rest}
    if not gone:
        return state, ()
    kept = {name: one for name, one in state.lost.items() if name in rest}
    findings = tuple(_ended(plan, state, name, one, "returned") for name, one in gone.items())
    return replace(state, lost=kept), findings


def _all(rules: RuleSet, rule: NoDataRule, plan: Plan, state: State) -> Step:
    """Tell it once if all that should speak is silent for longer than it may be."""
    if ALL in state.lost:
        return state, ()
    awaited: dict[str, Contact] = {}
    longest = 0.0  # that anything of the home may be silent
    for name, one in state.contacts.items():
        if one.kind == BUTTON or name == MEASURED:
            continue
        most = _limit_ms(rule, plan, one.kind)
        if most == math.inf:
            continue
        if state.time.hearing - one.heard < most:
            return state, ()
        awaited[name], longest = one, max(longest, most)
    most = _limit_ms(rule, plan, MEASURED)
    if MEASURED in state.contacts and most < math.inf:
        awaited[MEASURED] = state.contacts[MEASURED]
        # with a home that is silent nobody waits longer for values
        most = min(most, longest or most)
        if state.time.hearing - awaited[MEASURED].heard < most:
            return state, ()
    if not awaited:
        return state, ()
    if set(awaited) == {MEASURED} and _is_missed(rules, plan, state):
        return state, ()  # somebody was called for the same
    kinds = " ".join(sorted({kind for one in awaited.values() for kind in one.kind.split()}))
    newest = max(awaited.values(), key=lambda one: one.heard)
    devices = " ".join(sorted(set(awaited) - {MEASURED}))
    facts: dict[str, Fact] = {"what": ALL, "data_kind": kinds, "devices": devices}
    return _told(plan, state, ALL, newest, Urgency.TODAY, facts)


def _is_missed(rules: RuleSet, plan: Plan, state: State) -> bool:
    if rules.missed is None or "missed" in plan.off:
        return False
    return any(one.count >= rules.missed.raise_after for one in state.late.values())


def _buttons(rule: NoDataRule, plan: Plan, state: State) -> Step:
    """Tell once of each call button of which nothing comes: a call would not be heard."""
    findings: tuple[Finding, ...] = ()
    for name, one in state.contacts.items():
        if one.kind != BUTTON or name in state.lost or not _beats(plan, one):
            continue
        if state.time.hearing - one.heard >= _limit_ms(rule, plan, BUTTON):
            facts: dict[str, Fact] = {"what": BUTTON, "data_kind": BUTTON, "devices": name}
            state, told = _told(plan, state, name, one, Urgency.URGENT, facts)
            findings += told
    return state, findings


def _beats(plan: Plan, button: Contact) -> bool:
    """Tell whether a button speaks by itself, as far as anybody knows."""
    if BUTTON in plan.no_data:
        return True
    beats = button.beats
    return len(beats) == BEATS and beats[-1] - beats[0] < _DAY_HOURS


def _told(  # noqa: PLR0917  # what a finding is made of
    plan: Plan,
    state: State,
    name: str,
    last: Contact,
    urgency: Urgency,
    facts: Mapping[str, Fact],
) -> Step:
    lost = Lost(last.heard_at, int(urgency), str(facts["data_kind"]))
    found = {**facts, "hours": (state.time.hearing - last.heard) // _HOUR_MS}
    told = Finding(
        plan.person, _name(name, lost), RULE, Stage.RAISE, urgency, state.time.now, lost.since,
        found,
    )  # fmt: skip
    return replace(state, lost={**state.lost, name: lost}), (told,)


def _ended(plan: Plan, state: State, name: str, lost: Lost, why: str) -> Finding:
    urgency = Urgency(lost.urgency)
    key, now = _name(name, lost), state.time.now
    facts = {"data_kind": lost.kind, "why": why}
    return Finding(plan.person, key, RULE, Stage.END, urgency, now, lost.since, facts)


def _name(name: str, lost: Lost) -> str:
    return f"{RULE}:{name}:{lost.since}"


def _key(name: str, kind: str) -> str:
    return MEASURED if name == MEASURED else kind


def _limit_ms(rule: NoDataRule, plan: Plan, key: str) -> float:
    """Return for how long nothing may come, in ms: the plan's word, else the rule set's."""
    hours = plan.no_data.get(key, rule.hours.get(key, 0.0))
    return hours * _HOUR_MS if hours else math.inf
