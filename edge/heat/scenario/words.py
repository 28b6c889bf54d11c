"""A scenario's codes in German, and what to say of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from edge.heat.scenario.plan import Course, Plan, at

CARRIER_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "gas": "Erdgas",
        "liquid_gas": "Flüssiggas",
        "oil": "Heizöl",
        "wood": "Holz",
        "coal": "Kohle",
        "electricity": "Strom",
        "district": "Wärmenetz",
        "solar": "Solarwärme",
        "other": "sonstige",
    }
)
STEP_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "climate": "Klima",
        "refurbishment": "Sanierung",
        "supply": "andere Heizungen",
        "factors": "andere Faktoren",
    }
)
_MOST_NAMES = 2  # that were put together


def carriers(name: str) -> str:
    """Return a row's carriers in German."""
    found = [CARRIER_WORDS[one] for one in name.split("+")]
    return " und ".join(found) if len(found) <= _MOST_NAMES else f"übrige ({', '.join(found)})"


def classes(name: str) -> str:
    """Return a row's classes: one, or how many were put together."""
    found = name.split("+")
    return found[0] if len(found) == 1 else f"übrige ({len(found)} Klassen)"


def percent(now: float, before: float) -> float | None:
    """Return the change against before in percent; None where there was nothing."""
    return None if before <= 0 else (now / before - 1) * 100


def factors(plan: Plan) -> Iterator[tuple[str, str, str]]:
    """Yield each carrier, its factors in the years told, and who says so."""
    years = (plan.base, *plan.years)
    for name, one in plan.factors.items():
        yield (
            CARRIER_WORDS[name],
            f"Primärenergie {_course(one.primary, years)}; CO2 {_course(one.co2, years)} g/kWh",
            one.source,
        )


def _course(course: Course, years: tuple[int, ...]) -> str:
    numbers = [at(course, year) for year in years]
    if len(set(numbers)) == 1:
        return _number(numbers[0])
    return ", ".join(
        f"{_number(number)} ({year})" for number, year in zip(numbers, years, strict=True)
    )


def _number(number: float) -> str:
    return f"{number:.4g}".replace(".", ",")
