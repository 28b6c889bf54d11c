"""The auditor's intervals: what no program need be solved for, and what a program finds."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import linprog

from edge.publish import audit_plan
from edge.publish.audit_atoms import Told, told
from edge.publish.audit_intervals import alone, audit_intervals, doubtful, more_alone
from edge.publish.audit_lp import Reckoner
from edge.publish.audit_ties import Edge
from edge.publish.share import Share
from tests.made_plan import publish, village

K, P = 5, 15


def told_of(rows: Iterable[tuple[int, Share]]) -> Told:
    """What the auditor makes of a ledger."""
    rows = list(rows)
    past = audit_plan._Past()
    for release, one in rows:
        now = audit_plan._Shown(
            one.block, one.section, one.carrier, one.kwh, one.type, one.age, one.heating
        )
        audit_plan._enter(past, release, one.building, past.shown.get(one.building), now)
        past.shown[one.building] = now
    said = [
        (release, [(one.building, one.kwh) for number, one in rows if number == release])
        for release in sorted({number for number, _ in rows})
    ]
    return told(past.edges.values(), past.places(), said)


def cell(amounts: Iterable[int], name: str = "B1", start: int = 1) -> list[tuple[int, Share]]:
    return [(1, Share(start + number, name, "", "gas", kwh)) for number, kwh in enumerate(amounts)]


def houses(found: Told) -> list[Edge]:
    return [one for each in found.atoms.values() for one in each]


@pytest.mark.parametrize("seed", range(5))
def test_one_sum_alone_is_decided_as_the_program_does(seed: int) -> None:
    rng = random.Random(seed)
    rows = cell([rng.randint(1_000, 60_000) for _ in range(rng.randint(5, 9))])
    rows += cell([rng.randint(1_000, 60_000) for _ in range(6)], "B2", 100)
    found = told_of(rows)
    reckoner = Reckoner(found)
    for one in houses(found):
        assert alone(found, (one.block, one.section))
        others = [other for other in found.atoms[one.block, one.section] if other is not one]
        most = min(reckoner.knowing(one, other) for other in others)
        assert most == pytest.approx(more_alone(found, one), abs=1e-3)
        low, _ = reckoner.interval((one.block, one.section), one)
        assert low == pytest.approx(-one.low, abs=1e-3)
    assert len({row.name for row in found.rows}) == 2


@pytest.mark.parametrize("seed", range(4))
def test_the_program_is_no_wider_than_one_of_single_buildings(seed: int) -> None:
    """Everything of one release at once, each building an unknown, by another solver's front."""
    rng = random.Random(seed)
    rows, shown = publish(rng, village(rng, 40), 1)
    found = told_of(rows)
    reckoner = Reckoner(found)
    names = list(shown[0])
    lines, low, high = [], [], []
    groups: dict[tuple[str, str], list[int]] = {}
    for number, one in enumerate(shown[0].values()):
        for key in ((one.block, "*"), (one.block, one.carrier), (one.section, "§")):
            if key[0]:
                groups.setdefault(key, []).append(number)
    kwh = np.array([one.kwh for one in shown[0].values()], dtype=float)
    for (name, word), members in groups.items():
        line = np.zeros(len(names))
        line[members] = 1
        printed = (int(line @ kwh) + 500) // 1000 * 1000
        lines.append(line)
        low.append(printed - 500)
        high.append(printed + 500)
        whole = groups.get((name, "*"))
        if word not in {"*", "§"} and whole is not None and whole != members:
            share = np.zeros(len(names))
            share[whole] = 1
            percent = round(100 * float(line @ kwh) / float(share @ kwh))
            lines.append(100 * line - (percent + 0.5) * share)
            low.append(-np.inf)
            high.append(0)
            lines.append(100 * line - (percent - 0.5) * share)
            low.append(0)
            high.append(np.inf)
    matrix, lows, highs = np.array(lines), np.array(low), np.array(high)
    keep_high, keep_low = np.isfinite(highs), np.isfinite(lows)
    upper = np.vstack([matrix[keep_high], -matrix[keep_low]])
    right = np.concatenate([highs[keep_high], -lows[keep_low]])
    for one in rng.sample(houses(found), 6):
        aim = np.zeros(len(names))
        aim[names.index(one.building)] = -1
        most = linprog(aim, A_ub=upper, b_ub=right, bounds=(0, None), method="highs")
        _, more = reckoner.interval((one.block, one.section), one)
        if most.status == 0:
            assert one.low + more == pytest.approx(-most.fun, rel=1e-6, abs=0.1)
        else:
            assert more == float("inf")


