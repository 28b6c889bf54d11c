"""Buildings as arrays: what the typology says of each, and how sure that is.

The model (:mod:`edge.heat.estimate`) works on logarithms of kWh a year.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge.heat.building import AGE_CLASSES, Building, BuildingType
from edge.heat.said import Method, Said
from edge.heat.typology import STATES, UNKNOWN, Typology, log_mean

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

Z80 = 1.2815515655446004  # from the middle of a normal distribution to the end of its 80 % band
_TYPES = tuple(BuildingType)
_AGES = (*AGE_CLASSES, UNKNOWN)
CLASSES = len(_TYPES) * len(_AGES)
_METHOD_FACTOR = {Method.MEASURED: 0.5, Method.BILL: 1.0, Method.SURVEY: 1.0, Method.ESTIMATED: 2.0}
_SMALL_M2, _MIDDLE_M2 = 250.0, 1500.0  # where nobody said how many homes there are
_SMALL_UNITS, _MIDDLE_UNITS = 2, 12


@dataclass(frozen=True, slots=True)
class Prior:
    """One entry a building, in the order given.

    ``middle``: natural logarithm of kWh a year by the typology. ``spread``: standard deviation of a
    building of that kind about its class; ``more``: that of what is not known of this one (area,
    type, age). ``group``: index of its type and age class, ``state`` of its refurbishment in
    `STATES`. ``area`` in m2 of the typology's area.
    """

    numbers: Ints
    middle: Floats
    spread: Floats
    more: Floats
    group: Ints
    state: Ints
    area: Floats


def prior(buildings: Sequence[Building], typology: Typology) -> Prior:
    """Return what the typology says of buildings."""
    rows = [_one(one, typology) for one in buildings]
    table = np.array(rows, dtype=np.float64).reshape(len(rows), 6)
    return Prior(
        numbers=np.array([one.number for one in buildings], dtype=np.int64),
        middle=table[:, 0],
        spread=table[:, 1],
        more=table[:, 2],
        group=table[:, 3].astype(np.int64),
        state=table[:, 4].astype(np.int64),
        area=table[:, 5],
    )


def guessed_type(units: float | None, area: float | None) -> BuildingType:
    """Return what a building probably is of which nobody said it: by homes, else by floor area."""
    if units is not None:
        size, small, middle = units, float(_SMALL_UNITS), float(_MIDDLE_UNITS)
    else:
        size, small, middle = area or 0.0, _SMALL_M2, _MIDDLE_M2
    if size <= small:
        return BuildingType.DETACHED
    return BuildingType.APARTMENTS if size <= middle else BuildingType.BLOCK_OF_FLATS


def _one(one: Building, typology: Typology) -> tuple[float, ...]:
    spread = typology.spread
    variance = 0.0
    said = one.facts.get("area")
    factor = typology.area_factor.get(one.word("area_kind") or typology.area)
    area = None if said is None or factor is None else said.number * factor
    kind = one.type
    if kind is None:
        kind = guessed_type(one.amount("units"), area)
        variance += spread["no_type"] ** 2
    if said is None or area is None:
        area = typology.typical_area[kind]
        variance += spread["no_area"] ** 2
    else:
        variance += _area_spread(said, spread["area"]) ** 2
    age = one.age
    values = typology.demand[kind]
    if age is None:
        age = UNKNOWN
        demand, among = log_mean(values)
        variance += among**2
    else:
        demand = math.log(values[age])
    state = one.word("refurbishment") or UNKNOWN
    return (
        math.log(area) + demand + math.log(typology.refurbishment[state]),
        spread["non_residential" if kind is BuildingType.NON_RESIDENTIAL else "building"],
        math.sqrt(variance),
        float(_TYPES.index(kind) * len(_AGES) + _AGES.index(age)),
        float(STATES.index(state)),
        area,
    )


def _area_spread(said: Said, usual: float) -> float:
    if said.low is not None and said.high is not None and said.low > 0:
        return math.log(said.high / said.low) / (2 * Z80)
    return usual * _METHOD_FACTOR[said.method]
