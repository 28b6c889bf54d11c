"""A meter's season, from what it measured and what its winters would have needed.

The energy signature (:mod:`edge.heat.forecast.signature`), fitted on up to two years before the
season, says what each day of the record would have needed of the building as it is: ``s_d``. For
the days of the season that are still to come, each winter of the record with its temperatures
gives one sum ``C_w``. What is known by then is the measured sum ``M``:

    season = M + (1 + level) mean(C_w)

``level`` is how much more the season needed so far than its days should have, shrunk by how well
that is known; before it begins it is 0. The band has three parts: how far apart the winters are,
how sure the level is, and the noise of the days left. Days without heat count as
``(1 + level) s_d``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from edge.heat.errors import CadastreError
from edge.heat.forecast.series import Daily
from edge.heat.forecast.signature import fit_many
from edge.heat.forecast.table import Bools, Floats
from edge.heat.forecast.weather import Weather
from edge.heat.season.chance import USUAL, following
from edge.heat.season.winter import Winter, winter_of

LEAST_DAYS = 200  # to fit on: a winter and a part of a summer
FIT_DAYS = 730
LEVEL = 0.04  # standard deviation of a building's level from one year to the next
BLOCK_DAYS = 14  # neighbouring days' errors are alike
_WHOLE = 0.95  # of a winter's days must have their temperature
_NAIVE = 0.9  # of the last season's days must have their heat


@dataclass(frozen=True, slots=True)
class Season:
    """A season of a series, in its unit times days.

    ``measured`` is the sum so far, of ``days`` days with heat. ``naive``: the last season once
    more; None if it was not measured. ``mild`` and ``cold``: as in the mildest and the coldest of
    ``winters``; ``as_in`` what the season needs as in each of them. ``level`` is how much more than
    expected the building needs this season. ``by_weather``, ``by_level`` and ``by_days``: how far
    the band reaches because of the winters, the level and single days; to a side, in quadrature.
    """

    winter: Winter
    on: date
    days: int
    measured: float
    level: float
    total: float
    low: float
    high: float
    naive: float | None
    mild: float
    cold: float
    winters: tuple[int, ...]
    as_in: tuple[float, ...] = ()
    by_weather: float = 0.0
    by_level: float = 0.0
    by_days: float = 0.0


def season(daily: Daily, on: date | None = None) -> Season:
    """Return the season that ``on`` is in, else the next one; ``on`` and later is not known.

    By default ``on`` is the day after the last one with heat.

    :raises CadastreError: if too few days were measured before it, the record ends in the season
        but before ``on``, or there are no winter's temperatures.
    """
    day = daily.ordinal
    known = np.flatnonzero(~np.isnan(daily.heat))
    last = int(day[known[-1]]) + 1 if known.size else daily.first_day
    on = date.fromordinal(last) if on is None else on
    winter = winter_of(on)
    end = daily.first_day + daily.heat.size
    if on > winter.first and on.toordinal() > end:
        raise CadastreError(
            f"the record ends before {on}",
            hint=f"Die Tabelle reicht nur bis zum {date.fromordinal(end - 1):%d.%m.%Y}; was danach "
            "war, fehlt. Bitte --on weglassen oder einen früheren Tag nennen.",
        )
    before = min(on, winter.first).toordinal()
    fitted = (day >= before - FIT_DAYS) & (day < before) & ~np.isnan(daily.heat) & daily.measured
    if fitted.sum() < LEAST_DAYS:
        raise CadastreError(
            f"{int(fitted.sum())} days to fit on",
            hint=f"Vor dem {date.fromordinal(before):%d.%m.%Y} braucht es mindestens {LEAST_DAYS} "
            "Tage mit Wärme und Temperatur.",
        )
    heat = np.where(fitted, daily.heat, np.nan)
    expected = fit_many(heat[None, :], daily).predict(Weather(daily))[0]
    return outlook(daily, expected, fitted, on)


def outlook(daily: Daily, expected: Floats, fitted: Bools, on: date) -> Season:
    """Return the season as :func:`season`, given what each day of the record should have needed.

    :raises CadastreError: if no winter has its temperatures.
    """
    winter = winter_of(on)
    day = daily.ordinal
    noise = _noise((daily.heat - expected)[fitted])
    now = (day >= winter.first.toordinal()) & (day < on.toordinal())
    with_heat = now & ~np.isnan(daily.heat)
    measured = float(daily.heat[with_heat].sum())
    level, unsure = _level(measured, float(expected[with_heat].sum()), int(with_heat.sum()), noise)
    so_far = measured + (1 + level) * float(expected[now & ~with_heat].sum())
    sums = _winters(daily, expected, winter, on)
    if not sums:
        raise CadastreError(
            "no winter with temperatures",
            hint="Die Tabelle hat keinen ganzen vergangenen Winter mit Temperaturen. Ältere "
            "Jahre dürfen ohne Wärme darin stehen, etwa vom Deutschen Wetterdienst.",
        )
    left = max((winter.end - max(on, winter.first)).days, 0)
    whole = float(expected[now].sum()) + _mean(sums)
    after = following(list(sums.values()), USUAL * math.sqrt(whole * _mean(sums)))
    by_weather = after.t80 * (1 + level) * after.deviation
    by_level = after.t80 * unsure * after.mean
    by_days = after.t80 * noise * math.sqrt(left / BLOCK_DAYS)
    side = math.hypot(by_weather, by_level, by_days)
    total = so_far + (1 + level) * after.mean
    return Season(
        winter=winter,
        on=on,
        days=int(with_heat.sum()),
        measured=so_far,
        level=level,
        total=total,
        low=max(total - side, so_far),
        high=total + side,
        naive=_last(daily, Winter(winter.year - 1)),
        mild=so_far + (1 + level) * min(sums.values()),
        cold=so_far + (1 + level) * max(sums.values()),
        winters=tuple(sums),
        as_in=tuple(so_far + (1 + level) * one for one in sums.values()),
        by_weather=by_weather,
        by_level=by_level,
        by_days=by_days,
    )


def _mean(sums: Mapping[int, float]) -> float:
    return math.fsum(sums.values()) / len(sums)


def _noise(error: Floats) -> float:
    """Return the standard deviation of a block's summed errors."""
    count = error.size // BLOCK_DAYS
    blocks = error[: count * BLOCK_DAYS].reshape(count, BLOCK_DAYS).sum(axis=1)
    return float(np.sqrt((blocks**2).mean()))


