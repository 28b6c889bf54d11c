"""How a building's heat was run: a meter's values on whole hours."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import numpy as np

from edge.heat.forecast import calendar
from edge.heat.forecast.table import Bools, Floats, Ints

YEAR_H = 8_766
WHOLE_YEAR_DAYS = 330  # from so many days on, known well, a year may be spoken of
WHOLE_SHARE = 0.8
_WHOLE_DAY_H = 20


@dataclass(frozen=True)
class Operation:
    """Hours in a row from ``first_hour`` (UTC hours since 1970); NaN where unknown.

    ``heat``, ``cooling`` kWh/h; ``volume`` m3/h; ``flow_c``, ``return_c``, ``outdoor_c`` degC.
    ``leap`` is what a counter caught up within an hour, kWh, too much to be that hour's heat.
    ``heat_step`` is what the meter counts in, kWh/h, 0 if unknown; ``is_spread``: a coarse
    counter's heat was spread evenly, so that hours say nothing of themselves.
    """

    first_hour: int
    heat: Floats
    volume: Floats
    flow_c: Floats
    return_c: Floats
    cooling: Floats
    outdoor_c: Floats
    leap: Floats
    heat_step: float = 0.0
    is_spread: bool = False
    _local: tuple[Ints, Ints] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_local", calendar.local(self.first_hour, self.heat.size))

    @property
    def day(self) -> Ints:
        """The local day of each hour, an ordinal."""
        return self._local[0]

    @property
    def hour(self) -> Ints:
        """The local hour of the day of each hour."""
        return self._local[1]

    def date_at(self, index: int) -> date:
        """Return the local day of an hour."""
        return date.fromordinal(int(self.day[index]))

    @cached_property
    def place(self) -> Ints:
        """The number of each hour's day from the first day on."""
        found: Ints = self.day - self.day[0]
        return found

    @cached_property
    def days(self) -> Ints:
        """The days, ordinals in a row."""
        return np.arange(int(self.day[0]), int(self.day[-1]) + 1, dtype=np.int64)

    def daily(self, values: Floats, least: int = _WHOLE_DAY_H) -> Floats:
        """Return the mean of each day with at least so many known hours."""
        known = ~np.isnan(values)
        count = np.bincount(self.place[known], minlength=self.days.size)
        total = np.bincount(self.place[known], values[known], self.days.size)
        found: Floats = np.where(count >= least, total / np.maximum(count, 1), np.nan)
        return found

    def year(self, known: Bools, first: int) -> tuple[int, float | None]:
        """Return from which index on to sum, and what turns that sum into a year's.

        The last year of what begins at ``first``, made whole for its unknown hours; None and
        ``first`` if less than a year was seen, or too little of it.
        """
        begin = max(first, known.size - YEAR_H)
        some = known[begin:]
        if some.size < WHOLE_YEAR_DAYS * 24 or some.mean() < WHOLE_SHARE:
            return first, None
        return begin, YEAR_H / int(some.sum())


def last_run(flags: Bools) -> int:
    """Return the index from which on all flags are true; their number if the last one is not."""
    false = np.flatnonzero(~flags)
    return int(false[-1]) + 1 if false.size else 0
