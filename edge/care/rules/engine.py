"""The engine of rules: one event after the other, of one person. Pure.

    state = State()
    for event in events:
        state, findings = step(rules, plan, state, event)

The same events give the same findings, wherever the state is put away and taken up in between.
Ticks come first: what is found has the time of the last tick.

What the clock does raises and ends nothing by itself. Deadlines are counted by the time that the
hub listened; a value whose time nobody knows is judged by limits and told by no band.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from edge.care.finding import Finding
from edge.care.kinds import BUTTON, IN_COMPANY
from edge.care.measured import Measured
from edge.care.rules import (
    absent,
    call,
    judge,
    odd,
    rhythm,
    schedule,
    silent,
    sooner,
    stream,
    warmth,
    watch,
)
from edge.care.rules.event import ClockUnknown, Event, Heard, Signal, Tick, Warmth
from edge.care.rules.judge import Deviation
from edge.care.rules.plan import Plan
from edge.care.rules.ruleset import RuleSet, holds
from edge.care.rules.state import Course, State, Time
from hardware.reading import ButtonPress, TimeQuality

__all__ = ["LISTENED_MOST_MS", "WALL_MOST_MS", "State", "step"]

LISTENED_MOST_MS = 15 * 60_000  # between two ticks: a hub that ticks no more does not listen
WALL_MOST_MS = 3_600_000  # the same for ticks without the kernel's count, as simulations have them
# A worker that is started anew knows an hour less of its listening: that is no outage of the hub.
OUTAGE_MS = 75 * 60_000
EARLY_MS = 10 * 60_000  # a sensor's clock may be this far ahead of the hub's
ROUND_MS = 5 * 60_000  # so long it takes to measure all once
_MINUTE_MS = 60_000
_DAY_MS = 86_400_000

Step = tuple[State, tuple[Finding, ...]]


def step(rules: RuleSet, plan: Plan, state: State, event: Event) -> Step:
    """Return what is known after an event, and what was found by it.

    :raises ValueError: if the event is another person's than the plan.
    """
    if isinstance(event, (Tick, ClockUnknown)):
        state, findings = _tick(rules, plan, state, event)
    else:
        state, findings = _happened(rules, plan, state, event)
    if rules.inactivity is None:
        return state, findings
    known, told = _rhythm(rules.inactivity, rules, plan, state, event)
    return (state if known is state.rhythm else replace(state, rhythm=known)), findings + told


def _rhythm(
    settings: rhythm.Settings, rules: RuleSet, plan: Plan, state: State, event: Event
) -> tuple[rhythm.Rhythm, tuple[Finding, ...]]:
    if not holds(rules, plan, "inactivity"):
        return rhythm.over(plan, state.rhythm, state.time.now)
    return rhythm.look(settings, plan, state.rhythm, event, state.time.listened)


def _happened(
    rules: RuleSet, plan: Plan, state: State, event: Measured | Signal | Heard | Warmth
) -> Step:
    if event.person != plan.person:
        raise ValueError("the event is another person's")
    if isinstance(event, Measured):
        return _measured(rules, plan, state, event)
    if isinstance(event, Signal):
        return _signal(rules, plan, state, event)
    if isinstance(event, Heard):
        if rules.no_data is None or not holds(rules, plan, "no_data"):
            return state, ()
        return absent.heard(rules.no_data, plan, state, event)
    if rules.heat is None or not holds(rules, plan, "heat"):
        return state, ()
    return warmth.said(rules.heat, plan, state, event)


def _tick(rules: RuleSet, plan: Plan, state: State, event: Tick | ClockUnknown) -> Step:
    is_off = _was_off(state.time, event)
    state = replace(state, time=_later(state.time, event))
    is_anew = is_off or state.time.deaf_run > OUTAGE_MS
    state, findings = _settle(rules, plan, state)
    if rules.missed is not None and holds(rules, plan, "missed"):
        state, told = schedule.tick(rules.missed, plan, state)
        findings += told
    if rules.silent is not None and holds(rules, plan, "silent"):
        state, told = silent.tick(rules.silent, plan, state, is_deaf=event.is_deaf)
        findings += told
    if rules.no_data is not None and holds(rules, plan, "no_data"):
        state, told = absent.tick(
            rules, rules.no_data, plan, state, is_anew=is_anew, is_deaf=event.is_deaf
        )
        findings += told
    if rules.heat is not None and state.warmth:
        state, told = warmth.tick(rules.heat, plan, state)
        findings += told
    state, told = _ended(rules, plan, state)
    findings += told
    if state.asks or state.alert is not None:
        state, told = watch.tick(rules, plan.person, state, state.time.now)
        findings += told
    if state.open is not None:
        state, told = sooner.tick(rules, plan, state)
        findings += told
    return state, findings


def _ended(rules: RuleSet, plan: Plan, state: State) -> Step:
    """Judge what streamed for a short time, and ask no more where nothing streams any more."""
    findings: tuple[Finding, ...] = ()
    if state.streams:
        state, short = stream.ended(rules.stream, plan, state)
        for one in short:
            state, told = _judged(rules, plan, state, one, _moment(one))
            findings += told
    if off := stream.lapsed(rules.stream, state):
        state, told = watch.give_up(plan.person, state, off, state.time.now, "stopped")
        findings += told
    return state, findings


def _settle(rules: RuleSet, plan: Plan, state: State) -> Step:
    """End what no rule stands behind any more, or what nobody is there for."""
    findings: tuple[Finding, ...] = ()
    person, now = plan.person, state.time.now
    away = plan.pause_at(now) is not None and state.time.is_known
    if state.asks:
        off = _without_rule(rules, plan, {name: one.rule for name, one in state.asks.items()})
        state, told = watch.give_up(person, state, off, now, "off")
        findings += told
    if state.asks and away:
        usual = frozenset(name for name, one in state.asks.items() if one.rule != "limit")
        state, told = watch.give_up(person, state, usual, now, "pause")
        findings += told
    if state.alert is not None and not holds(rules, plan, state.alert.rule):
        state, told = watch.over(person, state, state.alert, now, "off")
        findings += told
    is_off = not holds(rules, plan, "missed")
    planned = {one.kind for one in plan.schedule}
    for kind in sorted(state.late):
        if is_off or away or kind not in planned:
            state, told = schedule.over(person, state, kind, "pause" if away else "off")
            findings += told
    if state.sensors and not holds(rules, plan, "silent"):
        state, told = silent.over(plan, state, "off")
        findings += told
    if (state.lost or state.contacts) and not holds(rules, plan, "no_data"):
        state, told = absent.over(plan, state, "off")
        state = replace(state, contacts={})
        findings += told
    if state.warmth and not holds(rules, plan, "heat"):
        for device in sorted(state.warmth):
            state, told = warmth.over(plan, state, device, "off")
            findings += told
    return state, findings


def _without_rule(rules: RuleSet, plan: Plan, topics: Mapping[str, str]) -> frozenset[str]:
    return frozenset(name for name, rule in topics.items() if not holds(rules, plan, rule))


def _later(time: Time, event: Tick | ClockUnknown) -> Time:
    """Return the time after a tick; how the clock was set in between does not matter."""
    if event.monotonic_ms is not None:
        is_same = event.boot == time.boot and time.monotonic_ms is not None
        passed = event.monotonic_ms - (time.monotonic_ms or 0) if is_same else 0
        passed = min(passed, LISTENED_MOST_MS)
    else:
        passed = min(event.at - time.now, WALL_MOST_MS) if time.now else 0
    passed = max(0, passed)
    deaf = passed if event.is_deaf else 0
    return Time(
        now=event.at,
        listened=time.listened + passed,
        boot=event.boot,
        monotonic_ms=event.monotonic_ms,
        is_known=isinstance(event, Tick),
        deaf=time.deaf + deaf,
        deaf_run=time.deaf_run + deaf if event.is_deaf else 0,
    )


def _was_off(time: Time, event: Tick | ClockUnknown) -> bool:
    """Tell whether the hub did not listen for long before a tick, or nobody knows whether."""
    if not time.now:
        return False  # the first one of all
    if event.monotonic_ms is None:
        return event.at - time.now > OUTAGE_MS
    if event.boot == time.boot and time.monotonic_ms is not None:
        return event.monotonic_ms - time.monotonic_ms > OUTAGE_MS
    is_known = time.is_known and isinstance(event, Tick)
    return not (is_known and 0 <= event.at - time.now <= OUTAGE_MS)


def _measured(rules: RuleSet, plan: Plan, state: State, event: Measured) -> Step:
    at = _moment(event)
    findings: tuple[Finding, ...] = ()
    if rules.silent is not None and holds(rules, plan, "silent"):
        state, findings = silent.heard(rules.silent, plan, state, event)
    if rules.no_data is not None and holds(rules, plan, "no_data"):
        state, told = absent.came(rules.no_data, plan, state, event)
        findings += told
    if event.data_kind == BUTTON:
        if event.value == ButtonPress.HOLD_RELEASE:
            return state, findings
        state, told = _pressed(rules, plan, state, event.device_id, at, event.received_at)
        return state, findings + told
    if event.data_kind in IN_COMPANY:
        return state, findings
    if rules.missed is not None and holds(rules, plan, "missed"):
        state, told = schedule.measured(rules.missed, plan, state, event.data_kind, at)
        findings += told
    state, told = _vital(rules, plan, state, event, at)
    return state, findings + told


def _signal(rules: RuleSet, plan: Plan, state: State, event: Signal) -> Step:
    findings: tuple[Finding, ...] = ()
    if rules.silent is not None and holds(rules, plan, "silent"):
        state, findings = silent.heard(rules.silent, plan, state, event)
    if rules.no_data is not None and holds(rules, plan, "no_data"):
        state, told = absent.came(rules.no_data, plan, state, event)
        findings += told
    if event.kind == "sos":
        at = None if event.time_quality is TimeQuality.UNKNOWN else event.at
        state, told = _pressed(rules, plan, state, event.device_id, at, event.received_at)
        findings += told
    return state, findings


def _pressed(  # noqa: PLR0917  # who pressed what, when
    rules: RuleSet, plan: Plan, state: State, device: str, at: int | None, received_at: int
) -> Step:
    if rules.sos is None or not holds(rules, plan, "sos"):
        return state, ()
    return call.pressed(rules.sos, plan.person, state, device, at, received_at)


def _vital(rules: RuleSet, plan: Plan, state: State, event: Measured, at: int | None) -> Step:
    now = state.time.now or event.received_at
    quantity, number = event.quantity, event.value
    if not _is_plausible(rules, quantity, number):
        return odd.named(plan.person, state, event, now)
    state, findings = odd.over(plan.person, state, event, now)
    if quantity in rules.stream.of:
        state, window = stream.taken(rules.stream, state, event)
        if window is None:
            return state, findings
        state, told = _judged(rules, plan, state, window, at, is_window=True)
    else:
        state, told = _judged(rules, plan, state, event, at)
    return state, findings + told


def _judged(  # what is judged by what
    rules: RuleSet,
    plan: Plan,
    state: State,
    event: Measured,
    at: int | None,
    *,
    is_window: bool = False,
) -> Step:
    """Judge a plausible value, or the median of a window of them."""
    now = state.time.now or event.received_at
    quantity, number = event.quantity, event.value
    findings: tuple[Finding, ...] = ()
    course = state.courses.get(quantity, Course())
    if course.last_at > max(now, event.received_at) + EARLY_MS:  # the clock was set back
        kept = tuple(one for one in course.kept if one[0] <= now)
        course = Course(kept=kept, kinds=course.kinds)
    if at is not None and course.last is not None and at <= course.last_at:
        return state, findings  # a newer one is known
    again = _is_again(state, quantity)
    is_away = plan.pause_at(now) is not None
    found = judge.value(rules, plan, quantity, number, course, None if is_away else at, again=again)
    found = _of_kind(found, event)
    if is_window and found is not None:
        if stream.rests(rules.stream, state.asks.get(quantity), event.observed_at):
            return state, findings  # they were asked to sit down
        found = replace(found, facts={**found.facts, "minutes": rules.stream.minutes})
    moment = max(now, course.last_at) if at is None else at
    after = replace(course, kinds=course.kinds | {event.data_kind})
    after = after if at is None else replace(after, last_at=at, last=number)
    if at is not None and (found is None or _is_usual_by_now(rules, state, quantity, at)):
        after = judge.learn(rules.baseline, quantity, number, after, at)
    state = replace(state, courses={**state.courses, quantity: after})
    state, told = watch.value(rules, plan.person, state, quantity, found, moment, now)
    findings += told
    if at is not None and not is_away and rules.baseline and quantity in rules.baseline.of:
        state, told = _together(rules, plan, state, event, at)
        findings += told
    if at is not None and not is_away and quantity in judge.SCORED:
        state, told = _scored(rules, plan, state, event, at)
        findings += told
    if at is not None and not is_away:
        state, told = sooner.measured(rules, plan, state, quantity, at)
        findings += told
    return state, findings


def _scored(rules: RuleSet, plan: Plan, state: State, event: Measured, at: int) -> Step:
    """Score NEWS2; a second set wants all measured again that had points in the first."""
    now = state.time.now or event.received_at
    found = judge.score(rules, plan, state.courses, at)
    ask = state.asks.get(judge.NEWS2)
    if ask is not None and rules.news2 is not None:
        since = ask.at + rules.remeasure.apart_seconds * 1000
        if found is None:
            since = min(since, at - rules.news2.fresh_hours * 60 * _MINUTE_MS)
        newest = [
            max((state.courses[one].last_at for one in each if one in state.courses), default=0)
            for each in judge.scored(ask.facts)
        ]
        if any(one < since for one in newest):
            if found is None:
                return state, ()
            return watch.worse(rules, plan.person, state, found, at, now)
    return watch.value(rules, plan.person, state, judge.NEWS2, found, at, now)


def _together(rules: RuleSet, plan: Plan, state: State, event: Measured, at: int) -> Step:
    """Look at several quantities together; a second look wants each of them measured again.

    It is over before that once what was not measured again is not enough without the rest.
    """
    now = state.time.now or event.received_at
    ask = state.asks.get(judge.TOGETHER)
    since = None if ask is None else ask.at + ROUND_MS
    found = judge.together(rules, plan, state.courses, at, since)
    if found is None and ask is not None and since is not None:
        awaited = str(ask.facts["quantities"]).split()
        is_left = any(
            state.courses[one].last_at <= since for one in awaited if one in state.courses
        )
        if is_left and judge.together(rules, plan, state.courses, at, since, asked_at=ask.at):
            return state, ()
    return watch.value(rules, plan.person, state, judge.TOGETHER, found, at, now)


def _is_again(state: State, topic: str) -> bool:
    """Tell whether a value is a second one: what is asked about, or goes on."""
    if topic in state.asks:
        return True
    return state.alert is not None and state.alert.topics.get(topic, 0) is None


def _is_usual_by_now(rules: RuleSet, state: State, topic: str, at: int) -> bool:
    alert, rule = state.alert, rules.baseline
    if alert is None or rule is None or alert.topics.get(topic, 0) is not None:
        return False
    return at - alert.began >= rule.relearn_days * _DAY_MS


def _moment(event: Measured) -> int | None:
    """Return when it was measured; None if nobody knows, or it says that it is to come."""
    if event.time_quality is TimeQuality.UNKNOWN:
        return None
    return event.observed_at if event.observed_at <= event.received_at + EARLY_MS else None


def _is_plausible(rules: RuleSet, quantity: str, number: float) -> bool:
    if not math.isfinite(number):
        return False
    least, most = rules.plausible.get(quantity, (-math.inf, math.inf))
    return least <= number <= most


def _of_kind(found: Deviation | None, event: Measured) -> Deviation | None:
    """Note of which kind of data it is: who keeps it must know whose consent it needs."""
    if found is None:
        return None
    return replace(found, facts={**found.facts, "data_kind": event.data_kind})
