"""What an hour's weather and calendar say of its heat, as columns of a linear model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edge.heat.forecast import calendar
from edge.heat.forecast.series import Hourly
from edge.heat.forecast.table import Floats, Ints
from edge.heat.forecast.weather import remembered

_FREE = 9.0


@dataclass(frozen=True, slots=True)
class HourTerms:
    """``columns`` (hours, terms), ``spread`` as of ``Design``; local ``day`` and ``hour``."""

    columns: Floats
    spread: Floats
    day: Ints
    hour: Ints


def hour_terms(hourly: Hourly, balance_c: float) -> HourTerms:
    """Return the columns of hours in a row.

    Degrees (in 10 K) below the balance temperature and below one 8 K colder, of the temperature now
    and as it is remembered for 3 to 240 hours; what it changes in the hours around, within the day
    and to the next; weekday, eve, the weekend's change; the day's swing, light and the sun's
    height, each also in proportion to how much is heated; two waves of the year.
    """
    temp = hourly.temp_c
    day, hour = calendar.local(hourly.first_hour, temp.size)
    first = int(day[0])
    place = day - first
    days = calendar.days(np.arange(first, int(day[-1]) + 1, dtype=np.int64))
    warmest, coldest = np.full(days.ordinal.size, -99.0), np.full(days.ordinal.size, 99.0)
    np.maximum.at(warmest, place, temp)
    np.minimum.at(coldest, place, temp)
    swing = ((warmest - coldest) - 8.0)[place] / 5.0
    light = (days.light_h[place] - 12.0) / 4.0
    angle = days.year_angle[place]
    sun = calendar.sun_height(hourly.first_hour + np.arange(temp.size), angle)
    weekday = days.weekday[place]
    kept = {memory: remembered(temp, memory) for memory in (3.0, 12.0, 36.0, 90.0, 240.0)}

    def below(values: Floats, by: float = 0.0) -> Floats:
        found: Floats = np.maximum(0.0, balance_c - by - values) / 10.0
        return found

    mean = np.bincount(place, temp) / np.bincount(place)
    next_mean = np.r_[mean[1:], mean[-1:]]
    changes = (
        np.r_[temp[:1], temp[:-1]] - temp,
        np.r_[temp[:1], temp[:1], temp[:-2]] - temp,
        np.r_[temp[2:], temp[-1:], temp[-1:]] - temp,
        mean[place] - temp,
    )
    degrees = below(kept[36.0])
    heated = np.minimum(degrees, 1.0)
    weekend = (weekday >= calendar.SUNDAY - 1) * 1.0
    sunday = (weekday == calendar.SUNDAY) * 1.0
    terms: list[tuple[Floats, float]] = [
        (np.ones(temp.size), _FREE),
        (below(temp), 0.5),
        (below(kept[3.0]), 0.5),
        (below(kept[12.0]), 0.5),
        (degrees, _FREE),
        (below(kept[90.0]), 0.5),
        (below(kept[90.0], 8.0), 0.3),
        (below(kept[12.0], 8.0), 0.3),
        ((temp - balance_c) / 10.0, 0.1),
        ((kept[36.0] - balance_c) / 10.0, 0.1),
        *(((weekday == one) - 1.0 / 7.0, 0.2) for one in range(7)),
        (days.before_rest[place] * 1.0, 0.1),
        (weekend * degrees, 0.2),
        (sunday * degrees, 0.2),
        (swing, 0.1),
        (swing * heated, 0.1),
        (light, 0.2),
        (light * heated, 0.2),
        (sun, 0.2),
        (sun * heated, 0.2),
        *((change / 10.0, 0.3) for change in changes),
        *((change / 10.0 * heated, 0.3) for change in changes),
        ((next_mean - mean)[place] / 10.0, 0.3),
        (kept[240.0] / 10.0, 0.2),
        ((kept[240.0] - temp) / 10.0 * heated, 0.2),
        *((wave(k * angle), 0.1) for k in (1, 2) for wave in (np.sin, np.cos)),
    ]
    columns = np.stack([column for column, _ in terms], 1)
    return HourTerms(columns, np.array([spread for _, spread in terms]), day, hour)
