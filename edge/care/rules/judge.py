"""Whether a value is one that somebody should look at, and by which rule. Pure."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from edge.care.finding import Fact, Urgency
from edge.care.rules import news2
from edge.care.rules.band import Band, band
from edge.care.rules.plan import Limit, Plan
from edge.care.rules.ruleset import BaselineRule, RuleSet, Spread, holds
from edge.care.rules.state import Course
from hardware.quantity import Quantity

TOGETHER = "together"  # the topic of several quantities, likewise
MOST_OFF = 4.0  # spreads of one quantity: no single value makes it several
NEWS2 = "news2"  # the topic of a score, where a value has its quantity
_HOUR_MS = 3_600_000
_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Deviation:
    """Something that is not well: ``side`` -1 too low, 1 too high.

    ``can_wait``: without a second value it is for today, however urgent it would be with one.
    """

    topic: str
    rule: str
    urgency: Urgency
    side: int
    facts: Mapping[str, Fact] = field(default_factory=dict)
    can_wait: bool = False


def value(  # noqa: PLR0917  # what a value is judged by
    rules: RuleSet,
    plan: Plan,
    quantity: str,
    number: float,
    course: Course,
    at: int | None,
    *,
    again: bool = False,
) -> Deviation | None:
    """Return what is not well about a value, the more urgent of what two rules say.

    ``at`` is when it was measured, None if nobody knows: it is judged by limits alone then.
    ``again``: it is a second value, which need not be as far off as the first.
    """
    found = _beyond_limit(rules, plan, quantity, number)
    rule = rules.baseline
    if found is None and at is not None and rule is not None and holds(rules, plan, "baseline"):
        spread = rule.of.get(quantity)
        if spread is not None:
            found = _beyond_band(rule, spread, quantity, number, course, at, again=again)
    return found


def score(rules: RuleSet, plan: Plan, courses: Mapping[str, Course], at: int) -> Deviation | None:
    """Return what NEWS2 says of the values that are fresh at ``at``; None if it is not asked."""
    rule = rules.news2
    if rule is None or not holds(rules, plan, "news2"):
        return None
    if plan.news2 is None and not rule.everybody:
        return None
    oldest = at - rule.fresh_hours * _HOUR_MS

    kinds: set[str] = set()

    def fresh(*quantities: Quantity) -> float | None:
        known = [courses[one] for one in quantities if one in courses]
        known = [one for one in known if oldest <= one.last_at <= at]
        if not known:
            return None
        newest = max(known, key=lambda one: one.last_at)
        kinds.update(newest.kinds)
        return newest.last

    signs = news2.Signs(
        oxygen_saturation=fresh(Quantity.OXYGEN_SATURATION),
        on_oxygen=None if plan.news2 is None else plan.news2.on_oxygen,
        systolic=fresh(Quantity.BLOOD_PRESSURE_SYSTOLIC),
        pulse=fresh(Quantity.PULSE_RATE, Quantity.HEART_RATE),
        temperature=fresh(Quantity.BODY_TEMPERATURE),
    )
    scale = 1 if plan.news2 is None else plan.news2.scale
    found = news2.score(signs, scale)
    if found.at_least >= rule.emergency:
        urgency = Urgency.EMERGENCY
    elif found.at_least >= rule.urgent or (rule.single and found.single):
        urgency = Urgency.URGENT
    else:
        return None
    facts: dict[str, Fact] = {
        "at_least" if found.is_partial else "score": found.at_least,
        "partial": int(found.is_partial),
        "missing": " ".join(found.missing),
        "single": " ".join(found.single),
        "points": " ".join(f"{name}={points}" for name, points in found.points.items()),
        "scale": scale,
        "data_kind": _said(kinds),
    }
    return Deviation(NEWS2, NEWS2, urgency, 1, facts)


def together(
    rules: RuleSet,
    plan: Plan,
    courses: Mapping[str, Course],
    at: int,
    since: int | None = None,
    *,
    asked_at: int | None = None,
) -> Deviation | None:
    """Return what several quantities say together at ``at``; None if that is nothing.

    ``since``: of a second look, for which only newer values count, and as much as the rule says for
    it; ``asked_at``: what the first look went by counts as well where nothing newer was measured,
    however long ago that was. What nobody measured again is not well by growing old.
    """
    rule = rules.baseline
    if rule is None or not rule.together or not holds(rules, plan, "baseline"):
        return None
    fresh_ms = rule.fresh_hours * _HOUR_MS
    oldest = at - fresh_ms if since is None else since
    if asked_at is not None:
        oldest = asked_at - fresh_ms
    off = _of_one_pattern(rule, _what_is_off(rule, courses, at, oldest))
    total = sum(abs(one) for one in off.values())
    enough = rule.together if since is None else rule.together_again
    if asked_at is not None:  # what was enough to ask is not over by the next value of that round
        enough = min(enough, rule.together)
    if total < enough or len(off) < 2:
        return None
    return Deviation(TOGETHER, "baseline", Urgency.TODAY, 1, _several(rule, courses, off, at))


def hints(
    rule: BaselineRule, courses: Mapping[str, Course], at: int, since: int, several: float
) -> dict[str, Fact] | None:
    """Return what is off of what was measured after ``since``, however little; None if nothing.

    It is what :func:`together` goes by; one quantity alone is enough here, and is told where what
    goes together comes to less than ``several``: a little more must not hide what is far off.
    """
    found = _what_is_off(rule, courses, at, since)
    off = _of_one_pattern(rule, found)
    if len(off) > 1 and sum(map(abs, off.values())) < several:
        singles = (_of_one_pattern(rule, {name: one}) for name, one in found.items())
        off = max(singles, key=lambda one: sum(map(abs, one.values())))
    return _several(rule, courses, off, at) if off else None


def _what_is_off(
    rule: BaselineRule, courses: Mapping[str, Course], at: int, since: float
) -> dict[str, float]:
    """Return what was measured after ``since`` and is off at ``at``, each reason once."""
    off = {
        quantity: _off(rule, spread, courses[quantity], at)
        for quantity, spread in rule.of.items()
        if quantity in courses and since < courses[quantity].last_at <= at
    }
    return _once({name: one for name, one in off.items() if one and abs(one) >= rule.each_least})


def _several(
    rule: BaselineRule, courses: Mapping[str, Course], off: Mapping[str, float], at: int
) -> dict[str, Fact]:
    """Return the facts of what is off: the quantities, their values and the person's usual."""
    return {
        "quantities": " ".join(sorted(off)),
        "values": " ".join(f"{one}={courses[one].last}" for one in sorted(off)),
        "usuals": " ".join(
            f"{one}={own.level:.6g}"
            for one in sorted(off)
            if (own := _band(rule, rule.of[one], courses[one], at))
        ),
        "sum": round(sum(abs(one) for one in off.values()), 2),
        "data_kind": _said(kind for one in off for kind in courses[one].kinds),
    }


