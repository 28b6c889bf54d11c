"""The heating season: 1 October to 30 April."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

_OCTOBER, _MAY = 10, 5
# How a year's degree days fall on the season's months, per mille of the year: VDI 2067 part 1
# (December 1983), table 22
_SHARES = {10: 80, 11: 120, 12: 160, 1: 170, 2: 150, 3: 130, 4: 80}
SHARE = sum(_SHARES.values()) / 1000  # of the whole season


@dataclass(frozen=True, slots=True)
class Winter:
    """The season that begins in October of ``year``."""

    year: int

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, _OCTOBER, 1)

    @property
    def end(self) -> date:
        """The first day after it."""
        return date(self.year + 1, _MAY, 1)

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.end - self.first).days

    def same_day(self, other: Winter, day: date) -> date:
        """Return the day of this season that is ``day`` in another one."""
        if day == other.end:
            return self.end
        year = day.year + self.year - other.year
        return date(year, day.month, min(day.day, 28) if day.month == 2 else day.day)

    def share_from(self, day: date) -> float:
        """Return which share of a year's degree days usually falls on ``day`` to the end."""
        found, one = 0.0, max(day, self.first)
        while one < self.end:
            begin = one.replace(day=1)
            after = (begin + timedelta(days=31)).replace(day=1)
            found += _SHARES[one.month] / 1000 * ((after - one) / (after - begin))
            one = after
        return found


def winter_of(day: date) -> Winter:
    """Return the season that a day is in, else the next one."""
    return Winter(day.year - 1 if day.month < _MAY else day.year)
