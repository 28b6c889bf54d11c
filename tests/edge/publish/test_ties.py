"""Small cuts and room for others, beside brute force and a linear program."""

from __future__ import annotations

import random
from itertools import combinations

import numpy as np
import pytest
from scipy.optimize import linprog

from edge.publish.audit_ties import GROUND, Edge, find_cut, too_close
from edge.publish.plain import too_plain
from edge.publish.share import Rule
from edge.publish.ties import Net, counted, firm

Pair = tuple[int, int]


def graph(rng: random.Random) -> list[Pair]:
    blocks, sections = range(1, rng.randint(2, 5)), range(11, 11 + rng.randint(1, 4))
    pairs = [
        (rng.choice([*blocks, GROUND] if rng.random() < 0.2 else blocks), rng.choice(sections))
        for _ in range(rng.randint(4, 50))
    ]
    return [*pairs, *((block, GROUND) for block in blocks if rng.random() < 0.2)]


def narrowest(pairs: list[Pair]) -> int:
    """Return the fewest edges, but some, that separate two sets of nodes."""
    nodes = sorted({node for pair in pairs for node in pair})
    widths = {
        sum((one in side) != (other in side) for one, other in pairs)
        for size in range(1, len(nodes))
        for side in map(set, combinations(nodes, size))
    }
    return min(widths - {0}, default=99)


@pytest.mark.parametrize("seed", range(60))
def test_builder_and_auditor_find_a_small_cut_exactly_if_there_is_one(seed: int) -> None:
    pairs = graph(random.Random(seed))
    width = narrowest(pairs)
    found = find_cut(pairs, 5)
    assert (found > 0) == (width < 5)
    assert found == 0 or width <= found < 5
    net = Net(counted(pairs), 5)
    net.draw()
    sides = [net.drawn_into(node) for node in net.small()]
    assert bool(sides) == (width < 5)
    for side in sides:
        assert 0 < sum((one in side) != (other in side) for one, other in pairs) < 5


@pytest.mark.parametrize("seed", range(30))
def test_what_is_firm_has_no_small_cut_and_nothing_more_could_stay(seed: int) -> None:
    pairs = graph(random.Random(seed))
    left = firm(counted(pairs), 5)
    kept = [pair for pair in pairs if pair in left]
    assert find_cut(kept, 5) == 0
    if narrowest(pairs) >= 5:
        assert kept == pairs


@pytest.mark.parametrize("seed", range(40))
def test_the_auditors_bound_is_the_linear_programs(seed: int) -> None:
    rng = random.Random(seed)
    pairs = graph(rng)
    edges = [
        Edge(n, *pair, kwh, kwh)
        for n, pair in enumerate(pairs)
        for kwh in [rng.choice((rng.randint(5, 40), rng.randint(5, 900)))]
    ]
    if find_cut(pairs, 5):
        return
    nodes = sorted({node for pair in pairs for node in pair} - {GROUND})
    matrix = np.array([[node in pair for pair in pairs] for node in nodes], dtype=float)
    amounts = np.array([one.high for one in edges], dtype=float)
    close = []
    for at in range(len(edges)):
        aim = np.zeros(len(edges))
        aim[at] = -1
        most = linprog(aim, A_eq=matrix, b_eq=matrix @ amounts, bounds=(0, None), method="highs")
        if most.status == 0 and -most.fun < 1.15 * amounts[at] - 1e-6:
            close.append(at)
    assert too_close(edges, 5, 15) == close
    careful = too_plain(
        [(one.block, one.section, one.building, one.low, one.high) for one in edges],
        Rule(5, 15, 50),
    )
    assert set(close) <= set(careful)
