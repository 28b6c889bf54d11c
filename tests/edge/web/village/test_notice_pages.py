from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from icalendar import Calendar

from edge.access.role import Role
from edge.clock import FixedClock
from edge.config import Config
from edge.store.village import VillageStore
from tests.edge.web.village.conftest import post, text_of
from tests.hall import NOW_MS
from tests.signed_in import sign_in

DAY = 86_400_000
BAKING = {
    "title": "Plätzchen backen", "text": "Für Kinder.", "day": "2026-12-05", "start": "14:00",
    "end": "17", "place": "Küche", "token": "t",
}  # fmt: skip


def slip_on(html: str) -> str:
    found = re.search(r'class="slip-number" dir="ltr">([^<]+)<', html)
    assert found, html
    return found[1]


def approve(volunteer: FlaskClient, number: int = 1, **changes: object) -> None:
    form = {**BAKING, "rev": 1, "aushaengen": 1, **changes}
    post(volunteer, f"/pult/aushaenge/{number}", **form)


def test_somebody_proposes_a_volunteer_lets_it_hang(
    villager: FlaskClient, volunteer: FlaskClient
) -> None:
    post(villager, "/termine/neu", **BAKING)
    html = text_of(villager, "/aushang/zettel")
    assert "Ein Helfer oder eine Helferin sieht sich das an" in html
    assert "Plätzchen backen" not in text_of(villager, "/termine")
    assert "Wartet auf Sie: 1" in text_of(volunteer, "/pult/aushaenge")
    html = text_of(volunteer, "/pult/aushaenge/1")
    assert 'value="14:00"' in html
    assert 'value="2026-12-05"' in html
    approve(volunteer, title="Plätzchen für alle")
    html = text_of(villager, "/termine")
    assert "Plätzchen für alle" in html
    assert "Samstag, 5. Dezember 2026, 14 bis 17 Uhr" in html
    assert "Plätzchen für alle" in text_of(villager, "/")
    assert "Das hängt aus." in text_of(villager, "/aushang/zettel")
    post(villager, "/aushang/zettel/abnehmen", slip=slip_on(html_of(villager)).replace(" ", ""))
    assert "Plätzchen" not in text_of(villager, "/termine")
    assert "Das hing aus und ist vorbei." in html_of(villager)


def html_of(villager: FlaskClient) -> str:
    return text_of(villager, "/aushang/zettel")


def test_the_reason_of_a_refusal_is_read_with_the_slip(
    villager: FlaskClient, volunteer: FlaskClient
) -> None:
    post(villager, "/termine/neu", **BAKING)
    slip = slip_on(html_of(villager))
    html = post(volunteer, "/pult/aushaenge/1", 422, ablehnen=1, rev=1, reason=" ")
    assert "Hier fehlt noch etwas." in html
    post(volunteer, "/pult/aushaenge/1", ablehnen=1, rev=1, reason="Die Küche ist belegt.")
    post(villager, "/fertig")
    assert "Plätzchen" not in html_of(villager)
    assert "Diese Nummer stimmt nicht." in post(villager, "/aushang/zettel", 422, slip="123")
    post(villager, "/aushang/zettel", slip=f" {slip.lower()} ")
    html = html_of(villager)
    assert "Das hängt nicht aus." in html
    assert "Die Küche ist belegt." in html


def test_nobody_takes_down_what_is_not_theirs(
    villager: FlaskClient, volunteer: FlaskClient
) -> None:
    post(villager, "/termine/neu", **BAKING)
    slip = slip_on(html_of(villager)).replace(" ", "")
    approve(volunteer)
    post(volunteer, "/aushang/zettel/abnehmen", slip=slip)  # a number that the visit does not hold
    assert "Plätzchen" in text_of(villager, "/termine")


def test_two_volunteers_at_once_the_second_is_told_and_loses_nothing(
    villager: FlaskClient, volunteer: FlaskClient
) -> None:
    post(villager, "/termine/neu", **BAKING)
    other = sign_in(villager.application.test_client(), Role.VOLUNTEER)
    approve(volunteer, title="Von Anna")
    html = post(other, "/pult/aushaenge/1", 409, **BAKING | {"title": "Von Bert", "rev": 1})
    assert "Jemand war schneller" in html
    assert "Von Anna" in html
    assert 'value="Von Bert"' in html
    assert 'name="rev" value="2"' in html
    post(other, "/pult/aushaenge/1", **BAKING | {"title": "Von Bert", "rev": 2})
    assert "Von Bert" in text_of(villager, "/termine")
    # whoever declines meanwhile loses nothing either
    assert "Jemand war schneller" in post(
        volunteer, "/pult/aushaenge/1", 409, rev=2, ablehnen=1, reason="doppelt"
    )


