"""The pages of people: consents step by step, circles, contacts, cards; and bad input."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from edge.access.role import Role
from edge.access.sessions import Bearer
from edge.care.consent import BLOOD_PRESSURE
from edge.care.kinds import OXYGEN, WEIGHT
from edge.care.people import OWNER
from edge.clock import FixedClock
from edge.config import Config, load
from edge.desk.register import card_hash
from edge.desk.vault import Vault
from edge.store.personal import PersonalStore
from edge.store.setup import create
from edge.ward.reading import Reading
from edge.web.access import COOKIE, sessions_of
from edge.web.app import create_app
from tests.signed_in import sign_in

NOW_MS = 1_795_447_440_000
PEOPLE, CONTACTS = "/pflege/menschen", "/pflege/kontakte"


@pytest.fixture
def config(tmp_path: Path) -> Config:
    path = tmp_path / "hub.toml"
    path.write_text('[hub]\nname = "Hub"\nvillage = "Dorf"\n')
    loaded = load(path)
    create(loaded)
    return loaded


@pytest.fixture
def app(config: Config) -> Flask:
    return create_app(config, FixedClock(NOW_MS))


@pytest.fixture
def carer(app: Flask) -> FlaskClient:
    return sign_in(app.test_client(), Role.CARER)


def opened(config: Config) -> PersonalStore:
    return PersonalStore.open(config.hub.personal_db, config.personal.key_file)


def add(carer: FlaskClient, name: str = "Erna Weber") -> str:
    done = carer.post(PEOPLE, data={"name": name})
    assert done.status_code == 303
    return done.location.split("?")[0]


def agree(carer: FlaskClient, page: str, to: str, *kinds: str) -> None:
    chosen = carer.post(f"{page}/einwilligung", data={"fuer": to, "art": list(kinds)})
    assert chosen.status_code == 303
    sentence = carer.get(f"{page}/einwilligung/satz")
    assert "Ich bin damit einverstanden" in sentence.text
    form = {"wie": "Auf Papier unterschrieben", "anmerkung": "Ordner 3"}
    assert carer.post(f"{page}/einwilligung/satz", data=form).status_code == 303


def test_a_consent_is_chosen_read_and_confirmed(carer: FlaskClient, config: Config) -> None:
    page = add(carer)
    agree(carer, page, "hub", BLOOD_PRESSURE, WEIGHT)
    with opened(config) as personal:
        consents = personal.consents(1)
    assert {(one.data_kind, one.recipient, one.version) for one in consents} == {
        (BLOOD_PRESSURE, "hub", 1), (WEIGHT, "hub", 1)
    }  # fmt: skip
    assert consents[0].given_how == "Auf Papier unterschrieben; Ordner 3"
    assert consents[0].recorded_by is not None
    assert "Blutdruckwerte" in consents[0].sentence
    shown = carer.get(page).text
    assert "Fassung 1" in shown
    # the button once more, or the back button: nothing is given twice
    assert carer.post(f"{page}/einwilligung/satz", data={"wie": "x"}).status_code == 303
    agree(carer, page, "hub", WEIGHT)
    with opened(config) as personal:
        assert len(personal.consents(1)) == 2


def test_a_consent_is_withdrawn_with_one_press(carer: FlaskClient, config: Config) -> None:
    page = add(carer)
    agree(carer, page, "hub", BLOOD_PRESSURE, WEIGHT)
    form = {"art": WEIGHT, "fuer": "hub"}
    assert carer.post(f"{page}/widerruf", data=form).status_code == 303
    assert "Widerrufen. Ab jetzt" in carer.get(page).text
    assert "Widerrufen. Ab jetzt" not in carer.get(page).text  # said once
    assert carer.post(f"{page}/widerruf", data=form).status_code == 303
    assert "nichts mehr zu widerrufen" in carer.get(page).text
    assert "nimmt jede Einwilligung zurück" in carer.get(f"{page}/widerruf").text
    assert carer.post(f"{page}/widerruf").status_code == 303
    with opened(config) as personal:
        assert all(one.withdrawn_at == NOW_MS for one in personal.consents(1))


def test_nothing_chosen_and_nothing_said_is_asked_again(carer: FlaskClient) -> None:
    page = add(carer)
    nothing = carer.post(f"{page}/einwilligung", data={"fuer": "hub"})
    assert nothing.status_code == 422
    assert "mindestens eine Art" in nothing.text
    assert carer.get(f"{page}/einwilligung/satz").status_code == 303
    carer.post(f"{page}/einwilligung", data={"fuer": "hub", "art": [WEIGHT, "unsinn"]})
    silent = carer.post(f"{page}/einwilligung/satz", data={"wie": "irgendwie"})
    assert silent.status_code == 422
    assert "wie die Person eingewilligt hat" in silent.text
    # what was chosen for one person is not given for another
    other = add(carer, "Karl")
    assert carer.get(f"{other}/einwilligung/satz").status_code == 303


def test_a_circle_in_its_order(carer: FlaskClient, config: Config) -> None:
    page = add(carer)
    for name, role in (("Mia", "relative"), ("Praxis", "practice")):
        assert carer.post(CONTACTS, data={"name": name, "rolle": role}).status_code == 303
    for number in (1, 2):
        form = {"kontakt": str(number), "wer": "Tochter"}
        assert carer.post(f"{page}/kreis", data=form).status_code == 303
    assert carer.post(f"{page}/kreis", data={}).status_code == 422
    assert carer.post(f"{page}/kreis/2/platz", data={"platz": "1"}).status_code == 303
    wrong = carer.post(f"{page}/kreis/2", data={"ruhe-von": "22:00", "ruhe-bis": "25:00"})
    assert wrong.status_code == 422
    assert "Das ist keine Uhrzeit" in wrong.text
    assert 'value="25:00"' in wrong.text
    half = carer.post(f"{page}/kreis/2", data={"ruhe-von": "22:00"})
    assert half.status_code == 422
    form = {"ruhe-von": "22.00", "ruhe-bis": "6:30", "name": "1"}
    assert carer.post(f"{page}/kreis/2", data=form).status_code == 303
    with opened(config) as personal:
        first, second = personal.circle(1)
    assert (first.contact.name, second.contact.name) == ("Praxis", "Mia")
    assert first.quiet is not None
    assert (first.quiet.begin, first.quiet.end, first.may_name) == (1320, 390, True)
    agree(carer, page, "contact:1", BLOOD_PRESSURE)
    assert carer.post(f"{page}/kreis/1/heraus").status_code == 303
    assert carer.get(f"{page}/kreis/1").status_code == 303
    with opened(config) as personal:
        assert personal.consents(1)[-1].withdrawn_at == NOW_MS


def test_a_contact_is_changed_and_forgotten(carer: FlaskClient, config: Config) -> None:
    page = add(carer)
    carer.post(CONTACTS, data={"name": "Mia", "rolle": "relative"})
    carer.post(f"{page}/kreis", data={"kontakt": "1"})
    agree(carer, page, "contact:1", BLOOD_PRESSURE)
    form = {"name": "Maja", "rolle": "relative", "telefon": "06403 1"}
    done = carer.post(f"{CONTACTS}/1", data=form)
    assert "kontakt-anders" in done.location
    with opened(config) as personal:
        assert personal.consents(1)[0].withdrawn_at is not None
    assert carer.post(f"{CONTACTS}/1", data={**form, "rolle": "king"}).status_code == 422
    assert carer.post(f"{CONTACTS}/1", data={**form, "name": " "}).status_code == 422
    assert carer.post(f"{CONTACTS}/1/loeschen").status_code == 303
    assert carer.get(f"{CONTACTS}/1").status_code == 503  # gone, and said in words
    assert "gelöschter Kontakt" in carer.get(page).text


@pytest.mark.parametrize(
    "name",
    ["", "x" * 10_000, "a\nb", "\u202e"],
)
def test_a_name_that_cannot_be_one_is_said(carer: FlaskClient, name: str) -> None:
    for path in (PEOPLE, CONTACTS):
        found = carer.post(path, data={"name": name, "rolle": "nurse"})
        assert found.status_code == 422
        assert "kern-error" in found.text


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "Ünal & Ärzte", "خديجة", "O'Neil"])
def test_a_strange_name_is_shown_as_it_is(carer: FlaskClient, name: str) -> None:
    page = add(carer, name)
    carer.post(CONTACTS, data={"name": name, "rolle": "relative"})
    carer.post(f"{page}/kreis", data={"kontakt": "1", "wer": name})
    for path in (PEOPLE, page, CONTACTS, f"{CONTACTS}/1", f"{page}/kreis/1"):
        shown = carer.get(path)
        assert shown.status_code == 200
        assert "<script>alert" not in shown.text


@pytest.mark.parametrize("phone", ["0170 12E4567", "+49 (0)170 1234567", "frag Uwe", "1", "0" * 21])
def test_a_number_that_no_alarm_reaches_is_refused_when_it_is_typed(
    carer: FlaskClient, config: Config, phone: str
) -> None:
    form = {"name": "Mia", "rolle": "relative", "telefon": phone}
    for path in (CONTACTS, f"{CONTACTS}/1"):
        found = carer.post(path, data=form)
        assert found.status_code == 422
        assert "An diese Nummer kommt kein Alarm an." in found.text
        assert f'value="{phone}"' in found.text
        with opened(config) as personal:
            assert [one.phone for one in personal.contacts()] in ([], ["+49 (170) 12/34-567"])
        carer.post(CONTACTS, data={**form, "telefon": "+49 (170) 12/34-567"})


def test_who_is_not_there_is_said(carer: FlaskClient) -> None:
    for path in (f"{PEOPLE}/9", f"{PEOPLE}/9/einwilligung", f"{PEOPLE}/9/widerruf"):
        found = carer.get(path)
        assert found.status_code == 503
        assert "gibt es hier nicht" in found.text


def test_the_book_is_read_together_and_alone(
    app: Flask, carer: FlaskClient, config: Config
) -> None:
    page = add(carer)
    assert carer.get(f"{page}/buch").status_code == 409  # a carer who is no contact yet
    agree(carer, page, "hub", OXYGEN)
    with opened(config) as personal:
        account = personal.consents(1)[-1].recorded_by
        assert isinstance(account, int)
    form = {"name": "Anna", "rolle": "nurse", "zugang": str(account)}
    assert carer.post(CONTACTS, data=form).status_code == 303
    with Vault.of(config) as vault:
        Reading(vault, FixedClock(NOW_MS)).values(OWNER, 1, None, 0, None, why="Meine Werte")
    shown = carer.get(f"{page}/buch").text
    assert "Sie selbst" in shown
    assert "Anna, Pflegefachkraft" in carer.get(f"{page}/buch").text
    assert carer.post(f"{page}/karte").status_code == 303
    assert "Karte drucken" in carer.get(f"{page}/karte").text
    assert carer.post(f"{page}/karte/gedruckt").status_code == 303
    assert carer.get(f"{page}/karte").status_code == 303
    card = "DHK1-" + "0A" * 16
    with opened(config) as personal:
        personal.give_person_card(1, card_hash(card), NOW_MS)
    own = app.test_client()
    assert own.get("/karte/gesehen").status_code == 303
    assert own.post("/karte", data={"nummer": card}).status_code == 303
    assert "Wer darf meine Werte sehen?" in own.get("/karte").text
    mine = own.get("/karte/gesehen")
    assert mine.status_code == 200
    assert "dieses Buch" in mine.text
    assert carer.post(f"{page}/karte/sperren").status_code == 303
    assert own.get("/karte/gesehen").status_code == 303


def test_a_card_of_courses_has_no_book(app: Flask) -> None:
    client = app.test_client()
    token = sessions_of(app).begin(0.0, Bearer(card=b"x" * 32))
    client.set_cookie(COOKIE, token)
    assert client.get("/karte/gesehen").status_code == 303


def test_while_locked_pages_say_so(app: Flask, carer: FlaskClient, config: Config) -> None:
    page = add(carer)
    key = config.personal.key_file
    key.rename(key.with_suffix(".away"))
    for path in (PEOPLE, page, CONTACTS, f"{page}/buch"):
        assert carer.get(path).status_code == 503
    client = app.test_client()
    client.set_cookie(COOKIE, sessions_of(app).begin(0.0, Bearer(card=b"x" * 32)))
    assert "verschlossen" in client.get("/karte/gesehen").text
