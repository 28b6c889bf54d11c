"""Forecasts of the county's meters added up, as a hub adds up those of a network's stations.

What adds up and what does not: `edge.heat.forecast.sums`.
"""

from __future__ import annotations

from collections.abc import Sequence

from edge.heat.forecast import sums
from edge.heat.forecast.sums import Part, Summed
from edge.heat.forecast.table import Floats
from sync.county.heat_meter import Made

__all__ = ["Summed", "by_day", "summed"]


def summed(meters: Sequence[Made]) -> Summed:
    """Return the hours of all meters together; at least one, all of one moment, in any order."""
    return sums.summed([_part(one) for one in meters])


def by_day(meters: Sequence[Made]) -> Summed:
    """Return the whole local days within the hours of all meters."""
    return sums.by_day([_part(one) for one in meters])


def _part(one: Made) -> Part:
    def array(name: str) -> Floats:
        values: Floats | None = getattr(one, name)
        if values is None:
            raise ValueError(f"{one.device} was not forecast")
        return values

    return Part((one.hub, one.device), one.begin, *(array(name) for name in _ARRAYS))


_ARRAYS = ("expected", "low", "high", "naive", "unsure", "missed", "day_low", "day_high")
