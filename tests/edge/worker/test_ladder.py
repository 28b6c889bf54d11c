"""From a finding to a short message and back: the real store, a virtual modem on a real port."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge.alarm.note import NotePath
from edge.alarm.path import AlarmError, AlarmPath
from edge.alarm.sms import SmsPath
from edge.care.finding import Finding, Stage, Urgency
from edge.care.ladder import State
from edge.care.people import ContactRole, QuietHours
from edge.clock import FixedClock
from edge.config.alarm import Modem
from edge.process.log import Log
from edge.store.personal import PersonalStore
from edge.store.village import VillageStore
from edge.store.village_alarms import HallAlarm
from edge.worker.hall_alarm import HallBoard
from edge.worker.ladder import (
    DEAD_MS,
    HUB_DEAD,
    UNSET_MS,
    LadderCalls,
    LadderSteps,
    answered,
    same_phone,
)
from hardware.reading import TimeQuality
from hardware.sim.modem import ModemOptions, VirtualModem

NOW_MS = 1_790_000_000_000
SOS = {"device": "ble:1"}


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW_MS, boot_id="a")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[PersonalStore]:
    (tmp_path / "personal.key").write_text("5a" * 32)
    with PersonalStore.open(tmp_path / "personal.db", tmp_path / "personal.key") as opened:
        yield opened


@pytest.fixture
def erna(store: PersonalStore) -> int:
    """Erna, with a son who may know her name, a neighbour who may not, and a nurse by paper."""
    person = store.add_person("Erna Kanarienvogel", NOW_MS)
    store.give_consent(
        person, purpose="care", data_kind="button", sentence="ja", given_how="x", at=1
    )
    people = (
        ("Karl", ContactRole.RELATIVE, "0170 1234567", True),
        ("Uwe", ContactRole.RESPONDER, "+491719999999", False),
        ("Rita", ContactRole.NURSE, "", False),
    )
    for name, role, phone, may_name in people:
        contact = store.add_contact(name, role, NOW_MS, phone=phone)
        store.put_in_circle(person, contact, NOW_MS, may_name=may_name, quiet=QuietHours(0, 1))
    return person


def found(person: int, stage: Stage = Stage.RAISE, at: int = NOW_MS) -> Finding:
    return Finding(person, "sos:1", "sos", stage, Urgency.EMERGENCY, at, at, SOS)


def until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_call_reaches_the_son_who_answers_and_the_neighbour_sleeps_on(
    store: PersonalStore, erna: int, clock: FixedClock, tmp_path: Path
) -> None:
    options = ModemOptions()
    with VirtualModem(options) as modem:
        sms = SmsPath(Modem(modem.moniker), tmp_path / "refused")
        notes = NotePath("", tmp_path / "notes")
        calls = LadderCalls(clock, Log(), {"sms": sms, "note": notes}, "Wetterfeld")
        steps = LadderSteps(clock, Log())
        steps.run(store)
        store.take_findings([found(erna)], clock.stamp())
        assert steps.run(store) == 1
        assert calls.run(store) == []
        (sent,) = options.sent
        assert sent.number == "01701234567"
        assert "Erna Kanarienvogel" in sent.text
        clock.advance(180_000)  # he does not answer: the neighbour
        steps.run(store)
        calls.run(store)
        assert options.sent[1].number == "+491719999999"
        assert "Erna" not in options.sent[1].text

        def arrived() -> bool:
            calls.run(store)
            return {one.state for one in store.alert_messages(1)} == {"arrived"}

        until(arrived)
        modem.receive("+491701234567", "Ja, komme")  # that is no answer that counts
        modem.receive("+49170000000", "1 1")  # somebody else's number
        modem.receive("+491701234567", " 1 1 ")

        def taken() -> bool:
            calls.run(store)
            return store.alert(1).state is State.TAKEN

        until(taken)
        assert store.alert(1).acknowledged_by == 1
        clock.advance(600_000)
        assert steps.run(store) == 0
        calls.run(store)
        assert len(options.sent) == 2
        sms.close()


def test_who_was_taken_out_of_the_circle_is_told_nothing_and_takes_nothing(
    store: PersonalStore, erna: int, clock: FixedClock, tmp_path: Path
) -> None:
    options = ModemOptions()
    with VirtualModem(options) as modem:
        sms = SmsPath(Modem(modem.moniker), tmp_path / "refused")
        calls = LadderCalls(clock, Log(), {"sms": sms}, "Wetterfeld")
        steps = LadderSteps(clock, Log())
        store.take_findings([found(erna)], clock.stamp())
        steps.run(store)
        assert store.take_from_circle(erna, 1, clock.wall_ms)  # called, and not told yet
        calls.run(store)
        assert options.sent == []
        clock.advance(180_000)
        steps.run(store)
        calls.run(store)
        assert [one.number for one in options.sent] == ["+491719999999"]
        assert store.take_from_circle(erna, 2, clock.wall_ms)  # told, and has not answered
        modem.receive("+491701234567", "1 1")
        modem.receive("+491719999999", "1")
        deadline = time.monotonic() + 2
        while time.monotonic() < deadline:
            calls.run(store)
        assert store.alert(1).state is State.CLIMBING
        rita = next(one.contact for one in store.contacts() if one.name == "Rita")
        store.acknowledge(1, rita, clock.stamp())
        store.hand_over(1, 2, clock.stamp())  # whoever has it may ask him all the same
        calls.run(store)
        assert len(options.sent) == 2
        modem.receive("+491719999999", "1")
        until(lambda: bool(calls.run(store)) or store.alert(1).acknowledged_by == 2)
        sms.close()


def test_who_has_no_telephone_gets_a_sheet_that_names_nobody(
    store: PersonalStore, erna: int, clock: FixedClock, tmp_path: Path
) -> None:
    notes = NotePath("", tmp_path / "notes")
    calls = LadderCalls(clock, Log(), {"note": notes}, "Wetterfeld")
    steps = LadderSteps(clock, Log())
    store.take_findings([found(erna)], clock.stamp())
    for _ in range(6):
        steps.run(store)
        calls.run(store)
        clock.advance(180_000)
    texts = [one.read_text() for one in (tmp_path / "notes").glob("*.txt")]
    assert len(texts) == 4  # three people, and the text for 112
    assert sum("112 wählen und vorlesen" in one for one in texts) == 1
    for text in texts:
        assert "Erna" not in text
        assert "Karl" not in text
    assert store.alert(1).state is State.TOP


class Broken:
    """A path whose device is gone."""

    name = "sms"

    def __init__(self) -> None:
        self.asked = 0

    def tell(self, notice: object) -> None:
        assert notice
        self.asked += 1
        raise AlarmError("gone", hint="Stecken Sie es ein.")

    def hear(self) -> None:
        raise AlarmError("gone", hint="Stecken Sie es ein.")

    def check(self) -> str:
        return ""

    def close(self) -> None:
        return None


def test_a_broken_path_is_tried_again_and_said(
    store: PersonalStore, erna: int, clock: FixedClock
) -> None:
    broken = Broken()
    there: dict[str, AlarmPath] = {"sms": broken}  # type: ignore[dict-item]
    calls = LadderCalls(clock, Log(), there, "Wetterfeld")
    store.take_findings([found(erna)], clock.stamp())
    LadderSteps(clock, Log()).run(store)
    assert calls.run(store) == ["sms"]
    assert calls.run(store) == ["sms"]
    assert broken.asked == 1
    clock.advance(6000)
    calls.run(store)
    assert broken.asked == 2
    assert store.alert_messages(1)[0].said == "Stecken Sie es ein."
    store.acknowledge(1, 2, clock.stamp())  # somebody has it: nobody is told any more
    clock.advance(600_000)
    calls.run(store)
    assert broken.asked == 2
    assert store.alert_messages(1)[0].state == "failed"


def test_who_cannot_be_sent_a_short_message_gets_a_sheet_at_once(
    store: PersonalStore, erna: int, clock: FixedClock, tmp_path: Path
) -> None:
    there: dict[str, AlarmPath] = {
        "sms": Broken(),  # type: ignore[dict-item]
        "note": NotePath("", tmp_path / "notes"),
    }
    calls = LadderCalls(clock, Log(), there, "Wetterfeld")
    store.take_findings([found(erna)], clock.stamp())
    LadderSteps(clock, Log()).run(store)
    for _ in range(3):
        calls.run(store)
        clock.advance(6000)
    (sheet,) = (tmp_path / "notes").glob("*.txt")
    assert "Für: Angehörige" in sheet.read_text()
    assert [(one.path, one.state) for one in store.alert_messages(1)] == [
        ("sms", "new"),  # it is tried again all the same
        ("note", "sent"),
    ]


def test_what_is_not_in_hub_toml_any_more_is_given_up(
    store: PersonalStore, erna: int, clock: FixedClock
) -> None:
    there: dict[str, AlarmPath] = {"sms": Broken()}  # type: ignore[dict-item]
    store.take_findings([found(erna)], clock.stamp())
    LadderSteps(clock, Log()).run(store)
    LadderCalls(clock, Log(), there, "W").run(store)
    clock.advance(10_000)
    LadderCalls(clock, Log(), {}, "W").run(store)
    assert store.alert_messages(1)[0].said == "steht nicht mehr in hub.toml"


def test_a_hub_that_was_dead_says_so_once(
    store: PersonalStore, erna: int, clock: FixedClock
) -> None:
    def dead() -> list[object]:
        return [one.facts.get("dead_ms", "?") for one in store.alerts() if one.rule == HUB_DEAD]

    LadderSteps(clock, Log()).run(store)
    clock.advance(DEAD_MS - 1000)  # an update
    LadderSteps(clock, Log()).run(store)
    assert dead() == []
    clock.boot_id = "b"
    clock.monotonic_ns = 0
    clock.wall_ms += 3_600_000
    steps = LadderSteps(clock, Log())
    for _ in range(3):
        steps.run(store)
    assert dead() == [3_600_000]
    (alert,) = store.alerts()
    assert alert.person is None
    store.close_alert(alert.number, None, "Stromausfall", clock.stamp())
    clock.boot_id, clock.quality = "c", TimeQuality.UNKNOWN  # and one whose clock is not set
    clock.monotonic_ns = 0
    steps = LadderSteps(clock, Log())
    steps.run(store)
    assert dead() == []
    clock.quality = TimeQuality.SYNCHRONISED
    clock.advance(30_000)
    clock.wall_ms += 7_200_000
    steps.run(store)
    assert dead() == [7_200_000]
    store.close_alert(store.alerts()[0].number, None, "", clock.stamp())
    clock.boot_id, clock.quality = "d", TimeQuality.UNKNOWN  # and never is
    clock.monotonic_ns = 0
    steps = LadderSteps(clock, Log())
    steps.run(store)
    clock.advance(UNSET_MS)
    steps.run(store)
    assert dead() == ["?"]
    assert erna


def test_each_outage_is_told_though_nobody_closed_the_one_before(
    store: PersonalStore, erna: int, clock: FixedClock
) -> None:
    def outage(hours: int) -> None:
        clock.advance(hours * 3_600_000)
        steps = LadderSteps(clock, Log())
        for _ in range(3):
            steps.run(store)
            clock.advance(1000)

    LadderSteps(clock, Log()).run(store)
    outage(1)
    (first,) = store.alerts()
    store.acknowledge(first.number, 3, clock.stamp())  # and forgets to say how it ended
    outage(20)
    told = [one for one in store.alerts() if one.is_unanswered]
    assert [one.facts["dead_ms"] for one in told] == [20 * 3_600_000]
    assert erna


def test_a_hub_that_cares_for_nobody_is_missed_by_nobody(
    store: PersonalStore, clock: FixedClock
) -> None:
    LadderSteps(clock, Log()).run(store)
    clock.advance(10 * DEAD_MS)
    LadderSteps(clock, Log()).run(store)
    assert store.alerts() == []


def test_the_board_says_that_somebody_is_needed_and_not_who(
    store: PersonalStore, erna: int, clock: FixedClock, tmp_path: Path
) -> None:
    with VillageStore(tmp_path / "village.db") as village:
        board, steps = HallBoard(), LadderSteps(clock, Log())
        fall = Finding(erna, "f", "news2", Stage.RAISE, Urgency.EMERGENCY, NOW_MS, NOW_MS)
        small = Finding(erna, "s", "silent", Stage.RAISE, Urgency.TODAY, NOW_MS, NOW_MS)
        store.take_findings([fall, small], clock.stamp())

        def shown() -> list[tuple[str, str, str]]:
            steps.run(store)
            board.show(store, village, clock.stamp())
            board.show(store, village, clock.stamp())
            return [(one.source, one.kind, one.place) for one in village.hall_alarms()]

        assert shown() == [("alert:1", "help", "")]
        # a button stands there by the collector's word, with its place
        village.show_alarm(HallAlarm("button:ble:1", "button", "Bad", clock.wall_ms))
        store.take_findings([found(erna, at=clock.wall_ms)], clock.stamp())
        assert shown() == [("alert:1", "help", ""), ("button:ble:1", "button", "Bad")]
        for _ in range(8):
            clock.advance(180_000)
            last = shown()
        assert ("alert:3", "rescue", "Bad") in last
        store.acknowledge(1, 1, clock.stamp())
        store.acknowledge(3, 1, clock.stamp())
        assert shown() == []
        # what happened before a press is no answer to it
        clock.advance(60_000)
        village.show_alarm(HallAlarm("button:ble:1", "button", "Bad", clock.wall_ms))
        assert shown() == [("button:ble:1", "button", "Bad")]
        village.hide_alarms(village.hall_alarms())
        test = HallAlarm("test", "test", "", 1)
        village.show_alarm(test)
        assert village.hide_alarms([test, HallAlarm("other", "test", "", 1)]) == 1


def test_answers_and_numbers_are_read_as_people_write_them() -> None:
    assert [answered(one) for one in ("1", " 1 17 ", "1 17 x", "2", "", "1 x", "11")] == [
        0, 17, None, None, None, None, None,
    ]  # fmt: skip
    assert same_phone("0170 / 123-4567", "+491701234567")
    assert same_phone("0049170 1234567", "+49 170 1234567")
    assert not same_phone("", "")
    assert not same_phone("+491701234567", "+431701234567")
