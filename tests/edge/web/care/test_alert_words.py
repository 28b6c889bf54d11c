"""What is said of alerts that are nobody's."""

from __future__ import annotations

import pytest

from edge.care.finding import Fact
from edge.care.ladder.rung import State
from edge.ward.round import Level, Reason
from edge.web.care import alert_words

MINUTE_MS = 60_000


def reason(facts: dict[str, Fact]) -> Reason:
    return Reason(1, "hub_dead", Level.TODAY, State.CLIMBING, 0, facts)


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(10, "10 Minuten"), (179, "179 Minuten"), (180, "3 Stunden"), (3 * 24 * 60, "3 Tage")],
)
def test_of_an_outage_it_is_said_how_long_it_was(minutes: int, said: str) -> None:
    found = reason({"dead_ms": minutes * MINUTE_MS})
    assert alert_words.title(found) == "Der Hub war aus"
    assert alert_words.sentences(found) == [
        f"{said} lang hat der Hub nach niemandem gesehen: Er war aus oder verschlossen."
    ]


def test_a_hub_that_hears_nobody_says_what_to_do() -> None:
    found = Reason(1, "hub_deaf", Level.TODAY, State.CLIMBING, 0, {"minutes": 61})
    assert alert_words.title(found) == "Empfang der Sensoren gestört"
    (said,) = alert_words.sentences(found)
    assert "Steckt der Bluetooth-Adapter?" in said


def test_of_an_outage_of_unknown_length_nothing_is_said() -> None:
    assert alert_words.sentences(reason({})) == []
