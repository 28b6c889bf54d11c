"""What a played device says when: everything once, in the order it was recorded in."""

from __future__ import annotations

from hardware.hci.sessions import Device, Request, Said, Session
from hardware.sim.reenacted import Script

RECORD, POINT = "2A18", "2A52"


def said(value: bytes, uuid: str = RECORD) -> Said:
    return Said(uuid, value, uuid == POINT, 0.0)


def script(*sessions: Session) -> Script:
    return Script(Device("C0:11:22:33:44:55", sessions=list(sessions)))


def everything(_: str) -> bool:
    return True


def spoken(played: Script, most: int = 99) -> list[bytes]:
    found = []
    while len(found) < most and (one := played.next(everything)) is not None:
        played.arrived(one)
        found.append(one.value)
    return found


def test_each_connection_says_its_own() -> None:
    played = script(Session([said(b"1"), said(b"2")]), Session([said(b"3")]))
    played.connected()
    assert spoken(played) == [b"1", b"2"]
    played.gone()
    assert not played.is_over
    played.connected()
    assert spoken(played) == [b"3"]
    played.gone()
    assert played.is_over
    played.connected()
    assert spoken(played) == []


def test_what_did_not_arrive_is_said_on_the_next_connection() -> None:
    played = script(Session([said(b"1"), said(b"2")]), Session([said(b"3")]))
    played.connected()
    assert spoken(played, 1) == [b"1"]
    played.gone()
    played.connected()
    assert spoken(played) == [b"2"]
    played.gone()
    played.connected()
    assert spoken(played) == [b"3"]


def test_nobody_is_told_what_nobody_subscribed_to() -> None:
    played = script(Session([said(b"1", "2A34"), said(b"2")]))
    played.connected()
    one = played.next(lambda uuid: uuid == RECORD)
    assert one == said(b"2")
    assert played.next(lambda _: False) is None


ALL = Request(POINT, b"\x01\x01", [said(b"1"), said(b"2"), said(b"ok", POINT)])
LATER = Request(POINT, b"\x01\x03\x01\x02", [said(b"none", POINT)])


def test_a_request_has_the_answer_it_had() -> None:
    played = script(Session([], [ALL, LATER]))
    played.connected()
    assert played.next(everything) is None
    assert played.requested(POINT, LATER.value)
    assert spoken(played) == [b"none"]
    assert played.requested(POINT, ALL.value)
    assert played.next(lambda uuid: uuid == POINT) is None  # the records go before the end
    assert spoken(played) == [b"1", b"2", b"ok"]
    assert played.is_over
    assert not played.requested(POINT, ALL.value)


def test_a_request_that_was_cut_may_be_made_again() -> None:
    played = script(Session([], [ALL]))
    played.connected()
    assert played.requested(POINT, ALL.value)
    assert spoken(played, 2) == [b"1", b"2"]
    played.gone()
    assert not played.is_over
    played.connected()
    assert played.requested(POINT, ALL.value)
    assert spoken(played) == [b"1", b"2", b"ok"]


def test_who_knows_less_is_told_what_there_is_and_others_nothing() -> None:
    played = script(Session([], [LATER, Request(POINT, b"\x03\x00")]))
    played.connected()
    assert not played.requested(POINT, b"\x04\x01")  # the count was never asked for
    assert not played.requested("2AAC", LATER.value)
    assert played.requested(POINT, b"\x01\x01")
    assert spoken(played) == [b"none"]
    assert played.requested(POINT, b"\x03\x00")  # what had no answer has none
    assert played.is_over
