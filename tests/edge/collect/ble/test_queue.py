from __future__ import annotations

import itertools
from random import Random

import pytest

from edge.collect.ble import queue
from edge.collect.ble.queue import Ended, VisitQueue


class Village:
    """Sensors that all advertise each second, and a radio with some links."""

    def __init__(self, names: list[str], links: int = 1) -> None:
        self.queue = VisitQueue(20.0, Random(1))
        self.queue.enrol(names)
        self.names = names
        self.links = links
        self.now = 0.0
        self.running: list[tuple[float, str, Ended]] = []
        self.visits: dict[str, list[float]] = {name: [] for name in names}

    def run(self, until: float, lasts: float = 3.0, how: dict[str, Ended] | None = None) -> None:
        while self.now < until:
            for name in self.names:
                self.queue.heard(name, self.now)
            for end, name, result in list(self.running):
                if end <= self.now:
                    self.running.remove((end, name, result))
                    self.queue.ended(name, result, self.now)
            while self.queue.active < self.links and (name := self.queue.next(self.now)):
                self.visits[name].append(self.now)
                result = (how or {}).get(name, Ended.DRAINED)
                self.running.append((self.now + lasts, name, result))
            self.now += 0.5


def test_nobody_starves_among_two_hundred() -> None:
    names = [f"s{n}" for n in range(200)]
    village = Village(names, links=3)
    greedy = dict.fromkeys(names[:3], Ended.CUT)  # always have more
    village.run(700.0, how=greedy)
    assert all(village.visits.values())
    waits = [
        after - before
        for visits in village.visits.values()
        for before, after in itertools.pairwise(visits)
    ]
    # a round of all takes 200 x 3.5 s / 3 links; nobody waits for two of them
    assert max(waits) < 2 * 200 * 3.5 / 3


def test_who_is_not_heard_is_not_visited() -> None:
    turns = VisitQueue(20.0, Random(1))
    turns.enrol(["a"])
    assert turns.next(0.0) is None
    assert turns.heard("a", 0.0)
    assert not turns.heard("stranger", 0.0)
    assert turns.next(queue.FRESH_S + 1) is None
    assert turns.due_s(queue.FRESH_S + 1) is None
    turns.heard("a", 20.0)
    assert turns.due_s(20.0) is not None
    assert turns.next(20.0) == "a"
    assert turns.next(20.0) is None  # it is being visited
    assert turns.active == 1


def test_who_has_just_woken_up_comes_before_who_is_always_there() -> None:
    turns = VisitQueue(1.0, Random(1))
    turns.enrol(["always", "woken"])
    for at in range(40):
        turns.heard("always", float(at))
        if turns.next(float(at)) == "always":
            turns.ended("always", Ended.EMPTY, float(at))
    for at in range(40, 55):
        turns.heard("always", float(at))
    assert turns.heard("woken", 55.0)
    turns.heard("always", 55.0)
    assert turns.next(55.0) == "woken"


def test_failures_are_followed_by_growing_pauses() -> None:
    turns = VisitQueue(1.0, Random(1))
    turns.enrol(["a"])
    now, pauses = 0.0, []
    for _ in range(12):
        turns.heard("a", now)
        while turns.next(now) is None:
            now += 0.5
            turns.heard("a", now)
        turns.ended("a", Ended.FAILED, now)
        turns.heard("a", now)
        due = turns.due_s(now)
        assert due is not None
        pauses.append(due - now)
    for number, pause in enumerate(pauses):
        usual = min(queue.FIRST_PAUSE_S * 2**number, queue.LONGEST_PAUSE_S)
        assert usual * (1 - queue.JITTER) <= pause <= usual * (1 + queue.JITTER)


def test_a_cut_is_followed_at_once_but_not_for_ever() -> None:
    turns = VisitQueue(1.0, Random(1))
    turns.enrol(["a"])
    for _ in range(queue.QUICK_VISITS):
        turns.heard("a", 5.0)
        assert turns.next(5.0) == "a"
        turns.ended("a", Ended.CUT, 5.0)
    turns.heard("a", 5.0)
    assert turns.next(5.0) == "a"
    turns.ended("a", Ended.CUT, 5.0)
    turns.heard("a", 5.0)
    assert turns.next(5.0) is None


def test_empty_visits_become_rare_until_it_sleeps_and_wakes() -> None:
    turns = VisitQueue(10.0, Random(1))
    turns.enrol(["a"])
    now, gaps, last = 0.0, [], 0.0
    while len(gaps) < 8:
        turns.heard("a", now)
        if turns.next(now) == "a":
            gaps.append(now - last)
            last = now
            turns.ended("a", Ended.EMPTY, now)
        now += 1.0
    assert gaps[-1] >= queue.LONGEST_REST_S * (1 - queue.JITTER)
    now += queue.AWAKE_S + 1
    assert turns.heard("a", now)
    assert turns.next(now) == "a"


def test_who_is_no_longer_enrolled_is_forgotten() -> None:
    turns = VisitQueue(10.0, Random(1))
    turns.enrol(["a", "b"])
    turns.heard("a", 0.0)
    turns.heard("b", 0.0)
    first = turns.next(0.0)
    turns.enrol([])
    assert turns.active == 1  # that visit ends as it ends
    assert first is not None
    turns.ended(first, Ended.DRAINED, 1.0)
    turns.enrol([])
    assert turns.next(1.0) is None
    turns.ended("gone", Ended.DRAINED, 1.0)
    assert turns.due_s(1.0) is None


@pytest.mark.parametrize("how", [Ended.DRAINED, Ended.REFUSED])
def test_a_rest_is_kept(how: Ended) -> None:
    turns = VisitQueue(10.0, Random(1))
    turns.enrol(["a"])
    turns.heard("a", 0.0)
    assert turns.next(0.0) == "a"
    turns.heard("a", 0.5)
    turns.ended("a", how, 1.0)
    turns.heard("a", 1.0)
    assert turns.next(1.1) is None
