"""The model against simulated villages whose truth is known: its bands say what they promise."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from edge.heat import typology
from edge.heat.building import AGE_CLASSES, Building, BuildingType
from edge.heat.errors import CadastreError
from edge.heat.estimate import (
    CLASSES,
    Evidence,
    Fit,
    Together,
    codes,
    effect_rows,
    fit,
)
from edge.heat.expected import guessed_type
from edge.heat.prior import Floats, Ints, Prior, prior
from edge.heat.said import Method, Said
from edge.heat.totals import NOWHERE, own_view, posterior, single, totals

TEXT = (Path(__file__).parents[2] / "furnishings" / "heat" / "typology.toml").read_text("utf-8")
VALUES = typology.loads(TEXT)
DAY = date(2026, 1, 1)
YEAR = 0.08 / np.sqrt(3)


@dataclass
class Village:
    prior: Prior
    logs: Floats
    block: Ints
    homes: Ints
    others: Ints


def village(rng: np.random.Generator, count: int, bias: float, spread: float = 1.0) -> Village:
    """Draw a village as the model says villages are, moved by ``bias``."""
    kind = rng.choice(5, count, p=[0.6, 0.15, 0.15, 0.03, 0.07])
    age = rng.choice(12, count, p=np.array([2, 8, 10, 8, 16, 18, 7, 12, 8, 6, 3, 2]) / 100)
    group = (kind * 13 + age).astype(np.int64)
    state = rng.choice(4, count, p=[0.2, 0.2, 0.1, 0.5]).astype(np.int64)
    area = np.array([130, 110, 600, 2000, 1200])[kind] * np.exp(rng.normal(0, 0.3, count))
    each, more = np.where(kind == 4, 0.6, 0.35), np.full(count, 0.08)
    middle = np.log(area * 150.0)
    found = Prior(np.arange(count), middle, each, more, group, state, area)
    effects = np.concatenate(
        [[rng.normal(bias, 0.15)], rng.normal(0, 0.15, CLASSES), [0], rng.normal(0, 0.1, 3)]
    )
    logs = middle + effect_rows(codes(found)) @ effects
    logs = logs + rng.normal(0, np.sqrt((spread * each) ** 2 + more**2))
    order = rng.permutation(count)
    return Village(
        found,
        logs,
        rng.integers(0, count // 25, count).astype(np.int64),
        order[kind[order] < 2],
        order[kind[order] >= 2],
    )


def measured(rng: np.random.Generator, one: Village, others: int) -> Evidence:
    at = one.others[:others].astype(np.int64)
    return Evidence(at, one.logs[at] + rng.normal(0, YEAR, at.size), np.full(at.size, YEAR))


def groups(one: Village, count: int) -> list[Together]:
    found = [tuple(int(at) for at in one.homes[n * 6 : n * 6 + 6]) for n in range(count)]
    return [Together(at, float(np.exp(one.logs[list(at)]).sum()), 0.05) for at in found]


def coverage(
    seeds: range, counts: tuple[int, int], bias: float, spread: float = 1.0
) -> tuple[float, float]:
    """Return how often truth lies in the bands of buildings and of blocks."""
    others, together = counts
    of_buildings, of_blocks = [], []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        one = village(rng, 400, bias, spread)
        found = fit(one.prior, VALUES, measured(rng, one, others), groups(one, together))
        truth = np.exp(one.logs)
        seen = posterior(found)
        bands = single(seen)
        of_buildings.append(((bands.low <= truth) & (truth <= bands.high)).mean())
        count = int(one.block.max()) + 1
        many, sums = totals(seen, one.block, count)
        blocks = np.bincount(one.block, truth, count)
        inside = (sums.low <= blocks) & (blocks <= sums.high)
        of_blocks.append(inside[many >= 5].mean())
    return float(np.mean(of_buildings)), float(np.mean(of_blocks))


@pytest.mark.parametrize(
    ("others", "together", "bias"), [(30, 15, 0.0), (30, 15, 0.25), (10, 5, 0.25)]
)
def test_bands_hold_what_they_promise(others: int, together: int, bias: float) -> None:
    """Few seeds here, so wide limits: the long test has many and narrow ones."""
    buildings, blocks = coverage(range(8), (others, together), bias)
    assert 0.74 < buildings < 0.86
    assert 0.70 < blocks < 0.90


@pytest.mark.soak
def test_77_to_83_percent_lie_in_bands_of_80() -> None:
    """Blocks of one village share its errors: a scenario's 80 villages tell their share to 2 %."""
    of_blocks = []
    for *counts, bias, spread in (
        (0, 0, 0.0, 1.0),
        (0, 30, 0.0, 1.0),
        (40, 0, 0.0, 1.0),
        (40, 20, 0.0, 1.0),
        (40, 20, 0.25, 1.0),
        (10, 5, 0.25, 1.0),
        (40, 20, 0.0, 1.4),
        (40, 20, 0.0, 0.7),
    ):
        others, together = (int(one) for one in counts)
        buildings, blocks = coverage(range(80), (others, together), bias, spread)
        assert 0.77 <= buildings <= 0.83
        assert 0.75 <= blocks <= 0.85
        of_blocks.append(blocks)
    assert 0.77 <= np.mean(of_blocks) <= 0.83


