"""One simulated person's ninety days through the engine of rules, as the hub takes them. Pure.

The engine asks and the person answers: measures once more, or says that all is well. What they
answer comes back as any value does.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from edge.care.finding import Finding, Stage
from edge.care.kinds import HOME_ACTIVITY
from edge.care.measured import Measured
from edge.care.rules import engine
from edge.care.rules.event import Event, Heard, Signal, Tick
from edge.care.rules.plan import Due, Limit, News2, Pause, Plan
from edge.care.rules.rhythm import HERE, RULE
from edge.care.rules.ruleset import RuleSet
from edge.care.rules.state import State
from edge.trial.calendar import within
from edge.trial.client import Client
from edge.trial.home import MINUTE_MS, Sensed
from edge.trial.physiology import KIND
from edge.trial.vitals import OXYGEN, SYSTOLIC, Taken
from hardware.reading import TimeQuality

TICK_MS = 30 * MINUTE_MS  # the hub looks every minute; no rule is so quick that it would matter
PEER_TICK_MS = 60 * MINUTE_MS  # where nothing but values is looked at
ZONE = "Europe/Berlin"
AGAIN_MS = 60 * MINUTE_MS  # who does not measure again is not asked in vain for so long
SPAN_MINUTES = 150  # around a usual hour: so long there is to measure
QUANTITY = {"door": "door_open", "motion": "motion", "occupancy": "occupancy"}


@dataclass(slots=True)
class Run:
    """What the engine found of one person, in order, and how many events it took."""

    findings: list[Finding] = field(default_factory=list)
    events: int = 0
    state: State = field(default_factory=State)


def run(rules: RuleSet, client: Client, *, watches_home: bool = True) -> Run:
    """Take one person through their days, with or without what the home's sensors say."""
    plan = plan_of(client)
    found = Run()
    rng = Random(client.answers)  # noqa: S311  # a simulation
    waiting: list[tuple[int, int, Event]] = []
    order = 0  # of what comes at one moment, as it was asked for
    asked_until = 0
    given = _events(client, watches_home=watches_home)
    upcoming = next(given, None)
    while upcoming is not None or waiting:
        if upcoming is None or (waiting and waiting[0][0] <= upcoming[0]):
            event: Event = heapq.heappop(waiting)[2]
        else:
            event = upcoming[1]
            upcoming = next(given, None)
        found.state, findings = engine.step(rules, plan, found.state, event)
        found.events += 1
        if not findings:
            continue
        found.findings += findings
        at = event.received_at if isinstance(event, Measured | Signal | Heard) else event.at
        for finding in findings:
            if finding.stage is not Stage.ASK:
                continue
            if finding.rule == RULE:
                said = client.here(rng, at)
                if said is not None:
                    order += 1
                    answer = Signal(client.number, said, said, HERE, "terminal")
                    heapq.heappush(waiting, (said, order, answer))
            elif at >= asked_until:
                local = plan.local(at)
                again = client.again(rng, at, local.hour + local.minute / 60)
                asked_until = again[0].at if again else at + AGAIN_MS
                for taken in again:
                    order += 1
                    heapq.heappush(waiting, (taken.received_at, order, measured(client, taken)))
    return found


def plan_of(client: Client) -> Plan:
    """Return what holds for a person: usual hours, absences that were told, NEWS2's scale."""
    due = []
    for device in client.devices:
        hours = client.measuring.hours[: 1 if device == "scale" else None]
        for hour in hours:
            begin = max(round(hour * 60) - SPAN_MINUTES, 0)
            due.append(Due(KIND[device], begin, min(begin + 2 * SPAN_MINUTES, 24 * 60)))
    has_copd = "copd" in client.conditions
    devices = {device: KIND[device] for device in client.devices}
    devices |= dict.fromkeys(client.home.devices, HOME_ACTIVITY)
    return Plan(
        person=client.number,
        schedule=tuple(due),
        pauses=tuple(
            Pause(each.since, each.until, "hospital" if each.why == "hospital" else "holiday")
            for each in client.told
        ),
        devices=devices,
        limits=_limits(client),
        news2=News2(2, "Praxis") if has_copd else None,
        zone=ZONE,
    )


def _limits(client: Client) -> dict[str, Limit]:
    """Return what a practice sets for people who live with less than others."""
    level, limits = client.measuring.body.level, {}
    if "copd" in client.conditions:
        low = min(85, round(level[OXYGEN]) - 6)
        limits[OXYGEN] = Limit(low_urgent=low, low_extreme=low - 5)
    if "heart_failure" in client.conditions:
        low = min(90, round(level[SYSTOLIC]) - 30)
        limits[SYSTOLIC] = Limit(
            low_urgent=low, low_extreme=low - 10, high_urgent=200, high_extreme=220
        )
    return limits


def measured(client: Client, taken: Taken) -> Measured:
    """Return a device's number as the store gives it to the rules."""
    return Measured(
        client.number, taken.at, taken.received_at, taken.data_kind, taken.quantity, taken.value,
        taken.device, TimeQuality.DEVICE,
    )  # fmt: skip


def _events(client: Client, *, watches_home: bool = True) -> Iterator[tuple[int, Event]]:
    """Yield what comes by itself, in order of arrival."""
    values: Iterator[tuple[int, Event]] = (
        (taken.received_at, measured(client, taken)) for taken in client.taken
    )
    seen = client.sensed if watches_home else ()
    every = TICK_MS if watches_home else PEER_TICK_MS
    signals: Iterator[tuple[int, Event]] = ((each.at, _said(client, each)) for each in seen)
    return heapq.merge(values, signals, _ticks(client, every), key=lambda pair: pair[0])


def _said(client: Client, each: Sensed) -> Measured:
    return Measured(
        client.number, each.at, each.at, HOME_ACTIVITY, QUANTITY[each.kind], float(each.value),
        each.device, TimeQuality.SYNCHRONISED,
    )  # fmt: skip


def _ticks(client: Client, every: int) -> Iterator[tuple[int, Event]]:
    """Yield the hub's looks at the clock; while it is off there are none."""
    off = client.off()
    for at in range(client.starts, client.ends, every):
        if within(off, at) is None:
            yield at, Tick(at)
