"""A round that leaves it open: another one is asked for within hours, by day, and nobody called."""

from __future__ import annotations

import functools
from dataclasses import replace

import pytest

from edge.care.finding import Finding, Stage, Urgency
from edge.care.rules import sooner
from edge.care.rules.event import ClockUnknown
from edge.care.rules.plan import Pause, Plan
from edge.care.rules.replay import replay
from edge.care.rules.ruleset import RuleSet, Sooner, default
from edge.care.rules.state import State, forget, from_json, to_json
from edge.care.rules.words import sentence
from tests.edge.care.rules.days import DAY, HOUR, START, Life, measured, told

USUAL = {
    "pulse_rate": (66, 70, 74, 68, 72),
    "oxygen_saturation": (97, 96, 98, 97, 96),
    "body_temperature": (36.5, 36.3, 36.7, 36.4, 36.6),
}
WELL = {"pulse_rate": 70, "oxygen_saturation": 97, "body_temperature": 36.5}
WARM = {**WELL, "body_temperature": 37.2}  # three of this person's spreads, and nothing else
ILL = {"pulse_rate": 82, "oxygen_saturation": 93.8, "body_temperature": 37.4}
QUARTER = 15 * 60_000


def with_rule(**changes: object) -> RuleSet:
    """Return the shipped rules with a rule of asking sooner that holds whatever is shipped."""
    baseline = default().baseline
    assert baseline is not None
    rule = replace(
        Sooner(several=1.0, alone=1.5, hours=2.0, from_hour=8, until_hour=20, most_a_day=2),
        **changes,  # type: ignore[arg-type]
    )
    own = replace(baseline, together=2.0, together_again=2.0, z=5.0, sooner=rule)
    return replace(default(), baseline=own)


def known(**changes: object) -> Life:
    """Return somebody whose usual is known; it is twenty past four in the afternoon."""
    first = _learnt()
    life = Life(with_rule(**changes), Plan(1), first.at, first.state, [], first.monotonic_ms)
    life.findings.clear()
    return life


@functools.cache
def _learnt() -> Life:
    life = Life(rules=with_rule())
    for n in range(16):
        for quantity, values in USUAL.items():
            life.value(quantity, values[n % 5])
        life.wait(12, every=QUARTER)
    return life


def measure(life: Life, values: dict[str, float]) -> None:
    for quantity, value in values.items():
        life.value(quantity, value)
        life.wait(1.5 / 60)


def questions(life: Life) -> list[Finding]:
    return [one for one in life.findings if one.key.startswith("sooner:")]


def test_nothing_is_asked_where_nothing_is_open() -> None:
    life = known()
    assert life.state.open is None
    assert sooner.tick(life.rules, Plan(1), life.state) == (life.state, ())


def test_a_round_that_leaves_it_open_asks_for_another_one_hours_later() -> None:
    life = known()
    measure(life, WARM)
    life.wait(1.8)
    assert life.findings == []
    life.wait(0.4)
    (ask,) = life.findings
    assert (ask.rule, ask.stage, ask.urgency) == ("baseline", Stage.ASK, Urgency.NOTE)
    assert (ask.facts["quantities"], ask.facts["data_kind"]) == ("body_temperature", "temperature")
    assert sentence(ask) == (
        "etwas anders als sonst: Körpertemperatur 37,2 °C (sonst um 36,5 °C); "
        "zur Klärung bitte bald noch einmal messen"
    )
    measure(life, ILL)
    assert [one.stage for one in questions(life)] == [Stage.ASK, Stage.END]
    assert sentence(questions(life)[1]) == "Anders als sonst: vorbei, es wurde wieder gemessen"
    life.wait(0.5)
    measure(life, ILL)
    assert told(life.findings)[-1] == ("baseline", "raise")


def test_the_same_round_without_the_setting_asks_nothing() -> None:
    life = known()
    baseline = life.rules.baseline
    assert baseline is not None
    life.rules = replace(life.rules, baseline=replace(baseline, sooner=None))
    measure(life, WARM)
    life.wait(10, every=QUARTER)
    assert life.findings == []


def test_what_is_measured_in_between_makes_it_needless_and_something_else_does_not() -> None:
    life = known()
    measure(life, WARM)
    life.wait(1)
    measure(life, {"body_temperature": 36.5})
    life.wait(5)
    assert life.findings == []
    life = known()
    measure(life, WARM)
    life.wait(1)
    measure(life, {"pulse_rate": 70})
    life.wait(1.2)
    assert told(life.findings) == [("baseline", "ask")]


def test_the_rest_of_a_round_is_no_second_one() -> None:
    life = known()
    measure(life, {"body_temperature": 37.2, "pulse_rate": 70, "oxygen_saturation": 97})
    life.wait(2.2)
    assert told(life.findings) == [("baseline", "ask")]


def test_a_little_leaves_nothing_open() -> None:
    life = known()
    measure(life, {**WELL, "body_temperature": 36.9})
    life.wait(6)
    assert life.findings == []
    several = {**WELL, "pulse_rate": 78, "oxygen_saturation": 94.9}
    life = known(alone=4.0)
    measure(life, several)
    life.wait(2.2)
    assert told(life.findings) == [("baseline", "ask")]
    assert life.findings[0].facts["quantities"] == "oxygen_saturation pulse_rate"


def test_at_night_nobody_is_asked_but_in_the_morning() -> None:
    life = known()
    life.wait(2)
    measure(life, WARM)  # due at half past eight in the evening
    life.wait(13, every=QUARTER)
    assert life.findings == []
    life.wait(1, every=QUARTER)
    (ask,) = life.findings
    assert life.plan.local(ask.at).hour == 8


