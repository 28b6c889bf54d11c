"""Alerts are durable, each change with what follows from it in one commit; one person has one."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from edge.care.finding import Finding, Stage, Urgency
from edge.care.ladder import Circle, Member, Rung, State
from edge.clock import FixedClock
from edge.store.erasure import belongings, erase_from_personal
from edge.store.personal import PersonalStore
from edge.store.personal_alert_calls import MOST_TRIES
from edge.store.personal_alerts import NoSuchAlert
from hardware.reading import TimeQuality

CIRCLE = (Member(1, Rung.RELATIVE), Member(2, Rung.RELATIVE), Member(3, Rung.RESPONDER))


def circle(person: int | None, _rule: str = "") -> Circle:
    return CIRCLE if person is not None else ()


def finding(person: int, key: str = "sos", **kwargs: object) -> Finding:
    values = {"stage": Stage.RAISE, "urgency": Urgency.EMERGENCY, "at": 5, "since": 4, **kwargs}
    return Finding(person, key, "sos", **values)  # type: ignore[arg-type]


@pytest.fixture
def erna(personal: PersonalStore, clock: FixedClock) -> int:
    return personal.add_person("Erna Kanarienvogel", clock.wall_ms)


def test_what_is_found_is_raised_once_and_ended(
    personal: PersonalStore, clock: FixedClock, erna: int
) -> None:
    personal.take_findings([], clock.stamp())
    before = personal.alert_change()
    personal.take_findings([finding(erna), finding(erna), finding(erna, "b")], clock.stamp())
    assert [one.key for one in personal.alerts()] == ["sos", "b"]
    assert personal.alert_change() > before
    (first, second) = personal.alerts()
    personal.take_findings([finding(erna, stage=Stage.END)], clock.stamp())
    assert personal.alert(first.number).state is State.OVER
    personal.take_findings([finding(erna)], clock.stamp())  # it came again: that is another one
    assert [one.number for one in personal.alerts()] == [first.number, second.number, 3]
    personal.close_alert(second.number, 4, "gut", clock.stamp())
    assert len(personal.alerts()) == 2
    assert len(personal.alerts(open_only=False, person=erna)) == 3
    assert personal.alerts(person=99) == []
    with pytest.raises(NoSuchAlert):
        personal.alert(77)
    with pytest.raises(NoSuchAlert):
        personal.acknowledge(77, 1, clock.stamp())


def test_findings_are_taken_in_the_callers_transaction(
    personal: PersonalStore, clock: FixedClock, erna: int
) -> None:
    def stop_halfway() -> None:
        with personal.connection.transaction():
            personal.take_findings([finding(erna)], clock.stamp())
            assert len(personal.alerts()) == 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        stop_halfway()
    assert personal.alerts() == []


def test_steps_are_taken_when_they_are_due_and_call_once(
    personal: PersonalStore, clock: FixedClock, erna: int
) -> None:
    personal.take_findings([finding(erna)], clock.stamp())
    assert personal.climb(clock.stamp(), circle) == 1
    assert personal.climb(clock.stamp(), circle) == 0
    calls = personal.new_calls()
    assert [(one.rung, one.contact) for one in calls] == [(Rung.RELATIVE, 1), (Rung.RELATIVE, 2)]
    for call in calls:
        personal.spread_call(call, ("sms", "paper"), 0, clock.wall_ms)
        personal.spread_call(call, ("sms",), 0, clock.wall_ms)
    assert personal.new_calls() == []
    assert len(personal.due_messages(0)) == 4
    clock.advance(180_000)
    assert personal.climb(clock.stamp(), circle, sweep=True) == 1
    assert [one.contact for one in personal.new_calls()] == [3]


def test_of_two_in_the_same_second_exactly_one_has_it(
    tmp_path: Path, key_file: Path, personal: PersonalStore, clock: FixedClock, erna: int
) -> None:
    for _ in range(10):
        personal.take_findings([finding(erna)], clock.stamp())
        (alert,) = personal.alerts()
        won: list[int] = []
        ready = threading.Barrier(4)

        def answer(
            contact: int, number: int = alert.number, ready: threading.Barrier = ready
        ) -> None:
            with PersonalStore.open(tmp_path / "personal.db", key_file) as mine:
                ready.wait()
                if mine.acknowledge(number, contact, clock.stamp()).won:
                    won.append(contact)  # noqa: B023  # joined below

        people = [threading.Thread(target=answer, args=(contact,)) for contact in range(1, 5)]
        for one in people:
            one.start()
        for one in people:
            one.join()
        assert len(won) == 1
        assert personal.alert(alert.number).acknowledged_by == won[0]
        personal.close_alert(alert.number, won[0], "", clock.stamp())


def test_handing_over_and_cancelling(personal: PersonalStore, clock: FixedClock, erna: int) -> None:
    personal.take_findings(
        [finding(erna), finding(erna, "x", urgency=Urgency.TODAY)], clock.stamp()
    )
    sos, today = personal.alerts()
    assert not personal.cancel_alert(sos.number, clock.stamp()).won
    assert personal.cancel_alert(today.number, clock.stamp()).won
    personal.acknowledge(sos.number, 1, clock.stamp())
    assert personal.hand_over(sos.number, 3, clock.stamp()).state is State.HANDED
    assert [one.contact for one in personal.new_calls()] == [3]
    assert personal.told_of(3) == [sos.number]
    assert personal.told_of(2) == []


def test_a_message_is_tried_again_and_reported_on(
    personal: PersonalStore, clock: FixedClock, erna: int
) -> None:
    personal.take_findings([finding(erna)], clock.stamp())
    personal.climb(clock.stamp(), circle)
    first, second = personal.new_calls()
    personal.spread_call(first, ("sms", "paper"), 0, clock.wall_ms)
    personal.spread_call(second, ("sms",), 0, clock.wall_ms)
    one, other, last = personal.due_messages(0)
    personal.message_failed(one, "kein Netz", 0, clock.stamp())
    assert [m.message for m in personal.due_messages(4999)] == [other.message, last.message]
    personal.message_sent(other.message, clock.stamp(), "17")
    assert not personal.message_arrived("sms", "17", clock.stamp(), did=True)
    assert personal.message_arrived("paper", "17", clock.stamp(), did=True)
    personal.message_sent(last.message, clock.stamp(), "18")
    assert personal.message_arrived("sms", "18", clock.stamp(), did=False)
    for _ in range(MOST_TRIES - 1):
        (one,) = personal.due_messages(1 << 50)
        personal.message_failed(one, "kein Netz", 0, clock.stamp())
    states = {m.message: m.state for m in personal.alert_messages(1)}
    assert states == {one.message: "failed", other.message: "arrived", last.message: "failed"}


def test_the_hubs_own_alert_is_nobodys(personal: PersonalStore, clock: FixedClock) -> None:
    for _ in range(2):
        personal.raise_hub_alert(finding(0, "hub", urgency=Urgency.TODAY), clock.stamp())
    (alert,) = personal.alerts()
    assert alert.person is None
    assert personal.climb(clock.stamp(), circle) == 1
    assert personal.acknowledge(alert.number, None, clock.stamp()).won


def test_the_clock_is_noted_when_it_jumps_and_now_and_then(
    personal: PersonalStore, clock: FixedClock
) -> None:
    assert personal.unwatched_ms(clock.stamp()) == (None, None)
    first = personal.look_at_clock(clock.stamp())

    def kept() -> int:
        life, _ = personal.unwatched_ms(clock.stamp())
        assert life is not None
        return life.lived

    clock.advance(2000)
    assert personal.look_at_clock(clock.stamp()).lived == first.lived + 2000
    assert kept() == first.lived
    clock.wall_ms += 86_400_000
    personal.look_at_clock(clock.stamp())
    assert kept() == first.lived + 2000
    clock.quality = TimeQuality.UNKNOWN
    personal.look_at_clock(clock.stamp())
    clock.advance(4000)
    personal.look_at_clock(clock.stamp())
    assert kept() == first.lived + 6000


def test_an_erasure_and_a_withdrawal_take_alerts_along(
    tmp_path: Path, personal: PersonalStore, clock: FixedClock, erna: int
) -> None:
    secret = "Kanarienwert4711"
    kinds = (
        {},
        {"data_kind": "temperature", "why": secret},
        {"data_kind": "weight"},
        {"data_kind": "temperature weight", "why": secret},
    )
    personal.give_consent(
        erna, purpose="care", data_kind="weight", sentence="ja", given_how="x", at=1
    )
    personal.take_findings(
        [finding(erna, str(n), facts=facts) for n, facts in enumerate(kinds)], clock.stamp()
    )
    personal.climb(clock.stamp(), circle)
    for call in personal.new_calls():
        personal.spread_call(call, ("sms",), 0, 1)
    before = personal.alert_change()
    personal.withdraw_consent(erna, clock.wall_ms, data_kind="temperature")
    assert personal.alert_change() > before  # pages that are open show it
    assert [one.key for one in personal.alerts()] == ["0", "2"]
    erase_from_personal(personal, erna, belongings(personal, erna))
    assert personal.alerts(open_only=False) == []
    for table in ("alert", "alert_call", "alert_message"):
        assert personal.connection.rows(f"SELECT * FROM {table}") == []  # noqa: S608
    personal.checkpoint()
    for path in tmp_path.iterdir():
        assert secret.encode() not in path.read_bytes()


def test_an_old_copy_tells_nothing_of_who_was_erased(
    personal: PersonalStore, clock: FixedClock, erna: int
) -> None:
    personal.take_findings([finding(erna)], clock.stamp())
    personal.destroy_key(erna)
    assert personal.alerts() == []
    with pytest.raises(NoSuchAlert):
        personal.alert(1)
