"""Attack 3: villages published 24 times; no difference or linear program tells of a few houses."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from edge.config import Config
from tests.attacks import published
from tests.made_plan import RULE, cells_of, fewest, publish, recovered, system, village

RELEASES = 24


def _published_and_attacked(seed: int, houses: int, aims: int) -> None:
    rng = random.Random(seed)
    _, shown = publish(rng, village(rng, houses), RELEASES)
    before: dict[str, frozenset[int]] = {}
    for release in shown:
        now = cells_of(release)
        assert all(len(members) >= RULE.k for members in now.values())
        for name in now.keys() & before.keys():
            for changed in (now[name] - before[name], before[name] - now[name]):
                assert not changed or len(changed) >= RULE.k
        before = now
    if shown[-1]:
        truth = system(shown)[3]
        largest = np.argsort(-truth)[: aims // 2].tolist()
        others = [rng.randrange(truth.size) for _ in range(aims - aims // 2)]
        assert recovered(shown, {*largest, *others}, published.WITHIN) == []


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nothing_of_a_few_houses_is_told(seed: int) -> None:
    _published_and_attacked(seed, 60 * seed, 4)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 200))
def test_nothing_of_a_few_houses_is_told_in_many_villages(seed: int) -> None:
    _published_and_attacked(seed, 5 + seed % 7 * 30, 12)


def test_the_attack_finds_what_it_looks_for() -> None:
    rng = random.Random(5)
    _, shown = publish(rng, village(rng, 40), 1)
    leaked = dict(shown[0])
    for one in sorted(leaked)[:2]:
        del leaked[one]
    assert fewest([shown[0], leaked], 4) < RULE.k
    large = max(shown[0], key=lambda one: shown[0][one].kwh)
    alone = {large: shown[0][large]}
    assert recovered([alone], [0], published.WITHIN) == [0]


def moved(seen: list[published.Seen]) -> list[tuple[str, int]]:
    """Return the cells of which fewer than five joined, left or changed their amounts."""
    found = []
    for old, new in pairwise(seen):
        for side in (0, 1):
            for cell in {one[side] for one in new.shown.values()} - {""}:
                was = {n: one[3] for n, one in old.shown.items() if one[side] == cell}
                now = {n: one[3] for n, one in new.shown.items() if one[side] == cell}
                joined, left = now.keys() - was.keys(), was.keys() - now.keys()
                other = {n for n in now.keys() & was.keys() if now[n] != was[n]}
                few = [len(one) for one in (joined, left, other) if 0 < len(one) < RULE.k]
                found += [(cell, size) for size in few if was]
    return found


def test_files_of_24_years_tell_no_few_houses(config: Config) -> None:
    seen = published.publish(config, random.Random(8), 80, RELEASES)
    assert len(seen) >= 2
    assert moved(seen) == []


def test_the_attack_on_files_finds_a_joiner(config: Config, careless: Callable[[], None]) -> None:
    careless()
    seen = published.publish(config, random.Random(8), 80, 6)
    assert moved(seen)
