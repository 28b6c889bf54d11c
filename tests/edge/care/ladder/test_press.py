"""Presses of buttons are told apart by the time at which they were heard, not by which is later."""

from __future__ import annotations

import pytest

from edge.care.finding import Urgency
from edge.care.ladder import Alert
from edge.care.ladder.press import PRESSED, SLACK_MS, is_of, pressed_at

AT = 1_790_000_000_000


def alert(person: int | None, **facts: int) -> Alert:
    return Alert(1, person, "sos:ble:C0", "sos", Urgency.EMERGENCY, AT, AT, facts)


def test_an_alert_is_about_its_newest_press() -> None:
    assert pressed_at(alert(3)) == AT
    assert pressed_at(alert(3, **{PRESSED: AT + 9})) == AT + 9


@pytest.mark.parametrize("sign", [-1, 1])
def test_nobodys_press_is_the_very_same_and_a_persons_is_heard_again_for_seconds(sign: int) -> None:
    assert is_of(alert(None), AT)
    assert not is_of(alert(None), AT + sign)
    assert is_of(alert(3), AT + sign * SLACK_MS)
    assert not is_of(alert(3), AT + sign * (SLACK_MS + 1))
