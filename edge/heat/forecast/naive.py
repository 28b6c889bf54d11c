"""The forecasts that need no model, to stand beside every one that has one.

Source: degree days GTZ 20/15 after VDI 3807-1:2013, 6.2 (20 degC inside, heating below 15 degC
outside).
"""

from __future__ import annotations

import numpy as np

from edge.heat.forecast.bands import SIDE
from edge.heat.forecast.series import Daily
from edge.heat.forecast.table import Bools, Floats, Ints

INSIDE_C, LIMIT_C = 20.0, 15.0


def degree_days(temp_c: Floats) -> Floats:
    """Return each day's degree days, K d: 20 degC less its mean if that is below 15 degC."""
    return np.where(temp_c < LIMIT_C, INSIDE_C - temp_c, 0.0)


def by_degree_days(daily: Daily, fitted: Bools) -> tuple[Floats, Floats, Floats]:
    """Return heat = base + slope * degree days, low, high (80 %), fitted by least squares."""
    columns = np.stack([np.ones(daily.heat.size), degree_days(daily.temp_c)], 1)
    coefficients = np.linalg.lstsq(columns[fitted], daily.heat[fitted], rcond=None)[0]
    expected = np.maximum(columns @ coefficients, 0.0)
    below, above = np.quantile((daily.heat - expected)[fitted], [SIDE, 1.0 - SIDE])
    return expected, np.maximum(expected + below, 0.0), expected + above


def last_day_again(heat: Floats, firsts: Ints, hours: int) -> Floats:
    """Return (origins, hours): the 24 hours before each origin, again and again."""
    ahead = np.arange(hours)
    return _earlier(heat, firsts[:, None] + ahead % 24 - 24)


def last_week_again(heat: Floats, firsts: Ints, hours: int) -> Floats:
    """Return (origins, hours): the same hours a week before; at most 168 hours ahead."""
    return _earlier(heat, firsts[:, None] + np.arange(hours) - 168)


def _earlier(heat: Floats, index: Ints) -> Floats:
    return np.where(index >= 0, heat[np.maximum(index, 0)], np.nan)
