"""A meter that was swapped for one that counts in another unit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from edge.heat.forecast.findings import Finding, Rule
from edge.heat.forecast.table import Floats, Ints

_WINDOW_DAYS = 21
_LEAST_DAYS = 10  # known and above zero in each window
_STEP_K = 3.0  # days whose temperatures lie within one such step are alike
_LEAST_IN_STEP, _LEAST_STEPS = 3, 2
_AROUND_H = 36  # a day that is half of each lies before or after the day of the jump
_BEYOND_HOUSES = 3  # decades: a thousand times as much at like weather is no house's season
_OFF_FAR = 0.35  # decades by which such a jump may miss its power of ten
_OFF = 0.1  # decades by which a jump may miss a power of ten at any temperature


@dataclass(frozen=True, slots=True)
class Jump:
    """From ``day`` (ordinal) on, values are ``factor`` (a power of ten) times what they were."""

    day: int
    factor: float

    def mended(self, heat: Floats, ordinal: Ints) -> Floats:
        """Return values in the unit from before the jump; ``ordinal`` is the day of each."""
        return np.where(ordinal >= self.day, heat / self.factor, heat)

    def mended_hours(self, heat: Floats, day: Ints) -> Floats:
        """Return hours in the unit from before the jump; ``day`` is the ordinal of each.

        The hour of the jump, around midnight of its day, is where both sides are most alike in
        themselves.
        """
        begin = int(np.searchsorted(day, self.day))
        first, end = max(0, begin - _AROUND_H), min(heat.size, begin + _AROUND_H)
        with np.errstate(divide="ignore", invalid="ignore"):
            level = np.where(heat > 0, np.log10(heat), np.nan)[first:end]
        old = np.nanmedian(level[: begin - first])
        new = np.nanmedian(level[begin - first :])
        nearer_old = np.nan_to_num((level - new) ** 2 - (level - old) ** 2)
        at = first + int(np.argmax(np.r_[0.0, np.cumsum(nearer_old)]))
        return np.where(np.arange(heat.size) >= at, heat / self.factor, heat)

    @property
    def finding(self) -> Finding:
        """What is told of it."""
        text = f"ab hier das {self.factor:g}-fache (andere Einheit nach Zählertausch): umgerechnet"
        return Finding(Rule.UNIT_JUMP, 1, text, date.fromordinal(self.day).isoformat())


def unit_jump(heat: Floats, temp_c: Floats, first_day: int) -> Jump | None:
    """Find one jump of daily values by a power of ten that stays and is not the weather's.

    A candidate is a day with no value of the three weeks before among those of the three weeks
    after; it holds if at every temperature that both sides saw the later values are as many times
    the earlier.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        level = np.where(heat > 0, np.log10(heat), np.nan)
    best: tuple[float, Jump] | None = None
    for at in range(_LEAST_DAYS, heat.size - _LEAST_DAYS + 1):
        before = level[max(0, at - _WINDOW_DAYS) : at]
        after = level[at : at + _WINDOW_DAYS]
        if min((~np.isnan(before)).sum(), (~np.isnan(after)).sum()) < _LEAST_DAYS:
            continue
        gap = max(
            np.nanmin(after) - np.nanmax(before),
            np.nanmin(before) - np.nanmax(after),
        )
        if gap <= 0 or (best is not None and gap <= best[0]):
            continue
        power = _same_everywhere(level, temp_c, at)
        if power:
            best = (float(gap), Jump(first_day + at, 10.0**power))
    return best[1] if best is not None else None


def _same_everywhere(level: Floats, temp_c: Floats, at: int) -> int:
    """Return by how many decades values from ``at`` on are higher at like temperatures."""
    known = ~np.isnan(level)
    later = np.arange(level.size) >= at
    step = np.floor(temp_c / _STEP_K)
    found = []
    for here in np.unique(step):
        old, new = (level[known & (step == here) & side] for side in (~later, later))
        if min(old.size, new.size) >= _LEAST_IN_STEP:
            found.append(float(np.median(new) - np.median(old)))
    if len(found) < _LEAST_STEPS:
        return 0
    middle = float(np.median(found))
    power = round(middle)
    if abs(power) >= _BEYOND_HOUSES:
        spread = float(np.median(np.abs(np.array(found) - middle)))
        return power if max(abs(middle - power), spread) <= _OFF_FAR else 0
    # at each temperature, not at most: a season's end leaves the base load of mild days as it was
    return power if float(np.abs(np.array(found) - power).max()) <= _OFF else 0
