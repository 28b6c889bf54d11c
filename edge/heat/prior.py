"""Buildings as arrays: what the typology says of each, and how sure that is.

The model (:mod:`edge.heat.estimate`) works on logarithms of kWh a year.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge.heat.building import AGE_CLASSES, Building, BuildingType
from edge.heat.expected import expected
from edge.heat.typology import STATES, UNKNOWN, Typology

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

Z80 = 1.2815515655446004  # from the middle of a normal distribution to the end of its 80 % band
_TYPES = tuple(BuildingType)
_AGES = (*AGE_CLASSES, UNKNOWN)
CLASSES = len(_TYPES) * len(_AGES)


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


def class_code(kind: BuildingType, age: str) -> int:
    """Return the index of a type and age class in `Prior.group`."""
    return _TYPES.index(kind) * len(_AGES) + _AGES.index(age)


def class_of(code: int) -> tuple[str, str]:
    """Return the type and the age class of a code of :func:`class_code`."""
    return _TYPES[code // len(_AGES)].value, _AGES[code % len(_AGES)]


def _one(one: Building, typology: Typology) -> tuple[float, ...]:
    said = expected(one, typology)
    return (
        said.middle,
        said.spread,
        said.more,
        float(class_code(said.type, said.age)),
        float(STATES.index(said.state)),
        said.area,
    )
