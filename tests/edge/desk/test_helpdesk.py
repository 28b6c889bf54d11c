from __future__ import annotations

import threading
import time

import pytest

from edge.clock import FixedClock
from edge.desk.helpdesk import PRESENT_S, HelpDesk
from edge.village.calls import FORGOTTEN_S, LATE_S, MAX_OPEN, OLDEST_S
from edge.village.words import Refused


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(0)


@pytest.fixture
def desk(clock: FixedClock) -> HelpDesk:
    return HelpDesk(clock)


def moods(desk: HelpDesk) -> list[str]:
    return [one.mood for one in desk.queue()]


def test_a_call_is_seen_taken_and_closed(desk: HelpDesk, clock: FixedClock) -> None:
    call = desk.call("Mein Handy", "Flur", "k")
    assert [(one.call.subject, one.mood) for one in desk.queue()] == [("Mein Handy", "waiting")]
    clock.advance(LATE_S * 1000)
    assert moods(desk) == ["late"]
    assert desk.take(call.number, " Anna ")
    assert not desk.take(call.number, "Bert")
    assert desk.take(call.number, "Anna")  # pressed twice
    mine = desk.mine("k")
    assert mine is not None
    assert (mine.mood, mine.call.taken_by) == ("coming", "Anna")
    desk.give_back(call.number)
    assert moods(desk) == ["late"]
    assert desk.take(call.number, "Bert")
    desk.close(call.number)
    assert desk.queue() == []
    assert not desk.take(call.number, "Anna")
    again = desk.mine("k")
    assert again is not None
    assert again.mood == "closed"


def test_a_form_sent_twice_is_one_call_and_later_another(desk: HelpDesk) -> None:
    first = desk.call("", "", "k")
    assert desk.call("", "", "k") == first
    desk.withdraw("k")
    second = desk.call("", "", "k")
    assert second.number != first.number
    assert second.key != first.key


def test_who_came_earlier_is_ahead(desk: HelpDesk) -> None:
    desk.call("", "", "a")
    desk.call("", "", "b")
    stand = desk.mine("b")
    assert stand is not None
    assert stand.ahead == 1
    desk.take(1, "Anna")
    stand = desk.mine("b")
    assert stand is not None
    assert stand.ahead == 0


def test_there_is_an_end_to_calls(desk: HelpDesk, clock: FixedClock) -> None:
    for _ in range(MAX_OPEN):
        desk.call("", "")
    with pytest.raises(Refused) as error:
        desk.call("", "")
    assert error.value.code == "full"
    clock.advance(OLDEST_S * 1000)
    desk.call("", "")
    assert len(desk.queue()) == 1


def test_who_left_the_screen_is_still_called_for(desk: HelpDesk, clock: FixedClock) -> None:
    desk.call("", "", "k")
    desk.left("k")
    (one,) = desk.queue()
    assert one.call.has_left
    clock.advance(FORGOTTEN_S * 1000)
    assert desk.queue() == []
    assert desk.mine("k") is None


def test_nobodys_call_changes_nothing(desk: HelpDesk) -> None:
    turn = desk.turn
    for change in (desk.close, desk.give_back):
        change(7)
    desk.withdraw("nobody")
    desk.left("nobody")
    assert not desk.take(7, "Anna")
    assert desk.turn == turn


def test_a_volunteer_is_there_while_a_page_of_theirs_is(desk: HelpDesk, clock: FixedClock) -> None:
    assert not desk.is_present
    desk.seen()
    assert desk.is_present
    clock.advance(int(PRESENT_S * 1000) - 1)
    assert desk.is_present
    clock.advance(1)
    assert not desk.is_present
    desk.seen()
    desk.gone()
    assert not desk.is_present


def test_who_waits_is_told_at_once(desk: HelpDesk) -> None:
    told: list[float] = []

    def follow() -> None:
        desk.wait(desk.turn, 30)
        told.append(time.monotonic())

    thread = threading.Thread(target=follow)
    turn = desk.turn
    thread.start()
    assert desk.wait(turn, 0.01) == turn  # nothing new: after a while
    called_s = time.monotonic()
    desk.call("", "")
    thread.join(10)
    assert told
    assert told[0] - called_s < 1  # what the desk promises


def test_a_process_that_stops_lets_all_go(desk: HelpDesk) -> None:
    thread = threading.Thread(target=lambda: desk.wait(desk.turn, 600))
    thread.start()
    desk.stop()
    thread.join(10)
    assert not thread.is_alive()
    assert desk.is_over