def test_what_the_screen_passes_the_program_passes() -> None:
    for seed in range(6):
        rng = random.Random(seed)
        found = told_of(publish(rng, village(rng, 45), 6)[0])
        if not found.atoms:
            continue
        suspects, groups = doubtful(found, K, P)
        reckoner = Reckoner(found)
        passed = [one for one in houses(found) if one not in suspects]
        for one in rng.sample(passed, min(12, len(passed))):
            assert reckoner.open_up(one, round(one.high * P / 100))
        few = [atom for atom, each in found.atoms.items() if 1 < len(each) < K]
        for atom in [one for one in few if one not in groups][:12]:
            assert reckoner.open_at_all(atom, round(found.low[atom] * P / 100))


CROSSED = [
    # the hall and the large neighbour share a block; all else is small. Cell by cell it holds.
    (1, Share(1, "B1", "S1", "gas", 500_000)),
    (1, Share(2, "B1", "S2", "gas", 400_000)),
    *((1, Share(n, "B1", "S2", "gas", 20_000)) for n in range(3, 8)),
    *((1, Share(n, "B2", "S1", "gas", 120_000)) for n in range(10, 16)),
    *((1, Share(n, "B2", "S2", "gas", 120_000)) for n in range(20, 26)),
]


def test_an_owner_next_door_is_reckoned_with_over_all_sums() -> None:
    found = told_of(CROSSED)
    assert list(audit_intervals(found, K, P)) == []
    small = [
        (release, replace(one, kwh=8_000) if 3 <= one.building < 8 else one)
        for release, one in CROSSED
    ]
    findings = list(audit_intervals(told_of(small), K, P))
    assert [one.where for one in findings] == ["B1, S1", "B1, S2"]  # each for the other's owner
    assert all("wer eines der Gebäude kennt" in one.what for one in findings)
    hall, neighbour = (one for one in sorted(houses(told_of(small)))[:2])
    reckoner = Reckoner(told_of(small))
    assert reckoner.knowing(hall, neighbour) < 0.15 * hall.high
    assert reckoner.interval((hall.block, hall.section), hall)[1] > 0.15 * hall.high


def test_two_that_releases_tell_apart_are_found() -> None:
    rows = [
        *((1, Share(n, "B1", "S1", "gas", 90_000)) for n in (1, 2)),
        *((1, Share(n, "B1", "S2", "gas", 2_000)) for n in range(3, 6)),
        *((1, Share(n, "B2", "S1", "gas", 2_000)) for n in range(6, 9)),
        *((1, Share(n, "B2", "S2", "gas", 2_000)) for n in range(10, 16)),
    ]
    assert any("von 2 Gebäuden" in one.what for one in audit_intervals(told_of(rows), K, P))


def test_releases_narrow_what_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same buildings with other amounts are printed otherwise: both must hold."""
    rows = cell([10_200, 10_000, 10_000, 10_000, 10_000])
    again = [(2, replace(one, kwh=one.kwh + 90)) for _, one in rows]
    (first,) = {row.high for row in told_of(rows).rows}
    (both,) = {row.high for row in told_of(rows + again).rows}
    assert (first, both) == (300, -150 + 1000 - 500 - 50)
    monkeypatch.setitem(sys.modules, "highspy", None)
    (finding,) = audit_intervals(told_of([*cell([900_000, 60_000, 60_000, 9_000, 9_000])]), K, P)
    assert "ohne das Paket highspy" in finding.what


@pytest.mark.parametrize("seed", [309, 327, 1, 2])  # the first two were told, once
def test_what_the_builder_publishes_for_years_no_owner_resolves(seed: int) -> None:
    rng = random.Random(seed)
    rows, _ = publish(rng, village(rng, 5 + seed % 7 * 30), 24)
    assert list(audit_intervals(told_of(rows), K, P)) == []
