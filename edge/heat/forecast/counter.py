"""Readings of a counter, and what was counted between them."""

from __future__ import annotations

import numpy as np

from edge.heat.forecast.findings import Finding, Rule
from edge.heat.forecast.table import Floats, Ints, instant

_SHARE = 0.998  # of the steps of a counter go up or stay
_LEAST_ROWS, _LEAST_UPS = 100, 30
_DOWNS, _DOWN_SHARE = (
    2,
    0.01,
)  # as often it may fall, of how often it rises: consumption falls often
_HOUR_S = 3_600


def is_counter(heat: Floats) -> bool:
    """Whether the values are readings of a counter: they rise, and next to never fall."""
    steps = np.diff(heat[~np.isnan(heat)])
    ups, downs = int((steps > 0).sum()), int((steps < 0).sum())
    return (
        steps.size >= _LEAST_ROWS - 1
        and ups >= _LEAST_UPS
        and downs <= max(_DOWNS, _DOWN_SHARE * ups)
        and downs <= (1.0 - _SHARE) * steps.size
    )


def coarse_step(time_s: Ints, readings: Floats) -> float:
    """Return a counter's step if that is more than an hour's mean heat, else 0."""
    steps = np.diff(readings)
    rises = steps[steps > 0]
    if not rises.size:
        return 0.0
    smallest = float(np.quantile(rises, 0.1))
    return smallest if smallest > rises.sum() / ((time_s[-1] - time_s[0]) / _HOUR_S) else 0.0


def differences(time_s: Ints, heat: Floats, found: list[Finding]) -> tuple[Floats, bool]:
    """Return heat per hour between readings, standing at the earlier one's time.

    True beside it where the counter's steps are coarser than an hour's heat: then heat is spread
    evenly from one step to the next, which says something of days and nothing of hours.
    """
    known = np.flatnonzero(~np.isnan(heat))
    found.append(
        Finding(
            Rule.COUNTER,
            int(known.size),
            "Zählerstände statt Verbrauch: die Differenz je Stunde gebildet",
        )
    )
    steps = np.diff(heat[known])
    step = coarse_step(time_s[known], heat[known])
    coarse = step > 0
    if coarse:
        text = (
            f"Zähler zählt in Schritten von {step:.4g}, mehr als in einer Stunde: gleichmäßig "
            "verteilt, nur Tage bewertet"
        )
        found.append(Finding(Rule.COARSE_COUNTER, int((steps > 0).sum()), text))
        readings = known[np.r_[False, steps != 0]]
    else:
        readings = known
    gain = np.diff(heat[readings]) / np.diff(time_s[readings]) * _HOUR_S
    swapped = gain < 0
    if swapped.any():
        text = "Zählerstand fällt (Zähler getauscht): die Differenz ausgelassen"
        where = instant(float(time_s[readings[:-1]][swapped][0]))
        found.append(Finding(Rule.METER_SWAP, int(swapped.sum()), text, where))
    gain = np.where(swapped, np.nan, gain)
    rate = np.full(heat.size, np.nan)
    if coarse:
        between = np.searchsorted(readings, known, side="right") - 1
        inside = (between >= 0) & (between < gain.size)
        rate[known[inside]] = gain[between[inside]]
    else:
        rate[readings[:-1]] = gain
    return rate, coarse
