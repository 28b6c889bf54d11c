"""Forecasts of several meters added up, with a band that is neither sum nor wish. Pure.

What is expected adds up. The ends of bands do not: the sum of ten meters' 90 % quantiles is passed
far less often than one time in ten. What all err by together adds up, what each errs by itself adds
up in squares, as in `edge.heat.totals`:

- the weather's part (``unsure``) is one weather for all: it adds up;
- the rest is put together in quadrature, times how much larger the errors of the sum were than
  errors of their own would have made them, in the forecasts of the last 28 days that all meters
  have: sqrt(sum of (e1 + e2 + ...)^2 / sum of (e1^2 + e2^2 + ...)), at least 1. Where too few are
  known, all are taken to err to one side;
- both parts are independent: in quadrature. Never wider than the sum of all sides.

Source: JCGM 100:2008 (GUM), 5.1.2 and 5.2.2 (correlated input quantities).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edge.heat.forecast import calendar
from edge.heat.forecast.ahead import Ahead
from edge.heat.forecast.table import Floats, Ints

LEAST_COMMON = 10 * 24  # hours that all meters' past forecasts have, before their errors say more


@dataclass(frozen=True, slots=True)
class Part:
    """A meter's forecast: kWh of hours from the UTC hour ``begin`` on, and what is known of it.

    ``expected``, ``low``, ``high``, ``naive``, ``unsure`` (72) and ``missed`` (28, 72) as in
    `edge.heat.forecast.ahead`; ``day_low`` and ``day_high`` are kWh of the whole local days within
    the hours. ``key`` puts meters in order, so that a sum does not hang on how they came.
    """

    key: tuple[str, ...]
    begin: int
    expected: Floats
    low: Floats
    high: Floats
    naive: Floats
    unsure: Floats
    missed: Floats
    day_low: Floats
    day_high: Floats


@dataclass(frozen=True, slots=True)
class Summed:
    """kWh of stretches of ``hours`` from the UTC hours ``begin`` on, and their 80 % band.

    ``naive`` is NaN where a meter has none. ``together``: how much larger errors of the sum are
    than in quadrature; None where all were taken to err to one side.
    """

    begin: Ints
    hours: Ints
    expected: Floats
    low: Floats
    high: Floats
    naive: Floats
    together: float | None


def summed(meters: Sequence[Part]) -> Summed:
    """Return the hours of all meters together; at least one, all of one moment, in any order."""
    some = _Stack.of(meters)
    ones = np.ones(some.expected.shape[1], dtype=np.int64)
    return _together(some, some.begin + np.arange(ones.size, dtype=np.int64), ones, LEAST_COMMON)


def by_day(meters: Sequence[Part]) -> Summed:
    """Return the whole local days within the hours of all meters."""
    some = _Stack.of(meters)
    day, _ = calendar.local(some.begin, some.expected.shape[1])
    cuts = np.flatnonzero(np.r_[False, np.diff(day) > 0]).astype(np.int64)
    ordered = sorted(meters, key=_order)
    days = _Stack(
        some.begin,
        _cut(some.expected, cuts),
        _array(ordered, "day_low"),
        _array(ordered, "day_high"),
        _cut(some.naive, cuts),
        _cut(some.unsure, cuts),  # it is the same weather all day
        _cut(some.missed, cuts),
    )
    return _together(days, some.begin + cuts[:-1], np.diff(cuts), LEAST_COMMON // 24)


@dataclass(frozen=True, slots=True)
class _Stack:
    """Meters one above the other, (meters, steps); ``missed`` (meters, days, steps)."""

    begin: int
    expected: Floats
    low: Floats
    high: Floats
    naive: Floats
    unsure: Floats
    missed: Floats

    @classmethod
    def of(cls, meters: Sequence[Part]) -> _Stack:
        some = sorted(meters, key=_order)
        names = ("expected", "low", "high", "naive", "unsure", "missed")
        return cls(some[0].begin, *(_array(some, name) for name in names))


def _order(one: Part) -> tuple[str, ...]:
    return one.key


def _together(some: _Stack, begin: Ints, hours: Ints, least: int) -> Summed:
    alone = some.expected.shape[0] == 1
    factor = 1.0 if alone else together_of(some.missed, least)
    middle = some.expected.sum(axis=0)
    below = _side(_own(some.expected - some.low, some.unsure), some.unsure, factor)
    above = _side(_own(some.high - some.expected, some.unsure), some.unsure, factor)
    return Summed(
        begin,
        hours,
        middle,
        np.maximum(middle - below, 0.0),
        middle + above,
        some.naive.sum(axis=0),
        factor,
    )


def together_of(missed: Floats, least: int) -> float | None:
    """Return how much larger errors of the sum are than in quadrature, at least 1.

    ``missed`` (meters, days, steps), NaN where nobody knows. None if fewer than ``least`` are known
    of all meters.
    """
    known = ~np.isnan(missed).any(axis=0)
    if known.sum() < least:
        return None
    errors = missed[:, known]
    alone = float((errors**2).sum())
    return max(1.0, float((errors.sum(axis=0) ** 2).sum() / alone) ** 0.5) if alone else 1.0


def _side(own: Floats, unsure: Floats, factor: float | None) -> Floats:
    """Return how far the sum's band reaches to one side."""
    most = own.sum(axis=0)
    rest = most if factor is None else np.minimum(factor * np.sqrt((own**2).sum(axis=0)), most)
    found: Floats = np.sqrt(rest**2 + unsure.sum(axis=0) ** 2)
    return found


def _own(side: Floats, unsure: Floats) -> Floats:
    """Return what of a side is not the weather's."""
    found: Floats = np.sqrt(np.maximum(side**2 - unsure**2, 0.0))
    return found


def _cut(values: Floats, cuts: Ints) -> Floats:
    found: Floats = np.stack(
        [
            values[..., a:b].sum(axis=-1)
            for a, b in zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True)
        ],
        axis=-1,
    )
    return found


def _array(some: Sequence[Part], name: str) -> Floats:
    found: Floats = np.stack([getattr(one, name) for one in some])
    return found


def part_of(key: tuple[str, ...], result: Ahead) -> Part | None:
    """Return what a meter brings to a sum, or None if it has no hours, or no band of them."""
    hours, days = result.hours, result.days
    if hours is None or days is None or result.unsure is None or result.missed is None:
        return None
    if not np.isfinite([hours.expected, hours.low, hours.high]).all():
        return None
    return Part(
        key,
        int(hours.begin[0]),
        hours.expected,
        np.minimum(hours.low, hours.expected),
        np.maximum(hours.high, hours.expected),
        hours.naive,
        result.unsure,
        result.missed,
        np.minimum(days.low, days.expected) * days.hours,
        np.maximum(days.high, days.expected) * days.hours,
    )
