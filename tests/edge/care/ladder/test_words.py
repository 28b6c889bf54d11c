"""What is said of an alert names nobody who did not agree, tells no value, and fits its path."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge.care.finding import Urgency
from edge.care.ladder import Alert, Rung
from edge.care.ladder.words import RUNGS, message, note, rescue_text

ALERT = Alert(17, 3, "k", "news2", Urgency.EMERGENCY, 1, 1, {"score": 9, "why": "Puls 144"})


def test_a_message_is_short_and_names_who_may_be_named() -> None:
    told = message(ALERT, "Wetterfeld", "Jürgen Müller")
    assert told == (
        "Dorfhub Wetterfeld: NOTFALL, Alarm 17. Bitte nach Jürgen Müller sehen."
        " Wer sich kümmert, antwortet: 1 17"
    )
    assert len(told) <= 160
    assert "wie verabredet" in message(ALERT, "Wetterfeld")
    assert "Der Hub war ausgefallen" in message(replace(ALERT, person=None), "W")
    deaf = message(replace(ALERT, person=None, rule="hub_deaf"), "W")
    assert "Der Hub empfängt keine Sensoren mehr, bitte anmelden" in deaf


def test_silence_is_nothing_for_the_night() -> None:
    silent = replace(ALERT, rule="no_data")
    assert "Bitte nach Erna sehen, nicht nachts." in message(silent, "W", "Erna")
    assert "Bitte nachsehen, wie verabredet." in message(silent, "W")


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(60, ""), (61, "vor 1 Stunde"), (660, "vor 11 Stunden"), (3000, "vor 2 Tagen")],
)
def test_a_call_that_comes_late_says_how_old_it_is(minutes: int, said: str) -> None:
    late = replace(ALERT, rule="sos", facts={"late_minutes": minutes})
    assert said in message(late, "W")
    assert said in rescue_text(late, "W")
    assert ("vor " in message(late, "W")) is bool(said)


def test_a_button_that_is_nobodys_is_told_by_where_it_hangs() -> None:
    hall = replace(ALERT, person=None, rule="sos", facts={"place": "Saal"})
    assert "Rufknopf „Saal“ gedrückt, bitte hingehen" in message(hall, "W")
    assert "eine Person am Rufknopf „Saal“" in rescue_text(hall, "W")


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ("sos", "Rufknopf"),
        ("inactivity", "nichts bewegt"),
        ("heat", "gefährlich heiß"),
        ("news2", "Messwerte zeigen"),
    ],
)
def test_the_text_for_112_can_be_read_out(rule: str, reason: str) -> None:
    alert = replace(ALERT, rule=rule)
    told = rescue_text(alert, "Wetterfeld", "Erna", may_know=True)
    assert "vorlesen" in told
    assert "Es geht um Erna" in told
    assert reason in told
    untold = rescue_text(alert, "Wetterfeld", "Erna")
    assert "vorlesen" in untold
    assert (reason in untold) is (rule == "sos")  # who pressed a button called everybody
    assert "Namen Sie auf der Alarmseite" in rescue_text(ALERT, "W")


def test_no_path_tells_a_value_and_a_test_says_that_it_is_one() -> None:
    told = [
        message(ALERT, "W"),
        rescue_text(ALERT, "W"),
        *(note(ALERT, rung, "W") for rung in Rung),
    ]
    for text in told:
        assert "144" not in text
        assert "score" not in text
        assert not text.startswith("PROBE")
    assert set(RUNGS) == set(Rung)
    for text in (
        message(ALERT, "W", is_test=True),
        rescue_text(ALERT, "W", is_test=True),
        note(ALERT, Rung.NURSE, "W", is_test=True),
    ):
        assert text.startswith("PROBE, kein Alarm.")


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(60, ""), (61, "vor 1 Stunde"), (660, "vor 11 Stunden"), (2880, "vor 2 Tagen")],
)
def test_an_old_call_says_how_old_it_is(minutes: int, said: str) -> None:
    alert = replace(ALERT, rule="sos", facts={"device": "ble:1", "late_minutes": minutes})
    told = message(alert, "W", "Erna")
    assert ("vor " in told, said in told) == (bool(said), True)
    assert "Ruf" not in told  # an open letter tells no reason
    assert said in rescue_text(alert, "W", "Erna", may_know=True)
    nobodys = replace(alert, person=None)
    assert said in message(nobodys, "W")