def test_what_is_wrong_is_said_and_nothing_is_lost(villager: FlaskClient) -> None:
    for changes, said in (
        ({"title": ""}, "Hier fehlt noch etwas."),
        ({"text": "x" * 10_000}, "Hier passen 1000 Zeichen hinein."),
        ({"text": "Ruf 06403 123456"}, "Bitte keine Telefonnummer"),
        ({"day": "gestern"}, "Bitte den Tag prüfen."),
        ({"day": "2026-11-01"}, "Bitte den Tag prüfen."),
        ({"start": "abends"}, "Bitte eine Uhrzeit eintragen"),
        ({"day": ""}, "An welchem Tag ist das?"),
        ({"start": "", "end": ""}, "Um wie viel Uhr fängt es an?"),
        ({"day": "2027-03-28", "start": "2:30", "end": ""}, "Bitte eine Uhrzeit eintragen"),
    ):
        html = post(villager, "/termine/neu", 422, **BAKING | changes)
        assert said in html, changes
        assert 'value="Küche"' in html
    villager.set_cookie("anzeige", "en.normal.wie-geraet")
    html = post(villager, "/termine/neu", 422, **BAKING | {"text": "x" * 1001})
    assert "there is room for 1000 characters" in html


def test_a_script_and_a_name_of_any_script_stay_words(
    villager: FlaskClient, volunteer: FlaskClient
) -> None:
    evil = {"title": "<script>alert(1)</script>", "text": "Оксана & اَلْعَرَبِيَّةُ", "place": '"><b>'}
    post(villager, "/termine/neu", **BAKING | evil)
    approve(volunteer, **evil)
    for path in ("/", "/termine", "/pult/aushaenge", "/pult/aushaenge/1/plakat"):
        html = text_of(volunteer, path)
        assert "<script>alert" not in html
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "Оксана &amp; " in text_of(villager, "/termine")


def test_a_volunteer_hangs_something_that_comes_again(volunteer: FlaskClient) -> None:
    weekly = BAKING | {"repeat": "week", "until": "2026-12-19"}
    post(volunteer, "/pult/aushaenge/neu", **weekly)
    post(volunteer, "/pult/aushaenge/neu", **weekly)  # pressed twice
    html = text_of(volunteer, "/termine")
    assert html.count("Plätzchen backen") == 1
    assert "(jede Woche)" in html
    calendar = Calendar.from_ical(volunteer.get("/termine.ics").data)
    assert len(calendar.walk("VEVENT")) == 3
    html = text_of(volunteer, "/pult/aushaenge/1")
    assert '<option value="week" selected>' in html
    assert "jede Woche" in text_of(volunteer, "/pult/aushaenge/1/plakat")
    html = post(volunteer, "/pult/aushaenge/neu", 422, **weekly | {"until": "", "token": "u"})
    assert "Bis wann" in html


def test_a_volunteer_says_whose_number_it_is(volunteer: FlaskClient) -> None:
    office = {"title": "Amt", "text": "Ruf 06403 123456", "token": "a"}
    html = post(volunteer, "/pult/aushaenge/neu", 422, **office)
    assert 'name="public"' in html
    post(volunteer, "/pult/aushaenge/neu", **office, public="1")
    assert "06403 123456" in text_of(volunteer, "/termine")


def ticked(config: Config, number: int = 1) -> bool:
    with VillageStore(config.hub.village_db) as village:
        return village.board_notice(number).open_data


def test_a_volunteer_is_asked_whether_it_is_open_data_too(
    villager: FlaskClient, volunteer: FlaskClient, config: Config
) -> None:
    html = text_of(villager, "/termine/neu")
    assert "Ihr Aushang bleibt im Dorf." in html
    assert 'name="open_data"' not in html
    post(villager, "/termine/neu", **BAKING, open_data=1)  # not whoever proposes
    assert not ticked(config)
    html = text_of(volunteer, "/pult/aushaenge/1")
    assert re.search(r'name="open_data" value="1">', html), "never ticked by itself"
    approve(volunteer)
    assert not ticked(config)
    assert "offene Daten" not in text_of(volunteer, "/pult/aushaenge")
    assert "Internet" not in html_of(villager)
    approve(volunteer, rev=2, open_data=1)
    assert ticked(config)
    assert "auch als offene Daten" in text_of(volunteer, "/pult/aushaenge?getan=haengt-offen")
    html = text_of(volunteer, "/pult/aushaenge/1")
    assert re.search(r'name="open_data" value="1">', html)
    assert "setzen Sie den Haken beim Speichern wieder" in html
    assert "Es darf auch im Internet stehen." in html_of(villager)
    approve(volunteer, rev=3, text="Für Kinder, mit Frau Weber.")
    assert not ticked(config)
    approve(volunteer, rev=4, open_data=1)
    post(volunteer, "/pult/aushaenge/1", ablehnen=1, rev=5, reason="Fällt aus.")
    assert not ticked(config)


