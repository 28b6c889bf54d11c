"""Sums of households in the model: the estimate comes nearer, and its bands stay honest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edge.heat.building import BuildingType
from edge.heat.cohorts import told
from edge.heat.estimate import Evidence, Told, fit
from edge.heat.prior import Flags, class_of
from edge.heat.sums import HouseholdSum, Houses, Waiting, form, middle_of
from edge.heat.totals import posterior, single, totals
from edge.publish.cube import cube_named
from edge.publish.plan import rule_of
from tests.edge.heat.test_estimate import VALUES, YEAR, Village, village

ALLOWS = rule_of(cube_named("waermekataster")).allows
NOBODY = Evidence(np.array([], dtype=np.int64), np.array([]), np.array([]))


def could_be(one: Village) -> Flags:
    found = np.zeros(one.logs.size, dtype=np.bool_)
    found[one.homes] = True
    return found


def agreed(rng: np.random.Generator, one: Village, count: int) -> list[HouseholdSum]:
    """Return the sums of so many households, as they are made of bills and of the typology."""
    houses: dict[tuple[str, str], int] = {}
    for at in one.homes.tolist():
        of = class_of(int(one.prior.group[at]))
        houses[of] = houses.get(of, 0) + 1
    waiting = [
        Waiting(
            at,
            class_of(int(one.prior.group[at])),
            float(np.exp(one.logs[at] + rng.normal(0, YEAR))),
            float(np.exp(one.prior.middle[at])),
        )
        for at in one.homes[:count].tolist()
    ]
    return [made.told for made in form(waiting, Houses(houses), [], ALLOWS, VALUES)]


def seen(
    seeds: range, count: int, bias: float, spread: float = 1.0
) -> tuple[float, float, float, float]:
    """Return how often truth lies in bands of buildings and blocks, and how far off both are."""
    of_buildings, of_blocks, off, off_blocks = [], [], [], []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        one = village(rng, 400, bias, spread)
        sums = agreed(rng, one, count)
        told_ = told(one.prior, could_be(one), VALUES, sums)
        found = posterior(fit(one.prior, VALUES, NOBODY, [], told_))
        truth = np.exp(one.logs)
        bands = single(found)
        of_buildings.append(((bands.low <= truth) & (truth <= bands.high)).mean())
        off.append(np.abs(found.mean - one.logs).mean())
        size = int(one.block.max()) + 1
        many, there = totals(found, one.block, size)
        blocks = np.bincount(one.block, truth, size)
        large = many >= 5
        inside = (there.low <= blocks) & (blocks <= there.high)
        of_blocks.append(inside[large].mean())
        off_blocks.append(np.abs(np.log(there.kwh / blocks))[large].mean())
    return tuple(float(np.mean(each)) for each in (of_buildings, of_blocks, off, off_blocks))  # type: ignore[return-value]


@pytest.mark.parametrize(("bias", "nearer"), [(0.0, 0.95), (0.25, 0.9)])
def test_sums_bring_the_estimate_nearer_and_its_bands_stay_honest(
    bias: float, nearer: float
) -> None:
    """As in the model's own test: few seeds here, so wide limits."""
    buildings, blocks, off, off_blocks = seen(range(8), 60, bias)
    assert 0.74 < buildings < 0.86
    assert 0.70 < blocks < 0.92
    _, _, without, blocks_without = seen(range(8), 0, bias)
    assert off < without * nearer
    assert off_blocks < blocks_without * nearer


@pytest.mark.soak
def test_77_to_83_percent_lie_in_bands_of_80_with_sums() -> None:
    for count, bias in ((60, 0.0), (60, 0.25), (120, 0.0)):
        buildings, blocks, *_ = seen(range(60), count, bias)
        assert 0.77 < buildings < 0.83, (count, bias)
        assert 0.75 < blocks < 0.85, (count, bias)


def one_village() -> Village:
    return village(np.random.default_rng(7), 200, 0.0)


def says(one: HouseholdSum, at: Village, mask: Flags | None = None) -> list[Told]:
    return told(at.prior, could_be(at) if mask is None else mask, VALUES, [one])


SUM = HouseholdSum("EFH", "F", 5, 120, 150.0)


def test_a_sum_tells_of_its_cohort_alone_and_the_more_households_the_surer() -> None:
    at = one_village()
    (of_class,) = says(SUM, at)
    assert np.flatnonzero(of_class.row[: 1 + 65]).tolist() == [0, 1 + 5]
    assert of_class.row[1:66].sum() == pytest.approx(1)
    (of_all,) = says(replace(SUM, type="", age=""), at)
    assert np.count_nonzero(of_all.row[1:66]) > 10
    assert of_all.more > of_class.more
    (of_ten,) = says(replace(SUM, households=10), at)
    assert of_ten.at(1.0).variance == pytest.approx(of_class.at(1.0).variance / 2)
    assert of_class.at(1.5).variance > of_class.at(1.0).variance
    assert of_class.at(1.0).off < of_class.log


def test_a_typology_that_is_corrected_since_does_not_make_a_sum_say_something_else() -> None:
    at = one_village()
    (before,) = says(replace(SUM, kwh_m2=VALUES.demand[BuildingType.DETACHED]["F"]), at)
    assert before.log == pytest.approx(np.log(1.2))
    (after,) = says(replace(SUM, kwh_m2=2 * VALUES.demand[BuildingType.DETACHED]["F"]), at)
    assert after.log == pytest.approx(np.log(2.4))


@pytest.mark.parametrize(("kind", "wrong"), [("EFH", ("EFH",)), ("", ("EFH", "RH", "MFH"))])
def test_a_correction_moves_wide_sums_by_the_houses_that_can_be_in_them(
    kind: str, wrong: tuple[str, ...]
) -> None:
    """Halls and blocks of flats are in no sum: what is corrected of theirs moves none."""
    at = one_village()
    one = replace(SUM, type=kind, age="", kwh_m2=middle_of(VALUES, (kind, "")))

    def log(*corrected: str) -> float:
        demand = {
            of: {age: value * (2 if of.value in corrected else 1) for age, value in ages.items()}
            for of, ages in VALUES.demand.items()
        }
        (said,) = told(at.prior, could_be(at), replace(VALUES, demand=demand), [one])
        return said.log

    assert log() == pytest.approx(np.log(1.2))
    assert log("NWG", "GMH") == pytest.approx(np.log(1.2))
    assert log(*wrong) == pytest.approx(np.log(0.6))


def test_a_sum_of_whose_cohort_nothing_is_left_says_nothing() -> None:
    at = one_village()
    assert says(SUM, at, np.zeros(200, dtype=np.bool_)) == []