def _of_one_pattern(rule: BaselineRule, off: dict[str, float]) -> dict[str, float]:
    """Return what is off as a pattern says, of the one that says the most."""
    if not rule.patterns:
        return off
    signs = {name: f"{name} {_SIDES[1 if one > 0 else -1]}" for name, one in off.items()}
    of_each = [
        {name: one for name, one in off.items() if signs[name] in each}
        for each in rule.patterns.values()
    ]
    return max(of_each, key=lambda one: (len(one) > 1, sum(map(abs, one.values()))))


def _said(kinds: Iterable[str]) -> str:
    """Return kinds of data as a fact names them: what needs each of their consents."""
    return " ".join(sorted(set(kinds)))


def _once(off: Mapping[str, float]) -> dict[str, float]:
    """Return what counts by itself, the farther one of what is off for one reason.

    Values of one cuff are wrong together; stairs and excitement raise pressure and pulse alike.
    """
    raised = _PULSES if any(off.get(one, 0) > 0 for one in _PRESSURES) else frozenset()
    alike = [one for one in off if one in _PRESSURES or (one in raised and off[one] > 0)]
    alike.sort(key=lambda one: abs(off[one]))
    return {name: one for name, one in off.items() if name not in alike[:-1]}


def _off(rule: BaselineRule, spread: Spread, course: Course, at: int) -> float:
    """Return by how much the last value is off, less what any value may be; below 0: too low."""
    own = _band(rule, spread, course, at)
    if own is None or course.last is None:
        return 0.0
    z = (course.last - own.level) / own.spread
    if not (spread.with_high if z > 0 else spread.with_low):
        return 0.0
    return math.copysign(min(max(abs(z) - 1, 0.0), MOST_OFF), z)


def scored(facts: Mapping[str, Fact]) -> tuple[frozenset[str], ...]:
    """Return what has to be measured anew for a second set: all that had points in the first."""
    points = dict(one.split("=") for one in str(facts["points"]).split())
    return tuple(named for name, named in _SIGNS.items() if int(points.get(name, "0")))


