"""The next 72 hours, each day anew, from the meter until then and the weather of then.

Two stages. **Signature**: for each hour of the day a ridge regression on :func:`hour_terms`, fitted
anew each week on all that is known. **Correction**: for each of the 72 hours a ridge regression of
what the signature missed on what it missed before the origin (last hours, days, same hours), which
brings the level back after a holiday, a new consumer, a swapped pump or a sensor's end.

No forecast sees heat of its origin's hour or later, nor an error that was not yet known.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edge.heat.forecast.bands import Side, spread
from edge.heat.forecast.hours import HourTerms, hour_terms
from edge.heat.forecast.series import Hourly
from edge.heat.forecast.table import Bools, Floats, Ints

HOURS = 72
_WEEK = 7
_BLOCKS = 6
_RIDGE = 0.05  # as of the daily signature, but a 24th of the values
_BESIDE = 0.4  # what an hour's neighbours weigh in its fit
# Hours weigh by (level + 0.3 of the mean) ** -1: between absolute and relative errors.
_EVEN, _LEVEL = 1.0, 0.3
_RIDGE_CORRECTION = 1.0
_HISTORY_H = 168
_POOL_DAYS = 45
_LEAST_ORIGINS = 20  # before a correction is worth having


@dataclass(frozen=True, slots=True)
class HourlyForecast:
    """Forecasts of 72 hours, one an origin.

    ``origin`` (origins): ordinal of the local day on which it was made; ``first`` the index of its
    first hour. ``expected``, ``low``, ``high`` (origins, 72): heat of the hours from then on, NaN
    beyond the series.
    """

    origin: Ints
    first: Ints
    expected: Floats
    low: Floats
    high: Floats


def forecast(
    hourly: Hourly, first_day: int, split: int, end: int, balance_c: float, *, hour: int = 0
) -> HourlyForecast:
    """Forecast from an hour of the days [split, end) on, on what is known from ``first_day``.

    ``hour`` is the local one at which forecasts begin, midnight by default.

    The signature is fitted where the temperature was measured (unless it never was before the
    split); correction and band learn from all heat, so that they bear where the temperature ends.
    """
    terms = hour_terms(hourly, balance_c)
    known = ~np.isnan(hourly.heat) & (terms.day >= first_day)
    learnt = known & (terms.day < split)
    fitted = known & hourly.measured if hourly.measured[learnt].any() else known
    before = fitted & (terms.day < split)
    scale = float(hourly.heat[before].mean())
    heat = hourly.heat / scale if scale > 0 else hourly.heat
    own, early = _signatures(terms, heat, fitted, (terms.day - split) // _WEEK)
    origins = _origins(terms, first_day + _HISTORY_H // 24 + 1, end, split, hour)
    index = origins.first[:, None] + np.arange(HOURS)
    inside = index < heat.size
    index = np.minimum(index, heat.size - 1)
    shown = origins.week >= 0
    next_week = (terms.day[index] - split) // _WEEK > origins.week[:, None]
    signature = np.where(next_week & shown[:, None], early[index], own[index])
    real = np.where(known, heat, np.nan)
    actual = np.where(inside, real[index], np.nan)
    missed = real - np.maximum(own, 0.0)
    signature = np.where(inside, np.maximum(signature, 0.0), np.nan)
    expected = signature + _corrections(missed, signature, actual - signature, origins)
    expected = np.maximum(expected, 0.0)
    low, high = _bands(expected, actual, origins)
    factor = scale if scale > 0 else 1.0
    return HourlyForecast(
        origins.day[shown],
        origins.first[shown],
        expected[shown] * factor,
        np.maximum(low[shown], 0.0) * factor,
        np.maximum(high[shown], 0.0) * factor,
    )


@dataclass(frozen=True, slots=True)
class _Origins:
    """Where forecasts begin: ordinal ``day``, index of the ``first`` hour, ``week`` from split.

    ``begin`` is the index of the first hour that is shown.
    """

    day: Ints
    first: Ints
    week: Ints

    @property
    def begin(self) -> int:
        return int(self.first[self.week >= 0].min(initial=np.iinfo(np.int64).max))


def _origins(terms: HourTerms, first: int, end: int, split: int, hour: int) -> _Origins:
    """Return the days of [first, end) whose ``hour`` lies within the series: once, if it is there.

    In March there is a day without some hour, in October one that has it twice: the later counts,
    as a clock that shows it for the second time has nothing more to say of the first.
    """
    begins = np.flatnonzero(terms.hour == hour)
    begins = begins[np.r_[np.diff(terms.day[begins]) > 0, begins.size > 0][: begins.size]]
    days = terms.day[begins]
    some = (days >= first) & (days < end) & (begins >= _HISTORY_H)
    return _Origins(days[some], begins[some], (days[some] - split) // _WEEK)


def _signatures(terms: HourTerms, heat: Floats, known: Bools, weeks: Ints) -> tuple[Floats, Floats]:
    """Return each hour's signature, fitted without that hour, twice.

    ``weeks`` counts from the split, below 0 before it. The first is fitted in blocks before the
    split, on all before its week after it; the second on all before the week *before* its own, for
    forecasts that reach into the next week.

    Fitted twice: what an hour weighs falls with its level, which the first fit tells.
    """
    even = np.ones(heat.size)
    level, _ = _weighted(terms, heat, even * known, weeks)
    weight = (_LEVEL + np.maximum(np.nan_to_num(level), 0.0)) ** -_EVEN
    return _weighted(terms, heat, weight * known, weeks)


def _weighted(terms: HourTerms, heat: Floats, weight: Floats, weeks: Ints) -> tuple[Floats, Floats]:
    first = int(weeks.min())
    normals, rights = _sums(terms, np.nan_to_num(heat), weight, weeks - first)
    prior = np.diag(_RIDGE / terms.spread**2)
    own, early = np.full(heat.size, np.nan), np.full(heat.size, np.nan)
    past = np.arange(normals.shape[1]) < -first
    block = np.arange(normals.shape[1]) % _BLOCKS
    for held in range(_BLOCKS):
        rest = past & (block != held)
        found = _solved(prior, normals[:, rest].sum(axis=1), rights[:, rest].sum(axis=1))
        here = (weeks < 0) & ((weeks - first) % _BLOCKS == held)
        own[here] = (terms.columns[here] * found[terms.hour[here]]).sum(axis=1)
    normal, right = normals[:, past].sum(axis=1), rights[:, past].sum(axis=1)
    for week in range(max(0, -first), normals.shape[1]):
        found = _solved(prior, normal, right)
        for into, one in ((own, week), (early, week + 1)):
            here = weeks - first == one
            into[here] = (terms.columns[here] * found[terms.hour[here]]).sum(axis=1)
        normal, right = normal + normals[:, week], right + rights[:, week]
    return own, early


def _sums(terms: HourTerms, heat: Floats, weight: Floats, week: Ints) -> tuple[Floats, Floats]:
    """Return the normal equations of each hour of the day and week, with its neighbours' help."""
    size = terms.columns.shape[1]
    count = int(week.max()) + 1
    normals, rights = np.zeros((24, count, size, size)), np.zeros((24, count, size))
    group = terms.hour * count + week
    order = np.argsort(group, kind="stable")
    bounds = np.searchsorted(group[order], np.arange(24 * count + 1))
    for one in range(24 * count):
        some = order[bounds[one] : bounds[one + 1]]
        columns = terms.columns[some]
        weighted = columns.T * weight[some]
        normals[one // count, one % count] = weighted @ columns
        rights[one // count, one % count] = weighted @ heat[some]
    return _helped(normals), _helped(rights)


def _helped(sums: Floats) -> Floats:
    beside: Floats = np.roll(sums, 1, axis=0) + np.roll(sums, -1, axis=0)
    return sums + _BESIDE * beside


def _solved(prior: Floats, normal: Floats, right: Floats) -> Floats:
    found: Floats = np.linalg.solve(prior + normal, right[:, :, None])[:, :, 0]
    return found


def _corrections(missed: Floats, signature: Floats, target: Floats, origins: _Origins) -> Floats:
    """Return by how much (origins, 72) the signature is to be corrected.

    0 before there is something to learn. ``missed`` what each hour of the series missed, ``target``
    (origins, 72) what each forecast hour missed.
    """
    history = missed[origins.first[:, None] - np.arange(1, _HISTORY_H + 1)]
    means = [_mean(history[:, :hours]) for hours in (1, 3, 6, 12, 24, 72, 168)]
    means.append(_mean(history[:, 24:48]))
    found = np.zeros(target.shape)
    # all that was before the split is one lot: what it would have said makes the first bands
    week = np.maximum(origins.week, -1)
    for ahead in range(HOURS):
        inputs = np.stack([*means, *_same_hours(history, ahead)], 1)
        weight = (_LEVEL + signature[:, ahead]) ** -_EVEN
        known = ~np.isnan(target[:, ahead])
        for one in np.unique(week):
            now = week == one
            begin = origins.first[now][0] if one >= 0 else origins.begin
            past = known & (origins.first + ahead < begin)
            if past.sum() < _LEAST_ORIGINS:
                continue
            some = inputs[past]
            weighted = some.T * weight[past]
            normal = weighted @ some + _RIDGE_CORRECTION * np.eye(some.shape[1])
            found[now, ahead] = inputs[now] @ np.linalg.solve(
                normal, weighted @ target[past, ahead]
            )
    return found


def _same_hours(history: Floats, ahead: int) -> list[Floats]:
    """Return what was missed at that hour 1, 2, 3 and 7 days before, and around the last."""
    back = 24 - ahead % 24  # hours before the origin
    found = [history[:, back - 1 + 24 * days] for days in range(3)]
    found.append(history[:, _HISTORY_H - ahead - 1])
    found.append(_mean(history[:, max(0, back - 2) : back + 1]))
    return [np.nan_to_num(one) for one in found]


def _mean(values: Floats) -> Floats:
    known = ~np.isnan(values)
    found: Floats = np.where(known, values, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    return found


def _bands(expected: Floats, actual: Floats, origins: _Origins) -> tuple[Floats, Floats]:
    """Return an 80 % band (origins, 72), from the errors that were known at each origin."""
    firsts, shown = origins.first, origins.week >= 0
    low, high = np.full(expected.shape, np.nan), np.full(expected.shape, np.nan)
    error = actual - expected
    for day in range(HOURS // 24):
        columns = slice(24 * day, 24 * day + 24)
        size = np.empty((expected.shape[0], 24))
        for hour in range(24):
            ahead = 24 * day + hour
            old = firsts + ahead < origins.begin
            a, b = spread(expected[old, ahead], error[old, ahead])
            size[:, hour] = a + b * expected[:, ahead]
        score = error[:, columns] / size
        below, above = Side(), Side()
        told = int(np.flatnonzero(shown)[0]) if shown.any() else 0
        for at in np.flatnonzero(shown):
            # forecasts of which all hours of this day are over
            until = int(np.searchsorted(firsts + 24 * (day + 1), firsts[at], side="right"))
            for late in range(told, until):
                known = ~np.isnan(actual[late, columns])
                if known.any():
                    here = actual[late, columns][known]
                    below.told(float((here < np.maximum(low[late, columns][known], 0.0)).mean()))
                    above.told(float((here > high[late, columns][known]).mean()))
            told = max(told, until)
            pool = score[max(0, until - _POOL_DAYS) : until]
            pool = pool[~np.isnan(pool)]
            if pool.size:
                low[at, columns] = expected[at, columns] + size[at] * np.quantile(pool, below.share)
                high[at, columns] = expected[at, columns] + size[at] * np.quantile(
                    pool, 1.0 - above.share
                )
    return low, high
