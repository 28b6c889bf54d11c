"""Temperatures and degree days for the county's season: its table, and what it sent its villages.

Where both know an hour, the table counts: it is measured.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

import numpy as np

from edge.cadastre.readings import HOUR_MS
from edge.heat.degree_days import degree_days, yearly
from edge.heat.forecast import calendar
from edge.heat.forecast.findings import SeriesError
from edge.heat.forecast.table import read_columns
from edge.heat.season.winter import winter_of
from edge.store.village_county import Forecast
from sync.errors import SyncError

MOST_YEARS = 20  # older winters were colder ones; as in `edge.heat.season.village`
WHOLE_DAY_H = 20  # of a day's hours: a day that lacks its night is another day
_ENOUGH = 0.95  # of a season's days so far; the others count as their mean
_HOUR_S = 3600
_MOST_ROWS_APART_S = 75 * 60  # as `dorfhub heat evaluate` tells hours from days


class NoWeather(SyncError):
    """The table of temperatures cannot be used."""


@dataclass(frozen=True)
class Past:
    """Degrees Celsius by UTC hour since 1970, of hours that were."""

    temp_c: Mapping[int, float]

    @cached_property
    def means(self) -> dict[date, float]:
        """The mean of each local day that is known well enough; twenty years take their time."""
        if not self.temp_c:
            return {}
        first, last = min(self.temp_c), max(self.temp_c)
        day, _ = calendar.local(first, last + 1 - first)
        by_day: dict[int, list[float]] = defaultdict(list)
        for hour, degrees in self.temp_c.items():
            by_day[int(day[hour - first])].append(degrees)
        return {
            date.fromordinal(one): math.fsum(some) / len(some)
            for one, some in by_day.items()
            if len(some) >= WHOLE_DAY_H
        }

    def years(self) -> dict[int, float]:
        """Return degree days G 20/15 in K d by year, of the years that are known well enough.

        :raises CadastreError: if a mean is none of this climate.
        """
        return yearly(self.means)

    def so_far(self, on: date) -> float | None:
        """Return degree days of the season from its begin to ``on``; None if days of it lack.

        :raises CadastreError: if a mean is none of this climate.
        """
        first = winter_of(on).first
        days = (min(on, winter_of(on).end) - first).days
        if days <= 0:
            return None
        known = [mean for day, mean in self.means.items() if first <= day < on]
        if len(known) < _ENOUGH * days:
            return None
        return degree_days(known) * days / len(known)


def past(table: Path | None, forecasts: Iterable[Forecast], now_ms: int) -> Past:
    """Return what is known of hours before now.

    :raises NoWeather: if ``table`` cannot be read, or is none of hours.
    """
    now = now_ms // HOUR_MS
    found = {
        one.valid_at // HOUR_MS: one.temperature_degc
        for one in forecasts
        if one.temperature_degc is not None and one.valid_at // HOUR_MS < now
    }
    if table is not None:
        found |= {hour: one for hour, one in _hours(table).items() if hour < now}
    least = now - MOST_YEARS * 366 * 24
    return Past({hour: one for hour, one in sorted(found.items()) if hour >= least})


def _hours(table: Path) -> dict[int, float]:
    try:
        with table.open(encoding="utf-8-sig") as lines:
            read = read_columns(lines, ["temp_c"])
    except (OSError, UnicodeDecodeError) as error:
        raise NoWeather(f"{table} cannot be read: {error}", hint=_UNREAD.format(name=table.name)) \
            from error  # fmt: skip
    except SeriesError as error:
        raise NoWeather(f"{table}: {error}", hint=f"{table.name}: {error.hint}") from error
    time_s, temp = read.time_s, read.values["temp_c"]
    order = np.argsort(time_s, kind="stable")
    time_s, temp = time_s[order], temp[order]
    apart = np.diff(time_s)
    if apart.size == 0 or np.median(apart) > _MOST_ROWS_APART_S:
        raise NoWeather(f"{table}: no hours", hint=_DAYS.format(name=table.name))
    good = ~np.isnan(temp) & (temp > -45.0) & (temp < 50.0)
    hour = time_s[good] // _HOUR_S
    some, place = np.unique(hour, return_inverse=True)
    means = np.bincount(place, temp[good]) / np.bincount(place)
    return dict(zip(some.tolist(), means.tolist(), strict=True))


_UNREAD = "{name} lässt sich nicht lesen ([county.heat] weather)."
_DAYS = "{name}: gebraucht werden Stundenwerte ([county.heat] weather)."
