"""A button that was pressed stands on the volunteers' first page until one looked after it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from edge.store.village_alarms import HallAlarm
from edge.web.app import create_app
from tests.edge.web.desk.conftest import NOW_MS
from tests.signed_in import sign_in

SOURCE = "button:ble:HALL"


def press(hall: Any, at: int = NOW_MS) -> None:
    hall.village.show_alarm(HallAlarm(SOURCE, "button", "Saal", at))


def seen(hall: Any, since: int = NOW_MS, **more: Any) -> Any:
    return hall.client.post("/pult/ruf", data={"knopf": SOURCE, "seit": str(since), **more})


def test_it_is_shown_and_looked_after(hall: Any) -> None:
    assert "Rufknopf" not in hall.client.get("/pult").text
    press(hall)
    page = hall.client.get("/pult").text
    assert "Jemand hat einen Rufknopf gedrückt" in page
    assert "Saal" in page
    done = seen(hall)
    assert (done.status_code, done.headers["Location"]) == (303, "/pult?getan=ruf")
    assert "steht nicht mehr auf der Tafel" in hall.client.get(done.headers["Location"]).text
    assert hall.village.hall_alarms() == []
    assert seen(hall).status_code == 303  # a second volunteer was slower


def test_pressed_again_it_stays_and_says_so(hall: Any) -> None:
    press(hall, NOW_MS + 5)
    answer = seen(hall)
    assert answer.status_code == 422
    assert "noch einmal gedrückt" in answer.text
    wrong = hall.client.post("/pult/ruf", data={"knopf": SOURCE, "seit": "gestern"})
    assert wrong.status_code == 422
    assert len(hall.village.hall_alarms()) == 1


def test_it_works_while_names_are_locked(hall: Any) -> None:
    press(hall, NOW_MS - 90_000_000)
    hall.lock()
    page = hall.client.get("/pult").text
    assert "gedrückt: " in page
    assert seen(hall, NOW_MS - 90_000_000).status_code == 303
    assert hall.village.hall_alarms() == []


def test_nobody_without_a_sign_in_takes_it_down(hall: Any) -> None:
    press(hall)
    stranger = hall.app.test_client()
    answer = stranger.post("/pult/ruf", data={"knopf": SOURCE, "seit": str(NOW_MS)})
    assert answer.status_code in (302, 303, 401, 403)
    assert len(hall.village.hall_alarms()) == 1


def test_where_alarms_are_off_what_stood_there_from_before_is_not_shown(hall: Any) -> None:
    press(hall)
    config = hall.config
    off = replace(config, personal=replace(config.personal, alerts=False))
    client = sign_in(create_app(off, hall.clock).test_client())
    assert "Rufknopf" not in client.get("/pult").text
