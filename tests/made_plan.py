"""Villages that are published year after year, and what an attacker makes of all that was."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_matrix

from edge.publish.cells import form
from edge.publish.cohort import advance
from edge.publish.history import history
from edge.publish.share import Part, Rule, Share

RULE = Rule(5, 15, 50)
SECTION = 100_000
Release = dict[int, Share]
Cells = dict[str, frozenset[int]]


def village(rng: random.Random, count: int) -> list[Part]:
    """Houses along streets: blocks lie between streets, sections have houses of two blocks.

    Some have no block, some no section; a few are large.
    """
    per_block = rng.randint(3, 30)
    parts = []
    for number in range(1, count + 1):
        block = number // per_block + 1
        section = SECTION + block * 2 + rng.choice((-2, -1, 0, 0, 1, 2, 3))
        parts.append(
            replace(
                house(rng, number),
                block=0 if rng.random() < 0.03 else block,
                section=0 if rng.random() < 0.05 else section,
            )
        )
    return parts


def house(rng: random.Random, number: int) -> Part:
    kind = rng.choices(("EFH", "RH", "MFH", "NWG"), (75, 10, 11, 4))[0]
    least, most = {
        "EFH": (4, 45), "RH": (6, 25), "MFH": (30, 250), "NWG": (3, 2500)
    }[kind]  # fmt: skip
    return Part(
        *(number, 0, 0, rng.choice(("gas", "gas", "oil", "wood", "", ""))),
        *(round(1000 * rng.uniform(least, most)), kind, rng.choice("ABDEF")),
    )


def later(rng: random.Random, parts: Sequence[Part]) -> list[Part]:
    """Return the village after a while: some built, gone, refurbished, or all estimated anew."""
    mood = rng.choice(("still", "few", "few", "many", "all"))
    share = {"still": 0.0, "few": 0.02, "many": 0.15, "all": 0.05}[mood]
    found = []
    for one in parts:
        if rng.random() < share / 3:
            continue
        changed = one
        if mood == "all":
            changed = replace(changed, kwh=max(1, round(one.kwh * rng.uniform(0.9, 1.1))))
        if rng.random() < share:
            changed = replace(changed, kwh=max(1, round(one.kwh * rng.uniform(0.3, 1.2))))
        if rng.random() < share:
            changed = replace(changed, carrier=rng.choice(("electricity", "district", "gas")))
        found.append(changed)
    top = max((one.building for one in parts), default=0) + 1000
    places = [(one.block, one.section) for one in parts] or [(1, SECTION + 1)]
    for number in range(round(len(parts) * share) + rng.randint(0, 2)):
        block, section = rng.choice(places)
        if rng.random() < 0.1:
            block, section = block and block + 500, section and section + 500
        found.append(replace(house(rng, top + number), block=block, section=section))
    return found


def publish(
    rng: random.Random, parts: list[Part], releases: int
) -> tuple[list[tuple[int, Share]], list[Release]]:
    """Return the ledger's rows, and what each release shows of each building."""
    rows: list[tuple[int, Share]] = []
    cells: dict[int, str] = {}
    shown: list[Release] = []
    for number in range(1, releases + 1):
        if not shown or not shown[-1]:
            made = form(parts, RULE)
            shares, new = made.shares, made.cells
        else:
            change = advance(history(rows, cells), parts, RULE, thaw=rng.random() < 0.7)
            shares, new = change.shares, change.cells
        rows += [(number, shares[one]) for one in sorted(shares)]
        cells |= new
        shown.append({**(shown[-1] if shown else {}), **shares})
        parts = later(rng, parts)
    return rows, shown


def cells_of(release: Mapping[int, Share]) -> Cells:
    """Return the published groups of a release: by block, by block and carrier, by section."""
    found: dict[str, set[int]] = {}
    for one in release.values():
        names = [one.block, f"{one.block}/{one.carrier}"] if one.block else []
        for name in [*names, one.section] if one.section else names:
            found.setdefault(name, set()).add(one.building)
    return {name: frozenset(members) for name, members in found.items()}


def system(
    shown: Sequence[Release],
) -> tuple[csr_matrix, np.ndarray, list[tuple[int, int]], np.ndarray]:
    """Return all sums of all releases as one linear system, its unknowns and their truth.

    An unknown is a building from the release on in which its amount last changed: the attacker
    knows which buildings changed.
    """
    since: dict[int, int] = {}
    index: dict[tuple[int, int], int] = {}
    truth: list[float] = []
    rows, columns, right = [], [], []
    before: Release = {}
    for number, release in enumerate(shown):
        for building, one in release.items():
            if building not in before or before[building].kwh != one.kwh:
                since[building] = number
                index[building, number] = len(truth)
                truth.append(one.kwh)
        for members in cells_of(release).values():
            rows += [len(right)] * len(members)
            columns += [index[one, since[one]] for one in members]
            right.append(sum(release[one].kwh for one in members))
        before = release
    matrix = csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(right), len(truth)))
    return matrix, np.array(right, dtype=float), list(index), np.array(truth)


def recovered(shown: Sequence[Release], which: Iterable[int], within: float) -> list[int]:
    """Return which of the unknowns, by place, a linear program tells to ``within``."""
    matrix, right, _, truth = system(shown)
    _, first = np.unique(matrix.toarray(), axis=0, return_index=True)
    matrix, right = matrix[first], right[first]
    found = []
    for at in which:
        aim = np.zeros(truth.size)
        aim[at] = -1
        most = linprog(aim, A_eq=matrix, b_eq=right, bounds=(0, None), method="highs")
        assert most.status in {0, 3}, most.message
        if most.status == 0 and -most.fun <= truth[at] * (1 + within):
            found.append(at)
    return found


def fewest(shown: Sequence[Release], most: int) -> int:
    """Return how many buildings the narrowest combination of all sums is of, up to ``most``.

    By brute force: a set of buildings is told apart if what no sum sees of it is not all it can do.
    """
    matrix = system(shown)[0].toarray()
    _, values, rows = np.linalg.svd(matrix)
    rank = int((values > 1e-9).sum())
    free = rows[rank:].T  # by unknown: in which directions it may move unseen
    for size in range(1, most + 1):
        sets = np.array(list(combinations(range(len(free)), size)))
        if not len(sets):
            break
        gram = free[sets] @ free[sets].transpose(0, 2, 1)
        if (np.linalg.eigvalsh(gram)[:, 0] < 1e-9).any():
            return size
    return most + 1
