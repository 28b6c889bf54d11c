"""Silent sensors, heat, calls, pauses, and rules that are not in force."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge.care.finding import Stage, Urgency
from edge.care.rules import call
from edge.care.rules.engine import step
from edge.care.rules.event import Signal, Tick, Warmth
from edge.care.rules.plan import Pause, Plan
from edge.care.rules.ruleset import RuleSet
from edge.care.rules.state import State
from hardware.reading import ButtonPress, TimeQuality
from tests.edge.care.rules.days import DAY, HOUR, MINUTE, START, Life, measured, raised, told

ROOM, DOOR, BUTTON = "ble:A00000000001", "ble:A00000000002", "ble:A00000000003"
HOUSE = Plan(1, devices={ROOM: "room_climate", DOOR: "home_activity", "ble:W": "weight"})


def test_a_sensor_of_which_nothing_comes_is_told_once_and_ends_when_it_speaks() -> None:
    life = Life(plan=HOUSE)
    life.give(measured("air_temperature", 21, life.at, device=ROOM))
    assert life.wait(23.5) == []
    (silent,) = life.wait(1)
    assert (silent.rule, silent.stage, silent.urgency) == ("silent", Stage.RAISE, Urgency.NOTE)
    assert silent.facts == {"device": ROOM, "data_kind": "room_climate", "hours": 24}
    life.give(Signal(1, life.at, life.at, "motion", DOOR))
    life.wait(10)
    (end,) = life.give(measured("air_temperature", 21, life.at, device=ROOM))
    assert (end.stage, end.key, end.facts["why"]) == (Stage.END, silent.key, "heard")
    assert told(life.wait(20)) == []


def test_a_sensor_that_was_given_back_is_not_waited_for() -> None:
    life = Life(plan=HOUSE)
    life.wait(30)
    life.plan = Plan(1)
    assert told(life.wait(0.5)) == [("silent", "end")]
    assert life.give(measured("air_temperature", 21, life.at, device=ROOM)) == []


def test_the_time_the_hub_was_off_or_the_person_away_is_no_silence() -> None:
    life = Life(plan=HOUSE)
    life.wait(20)
    life.at += 10 * DAY
    life.give(Tick(life.at, "another boot", 5))
    life.monotonic_ms = 5
    life.wait(1)
    assert life.findings == []
    life.plan = replace(HOUSE, pauses=(Pause(life.at, life.at + 3 * DAY),))
    assert life.wait(3 * 24 + 20) == []


def test_without_the_rule_nobody_waits_for_sensors() -> None:
    life = Life(plan=HOUSE)
    life.wait(30)
    life.plan = replace(HOUSE, off=frozenset(("silent",)))
    assert told(life.wait(0.5)) == [("silent", "end")]
    assert life.give(measured("air_temperature", 21, life.at, device=ROOM)) == []


def warm(life: Life, level: int, felt: float = 33.0) -> list[tuple[str, str, int]]:
    found = life.give(Warmth(1, life.at, ROOM, level, life.at - HOUR, felt))
    return [(one.rule, one.stage.value, int(one.urgency)) for one in found]


def test_heat_at_home_is_for_today_and_a_strong_one_urgent() -> None:
    life = Life()
    assert warm(life, 0) == []
    assert warm(life, 1) == [("heat", "raise", Urgency.TODAY)]
    assert warm(life, 1) == []
    assert warm(life, 2, 40) == [("heat", "raise", Urgency.URGENT)]
    assert warm(life, 1) == []
    assert warm(life, 0) == [("heat", "end", Urgency.URGENT)]
    keys = {one.key for one in life.findings}
    assert len(keys) == 1
    assert life.findings[0].facts == {
        "data_kind": "room_climate", "device": ROOM, "level": 1, "felt": 33.0, "weather": 0,
    }  # fmt: skip


def test_while_the_weather_service_warns_heat_at_home_is_urgent() -> None:
    life = Life(plan=Plan(1, weather=1))
    assert warm(life, 1) == [("heat", "raise", Urgency.URGENT)]
    life = Life()
    warm(life, 1)
    life.plan = Plan(1, weather=2)
    (more,) = life.wait(0.1)
    assert (more.urgency, more.facts["weather"]) == (Urgency.URGENT, 2)
    rules = replace(Life().rules, heat=replace(Life().rules.heat, with_weather=False))  # type: ignore[type-var]
    assert warm(Life(rules=rules, plan=Plan(1, weather=2)), 1)[0][2] == Urgency.TODAY


def test_heat_where_nobody_is_waits_until_somebody_is() -> None:
    life = Life()
    life.plan = Plan(1, pauses=(Pause(life.at, life.at + DAY),))
    assert warm(life, 2) == []
    assert life.wait(23) == []
    assert told(life.wait(2)) == [("heat", "raise")]
    life.plan = Plan(1, off=frozenset(("heat",)))
    assert told(life.wait(0.1)) == [("heat", "end")]
    assert warm(life, 2) == []
    life.plan = Plan(1, pauses=(Pause(life.at, None),))
    warm(life, 1)
    assert warm(life, 0) == []


def test_a_call_is_an_emergency_at_once_also_on_holiday() -> None:
    life = Life(plan=Plan(1, pauses=(Pause(0),)))
    (sos,) = life.give(Signal(1, life.at, life.at, "sos", BUTTON))
    assert (sos.rule, sos.stage, sos.urgency) == ("sos", Stage.RAISE, Urgency.EMERGENCY)
    assert sos.facts.items() >= {"data_kind": "button", "device": BUTTON, "late_minutes": 0}.items()


def test_presses_near_each_other_are_one_call_and_each_is_told() -> None:
    life = Life()
    keys = []
    for press in (ButtonPress.PRESS, ButtonPress.LONG_PRESS):
        keys += [
            one.key for one in life.give(measured("button_press", press, life.at, device=BUTTON))
        ]
        life.wait(5 / 60)
    assert len(keys) == 2
    assert len(set(keys)) == 1
    assert life.give(measured("button_press", ButtonPress.HOLD_RELEASE, life.at)) == []
    life.wait(1)
    (other,) = life.give(measured("button_press", 1, life.at, device=BUTTON))
    assert other.key not in keys


def test_a_call_that_waited_for_long_is_told_all_the_same() -> None:
    life = Life()
    at = life.at - 3 * HOUR
    (late,) = life.give(Signal(1, at, life.at, "sos", BUTTON))
    assert (late.urgency, late.facts["late_minutes"]) == (Urgency.URGENT, 180)
    life = Life()
    (unknown,) = life.give(Signal(1, 5, 5, "sos", BUTTON, time_quality=TimeQuality.UNKNOWN))
    assert (unknown.urgency, unknown.since) == (Urgency.EMERGENCY, life.at)


def test_many_buttons_make_no_large_state(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call, "MOST_CALLS", 2)
    life = Life()
    for number in range(4):
        assert raised(life.give(Signal(1, life.at, life.at, "sos", f"button {number}")))
        life.wait(1 / 60)
    assert sorted(life.state.calls) == ["button 2", "button 3"]


def test_without_rules_nothing_is_found() -> None:
    life = Life(rules=RuleSet("nothing"), plan=HOUSE)
    life.give(
        measured("pulse_rate", 300, life.at),
        measured("button_press", 1, life.at, device=BUTTON),
        Signal(1, life.at, life.at, "sos", BUTTON),
        Warmth(1, life.at, ROOM, 2, life.at, 40),
    )
    life.wait(100)
    assert life.findings == []


def test_another_person_s_event_is_refused() -> None:
    with pytest.raises(ValueError, match="another person"):
        step(Life().rules, Plan(1), State(), measured("pulse_rate", 70, START, person=2))


def test_a_rule_that_is_put_off_ends_what_it_found() -> None:
    life = Life()
    life.value("pulse_rate", 140)
    life.plan = Plan(1, off=frozenset(("limit",)))
    assert told(life.wait(0.1)) == [("limit", "end")]
    life.plan = Plan(1)
    life.wait(1)
    life.value("pulse_rate", 141)
    life.wait(0.2)
    life.value("pulse_rate", 142)
    life.plan = Plan(1, off=frozenset(("limit",)))
    (end,) = life.wait(0.1)
    assert (end.stage, end.facts) == (Stage.END, {"why": "off"})


def test_whoever_is_away_is_not_asked_about_their_usual() -> None:
    life = Life()
    life.usual("pulse_rate", (70, 71, 69, 70, 72, 68, 70, 71, 69, 70, 70, 71))
    life.value("pulse_rate", 100)
    life.plan = Plan(1, pauses=(Pause(life.at),))
    (end,) = life.wait(0.1)
    assert (end.rule, end.stage, end.facts) == ("baseline", Stage.END, {"why": "pause"})
    assert life.value("pulse_rate", 101) == []
    assert told(life.value("body_temperature", 40)) == [("limit", "ask")]
    assert life.wait(10 / 60) == []


def test_ticks_without_the_kernel_s_count_are_believed_for_an_hour() -> None:
    state = State()
    for at in (START, START + 30 * MINUTE, START + 5 * HOUR, START):
        state, _ = step(RuleSet(""), Plan(1), state, Tick(at))
    assert state.time.listened == 30 * MINUTE + HOUR
