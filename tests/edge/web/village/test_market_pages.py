from __future__ import annotations

import re

from flask.testing import FlaskClient

from edge.access.role import Role
from edge.config import Config
from edge.learning.slip import slip_of
from tests.edge.web.village.conftest import post, text_of
from tests.signed_in import sign_in

APPLES = {
    "kind": "offer", "category": "farm", "title": "Äpfel", "text": "Boskoop", "reach": "desk",
    "token": "t",
}  # fmt: skip
CALL_ME = APPLES | {"reach": "call", "name": "Erna Weber", "phone": "06403 998877"}
READ_ME = CALL_ME | {"reach": "public", "agreed": "1"}


def approve(volunteer: FlaskClient, number: int = 1, rev: int = 1, **changes: object) -> None:
    post(volunteer, f"/pult/markt/{number}", rev=rev, aushaengen=1, **APPLES | changes)


def test_an_entry_is_written_let_hang_and_taken_down(
    villager: FlaskClient, volunteer: FlaskClient
) -> None:
    assert "niemand etwas" in text_of(villager, "/markt")
    post(villager, "/markt/neu", **APPLES)
    assert "Äpfel" not in text_of(villager, "/markt")
    assert "Wartet auf Sie: 1" in text_of(volunteer, "/pult/markt")
    approve(volunteer)
    html = text_of(villager, "/markt")
    assert 'Biete: <span lang="de" dir="auto">Äpfel</span>' in html
    assert "am Tisch der Helferinnen und Helfer ab. Nennen Sie die Nummer 1." in html
    assert "Äpfel" in text_of(villager, "/markt?art=offer")
    assert "Äpfel" not in text_of(villager, "/markt?art=wanted")
    html = text_of(villager, "/aushang/zettel")
    slip = re.search(r'name="slip" value="(\w{9})"', html)
    assert slip
    post(villager, "/aushang/zettel/abnehmen", slip=slip[1])
    post(villager, "/aushang/zettel/abnehmen", slip=slip[1])
    assert "Äpfel" not in text_of(villager, "/markt")
    assert "Äpfel" not in text_of(villager, "/aushang/zettel")
    assert "Das gibt es nicht mehr." in text_of(volunteer, "/pult/markt/1", 503)


def test_a_number_is_read_by_volunteers_alone_unless_it_is_to_be_public(
    villager: FlaskClient, volunteer: FlaskClient
) -> None:
    post(villager, "/markt/neu", **CALL_ME)
    approve(volunteer)
    html = text_of(villager, "/markt")
    assert "998877" not in html
    assert "rufen für Sie an. Nennen Sie die Nummer 1." in html
    assert 'Erna Weber: <span class="phone">06403 998877' in text_of(volunteer, "/pult/markt")
    post(villager, "/markt/neu", **READ_ME | {"token": "u"})
    approve(volunteer, 2)
    html = text_of(villager, "/markt")
    assert "06403 998877" in html
    assert "Weber" not in html
    for feed in ("/termine.rss", "/termine.ics"):
        assert "998877" not in villager.get(feed).get_data(as_text=True)


def test_a_public_number_wants_a_tick(villager: FlaskClient) -> None:
    html = post(villager, "/markt/neu", 422, **{k: v for k, v in READ_ME.items() if k != "agreed"})
    assert "Bitte ankreuzen" in html
    assert 'value="06403 998877"' in html


def test_what_is_wrong_is_said_and_nothing_is_lost(villager: FlaskClient) -> None:
    for changes, said in (
        ({"title": " "}, "Hier fehlt noch etwas."),
        ({"text": "x" * 10_000}, "Hier passen 600 Zeichen hinein."),
        ({"text": "Tel 06403 998877"}, "Bitte keine Telefonnummer"),
        ({"kind": "sell"}, "Bitte eines davon wählen."),
        ({"reach": "call"}, "Hier fehlt noch etwas."),
        ({"reach": "call", "name": "E", "phone": "x"}, "Das ist keine Telefonnummer."),
        ({"reach": "call", "name": "!", "phone": "06403 1"}, "Bitte einen Namen eintragen."),
    ):
        html = post(villager, "/markt/neu", 422, **APPLES | changes)
        assert said in html, changes
        assert "Äpfel" in html or changes.get("title") == " "


def test_while_names_are_locked_pages_say_what_still_works(
    villager: FlaskClient, volunteer: FlaskClient, config: Config
) -> None:
    post(villager, "/markt/neu", **READ_ME)
    approve(volunteer)
    config.personal.key_file.rename(config.personal.key_file.with_name("away"))
    assert "Telefonnummer ist gerade verschlossen" in text_of(villager, "/markt")
    html = post(villager, "/markt/neu", 503, **CALL_ME | {"token": "u"})
    assert "Telefonnummern können wir gerade nicht aufbewahren." in html
    assert 'value="Erna Weber"' in html
    post(villager, "/markt/neu", **APPLES | {"token": "v"})
    assert "gerade verschlossen" in text_of(volunteer, "/pult/markt")
    approve(volunteer, 2)
    assert text_of(villager, "/markt").count("Äpfel") == 2
    assert "gerade verschlossen" in text_of(volunteer, "/pult/markt/1")
    text_of(villager, "/aushang/zettel")


def test_two_volunteers_at_once_the_second_is_told_and_loses_nothing(
    villager: FlaskClient, volunteer: FlaskClient
) -> None:
    post(villager, "/markt/neu", **APPLES)
    other = sign_in(villager.application.test_client(), Role.VOLUNTEER)
    approve(volunteer, title="Von Anna")
    html = post(other, "/pult/markt/1", 409, **APPLES | {"title": "Von Bert", "rev": 1})
    assert "Jemand war schneller" in html
    assert "Von Anna" in html
    assert 'value="Von Bert"' in html
    approve(other, rev=2, title="Von Bert")
    html = post(volunteer, "/pult/markt/1", 409, ablehnen=1, reason="doppelt", rev=2)
    assert "Jemand war schneller" in html
    post(volunteer, "/pult/markt/1", ablehnen=1, reason="doppelt", rev=3)
    assert "doppelt" in text_of(villager, "/aushang/zettel")
    assert "Hier fehlt noch etwas." in post(
        volunteer, "/pult/markt/1", 422, ablehnen=1, reason="", rev=4
    )


def test_a_script_stays_words(villager: FlaskClient, volunteer: FlaskClient) -> None:
    evil = {"title": "<script>alert(1)</script>"}
    post(villager, "/markt/neu", **APPLES | evil)
    approve(volunteer, **evil)
    for client, path in ((villager, "/markt"), (volunteer, "/pult/markt")):
        assert "<script>alert" not in text_of(client, path)


def test_only_a_volunteer_decides(villager: FlaskClient) -> None:
    for path in ("", "/1"):
        assert villager.get(f"/pult/markt{path}").status_code in (302, 303, 403)
    assert villager.post("/pult/markt/1", data={"aushaengen": 1}).status_code in (302, 303, 403)


def test_wrong_slip_numbers_are_slowed(villager: FlaskClient) -> None:
    for number in range(5):
        assert "nichts" in post(villager, "/aushang/zettel", 422, slip=slip_of(f"nobody {number}"))
    late = post(villager, "/aushang/zettel", 429, slip=slip_of("nobody"))
    assert "zu viele falsche Nummern" in late