def test_the_village_moves_the_typology_and_learns_how_much_buildings_differ() -> None:
    rng = np.random.default_rng(1)
    one = village(rng, 400, 0.25, 1.4)
    found = fit(one.prior, VALUES, measured(rng, one, 60), groups(one, 10))
    assert 0.1 < found.effects[0] < 0.5
    assert found.factors[2] > 1.15
    nothing = fit(one.prior, VALUES, measured(rng, one, 0), [])
    assert nothing.effects == pytest.approx(0)
    assert nothing.class_variance().min() > found.class_variance().min()


def test_groups_count_whole_or_not_at_all() -> None:
    rng = np.random.default_rng(4)
    one = village(rng, 200, 0.0)
    homes = [int(at) for at in one.homes]

    def together(*at: int) -> Together:
        return Together(at, float(np.exp(one.logs[list(at)]).sum()), 0.05)

    empty = measured(rng, one, 0)
    group = together(*homes[:6])
    assert len(fit(one.prior, VALUES, empty, [group]).sums) == 1
    # a group that overlaps a smaller one does not count
    found = fit(one.prior, VALUES, empty, [together(*homes[:12]), group])
    assert (len(found.sums), found.left_out, found.sums[0].at.size) == (1, 1, 6)
    # measured by itself and no household's: taken out, if five are left
    at = np.array(homes[:1], dtype=np.int64)
    known = Evidence(at, one.logs[at], np.full(1, YEAR))
    assert fit(one.prior, VALUES, known, [group]).sums[0].at.size == 5
    assert fit(one.prior, VALUES, known, [together(*homes[:5])]).left_out == 1
    # measured more than the whole group
    over = Evidence(at, one.logs[at] + 9, np.full(1, YEAR))
    assert fit(one.prior, VALUES, over, [group]).left_out == 1


def test_a_group_narrows_its_own_sum_and_adds_up_to_it() -> None:
    rng = np.random.default_rng(5)
    one = village(rng, 200, 0.0)
    (group,) = groups(one, 1)
    place = np.full(200, NOWHERE, dtype=np.int64)
    place[list(group.at)] = 0
    empty = measured(rng, one, 0)
    found: Fit = fit(one.prior, VALUES, empty, [group])
    _, bands = totals(posterior(found), place, 1)
    assert bands.kwh[0] == pytest.approx(group.kwh, rel=0.06)
    assert bands.high[0] / bands.low[0] < 1.3
    without = fit(one.prior, VALUES, empty, [])
    _, wide = totals(posterior(without), place, 1)
    assert wide.high[0] / wide.low[0] > 1.6


