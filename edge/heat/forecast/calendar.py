"""Local days and hours, the week, holidays, and where the sun stands.

Source: declination after P. I. Cooper, The absorption of radiation in solar stills, Solar Energy 12
(1969) 333-346; day length and elevation from the spherical triangle of pole, zenith and sun.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache

import numpy as np
import numpy.typing as npt

from edge.heat.forecast.table import ZONE, Floats, Ints
from edge.village.holidays import holiday

# Middle of Germany. Only how the year and the day run matters, so one place does for all of it.
LATITUDE_DEG, LONGITUDE_DEG = 51.0, 10.0
SUNDAY = 6
EPOCH_DAY = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Days:
    """Facts of local days, one entry a day.

    ``ordinal`` proleptic Gregorian; ``weekday`` 0 Monday to 6 Sunday, holidays are Sundays;
    ``year_angle`` radians since the new year; ``light_h`` hours from sunrise to sunset.
    """

    ordinal: Ints
    weekday: Ints
    year_angle: Floats
    light_h: Floats

    @property
    def before_rest(self) -> npt.NDArray[np.bool_]:
        """Whether the day after is a Saturday, Sunday or holiday."""
        after = days(self.ordinal + 1).weekday
        return after >= SUNDAY - 1


def days(ordinal: Ints) -> Days:
    """Return what is to be said of days."""
    facts = [_day(int(day)) for day in ordinal]
    angle = np.array([fact[1] for fact in facts], dtype=np.float64)
    sunset = np.arccos(np.clip(-np.tan(_LATITUDE) * np.tan(_declination(angle)), -1.0, 1.0))
    return Days(
        ordinal,
        np.array([fact[0] for fact in facts], dtype=np.int64),
        angle,
        np.degrees(sunset) / 7.5,
    )


def sun_height(hour: Ints, year_angle: Floats) -> Floats:
    """Return the sine of the sun's elevation in the middle of UTC hours since 1970, at least 0."""
    solar_h = (hour % 24) + 0.5 + LONGITUDE_DEG / 15.0
    declination = _declination(year_angle)
    height = np.sin(_LATITUDE) * np.sin(declination) + np.cos(_LATITUDE) * np.cos(
        declination
    ) * np.cos((solar_h - 12.0) * np.pi / 12.0)
    found: Floats = np.maximum(height, 0.0)
    return found


def local(first_hour: int, count: int) -> tuple[Ints, Ints]:
    """Return ordinal day and hour of day on local clocks of UTC hours since 1970 in a row."""
    hours = np.arange(first_hour, first_hour + count, dtype=np.int64)
    utc_days, place = np.unique(hours // 24, return_inverse=True)
    # the clock changes at 01:00 UTC on one hour of the day at most: ask at both ends of a day
    at_start = np.array([_offset_h(int(day) * 24) for day in utc_days], dtype=np.int64)
    at_end = np.array([_offset_h(int(day) * 24 + 23) for day in utc_days], dtype=np.int64)
    shift = np.where(hours % 24 >= 1, at_end[place], at_start[place])
    shown = hours + shift
    return shown // 24 + EPOCH_DAY, shown % 24


def ordinal_of(time_s: Ints) -> Ints:
    """Return the ordinal local day in which UTC seconds since 1970 lie."""
    hour = time_s // 3600
    first = int(hour.min())
    day, _ = local(first, int(hour.max()) - first + 1)
    found: Ints = day[hour - first]
    return found


def day_of_year(ordinal: Ints) -> Ints:
    """Return each day's number in a leap year: 29 February is 60, 1 March always 61."""
    first = int(ordinal.min())
    known = [
        date.fromordinal(day).replace(year=2000).timetuple().tm_yday
        for day in range(first, int(ordinal.max()) + 1)
    ]
    found: Ints = np.array(known, dtype=np.int64)[ordinal - first]
    return found


def first_hour(ordinal: int) -> int:
    """Return the UTC hour since 1970 at which a local day begins."""
    midnight = datetime.combine(date.fromordinal(ordinal), datetime.min.time(), ZONE)
    return int(midnight.timestamp()) // 3600


@cache
def _offset_h(hour: int) -> int:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(hours=hour)
    shift = moment.astimezone(ZONE).utcoffset()
    return int((shift or timedelta()).total_seconds() // 3600)


@cache
def _day(ordinal: int) -> tuple[int, float]:
    day = date.fromordinal(ordinal)
    weekday = SUNDAY if holiday(day) else day.weekday()
    return weekday, 2 * np.pi * (day.timetuple().tm_yday - 1) / 365.25


_LATITUDE = np.radians(LATITUDE_DEG)


def _declination(year_angle: Floats) -> Floats:
    # day 284 of the year is where the sine begins: 81 days before it ends
    found: Floats = np.radians(23.45) * np.sin(year_angle + 2 * np.pi * 285 / 365.25)
    return found