def _level(measured: float, expected: float, days: int, noise: float) -> tuple[float, float]:
    """Return how much more a season needs than expected, and the standard deviation of that."""
    if days == 0 or expected <= 0:
        return 0.0, LEVEL
    error = noise * math.sqrt(days / BLOCK_DAYS) / expected
    gain = LEVEL**2 / (LEVEL**2 + error**2)
    return gain * (measured / expected - 1), LEVEL * math.sqrt(1 - gain)


def _winters(daily: Daily, expected: Floats, winter: Winter, on: date) -> dict[int, float]:
    """Return what the days from ``on`` to the season's end would have needed in earlier winters."""
    day = daily.ordinal
    found = {}
    for year in range(date.fromordinal(daily.first_day).year, winter.year):
        one = Winter(year)
        first = one.same_day(winter, max(on, winter.first)).toordinal()
        some = (day >= first) & (day < one.end.toordinal())
        if daily.measured[some].sum() >= max(_WHOLE * (one.end.toordinal() - first), 1):
            found[year] = float(expected[some].sum())
    return found


def _last(daily: Daily, winter: Winter) -> float | None:
    """Return a season's heat as it was measured; gaps count as its other days."""
    day = daily.ordinal
    some = (day >= winter.first.toordinal()) & (day < winter.end.toordinal())
    heat = daily.heat[some]
    heat = heat[~np.isnan(heat)]
    return float(heat.mean()) * winter.days if heat.size >= _NAIVE * winter.days else None
