"""How far apart winters are, and the ends of an 80 % band from few of them.

Source: Student's t by its expansion in 1 / degrees of freedom (Abramowitz and Stegun, Handbook of
Mathematical Functions, 26.7.5); pooled variance as the posterior of a normal one (Gelman et al.,
Bayesian Data Analysis, chapter 2).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

Z80 = 1.2815515655446004  # as `edge.heat.prior.Z80`, which needs numpy
USUAL = 0.08  # standard deviation between winters as a share, before any was seen
_WORTH = 4  # winters that `USUAL` counts as


@dataclass(frozen=True, slots=True)
class Next:
    """What the next of several alike is likely to be: mean, standard deviation, what t to take."""

    mean: float
    deviation: float
    t80: float


def following(seen: Sequence[float], usual: float) -> Next:
    """Return what follows on ``seen``, of which there is at least one.

    ``usual`` is the standard deviation that is believed before any was seen.
    """
    count = len(seen)
    mean = math.fsum(seen) / count
    squares = math.fsum((one - mean) ** 2 for one in seen)
    freedom = _WORTH + count - 1
    variance = (_WORTH * usual**2 + squares) / freedom
    return Next(mean, math.sqrt(variance * (1 + 1 / count)), t80(freedom))


def t80(freedom: int) -> float:
    """Return the 90 % quantile of Student's t."""
    z = Z80
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / freedom + second / freedom**2 + third / freedom**3
