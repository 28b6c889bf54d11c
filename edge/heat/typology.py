"""What a building of a type and age needs before anybody measured it: the operator's own file.

No values of others come with the program: a typology is a file that the operator fills in from a
source they may use, and names it. The format is in docs/heat-cadastre.md. All numbers are final
energy for heating and hot water, per year of normal weather.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from edge.heat.building import AGE_CLASSES, Area, BuildingType, Refurbishment
from edge.heat.errors import CadastreError
from edge.heat.toml import tables

UNKNOWN = "unknown"  # nobody said how far a building was refurbished
STATES = (*(one.value for one in Refurbishment), UNKNOWN)
LOWEST_KWH_M2, HIGHEST_KWH_M2 = 5.0, 800.0
_SPREADS = (
    "village", "class", "refurbishment", "building", "non_residential", "year", "area",
    "no_area", "no_type",
)  # fmt: skip
_LARGEST_SPREAD = 2.0  # of logarithms: a factor of seven
_TABLES = {"about", "demand", "refurbishment", "area_factor", "typical_area", "hot_water", "spread"}


@dataclass(frozen=True, slots=True)
class Typology:
    """Values to begin with.

    ``demand`` in kWh/(m2 a) of an unrefurbished building by type and age class, per m2 of the
    area ``area``. ``refurbishment``: what is left of it by state. ``area_factor`` turns m2 of
    another area into m2 of ``area``. ``typical_area`` in m2 by type. ``hot_water``: the share that
    does not follow the weather. ``spread``: standard deviations of natural logarithms, see the
    documentation.
    """

    name: str
    source: str
    licence: str
    area: str
    made_up: bool
    demand: Mapping[BuildingType, Mapping[str, float]]
    refurbishment: Mapping[str, float]
    area_factor: Mapping[str, float]
    typical_area: Mapping[BuildingType, float]
    hot_water: float
    spread: Mapping[str, float]


def loads(text: str) -> Typology:
    """Read a typology file.

    :raises CadastreError: if it is none, or a value is absent or impossible; ``hint`` says which.
    """
    raw = tables(text, "Die Typologie")
    if unknown := sorted(set(raw) - _TABLES):
        raise _wrong(unknown[0], "ist unbekannt")
    about = _table(raw, "about")
    name, source, licence, area = (
        _text(about, key) for key in ("name", "source", "licence", "area")
    )
    if area not in set(Area):
        raise _wrong("about.area", f"muss eines sein von {', '.join(Area)}")
    made_up = about.get("made_up", False)
    if not isinstance(made_up, bool):
        raise _wrong("about.made_up", "muss true oder false sein")
    demand = _table(raw, "demand")
    factors = _table(raw, "area_factor")
    left = _numbers(_table(raw, "refurbishment"), "refurbishment", STATES[1:], 0.05, 1.5)
    return Typology(
        name=name,
        source=source,
        licence=licence,
        area=area,
        made_up=made_up,
        demand={
            one: _numbers(
                _table(demand, one.value), f"demand.{one}", AGE_CLASSES, LOWEST_KWH_M2,
                HIGHEST_KWH_M2,
            )
            for one in BuildingType
        },
        refurbishment={Refurbishment.NONE.value: 1.0, **left},
        area_factor={
            **_numbers(factors, "area_factor", [one for one in Area if one in factors], 0.1, 10.0),
            area: 1.0,
        },
        typical_area={
            BuildingType(name): number
            for name, number in _numbers(
                _table(raw, "typical_area"), "typical_area", list(BuildingType), 10.0, 100_000.0
            ).items()
        },
        hot_water=_numbers(_table(raw, "hot_water"), "hot_water", ("share",), 0.0, 0.9)["share"],
        spread=_numbers(_table(raw, "spread"), "spread", _SPREADS, 0.01, _LARGEST_SPREAD),
    )  # fmt: skip


def log_mean(values: Mapping[str, float]) -> tuple[float, float]:
    """Return mean and standard deviation of the logarithms of a type's classes."""
    logs = [math.log(one) for one in values.values()]
    middle = math.fsum(logs) / len(logs)
    return middle, math.sqrt(math.fsum((one - middle) ** 2 for one in logs) / len(logs))


def _wrong(key: str, why: str) -> CadastreError:
    return CadastreError(f"{key}: {why}", hint=f"In der Typologie: {key} {why}.")


def _text(about: Mapping[str, object], key: str) -> str:
    found = about.get(key)
    if not isinstance(found, str) or not found.strip():
        raise _wrong(f"about.{key}", "fehlt: woher die Werte sind, und was man damit darf")
    return found


def _table(raw: Mapping[str, object], key: str) -> Mapping[str, object]:
    found = raw.get(key)
    if not isinstance(found, dict):
        raise _wrong(f"[{key}]", "fehlt")
    return found


def _numbers(
    raw: Mapping[str, object], key: str, names: Iterable[str], low: float, high: float
) -> dict[str, float]:
    """Return a table's numbers by ``names``, all of which it has to have."""
    found: dict[str, float] = {}
    for name in names:
        value = raw.get(name)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise _wrong(f"{key}.{name}", "fehlt oder ist keine Zahl")
        if not low <= value <= high:
            raise _wrong(f"{key}.{name}", f"liegt nicht zwischen {low:g} und {high:g}")
        found[str(name)] = float(value)
    return found
