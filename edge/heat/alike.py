"""A house beside houses like it, by square metre, and what would be left after a refurbishment.

Houses like it are what the operator's typology says of its type and age class, and how far
buildings differ by it; no building of the village is among them. All kWh are of a normal year:

    middle = demand(type, age) * left(state)          ends = middle * exp(+-z80 * spread)
    spread^2 = village^2 + class^2 + state^2 + building^2 (+ the classes' own, if no age is known)

Where the heating makes no hot water, its share is taken out of the middle, and nothing of the
bills stays when weather is taken out. A refurbishment scales by the typology's factors.

Source: the typology (`edge.heat.typology`); `edge.heat.degree_days` (weather, three years);
intake's limits of kWh/m2 (`edge.heat.intake.lines`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from edge.heat.building import Area, BuildingType, Refurbishment
from edge.heat.degree_days import YearMean, three_years
from edge.heat.intake.lines import LEAST_KWH_PER_M2, MOST_KWH_PER_M2
from edge.heat.season.chance import Z80
from edge.heat.typology import UNKNOWN, Typology, log_mean


class Missing(StrEnum):
    """What is in the way of a part of the comparison."""

    TYPE = "type"
    AREA = "area"
    AREA_KIND = "area_kind"  # the typology has no factor for this one
    BILLS = "bills"
    ELECTRICITY = "electricity"  # a heat pump's, or nobody said whose: it is no heat
    UNLIKELY = "unlikely"  # bills and area do not go together


@dataclass(frozen=True, slots=True)
class House:
    """What somebody says of a house; None where they do not.

    ``area`` in m2 of ``area_kind``, ``years`` in kWh by calendar year. ``hot_water``: the heating
    makes it as well. ``electric``: what was billed is electricity that is not known to be heat.
    """

    type: BuildingType | None
    age: str | None
    state: str | None
    area: float | None
    years: Mapping[int, float]
    area_kind: str = Area.LIVING.value
    hot_water: bool = True
    electric: bool = False


@dataclass(frozen=True, slots=True)
class Own:
    """What a house needs by its bills: kWh/(m2 a), kWh a year, and the mean that it is."""

    kwh_m2: float
    kwh: float
    mean: YearMean


@dataclass(frozen=True, slots=True)
class Band:
    """What houses need, kWh/(m2 a): the middle, and the ends of the 80 % band."""

    middle: float
    low: float
    high: float

    def where(self, kwh_m2: float) -> int:
        """Return whether a house lies below the band (-1), in it (0) or above (1)."""
        return (kwh_m2 > self.high) - (kwh_m2 < self.low)


@dataclass(frozen=True, slots=True)
class After:
    """What would be left after a refurbishment, kWh/(m2 a), and kWh a year less (None: no area)."""

    state: Refurbishment
    kwh_m2: float
    less_kwh: float | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """``after`` begins from the house's own bills, else from the middle of houses like it."""

    own: Own | None
    band: Band | None
    after: tuple[After, ...]
    missing: frozenset[Missing]


def compare(
    house: House, typology: Typology, gtz: Mapping[int, float], gtz_normal: float | None
) -> Comparison:
    """Return a house beside houses like it. ``gtz`` are degree days in K d by year."""
    missing: set[Missing] = set()
    area = _area(house, typology, missing)
    own = _own(house, typology, area, (gtz, gtz_normal), missing)
    if house.type is None:
        missing.add(Missing.TYPE)
        return Comparison(own, None, (), frozenset(missing))
    band = _band(house.type, house, typology)
    begin = band.middle if own is None else own.kwh_m2
    now = typology.refurbishment[house.state or UNKNOWN]
    after = []
    for state in (Refurbishment.PART, Refurbishment.FULL):
        share = typology.refurbishment[state] / now
        if share < 1:
            less = None if area is None else begin * area * (1 - share)
            after.append(After(state, begin * share, less))
    return Comparison(own, band, tuple(after), frozenset(missing))


def _area(house: House, typology: Typology, missing: set[Missing]) -> float | None:
    """Return m2 of the typology's area."""
    factor = typology.area_factor.get(house.area_kind)
    if house.area is None:
        missing.add(Missing.AREA)
        return None
    if factor is None:
        missing.add(Missing.AREA_KIND)
        return None
    return house.area * factor


def _own(
    house: House,
    typology: Typology,
    area: float | None,
    weather: tuple[Mapping[int, float], float | None],
    missing: set[Missing],
) -> Own | None:
    mean = three_years(house.years, *weather, typology.hot_water if house.hot_water else 0.0)
    if mean is None:
        missing.add(Missing.BILLS)
        return None
    if house.electric:
        missing.add(Missing.ELECTRICITY)
        return None
    if area is None:
        return None
    kwh_m2 = mean.kwh / area
    if not LEAST_KWH_PER_M2 <= kwh_m2 <= MOST_KWH_PER_M2:
        missing.add(Missing.UNLIKELY)
        return None
    return Own(kwh_m2, mean.kwh, mean)


def _band(kind: BuildingType, house: House, typology: Typology) -> Band:
    spread, values = typology.spread, typology.demand[kind]
    residential = kind is not BuildingType.NON_RESIDENTIAL
    parts = [spread["village"], spread["class"]]
    parts.append(spread["building" if residential else "non_residential"])
    if house.state != Refurbishment.NONE:
        parts.append(spread["refurbishment"])
    if house.age is None:
        log, among = log_mean(values)
        parts.append(among)
    else:
        log = math.log(values[house.age])
    middle = math.exp(log) * typology.refurbishment[house.state or UNKNOWN]
    if not house.hot_water:
        middle *= 1 - typology.hot_water
    reach = math.exp(Z80 * math.hypot(*parts))
    return Band(middle, middle / reach, middle * reach)
