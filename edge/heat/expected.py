"""What the typology says of one building before anybody measured it, and how sure that is.

Natural logarithms of kWh of a normal year, and standard deviations of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from edge.heat.building import Building, BuildingType
from edge.heat.said import Method, Said
from edge.heat.season.chance import Z80
from edge.heat.typology import UNKNOWN, Typology, log_mean

_METHOD_FACTOR = {Method.MEASURED: 0.5, Method.BILL: 1.0, Method.SURVEY: 1.0, Method.ESTIMATED: 2.0}
_SMALL_M2, _MIDDLE_M2 = 250.0, 1500.0  # where nobody said how many homes there are
_SMALL_UNITS, _MIDDLE_UNITS = 2, 12


@dataclass(frozen=True, slots=True)
class Expected:
    """One building by the typology.

    ``middle``: logarithm of kWh a year. ``spread``: standard deviation of a building of that kind
    about its class; ``more``: that of what is not known of this one (area, type, age). ``age`` is
    `UNKNOWN` where nobody said, ``type`` guessed then. ``area`` in m2 of the typology's area.
    """

    middle: float
    spread: float
    more: float
    type: BuildingType
    age: str
    state: str
    area: float


def expected(one: Building, typology: Typology) -> Expected:
    """Return what the typology says of a building."""
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
    return Expected(
        middle=math.log(area) + demand + math.log(typology.refurbishment[state]),
        spread=spread["non_residential" if kind is BuildingType.NON_RESIDENTIAL else "building"],
        more=math.sqrt(variance),
        type=kind,
        age=age,
        state=state,
        area=area,
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


def _area_spread(said: Said, usual: float) -> float:
    if said.low is not None and said.high is not None and said.low > 0:
        return math.log(said.high / said.low) / (2 * Z80)
    return usual * _METHOD_FACTOR[said.method]
