"""Lending at the terminal: date first, then what is free; a name and a slip, none in addresses."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from edge.clock import FixedClock
from edge.desk import Vault
from edge.desk.lending import LendingDesk
from edge.store.village import VillageStore
from edge.web.app import create_app
from tests.edge.web.villagers import House, number_on, said
from tests.furnish_courses import furnish_courses
from tests.furnish_home import CARD, FRESH_CARD, furnish_home
from tests.furnish_volunteers import BEAMER, CASE, HALL, LAMP, SLIPS, furnish_volunteers
from tests.hall import NOW_MS, furnished
from tests.signed_in import sign_in

FREE = "von=2026-11-24&bis=2026-11-27"
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')


@pytest.fixture
def house(tmp_path: Path) -> House:
    config, clock = furnished(tmp_path, [furnish_courses, furnish_volunteers]), FixedClock(NOW_MS)
    return House(config, clock, create_app(config, clock))


@pytest.fixture
def client(house: House) -> FlaskClient:
    return house.app.test_client()


def get(client: FlaskClient, path: str, status: int = 200) -> str:
    return said(client.get(path), status)


def reserve(client: FlaskClient, name: str, form: dict[str, str] | None = None) -> str:
    """Reserve the case; return the slip's page."""
    path = f"/ausleihe/{CASE}/reservieren"
    form = form or dict(HIDDEN.findall(get(client, f"{path}?{FREE}")))
    answer = client.post(path, data=form | {"name": name})
    assert answer.status_code == 303, answer.text
    assert not re.search(r"[0-9A-Y]{3}", answer.headers["Location"].replace("#inhalt", ""))
    return get(client, answer.headers["Location"])


def test_the_date_comes_first(client: FlaskClient) -> None:
    start = get(client, "/ausleihe")
    assert 'value="2026-11-23"' in start
    assert "Einen Raum ausleihen" in start
    page = get(client, f"/ausleihe/geraete?{FREE}")
    free, _, lent = page.partition("Dann nicht frei")
    assert "Koffer mit 6 Tablets" in free
    assert "Schrank im Büro" in free
    for name in ("Beamer", "Pavillon", "Leselupe"):
        assert name in lent
    nothing = get(client, "/ausleihe/geraete?von=2026-11-24&bis=2026-12-24")
    assert "Wählen Sie andere Tage" in nothing
    rooms = get(client, "/ausleihe/raeume?tag=2026-11-25&ab=09:00&zu=11:00")
    assert "40 Stühle" in rooms.partition("Dann nicht frei")[0]
    taken = get(client, "/ausleihe/raeume?tag=2026-11-25&ab=16:50&zu=18:00")
    assert "Saal" in taken.partition("Dann nicht frei")[2]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("geraete?von=2026-11-01&bis=2026-11-02", "einen Tag ab heute"),
        ("geraete?von=2026-11-28&bis=2026-11-27", "vor dem ersten"),
        ("geraete?von=morgen&bis=2026-11-27", "einen Tag ab heute"),
        ("geraete", "einen Tag ab heute"),
        ("geraete?von=9999-12-31&bis=9999-12-31", "einen Tag ab heute"),
        ("raeume?tag=9999-12-31&ab=22:00&zu=02:00", "einen Tag ab heute"),
        ("geraete?von=2030-11-01&bis=2030-11-02", "einen Tag ab heute"),
        ("raeume?tag=2026-11-25&ab=25:00&zu=11:00", "Uhrzeit"),
        ("raeume?tag=2026-11-25&ab=09:00&zu=abends", "Uhrzeit"),
        ("raeume?tag=2026-11-22&ab=09:00&zu=11:00", "einen Tag ab heute"),
        ("raeume?tag=2027-03-28&ab=02:30&zu=04:00", "Uhrzeit"),
        ("raeume?tag=<script>&ab=1&zu=2", "einen Tag ab heute"),
    ],
)
def test_a_date_that_cannot_be_is_said_beside_its_field(
    client: FlaskClient, path: str, text: str
) -> None:
    answer = client.get(f"/ausleihe/{path}")
    page = said(answer, 422)
    assert text in page
    assert "kern-error" in page
    assert "<script>" not in answer.text


def test_a_name_is_enough_and_the_slip_says_what_to_do(client: FlaskClient, house: House) -> None:
    page = reserve(client, "Ольга Шевченко")
    assert "Es ist für Sie reserviert." in page
    assert "spätestens am Mittwoch, 25. November 2026" in page
    assert "Schrank im Büro" in page
    number = number_on(page)
    assert number not in client.get("/ausleihe/zettel").text
    other = house.app.test_client()
    answer = other.post("/ausleihe/zettel", data={"nummer": number.lower()})
    assert answer.status_code == 303
    assert number_on(get(other, answer.headers["Location"])) == number
    with VillageStore(house.config.hub.village_db) as village, Vault.of(house.config) as vault:
        desk = LendingDesk.of(house.config, village, vault, house.clock)
        assert desk.entry(desk.my(number).loan.loan).name == "Ольга Шевченко"


def test_a_double_click_is_one_reservation(client: FlaskClient) -> None:
    form = dict(HIDDEN.findall(get(client, f"/ausleihe/{CASE}/reservieren?{FREE}")))
    assert number_on(reserve(client, "Erna", form)) == number_on(reserve(client, "Erna", form))


def test_who_comes_second_is_told_and_shown_what_is_free(client: FlaskClient, house: House) -> None:
    other = house.app.test_client()
    path = f"/ausleihe/{CASE}/reservieren"
    form = dict(HIDDEN.findall(get(other, f"{path}?{FREE}")))
    reserve(client, "Erna")
    page = said(other.post(path, data=form | {"name": "Karl"}), 409)
    assert "schon vergeben" in page
    assert "Koffer" in page.partition("Dann nicht frei")[2]