def test_people_see_their_own_house_with_what_they_measured() -> None:
    rng = np.random.default_rng(6)
    one = village(rng, 100, 0.0)
    found = fit(one.prior, VALUES, measured(rng, one, 5), [])
    at = int(one.homes[0])
    seen = posterior(found)
    bands = single(seen)
    kwh, low, high = own_view(seen, at, float(one.logs[at]), YEAR)
    assert high / low < 1.2 < bands.high[at] / bands.low[at]
    assert kwh == pytest.approx(float(np.exp(one.logs[at])), rel=0.1)


def building(**facts: Said | float | str) -> Building:
    return Building(
        7,
        "Weg 1",
        facts={
            name: one if isinstance(one, Said) else Said(one, "x", DAY, Method.SURVEY)
            for name, one in facts.items()
        },
    )


def test_what_is_not_known_makes_the_band_wider() -> None:
    known = building(type="EFH", year_built=1965.0, area=120.0, refurbishment="none")
    found = prior(
        [
            known,
            building(type="EFH", year_built=1965.0, refurbishment="none"),
            building(type="EFH", area=120.0, refurbishment="none"),
            building(year_built=1965.0, area=120.0, refurbishment="none"),
            building(type="EFH", year_built=1965.0, area=120.0, area_kind="footprint"),
            building(type="NWG", year_built=1965.0, area=120.0, area_kind="gross"),
            building(
                type="EFH", year_built=1965.0, area=Said(120.0, "x", DAY, Method.BILL, 100, 144)
            ),
            building(type="EFH", area=Said(120.0, "x", DAY, Method.ESTIMATED)),
        ],
        VALUES,
    )
    assert np.exp(found.middle[0]) == pytest.approx(120 * 200)
    assert found.more[0] == pytest.approx(0.08)
    assert np.exp(found.middle[1]) == pytest.approx(130 * 200)
    assert found.more[1] == pytest.approx(0.5)
    assert found.more[2] > 0.3
    assert found.more[3] > 0.25
    assert found.group[3] == found.group[0]
    assert found.area[4] == 130.0
    assert (found.area[5], found.spread[5]) == (pytest.approx(84.0), 0.6)
    assert found.more[6] == pytest.approx(np.log(1.44) / 2.5631, rel=1e-3)
    assert found.more[7] > found.more[2]
    assert found.numbers.tolist() == [7] * 8


@pytest.mark.parametrize(
    ("units", "area", "kind"),
    [(1, None, "EFH"), (8, 90.0, "MFH"), (40, None, "GMH"), (None, 120.0, "EFH"),
     (None, 700.0, "MFH"), (None, 5000.0, "GMH"), (None, None, "EFH")],
)  # fmt: skip
def test_the_type_is_guessed_by_homes_then_by_area(
    units: float | None, area: float | None, kind: str
) -> None:
    assert guessed_type(units, area) is BuildingType(kind)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("[about]", "[about", "TOML"),
        ('licence = "frei, weil erfunden"', "", "about.licence"),
        ('area = "living"', 'area = "roof"', "about.area"),
        ("made_up = true", "made_up = 1", "made_up"),
        ("[hot_water]\nshare = 0.15", "", "hot_water"),
        ("share = 0.15", "share = 1.5", "zwischen"),
        ("part = 0.8", "part = true", "refurbishment.part"),
        ("A = 240", "", "demand.EFH.A"),
        ("[demand.RH]", "[demand.XX]", "RH"),
        ("[spread]", "[spreads]", "spreads"),
    ],
)
def test_a_typology_that_is_wrong_says_where(old: str, new: str, says: str) -> None:
    assert old in TEXT
    with pytest.raises(CadastreError) as refused:
        typology.loads(TEXT.replace(old, new, 1))
    assert says in refused.value.hint


def test_the_typology_that_ships_with_the_tests_is_marked_as_made_up() -> None:
    assert VALUES.made_up
    assert "erfunden" in VALUES.source
    assert set(VALUES.demand) == set(BuildingType)
    assert set(VALUES.demand[BuildingType.DETACHED]) == set(AGE_CLASSES)
