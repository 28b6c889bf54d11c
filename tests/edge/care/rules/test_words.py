"""Sentences of what was found: whole, German, and with units."""

from __future__ import annotations

import pytest

from edge.care.finding import Fact, Finding, Stage, Urgency
from edge.care.rules.news2 import PARAMETERS
from edge.care.rules.ruleset import RULES, default
from edge.care.rules.words import PARAMETERS as PARAMETER_WORDS
from edge.care.rules.words import QUANTITIES, STAGES, URGENCIES, advice, amount, sentence
from edge.care.rules.words import RULES as TITLES

LIMIT: dict[str, Fact] = {
    "quantity": "oxygen_saturation", "value": 84.0, "side": "low", "limit": 85.0, "whose": "rules",
}  # fmt: skip
SCORE: dict[str, Fact] = {"partial": 0, "score": 7, "missing": "", "single": ""}


def say(rule: str, facts: dict[str, Fact], stage: Stage = Stage.RAISE) -> str:
    return sentence(Finding(1, "k", rule, stage, Urgency.URGENT, 0, 0, facts))


@pytest.mark.parametrize(
    ("rule", "facts", "words"),
    [
        ("limit", LIMIT, "Sauerstoffsättigung 84 %, unter der Grenze (85 %)"),
        (
            "limit",
            {**LIMIT, "side": "high", "whose": "practice", "first": 83.5, "again": "agrees"},
            "Sauerstoffsättigung 84 %, über der Grenze der Praxis (85 %); vorher 83,5 %",
        ),
        (
            "baseline",
            {"quantity": "pulse_rate", "value": 95.0, "usual": 69.25, "again": "none"},
            "Puls 95/min, sonst um 69,2/min; eine zweite Messung kam nicht",
        ),
        (
            "baseline",
            {"quantities": "body_temperature pulse_rate", "sum": 6.0},
            "mehrere Werte zugleich anders als sonst: Körpertemperatur, Puls",
        ),
        (
            "baseline",
            {
                "quantities": "body_temperature pulse_rate",
                "values": "body_temperature=37.4 pulse_rate=88.0",
                "usuals": "body_temperature=36.54 pulse_rate=70",
            },
            (
                "mehrere Werte zugleich anders als sonst: Körpertemperatur 37,4 °C "
                "(sonst um 36,5 °C), Puls 88/min (sonst um 70/min)"
            ),
        ),
        (
            "baseline",
            {"quantities": "pulse_rate", "values": "pulse_rate=88.0"},
            "mehrere Werte zugleich anders als sonst: Puls",
        ),
        (
            "baseline",
            {
                "quantities": "pulse_rate",
                "values": "pulse_rate=84.0",
                "usuals": "pulse_rate=70",
                "sooner": 1,
            },
            (
                "etwas anders als sonst: Puls 84/min (sonst um 70/min); "
                "zur Klärung bitte bald noch einmal messen"
            ),
        ),
        ("news2", SCORE, "NEWS2 7 Punkte"),
        (
            "news2",
            {"partial": 1, "at_least": 3, "missing": "respiration_rate oxygen", "single": "pulse"},
            (
                "NEWS2 unvollständig, mindestens 3 Punkte (es fehlen: Atemfrequenz, "
                "Sauerstoffgabe); allein 3 Punkte: Puls"
            ),
        ),
        (
            "missed",
            {"data_kind": "weight", "count": 1},
            "Gewichtswerte fehlen, einmal nicht gemessen",
        ),
        (
            "missed",
            {"data_kind": "weight", "count": 4},
            "Gewichtswerte fehlen, 4-mal hintereinander nicht gemessen",
        ),
        (
            "silent",
            {"data_kind": "oxygen", "hours": 30, "device": "ble:A"},
            "seit 30 Stunden kommen keine Werte der Sauerstoffsättigung vom Sensor ble:A",
        ),
        (
            "no_data",
            {"what": "all", "data_kind": "home_activity weight", "hours": 71, "devices": "ble:A"},
            (
                "seit 71 Stunden kommt nichts mehr; erwartet werden: Meldungen von Türen, Bewegung "
                "und Belegung, Gewichtswerte"
            ),
        ),
        (
            "no_data",
            {
                "what": "all",
                "data_kind": "room_climate",
                "hours": 72,
                "devices": "ble:A ble:B",
                "names": "Bad, Flur",
            },
            (
                "seit 3 Tagen kommt nichts mehr von Bad, Flur; erwartet werden: Raumwerte "
                "(Temperatur, Feuchte, Luft)"
            ),
        ),
        (
            "no_data",
            {"what": "button", "data_kind": "button", "hours": 12, "names": "Knopf am Bett"},
            (
                "seit 12 Stunden kommt kein Zeichen vom Rufknopf „Knopf am Bett“: ein Ruf käme "
                "nicht an"
            ),
        ),
        (
            "heat",
            {"level": 1, "felt": 33.04, "weather": 0},
            "Hitze in der Wohnung, gefühlt 33 °C",
        ),
        (
            "heat",
            {"level": 2, "felt": 40, "weather": 2},
            (
                "gefährliche Hitze in der Wohnung, gefühlt 40 °C; der Deutsche Wetterdienst "
                "warnt vor extremer Hitze"
            ),
        ),
        ("sos", {"late_minutes": 0}, "Ruf um Hilfe"),
        ("sos", {"late_minutes": 1}, "Ruf um Hilfe, gedrückt vor 1 Minute"),
        ("sos", {"late_minutes": 90}, "Ruf um Hilfe, gedrückt vor 90 Minuten"),
        ("sos", {"late_minutes": 679}, "Ruf um Hilfe, gedrückt vor 11 Stunden"),
        ("odd", {"quantity": "pulse_rate", "value": "nan"}, "Puls nan kann nicht stimmen"),
        ("inactivity", {}, "Ungewöhnlich still"),
        ("another", {}, "another"),
    ],
)
def test_what_is_said(rule: str, facts: dict[str, Fact], words: str) -> None:
    assert say(rule, facts) == words


def test_of_what_is_silent_it_is_said_what_to_do() -> None:
    said = advice("no_data", {"what": "all", "devices": "ble:A"})
    assert "Batterien" in said
    assert "Pause" in said
    assert "Wurde gemessen?" in advice("no_data", {"what": "all", "devices": ""})
    button = advice("no_data", {"what": "button", "devices": "ble:A"})
    assert "Batterie wechseln" in button
    assert "Pause" not in button
    assert advice("silent", {}) == ""


def test_what_is_over_says_why() -> None:
    assert say("limit", {"why": "well"}, Stage.END) == (
        "Grenze überschritten: vorbei, es ist wieder wie gewohnt"
    )
    assert say("another", {}, Stage.END) == "another: vorbei"


def test_a_quantity_without_words_or_unit_has_its_name() -> None:
    assert amount("nothing", 5) == "5"
    assert amount("rr_interval", 5.25) == "5,2"
    assert say("odd", {"quantity": "nothing", "value": 5}) == "nothing 5 kann nicht stimmen"


def test_there_are_words_for_all_that_rules_find() -> None:
    assert {*RULES, "odd"} == {*TITLES}
    assert {*PARAMETERS} == {*PARAMETER_WORDS}
    assert {*Stage} == {*STAGES}
    assert {*Urgency} == {*URGENCIES}
    rules = default()
    assert rules.limit is not None
    assert rules.baseline is not None
    assert {*rules.plausible, *rules.limit.of, *rules.baseline.of} <= {*QUANTITIES}