def test_a_tick_is_kept_where_something_else_is_wrong(
    volunteer: FlaskClient, config: Config
) -> None:
    html = post(volunteer, "/pult/aushaenge/neu", 422, **BAKING | {"title": ""}, open_data=1)
    assert re.search(r'name="open_data" value="1" checked>', html)
    post(volunteer, "/pult/aushaenge/neu", **BAKING, open_data=1)
    assert ticked(config)


@pytest.mark.parametrize("text", ["Tel. 72 15", "Meldet euch bei 72 15 30", "erna(at)example.org"])
def test_a_volunteer_is_told_why_a_ticked_notice_is_not_published(
    volunteer: FlaskClient, text: str
) -> None:
    form = BAKING | {"text": text, "open_data": 1}
    answer = volunteer.post("/pult/aushaenge/neu", data=form, follow_redirects=True)
    told = "Darin steht wohl eine Telefonnummer, eine andere lange Zahl oder eine Adresse."
    assert answer.status_code == 200
    assert told in answer.text
    assert "nicht in den offenen Daten: wohl mit Nummer oder Adresse" in answer.text
    assert told in text_of(volunteer, "/pult/aushaenge/1")


def test_opening_and_storing_changes_nothing(volunteer: FlaskClient, config: Config) -> None:
    with VillageStore(config.hub.village_db) as village:
        number = village.add_notice("Alt", "Vom Befehl", NOW_MS - DAY, NOW_MS + 5 * DAY)
        endless = village.add_notice("Ohne Ende", "", NOW_MS - DAY, None)
        before = village.board_notice(number)
    html = text_of(volunteer, f"/pult/aushaenge/{number}")
    form = dict(re.findall(r'name="(\w+)"[^>]*? value="([^"]*)"', html))
    form = {name: form[name] for name in ("title", "shown_from", "shown_until", "rev")}
    post(volunteer, f"/pult/aushaenge/{number}", text="Vom Befehl", **form)
    with VillageStore(config.hub.village_db) as village:
        after = village.board_notice(number)
        assert village.board_notice(endless).shown_until is None
    assert after.shown_from == before.shown_from
    assert after.shown_until is not None
    assert before.shown_until is not None
    assert 0 <= after.shown_until - before.shown_until < DAY
    assert "hängt ohne Ende" in text_of(volunteer, "/pult/aushaenge")


def test_the_poster_has_a_code_and_its_paper(villager: FlaskClient, volunteer: FlaskClient) -> None:
    post(villager, "/termine/neu", **BAKING)
    html = text_of(volunteer, "/pult/aushaenge/1/plakat")
    assert "<svg" in html
    assert "poster-a4.css" in html
    assert "poster-a3.css" in text_of(volunteer, "/pult/aushaenge/1/plakat?groesse=a3")
    assert "poster-a4.css" in text_of(volunteer, "/pult/aushaenge/1/plakat?groesse=a0")


def test_the_feeds_are_kept_for_a_while_and_say_what_changed(
    villager: FlaskClient, volunteer: FlaskClient, clock: FixedClock
) -> None:
    answer = villager.get("/termine.rss")
    assert answer.content_type == "application/rss+xml; charset=utf-8"
    assert answer.headers["Cache-Control"] == "public, max-age=600"
    tag = answer.headers["ETag"]
    assert villager.get("/termine.rss", headers={"If-None-Match": tag}).status_code == 304
    post(volunteer, "/pult/aushaenge/neu", **BAKING)
    assert villager.get("/termine.rss", headers={"If-None-Match": tag}).status_code == 200
    assert villager.get("/termine.ics").content_type == "text/calendar; charset=utf-8"
    assert "Set-Cookie" not in answer.headers
    assert clock.wall_ms == NOW_MS


def test_only_a_volunteer_decides(villager: FlaskClient) -> None:
    for path in ("", "/neu", "/1", "/1/plakat"):
        assert villager.get(f"/pult/aushaenge{path}").status_code in (302, 303, 403)
    assert villager.post("/pult/aushaenge/1", data={"aushaengen": 1}).status_code in (302, 303, 403)


def test_a_notice_that_is_not_there_is_said_so(volunteer: FlaskClient) -> None:
    assert "Das gibt es nicht mehr." in text_of(volunteer, "/pult/aushaenge/99", 503)


def test_an_unreadable_village_is_said_so(villager: FlaskClient, config: Config) -> None:
    for path in config.hub.village_db.parent.glob("village.db*"):
        path.unlink()
    config.hub.village_db.write_bytes(b"no database at all" * 100)
    for path in ("/termine", "/oeffnung", "/markt", "/aushang/zettel"):
        assert "gerade nicht lesbar" in text_of(villager, path, 503)
    text_of(villager, "/hilfe")  # works all the same