_PRESSURES = frozenset(
    (
        Quantity.BLOOD_PRESSURE_SYSTOLIC,
        Quantity.BLOOD_PRESSURE_DIASTOLIC,
        Quantity.BLOOD_PRESSURE_MEAN,
    )
)
_PULSES = frozenset((Quantity.PULSE_RATE, Quantity.HEART_RATE))
_SIGNS: Mapping[str, frozenset[str]] = {
    "oxygen_saturation": frozenset((Quantity.OXYGEN_SATURATION,)),
    "systolic": frozenset((Quantity.BLOOD_PRESSURE_SYSTOLIC,)),
    "pulse": frozenset((Quantity.PULSE_RATE, Quantity.HEART_RATE)),
    "temperature": frozenset((Quantity.BODY_TEMPERATURE,)),
}
SCORED = frozenset().union(*_SIGNS.values())


def learn(
    rule: BaselineRule | None, quantity: str, number: float, course: Course, at: int
) -> Course:
    """Return the course with a value kept by which the person's band is told."""
    if rule is None or not rule.active or quantity not in rule.of:
        return course
    if course.kept and at - course.kept[-1][0] < rule.apart_hours * _HOUR_MS:
        return course
    kept = (*course.kept, (at, number))[-rule.keep :]
    return replace(course, kept=kept)


def _beyond_limit(rules: RuleSet, plan: Plan, quantity: str, number: float) -> Deviation | None:
    rule = rules.limit
    if rule is None or not holds(rules, plan, "limit"):
        return None
    own = plan.limits.get(quantity)
    general = rule.of.get(quantity, Limit())
    limit = own or general
    for urgency, side, end, common in (
        (Urgency.URGENT, -1, limit.low_urgent, general.low_urgent),
        (Urgency.URGENT, 1, limit.high_urgent, general.high_urgent),
        (Urgency.TODAY, -1, limit.low, general.low),
        (Urgency.TODAY, 1, limit.high, general.high),
    ):
        if end is not None and (number - end) * side >= 0:
            facts: dict[str, Fact] = {
                "quantity": quantity,
                "value": number,
                "side": _SIDES[side],
                "limit": end,
                "whose": "rules" if own is None or end == common else "practice",
            }
            extreme = limit.low_extreme if side < 0 else limit.high_extreme
            is_extreme = extreme is None or (number - extreme) * side >= 0
            can_wait = urgency is Urgency.URGENT and not is_extreme
            return Deviation(quantity, "limit", urgency, side, facts, can_wait)
    return None


def _band(rule: BaselineRule, spread: Spread, course: Course, at: int) -> Band | None:
    """Return a person's own band; None while too little is known."""
    kept = course.kept
    if len(kept) < rule.warm_up_values or at - kept[0][0] < rule.warm_up_days * _DAY_MS:
        return None
    return _known_band(kept, rule.half_life_days, spread.floor)


@functools.lru_cache(maxsize=256)
def _known_band(
    kept: tuple[tuple[int, float], ...], half_life_days: float, floor: float
) -> Band | None:
    """Return a band: when it is looked at changes all weights alike, and so nothing."""
    return band(kept, kept[-1][0], half_life_days, floor)


def _beyond_band(  # noqa: PLR0917  # as above
    rule: BaselineRule,
    spread: Spread,
    quantity: str,
    number: float,
    course: Course,
    at: int,
    *,
    again: bool,
) -> Deviation | None:
    own = _band(rule, spread, course, at)
    if own is None:
        return None
    share = rule.agree if again else 1.0
    off = number - own.level
    side = 1 if off > 0 else -1
    far = spread.far(rule.z, own.spread)
    if abs(off) < share * min(far, _far_in_a_row(rule, spread, course, own, side)):
        return None
    if not (spread.high if side > 0 else spread.low):
        return None
    facts: dict[str, Fact] = {
        "quantity": quantity,
        "value": number,
        "side": _SIDES[side],
        "usual": round(own.level, 2),
        "spread": round(own.spread, 2),
    }
    return Deviation(quantity, "baseline", Urgency.TODAY, side, facts)


def _far_in_a_row(
    rule: BaselineRule, spread: Spread, course: Course, own: Band, side: int
) -> float:
    """Return what is far for a value after others that were off to the same side."""
    before = course.kept[-(rule.row - 1) :] if rule.row > 1 else ()
    far = max(rule.row_z * own.spread, spread.row_least)
    if before and all((one - own.level) * side >= far for _, one in before):
        return far
    return math.inf


_SIDES = {-1: "low", 1: "high"}
