"""Which paths a call takes: a siren for emergencies alone, paper for who has no telephone."""

from __future__ import annotations

from edge.alarm.routes import LAMP, NOTE, PATHS, SIREN, SMS, routes
from edge.care.finding import Urgency
from edge.care.ladder import Rung


def taken(
    rung: Rung, urgency: Urgency = Urgency.EMERGENCY, *, phone: bool = True, place: bool = False
) -> tuple[str, ...]:
    return routes(rung, urgency, PATHS, has_phone=phone, is_place=place)


def test_each_rung_has_its_paths() -> None:
    assert taken(Rung.LOCAL, place=True) == (LAMP,)
    assert taken(Rung.CLIENT, place=True) == (LAMP,)
    assert taken(Rung.DOCTOR, place=True) == ()
    assert taken(Rung.RESCUE, place=True) == (LAMP, NOTE, SIREN)
    assert taken(Rung.RESCUE, Urgency.URGENT, place=True) == (LAMP, NOTE)
    assert taken(Rung.RELATIVE) == (SMS,)
    assert taken(Rung.NURSE, phone=False) == (NOTE,)
    assert taken(Rung.RESPONDER) == (SMS, SIREN)
    assert taken(Rung.RESPONDER, Urgency.URGENT) == (SMS, LAMP)


def test_only_paths_that_are_there_are_taken() -> None:
    found = routes(Rung.RELATIVE, Urgency.URGENT, {NOTE}, has_phone=True, is_place=False)
    assert found == (NOTE,)
    assert routes(Rung.RESCUE, Urgency.URGENT, set(), has_phone=False, is_place=True) == ()
