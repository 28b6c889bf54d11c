"""What a meter needs in the next 72 hours and on the days they cover, as of now.

The hours are :mod:`edge.heat.forecast.hourly`'s, the days their sums; both with a band that also
holds how unsure the weather is: they are forecast once more for weather that much warmer and that
much colder, and half of the difference is added in quadrature. Beside both stands what needs no
model. The last four weeks are forecast in the same way, with the weather that came, to say how good
that was before a forecast of one's own can be compared.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from edge.heat.forecast import calendar, daily, hourly, metrics, naive
from edge.heat.forecast.bands import SIDE
from edge.heat.forecast.evaluate import LEAD_DAYS
from edge.heat.forecast.series import Daily, Hourly, Series
from edge.heat.forecast.table import Floats, Ints
from edge.heat.forecast.weather import Weather

HOURS = hourly.HOURS
FIT_DAYS = 365
REHEARSED_DAYS = 28
Z80 = 1.2816  # standard deviations around the mean that hold 80 % of a normal distribution
_LEAST_REHEARSED = 10  # sums, before their errors make a band
_LEVEL = 0.1  # of the mean is added to a sum, so that the error of next to nothing is not endless


@dataclass(frozen=True, slots=True)
class Expected:
    """What is expected of stretches of time in a row, and an 80 % band, as mean heat of each.

    ``begin`` is the UTC hour since 1970 at which each begins, ``hours`` how long it is. ``naive``
    is what needs no model, NaN where that says nothing.
    """

    begin: Ints
    hours: Ints
    expected: Floats
    low: Floats
    high: Floats
    naive: Floats


@dataclass(frozen=True, slots=True)
class Lately:
    """How good forecasts were, percent, over ``count`` hours; of the naive one the CV(RMSE)."""

    cv_rmse_percent: float
    nmbe_percent: float
    coverage80_percent: float
    naive_cv_rmse_percent: float
    count: int


@dataclass(frozen=True, slots=True)
class Ahead:
    """A forecast as of a UTC hour since 1970, the first that is forecast.

    ``hours`` and ``days`` (the whole local days within them) are None where the meter tells of days
    only. ``signature`` is the daily one, from today on. ``rehearsed`` says how good the forecasts
    of the last four weeks would have been, by hours ahead (24, 72).

    For sums of meters: ``unsure`` (72) is what of the hours' band is the weather's, to either side;
    ``missed`` (28, 72) by how much the forecasts of each of the last 28 days, at the same hour,
    would have missed what came, with the weather that came; NaN where nobody knows.
    """

    fit_days: int
    hours: Expected | None
    days: Expected | None
    signature: Expected
    rehearsed: dict[int, Lately]
    unsure: Floats | None = None
    missed: Floats | None = None


def ahead(series: Series, now_hour: int, temp_error_k: Floats) -> Ahead:
    """Forecast from ``now_hour`` on; heat of that hour and later is not looked at.

    ``series`` brings the temperature of the 72 hours ahead, ``temp_error_k`` (72) its standard
    error, 0 where it is unknown. Raises ``SeriesError`` if there is too little to learn from.
    """
    if calendar.local(now_hour, 1) == calendar.local(now_hour + 1, 1):
        now_hour += 1  # the hour that comes twice in October is forecast from its second time on
    day, hour = calendar.local(now_hour, HOURS)
    today, end = int(day[0]), int(day[-1]) + 1
    first = max(today - FIT_DAYS, series.daily.first_day)
    days = series.daily.between(first - LEAD_DAYS, end)
    days = replace(days, heat=np.where(days.ordinal < today, days.heat, np.nan))
    fitted = daily.forecast(days, first, today)
    balance_c = float(fitted.signature.balance_c()[0])
    fit_days = int(fitted.fitted.sum())
    signature = _signature(days, fitted, today, day, temp_error_k)
    known = None if series.hourly is None else _until(series.hourly, first, end, now_hour)
    if known is None or (~np.isnan(known.heat)).sum() < daily.LEAST_DAYS * 24:
        return Ahead(fit_days, None, None, signature, {})
    split = today - REHEARSED_DAYS
    if (fitted.fitted & (days.ordinal < split)).sum() < daily.LEAST_DAYS:
        split = today
    when = _When(first, today, balance_c, int(hour[0]))
    made = when.forecast(known, split)
    here = int(np.flatnonzero(made.first == now_hour - known.first_hour)[0])
    unsure = _unsure(known, when, now_hour, temp_error_k)
    again = naive.last_day_again(known.heat, made.first, HOURS)
    expected = Expected(
        now_hour + np.arange(HOURS, dtype=np.int64),
        np.ones(HOURS, dtype=np.int64),
        made.expected[here],
        *_wider(made.expected[here], made.low[here], made.high[here], unsure),
        again[here],
    )
    index = made.first[:, None] + np.arange(HOURS)
    actual = known.heat[np.minimum(index, known.heat.size - 1)]
    return Ahead(
        fit_days,
        expected,
        _sums(expected, unsure, made, actual, day),
        signature,
        {hours: _lately(made, actual, again, hours) for hours in (24, HOURS)} if here else {},
        unsure,
        _missed(made, actual, today),
    )


@dataclass(frozen=True, slots=True)
class _When:
    """What all forecasts of one moment have in common; ``hour`` is the local one."""

    first: int
    today: int
    balance_c: float
    hour: int

    def forecast(self, known: Hourly, split: int) -> hourly.HourlyForecast:
        return hourly.forecast(
            known, self.first, split, self.today + 1, self.balance_c, hour=self.hour
        )


def _until(whole: Hourly, first: int, end: int, now_hour: int) -> Hourly:
    part = whole.between(first - LEAD_DAYS, end)
    later = np.arange(part.heat.size) >= now_hour - part.first_hour
    return replace(part, heat=np.where(later, np.nan, part.heat))


def _unsure(known: Hourly, when: _When, now_hour: int, temp_error_k: Floats) -> Floats:
    """Return (72) by how much heat is unsure to either side because the weather is."""
    if not temp_error_k.any():
        return np.zeros(HOURS)
    ends = []
    for side in (-Z80, Z80):
        temp = known.temp_c.copy()
        temp[now_hour - known.first_hour :][:HOURS] += side * temp_error_k
        ends.append(when.forecast(replace(known, temp_c=temp), when.today).expected[0])
    found: Floats = np.abs(ends[0] - ends[1]) / 2.0
    return found


def _wider(expected: Floats, low: Floats, high: Floats, unsure: Floats) -> tuple[Floats, Floats]:
    below = np.sqrt((expected - low) ** 2 + unsure**2)
    above = np.sqrt((high - expected) ** 2 + unsure**2)
    return np.maximum(expected - below, 0.0), expected + above


def _sums(
    hours: Expected, unsure: Floats, made: hourly.HourlyForecast, actual: Floats, day: Ints
) -> Expected:
    """Return the means of the local days that lie within the hours as a whole."""
    begins = np.flatnonzero(np.r_[False, np.diff(day) > 0])
    spans = [slice(a, b) for a, b in pairwise(begins.tolist())]
    found = []
    for span in spans:
        mean = float(hours.expected[span].mean())
        past, came = made.expected[:, span].mean(axis=1), actual[:, span].mean(axis=1)
        level = _LEVEL * float(np.nanmean(past))
        score = ((came - past) / np.maximum(past + level, 1e-9))[~np.isnan(came)]
        if score.size >= _LEAST_REHEARSED:
            below, above = np.quantile(score, [SIDE, 1.0 - SIDE]) * daily.WIDER
            low = min(mean + below * (mean + level), mean)
            high = max(mean + above * (mean + level), mean)
            wide = float(unsure[span].mean())
            ends = _wider(*(np.array([one]) for one in (mean, low, high, wide)))
        else:  # as if all hours erred to the same side: too wide rather than too narrow
            ends = hours.low[span].mean()[None], hours.high[span].mean()[None]
        found.append((mean, float(ends[0][0]), float(ends[1][0]), float(hours.naive[span].mean())))
    columns = np.array(found).reshape(-1, 4).T
    starts = np.array([hours.begin[span.start] for span in spans], dtype=np.int64)
    lengths = np.array([span.stop - span.start for span in spans], dtype=np.int64)
    return Expected(starts, lengths, *columns)


def _lately(made: hourly.HourlyForecast, actual: Floats, again: Floats, hours: int) -> Lately:
    some = (slice(None, -1), slice(0, hours))
    came = actual[some]
    return Lately(
        metrics.cv_rmse_percent(came, made.expected[some]),
        metrics.nmbe_percent(came, made.expected[some]),
        metrics.coverage_percent(came, made.low[some], made.high[some]),
        metrics.cv_rmse_percent(came, again[some]),
        int((~np.isnan(came)).sum()),
    )


def _missed(made: hourly.HourlyForecast, actual: Floats, today: int) -> Floats:
    """Return (28, 72) what forecasts missed, a row for each of the days before today."""
    found = np.full((REHEARSED_DAYS, HOURS), np.nan)
    back = today - made.origin
    some = (back >= 1) & (back <= REHEARSED_DAYS)
    found[back[some] - 1] = (actual - made.expected)[some]
    return found


def _signature(
    days: Daily, made: daily.DailyForecast, today: int, day: Ints, temp_error_k: Floats
) -> Expected:
    """Return the daily signature from today on, its band for unsure weather too."""
    place = days.ordinal >= today
    shown = days.ordinal[place]
    error = np.bincount(day - today, temp_error_k, shown.size) / np.maximum(
        np.bincount(day - today, minlength=shown.size), 1
    )
    ends = []
    for side in (-Z80, Z80):
        temp = days.temp_c.copy()
        temp[place] += side * error
        ends.append(made.signature.predict(Weather(replace(days, temp_c=temp)))[0][place])
    unsure = np.abs(ends[0] - ends[1]) / 2.0
    plain = naive.by_degree_days(days, made.fitted)[0]
    expected = made.expected[place]
    begins = [calendar.first_hour(int(one)) for one in (*shown, shown[-1] + 1)]
    lengths = [end - begin for begin, end in pairwise(begins)]
    return Expected(
        np.array(begins[:-1], dtype=np.int64),
        np.array(lengths, dtype=np.int64),
        expected,
        *_wider(expected, made.low[place], made.high[place], unsure),
        plain[place],
    )
