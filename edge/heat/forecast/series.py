"""A meter's series on whole hours and whole local days.

``heat`` is the mean over the hour or day in the table's unit (power, or energy a row): every
measure that follows is relative, so the unit does not matter as long as it stays the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np

from edge.heat.forecast import calendar
from edge.heat.forecast.clean import DAY_S, HOUR_S, Values, clean
from edge.heat.forecast.findings import Finding, Rule
from edge.heat.forecast.jump import unit_jump
from edge.heat.forecast.table import Bools, Floats, Ints, Table, instant, read
from edge.heat.forecast.temperature import doubt, filled

_WHOLE_DAY = 0.8  # of a day's values must be there: a day that lacks its night is another day
_WHOLE_HOUR = 0.5
Usual = Callable[[Ints], Floats]  # UTC hours since 1970 to degC


@dataclass(frozen=True, slots=True)
class Hourly:
    """Hours in a row from ``first_hour`` (UTC hours since 1970).

    ``heat`` NaN where unknown; ``temp_c`` never NaN; ``measured`` whether the temperature is real.
    """

    first_hour: int
    heat: Floats
    temp_c: Floats
    measured: Bools

    def between(self, first: int, end: int) -> Hourly:
        """Return the hours of the local days [first, end) (ordinals), of which one must be here."""
        day, _ = calendar.local(self.first_hour, self.heat.size)
        some = np.flatnonzero((day >= first) & (day < end))
        cut = slice(int(some[0]), int(some[-1]) + 1)
        return Hourly(
            self.first_hour + int(some[0]), self.heat[cut], self.temp_c[cut], self.measured[cut]
        )


@dataclass(frozen=True, slots=True)
class Daily:
    """Local days in a row from ``first_day`` (ordinal), as :class:`Hourly`.

    ``swing_k`` is the day's warmest hour less its coldest (clear skies swing more); 0 where
    unknown.
    """

    first_day: int
    heat: Floats
    temp_c: Floats
    measured: Bools
    swing_k: Floats

    @property
    def ordinal(self) -> Ints:
        """The ordinal of each day."""
        return np.arange(self.first_day, self.first_day + self.heat.size, dtype=np.int64)

    def between(self, first: int, end: int) -> Daily:
        """Return those of the days [first, end) (ordinals) that are here."""
        some = slice(max(0, first - self.first_day), max(0, end - self.first_day))
        return Daily(
            max(first, self.first_day),
            self.heat[some],
            self.temp_c[some],
            self.measured[some],
            self.swing_k[some],
        )


@dataclass(frozen=True, slots=True)
class Series:
    """One meter; ``hourly`` is None if its rows are farther apart than an hour."""

    daily: Daily
    hourly: Hourly | None
    findings: tuple[Finding, ...]


def load(lines: Iterable[str]) -> Series:
    """Read and clean a table. Raises ``SeriesError`` if nothing of it can be used."""
    return of_table(read(lines))


def of_table(table: Table, usual: Usual | None = None, *, is_spread: bool = False) -> Series:
    """Clean a table. Raises ``SeriesError`` if nothing of it can be used.

    ``usual`` says what temperature is usual, where it is known better than from the table;
    ``is_spread``: heat was spread evenly between a coarse counter's steps and tells of days only.
    """
    values = clean(table, is_spread=is_spread)
    found = list(values.findings)
    if not values.hourly:
        daily = _daily_from(values, found, usual)
        hourly = None
    else:
        hourly = _hourly(values, found, usual)
        daily = _daily(hourly)
    jump = unit_jump(daily.heat, daily.temp_c, daily.first_day)
    if jump is not None:
        found.append(jump.finding)
        if hourly is None:
            daily = replace(daily, heat=jump.mended(daily.heat, daily.ordinal))
        else:
            day, _ = calendar.local(hourly.first_hour, hourly.heat.size)
            hourly = replace(hourly, heat=jump.mended_hours(hourly.heat, day))
            daily = _daily(hourly)
    doubt(daily.ordinal, np.where(daily.measured, daily.temp_c, np.nan), found)
    return Series(daily, hourly, tuple(found))


def _hourly(values: Values, found: list[Finding], usual: Usual | None) -> Hourly:
    hour = values.time_s // HOUR_S
    first = int(hour[0])
    count = int(hour[-1]) - first + 1
    least = np.ones(count)
    least[hour - first] = _WHOLE_HOUR * np.maximum(1, np.round(HOUR_S / values.step_s))
    heat = _means(hour - first, values.heat, count, least)
    temp = _means(hour - first, values.temp_c, count, 0.0)
    gap = np.isnan(heat)
    if gap.any():
        text = f"Stunden ohne Wärmewert ({100 * gap.mean():.1f} %): bleiben leer"
        where = instant(float((first + int(np.flatnonzero(gap)[0])) * HOUR_S))
        found.append(Finding(Rule.GAP, int(gap.sum()), text, where))
    known = None if usual is None else usual(first + np.arange(count, dtype=np.int64))
    temp, measured = filled(temp, first / 24, 24, found, known)
    return Hourly(first, heat, temp, measured)


def _daily(hourly: Hourly) -> Daily:
    day, _ = calendar.local(hourly.first_hour, hourly.heat.size)
    first = int(day[0])
    place = day - first
    count = int(place[-1]) + 1
    hours = np.bincount(place, minlength=count)
    least = _WHOLE_DAY * 24
    temp = np.bincount(place, hourly.temp_c, count) / hours
    measured = np.bincount(place, hourly.measured, count) >= least
    warmest, coldest = np.full(count, -np.inf), np.full(count, np.inf)
    np.maximum.at(warmest, place, hourly.temp_c)
    np.minimum.at(coldest, place, hourly.temp_c)
    return Daily(first, _means(place, hourly.heat, count, least), temp, measured, warmest - coldest)


def _daily_from(values: Values, found: list[Finding], usual: Usual | None) -> Daily:
    """Return days of rows that are farther apart than an hour."""
    day = calendar.ordinal_of(values.time_s)
    first = int(day[0])
    count = int(day[-1]) - first + 1
    least = np.ones(count)
    wanted = _WHOLE_DAY * DAY_S / values.step_s
    least[day - first] = np.where(wanted < 2, 1.0, wanted)
    heat = _means(day - first, values.heat, count, least)
    temp = _means(day - first, values.temp_c, count, 0.0)
    gap = np.isnan(heat)
    if gap.any():
        found.append(Finding(Rule.GAP, int(gap.sum()), "Tage ohne Wärmewert: bleiben leer"))
    begin = first - calendar.EPOCH_DAY
    hours = begin * 24 + np.arange(count * 24, dtype=np.int64)
    known = None if usual is None else usual(hours).reshape(-1, 24).mean(axis=1)
    temp, measured = filled(temp, begin, 1, found, known)
    return Daily(first, heat, temp, measured, np.zeros(count))


def _means(place: Ints, values: Floats, count: int, least: Floats | float) -> Floats:
    """Return the mean of what is known at each place, NaN where it is fewer than ``least``."""
    known = ~np.isnan(values)
    number = np.bincount(place[known], minlength=count)
    total = np.bincount(place[known], values[known], count)
    found: Floats = np.where(
        number >= np.maximum(least, 1.0), total / np.maximum(number, 1), np.nan
    )
    return found