def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(client: FlaskClient) -> None:
    path = f"/ausleihe/{CASE}/reservieren"
    form = dict(HIDDEN.findall(get(client, f"{path}?{FREE}")))
    for name, phone, text in (
        ("", "", "Bitte Ihren Namen eintragen."),
        ("Ä" * 10_000, "", "Bitte Ihren Namen eintragen."),
        ("Erna", "keins", "Das ist keine Telefonnummer"),
    ):
        answer = client.post(path, data=form | {"name": name, "phone": phone})
        assert text in said(answer, 422)
        assert unescape(answer.text).count(name) >= bool(name)
    hostile = client.post(path, data=form | {"name": "<script>alert(1)</script>", "phone": "x"})
    assert "<script>alert" not in hostile.text
    assert client.post(path, data={"name": "Erna"}).status_code == 303  # no dates: begin anew
    assert "nicht geklappt" in said(client.post(path, data=form | {"token": "x", "name": "E"}), 422)


def test_cancelling_asks_once_and_frees_it(client: FlaskClient) -> None:
    reserve(client, "Erna")
    page = get(client, "/ausleihe/zettel/1")
    assert "Reservierung absagen" in page
    assert "Wirklich absagen?" in get(client, "/ausleihe/zettel/1/absagen")
    for _ in range(2):
        answer = client.post("/ausleihe/zettel/1/absagen")
        assert "abgesagt" in get(client, answer.headers["Location"])
    assert client.get("/ausleihe/zettel/1/absagen").status_code == 303
    assert "Koffer" in get(client, f"/ausleihe/geraete?{FREE}").partition("Dann nicht frei")[0]
    assert reserve(client, "Karl")


def test_nothing_of_it_is_left_after_done(client: FlaskClient) -> None:
    number = number_on(reserve(client, "Erna Weber"))
    client.post("/fertig")
    answer = client.get("/ausleihe/zettel/1")
    assert answer.status_code == 303
    assert number not in get(client, answer.headers["Location"])


def test_at_a_volunteers_desk_another_card_finds_no_slip_of_the_one_before(tmp_path: Path) -> None:
    rooms = [furnish_courses, furnish_volunteers, furnish_home]
    config = furnished(tmp_path, rooms)
    desk = sign_in(create_app(config, FixedClock(NOW_MS)).test_client())
    assert desk.post("/karte", data={"nummer": FRESH_CARD}).status_code == 303
    reserve(desk, "Erna Weber")
    assert desk.get("/ausleihe/zettel/1").status_code == 200
    assert desk.post("/karte", data={"nummer": CARD}).status_code == 303
    assert desk.get("/ausleihe/zettel/1").status_code == 303


def test_wrong_numbers_make_the_next_one_wait(client: FlaskClient) -> None:
    known = SLIPS["late"]
    assert client.post("/ausleihe/zettel", data={"nummer": known}).status_code == 303
    assert "stimmt nicht" in said(client.post("/ausleihe/zettel", data={"nummer": "abc"}), 422)
    assert "Nummer eintragen" in said(client.post("/ausleihe/zettel", data={"nummer": " "}), 422)
    from edge.learning.slip import slip_of  # noqa: PLC0415

    for at in range(6):
        answer = client.post("/ausleihe/zettel", data={"nummer": slip_of(f"nobody {at}")})
    assert "zu viele falsche Nummern" in said(answer, 429)


def test_every_state_of_a_slip(client: FlaskClient) -> None:
    told = {
        "waits": "spätestens am Dienstag, 24. November 2026",
        "out": "Es ist zurück. Danke!",
        "late": "Bitte zurückbringen",
        "room": "Den Schlüssel bekommen Sie am Tisch",
    }
    for name, text in told.items():
        answer = client.post("/ausleihe/zettel", data={"nummer": SLIPS[name]})
        assert text in get(client, answer.headers["Location"])


def test_one_can_reserve_while_names_are_locked(client: FlaskClient, house: House) -> None:
    house.lock()
    page = reserve(client, "Erna Weber")
    assert "Es ist für Sie reserviert." in page
    number = number_on(page)
    locked = said(client.post("/ausleihe/zettel", data={"nummer": number}), 422)
    assert "Die Namen sind gerade gesperrt" in locked
    client.post("/ausleihe/zettel/1/absagen")
    assert "abgesagt" in get(client, "/ausleihe/zettel/1")


def test_an_assets_weeks(client: FlaskClient) -> None:
    page = get(client, f"/ausleihe/{BEAMER}")
    assert page.count('class="taken"') == 4
    assert "Frühere Wochen" not in page
    assert "Frühere Wochen" in get(client, f"/ausleihe/{BEAMER}?ab=2026-12-28")
    assert get(client, f"/ausleihe/{BEAMER}?ab=gestern")
    assert get(client, f"/ausleihe/{BEAMER}?ab=9999-12-31")
    assert "14:00–17:00" in get(client, f"/ausleihe/{HALL}")
    assert client.get("/ausleihe/99").status_code == 404
    assert client.get(f"/ausleihe/{LAMP}/reservieren?von=x").status_code == 303


def test_it_is_said_in_the_visitors_language(client: FlaskClient) -> None:
    client.set_cookie("anzeige", "ar.normal.wie-geraet")
    page = get(client, f"/ausleihe/geraete?{FREE}")
    assert 'dir="rtl"' in page
    assert "ما المتاح؟" in page
    assert 'lang="de" dir="auto">Koffer' in page
