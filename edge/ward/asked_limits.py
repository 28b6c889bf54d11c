"""A practice's limits, as FHIR asks for them or as somebody typed them, into a person's plan. Pure.

FHIR says from where on a value is no longer well, not how soon somebody is to look. So that no
such word makes anybody wait longer, what is urgent in general goes on being urgent. Who asks for
one end says nothing of the other: that stays as it was set, or as it is for everybody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
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
ENDS = ("low_extreme", "low_urgent", "low", "high", "high_urgent", "high_extreme")
_URGENT = ("low_urgent", "low_extreme", "high_urgent", "high_extreme")


@dataclass(frozen=True, slots=True)
class Wish:
    """The ends that somebody typed for a quantity, in its unit; None: as it is for everybody."""

    low: float | None = None
    high: float | None = None
    low_urgent: float | None = None
    high_urgent: float | None = None


@dataclass(frozen=True, slots=True)
class Weaker:
    """An end, named as in `Limit`, by which somebody would be called later than before, or never.

    ``before`` is where it stood: for this person if ``is_own``, else for everybody.
    """

    end: str
    before: float
    after: float | None
    is_own: bool = False


def with_limits(plan: Plan, asked: Iterable[AskedLimit], general: Mapping[str, Limit]) -> Plan:
    """Return a plan with a practice's limits; ``general`` are those of the rule set.

    What was set for this person for within the hour stays as it was. Else the general ends hold,
    moved as far out as the practice's own.

    :raises FhirError: if the ends are not in order with those that were set for this person.
    """
    limits = dict(plan.limits)
    for one in asked:
        for quantity in meant(one.quantity):
            name = quantity.value
            if one.low is None and one.high is None:
                limits.pop(name, None)
                continue
            try:
                limits[name] = _limit(limits.get(name), general.get(name, Limit()), one)
            except RuleError as error:
                raise FhirError(f"{name}: {error.hint}", "Den Plan der Person ansehen.") from error
    return replace(plan, limits=limits)


def wished(before: Limit | None, general: Limit, wish: Wish) -> Limit | None:
    """Return a person's limit as somebody typed it; None if that is what holds for everybody.

    An end that was not typed is the general one, moved as far out as what was typed on its side.
    An extreme end that somebody set for this person stays, as it is not typed, or moves out with
    what was: :func:`weaker` tells.

    :raises RuleError: if the ends are not in order.
    """
    if wish == Wish():
        return None
    ends: dict[str, float | None] = {}
    for side, pick in _PICKS.items():
        today, urgent, extreme = side, f"{side}_urgent", f"{side}_extreme"
        for name, inner in ((today, None), (urgent, today), (extreme, urgent)):
            typed = getattr(wish, name, None)
            if name == extreme and before is not None and _is_own(before, general, extreme):
                typed = getattr(before, extreme)
            common = getattr(general, name)
            within = None if inner is None else ends[inner]
            ends[name] = common if typed is None else typed
            kept = getattr(wish, name, None) is None and ends[name] is not None
            if kept and within is not None:
                ends[name] = pick(ends[name], within)
    return Limit(**ends)


def weaker(before: Limit | None, after: Limit | None, general: Limit) -> tuple[Weaker, ...]:
    """Return the ends of a limit that are farther out than those in force: own, or everybody's."""
    found = []
    for name in ENDS:
        side = name.partition("_")[0]
        now, then = in_force(before or general, name), in_force(after or general, name)
        # farther out is what `pick` would take instead
        if now is not None and (then is None or (then != now and _PICKS[side](then, now) == then)):
            found.append(Weaker(name, now, then, before is not None))
    return tuple(found)


def in_force(limit: Limit, end: str) -> float | None:
    """Return where an end stands; without an extreme one all that is urgent calls as that does."""
    side, _, how = end.partition("_")
    found: float | None = getattr(limit, end)
    return getattr(limit, f"{side}_urgent") if found is None and how == "extreme" else found


def meant(quantity: Quantity) -> tuple[Quantity, ...]:
    """Return the quantities that a limit of one holds for."""
    return _MEANT.get(quantity, (quantity,))


def _limit(before: Limit | None, general: Limit, asked: AskedLimit) -> Limit:
    ends: dict[str, float | None] = {}
    for side, end in (("low", asked.low), ("high", asked.high)):
        kept = None if before is None else getattr(before, side)
        ends[side] = getattr(general, side) if kept is None else kept
        if end is not None:
            ends[side] = float(end)
    for name in _URGENT:
        own, common = (None if of is None else getattr(of, name) for of in (before, general))
        side = name.partition("_")[0]
        inner = None if before is None else getattr(before, side)
        if before is not None and own not in {common, inner}:
            ends[name] = own  # somebody set it
        elif common is None or ends[side] is None:
            ends[name] = common
        else:
            ends[name] = _PICKS[side](common, ends[side])
    return Limit(**ends)


def _is_own(before: Limit, general: Limit, name: str) -> bool:
    """Tell whether an extreme end was set for the person, and did not just move out with others."""
    side = name.partition("_")[0]
    own = getattr(before, name)
    moved = {getattr(general, name), getattr(before, side), getattr(before, f"{side}_urgent")}
    return own is not None and own not in moved


_PICKS: Mapping[str, Callable[..., float]] = MappingProxyType({"low": min, "high": max})
