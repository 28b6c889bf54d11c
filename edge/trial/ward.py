"""A ward of simulated people, watched in several ways in one run over the same data. Pure.

Every way runs through the engine of rules that the hub itself runs. Each asks in its own way, so
what people answer may differ; what comes of them by itself is the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from edge.care.rules.ruleset import RuleSet, load
from edge.trial.calendar import Clock
from edge.trial.client import draw_client
from edge.trial.course import ZONE, run
from edge.trial.physiology import Physiology
from edge.trial.score import Call, Score, calls_of
from edge.trial.truth import Truth

LEAST_DAYS, MOST_DAYS = 7, 730  # less tells nothing; no rule looks back further
MOST_PEOPLE = 20_000
PEERS = ("static", "news2")  # rule sets that are shipped, to measure others by


@dataclass(frozen=True, slots=True)
class Way:
    """One way of watching: a rule set, and whether it is given what the home's sensors say."""

    name: str
    rules: RuleSet
    watches_home: bool


@dataclass(frozen=True, slots=True)
class Ward:
    """Which people are simulated."""

    seed: int
    people: int
    days: int
    physiology: Physiology


@dataclass(frozen=True, slots=True)
class Watched:
    """What befell one person, whom each way would have called, and how many events that took."""

    number: int
    truths: Sequence[Truth]
    calls: Mapping[str, Sequence[Call]]
    events: int


def ways(rules: RuleSet, *, peers: bool = True) -> tuple[Way, ...]:
    """Return a rule set, and beside it fixed limits and NEWS2 alone."""
    own = Way(rules.name, rules, watches_home=True)
    if not peers:
        return (own,)
    others = (load(name) for name in PEERS)
    return (own, *(Way(each.name, each, watches_home=False) for each in others))


def watch(ward: Ward, number: int, by: Sequence[Way]) -> Watched:
    """Simulate one person and watch them in each way."""
    clock = Clock(ZoneInfo(ZONE))
    client = draw_client(ward.seed, number, ward.physiology, clock, ward.days)
    calls: dict[str, list[Call]] = {}
    events = 0
    for way in by:
        found = run(way.rules, client, watches_home=way.watches_home)
        calls[way.name] = calls_of(found.findings)
        events += found.events
    return Watched(number, client.truths, calls, events)


def scores(ward: Ward, by: Sequence[Way], watched: Iterator[Watched]) -> list[Score]:
    """Return how each way did."""
    found = [Score(way.name, days=ward.days, watches_home=way.watches_home) for way in by]
    for one in watched:
        for score in found:
            score.add(one.truths, one.calls[score.name])
    return found