def test_so_many_times_a_day_and_no_more() -> None:
    for most, count in ((1, 1), (2, 2)):
        life = known(most_a_day=most)
        life.wait(16, every=QUARTER)  # a quarter past eight in the morning
        life.findings.clear()
        for _ in range(4):
            measure(life, WARM)
            life.rules = with_rule(most_a_day=most, several=1.0)
            life.wait(2.3)
            life.state = replace(life.state, asks={}, alert=None)
        asked = [one for one in questions(life) if one.stage is Stage.ASK]
        assert len(asked) == count
        assert len({one.key for one in asked}) == count


def test_who_was_asked_to_measure_again_and_did_not_is_asked_once_more() -> None:
    life = known()
    measure(life, ILL)
    assert told(life.findings) == [("baseline", "ask")]
    life.wait(2.2)
    assert [one.stage for one in questions(life)] == [Stage.ASK]
    assert life.findings[0].key.startswith("vital:")
    life.wait(4)
    assert len(questions(life)) == 1  # once for a round
    measure(life, ILL)
    assert [one.stage for one in questions(life)] == [Stage.ASK, Stage.END]
    assert told(life.findings)[-1] == ("baseline", "raise")


def test_what_somebody_was_called_for_asks_nobody() -> None:
    life = known()
    measure(life, ILL)
    life.wait(0.5)
    measure(life, ILL)
    assert told(life.findings) == [("baseline", "ask"), ("baseline", "raise")]
    life.wait(6)
    assert questions(life) == []


def test_what_somebody_was_called_for_meanwhile_asks_nobody() -> None:
    life = known()
    measure(life, WARM)
    life.wait(0.7)
    for _ in range(2):
        life.value("pulse_rate", 150)
        life.wait(0.3)
    assert told(life.findings)[-1] == ("limit", "raise")
    life.wait(6)
    assert questions(life) == []


@pytest.mark.parametrize(("minutes", "quantity"), [(5, "oxygen_saturation"), (120, "pulse_rate")])
def test_a_value_that_came_late_does_not_answer_what_was_measured_after_it(
    minutes: int, quantity: str
) -> None:
    life = known()
    measure(life, {"body_temperature": 37.2})
    late = measured(quantity, WELL[quantity], life.at - minutes * 60_000)
    life.give(replace(late, received_at=life.at))
    life.wait(2.2)
    assert told(questions(life)) == [("baseline", "ask")]


def test_what_was_measured_long_ago_asks_for_no_other_round() -> None:
    life = known()
    late = measured("body_temperature", 37.2, life.at - 5 * HOUR)
    life.give(replace(late, received_at=life.at))
    assert life.state.open is None
    life.wait(6)
    assert questions(life) == []


def test_a_little_beside_it_does_not_hide_what_is_far_off() -> None:
    life = known(several=9.0, alone=1.5)
    baseline = life.rules.baseline
    assert baseline is not None
    life.rules = replace(life.rules, baseline=replace(baseline, together=9.0, together_again=9.0))
    measure(life, {**WELL, "body_temperature": 37.2, "oxygen_saturation": 94.9})
    life.wait(2.2)
    (ask,) = questions(life)
    assert ask.facts["quantities"] == "body_temperature"


def test_who_does_not_measure_is_asked_no_more_after_a_day() -> None:
    life = known()
    measure(life, WARM)
    life.wait(30, every=QUARTER)
    asked, ended = questions(life)
    assert (asked.stage, ended.stage) == (Stage.ASK, Stage.END)
    assert asked.key == ended.key
    assert ended.facts["why"] == "unanswered"
    assert life.state.open is None


@pytest.mark.parametrize("why", ["off", "pause"])
def test_it_ends_with_the_rule_and_in_a_pause(why: str) -> None:
    life = known()
    measure(life, WARM)
    life.wait(2.2)
    pause = Pause(life.at, life.at + DAY)
    life.plan = Plan(1, pauses=(pause,)) if why == "pause" else Plan(1, off=frozenset({"baseline"}))
    life.tick()
    assert [one.facts.get("why") for one in questions(life)][1:] == [why]


def test_a_clock_that_nobody_set_asks_nobody() -> None:
    life = known()
    measure(life, WARM)
    for _ in range(30):
        life.at += 10 * 60_000
        life.monotonic_ms += 10 * 60_000
        life.give(ClockUnknown(life.at, "boot", life.monotonic_ms))
    assert life.findings == []


def test_a_belts_limit_is_nothing_that_a_round_leaves_open() -> None:
    life = known()
    life.value("heart_rate", 160)
    life.value("glucose_mass_concentration", 60)
    assert life.state.asks
    assert life.state.open is None


def test_it_goes_through_json_and_is_forgotten_with_its_kind() -> None:
    life = known()
    measure(life, WARM)
    life.wait(2.2)
    state = life.state
    assert state.open is not None
    assert state.open.is_asked
    assert from_json(to_json(state)) == state
    (key,) = sooner.keys(state)
    assert key == questions(life)[0].key
    assert sooner.keys(forget(state, {"temperature", "oxygen"})) == {key}
    assert forget(state, {"oxygen"}).open is None
    assert sooner.keys(State()) == frozenset()


def test_a_replay_shows_the_question() -> None:
    values = [
        measured(quantity, values[n % 5], START + n * 12 * HOUR)
        for n in range(16)
        for quantity, values in USUAL.items()
    ]
    at = START + 16 * 12 * HOUR
    values += [measured(quantity, one, at) for quantity, one in WARM.items()]
    found = list(replay(with_rule(), Plan(1), values))
    assert [(one.key[:6], one.stage) for one in found] == [
        ("sooner", Stage.ASK),
        ("sooner", Stage.END),
    ]
