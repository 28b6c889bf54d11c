"""From readings of a counter and the county's weather to a series that can be forecast. No store.

A hub gives what stands in village.db, the county what lies in its lake: both compute the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge.cadastre.readings import COARSEST, HOUR_MS, MOST_KW, hours
from edge.heat.forecast import calendar
from edge.heat.forecast.ahead import FIT_DAYS, HOURS
from edge.heat.forecast.counter import coarse_step
from edge.heat.forecast.daily import LEAST_DAYS
from edge.heat.forecast.evaluate import LEAD_DAYS
from edge.heat.forecast.series import Series, Usual, of_table
from edge.heat.forecast.table import Floats, Ints, Table
from edge.publish.counter import Limits, without_glitches
from edge.store.village_county import Forecast, Normal

GAP_MS = HOUR_MS  # as in what is published: between readings further apart nothing is assumed
STEP_GAP_MS = 60 * HOUR_MS  # between two steps of a coarse counter, or two daily readings
NEAR_MS = 600_000  # readings nearer to each other than this say nothing more of hours
WINDOW_MS = (FIT_DAYS + LEAD_DAYS + 2) * 24 * HOUR_MS
_WARMEST_H = 15  # of a day, local time


@dataclass(frozen=True, slots=True)
class Heat:
    """Mean kW by UTC hour since 1970; ``is_spread``: evenly, between steps or daily readings."""

    by_hour: dict[int, float]
    is_spread: bool

    @property
    def heard_until(self) -> int | None:
        """The end of the last hour that is known, ms since 1970."""
        return (max(self.by_hour) + 1) * HOUR_MS if self.by_hour else None


@dataclass(frozen=True, slots=True)
class LoadSeries:
    """A series with 72 hours ahead, the weather's standard error of these, and whose weather it is.

    ``note`` says in German what is to be known of the weather.
    """

    series: Series
    temp_error_k: Floats
    weather: str
    note: str
    temp_c: dict[int, float]  # of the hours ahead


def heat_of_readings(
    devices: Iterable[Sequence[tuple[int, float]]], now_ms: int, pace_s: float | None
) -> Heat:
    """Return what a meter measured, from the readings of all devices that spoke for it.

    ``devices``: each one's (ms since 1970, kWh) in order of time; of two that tell of one hour the
    later device counts. ``pace_s``: seconds between readings as planned, or None.
    """
    found: dict[int, float] = {}
    spread = pace_s is not None and pace_s * 1000 > HOUR_MS
    for told in devices:
        readings = without_glitches(_apart(told))
        coarse = _is_coarse(readings)
        if coarse:
            readings = _stepping(readings)
        spread = spread or coarse
        gap_ms = STEP_GAP_MS if spread else max(GAP_MS, int(2500 * (pace_s or 0.0)))
        rises = hours(readings, Limits(gap_ms, MOST_KW, COARSEST))
        found.update((hour, kwh) for hour, kwh in rises if (hour + 1) * HOUR_MS <= now_ms)
    return Heat(found, spread)


def _apart(told: Iterable[tuple[int, float]]) -> list[tuple[int, float]]:
    kept: list[tuple[int, float]] = []
    for at, kwh in told:
        if not kept or at - kept[-1][0] >= NEAR_MS:
            kept.append((at, kwh))
    return kept


def _is_coarse(readings: Sequence[tuple[int, float]]) -> bool:
    if len(readings) < 2:
        return False
    time_s = np.array([at // 1000 for at, _ in readings], dtype=np.int64)
    return coarse_step(time_s, np.array([kwh for _, kwh in readings])) > 0


def _stepping(readings: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    """Return the first reading of each value: when the counter stepped."""
    return [one for one, before in zip(readings[1:], readings, strict=False) if one[1] != before[1]]


def series_with(
    heat: Heat, forecasts: Iterable[Forecast], normals: Iterable[Normal], now_ms: int
) -> LoadSeries:
    """Return a meter's series with a station's weather: the newest forecast of each hour.

    :raises SeriesError: if nothing of it can be used.
    """
    now_hour = now_ms // HOUR_MS
    first = min(heat.by_hour)
    count = now_hour + HOURS + 1 - first
    known = np.full(count, np.nan)
    known[np.array(list(heat.by_hour)) - first] = list(heat.by_hour.values())
    temp, error = _weather(forecasts, first, count, now_ms)
    usual = _usual(normals)
    ahead = slice(now_hour - first, now_hour - first + HOURS)
    note = ""
    days = _days_of_both(known[: ahead.start], temp[: ahead.start], first)
    if days < LEAST_DAYS and not np.isnan(temp).all():
        note = (
            f"Wetter und Wärme liegen erst von {days} Tagen zusammen vor, gebraucht werden "
            f"{LEAST_DAYS}. Bis dahin ist ohne das Wetter gerechnet."
        )
        temp[:] = np.nan
    forecast = ~np.isnan(temp[ahead])
    past = temp[: ahead.start]  # less than 72 hours have no change
    change = past[HOURS:] - past[: max(past.size - HOURS, 0)]
    change = change[~np.isnan(change)]
    if change.size:
        unsure = float(change.std()) / 2**0.5
        lead = np.arange(1, HOURS + 1) - np.flatnonzero(forecast).max(initial=-1)
        grown = unsure * np.sqrt(1.0 - np.exp(-2.0 * np.maximum(lead, 1) / HOURS))
        error = np.where(forecast, error[ahead], grown)
    else:
        error = np.zeros(HOURS)  # what was learnt without weather errs by it already
    table = Table((first + np.arange(count)) * 3600, known, temp, ())
    series = of_table(table, usual, is_spread=heat.is_spread)
    shown = _temperatures(series, now_hour) if change.size or usual else {}
    if forecast.all():
        weather = "county"
    elif forecast.any():
        weather = "part"
    elif usual is not None:
        weather = "normals"
    else:
        weather = "season" if change.size else "none"
    return LoadSeries(series, error, weather, note, shown)


def _weather(
    forecasts: Iterable[Forecast], first: int, count: int, now_ms: int
) -> tuple[Floats, Floats]:
    """Return the newest forecast for each hour, past ones too, and its standard error."""
    temp, error = np.full(count, np.nan), np.zeros(count)
    for one in forecasts:
        place = one.valid_at // HOUR_MS - first
        if one.temperature_degc is not None and one.made_at <= now_ms and 0 <= place < count:
            temp[place] = one.temperature_degc
            error[place] = one.temperature_error_k or 0.0
    return temp, error


def _days_of_both(heat: Floats, temp: Floats, first: int) -> int:
    """Return on how many local days most hours have heat and temperature."""
    day, _ = calendar.local(first, heat.size)
    both = np.bincount(day - day[0], ~(np.isnan(heat) | np.isnan(temp)))
    return int((both >= 0.8 * 24).sum())


def _usual(told: Iterable[Normal]) -> Usual | None:
    """Return the county's normals as temperatures of hours, or None if they lack days."""
    normals = {one.day: one for one in told}
    mean, half = np.full(367, np.nan), np.zeros(367)
    for day, one in normals.items():
        low, high = one.temperature_low_degc, one.temperature_high_degc
        if one.temperature_degc is not None:
            mean[day] = one.temperature_degc
        elif low is not None and high is not None:
            mean[day] = (low + high) / 2.0
        if low is not None and high is not None:
            half[day] = (high - low) / 2.0
    mean[60] = mean[59] if np.isnan(mean[60]) else mean[60]  # 29 February
    if np.isnan(mean[1:]).any():
        return None

    def at(hours: Ints) -> Floats:
        day, hour = calendar.local(int(hours[0]), hours.size)
        place = calendar.day_of_year(day)
        wave = np.cos(2 * np.pi * (hour - _WARMEST_H) / 24)
        found: npt.NDArray[np.floating] = mean[place] + half[place] * wave
        return found

    return at


def _temperatures(series: Series, now_hour: int) -> dict[int, float]:
    """Return what temperature the forecast reckons with, by hour, else by day at its begin."""
    if series.hourly is not None:
        start = now_hour - series.hourly.first_hour
        values = series.hourly.temp_c[start : start + HOURS]
        return {now_hour + n: float(one) for n, one in enumerate(values)}
    return {
        calendar.first_hour(int(day)): float(one)
        for day, one in zip(series.daily.ordinal, series.daily.temp_c, strict=True)
    }
