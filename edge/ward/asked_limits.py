"""A practice's limits, as FHIR asks for them, into a person's plan. Pure.

FHIR says from where on a value is no longer well, not how soon somebody is to look. So that no
such word makes anybody wait longer, what is urgent in general goes on being urgent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType

from edge.care.rules.errors import RuleError
from edge.care.rules.plan import Limit, Plan
from edge.fhir.issue import FhirError
from edge.fhir.limits import AskedLimit
from hardware.quantity import Quantity

# one code in FHIR, two quantities here: cuffs and oximeters count a pulse, belts the heart
_MEANT: Mapping[Quantity, tuple[Quantity, ...]] = MappingProxyType(
    {Quantity.HEART_RATE: (Quantity.HEART_RATE, Quantity.PULSE_RATE)}
)
_URGENT = ("low_urgent", "low_extreme", "high_urgent", "high_extreme")


def with_limits(plan: Plan, asked: Iterable[AskedLimit], general: Mapping[str, Limit]) -> Plan:
    """Return a plan with a practice's limits; ``general`` are those of the rule set.

    What was set for this person for within the hour stays as it was. Else the general ends hold,
    moved as far out as the practice's own.

    :raises FhirError: if the ends are not in order with those that were set for this person.
    """
    limits = dict(plan.limits)
    for one in asked:
        for quantity in _MEANT.get(one.quantity, (one.quantity,)):
            name = quantity.value
            if one.low is None and one.high is None:
                limits.pop(name, None)
                continue
            try:
                limits[name] = _limit(limits.get(name), general.get(name, Limit()), one)
            except RuleError as error:
                raise FhirError(f"{name}: {error.hint}", "Den Plan der Person ansehen.") from error
    return replace(plan, limits=limits)


def _limit(before: Limit | None, general: Limit, asked: AskedLimit) -> Limit:
    low, high = _number(asked.low), _number(asked.high)
    ends: dict[str, float | None] = {"low": low, "high": high}
    for name in _URGENT:
        own, common = (None if of is None else getattr(of, name) for of in (before, general))
        side, pick = _SIDES[name.partition("_")[0]]
        inner = None if before is None else getattr(before, side)
        if before is not None and own not in {common, inner}:
            ends[name] = own  # somebody set it
        elif common is None or ends[side] is None:
            ends[name] = common
        else:
            ends[name] = pick(common, ends[side])
    return Limit(**ends)


def _number(end: Decimal | None) -> float | None:
    return None if end is None else float(end)


_SIDES: Mapping[str, tuple[str, Callable[..., float]]] = MappingProxyType(
    {"low": ("low", min), "high": ("high", max)}
)
