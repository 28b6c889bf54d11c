"""What of an alert somebody may know: its words tell of values, like the values themselves. Pure.

Who may not know is told that somebody is needed, how soon and since when: help comes all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from edge.care import kinds
from edge.care.consent import BLOOD_PRESSURE
from edge.care.finding import Fact
from edge.care.ladder.alert import Alert
from edge.care.ladder.plan import SOS
from edge.ward.vitals import OF_QUANTITY

_PULSE = frozenset({BLOOD_PRESSURE, kinds.HEART_RATE, kinds.OXYGEN})
_SCORED = {
    "oxygen_saturation": frozenset({kinds.OXYGEN}),
    "systolic": frozenset({BLOOD_PRESSURE}),
    "pulse": _PULSE,
    "temperature": frozenset({kinds.TEMPERATURE}),
}
_NOBODYS = frozenset({"nobody's"})  # a number of no known kind is for nobody
_OF_RULE: Mapping[str, str] = MappingProxyType(
    {"inactivity": kinds.HOME_ACTIVITY, "heat": kinds.ROOM_CLIMATE, SOS: kinds.BUTTON}
)


@dataclass(frozen=True, slots=True)
class Sight:
    """What of one person somebody may know now: ``kinds`` of values, and what calls them.

    ``is_around``: the person put them into the circle. Whoever presses a button calls the circle
    by it, so that it is told to them as a call is, without a consent of its own; to anybody else
    it is a value. What a sensor noticed of a home (stillness, heat) nobody called by.
    """

    kinds: tuple[str, ...] = ()
    is_around: bool = False

    def knows(self, alert: Alert) -> bool:
        """Tell whether they may know what an alert is about: its name, its numbers, its outcome."""
        if alert.person is None or (self.is_around and alert.rule == SOS):
            return True
        told = _told(alert)
        return bool(told) and all(one & set(self.kinds) for one in told)

    def facts(self, alert: Alert) -> Mapping[str, Fact]:
        """Return an alert's facts as far as they may know them: all, or none."""
        return alert.facts if self.knows(alert) else {}

    def noted(self, alert: Alert) -> tuple[str, ...]:
        """Return the kinds that the book names when an alert's facts are shown to them.

        Empty if nothing of a person is told.
        """
        if alert.person is None or not self.knows(alert):
            return ()
        told = frozenset().union(*_told(alert))
        return tuple(sorted(told & {*self.kinds, *((kinds.BUTTON,) if self.is_around else ())}))


def kinds_told(facts: Mapping[str, Fact]) -> tuple[frozenset[str], ...]:
    """Return of which kinds of data an alert's facts tell: of each set, at least one.

    Empty if they hold no value of a person.
    """
    named = str(facts.get("data_kind", "")).split()
    if named:
        return tuple(frozenset({one}) for one in named)
    if "points" in facts:
        parts = [one.partition("=")[0] for one in str(facts["points"]).split()]
        return tuple(_SCORED[one] for one in parts if one in _SCORED)
    if "value" in facts:
        vital = OF_QUANTITY.get(str(facts.get("quantity", "")))
        return (vital.kinds if vital else _NOBODYS,)
    return ()


def _told(alert: Alert) -> tuple[frozenset[str], ...]:
    """Return of which kinds an alert tells, by its name as well; empty if nobody knows."""
    named = _OF_RULE.get(alert.rule)
    return (frozenset({named}),) if named else kinds_told(alert.facts)
