from __future__ import annotations

import pytest

from edge.village import calls
from edge.village.calls import FORGOTTEN_S, LATE_S, OLDEST_S, called, mood
from edge.village.words import Refused

CALL = called(1, "k", "  Mein \t Handy ", "", 100.0)


def test_a_call_is_taken_by_the_first_and_closed_once() -> None:
    assert CALL.subject == "Mein Handy"
    assert mood(CALL, 100.0) == "waiting"
    anna = calls.taken(CALL, "Anna", 101.0)
    assert mood(anna, 101.0) == "coming"
    assert calls.taken(anna, "Bert", 102.0).taken_by == "Anna"
    assert mood(calls.given_back(anna), 103.0) == "waiting"
    closed = calls.ended(anna, 104.0)
    assert (mood(closed, 105.0), closed.is_open) == ("closed", False)
    assert calls.ended(closed, 110.0, withdrawn=True) == closed
    assert mood(calls.ended(CALL, 104.0, withdrawn=True), 105.0) == "withdrawn"


def test_after_five_minutes_it_is_late_unless_somebody_comes() -> None:
    assert mood(CALL, 100.0 + LATE_S - 0.1) == "waiting"
    assert mood(CALL, 100.0 + LATE_S) == "late"
    assert mood(calls.taken(CALL, "Anna", 101.0), 100.0 + LATE_S) == "coming"


def test_what_nobody_needs_is_forgotten() -> None:
    closed = calls.ended(CALL, 200.0)
    assert not calls.is_forgotten(closed, 200.0 + FORGOTTEN_S - 1)
    assert calls.is_forgotten(closed, 200.0 + FORGOTTEN_S)
    assert not calls.is_forgotten(CALL, 100.0 + FORGOTTEN_S)
    assert calls.is_forgotten(CALL, 100.0 + OLDEST_S)
    left = calls.Call(number=2, key="l", subject="", where="", asked_s=100.0, has_left=True)
    assert not calls.is_forgotten(left, 100.0 + FORGOTTEN_S - 1)
    assert calls.is_forgotten(left, 100.0 + FORGOTTEN_S)


def test_what_is_too_long_is_said() -> None:
    for subject, where, field in (("x" * 121, "", "subject"), ("", "x" * 61, "where")):
        with pytest.raises(Refused) as error:
            called(1, "k", subject, where, 0.0)
        assert (error.value.code, error.value.field) == ("long", field)
