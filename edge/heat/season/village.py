"""The village's season, from the cadastre's estimate and the degree days that it has by year.

With ``E`` kWh of a normal year, hot water's share ``w``, ``GTZ`` degree days G 20/15 in K d:

    season = E [w days / 365.25 + (1 - w) (KD / GTZ_normal + share * x)]

``KD`` are the season's degree days up to a day, 0 before it begins; ``share`` is what of a year's
usually falls on the rest; ``x`` is ``GTZ_year / GTZ_normal``, of which the years in the cadastre
give mean and spread. The rest of a season varies as the square root of its share. Instead of ``x``
the naive one takes the last year's.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from edge.heat.errors import CadastreError
from edge.heat.season.chance import USUAL, Z80, following
from edge.heat.season.winter import SHARE, Winter, winter_of

MOST_YEARS = 20  # older winters were colder ones
_YEAR_DAYS = 365.25


@dataclass(frozen=True, slots=True)
class Village:
    """What is known: the estimate and its 80 % band in kWh, and the degree days by year in K d."""

    kwh: float
    low: float
    high: float
    hot_water: float
    normal_kd: float
    years: Mapping[int, float]


@dataclass(frozen=True, slots=True)
class Season:
    """A season's kWh with its 80 % band.

    ``so_far`` of it is known by its weather. ``naive``: as in the last year, ``naive_year``.
    ``mild`` and ``cold``: as in the mildest and the coldest of the ``years``.
    """

    winter: Winter
    on: date
    so_far: float
    kwh: float
    low: float
    high: float
    naive: float
    naive_year: int
    mild: float
    cold: float
    years: int


def season(village: Village, on: date, kd_so_far: float | None = None) -> Season:
    """Return the season that ``on`` is in, else the next one; what is before ``on`` is known.

    :raises CadastreError: if no year has degree days, or those of a season that has begun lack, or
        there are some of one that has not.
    """
    winter = winter_of(on)
    seen = {year: kd for year, kd in village.years.items() if year < winter.year + 1}
    ratios = [seen[year] / village.normal_kd for year in sorted(seen)[-MOST_YEARS:]]
    if not ratios:
        raise CadastreError(
            "no degree days",
            hint="Im Kataster fehlen Gradtagszahlen vergangener Jahre; einlesen mit "
            'kind = "degree_days" (docs/heat-cadastre.md).',
        )
    begun = on > winter.first
    if begun and kd_so_far is None:
        raise CadastreError(
            "degree days of this season are absent",
            hint="Die Heizzeit hat begonnen. Bitte ihre Gradtage (G 20/15) seit dem 1. Oktober "
            f"{winter.year} nennen: --kd ZAHL",
        )
    if not begun and kd_so_far:
        raise CadastreError(
            "degree days of a season that has not begun",
            hint=f"Die Heizzeit beginnt erst am {winter.first:%d.%m.%Y}; bitte --kd weglassen oder "
            "den Tag nennen, bis zu dem gezählt ist: --on JJJJ-MM-TT",
        )
    known = (kd_so_far or 0.0) / village.normal_kd
    rest = winter.share_from(on)
    water, space = village.hot_water, 1 - village.hot_water
    base = water * winter.days / _YEAR_DAYS + space * known

    def total(x: float) -> float:
        return village.kwh * (base + space * rest * x)

    after = following(ratios, USUAL)
    weather = village.kwh * space * math.sqrt(rest * SHARE) * after.deviation
    kwh = total(after.mean)
    own = math.log(village.high / village.low) / (2 * Z80)
    spread = after.t80 * math.hypot(own, weather / kwh)
    gone = (min(on, winter.end) - winter.first).days if begun else 0
    return Season(
        winter=winter,
        on=on,
        so_far=village.kwh * (water * gone / _YEAR_DAYS + space * known),
        kwh=kwh,
        low=kwh * math.exp(-spread),
        high=kwh * math.exp(spread),
        naive=total(ratios[-1]),
        naive_year=max(seen),
        mild=total(min(ratios)),
        cold=total(max(ratios)),
        years=len(ratios),
    )
