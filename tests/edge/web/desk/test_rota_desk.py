"""The rota at the desk: joining, gaps, swaps, coordinating, hours; and who may not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from edge.access.role import Role
from edge.desk.rota import RotaDesk
from edge.desk.volunteers import VolunteerDesk
from edge.learning.moment import HOUR_MS, local_day
from tests.edge.web.desk.conftest import NOW_MS, Hall, fields, words
from tests.signed_in import sign_in

DAY = local_day(NOW_MS) + timedelta(days=3)
NEW = {
    "task": "Café-Ausgabe", "place": "Küche", "first_day": DAY.isoformat(), "start": "14:00",
    "end": "17:00", "needed": "2", "times": "3", "weeks": "1", "qualification": "", "note": "",
}  # fmt: skip


def browser(hall: Hall, *roles: Role) -> FlaskClient:
    """The browser of somebody else, with an account of their own."""
    return sign_in(hall.app.test_client(), *(roles or (Role.VOLUNTEER,)))


@pytest.fixture
def boss(hall: Hall) -> Hall:
    """The hall, with an administrator before it."""
    hall.client = browser(hall, Role.ADMINISTRATOR)
    hall.post("/pult/dienste/neu", **NEW)
    return hall


def page(client: FlaskClient, path: str = "/pult/dienste") -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return words(answer.text)


def joined(hall: Hall, name: str) -> FlaskClient:
    client = browser(hall)
    assert "Wer sind Sie auf dem Dienstplan?" in page(client)
    assert client.post("/pult/dienste/ich", data={"name": name}).status_code == 303
    assert "Meine Dienste" in page(client)
    return client


def test_gaps_are_filled_and_swapped(boss: Hall) -> None:
    karl, lina = joined(boss, "Karl Müller"), joined(boss, "Lina Öztürk")
    assert "Es fehlen noch 2" in page(karl)
    for _ in range(2):  # a double click
        assert karl.post("/pult/dienste/1/dabei").status_code == 303
    assert "Es fehlt noch jemand" in page(karl)
    assert "Abgeben" in page(karl)
    assert "/1/austragen" not in karl.get("/pult/dienste").text
    late = karl.post("/pult/dienste/1/austragen")
    assert late.status_code == 422
    assert "Sobald jemand ihn übernimmt, sind Sie frei" in words(late.text)
    karl.post("/pult/dienste/1/abgeben")
    assert "Karl Müller – möchte abgeben" in page(lina)
    assert lina.post("/pult/dienste/1/uebernehmen", data={"von": 1}).status_code == 303
    assert "Lina Öztürk hat diesen Dienst von Ihnen übernommen." in page(karl)
    assert "Sie haben ihn von Karl Müller übernommen." in page(lina)
    assert lina.post("/pult/dienste/1/uebernehmen", data={"von": 1}).status_code == 303
    assert karl.post("/pult/dienste/1/uebernehmen", data={"von": 2}).status_code == 422
    lina.post("/pult/dienste/1/abgeben")
    assert "Doch selbst machen" in page(lina)
    lina.post("/pult/dienste/1/behalten")
    assert "möchte abgeben" not in page(karl)
    assert "Lina Öztürk" in page(karl, "/pult/dienste/plan")
    lina.post("/pult/dienste/3/dabei")
    assert "/3/austragen" in lina.get("/pult/dienste").text
    assert lina.post("/pult/dienste/3/austragen").status_code == 303
    assert "/3/austragen" not in lina.get("/pult/dienste").text


def test_who_does_not_coordinate_is_told_so(boss: Hall) -> None:
    karl = joined(boss, "Karl")
    for path in ("/neu", "/1", "/leute", "/leute/1", "/stunden", "/leute/1/dank"):
        answer = karl.get(f"/pult/dienste{path}")
        assert answer.status_code == 403
        assert "Das macht die Koordination" in answer.text
    for path in ("/neu", "/1/aendern", "/1/absagen", "/1/eintragen", "/leute", "/leute/1",
                 "/leute/1/loeschen", "/stunden", "/stunden/bestaetigen", "/leute/art",
                 "/leute/1/qualifikation", "/leute/1/ohne", "/1/herausnehmen"):  # fmt: skip
        assert karl.post(f"/pult/dienste{path}", data=NEW).status_code == 403, path
    assert "Koordination" not in page(karl)
    boss.post("/pult/dienste/leute/1", name="Karl", coordinates="1")
    assert "Neuer Dienst" in page(karl)
    villager = boss.app.test_client()
    assert villager.get("/pult/dienste").status_code in (302, 303, 401, 403)


def test_somebody_who_is_listed_already_takes_their_name(boss: Hall) -> None:
    boss.post("/pult/dienste/leute", name="Olga Braun", phone="06031 5")
    olga = browser(boss)
    assert "Olga Braun" in page(olga)
    olga.post("/pult/dienste/ich", data={"person": "1", "name": ""})
    assert "Meine Dienste" in page(olga)
    other = browser(boss)
    assert other.post("/pult/dienste/ich", data={"person": "1"}).status_code == 422
    assert other.post("/pult/dienste/ich", data={"name": " "}).status_code == 422
    assert "Zugang lösen" in boss.get("/pult/dienste/leute/1")
    boss.post("/pult/dienste/leute/1/loesen")
    assert other.post("/pult/dienste/ich", data={"person": "1"}).status_code == 303


def test_nobody_becomes_a_coordinator_by_taking_a_name(boss: Hall) -> None:
    boss.post("/pult/dienste/leute", name="Olga Braun", phone="06031 5")
    boss.post("/pult/dienste/leute/1", name="Olga Braun", coordinates="1")
    other = browser(boss)
    assert "Olga Braun" not in page(other)
    assert "koordiniert" in other.post("/pult/dienste/ich", data={"person": "1"}).text
    assert other.get("/pult/dienste/leute").status_code == 403
    boss.post("/pult/dienste/leute/1", name="Olga Braun")
    assert other.post("/pult/dienste/ich", data={"person": "1"}).status_code == 303
    boss.post("/pult/dienste/leute/1", name="Olga Braun", coordinates="1")
    assert other.get("/pult/dienste/leute").status_code == 200


def test_a_shift_is_made_edited_by_two_and_cancelled(boss: Hall) -> None:
    assert "Es gibt" not in boss.get("/pult/dienste/neu")
    assert "Beispiel" in boss.post("/pult/dienste/neu", 422, **(NEW | {"start": "x"})).text
    late = NEW | {"first_day": "9999-12-31", "end": "02:00", "times": "1"}
    assert "Jahr prüfen" in boss.post("/pult/dienste/neu", 422, **late).text
    wrong = boss.post("/pult/dienste/neu", 422, **(NEW | {"task": "<script>" * 99})).text
    assert "<script>&" not in wrong
    assert "&lt;script&gt;" in wrong
    form = fields(boss.get("/pult/dienste/1"))
    boss.post("/pult/dienste/1/aendern", **(NEW | form | {"needed": "4"}))
    conflict = boss.post("/pult/dienste/1/aendern", 409, **(NEW | form | {"place": "Saal"})).text
    assert "Jemand war schneller" in conflict
    boss.post("/pult/dienste/1/aendern", **(NEW | {"place": "Saal"} | fields(conflict)))
    assert boss.village.shift(1).place == "Saal"
    boss.post("/pult/dienste/2/absagen", series="1")
    assert [one.cancelled for one in boss.village.shifts(0)] == [False, True, True]
    boss.get("/pult/dienste/99", 404)


def test_others_are_put_in_and_hours_confirmed(boss: Hall) -> None:
    boss.post("/pult/dienste/leute", name="Karl Müller")
    me = boss.client
    me.post("/pult/dienste/ich", data={"name": "Die Chefin"})
    for person in (1, 2):
        boss.post("/pult/dienste/1/eintragen", person=person)
    boss.clock.advance(4 * 24 * HOUR_MS)
    boss.client = browser(boss, Role.ADMINISTRATOR)
    boss.post("/pult/dienste/leute/2/loesen")
    boss.post("/pult/dienste/ich", person="2")
    told = words(boss.get("/pult/dienste/stunden"))
    assert "Karl Müller Café-Ausgabe" in told
    assert "Die eigenen Stunden bestätigt jemand anderes." in told
    confirm = {"shift": 1, "person": 1, "hours": "2:30"}
    path = "/pult/dienste/stunden/bestaetigen"
    assert "2 oder 1,5" in boss.post(path, 422, **(confirm | {"hours": "?"})).text
    boss.post(path, **confirm)
    assert "Die eigenen" in boss.post(path, 422, **(confirm | {"person": 2})).text
    boss.post("/pult/dienste/stunden", person=1, day=DAY.isoformat(), hours="1,5", task="Putzen")
    assert "4 Std. an 1 Tag" in words(boss.get("/pult/dienste/stunden"))
    assert "Noch keine bestätigten" in boss.get("/pult/dienste/leute/2/dank")
    thanks = words(boss.get("/pult/dienste/leute/1/dank?jahr=2026"))
    assert "Danke, Karl Müller!" in thanks
    assert "Im Jahr 2026 haben Sie Holzheim 4 Std. Ihrer Zeit geschenkt" in thanks
    boss.post("/pult/dienste/1/herausnehmen", person=2)
    boss.post("/pult/dienste/leute/1/loeschen")
    boss.get("/pult/dienste/leute/1", 404)
    assert "Karl" not in words(boss.get("/pult/dienste"))


def test_qualifications_are_noted_and_warned_of(boss: Hall) -> None:
    boss.post("/pult/dienste/leute", name="Karl")
    boss.post("/pult/dienste/leute/art", name="Erste Hilfe!", months="24")
    path = "/pult/dienste/leute/1"
    assert "läuft ab" in boss.post(f"{path}/qualifikation", 422, qualification="juleica").text
    boss.post(f"{path}/qualifikation", qualification="erstehilfe", until="2030-01-01")
    soon = (local_day(NOW_MS) + timedelta(days=20)).strftime("%d.%m.%Y")
    boss.post(f"{path}/qualifikation", qualification="juleica", until=soon)
    assert "läuft bald ab" in boss.get(path)
    assert f"Karl: Juleica gilt noch bis {soon}" in words(boss.get("/pult/dienste"))
    boss.post(f"{path}/ohne", qualification="juleica")
    assert "Karl: Juleica" not in words(boss.get("/pult/dienste"))


def test_while_names_are_locked_the_plan_is_there(boss: Hall) -> None:
    karl = joined(boss, "Karl")
    boss.lock()
    told = words(boss.get("/pult/dienste"))
    assert "Die Namen sind verschlossen" in told
    assert "Café-Ausgabe, Küche" in told
    boss.get("/pult/dienste/leute", 503)
    assert karl.post("/pult/dienste/1/dabei").status_code == 503


def test_the_desks_know_each_other(boss: Hall) -> None:
    rota = RotaDesk(boss.village, boss.vault, boss.clock)
    people = VolunteerDesk(boss.village, boss.vault, boss.clock)
    karl = people.join("Karl")
    assert rota.sign_up(1, karl).standing.missing == 1
