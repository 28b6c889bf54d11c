"""What sums of households say of their cohorts, for the model: one observation each.

Nobody knows which of a cohort's buildings are in a sum. They are taken to be like any of those that
could be: effects by the cohort's mean, and how its classes and states differ adds to what a
building has of its own. Taken by expected kWh, a sum of n has the squares of its shares at most
``EVEN / n`` together, which is what it counts with, so its band is rather too wide.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from edge.heat.estimate import Told, codes, effect_rows
from edge.heat.prior import CLASSES, Flags, Floats, Prior, class_of
from edge.heat.sums import EVEN, HouseholdSum, middle_of
from edge.heat.typology import STATES, Typology


def told(
    prior: Prior, could_be: Flags, typology: Typology, sums: Sequence[HouseholdSum]
) -> list[Told]:
    """Return what each sum says; one of whose cohort no building is left says nothing.

    ``could_be``: whose household could be in a sum, in the prior's order.
    """
    classes = [class_of(code) for code in range(CLASSES)]
    found: list[Told] = []
    for one in sums:
        holds = np.array([one.holds(each) for each in classes])
        there: Flags = could_be & holds[prior.group]
        if there.any():
            found.append(_told(prior, there, typology, one))
    return found


def _told(prior: Prior, there: Flags, typology: Typology, one: HouseholdSum) -> Told:
    at = np.flatnonzero(there)
    kwh = np.exp(prior.middle[at] - prior.middle[at].max())
    weights = kwh / kwh.sum()
    row: Floats = weights @ effect_rows(codes(prior, at))
    spread = typology.spread
    mixed = spread["class"] ** 2 * _unlike(row[1 : 1 + CLASSES])
    mixed += spread["refurbishment"] ** 2 * _unlike(row[-len(STATES) :])
    moved = one.kwh_m2 / middle_of(typology, (one.type, one.age))
    return Told(
        row=row,
        log=math.log(one.percent / 100 * moved),
        own=float(weights @ prior.spread[at] ** 2),
        more=float(weights @ prior.more[at] ** 2) + spread["year"] ** 2 + mixed,
        share=EVEN / one.households,
    )


def _unlike(shares: Floats) -> float:
    """Return how likely two of these shares differ."""
    return 1 - float((shares**2).sum())
