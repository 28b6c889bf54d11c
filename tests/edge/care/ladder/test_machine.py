"""What becomes of an alert: each way up, who is told, and that nobody is told twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC

import pytest

from edge.care.finding import Fact, Finding, Stage, Urgency
from edge.care.ladder import Alert, Call, Ladder, Member, Now, Plans, Quiet, Rung, State
from edge.care.ladder.circle import asleep, wakes_in_ms
from edge.care.ladder.plan import (
    CALLED,
    EMERGENCY,
    LOST,
    LOST_BUTTON,
    STILL,
    TODAY,
    URGENT,
    Plan,
    Step,
)

NOON = 1_790_000_000_000 // 86_400_000 * 86_400_000 + 12 * 3_600_000
MINUTE = 60_000
HOUR = 60 * MINUTE
LADDER = Ladder(zone=UTC)
NIGHT = (Quiet(22 * 60, 6 * 60),)
CIRCLE = (
    Member(1, Rung.RELATIVE, "Karl"),
    Member(2, Rung.RELATIVE, "Inge"),
    Member(3, Rung.RESPONDER, "Uwe"),
    Member(4, Rung.NURSE, "Rita"),
    Member(5, Rung.DOCTOR, "Praxis"),
)


def finding(
    urgency: Urgency = Urgency.EMERGENCY, rule: str = "news2", stage: Stage = Stage.RAISE
) -> Finding:
    return Finding(7, f"{rule}:key", rule, stage, urgency, NOON, NOON - MINUTE, {"score": 8})


def at(lived: int, wall: int | None = None, *, known: bool = True) -> Now:
    return Now(lived, NOON + lived if wall is None else wall, known)


def begun(urgency: Urgency = Urgency.EMERGENCY, rule: str = "news2") -> Alert:
    alert = LADDER.begin(finding(urgency, rule), at(0), 9)
    assert alert is not None
    return alert


def climbed(
    alert: Alert, circle: tuple[Member, ...] = CIRCLE, night: int | None = None
) -> tuple[Alert, list[tuple[int, Call]]]:
    """Let time pass until nothing is due any more; return whom it called when."""
    called = []
    for _ in range(100):
        if alert.due is None:
            return alert, called
        now = at(alert.due, None if night is None else night + alert.due)
        after, calls = LADDER.step(alert, circle, now)
        assert after != alert
        alert = after
        called += [(now.lived // MINUTE, one) for one in calls]
    raise AssertionError("it climbs for ever")


def told(called: list[tuple[int, Call]]) -> list[tuple[int, int, int | None]]:
    return [(minute, int(one.rung), one.contact) for minute, one in called]


def test_an_emergency_calls_all_of_a_rung_at_once() -> None:
    alert, called = climbed(begun())
    assert told(called) == [
        (0, 2, None),
        (3, 3, 1), (3, 3, 2),
        (6, 4, 3),
        (9, 5, 4),
        (12, 6, None), (12, 6, 5),
        (15, 7, None),
    ]  # fmt: skip
    assert (alert.state, alert.rung, alert.due) == (State.TOP, Rung.RESCUE, None)
    assert alert.is_open
    assert alert.is_unanswered


def test_what_is_urgent_asks_one_after_the_other() -> None:
    _, called = climbed(begun(Urgency.URGENT))
    assert told(called) == [
        (0, 1, None), (5, 2, None), (20, 3, 1), (35, 3, 2), (50, 4, 3), (65, 5, 4),
        (80, 6, None), (80, 6, 5), (95, 7, None),
    ]  # fmt: skip


def test_who_presses_a_button_is_not_asked() -> None:
    _, called = climbed(begun(Urgency.EMERGENCY, "sos"))
    assert told(called)[:2] == [(0, 3, 1), (0, 3, 2)]
    alert, ended = LADDER.cancel(begun(Urgency.EMERGENCY, "sos"), at(0))
    assert not ended
    assert alert.happened[-1].what == "well"


def test_stillness_waits_at_the_place_first() -> None:
    _, called = climbed(begun(Urgency.URGENT, "inactivity"))
    assert told(called)[:4] == [(0, 1, None), (10, 2, None), (20, 3, 1), (20, 3, 2)]


def test_a_note_calls_nobody() -> None:
    alert = begun(Urgency.NOTE)
    assert (alert.state, alert.due) == (State.NOTED, None)
    assert LADDER.step(alert, CIRCLE, at(HOUR)) == (alert, ())


def test_a_rung_without_people_is_passed_and_said() -> None:
    alert, called = climbed(begun(), ())
    assert told(called) == [(0, 2, None), (3, 6, None), (6, 7, None)]
    assert [one.rung for one in alert.happened if one.what == "nobody"] == [
        Rung.RELATIVE, Rung.RESPONDER, Rung.NURSE,
    ]  # fmt: skip


def test_the_first_acknowledgement_wins() -> None:
    alert, _ = LADDER.step(begun(), CIRCLE, at(0))
    first, won = LADDER.acknowledge(alert, 1, at(MINUTE))
    second, also = LADDER.acknowledge(first, 2, at(MINUTE))
    assert (won, also) == (True, False)
    assert second == first
    assert (first.state, first.acknowledged_by, first.acknowledged_at) == (
        State.TAKEN, 1, NOON + MINUTE,
    )  # fmt: skip
    assert LADDER.acknowledge(first, 1, at(MINUTE)) == (first, True)  # a double click
    assert LADDER.acknowledge(first, None, at(MINUTE)) == (first, False)


def test_what_somebody_has_is_left_alone_until_it_is_due() -> None:
    alert, _ = LADDER.step(begun(), CIRCLE, at(0))
    alert, is_first = LADDER.acknowledge(alert, 1, at(MINUTE))
    assert is_first
    assert LADDER.step(alert, CIRCLE, at(2 * MINUTE)) == (alert, ())


def test_what_is_taken_and_not_followed_up_goes_on_climbing() -> None:
    alert, _ = LADDER.step(begun(), CIRCLE, at(0))
    alert, _ = LADDER.step(alert, CIRCLE, at(3 * MINUTE))
    taken, _ = LADDER.acknowledge(alert, 1, at(4 * MINUTE))
    assert taken.due == 4 * MINUTE + EMERGENCY.follow
    after, calls = LADDER.step(taken, CIRCLE, at(taken.due))
    assert [(one.rung, one.contact) for one in calls] == [(Rung.RESPONDER, 3)]
    assert (after.state, after.acknowledged_by) == (State.CLIMBING, None)
    assert ("late", 1) in [(one.what, one.contact) for one in after.happened]


def test_handing_over_tells_again_and_must_be_taken() -> None:
    alert, _ = LADDER.step(begun(Urgency.EMERGENCY, "sos"), CIRCLE, at(0))
    taken, _ = LADDER.acknowledge(alert, 1, at(MINUTE))
    assert LADDER.hand_over(alert, 2, at(MINUTE)) == (alert, ())  # nobody has it
    assert LADDER.hand_over(taken, 1, at(MINUTE)) == (taken, ())  # to oneself
    handed, calls = LADDER.hand_over(taken, 2, at(MINUTE))
    assert [(one.lap, one.contact) for one in calls] == [(2, 2)]  # who was told before is told
    assert (handed.state, handed.handed_to, handed.acknowledged_by) == (State.HANDED, 2, 1)
    there, won = LADDER.acknowledge(handed, 2, at(2 * MINUTE))
    assert won
    assert (there.state, there.acknowledged_by, there.handed_to) == (State.TAKEN, 2, None)
    again, _ = LADDER.hand_over(handed, 4, at(MINUTE))  # to somebody else instead
    assert again.handed_to == 4
    assert handed.due is not None
    lost, calls = LADDER.step(handed, CIRCLE, at(handed.due))
    assert [(one.rung, one.contact) for one in calls] == [(Rung.RESPONDER, 3)]
    assert lost.state is State.CLIMBING
    back, won = LADDER.acknowledge(handed, 1, at(2 * MINUTE))  # who had it takes it back
    assert won
    assert back.state is State.TAKEN


def test_handing_over_a_note_has_no_time() -> None:
    taken, _ = LADDER.acknowledge(begun(Urgency.NOTE), 4, at(0))
    assert (taken.state, taken.due) == (State.TAKEN, None)
    handed, calls = LADDER.hand_over(taken, 3, at(0))
    assert handed.due is None
    assert len(calls) == 1


def test_the_person_cancels_before_anybody_is_called() -> None:
    alert, _ = LADDER.step(begun(Urgency.URGENT), CIRCLE, at(0))
    cancelled, ended = LADDER.cancel(alert, at(MINUTE))
    assert ended
    assert (cancelled.state, cancelled.due, cancelled.is_open) == (State.CANCELLED, None, False)
    assert LADDER.cancel(cancelled, at(MINUTE)) == (cancelled, False)
    assert LADDER.acknowledge(cancelled, 1, at(MINUTE)) == (cancelled, False)
    late, _ = LADDER.step(alert, CIRCLE, at(5 * MINUTE))
    later, _ = LADDER.step(late, CIRCLE, at(20 * MINUTE))
    assert later.rung is Rung.RELATIVE
    assert LADDER.cancel(later, at(21 * MINUTE))[1] is False
    noted, ended = LADDER.cancel(begun(Urgency.NOTE), at(0))
    assert ended
    assert noted.state is State.CANCELLED


def test_values_beyond_doubt_are_not_cancelled() -> None:
    alert, _ = LADDER.step(begun(), CIRCLE, at(0))
    after, ended = LADDER.cancel(alert, at(1))
    assert not ended
    assert after.due == alert.due


def test_asking_the_person_calls_nobody_until_it_is_raised() -> None:
    asked = LADDER.begin(finding(Urgency.URGENT, stage=Stage.ASK), at(0))
    assert asked is not None
    assert (asked.state, asked.due) == (State.ASKED, None)
    again = LADDER.found(asked, finding(Urgency.URGENT, stage=Stage.ASK), at(1))
    assert again == asked
    raised = LADDER.found(asked, finding(Urgency.URGENT), at(2))
    assert (raised.state, raised.due, raised.lap) == (State.CLIMBING, 2, 1)


def test_the_same_again_tells_nobody_and_worse_climbs_anew() -> None:
    alert, _ = climbed(begun(Urgency.TODAY))
    same = LADDER.found(alert, replace(finding(Urgency.TODAY), facts={"score": 6}), at(9 * HOUR))
    assert (same.state, same.due, same.facts) == (alert.state, None, {"score": 6})
    assert LADDER.found(alert, finding(Urgency.NOTE), at(0)).urgency is Urgency.TODAY
    others: dict[str, Fact] = {"with": "oxygen_saturation", "with_at": NOON}
    kept = LADDER.found(replace(alert, facts=others), finding(Urgency.TODAY), at(9 * HOUR))
    assert kept.facts == {**others, "score": 8}  # what is asked for beside it is asked for still
    worse = LADDER.found(alert, finding(Urgency.EMERGENCY), at(9 * HOUR))
    assert (worse.state, worse.lap, worse.rung, worse.due) == (State.CLIMBING, 2, None, 9 * HOUR)
    _, called = climbed(worse)
    assert (9 * 60 + 3, 3, 1) in told(called)  # Karl, once more: it is worse now
    asking = LADDER.found(alert, finding(Urgency.URGENT, stage=Stage.ASK), at(9 * HOUR))
    assert (asking.state, asking.urgency) == (alert.state, Urgency.TODAY)
    noted = LADDER.found(begun(Urgency.NOTE), finding(Urgency.TODAY), at(1))
    assert (noted.state, noted.lap) == (State.CLIMBING, 1)


@pytest.mark.parametrize("before", [Urgency.NOTE, Urgency.TODAY])
@pytest.mark.parametrize("after", [Urgency.URGENT, Urgency.EMERGENCY])
def test_what_somebody_took_climbs_anew_once_worse_is_confirmed(
    before: Urgency, after: Urgency
) -> None:
    """Asked again at another urgency nobody is called, but the second value calls at once."""
    asked = LADDER.begin(finding(before, stage=Stage.ASK), at(0), 9)
    assert asked is not None
    taken, won = LADDER.acknowledge(asked, 4, at(MINUTE))
    assert won
    worse = LADDER.found(taken, finding(after, stage=Stage.ASK), at(2 * MINUTE))
    assert (worse.state, worse.due, worse.urgency) == (State.TAKEN, taken.due, before)
    called = LADDER.found(worse, finding(after), at(3 * MINUTE))
    assert (called.state, called.urgency, called.acknowledged_by) == (State.CLIMBING, after, None)
    assert called.lap == taken.lap + 1
    assert called.due == 3 * MINUTE
    calm = LADDER.found(worse, finding(before), at(3 * MINUTE))
    assert (calm.state, calm.acknowledged_by) == (State.TAKEN, 4)


def test_what_nobody_acknowledged_is_over_by_itself_and_shown_until_seen() -> None:
    alert, _ = climbed(begun())
    over = LADDER.found(alert, finding(stage=Stage.END), at(HOUR))
    assert (over.state, over.due, over.is_open, over.ended_at) == (
        State.OVER, None, True, NOON + HOUR,
    )  # fmt: skip
    assert LADDER.over(over, at(2 * HOUR)) == over
    seen, won = LADDER.acknowledge(over, 4, at(2 * HOUR))
    assert won
    assert (seen.state, seen.is_open) == (State.CLOSED, False)
    assert LADDER.begin(finding(stage=Stage.END), at(0)) is None
    assert LADDER.over(seen, at(0)) == seen


def test_what_somebody_has_stays_theirs_when_it_is_over() -> None:
    taken, _ = LADDER.acknowledge(begun(), 1, at(0))
    over = LADDER.over(taken, at(MINUTE))
    assert (over.state, over.due, over.acknowledged_by) == (State.TAKEN, None, 1)
    closed = LADDER.close(over, 1, "  Sie saß im Garten. ", at(HOUR))
    assert (closed.state, closed.outcome) == (State.CLOSED, "Sie saß im Garten.")
    assert LADDER.close(closed, 2, "anders", at(HOUR)) == closed
    at_once = LADDER.close(begun(), 4, "x" * 5000, at(0))
    assert (at_once.acknowledged_by, len(at_once.outcome)) == (4, 1000)
    handed, _ = LADDER.hand_over(over, 2, at(HOUR))
    assert (handed.state, handed.due) == (State.HANDED, None)


def test_quiet_hours_are_kept_but_by_an_emergency() -> None:
    night = NOON + 11 * HOUR  # 23 o'clock
    sleepers = tuple(replace(one, quiet=NIGHT) for one in CIRCLE)
    _, called = climbed(begun(), sleepers, night)
    assert (3, 3, 1) in told(called)
    alert, called = climbed(begun(Urgency.URGENT), sleepers, night)
    assert told(called) == [(0, 1, None), (5, 2, None), (20, 6, None), (35, 7, None)]
    assert {one.contact for one in alert.happened if one.what == "asleep"} == {1, 2, 3, 4, 5}
    # when they wake and nobody has answered they are told, once
    awake, calls = LADDER.step(alert, sleepers, at(0, NOON))
    assert {one.contact for one in calls} == {1, 2, 3, 4, 5}
    assert LADDER.step(awake, sleepers, at(0, NOON)) == (awake, ())


def test_who_slept_through_their_rung_is_told_while_it_climbs() -> None:
    night = NOON + 18 * HOUR - 21 * MINUTE  # 5:39
    sleepers = (replace(CIRCLE[0], quiet=NIGHT), CIRCLE[2], CIRCLE[3])
    alert = begun(Urgency.URGENT)
    for minute in (0, 5, 20):  # the responder is asked in the stead of who sleeps
        alert, _ = LADDER.step(alert, sleepers, at(minute * MINUTE, night + minute * MINUTE))
    assert alert.rung is Rung.RESPONDER
    alert, calls = LADDER.step(alert, sleepers, at(25 * MINUTE, night + 25 * MINUTE))
    assert [(one.rung, one.contact) for one in calls] == [(Rung.RELATIVE, 1)]


def test_what_has_time_waits_until_somebody_wakes() -> None:
    night = NOON + 10 * HOUR  # 22 o'clock; the relatives' turn is at midnight
    sleepers = (replace(CIRCLE[0], quiet=NIGHT), replace(CIRCLE[1], quiet=NIGHT), CIRCLE[3])
    _, called = climbed(begun(Urgency.TODAY), sleepers, night)
    assert told(called)[:4] == [
        (0, 2, None), (8 * 60, 3, 1), (11 * 60, 3, 2), (14 * 60, 5, 4),
    ]  # fmt: skip


def test_without_a_known_time_nobody_sleeps() -> None:
    sleepers = tuple(replace(one, quiet=(Quiet(0, 1439),)) for one in CIRCLE)
    alert, _ = LADDER.step(begun(Urgency.EMERGENCY, "sos"), sleepers, at(0, known=False))
    assert alert.has_told == {1, 2}
    urgent = replace(begun(Urgency.URGENT), rung=Rung.CLIENT, due=0)
    assert LADDER.step(urgent, sleepers, at(0, known=False))[0].has_told == {1}


def test_quiet_hours_may_span_midnight_and_be_all_day() -> None:
    member = Member(1, Rung.NURSE, quiet=NIGHT)
    day = NOON - 12 * HOUR
    assert [asleep(member, day + hour * HOUR, UTC) for hour in (5, 6, 21, 22)] == [
        True, False, False, True,
    ]  # fmt: skip
    assert wakes_in_ms([member], day + 5 * HOUR + 30_000, UTC) == HOUR - 30_000
    always = Member(1, Rung.NURSE, quiet=(Quiet(0, 1440),))
    assert wakes_in_ms([always], day, UTC) == 24 * HOUR


def test_an_alert_says_the_same_after_it_was_kept() -> None:
    alert, _ = climbed(begun())
    taken, _ = LADDER.acknowledge(alert, 1, at(HOUR))
    for one in (begun(), alert, taken):
        assert Alert.from_json(9, 7, one.to_json()) == one


def test_a_ladder_of_another_plan_goes_on_where_it_was() -> None:
    alert, _ = LADDER.step(begun(), CIRCLE, at(0))
    alert, _ = LADDER.step(alert, CIRCLE, at(3 * MINUTE))
    short = Plan((Step(Rung.CLIENT, 1), Step(Rung.NURSE, 1)), 1, 1)
    other = Ladder(Plans({Urgency.EMERGENCY: short}), UTC)
    after, calls = other.step(alert, CIRCLE, at(6 * MINUTE))
    assert [one.contact for one in calls] == [4]
    only = Ladder(Plans({Urgency.EMERGENCY: replace(short, steps=short.steps[1:])}), UTC)
    assert [one.contact for one in only.step(alert, CIRCLE, at(6 * MINUTE))[1]] == [4]
    assert after.rung is Rung.NURSE


@pytest.mark.parametrize("plan", [EMERGENCY, CALLED, STILL, URGENT, TODAY, LOST, LOST_BUTTON])
def test_each_plan_climbs_and_waits_on_each_rung(plan: Plan) -> None:
    rungs = [one.rung for one in plan.steps]
    assert rungs == sorted(set(rungs))
    assert all(one.wait > 0 for one in plan.steps if one.rung is not Rung.RESCUE)
    assert plan.follow > 0 < plan.take


@pytest.mark.parametrize(
    ("urgency", "hours", "plan"),
    [(Urgency.TODAY, (8, 20), LOST), (Urgency.URGENT, (7, 22), LOST_BUTTON)],
)
def test_that_nothing_comes_is_told_by_day_and_never_to_a_practice_or_112(
    urgency: Urgency, hours: tuple[int, int], plan: Plan
) -> None:
    midnight = NOON - 12 * HOUR
    for hour in range(24):
        alert, called = climbed(begun(urgency, "no_data"), CIRCLE, midnight + hour * HOUR)
        assert {one.rung for _, one in called} == {
            Rung.CLIENT, Rung.RELATIVE, Rung.RESPONDER, Rung.NURSE,
        }  # fmt: skip
        when = [(hour + minute / 60) % 24 for minute, _ in called]
        assert all(hours[0] <= one < hours[1] for one in when), (hour, when)
        assert alert.state is State.TOP
    _, called = climbed(begun(urgency, "no_data"), CIRCLE, midnight + 8 * HOUR)
    waits = {one.rung: one.wait for one in plan.steps}
    assert called[0][0] == 0
    assert called[1][0] == waits[Rung.CLIENT] // MINUTE
    assert called[2][0] - called[1][0] == waits[Rung.RELATIVE] // MINUTE


def test_of_a_silent_button_somebody_is_told_sooner_than_of_silent_sensors() -> None:
    assert all(one.wait < two.wait for one, two in zip(LOST_BUTTON.steps, LOST.steps, strict=True))


def test_at_night_nobody_who_slept_is_told_of_it_either() -> None:
    sleeper = (replace(CIRCLE[0], quiet=(Quiet(8 * 60, 21 * 60),)), CIRCLE[3])
    alert = replace(begun(Urgency.TODAY, "no_data"), rung=Rung.NURSE, state=State.TOP, due=None)
    evening = NOON + 10 * HOUR
    assert LADDER.step(alert, sleeper, at(0, evening)) == (alert, ())
    _, calls = LADDER.step(alert, sleeper, at(0, NOON - 5 * HOUR))
    assert calls == ()
    unset, calls = LADDER.step(begun(Urgency.TODAY, "no_data"), CIRCLE, at(0, evening, known=False))
    assert (unset.rung, len(calls)) == (Rung.CLIENT, 1)  # nobody knows that it is night
