from __future__ import annotations

import re

from flask import Flask
from flask.testing import FlaskClient

from edge.access.role import Role
from edge.access.sessions import ANYBODY
from edge.clock import FixedClock
from edge.config import Config
from edge.desk.helpdesk import HelpDesk
from edge.store.village import VillageStore
from edge.village.calls import LATE_S, MAX_OPEN
from edge.village.hours import Place
from edge.web.village.help import WAITING_IDLE_S
from tests.edge.web.village.conftest import post, text_of
from tests.signed_in import sign_in

PHONE = "06403 1234"
COMES = re.compile(r"\w+ kommt zu Ihnen\.")  # accounts are called what the draw gives them


def with_phone(config: Config) -> None:
    with VillageStore(config.hub.village_db) as village:
        village.put_place(Place(name="Halle", phone=PHONE))


def test_somebody_calls_a_volunteer_comes_and_both_see_it(
    villager: FlaskClient, volunteer: FlaskClient
) -> None:
    assert "Gerade ruft niemand" in text_of(volunteer, "/pult/hilfe")
    assert "sieht Ihren Ruf sofort" in text_of(villager, "/hilfe")
    post(villager, "/hilfe", subject="Mein Handy", where="Flur", token="t")
    assert "Hier steht gleich, wer zu Ihnen kommt." in text_of(villager, "/hilfe")
    html = text_of(volunteer, "/pult/hilfe")
    assert "Flur</span>: Mein Handy" in html
    assert "Ich komme" in html
    post(volunteer, "/pult/hilfe/nehmen", ruf=1)
    assert COMES.search(text_of(villager, "/hilfe"))
    assert COMES.search(text_of(villager, "/hilfe/stand"))
    post(volunteer, "/pult/hilfe/abgeben", ruf=1)
    assert "Ihr Ruf ist angekommen." in text_of(villager, "/hilfe")
    post(volunteer, "/pult/hilfe/nehmen", ruf=1)
    post(volunteer, "/pult/hilfe/fertig", ruf=1)
    assert "Ihr Ruf ist beendet." in text_of(villager, "/hilfe")
    assert "Gerade ruft niemand" in text_of(volunteer, "/pult/hilfe/rufe")


def test_a_page_is_honest_while_no_volunteer_is_there(
    config: Config, app: Flask, villager: FlaskClient
) -> None:
    with_phone(config)
    for _ in range(2):  # before and after the call
        html = text_of(villager, "/hilfe")
        assert "niemand am Tisch" in html
        assert PHONE in html
        post(villager, "/hilfe", token="t")
    volunteer = sign_in(app.test_client(), Role.VOLUNTEER)
    text_of(volunteer, "/pult/hilfe")
    assert "niemand am Tisch" not in text_of(villager, "/hilfe")
    post(volunteer, "/fertig")
    assert "niemand am Tisch" in text_of(villager, "/hilfe")


def test_after_five_minutes_it_says_what_else_to_do(
    config: Config, villager: FlaskClient, volunteer: FlaskClient, clock: FixedClock
) -> None:
    with_phone(config)
    text_of(volunteer, "/pult/hilfe")
    post(villager, "/hilfe", token="t")
    assert PHONE not in text_of(villager, "/hilfe")
    clock.advance(LATE_S * 1000)
    html = text_of(villager, "/hilfe")
    assert "Leider hat noch niemand geantwortet." in html
    assert PHONE in html
    assert "wartet schon lange" in text_of(volunteer, "/pult/hilfe")


def test_pressing_twice_is_one_call(
    app: Flask, villager: FlaskClient, volunteer: FlaskClient
) -> None:
    post(villager, "/hilfe", token="t")
    post(villager, "/hilfe", token="t")
    post(app.test_client(), "/hilfe", token="t")  # before the first answer came with its cookie
    assert "1 Ruf<" in text_of(volunteer, "/pult/hilfe")


def test_a_call_can_be_taken_back_and_made_again(
    villager: FlaskClient, volunteer: FlaskClient
) -> None:
    post(villager, "/hilfe", token="t")
    post(villager, "/hilfe/absagen")
    assert "Gerade ruft niemand" in text_of(volunteer, "/pult/hilfe")
    html = text_of(villager, "/hilfe")
    token = re.search(r'name="token" value="(\w+)"', html)
    assert token
    post(villager, "/hilfe", token=token[1])
    assert "1 Ruf<" in text_of(volunteer, "/pult/hilfe")


