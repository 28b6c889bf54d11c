"""What a day's weather and calendar say of its heat, as columns of a linear model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edge.heat.forecast import calendar
from edge.heat.forecast.series import Daily
from edge.heat.forecast.table import Bools, Floats

# Days in which a building's memory of the weather fades to 1/e: a hut to a church.
MEMORIES_D = (0.5, 1.0, 1.5, 2.0, 3.0, 4.5)
# Where heating may begin, as quantiles of the fitted days' remembered temperatures: so a sensor
# that reads 8 K too warm finds the same days.
BALANCE_QUANTILES = tuple(float(step) for step in np.linspace(0.40, 0.98, 12))
_SWING_USUAL_K, _SWING_K = 8.0, 5.0
_LIGHT_USUAL_H, _LIGHT_H = 12.0, 4.0
_LIGHT_RANGE_H = 8.6  # from the shortest day to the longest
_FREE = 9.0  # as good as no prior
# What the length of light may do where all seasons were seen, and where it would go on beyond what
# was fitted.
_LIGHT, _LIGHT_SHORT = 0.2, 0.1


@dataclass(frozen=True, slots=True)
class Design:
    """``columns`` (days, terms); ``spread`` (terms) how far each may be from 0.

    ``short_spread`` is that of fits that did not see the year.
    """

    columns: Floats
    spread: Floats
    short_spread: Floats


class Weather:
    """The terms of days in a row, for any memory and balance temperature."""

    def __init__(self, daily: Daily) -> None:
        self._temp = daily.temp_c
        self._before = np.r_[daily.temp_c[:1], daily.temp_c[:-1]]
        days = calendar.days(daily.ordinal)
        rest = [(days.weekday == day) - 1.0 / 7.0 for day in range(7)]
        self._weekdays = [*rest, days.before_rest * 1.0]
        self._weekend = (days.weekday >= calendar.SUNDAY - 1) * 1.0
        self._sunday = (days.weekday == calendar.SUNDAY) * 1.0
        self._swing = np.where(daily.swing_k > 0, (daily.swing_k - _SWING_USUAL_K) / _SWING_K, 0.0)
        self._light = (days.light_h - _LIGHT_USUAL_H) / _LIGHT_H
        angle = days.year_angle
        self._season = [wave(k * angle) for k in (1, 2) for wave in (np.sin, np.cos)]

    def seen(self, known: Bools) -> Floats:
        """Return what share of the year's range of light was seen on ``known`` (buildings, days).

        Light, not temperature: the year runs the same beside a sensor that reads too warm.
        """
        most = np.where(known, self._light, -9.0).max(axis=1)
        least = np.where(known, self._light, 9.0).min(axis=1)
        found: Floats = (most - least) * _LIGHT_H / _LIGHT_RANGE_H
        return np.clip(found, 0.0, 1.0)

    def remembered(self, memory_d: float) -> Floats:
        """Return the temperature as a building remembers it, degC."""
        return remembered(self._temp, memory_d)

    def design(self, memory_d: float, balance_c: float) -> Design:
        """Return the model's columns.

        Degrees below the balance temperature (in 10 K) of remembered, today's and yesterday's
        temperature; weekday and eve; the weekend's change of both; the day's swing and length of
        light (stand for the sun), each also in proportion to how much is heated; two waves of the
        year, held small.
        """
        kept = self.remembered(memory_d)
        degrees = np.maximum(0.0, balance_c - kept) / 10.0
        heated = np.minimum(degrees, 1.0)
        terms: list[tuple[Floats, float]] = [
            (np.ones(kept.size), _FREE),
            (degrees, _FREE),
            (np.maximum(0.0, balance_c - self._temp) / 10.0, 0.5),
            (np.maximum(0.0, balance_c - self._before) / 10.0, 0.5),
            ((kept - balance_c) / 10.0, 0.1),
            *((column, 0.1) for column in self._weekdays),
            (self._weekend * degrees, 0.2),
            (self._sunday * degrees, 0.2),
            (self._swing, 0.1),
            (self._swing * heated, 0.1),
            *((column, 0.05) for column in self._season),
            (self._light, _LIGHT),
            (self._light * heated, _LIGHT),
        ]
        spread = np.array([spread for _, spread in terms])
        short = np.r_[spread[:-2], _LIGHT_SHORT, _LIGHT_SHORT]
        return Design(np.stack([column for column, _ in terms], 1), spread, short)


def remembered(temp: Floats, memory: float) -> Floats:
    """Return m[i] = m[i-1] + (1 - exp(-1 / memory)) (temp[i] - m[i-1]), begun at a mean."""
    share = 1.0 - float(np.exp(-1.0 / memory))
    found = np.empty_like(temp)
    state = float(temp[: int(3 * memory) + 1].mean())
    for index, value in enumerate(temp.tolist()):
        state += share * (value - state)
        found[index] = state
    return found
