"""Fit a series on the year before a day, predict the year after it, say how good that was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from edge.heat.forecast import calendar, daily, hourly, metrics, naive
from edge.heat.forecast.findings import Finding, Rule, SeriesError
from edge.heat.forecast.series import Daily, Series
from edge.heat.forecast.table import Bools, Floats, Ints

YEAR_DAYS = 360  # a span with fewer is said not to be a year
_LEAST_TEST_DAYS = 7
LEAD_DAYS = 30  # of weather before the first fitted day, for what buildings remember
_BEFORE_H, _MOST_AHEAD = 24, 72


@dataclass(frozen=True, slots=True)
class Score:
    """How good one forecast was, percent, NaN where it cannot be said; ``count`` was scored."""

    cv_rmse_percent: float
    nmbe_percent: float
    coverage80_percent: float
    mape_percent: float
    pinball_percent: float
    mase: float
    count: int


@dataclass(frozen=True, slots=True)
class _Truth:
    """What came. ``once`` the naive error of what was fitted, ``least`` the least load of MAPE."""

    actual: Floats
    once: float
    least: float

    def score(
        self, expected: Floats, low: Floats | None = None, high: Floats | None = None
    ) -> Score:
        """Score a forecast and, where it has one, its band."""
        actual = self.actual
        nothing = np.full(actual.shape, np.nan)
        low, high = nothing if low is None else low, nothing if high is None else high
        known = ~(np.isnan(actual) | np.isnan(expected))
        mean = float(actual[known].mean()) if known.any() else 0.0
        pinball = metrics.pinball(actual, low, 0.1) + metrics.pinball(actual, high, 0.9)
        return Score(
            cv_rmse_percent=metrics.cv_rmse_percent(actual, expected),
            nmbe_percent=metrics.nmbe_percent(actual, expected),
            coverage80_percent=metrics.coverage_percent(actual, low, high),
            mape_percent=metrics.mape_percent(actual, expected, self.least),
            pinball_percent=50.0 * pinball / mean if mean > 0 else float("nan"),
            mase=metrics.mase(actual, expected, self.once),
            count=int(known.sum()),
        )


@dataclass(frozen=True, slots=True)
class Span:
    """Local days from ``first`` up to but not ``end``; ``days`` of them are usable."""

    first: date
    end: date
    days: int


@dataclass(frozen=True, slots=True)
class Report:
    """What an evaluation found; scores of hours are None where the series has none."""

    fit: Span
    test: Span
    daily: Score
    daily_fixed_coverage80_percent: float
    naive_daily: Score
    ahead: dict[int, Score]
    naive_ahead: dict[int, Score]
    naive_week: dict[int, Score]
    findings: tuple[Finding, ...]


def evaluate(series: Series, split: date | None = None) -> Report:
    """Evaluate; ``split`` is the first day to be predicted, by default a year before the end.

    Raises :class:`SeriesError` if there is too little before or after it.
    """
    found = list(series.findings)
    try:
        return _evaluated(series, split, found)
    except SeriesError as wrong:
        wrong.findings = tuple(found)
        raise


def _evaluated(series: Series, split: date | None, found: list[Finding]) -> Report:
    days = series.daily.ordinal
    known = days[~np.isnan(series.daily.heat)]
    if known.size == 0:
        hint = "Ein Tag braucht Werte für mindestens vier Fünftel seiner Stunden."
        raise SeriesError("no day has enough values", hint=hint)
    at = _split(known) if split is None else split
    first, end = max(_years(at, -1), int(days[0])), min(_years(at, 1), int(days[-1]) + 1)
    middle = at.toordinal()
    part = series.daily.between(first - LEAD_DAYS, end)
    tested = _scored(part, middle, end)
    if tested.sum() < _LEAST_TEST_DAYS:
        raise SeriesError(
            f"{int(tested.sum())} days to predict from {at} on, {_LEAST_TEST_DAYS} are needed",
            hint="Mit --split einen Tag nennen, nach dem noch Tage mit Wärme folgen.",
        )
    predicted = daily.forecast(part, first, middle)
    fit = Span(date.fromordinal(first), at, int(predicted.fitted.sum()))
    test = Span(at, date.fromordinal(end), int(tested.sum()))
    _short(fit, test, found)
    weather = bool(part.measured[tested].any())
    if not weather:
        text = "Tage ohne Temperatur ab dem Stichtag: vorhergesagt nach Jahreszeit, ohne Wetter"
        found.append(Finding(Rule.TEMP_SEASON, test.days, text))
    if not part.measured[predicted.fitted].any() and part.measured.any():
        text = "Tage ohne Temperatur vor dem Stichtag: gelernt nach Jahreszeit, ohne Wetter"
        found.append(Finding(Rule.TEMP_SEASON, fit.days, text))
    plain = naive.by_degree_days(part, predicted.fitted)
    learnt = part.heat[predicted.fitted]
    truth = _Truth(part.heat[tested], _naive_error(learnt, 1), metrics.least_load(learnt))
    balance_c = predicted.signature.balance_c()[0]
    ahead, persisted, week = _hours(series, balance_c, fit, test, found, weather=weather)
    return Report(
        fit=fit,
        test=test,
        daily=truth.score(
            predicted.expected[tested], predicted.low[tested], predicted.high[tested]
        ),
        daily_fixed_coverage80_percent=metrics.coverage_percent(
            truth.actual, predicted.fixed_low[tested], predicted.fixed_high[tested]
        ),
        naive_daily=truth.score(*(values[tested] for values in plain)),
        ahead=ahead,
        naive_ahead=persisted,
        naive_week=week,
        findings=tuple(found),
    )


def _split(known: Ints) -> date:
    """Return where the last year begins, or the middle if less than a year is before that."""
    last = date.fromordinal(int(known[-1]) + 1)
    begin = _years(last, -1)
    if begin - known[0] < YEAR_DAYS:
        begin = int(known[0] + known[-1] + 1) // 2
    return date.fromordinal(begin)


def _years(day: date, by: int) -> int:
    """Return the ordinal of the same day ``by`` years later; of 29 February, the 28th.

    Where the calendar ends, that of the day itself.
    """
    year = min(max(day.year + by, date.min.year), date.max.year)
    try:
        return day.replace(year=year).toordinal()
    except ValueError:
        return day.replace(year=year, day=28).toordinal()


def _scored(part: Daily, first: int, end: int) -> Bools:
    """Return the days with heat and, unless none of them has one, a measured temperature."""
    day = part.ordinal
    some: Bools = (day >= first) & (day < end) & ~np.isnan(part.heat)
    return some & part.measured if (some & part.measured).any() else some


def _short(fit: Span, test: Span, found: list[Finding]) -> None:
    for span, rule, what in ((fit, Rule.SHORT_FIT, "davor"), (test, Rule.SHORT_TEST, "danach")):
        days = (span.end - span.first).days
        if min(days, span.days) < YEAR_DAYS:
            text = (
                f"kein volles Jahr {what}: {span.first} bis {span.end}, "
                f"{span.days} brauchbare von {days} Tagen"
            )
            found.append(Finding(rule, span.days, text))


def _hours(
    series: Series, balance_c: float, fit: Span, test: Span, found: list[Finding], *, weather: bool
) -> tuple[dict[int, Score], dict[int, Score], dict[int, Score]]:
    """Return the scores at 24 and 72 hours: forecast, the last day again, the last week again.

    ``weather``: whether only hours with a measured temperature are scored.
    """
    whole = series.hourly
    if whole is None:
        text = "Werte seltener als stündlich: nur Tage bewertet, keine Stunden"
        found.append(Finding(Rule.NO_HOURS, 1, text))
        return {}, {}, {}
    first, middle, end = fit.first.toordinal(), fit.end.toordinal(), test.end.toordinal()
    part = whole.between(first - LEAD_DAYS, end)
    day, _ = calendar.local(part.first_hour, part.heat.size)
    known = ~np.isnan(part.heat)
    fitted = (day >= first) & (day < middle) & known
    fitted &= part.measured if part.measured[fitted].any() else known
    use = known & part.measured if weather else known
    if fitted.sum() < daily.LEAST_DAYS * _BEFORE_H:
        text = "zu wenige Stunden vor dem Stichtag: nur Tage bewertet"
        found.append(Finding(Rule.NO_HOURS, int(fitted.sum()), text))
        return {}, {}, {}
    made = hourly.forecast(part, first, middle, end, balance_c)
    index = made.first[:, None] + np.arange(_MOST_AHEAD)
    inside = index < part.heat.size
    index = np.minimum(index, part.heat.size - 1)
    actual = np.where(inside & use[index], part.heat[index], np.nan)
    scored = int((~np.isnan(actual[:, :_BEFORE_H])).sum())
    if scored < _LEAST_TEST_DAYS * _BEFORE_H:
        text = f"weniger als {_LEAST_TEST_DAYS} Tage an Stunden bewertet: ihre Maße sagen wenig"
        found.append(Finding(Rule.FEW_HOURS, scored, text))
    least = metrics.least_load(part.heat[fitted])
    small = int((actual[:, :_BEFORE_H] < least).sum())
    if small:
        text = (
            f"Stunden unter {least:.4g} (5 % des Mittels): nicht im MAPE, nur in den anderen Maßen"
        )
        found.append(Finding(Rule.NEAR_ZERO, small, text))
    once = _naive_error(np.where(fitted, part.heat, np.nan), _BEFORE_H)
    repeated = naive.last_day_again(part.heat, made.first, _MOST_AHEAD)
    weekly = naive.last_week_again(part.heat, made.first, _MOST_AHEAD)
    scores: tuple[dict[int, Score], dict[int, Score], dict[int, Score]] = ({}, {}, {})
    for ahead in (_BEFORE_H, _MOST_AHEAD):
        some = (slice(None), slice(0, ahead))
        truth = _Truth(actual[some], once, least)
        scores[0][ahead] = truth.score(made.expected[some], made.low[some], made.high[some])
        scores[1][ahead] = truth.score(repeated[some])
        scores[2][ahead] = truth.score(weekly[some])
    return scores


def _naive_error(heat: Floats, back: int) -> float:
    """Return the mean absolute difference to ``back`` values before, of what is known."""
    steps = np.abs(heat[back:] - heat[:-back])
    steps = steps[~np.isnan(steps)]
    return float(steps.mean()) if steps.size else float("nan")
