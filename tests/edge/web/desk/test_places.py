"""Seasons, rooms, free days, trainers: entered, changed, and what is wrong with them."""

from __future__ import annotations

from datetime import date

from tests.edge.web.desk.conftest import Hall, fields, words


def test_a_season_is_made_once_and_changed(hall: Hall) -> None:
    form = {"name": "Herbst 2027", "first_day": "30.8.2027", "last_day": "31.1.28"}
    for _ in range(2):
        page = hall.followed("/pult/raeume/saison", **form)
    assert "Herbst 2027" in page
    assert [one.season_id for one in hall.village.seasons()][-1] == "2027-2"
    page = hall.get("/pult/raeume/saison?saison=2027-2")
    assert "30.8.2027" in page
    hall.post("/pult/raeume/saison", **{**form, **fields(page), "name": "Winter"})
    assert [one.name for one in hall.village.seasons()][-1] == "Winter"
    for wrong, hint in (
        ({"last_day": "1.8.2027"}, "nach dem ersten"),
        ({"first_day": "morgen"}, "Das ist kein Tag: „morgen“"),
        ({"name": " "}, "1 bis 80 Zeichen"),
        ({"season_id": "nie"}, "gibt es nicht"),
    ):
        page = hall.post("/pult/raeume/saison", 422, **{**form, **wrong}).text
        assert hint in page
        assert 'value="31.1.28"' in page or "last_day" in wrong


def test_a_room_is_made_once_and_changed(hall: Hall) -> None:
    form = {"name": "Großer Saal", "seats": "80", "access": "Aufzug"}
    for _ in range(2):
        page = hall.followed("/pult/raeume/raum", **form)
    assert page.count("Großer Saal") == 2  # the line, and what its button is about
    page = hall.get("/pult/raeume/raum?raum=grosser-saal")
    hall.post("/pult/raeume/raum", **{**form, **fields(page), "seats": "60"})
    assert {one.room_id: one.seats for one in hall.village.rooms()}["grosser-saal"] == 60
    assert "gibt es schon" in hall.post("/pult/raeume/raum", 422, name="saal", seats="1").text
    assert "0 bis 1000" in hall.post("/pult/raeume/raum", 422, name="X", seats="1001").text
    page = hall.post("/pult/raeume/raum", 422, name="<b>fett</b>", seats="viele").text
    assert "Das ist keine Zahl: „viele“" in page
    assert "<b>fett" not in page
    assert "&lt;b&gt;fett" in page


def test_free_days_come_in_runs_and_go(hall: Hall) -> None:
    hall.post(
        "/pult/raeume/frei", name="Herbstferien", first_day="5.10.2026", last_day="17.10.2026"
    )
    page = hall.followed("/pult/raeume/frei", name="Kirmes", first_day="19.10.2026", last_day="")
    told = words(page)
    assert "Herbstferien 05.10.2026 bis 17.10.2026" in told
    assert "Kirmes 19.10.2026" in told
    assert len(hall.village.free_days()) == 14
    assert "höchstens" not in told
    wrong = {"name": "Ferien", "first_day": "17.10.2026", "last_day": "5.10.2026"}
    page = hall.post("/pult/raeume/frei", 422, **wrong).text
    assert "der letzte nicht vor dem ersten" in page
    assert 'value="Ferien"' in page
    hall.post("/pult/raeume/offen", first_day="2026-10-05", last_day="2026-10-17")
    assert hall.village.free_days() == {date(2026, 10, 19): "Kirmes"}


def test_trainers_stand_once_and_only_where_names_are(hall: Hall) -> None:
    for _ in range(2):
        page = hall.followed("/pult/raeume/leitung", name="Karla  Sommer", phone="06031 12")
    assert page.count("Karla Sommer") == 1
    assert (
        "keine Telefonnummer"
        in hall.post("/pult/raeume/leitung", 422, name="Anna", phone="ruf an").text
    )
    hall.lock()
    page = hall.get("/pult/raeume")
    assert "Karla" not in page
    assert "verschlossen" in page
    hall.post("/pult/raeume/leitung", 503, name="Anna", phone="")
