"""A person's own band: robust, weighted by age, and never narrower than a body and a sensor are."""

from __future__ import annotations

import random
import statistics

import pytest

from edge.care.rules.band import NORMAL, Band, band

DAY = 86_400_000


def test_of_nothing_there_is_no_band() -> None:
    assert band((), 0, 14, 1) is None


def test_of_equal_weights_it_is_the_median_and_its_distance() -> None:
    for seed in range(50):
        rng = random.Random(seed)
        values = [rng.uniform(60, 80) for _ in range(rng.randrange(1, 30))]
        found = band([(0, one) for one in values], 0, 14, 1e-6)
        level = statistics.median(values)
        far = statistics.median(abs(one - level) for one in values)
        assert found is not None
        assert found.level == pytest.approx(level)
        assert found.spread == pytest.approx(max(1e-6, NORMAL * far))


def test_a_third_of_absurd_values_hardly_moves_it() -> None:
    rng = random.Random(1)
    sound = [(n * DAY, rng.gauss(70, 4)) for n in range(30)]
    spoiled = [(at, 250.0 if n % 3 == 0 else one) for n, (at, one) in enumerate(sound)]
    found = band(spoiled, 30 * DAY, 14, 1)
    assert found is not None
    assert abs(found.level - 70) < 4
    assert found.spread < 12


def test_it_follows_a_drift() -> None:
    kept = [(n * DAY, 70 + n / 2) for n in range(60)]
    found = band(kept, 60 * DAY, 7, 1)
    assert found is not None
    assert found.level > 90


def test_the_spread_has_a_floor() -> None:
    assert band([(0, 70.0)] * 20, 0, 14, 4) == Band(70.0, 4)


def test_what_is_of_the_future_weighs_no_more_than_what_is_new() -> None:
    assert band([(0, 1.0), (10 * DAY, 2.0)], 0, 1, 1) == Band(1.5, 1)
