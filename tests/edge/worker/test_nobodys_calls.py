"""A button that is nobody's calls as any other, and stays until somebody looked after it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.alarm.note import NotePath
from edge.care.finding import Finding, Stage, Urgency
from edge.care.ladder import Alert, Rung, State
from edge.care.ladder.words import message, rescue_text
from edge.care.people import ContactRole
from edge.care.rules.ruleset import SosRule
from edge.clock import FixedClock
from edge.desk.calls import CallDesk
from edge.desk.vault import Vault
from edge.learning.errors import Refused
from edge.process.log import Log
from edge.store.personal import PersonalStore
from edge.store.village import VillageStore
from edge.store.village_alarms import HallAlarm
from edge.worker.hall_alarm import HallBoard
from edge.worker.ladder import LadderCalls, LadderSteps
from edge.worker.nobodys_calls import NobodysCalls

NOW_MS = 1_790_000_000_000
HALL, OWN = "ble:HALL", "ble:OWN"
DAY_MS = 86_400_000


class House:
    """The worker's part of alarms and the volunteers' desk, over real stores."""

    def __init__(self, folder: Path, personal: PersonalStore, village: VillageStore) -> None:
        self.clock = FixedClock(NOW_MS, boot_id="a")
        self.personal, self.village = personal, village
        self.vault = Vault(folder / "personal.db", folder / "personal.key")
        self.key_file = folder / "personal.key"
        self.restart()

    def restart(self) -> None:
        self.calls, self.board = NobodysCalls(), HallBoard()
        self.steps = LadderSteps(self.clock, Log())

    def press(self, device: str, name: str = "Saal") -> None:
        at = self.clock.wall_ms
        self.village.show_alarm(HallAlarm(f"button:{device}", "button", name, at))

    def look(self) -> list[tuple[str, str, str]]:
        self.calls.run(self.personal, self.village, self.clock.stamp())
        self.steps.run(self.personal)
        self.board.show(self.personal, self.village, self.clock.stamp())
        return [(one.source, one.kind, one.place) for one in self.village.hall_alarms()]

    def rule_hears(self, person: int, key: str = "sos:x") -> None:
        """Do what the rules do upon a press now."""
        at = self.clock.wall_ms
        facts = {"data_kind": "button", "device": OWN, "late_minutes": 0, "pressed": at}
        finding = Finding(person, key, "sos", Stage.RAISE, Urgency.EMERGENCY, at, at, facts)
        self.personal.take_findings([finding], self.clock.stamp())

    def numbers(self) -> list[int]:
        return sorted(one.number for one in self.personal.alerts(open_only=False))

    def alert(self) -> Alert:
        (found,) = self.personal.alerts(open_only=False)
        return found

    def desk(self) -> CallDesk:
        return CallDesk(self.village, self.vault, self.clock)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    (tmp_path / "personal.key").write_text("5a" * 32)
    with (
        PersonalStore.open(tmp_path / "personal.db", tmp_path / "personal.key") as personal,
        VillageStore(tmp_path / "village.db") as village,
    ):
        made = House(tmp_path, personal, village)
        yield made
        made.vault.close()


ON_BOARD = (f"button:{HALL}", "button", "Saal")


def test_it_climbs_to_helpers_carers_and_112_and_is_shown_all_the_while(house: House) -> None:
    uwe = house.personal.add_contact("Uwe", ContactRole.RESPONDER, NOW_MS)
    rita = house.personal.add_contact("Rita", ContactRole.NURSE, NOW_MS)
    house.personal.add_contact("Karl", ContactRole.RELATIVE, NOW_MS)
    house.press(HALL)
    assert house.look() == [ON_BOARD]
    alert = house.alert()
    assert (alert.person, alert.rule, alert.urgency) == (None, "sos", Urgency.EMERGENCY)
    assert (alert.rung, alert.has_told) == (Rung.RESPONDER, {uwe})
    house.clock.advance(180_000)
    assert house.look() == [ON_BOARD]
    assert house.alert().has_told == {uwe, rita}
    for _ in range(3):
        house.clock.advance(180_000)
        shown = house.look()
    assert ("alert:1", "rescue", "Saal") in shown
    house.clock.advance(3 * DAY_MS)
    assert ON_BOARD in house.look()
    house.restart()
    assert ON_BOARD in house.look()
    assert house.personal.acknowledge(1, rita, house.clock.stamp()).won
    assert house.look() == []
    assert len(house.personal.alerts(open_only=False)) == 1


def test_with_nobody_to_ask_it_says_112_on_the_next_rung(house: House) -> None:
    house.press(HALL)
    assert house.look() == [ON_BOARD]
    assert house.alert().rung is Rung.DOCTOR  # 116117 is always there
    house.clock.advance(180_000)
    assert ("alert:1", "rescue", "Saal") in house.look()


def test_pressed_again_it_is_one_alert_and_after_it_was_settled_another(house: House) -> None:
    rita = house.personal.add_contact("Rita", ContactRole.NURSE, NOW_MS)
    house.press(HALL)
    house.look()
    house.clock.advance(60_000)
    house.press(HALL)
    house.look()
    assert house.alert().is_unanswered
    house.personal.close_alert(1, rita, "War ein Versehen", house.clock.stamp())
    assert house.look() == []
    house.clock.advance(60_000)
    house.press(HALL)
    assert house.look() == [ON_BOARD]
    assert [one.number for one in house.personal.alerts()] == [2]


def test_somebody_s_own_is_the_rules_and_only_without_them_the_hub_s(house: House) -> None:
    erna = house.personal.add_person("Erna", NOW_MS)
    house.personal.assign(OWN, erna, NOW_MS)
    house.press(OWN, "Bad")
    house.look()
    assert house.personal.alerts() == []
    facts = {"device": OWN, "late_minutes": 0}
    finding = Finding(
        erna, "sos:x", "sos", Stage.RAISE, Urgency.EMERGENCY, NOW_MS, NOW_MS, facts
    )  # fmt: skip
    house.personal.take_findings([finding], house.clock.stamp())
    house.clock.advance(60_000)
    house.look()
    assert house.alert().person == erna
    house.clock.advance(60_000)
    house.personal.close_alert(1, None, "gut", house.clock.stamp())
    assert house.look() == []
    house.clock.advance(60_000)
    house.press(OWN, "Bad")  # and now she agrees to nothing any more: no rule hears it
    house.look()
    assert house.personal.alerts() == []
    house.clock.advance(31_000)
    house.look()
    assert [(one.number, one.person) for one in house.personal.alerts()] == [(2, None)]


def test_a_volunteer_at_the_desk_settles_it(house: House) -> None:
    house.press(HALL)
    house.look()
    (call,) = house.desk().calls()
    house.desk().dealt_with(call.source, call.since, "Petra")
    assert house.desk().calls() == []
    alert = house.alert()
    assert (alert.state, alert.outcome) == (State.CLOSED, "Am Pult gesehen: Petra")
    assert house.look() == []
    house.desk().dealt_with(call.source, call.since, "Jens")  # a second one was slower
    assert house.alert().outcome == "Am Pult gesehen: Petra"


def test_pressed_again_meanwhile_it_is_not_settled(house: House) -> None:
    house.press(HALL)
    (call,) = house.desk().calls()
    house.clock.advance(20_000)
    house.press(HALL)
    with pytest.raises(Refused) as caught:
        house.desk().dealt_with(call.source, call.since, "Petra")
    assert "noch einmal gedrückt" in caught.value.hint
    assert len(house.desk().calls()) == 1


def test_the_desk_does_not_take_down_what_is_somebody_s(house: House) -> None:
    erna = house.personal.add_person("Erna", NOW_MS)
    house.personal.give_consent(
        erna, purpose="care", data_kind="button", sentence="ja", given_how="x", at=1
    )
    house.press(OWN, "Bad")
    facts = {"device": OWN, "late_minutes": 0}
    finding = Finding(
        erna, "sos:x", "sos", Stage.RAISE, Urgency.EMERGENCY, NOW_MS, NOW_MS, facts
    )  # fmt: skip
    house.personal.take_findings([finding], house.clock.stamp())
    (call,) = house.desk().calls()
    with pytest.raises(Refused) as caught:
        house.desk().dealt_with(call.source, call.since, "Petra")
    assert "gehört jemandem" in caught.value.hint
    assert len(house.desk().calls()) == 1
    assert house.alert().is_unanswered


def test_while_people_are_locked_the_board_alone_forgets_it(house: House) -> None:
    house.press(HALL)
    key = house.key_file.read_text()
    house.key_file.unlink()
    (call,) = house.desk().calls()
    house.desk().dealt_with(call.source, call.since, "Petra")
    assert house.desk().calls() == []
    house.key_file.write_text(key)
    assert house.look() == []


def test_what_is_sent_names_the_button_and_nobody(house: House, tmp_path: Path) -> None:
    house.personal.add_contact("Uwe", ContactRole.RESPONDER, NOW_MS)
    house.press(HALL)
    house.look()
    alert = house.alert()
    assert "NOTFALL, Alarm 1. Rufknopf „Saal“ gedrückt, bitte hingehen." in message(alert, "Dorf")
    assert "Es geht um eine Person am Rufknopf „Saal“." in rescue_text(alert, "Dorf")
    notes = NotePath("", tmp_path / "notes")
    calls = LadderCalls(house.clock, Log(), {"note": notes}, "Dorf")
    assert calls.run(house.personal) == []
    assert {one.state for one in house.personal.alert_messages(1)} == {"sent"}
    house.personal.close_alert(1, None, "x", house.clock.stamp())
    house.clock.advance(DAY_MS)
    house.press(HALL, "")
    house.look()
    (nameless,) = house.personal.alerts()
    assert "Rufknopf gedrückt, bitte hingehen." in message(nameless, "Dorf")


def test_a_press_between_looking_and_taking_down_is_not_lost(house: House) -> None:
    house.press(HALL)
    seen = house.village.hall_alarms()
    house.clock.advance(20_000)
    house.press(HALL)
    house.village.show_alerts([], seen)
    assert house.village.hide_alarms(seen) == 0
    assert [one.since for one in house.village.hall_alarms()] == [house.clock.wall_ms]


def test_pressed_while_the_desk_settles_an_earlier_call_it_stays(house: House) -> None:
    house.press(HALL)
    house.look()
    desk, (call,) = house.desk(), house.desk().calls()
    calls, looks = desk.calls, []

    def looked() -> list[HallAlarm]:
        found = calls()
        if not looks:  # the press comes right after the first look, and the worker hears it
            looks.append(1)
            house.clock.advance(20_000)
            house.press(HALL)
            house.look()
        return found

    desk.calls = looked  # type: ignore[method-assign]
    with pytest.raises(Refused):
        desk.dealt_with(call.source, call.since, "Petra")
    assert house.look() == [ON_BOARD]
    assert house.alert().is_unanswered


def test_a_press_ten_minutes_after_one_that_is_taken_calls_anew(house: House) -> None:
    uwe = house.personal.add_contact("Uwe", ContactRole.RESPONDER, NOW_MS)
    house.press(HALL)
    house.look()
    assert house.personal.acknowledge(1, uwe, house.clock.stamp()).won  # by "1", never closed
    house.clock.advance(540_000)
    house.press(HALL)
    assert house.look() == []  # the same trouble: who has it is on the way
    assert house.alert().state is State.TAKEN
    house.clock.advance(600_000)
    house.press(HALL)
    assert house.look() == [ON_BOARD]
    again = house.personal.alert(2)
    assert (again.is_unanswered, again.has_told) == (True, {uwe})


def test_the_village_s_own_minutes_say_what_is_the_same_call_and_what_is_late(
    house: House,
) -> None:
    house.calls = NobodysCalls(SosRule(active=False, same_minutes=2, late_minutes=5))
    house.press(HALL)
    house.look()
    assert house.personal.acknowledge(1, None, house.clock.stamp()).won
    house.clock.advance(119_000)
    house.press(HALL)
    house.look()
    assert house.numbers() == [1]
    house.clock.advance(120_000)
    house.press(HALL)
    house.look()
    assert (house.numbers(), house.personal.alert(2).urgency) == ([1, 2], Urgency.EMERGENCY)
    house.personal.close_alert(2, None, "gut", house.clock.stamp())
    house.look()
    house.clock.advance(1000)
    house.press(HALL)
    house.clock.advance(6 * 60_000)
    house.look()
    assert house.personal.alert(3).urgency is Urgency.URGENT


def test_within_ten_minutes_of_a_call_that_ended_it_calls_anew(house: House) -> None:
    house.press(HALL)
    house.look()
    house.personal.close_alert(1, None, "Versehen", house.clock.stamp())
    house.look()
    house.clock.advance(60_000)
    house.press(HALL)
    assert house.look() == [ON_BOARD]
    assert house.personal.alert(2).is_unanswered


def test_a_press_after_the_clock_was_set_back_is_heard(house: House) -> None:
    rita = house.personal.add_contact("Rita", ContactRole.NURSE, NOW_MS)
    house.press(HALL)
    house.look()
    house.personal.close_alert(1, rita, "gut", house.clock.stamp())
    assert house.look() == []
    house.clock.wall_ms -= 6 * 3_600_000
    house.press(HALL)
    assert house.look() == [ON_BOARD]
    assert house.look() == [ON_BOARD]
    assert house.personal.alert(2).is_unanswered


def test_while_one_is_taken_a_clock_that_was_set_back_calls_anew(house: House) -> None:
    house.press(HALL)
    house.look()
    house.personal.acknowledge(1, None, house.clock.stamp())
    house.look()
    house.clock.wall_ms -= 60_000
    house.press(HALL)
    house.look()
    assert house.personal.alert(2).is_unanswered


def test_somebody_s_own_pressed_again_after_it_was_taken_calls_no_village(house: House) -> None:
    erna = house.personal.add_person("Erna", NOW_MS)
    house.personal.give_consent(
        erna, purpose="care", data_kind="button", sentence="ja", given_how="x", at=1
    )
    house.personal.assign(OWN, erna, NOW_MS)
    house.press(OWN, "Bad")
    house.rule_hears(erna)
    house.look()
    house.personal.acknowledge(1, None, house.clock.stamp())
    assert house.look() == []
    house.clock.advance(120_000)
    house.press(OWN, "Bad")
    house.look()
    house.clock.advance(31_000)  # longer than the grace: the rules are slow
    house.look()
    assert house.numbers() == [1]
    assert [one[0] for one in house.look()] == [f"button:{OWN}"]
    house.clock.advance(-31_000)
    house.rule_hears(erna)
    house.clock.advance(31_000)
    assert house.look() == []  # the same call under the same key: who has it has this one
    assert house.numbers() == [1]


def test_somebody_s_own_that_no_rule_heard_is_called_once_who_had_the_first_is_done(
    house: House,
) -> None:
    erna = house.personal.add_person("Erna", NOW_MS)
    house.personal.give_consent(
        erna, purpose="care", data_kind="button", sentence="ja", given_how="x", at=1
    )
    house.personal.assign(OWN, erna, NOW_MS)
    house.press(OWN, "Bad")
    house.rule_hears(erna)
    house.look()
    house.personal.acknowledge(1, None, house.clock.stamp())
    house.look()
    house.clock.advance(120_000)
    house.press(OWN, "Bad")
    house.look()
    house.clock.advance(60_000)
    house.look()
    assert house.numbers() == [1]
    house.personal.close_alert(1, None, "gut", house.clock.stamp())
    house.look()
    assert [(one.number, one.person) for one in house.personal.alerts()] == [(2, None)]


def test_somebody_s_own_that_no_rule_hears_is_called_all_the_same(house: House) -> None:
    erna = house.personal.add_person("Erna", NOW_MS)
    house.personal.give_consent(
        erna, purpose="care", data_kind="button", sentence="ja", given_how="x", at=1
    )
    house.personal.assign(OWN, erna, NOW_MS)
    house.press(OWN, "Bad")
    house.look()
    assert house.numbers() == []
    house.clock.advance(31_000)
    house.look()
    assert house.alert().person is None


def test_an_old_press_is_urgent_and_says_how_old_it_is(house: House) -> None:
    house.press(HALL)
    house.clock.advance(11 * 3_600_000 + 60_000)
    house.look()
    alert = house.alert()
    assert alert.urgency is Urgency.URGENT
    assert "dringend, Alarm 1. Rufknopf „Saal“ vor 11 Stunden gedrückt, bitte" in message(
        alert, "Dorf"
    )
    assert "hat vor 11 Stunden einen Rufknopf gedrückt" in rescue_text(alert, "Dorf")
    house.press(HALL)
    house.look()
    new = house.personal.alert(2)
    assert (new.urgency, "vor" in message(new, "Dorf")) == (Urgency.EMERGENCY, False)


def test_how_old_a_press_is_nobody_knows_while_the_clock_was_not_set(house: House) -> None:
    house.village.show_alarm(HallAlarm(f"button:{HALL}", "button", "Saal", 86_400_000))
    house.look()
    assert house.alert().urgency is Urgency.EMERGENCY
