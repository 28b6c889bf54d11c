"""Bands that hold what they promise: quantiles of past errors, corrected by what they missed.

Source: I. Gibbs, E. Candes, Adaptive conformal inference under distribution shift, NeurIPS 34
(2021), each side of the band on its own.
"""

from __future__ import annotations

import numpy as np

from edge.heat.forecast.table import Floats

LEAST = 10  # errors to learn a size from
SIDE = 0.1  # of the values lie below an 80 % band, as many above
RATE = 0.03  # by which a side answers to one miss
_NOTHING = 1e-9  # the size of errors of a meter that always says 0
_LEAST, _MOST = 0.002, 0.30
_FLOOR = 0.02  # of the mean: no forecast is surer than this


def spread(predicted: Floats, error: Floats) -> tuple[float, float]:
    """Return a, b >= 0 such that mean absolute errors are about a + b * predicted.

    1, 0 where too few errors are known.
    """
    known = ~(np.isnan(predicted) | np.isnan(error))
    if known.sum() < LEAST:
        return 1.0, 0.0
    mean = float(predicted[known].mean())
    design = np.stack([np.ones(int(known.sum())), predicted[known]], 1)
    a, b = np.linalg.lstsq(design, np.abs(error[known]), rcond=None)[0]
    if b < 0:
        a, b = np.abs(error[known]).mean(), 0.0
    elif a < 0:
        b = float((design[:, 1] * np.abs(error[known])).sum() / (design[:, 1] ** 2).sum())
        a = 0.0
    return max(float(a), _FLOOR * mean, _NOTHING), float(b)


class Side:
    """The share of values to lie beyond one side of a band, as it is adapted."""

    def __init__(self) -> None:
        self.share = SIDE

    def told(self, missed: float) -> None:
        """Learn of what share of the values that came lay beyond."""
        self.share = min(max(self.share + RATE * (SIDE - missed), _LEAST), _MOST)
