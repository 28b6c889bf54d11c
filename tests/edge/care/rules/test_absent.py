"""Nothing comes of a person any more: told once, ended by what comes, and never for the hub."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.care.finding import Finding, Stage, Urgency
from edge.care.rules.absent import BEATS, NEAR_MS
from edge.care.rules.errors import RuleError
from edge.care.rules.event import ClockUnknown, Heard, Signal, Tick
from edge.care.rules.plan import Due, Pause, Plan
from edge.care.rules.ruleset import NoDataRule, default
from edge.care.rules.state import State, forget, from_json, to_json
from tests.edge.care.rules.days import DAY, HOUR, MINUTE, Life, measured

ROOM, DOOR, BUTTON = "ble:A00000000001", "ble:A00000000002", "ble:A00000000003"
HOUSE = Plan(1, devices=dict.fromkeys((ROOM, DOOR, BUTTON), ""))  # as the hub gives it
DAILY = Plan(1, schedule=(Due("weight", 7 * 60, 10 * 60),))
RULES = replace(default(), silent=None, inactivity=None, missed=None)


def life(plan: Plan = HOUSE) -> Life:
    return Life(rules=RULES, plan=plan)


def no_data(found: list[Finding]) -> list[tuple[str, str]]:
    return [(one.stage.value, str(one.facts.get("why", ""))) for one in found
            if one.rule == "no_data"]  # fmt: skip


def at_home(home: Life) -> None:
    home.give(measured("air_temperature", 21, home.at, device=ROOM))
    home.give(Signal(1, home.at, home.at, "motion", DOOR))


def heard(home: Life, device: str, kind: str = "") -> list[Finding]:
    return home.give(Heard(1, home.at, device, kind))


def test_it_is_told_once_when_all_is_silent_and_ends_when_something_comes() -> None:
    home = life()
    at_home(home)
    began = home.at
    assert home.wait(47.5) == []  # the room should have spoken after a day, the door after two
    (one,) = home.wait(1)
    assert (one.rule, one.stage, one.urgency) == ("no_data", Stage.RAISE, Urgency.TODAY)
    assert one.since == began
    assert one.facts == {
        "what": "all", "data_kind": "home_activity room_climate", "devices": f"{ROOM} {DOOR}",
        "hours": 48,
    }  # fmt: skip
    assert home.wait(10 * 24) == []
    (end,) = heard(home, DOOR)
    assert (end.stage, end.key, end.facts["why"]) == (Stage.END, one.key, "heard")
    (again,) = home.wait(49)
    assert again.key != one.key


def test_one_that_speaks_is_enough_and_so_is_its_radio_alone() -> None:
    home = life()
    at_home(home)
    for _ in range(20):
        assert home.wait(12) == []
        assert heard(home, ROOM) == []


def test_what_is_late_counts_by_when_the_hub_received_it() -> None:
    home = life()
    at_home(home)
    home.wait(40)
    old = home.at - 39 * HOUR  # received while it waited for a key, read now
    home.give(measured("air_temperature", 21, old, received_at=old, device=ROOM))
    home.give(Signal(1, old, old, "motion", DOOR))
    home.wait(1)
    (one,) = home.wait(8.5)
    assert one.facts["hours"] == 48
    stored = measured("air_temperature", 21, home.at - 30 * DAY, received_at=home.at, device=ROOM)
    assert no_data(home.give(stored)) == [("end", "heard")]  # measured long ago, received now


def test_after_an_outage_the_count_starts_anew() -> None:
    home = life()
    at_home(home)
    home.wait(40)
    home.at += 2 * HOUR
    home.give(Tick(home.at, "another boot", 5))
    home.monotonic_ms = 5
    assert home.wait(47) == []
    assert no_data(home.wait(2)) == [("raise", "")]
    home.at += 5 * DAY  # an outage ends nothing, and nothing is told twice
    home.give(Tick(home.at, "a third boot", 5))
    home.monotonic_ms = 5
    assert home.wait(100) == []


def test_a_worker_that_is_started_anew_is_no_outage() -> None:
    home = life()
    at_home(home)
    home.wait(20)
    for _ in range(28):  # each time an hour of listening is not known
        home.at += HOUR
        home.monotonic_ms += HOUR
        home.tick()
        home.state = from_json(to_json(home.state))
    assert no_data(home.wait(22)) == [("raise", "")]  # of each hour a quarter is counted


@pytest.mark.parametrize("jump", [-400 * DAY, -DAY, DAY, 400 * DAY])
def test_a_clock_that_jumps_neither_tells_nor_hides_it(jump: int) -> None:
    home = life()
    at_home(home)
    home.wait(24)
    home.at += jump
    assert home.wait(23.5) == []
    assert no_data(home.wait(1)) == [("raise", "")]
    assert no_data(heard(home, ROOM)) == [("end", "heard")]


def test_a_hub_that_hears_nobody_tells_of_nobody() -> None:
    home = life()
    at_home(home)
    home.wait(40)
    for _ in range(6 * 100):
        home.at += 10 * MINUTE
        home.monotonic_ms += 10 * MINUTE
        assert home.give(Tick(home.at, "boot", home.monotonic_ms, is_deaf=True)) == []
    assert home.wait(47) == []
    assert no_data(home.wait(2)) == [("raise", "")]


def deaf(home: Life, minutes: int, every: int = 5) -> list[Finding]:
    found: list[Finding] = []
    for _ in range(minutes // every):
        home.at += every * MINUTE
        home.monotonic_ms += every * MINUTE
        found += home.give(Tick(home.at, "boot", home.monotonic_ms, is_deaf=True))
        home.state = from_json(to_json(home.state))
    return found


def test_one_deaf_moment_a_day_does_not_hide_a_silence() -> None:
    home = life()
    at_home(home)
    found: list[Finding] = []
    for _ in range(10):
        found += deaf(home, 5)
        found += home.wait(24)
    assert no_data(found) == [("raise", "")]


@given(st.lists(st.tuples(st.integers(1, 15), st.integers(1, 60)), min_size=1, max_size=12))
@settings(max_examples=15, deadline=None)
def test_a_radio_that_comes_and_goes_only_stops_the_count(runs: list[tuple[int, int]]) -> None:
    home = life(replace(HOUSE, no_data={"home_activity": 6, "room_climate": 6}))
    at_home(home)
    heard_ms, limit = 0, 6 * HOUR
    for deaf_runs, hearing in runs * 40:
        assert deaf(home, 5 * deaf_runs) == []  # 75 minutes at most
        for _ in range(hearing):
            heard_ms += 5 * MINUTE
            found = no_data(home.wait(1 / 12, every=5 * MINUTE))
            assert found == ([("raise", "")] if heard_ms == limit else [])
        if heard_ms > limit:
            return


def test_a_deafness_as_long_as_an_outage_starts_the_count_anew_and_one_less_long_does_not() -> None:
    for minutes, left in ((75, 8), (80, 48)):
        home = life()
        at_home(home)
        home.wait(40)
        assert deaf(home, minutes) == []
        assert home.wait(left - 0.5) == []
        assert no_data(home.wait(1)) == [("raise", "")]


def test_while_nobody_is_heard_no_sensor_is_silent_either() -> None:
    home = Life(plan=HOUSE)
    at_home(home)
    home.wait(1)
    assert deaf(home, 200 * 60, every=15) == []
    assert home.wait(22.5) == []
    assert [one.rule for one in home.wait(1)] == ["silent"]  # a room's sensor, of a day of hearing


def test_nothing_is_silent_in_a_pause_and_what_was_told_is_over() -> None:
    home = life()
    at_home(home)
    home.wait(49)
    home.plan = replace(HOUSE, pauses=(Pause(home.at, home.at + 10 * DAY, "hospital"),))
    assert no_data(home.wait(0.5)) == [("end", "pause")]
    before = home.state
    assert home.wait(9 * 24) == []
    assert home.state.contacts == before.contacts  # a card is not written to each minute
    assert home.wait(24 + 47) == []
    assert no_data(home.wait(2)) == [("raise", "")]


def test_while_nobody_knows_the_time_a_pause_may_hold() -> None:
    away = replace(HOUSE, pauses=(Pause(0, 1),))
    for plan, told in ((away, []), (HOUSE, [("raise", "")])):
        home = life(plan)
        at_home(home)
        found: list[Finding] = []
        for _ in range(6 * 50):
            home.at += 10 * MINUTE
            home.monotonic_ms += 10 * MINUTE
            found += home.give(ClockUnknown(home.at, "boot", home.monotonic_ms))
        assert no_data(found) == told


def test_what_is_given_back_or_put_off_is_over() -> None:
    home = life()
    at_home(home)
    home.wait(49)
    told = home.state
    home.plan = Plan(1)
    assert no_data(home.wait(0.5)) == [("end", "returned")]
    home.state, home.plan = told, replace(HOUSE, off=frozenset(("no_data",)))
    assert no_data(home.wait(0.5)) == [("end", "off")]
    assert no_data(home.wait(100)) == []
    heard(home, ROOM)
    assert home.state.contacts == {}


def test_who_measures_each_day_is_missed_when_nothing_comes() -> None:
    home = life(DAILY)
    home.value("body_weight", 70)
    home.wait(107)
    (one,) = home.wait(2)
    assert one.facts == {"what": "all", "data_kind": "weight", "devices": "", "hours": 108}
    assert no_data(home.value("body_temperature", 36.5)) == [("end", "heard")]


def test_who_was_called_because_of_what_is_missed_is_not_called_twice() -> None:
    home = Life(plan=replace(DAILY, schedule=(*DAILY.schedule, Due("weight", 1020, 1200))))
    home.value("body_weight", 70)
    found = home.wait(10 * 24)
    assert [one.rule for one in found if one.stage is Stage.RAISE] == ["missed"]


@pytest.mark.parametrize("plan", [
    Plan(1), replace(DAILY, schedule=(Due("weight", 420, 600, (0, 3)),)),
])  # fmt: skip
def test_who_need_not_measure_each_day_is_not_missed(plan: Plan) -> None:
    home = life(plan)
    home.value("body_weight", 70)
    assert home.wait(20 * 24) == []


def test_with_a_home_both_have_to_be_silent() -> None:
    home = life(replace(HOUSE, schedule=DAILY.schedule))
    at_home(home)
    home.wait(40)
    home.value("body_weight", 70)
    assert home.wait(47) == []  # the home has been silent for 87 hours
    (one,) = home.wait(2)
    assert one.facts["data_kind"] == "home_activity room_climate weight"


def beat(home: Life, hours: int) -> None:
    for _ in range(hours):
        heard(home, BUTTON, "button")
        home.wait(1)


def test_a_button_that_spoke_by_itself_and_is_silent_is_urgent() -> None:
    home = life()
    at_home(home)
    beat(home, BEATS + 4)
    home.wait(10.5)
    (one,) = home.wait(1)
    assert (one.rule, one.urgency, one.facts["what"]) == ("no_data", Urgency.URGENT, "button")
    assert (one.facts["devices"], one.facts["data_kind"]) == (BUTTON, "button")
    assert home.wait(20) == []
    assert no_data(heard(home, BUTTON, "button")) == [("end", "heard")]


def test_a_button_that_speaks_only_when_it_is_pressed_is_never_silent() -> None:
    home = life()
    for _ in range(3 * BEATS):
        heard(home, BUTTON, "button")  # its radio, of the press that is read a moment later
        home.wait(0.02)
        home.give(measured("button_press", 1, home.at, device=BUTTON))
        home.wait(1)
    home.wait(30 * 24)
    assert no_data(home.findings) == []
    home = life()
    at_home(home)
    home.wait(49)  # while the home is silent
    for _ in range(BEATS):
        home.give(measured("button_press", 1, home.at, device=BUTTON))
        home.wait(0.02)
        heard(home, BUTTON, "button")  # the same press
        home.wait(2)
    home.wait(30 * 24)
    assert [one.facts.get("what") for one in home.findings if one.rule == "no_data"] == ["all"]
    home = life()
    for _ in range(2 * BEATS):  # heard now and then is not by itself either
        heard(home, BUTTON, "button")
        home.wait(20)
    home.wait(30 * 24)
    assert no_data(home.findings) == []


def test_a_plan_has_the_last_word() -> None:
    home = life(replace(HOUSE, no_data={"button": 3, "home_activity": 0, "room_climate": 30}))
    at_home(home)
    heard(home, BUTTON, "button")
    assert no_data(home.wait(2.5)) == []
    (button,) = home.wait(1)
    assert (button.facts["what"], button.facts["hours"]) == ("button", 3)
    (one,) = home.wait(27)
    assert (one.facts["devices"], one.facts["hours"]) == (ROOM, 30)
    home = life(replace(HOUSE, no_data=dict.fromkeys(("home_activity", "room_climate"), 0)))
    at_home(home)
    assert home.wait(20 * 24) == []


@pytest.mark.parametrize("hours", [{"nothing": 3.0}, {"button": -1.0}, {"button": 1e6}])
def test_hours_that_are_none_are_refused(hours: dict[str, float]) -> None:
    with pytest.raises(RuleError):
        Plan(1, no_data=hours)
    with pytest.raises(RuleError):
        NoDataRule(hours=hours)


def test_of_a_stranger_s_or_unknown_sensor_nothing_is_awaited() -> None:
    home = life()
    heard(home, "ble:Z", "button")
    heard(home, ROOM)  # what it sends nobody knows
    assert home.state.contacts == {}
    assert home.wait(20 * 24) == []


def test_signs_near_each_other_change_nothing_to_keep() -> None:
    home = life()
    at_home(home)
    before = home.state.contacts
    home.wait(NEAR_MS / HOUR - 0.1)
    heard(home, ROOM)
    assert home.state.contacts == before
    home.wait(0.2)
    heard(home, ROOM)
    assert home.state.contacts != before


def test_a_consent_that_is_taken_back_takes_it_along() -> None:
    home = life()
    at_home(home)
    home.wait(49)
    assert home.state.lost
    rest = forget(home.state, {"home_activity"})
    assert (list(rest.contacts), rest.lost) == ([DOOR], {})
    home.state = rest
    (one,) = home.wait(1)  # the alert was erased with the consent: of the rest it is told anew
    assert one.facts["data_kind"] == "home_activity"
    assert forget(home.state, set()).contacts == {}
    assert from_json(to_json(State())) == State()
