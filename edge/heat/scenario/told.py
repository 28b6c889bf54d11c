"""A scenario and what it comes to as plain objects: for programs, and between processes."""

from __future__ import annotations

from dataclasses import asdict

from edge.heat.scenario import words
from edge.heat.scenario.outlook import Outlook, Year
from edge.heat.scenario.plan import Plan, at


def as_object(plan: Plan, found: Outlook, *, made_up: bool) -> dict[str, object]:
    """Return all that is told of a scenario: amounts in the units it names."""
    base = found.base.amount
    return {
        "name": plan.name,
        "made_up": plan.made_up or made_up,
        "units": {"heat": "kWh/a", "final": "kWh/a", "primary": "kWh/a", "co2": "t/a"},
        "buildings": found.buildings,
        "known_supply": found.known_supply,
        "known_generator": found.known_generator,
        "base": _year(found.base),
        "years": [
            {
                **_year(one),
                "unchanged": asdict(base),
                "change_percent": {
                    name: words.percent(getattr(one.amount, name).value, getattr(base, name).value)
                    for name in ("heat", "final", "primary", "co2")
                },
            }
            for one in found.years
        ],
        "factors": [
            {
                "carrier": name,
                "primary": {year: at(one.primary, year) for year in (plan.base, *plan.years)},
                "co2_g_per_kwh": {year: at(one.co2, year) for year in (plan.base, *plan.years)},
                "source": one.source,
            }
            for name, one in plan.factors.items()
        ],
        "sources": [{"what": what, "source": source} for what, source in plan.sources()],
    }


def _year(one: Year) -> dict[str, object]:
    plain = asdict(one)
    for name in ("carriers", "classes"):
        for part in plain[name]:
            part["name"] = part["name"].split("+")
    return plain
