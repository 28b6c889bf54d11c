"""Degree days, and what a year of normal weather would have needed.

Degree days ``GTZ`` in K d: over all days whose mean outside temperature is below the heating
limit of 15 degC, the sum of 20 degC minus that mean (``G 20/15``). Consumption of a year is made
of a part that follows the weather and one that does not (hot water):

    normal = part_of_hot_water * consumption + rest * GTZ_normal / GTZ_year

Source: VDI 3807 Part 1 and VDI 4710 Part 2 (degree days G 20/15, adjustment of consumption to
weather, without the part that does not depend on it); WPG annex 1 (mean of three years).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from edge.heat.errors import CadastreError

ROOM_DEGC = 20.0
HEATING_LIMIT_DEGC = 15.0
MEAN_YEARS = 3  # WPG annex 1
MOST_GAP = 10  # days of a year without a mean: more would shift it by over 1 %
LOWEST_DEGC, HIGHEST_DEGC = -40.0, 40.0  # daily means: none outside in Germany's records


def degree_days(means: Iterable[float]) -> float:
    """Return degree days G 20/15 in K d of daily mean temperatures in degC.

    :raises CadastreError: if a mean is none of this climate.
    """
    total = 0.0
    for mean in means:
        if not LOWEST_DEGC <= mean <= HIGHEST_DEGC:
            raise CadastreError(
                f"{mean} is no daily mean temperature",
                hint=f"Tagesmittel liegen zwischen {LOWEST_DEGC:.0f} und {HIGHEST_DEGC:.0f} °C.",
            )
        if mean < HEATING_LIMIT_DEGC:
            total += ROOM_DEGC - mean
    return total


def yearly(means: Mapping[date, float]) -> dict[int, float]:
    """Return degree days in K d of each calendar year that is known well enough.

    A year in which more than `MOST_GAP` days are absent is left out; up to then, days that are
    absent count as the mean of the same month's other days.

    :raises CadastreError: as :func:`degree_days`.
    """
    months: dict[tuple[int, int], list[float]] = {}
    for day, mean in means.items():
        months.setdefault((day.year, day.month), []).append(degree_days([mean]))
    found: dict[int, float] = {}
    for year in sorted({year for year, _ in months}):
        total, gaps = 0.0, 0
        for month in range(1, 13):
            days = (date(year + month // 12, month % 12 + 1, 1) - date(year, month, 1)).days
            known = months.get((year, month), [])
            gaps += days - len(known)
            total += math.fsum(known) / len(known) * days if known else 0.0
        if gaps <= MOST_GAP:
            found[year] = total
    return found


def normalised(kwh: float, gtz_year: float, gtz_normal: float, hot_water: float = 0.0) -> float:
    """Return what a year's consumption in kWh would have been in normal weather.

    ``hot_water`` is the share of consumption, 0 to below 1, that does not follow the weather.

    :raises CadastreError: if degree days are not above 0 or the share is none.
    """
    if gtz_year <= 0 or gtz_normal <= 0 or not 0 <= hot_water < 1:
        raise CadastreError(
            "no degree days, or no share",
            hint="Gradtagszahlen sind größer als 0, der Warmwasseranteil liegt zwischen 0 und 1.",
        )
    return kwh * (hot_water + (1 - hot_water) * gtz_normal / gtz_year)


@dataclass(frozen=True, slots=True)
class YearMean:
    """A building's consumption in a normal year: the mean in kWh and the years it is of.

    ``spread`` is the standard deviation of the years' logarithms about their mean, None for one
    year.
    """

    kwh: float
    years: tuple[int, ...]
    adjusted: bool
    spread: float | None


def three_years(
    consumption: Mapping[int, float],
    gtz: Mapping[int, float],
    gtz_normal: float | None,
    hot_water: float = 0.0,
) -> YearMean | None:
    """Return the mean of the last three years with weather taken out; None if there is no year.

    A year without degree days is left out as soon as another has them; if none has, or no normal
    is known, the mean is of what was consumed and ``adjusted`` is False. Years of 0 kWh or less
    stood empty or are wrong and do not count.
    """
    usable = {year: kwh for year, kwh in consumption.items() if kwh > 0}
    known = [year for year in usable if gtz.get(year, 0.0) > 0]
    adjusted = gtz_normal is not None and bool(known)
    chosen = sorted(known if adjusted else usable)[-MEAN_YEARS:]
    if not chosen:
        return None
    values = [
        normalised(usable[year], gtz[year], gtz_normal, hot_water)
        if adjusted and gtz_normal is not None
        else usable[year]
        for year in chosen
    ]
    logs = [math.log(value) for value in values]
    middle = math.fsum(logs) / len(logs)
    spread = (
        math.sqrt(math.fsum((one - middle) ** 2 for one in logs) / (len(logs) - 1))
        if len(logs) > 1
        else None
    )
    return YearMean(math.fsum(values) / len(values), tuple(chosen), adjusted, spread)
