"""Measures by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from edge.heat.forecast import metrics
from edge.heat.forecast.bands import LEAST, SIDE, Side, spread

ACTUAL = np.array([10.0, 20.0, np.nan, 30.0, 0.0])
PREDICTED = np.array([12.0, 18.0, 5.0, 33.0, np.nan])


def test_by_hand() -> None:
    assert metrics.cv_rmse_percent(ACTUAL, PREDICTED) == pytest.approx(
        100 * math.sqrt((4 + 4 + 9) / 3) / 20
    )
    assert metrics.nmbe_percent(ACTUAL, PREDICTED) == pytest.approx(100 * 3 / 60)
    assert metrics.mape_percent(ACTUAL, PREDICTED, 15.0) == pytest.approx(10.0)
    assert metrics.mase(ACTUAL, PREDICTED, 2.0) == pytest.approx(7 / 3 / 2)
    assert metrics.pinball(ACTUAL, PREDICTED, 0.1) == pytest.approx((1.8 + 0.2 + 2.7) / 3)
    assert metrics.coverage_percent(ACTUAL, PREDICTED - 2, PREDICTED + 2) == pytest.approx(200 / 3)
    assert metrics.least_load(ACTUAL) == pytest.approx(0.75)


def test_of_nothing_nothing_can_be_said() -> None:
    nothing = np.full(3, np.nan)
    for found in (
        metrics.cv_rmse_percent(nothing, nothing),
        metrics.nmbe_percent(np.zeros(3), np.ones(3)),
        metrics.mape_percent(nothing, nothing, 1.0),
        metrics.mase(ACTUAL, PREDICTED, 0.0),
        metrics.coverage_percent(nothing, nothing, nothing),
    ):
        assert math.isnan(found)


@pytest.mark.parametrize(("a", "b"), [(2.0, 0.5), (5.0, 0.0), (0.0, 0.3)])
def test_the_size_of_errors_is_found(a: float, b: float) -> None:
    predicted = np.linspace(10.0, 100.0, 400)
    sign = np.where(np.arange(400) % 2, 1.0, -1.0)
    found = spread(predicted, sign * (a + b * predicted))
    assert found[0] == pytest.approx(max(a, 0.02 * 55.0), abs=0.01)
    assert found[1] == pytest.approx(b, abs=0.01)


def test_sizes_never_fall_below_nought() -> None:
    predicted = np.linspace(10.0, 100.0, 400)
    assert spread(predicted, 50.0 - 0.4 * predicted)[1] == 0.0
    a, b = spread(predicted, np.maximum(predicted - 40.0, 0.0))
    assert a == pytest.approx(0.02 * 55.0)
    assert b > 0
    assert spread(predicted[: LEAST - 1], predicted[: LEAST - 1]) == (1.0, 0.0)


def test_a_side_answers_to_misses_within_bounds() -> None:
    side = Side()
    side.told(SIDE)
    assert side.share == pytest.approx(SIDE)
    for _ in range(100):
        side.told(1.0)
    assert 0 < side.share < 0.01
    for _ in range(1000):
        side.told(0.0)
    assert side.share <= 0.5
