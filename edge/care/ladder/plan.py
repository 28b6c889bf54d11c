"""How an alert climbs: which rungs, how long each waits. Pure.

An EMERGENCY wakes people; anything else leaves them their quiet hours. Who presses a call button is
not asked whether all is well: their circle is called at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from edge.care.finding import Urgency
from edge.care.ladder.circle import Quiet
from edge.care.ladder.rung import Rung

MINUTE_MS = 60_000
HOUR_MS = 3_600_000
SOS = "sos"
INACTIVITY = "inactivity"
NO_DATA = "no_data"


@dataclass(frozen=True, slots=True)
class Step:
    """``wait`` is how long (ms) somebody on this rung has to answer."""

    rung: Rung
    wait: int


@dataclass(frozen=True, slots=True)
class Plan:
    """The way up. ``follow``: within that (ms) whoever took it says how it ended.

    ``take``: so long has somebody whom it is handed to. ``together``: all of a rung are called at
    once, else one after the other. ``patient``: if all of a rung sleep, it waits until one wakes;
    else the next rung is called. ``night`` are the hours in which no step is taken at all, while
    the hub knows the time. ``may_cancel``: the person may say that all is well before the first of
    their circle is called, and that ends it.
    """

    steps: tuple[Step, ...]
    follow: int
    take: int
    together: bool = False
    patient: bool = False
    may_cancel: bool = True
    night: Quiet | None = None


def _evenly(first: Rung, wait: int) -> tuple[Step, ...]:
    """Return all rungs from ``first`` on with the same wait; nothing follows upon the last."""
    rungs = [rung for rung in Rung if rung >= first]
    return tuple(Step(rung, 0 if rung is Rung.RESCUE else wait) for rung in rungs)


# values that are beyond doubt: whoever is confused says that all is well, too
EMERGENCY = Plan(
    _evenly(Rung.CLIENT, 3 * MINUTE_MS),
    follow=30 * MINUTE_MS,
    take=3 * MINUTE_MS,
    together=True,
    may_cancel=False,
)
CALLED = Plan(
    _evenly(Rung.RELATIVE, 3 * MINUTE_MS),
    follow=30 * MINUTE_MS,
    take=3 * MINUTE_MS,
    together=True,
    may_cancel=False,
)
STILL = Plan(
    (Step(Rung.LOCAL, 10 * MINUTE_MS), *_evenly(Rung.CLIENT, 10 * MINUTE_MS)),
    follow=HOUR_MS,
    take=10 * MINUTE_MS,
    together=True,
)
URGENT = Plan(
    (Step(Rung.LOCAL, 5 * MINUTE_MS), *_evenly(Rung.CLIENT, 15 * MINUTE_MS)),
    follow=2 * HOUR_MS,
    take=15 * MINUTE_MS,
)
TODAY = Plan(
    (
        Step(Rung.CLIENT, 2 * HOUR_MS),
        Step(Rung.RELATIVE, 3 * HOUR_MS),
        Step(Rung.NURSE, 3 * HOUR_MS),
        Step(Rung.DOCTOR, 3 * HOUR_MS),
    ),
    follow=24 * HOUR_MS,
    take=3 * HOUR_MS,
    patient=True,
)
# Nothing comes of a person any more: somebody looks, by day. A practice or 112 cannot help there.
LOST = Plan(
    (
        Step(Rung.CLIENT, 2 * HOUR_MS),
        Step(Rung.RELATIVE, 3 * HOUR_MS),
        Step(Rung.RESPONDER, 3 * HOUR_MS),
        Step(Rung.NURSE, 3 * HOUR_MS),
    ),
    follow=24 * HOUR_MS,
    take=3 * HOUR_MS,
    patient=True,
    night=Quiet(20 * 60, 8 * 60),
)
# of their call button: a call would not be heard
LOST_BUTTON = Plan(
    (
        Step(Rung.CLIENT, HOUR_MS // 2),
        Step(Rung.RELATIVE, HOUR_MS),
        Step(Rung.RESPONDER, HOUR_MS),
        Step(Rung.NURSE, HOUR_MS),
    ),
    follow=8 * HOUR_MS,
    take=HOUR_MS,
    patient=True,
    night=Quiet(22 * 60, 7 * 60),
)


@dataclass(frozen=True, slots=True)
class Plans:
    """The plan of each urgency; of what is URGENT at least, ``by_rule`` has the last word.

    A NOTE has none. ``by_both`` goes before either.
    """

    by_urgency: Mapping[Urgency, Plan] = field(
        default_factory=lambda: MappingProxyType(
            {Urgency.TODAY: TODAY, Urgency.URGENT: URGENT, Urgency.EMERGENCY: EMERGENCY}
        )
    )
    by_rule: Mapping[str, Plan] = field(
        default_factory=lambda: MappingProxyType({SOS: CALLED, INACTIVITY: STILL})
    )
    by_both: Mapping[tuple[str, Urgency], Plan] = field(
        default_factory=lambda: MappingProxyType(
            {(NO_DATA, Urgency.TODAY): LOST, (NO_DATA, Urgency.URGENT): LOST_BUTTON}
        )
    )

    def of(self, rule: str, urgency: Urgency) -> Plan | None:
        """Return the plan, None if nobody is called."""
        if (rule, urgency) in self.by_both:
            return self.by_both[rule, urgency]
        if urgency < Urgency.URGENT:
            return self.by_urgency.get(urgency)
        return self.by_rule.get(rule) or self.by_urgency.get(urgency)


DEFAULT = Plans()
