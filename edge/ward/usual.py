"""What is usual for a person, and from where on somebody is called: as the rules know it. Pure.

The band is the rules' own, day by day, from the values that they had learnt by then; before they
knew enough there is none. Limits are the practice's, or else the rule set's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from edge.care.rules.band import band
from edge.care.rules.plan import Limit as Ends
from edge.care.rules.plan import Plan
from edge.care.rules.ruleset import BaselineRule, RuleSet, Spread
from edge.care.rules.state import State
from edge.ward.chart import Band, Limit, Window
from edge.ward.vitals import Vital

DAY_MS = 86_400_000
PRACTICE, RULES = "practice", "rules"


@dataclass(frozen=True, slots=True)
class Usual:
    """Bands and limits of one picture. A limit's key says whose it is: `practice` or `rules`."""

    bands: tuple[Band, ...] = ()
    limits: tuple[Limit, ...] = ()


def usual_of(
    vital: Vital, window: Window, now_ms: int, *, rules: RuleSet, plan: Plan, state: State | None
) -> Usual:
    """Return what is drawn behind the values of a vital."""
    bands: list[Band] = []
    limits: dict[tuple[int, float], Limit] = {}
    for place, same in enumerate(vital.curves, 1):
        for quantity in same:
            found = [] if state is None else _bands(quantity.value, window, now_ms, rules, state)
            if "baseline" in plan.off:
                found = []
            if found and not any(one.key == same[0].value for one in bands):
                bands += [
                    Band(one.since, one.until, one.low, min(one.high, vital.most), same[0].value)
                    for one in found
                ]
            for one in _limits(quantity.value, rules, plan):
                limits.setdefault((place, one.value), Limit(one.value, one.key, place))
    return Usual(tuple(bands), tuple(limits.values()))


def _bands(quantity: str, window: Window, now_ms: int, rules: RuleSet, state: State) -> list[Band]:
    rule, course = rules.baseline, state.courses.get(quantity)
    if rule is None or not rule.active or course is None:
        return []
    spread = rule.of.get(quantity)
    if spread is None:
        return []
    found: list[Band] = []
    for day in range(window.days):
        at = window.since_ms + day * DAY_MS
        until = min(at + DAY_MS, now_ms)
        if at >= now_ms:
            break
        span = _span(course.kept, until, rule, spread)
        if span is None:
            continue
        if found and found[-1].until == at and (found[-1].low, found[-1].high) == span:
            found[-1] = Band(found[-1].since, until, *span)
        else:
            found.append(Band(at, until, *span))
    return found


def _span(
    kept: Sequence[tuple[int, float]], at: int, rule: BaselineRule, spread: Spread
) -> tuple[float, float] | None:
    known = [one for one in kept if one[0] <= at]
    if len(known) < rule.warm_up_values or at - known[0][0] < rule.warm_up_days * DAY_MS:
        return None
    own = band(known, at, rule.half_life_days, spread.floor)
    if own is None:
        return None
    far = spread.far(rule.z, own.spread)
    return round(own.level - far, 1), round(own.level + far, 1)


def _limits(quantity: str, rules: RuleSet, plan: Plan) -> list[Limit]:
    own: Mapping[str, Ends] = plan.limits
    is_off = rules.limit is None or not rules.limit.active or "limit" in plan.off
    general = Ends() if is_off or rules.limit is None else rules.limit.of.get(quantity, Ends())
    ends = own.get(quantity, general)
    found = {
        one: RULES if quantity not in own or one == common else PRACTICE
        for one, common in zip(_values(ends), _values(general), strict=True)
        if one is not None
    }
    return [Limit(one, whose) for one, whose in found.items()]


def _values(ends: Ends) -> tuple[float | None, ...]:
    return ends.low_urgent, ends.low, ends.high, ends.high_urgent
