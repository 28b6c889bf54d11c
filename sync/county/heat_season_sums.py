"""Seasons of several meters added up, with a band that is neither sum nor wish. Pure.

What is expected adds up. Of a meter's band three parts are known (`edge.heat.season.series`):

- the winter's: it is one winter for all, so it adds up;
- the level's, how much more a building needs from one year to the next: nobody knows how much of it
  all have in common (prices, an order to save), so all are taken to move to one side: it adds up;
- that of single days is each meter's own: in quadrature.

The three are independent: in quadrature. Never wider than the sum of all sides.

Source: JCGM 100:2008 (GUM), 5.1.2 and 5.2.2 (correlated input quantities).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from sync.county.heat_season_meter import Made


@dataclass(frozen=True, slots=True)
class Summed:
    """A season in kWh; ``naive``, ``mild`` and ``cold`` are None where not all meters have them.

    ``years``: the winters that all meters have; ``mild`` and ``cold`` are of these.
    """

    measured: float
    total: float
    low: float
    high: float
    naive: float | None
    mild: float | None
    cold: float | None
    years: tuple[int, ...]


def summed(meters: Sequence[Made]) -> Summed:
    """Return the season of all meters together; at least one, in any order."""
    some = sorted(meters, key=lambda one: (one.hub, one.device))
    total = math.fsum(one.total for one in some)
    measured = math.fsum(one.measured for one in some)
    side = math.hypot(
        math.fsum(one.by_weather for one in some),
        math.fsum(one.by_level for one in some),
        *(one.by_days for one in some),
    )
    years = sorted(set.intersection(*(set(one.as_in) for one in some)))
    winters = [math.fsum(one.as_in[year] for one in some) for year in years]
    naive = [one.naive for one in some if one.naive is not None]
    return Summed(
        measured,
        total,
        max(total - side, measured),
        total + side,
        math.fsum(naive) if len(naive) == len(some) else None,
        min(winters, default=None),
        max(winters, default=None),
        tuple(years),
    )
