"""One building's days: fitted before a day, predicted after it, with two bands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edge.heat.forecast.bands import SIDE, Side, spread
from edge.heat.forecast.findings import SeriesError
from edge.heat.forecast.series import Daily
from edge.heat.forecast.signature import Signatures, fit_many
from edge.heat.forecast.table import Bools, Floats
from edge.heat.forecast.weather import Weather

LEAST_DAYS = 60  # so that enough are left where a block is left out
BLOCK_DAYS = 14  # left out together: neighbouring days would tell of each other
BLOCKS = 6
POOL_DAYS = 120  # whose errors say how wide the running band is: a season
WIDER = 1.15  # the fixed band against errors within one year: the next year is another one


@dataclass(frozen=True, slots=True)
class DailyForecast:
    """Days of the series: NaN before the split.

    ``expected`` and the fixed band know nothing of the heat from the split on. The running band's
    *width* learns each day from the errors of the days before, as a hub does that forecasts each
    morning; ``expected`` is the same.
    """

    expected: Floats
    low: Floats
    high: Floats
    fixed_low: Floats
    fixed_high: Floats
    fitted: Bools
    signature: Signatures


def forecast(daily: Daily, first: int, split: int) -> DailyForecast:
    """Fit on the days [first, split) (ordinals), predict from ``split`` to the end."""
    day = daily.ordinal
    fitted = (day >= first) & (day < split) & ~np.isnan(daily.heat)
    if daily.measured[fitted].any():
        fitted &= daily.measured
    if fitted.sum() < LEAST_DAYS:
        raise SeriesError(
            f"{int(fitted.sum())} days to fit on, {LEAST_DAYS} are needed",
            hint="Vor dem Stichtag liegen zu wenige Tage mit Wärme und Temperatur.",
        )
    heat = np.where(fitted, daily.heat, np.nan)
    # counted in fitted days, so that gaps cannot leave all of them in one block
    block = np.maximum(np.cumsum(fitted) - 1, 0) // BLOCK_DAYS % BLOCKS
    held = [np.where(block == one, np.nan, heat) for one in range(BLOCKS)]
    signature = fit_many(np.stack([heat, *held]), daily)
    predicted = signature.predict(Weather(daily))
    expected = predicted[0]
    crossed = np.choose(block, predicted[1:])
    error = np.where(fitted, daily.heat - crossed, np.nan)
    size = _size(crossed, error, expected, fitted)
    past = (error / np.where(fitted, size[0], np.nan))[fitted]
    past = past[~np.isnan(past)]
    beyond = day >= split
    low_score, high_score = np.quantile(past, [SIDE, 1.0 - SIDE]) * WIDER
    fixed_low, fixed_high = expected + low_score * size[1], expected + high_score * size[1]
    low, high = _running(daily, expected, size[1], past, beyond)

    def shown(values: Floats) -> Floats:
        return np.where(beyond, np.maximum(values, 0.0), np.nan)

    return DailyForecast(
        shown(expected),
        shown(low),
        shown(high),
        shown(fixed_low),
        shown(fixed_high),
        fitted,
        signature,
    )


def _size(crossed: Floats, error: Floats, expected: Floats, fitted: Bools) -> tuple[Floats, Floats]:
    """Return the usual size of errors at each day's level: of ``crossed``, of ``expected``."""
    a, b = spread(crossed[fitted], error[fitted])
    return a + b * crossed, a + b * expected


def _running(
    daily: Daily, expected: Floats, size: Floats, past: Floats, beyond: Bools
) -> tuple[Floats, Floats]:
    low, high = np.full(expected.size, np.nan), np.full(expected.size, np.nan)
    pool = past[-POOL_DAYS:].tolist()
    below, above = Side(), Side()
    for index in np.flatnonzero(beyond):
        low[index] = expected[index] + size[index] * np.quantile(pool, below.share)
        high[index] = expected[index] + size[index] * np.quantile(pool, 1.0 - above.share)
        heat = daily.heat[index]
        if np.isnan(heat):
            continue
        below.told(float(heat < max(low[index], 0.0)))
        above.told(float(heat > high[index]))
        pool.append(float((heat - expected[index]) / size[index]))
        del pool[:-POOL_DAYS]
    return low, high