def test_done_forgets_the_visit_and_the_call_stays(
    villager: FlaskClient, volunteer: FlaskClient
) -> None:
    post(villager, "/hilfe", token="t", subject="Mein Handy")
    post(villager, "/fertig")
    assert "Ihr Ruf ist" not in text_of(villager, "/hilfe")
    assert "Mein Handy" not in text_of(villager, "/hilfe")
    assert "hat den Bildschirm verlassen" in text_of(volunteer, "/pult/hilfe")


def test_another_visitor_sees_nothing_of_a_call(app: Flask, villager: FlaskClient) -> None:
    post(villager, "/hilfe", token="t", subject="Geheim")
    other = app.test_client()
    assert "Ihr Ruf ist" not in text_of(other, "/hilfe")
    assert other.get("/hilfe/strom").status_code == 204
    post(other, "/hilfe/absagen")
    assert "Ihr Ruf ist angekommen." in text_of(villager, "/hilfe")


def test_what_is_wrong_is_said_and_nothing_is_lost(villager: FlaskClient) -> None:
    html = post(villager, "/hilfe", 422, token="t", subject="x" * 10_000, where="Flur")
    assert "Hier passen 120 Zeichen hinein." in html
    assert 'value="Flur"' in html


def test_a_script_stays_words(villager: FlaskClient, volunteer: FlaskClient) -> None:
    post(villager, "/hilfe", token="t", subject="<script>alert(1)</script>")
    html = text_of(volunteer, "/pult/hilfe")
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_too_many_calls_are_refused(desk: HelpDesk, villager: FlaskClient) -> None:
    for _ in range(MAX_OPEN):
        desk.call("", "")
    assert "Es wartet schon sehr viel." in post(villager, "/hilfe", 422, token="t")


def test_only_a_volunteer_sees_who_calls(villager: FlaskClient) -> None:
    for path in ("", "/rufe", "/flagge", "/strom"):
        assert villager.get(f"/pult/hilfe{path}").status_code in (302, 303, 403)
    assert villager.post("/pult/hilfe/nehmen", data={"ruf": 1}).status_code in (302, 303, 403)


def test_the_flag_tells_that_somebody_waits(villager: FlaskClient, volunteer: FlaskClient) -> None:
    assert "brauch" not in text_of(volunteer, "/pult/hilfe/flagge")
    post(villager, "/hilfe", token="t")
    assert "Jemand braucht Hilfe" in text_of(volunteer, "/pult/hilfe/flagge")
    post(volunteer, "/pult/hilfe/nehmen", ruf=1)
    assert "brauch" not in text_of(volunteer, "/pult/hilfe/flagge")


def test_every_tongue_says_it(villager: FlaskClient, desk: HelpDesk) -> None:
    desk.seen()
    post(villager, "/hilfe", token="t")
    desk.take(1, "Anna")
    for tongue, said in (
        ("en", "Anna is coming to you."),
        ("ar", "Anna قادم إليك."),
        ("leicht", "Anna kommt jetzt zu Ihnen."),
    ):
        villager.set_cookie("anzeige", f"{tongue}.normal.wie-geraet")
        assert said in text_of(villager, "/hilfe")


def test_who_calls_and_walks_away_does_not_stay(villager: FlaskClient, clock: FixedClock) -> None:
    assert 'data-ruhe="60"' in text_of(villager, "/hilfe")
    post(villager, "/hilfe", token="t")
    page = text_of(villager, "/hilfe")
    assert f'data-ruhe="{WAITING_IDLE_S}"' in page  # who waits presses nothing
    assert "; url=/hilfe/warten" in page
    for _ in range(int(ANYBODY.idle_s) // 60 - 1):  # what pages ask for by themselves
        clock.advance(60_000)
        waiting = text_of(villager, "/hilfe/warten")
        assert "Ihr Ruf ist angekommen." in waiting or "Leider hat" in waiting
        assert 'name="zurueck" value="/hilfe"' in waiting
        text_of(villager, "/hilfe/stand")
    clock.advance(60_000)
    assert "angekommen" not in text_of(villager, "/hilfe/warten")
