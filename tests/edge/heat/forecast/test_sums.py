"""Bands of sums against what can be done by hand."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest

from edge.heat.forecast.ahead import Ahead, Expected
from edge.heat.forecast.sums import Part, Summed, by_day, part_of, summed, together_of
from edge.heat.forecast.table import Floats

HOURS, DAYS = 72, 28
BEGIN = 495_600  # 2026-07-15 00:00 UTC: two in the morning in the village
RNG = np.random.default_rng(5)


def part(key: str, kwh: float, side: float, missed: Floats, unsure: float = 0.0) -> Part:
    """Return a meter of ``kwh`` each hour, with a band of ``side`` to either side."""
    hour = np.full(HOURS, kwh)
    day = np.full(2, 24 * kwh)
    return Part(
        (key,),
        BEGIN,
        hour,
        hour - side,
        hour + side,
        hour * 1.1,
        np.full(HOURS, unsure),
        missed,
        day - 10 * side,
        day + 10 * side,
    )


def errors() -> Floats:
    found: Floats = RNG.normal(size=(DAYS, HOURS))
    return found


def side(some: Summed) -> float:
    """Return how far a band of equal hours reaches up; down it is the same."""
    np.testing.assert_allclose(some.high - some.expected, some.expected - some.low)
    np.testing.assert_allclose(some.high - some.expected, (some.high - some.expected)[0])
    return float((some.high - some.expected)[0])


def test_what_is_expected_adds_up() -> None:
    found = summed([part("a", 5.0, 1.0, errors()), part("b", 20.0, 2.0, errors())])
    np.testing.assert_allclose(found.expected, 25.0)
    np.testing.assert_allclose(found.naive, 27.5)
    assert found.begin.tolist() == list(range(BEGIN, BEGIN + HOURS))
    assert set(found.hours.tolist()) == {1}


def test_one_meter_keeps_its_band() -> None:
    found = summed([part("a", 5.0, 1.0, errors(), unsure=0.6)])
    assert (side(found), found.together) == (pytest.approx(1.0), 1.0)


def test_errors_of_their_own_go_in_quadrature_and_shared_ones_add_up() -> None:
    first, second = errors(), errors()
    second -= (first * second).sum() / (first**2).sum() * first  # nothing in common
    own = summed([part("a", 9.0, 3.0, first), part("b", 9.0, 4.0, second)])
    assert own.together == pytest.approx(1.0)
    assert side(own) == pytest.approx(5.0)
    alike = summed([part("a", 9.0, 3.0, first), part("b", 9.0, 3.0, first)])
    assert alike.together == pytest.approx(2**0.5)
    assert side(alike) == pytest.approx(6.0)


def test_where_nobody_knows_all_err_to_one_side() -> None:
    unknown = np.full((DAYS, HOURS), np.nan)
    found = summed([part("a", 9.0, 3.0, errors()), part("b", 9.0, 4.0, unknown)])
    assert found.together is None
    assert side(found) == pytest.approx(7.0)


def test_the_weather_is_one_for_all() -> None:
    first, second = errors(), errors()
    second -= (first * second).sum() / (first**2).sum() * first
    found = summed([part("a", 9.0, 5.0, first, 3.0), part("b", 9.0, 5.0, second, 3.0)])
    assert side(found) == pytest.approx((4.0**2 + 4.0**2 + 6.0**2) ** 0.5)


def test_no_band_reaches_below_nothing_or_beyond_all_sides() -> None:
    found = summed([part("a", 1.0, 3.0, errors()), part("b", 1.0, 3.0, errors())])
    assert (found.low == 0.0).all()
    opposed = errors()
    far = summed([part("a", 9.0, 4.0, opposed), part("b", 9.0, 0.5, 9 * opposed)])
    assert side(far) <= 4.5 + 1e-9


def test_days_are_the_sums_of_their_hours() -> None:
    some = [part("a", 5.0, 1.0, errors()), part("b", 20.0, 2.0, errors())]
    days = by_day(some)
    assert days.begin.tolist() == [BEGIN + 22, BEGIN + 46]  # from midnight to midnight here
    assert days.hours.tolist() == [24, 24]
    np.testing.assert_allclose(days.expected, 600.0)
    np.testing.assert_allclose(days.naive, 660.0)
    alone = by_day(some[:1])
    np.testing.assert_allclose(alone.high, 130.0)  # the day's own band, not the hours'
    np.testing.assert_allclose(alone.low, 110.0)


def test_the_order_of_meters_does_not_matter() -> None:
    some = [part(key, kwh, 1.0, errors()) for key, kwh in (("a", 0.1), ("b", 0.2), ("c", 0.3))]
    first = summed(some)
    for order in permutations(some):
        np.testing.assert_array_equal(summed(order).high, first.high)
        np.testing.assert_array_equal(by_day(order).low, by_day(some).low)


def test_how_errors_go_together_is_measured() -> None:
    rng = np.random.default_rng(3)
    own = rng.normal(size=(4, 28, 72))
    shared = rng.normal(size=(1, 28, 72))
    assert together_of(own, 10) == pytest.approx(1.0, abs=0.1)
    assert together_of(own + shared, 10) == pytest.approx((20 / 8) ** 0.5, abs=0.1)
    assert together_of(np.zeros((2, 28, 72)), 10) == 1.0
    assert together_of(own * [[[1.0]], [[-1.0]], [[1.0]], [[-1.0]]], 10) >= 1.0
    assert together_of(own, own[0].size + 1) is None


def expected(count: int, hours: int, kwh: float) -> Expected:
    steps = np.arange(count, dtype=np.int64)
    flat = np.full(count, kwh)
    return Expected(
        BEGIN + hours * steps, np.full(count, hours), flat, flat + 1.0, flat - 1.0, flat
    )


def forecast() -> Ahead:
    hours, days = expected(HOURS, 1, 5.0), expected(2, 24, 5.0)
    return Ahead(365, hours, days, days, {}, np.zeros(HOURS), errors())


def test_what_a_meter_brings_to_a_sum_has_its_ends_in_order() -> None:
    found = part_of(("a",), forecast())
    assert found is not None
    assert (found.key, found.begin) == (("a",), BEGIN)
    # both ends are beyond the middle to the wrong side: the middle is their bound
    np.testing.assert_allclose([found.low, found.high], 5.0)
    np.testing.assert_allclose([found.day_low, found.day_high], 120.0)


@pytest.mark.parametrize("lacks", ["hours", "days", "unsure", "missed"])
def test_a_meter_that_lacks_something_brings_nothing(lacks: str) -> None:
    assert part_of(("a",), replace(forecast(), **{lacks: None})) is None


@pytest.mark.parametrize("lacks", ["expected", "low", "high"])
def test_a_meter_with_an_hour_of_which_nothing_is_known_brings_nothing(lacks: str) -> None:
    whole = forecast()
    assert whole.hours is not None
    values = getattr(whole.hours, lacks).copy()
    values[-1] = np.nan
    assert part_of(("a",), replace(whole, hours=replace(whole.hours, **{lacks: values}))) is None
