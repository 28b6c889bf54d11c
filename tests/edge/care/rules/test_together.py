"""Several quantities, each a little off: an illness before any one of them is far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from edge.care.finding import Stage, Urgency
from edge.care.rules.plan import Pause, Plan
from edge.care.rules.ruleset import RuleSet, Spread, default
from tests.edge.care.rules.days import DAY, Life, told

USUAL = {
    "pulse_rate": (66, 70, 74, 68, 72),
    "oxygen_saturation": (97, 96, 98, 97, 96),
    "body_temperature": (36.5, 36.3, 36.7, 36.4, 36.6),
}
ILL = {"pulse_rate": 82, "oxygen_saturation": 93.8, "body_temperature": 37.15}


def with_rule(**changes: object) -> RuleSet:
    """Return the shipped rules with a rule of several that holds whatever is shipped."""
    baseline = default().baseline
    assert baseline is not None
    own: dict[str, Any] = {
        "together": 3.2,
        "together_again": 2.8,
        "each_least": 0.0,
        "sooner": None,
    }
    own |= changes
    return replace(default(), baseline=replace(baseline, **own))


def known(life: Life | None = None, **changes: object) -> Life:
    """Return somebody whose usual is known."""
    life = life or Life(rules=with_rule(**changes))
    for n in range(15):
        for quantity, values in USUAL.items():
            life.value(quantity, values[n % 5])
        life.wait(12, every=15 * 60_000)
    assert life.findings == []
    return life


def measure(life: Life, values: dict[str, float]) -> None:
    for quantity, value in values.items():
        life.value(quantity, value)
        life.wait(1.5 / 60)


def test_several_values_a_little_off_ask_and_call() -> None:
    life = known()
    measure(life, ILL)
    (ask,) = life.findings
    assert (ask.rule, ask.stage, ask.urgency) == ("baseline", Stage.ASK, Urgency.TODAY)
    assert ask.facts["quantities"] == "body_temperature oxygen_saturation pulse_rate"
    values = "body_temperature=37.15 oxygen_saturation=93.8 pulse_rate=82.0"
    assert ask.facts["values"] == values
    assert ask.facts["usuals"] == "body_temperature=36.5 oxygen_saturation=97 pulse_rate=70"
    life.wait(0.5)
    measure(life, ILL)
    assert told(life.findings) == [("baseline", "ask"), ("baseline", "raise")]


def test_the_rest_of_the_same_round_confirms_nothing() -> None:
    life = known()
    measure(life, {**ILL, "pulse_rate": 84})
    measure(life, {"pulse_rate": 84})
    assert told(life.findings) == [("baseline", "ask")]


def test_it_is_over_once_all_of_them_are_well_again() -> None:
    life = known()
    measure(life, ILL)
    life.wait(0.5)
    measure(life, {"pulse_rate": 70})
    assert told(life.findings) == [("baseline", "ask")]  # the two others are enough without it
    measure(life, {"oxygen_saturation": 97})
    assert told(life.findings) == [("baseline", "ask"), ("baseline", "end")]
    measure(life, {"body_temperature": 37.15})
    assert len(life.findings) == 2


def test_what_was_enough_to_ask_is_not_over_by_the_next_value_of_that_round() -> None:
    life = known(together=2.0, together_again=4.0)
    measure(life, {"pulse_rate": 82, "oxygen_saturation": 94.9, "body_temperature": 36.5})
    assert told(life.findings) == [("baseline", "ask")]
    life.wait(0.5)
    measure(life, {"pulse_rate": 82, "oxygen_saturation": 94.9})
    assert told(life.findings) == [("baseline", "ask"), ("baseline", "end")]


def test_what_nobody_measured_again_is_not_well_because_it_grew_old() -> None:
    life = known(row=0, together=2.0, together_again=2.0)
    measure(life, {"oxygen_saturation": 93.8})
    life.wait(12, every=15 * 60_000)
    measure(life, {"pulse_rate": 82})
    assert told(life.findings) == [("baseline", "ask")]
    life.wait(20, every=15 * 60_000)  # the saturation is 32 hours old by now
    measure(life, {"pulse_rate": 82})
    assert told(life.findings) == [("baseline", "ask")]
    life.wait(10, every=15 * 60_000)
    assert told(life.findings) == [("baseline", "ask"), ("baseline", "raise")]
    assert life.findings[-1].facts["again"] == "none"


def test_only_what_goes_together_is_added_up() -> None:
    life = known()
    for n in range(15):
        life.value("body_weight", (70.0, 70.3, 69.7, 70.1, 69.9)[n % 5])
        life.wait(12, every=15 * 60_000)
    feverish = {"body_temperature": 37.2, "body_weight": 71.8}  # warm, and in winter's clothes
    measure(life, {**feverish, "pulse_rate": 70, "oxygen_saturation": 97})
    assert life.findings == []
    life.rules = with_rule(patterns={}, row=0)
    life.wait(12, every=15 * 60_000)
    measure(life, feverish)
    assert life.findings[0].facts["quantities"] == "body_temperature body_weight"
    life = known(patterns={"a": ("pulse_rate high", "body_weight low")})
    measure(life, ILL)
    assert life.findings == []


def test_a_little_of_one_makes_no_second() -> None:
    slip = {"oxygen_saturation": 88.0, "pulse_rate": 76.0}
    for least, found in ((0.0, ["ask"]), (0.8, [])):
        life = known(each_least=least, of=_without("oxygen_saturation"))
        measure(life, slip)
        assert [stage for _, stage in told(life.findings)] == found


def test_one_alone_is_not_several() -> None:
    life = known()
    measure(life, {"pulse_rate": 70, "oxygen_saturation": 97, "body_temperature": 37.2})
    assert life.findings == []


def test_values_of_the_other_side_and_old_ones_do_not_count() -> None:
    life = known()
    measure(life, {"pulse_rate": 82, "oxygen_saturation": 100, "body_temperature": 36.0})
    assert life.findings == []
    life.wait(27, every=15 * 60_000)
    measure(life, {"body_temperature": 37.15})
    assert life.findings == []


def test_without_the_setting_or_at_home_nobody_is_asked() -> None:
    life = known(together=0.0)
    measure(life, ILL)
    assert life.findings == []
    life = known()
    life.plan = Plan(1, pauses=(Pause(life.at, life.at + DAY),))
    measure(life, ILL)
    assert life.findings == []


def _without(quantity: str) -> Mapping[str, Spread]:
    """Return the shipped bands, and one quantity that is far by itself never."""
    baseline = default().baseline
    assert baseline is not None
    return {**baseline.of, quantity: replace(baseline.of[quantity], least=99, most=None)}
