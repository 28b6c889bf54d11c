"""The legal holidays of Hesse.

Source: Hessisches Feiertagsgesetz, section 1; Easter by the Gregorian rule (J. Meeus, Astronomical
Algorithms, chapter 8).
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

_FIXED = (
    (1, 1, "Neujahr"),
    (5, 1, "Tag der Arbeit"),
    (10, 3, "Tag der Deutschen Einheit"),
    (12, 25, "1. Weihnachtstag"),
    (12, 26, "2. Weihnachtstag"),
)
_AFTER_EASTER = (
    (-2, "Karfreitag"),
    (1, "Ostermontag"),
    (39, "Christi Himmelfahrt"),
    (50, "Pfingstmontag"),
    (60, "Fronleichnam"),
)


def holiday(day: date) -> str:
    """Return what a day is called, empty if it is none. Sundays are a matter of the week."""
    return _of(day.year).get(day, "")


def easter(year: int) -> date:
    """Return Easter Sunday of a year of the Gregorian calendar."""
    golden, century = year % 19, year // 100
    moon = (century - century // 4 - (8 * century + 13) // 25 + 19 * golden + 15) % 30
    moon -= moon // 28 * (1 - 29 // (moon + 1) * ((21 - golden) // 11))
    sunday = (year + year // 4 + moon + 2 - century + century // 4) % 7
    march = moon - sunday
    month = 3 + (march + 40) // 44
    return date(year, month, march + 28 - 31 * (month // 4))


@cache
def _of(year: int) -> dict[date, str]:
    found = {date(year, month, day): name for month, day, name in _FIXED}
    sunday = easter(year)
    return found | {sunday + timedelta(after): name for after, name in _AFTER_EASTER}
