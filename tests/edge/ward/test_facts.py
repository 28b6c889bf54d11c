"""What of an alert somebody may know: its words are values, but for a call for help."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from edge.care.consent import BLOOD_PRESSURE
from edge.care.finding import Fact, Urgency
from edge.care.kinds import BUTTON, HOME_ACTIVITY, OXYGEN, ROOM_CLIMATE
from edge.care.ladder import Alert
from edge.ward.facts import Sight

NOBODY: Mapping[str, Fact] = {}


def alert(rule: str, facts: Mapping[str, Fact] = NOBODY, person: int | None = 3) -> Alert:
    return Alert(1, person, "k", rule, Urgency.URGENT, 1, 1, facts)


@pytest.mark.parametrize(
    ("rule", "facts", "kinds"),
    [
        ("limit", {"data_kind": BLOOD_PRESSURE, "value": 190.0}, (BLOOD_PRESSURE,)),
        ("news2", {"data_kind": f"{BLOOD_PRESSURE} {OXYGEN}"}, (BLOOD_PRESSURE, OXYGEN)),
        ("news2", {"points": "systolic=3 oxygen_saturation=2 x=1"}, (BLOOD_PRESSURE, OXYGEN)),
        ("limit", {"quantity": "oxygen_saturation", "value": 80.0}, (OXYGEN,)),
        ("inactivity", {"data_kind": HOME_ACTIVITY}, (HOME_ACTIVITY,)),
        ("inactivity", {}, (HOME_ACTIVITY,)),
        ("heat", {"felt": 33.0}, (ROOM_CLIMATE,)),
    ],
)
@pytest.mark.parametrize("is_around", [False, True])
def test_an_alert_is_known_to_who_may_read_each_kind_it_tells_of(
    rule: str, facts: Mapping[str, Fact], kinds: tuple[str, ...], *, is_around: bool
) -> None:
    told = alert(rule, facts)
    sight = Sight((*kinds, BUTTON), is_around=is_around)
    assert sight.knows(told)
    assert sight.facts(told) == facts
    assert set(sight.noted(told)) == set(kinds)
    for one in kinds:
        less = Sight(tuple(k for k in kinds if k != one), is_around=is_around)
        assert not less.knows(told)
        assert less.facts(told) == {}
        assert less.noted(told) == ()


def test_a_call_for_help_is_told_to_the_circle_and_else_to_who_may_read_it() -> None:
    called = alert("sos", {"data_kind": BUTTON, "late_minutes": 2})
    assert Sight(is_around=True).facts(called) == called.facts
    assert Sight(is_around=True).noted(called) == (BUTTON,)
    assert Sight((BUTTON,)).noted(called) == (BUTTON,)
    assert not Sight((BLOOD_PRESSURE,)).knows(called)


def test_what_tells_of_no_known_kind_is_nobodys_but_the_hubs_own() -> None:
    everything = Sight((BLOOD_PRESSURE, OXYGEN, BUTTON), is_around=True)
    for told in (alert("missed"), alert("limit", {"quantity": "soul", "value": 1})):
        assert not everything.knows(told)
    hub = alert("hub_dead", {"dead_ms": 9}, person=None)
    assert Sight().facts(hub) == {"dead_ms": 9}
    assert Sight().noted(hub) == ()
