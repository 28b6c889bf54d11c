"""Slips and cards: what a number opens, and that it opens nothing for anybody else."""

from __future__ import annotations

import pytest

from edge.desk import Vault
from edge.desk.register import CARD_PREFIX, card_hash
from edge.learning.slip import SIGNS, shown, slip_of
from edge.store.errors import StoreError
from edge.web.card_parts import CardPart, on_card
from edge.web.page import Line
from tests.edge.web.villagers import House, Villager, headline, number_on, said
from tests.furnish_courses import CARD, FULL, LAST, PHONE, SLIPS
from tests.signed_in import sign_in

OTHERS = f"{CARD_PREFIX}{'B2' * 16}"


@pytest.mark.parametrize(
    ("slip", "state"),
    [
        ("seat", "Sie haben 2 Plätze"),
        ("waits", "Für Sie ist ein Platz frei"),
        ("group", "Für 1 von 2 Personen ist Platz frei"),
        ("moved", "Sie haben einen Platz"),
    ],
)
def test_a_number_says_how_it_stands(house: House, slip: str, state: str) -> None:
    villager = house.villager
    typed = f" {shown(SLIPS[slip]).lower()} "
    answer = villager.type_number(typed)
    assert answer.headers["Location"] == "/zettel/1#inhalt"
    page = villager.get("/zettel/1")
    assert headline(page) == state
    assert number_on(page) == shown(SLIPS[slip])


def test_a_number_stands_in_no_address_and_opens_nothing_for_others(house: House) -> None:
    villager = house.villager
    villager.type_number(SLIPS["seat"])
    assert SLIPS["seat"] not in villager.get("/zettel/1").split("<main")[0]
    for path in ("/zettel/1", "/zettel/2", "/zettel/0", f"/zettel/{10**9}", "/zettel/1/abmelden"):
        answer = house.villager.client.get(path)
        assert answer.status_code == 303
    for step in ("abmelden", "annehmen", "vorlassen", "gelesen"):
        assert house.villager.client.post(f"/zettel/1/{step}").status_code == 303
    assert house.villager.client.get(f"/zettel/{SLIPS['seat']}").status_code == 404


def test_after_done_nothing_of_it_is_left(house: House) -> None:
    villager = house.villager
    villager.sign_up(PHONE, "Ilse")
    villager.client.post("/fertig")
    assert villager.client.get("/zettel/1").headers["Location"] == "/zettel"
    page = villager.get("/zettel")
    assert "Zettel von heute" not in page
    assert "Schon angemeldet" not in villager.get(f"/kurse/{PHONE}/anmelden")
    assert house.names(PHONE)[-1] == "Ilse"


def test_an_offer_is_taken(house: House) -> None:
    villager = house.villager
    villager.type_number(SLIPS["waits"])
    assert "Bitte sagen Sie bis Donnerstag, 26. November 2026, 16:24 Uhr zu." in villager.get(
        "/zettel/1"
    )
    villager.client.post("/zettel/1/annehmen")
    assert headline(villager.get("/zettel/1")) == "Sie haben einen Platz"
    villager.client.post("/zettel/1/annehmen")  # a double click
    assert headline(villager.get("/zettel/1")) == "Sie haben einen Platz"


def test_an_offer_whose_time_is_up_says_so(house: House) -> None:
    villager = house.villager
    villager.type_number(SLIPS["waits"])
    house.clock.advance(73 * 3_600_000)
    villager.type_number(SLIPS["waits"])  # the visit is over by then
    answer = villager.client.post("/zettel/1/annehmen")
    assert "Vielleicht ist die Frist vorbei." in villager.get(answer.headers["Location"])


def test_a_group_lets_others_pass_and_waits_on(house: House) -> None:
    villager = house.villager
    villager.type_number(SLIPS["group"])
    assert "Andere vorlassen" in villager.get("/zettel/1")
    villager.client.post("/zettel/1/vorlassen")
    assert headline(villager.get("/zettel/1")) == "Warteliste: Sie stehen an Stelle 1"
    answer = villager.client.post("/zettel/1/vorlassen")
    assert "gerade kein Platz frei" in villager.get(answer.headers["Location"])


def test_a_group_takes_fewer(house: House) -> None:
    villager = house.villager
    villager.type_number(SLIPS["group"])
    villager.client.post("/zettel/1/annehmen")
    assert headline(villager.get("/zettel/1")) == "Sie haben einen Platz"
    assert [one.party for one in house.line(LAST) if one.state == "confirmed"] == [1, 1]


def test_cancelling_asks_once_and_gives_the_seat_to_the_next(house: House) -> None:
    villager = house.villager
    villager.type_number(SLIPS["seat"])
    ask = villager.get("/zettel/1/abmelden")
    assert "Wirklich abmelden?" in ask
    assert next(one for one in house.line(PHONE) if one.slip == SLIPS["seat"]).state == "confirmed"
    for _ in range(2):
        villager.client.post("/zettel/1/abmelden")
    assert headline(villager.get("/zettel/1")) == "Diese Anmeldung gilt nicht mehr"
    assert villager.client.get("/zettel/1/abmelden").status_code == 303
    assert next(one for one in house.line(PHONE) if one.slip == SLIPS["seat"]).state == "cancelled"


def test_a_move_is_told_until_it_was_read(house: House) -> None:
    villager = house.villager
    villager.type_number(SLIPS["moved"])
    page = villager.get("/zettel/1")
    assert "Der Kurs ist verlegt. Das sind die neuen Termine." in page
    assert "Der Saal wird gestrichen." in page
    villager.client.post("/zettel/1/gelesen")
    assert "Ich weiß Bescheid" not in villager.get("/zettel/1")


def test_wrong_numbers_are_counted_and_slowed(house: House) -> None:
    villager = house.villager
    for number in range(5):
        page = said(villager.type_number(slip_of(f"nobody {number}")), 422)
        assert "keine Anmeldung mehr" in page
    late = said(villager.type_number(SLIPS["seat"]), 429)
    assert "Bitte warten Sie 6 Sekunden." in late or "Bitte warten Sie 5 Sekunden." in late
    assert said(villager.type_number(CARD, "/karte"), 429)
    other = house.villager  # another browser at the same terminal waits as well
    assert other.type_number(SLIPS["seat"]).status_code == 429
    phone = house.villager.client.post(
        "/zettel", data={"nummer": SLIPS["seat"]}, environ_base={"REMOTE_ADDR": "192.168.1.7"}
    )
    assert phone.status_code == 303
    house.clock.advance(6_000)
    assert villager.type_number(SLIPS["seat"]).status_code == 303


def test_a_mistyped_number_is_no_attempt(house: House) -> None:
    villager = house.villager
    slip = SLIPS["seat"]
    wrong = slip[:4] + SIGNS[(SIGNS.index(slip[4]) + 1) % len(SIGNS)] + slip[5:]
    for typed in (
        wrong,
        slip[:-1],
        "x" * 10_000,
        "https://elsewhere.example/?q=1",
        "<script>",
        "٣",
    ):
        answer = villager.type_number(typed)
        assert "Diese Nummer stimmt nicht ganz." in said(answer, 422)
        assert b"<script>" not in answer.data
    assert "Bitte die Nummer eintragen." in said(villager.type_number("  "), 422)
    for _ in range(9):
        villager.type_number(wrong)
    assert villager.type_number(slip).status_code == 303


def test_a_card_shows_its_owners_courses(house: House) -> None:
    villager = house.villager
    answer = villager.type_number(CARD.lower(), "/karte")
    assert answer.headers["Location"] == "/karte#inhalt"
    page = villager.get("/karte")
    assert "Handy für Anfänger" in page
    assert "Sie haben 2 Plätze" in page
    assert "/zettel/1#inhalt" in page
    assert number_on(villager.get("/zettel/1")) == shown(SLIPS["seat"])
    villager.client.post("/zettel/1/abmelden")
    assert "Diese Anmeldung gilt nicht mehr" in villager.get("/karte")
    villager.client.post("/fertig")
    assert "Halten Sie die Karte" in villager.get("/karte")


def test_slip_and_card_may_be_scanned_on_either_page(house: House) -> None:
    villager = house.villager
    assert villager.type_number(CARD, "/zettel").headers["Location"] == "/karte#inhalt"
    assert (
        house.villager.type_number(SLIPS["seat"], "/karte").headers["Location"]
        == "/zettel/1#inhalt"
    )


def test_a_card_keeps_the_slips_of_the_visit_under_a_new_token(house: House) -> None:
    villager = house.villager
    slip = number_on(villager.sign_up(FULL, "Ilse"))
    before = villager.client.get_cookie("besuch")
    villager.type_number(CARD, "/karte")
    after = villager.client.get_cookie("besuch")
    assert before is not None
    assert after is not None
    assert before.value != after.value
    assert number_on(villager.get("/zettel/1")) == slip


def test_another_card_takes_nothing_over_from_the_one_before(house: House) -> None:
    with Vault.of(house.config) as vault, vault.open() as personal:
        personal.give_card(SLIPS["moved"], card_hash(OTHERS))
    for villager in (house.villager, Villager(sign_in(house.app.test_client()))):
        villager.type_number(CARD, "/karte")
        villager.get("/karte")
        assert "Handy für Anfänger" in villager.get("/zettel/1")
        villager.type_number(OTHERS, "/karte")  # nobody pressed "Fertig" between the two
        assert "Zettel von heute" not in villager.get("/zettel")
        assert "Fotos ordnen" in villager.get("/karte")
        assert "Handy für Anfänger" not in villager.get("/zettel/1")


def test_a_scanner_that_types_as_on_an_american_keyboard_is_understood(house: House) -> None:
    typed = CARD.lower().replace("-", "ß")
    assert house.villager.type_number(typed, "/karte").headers["Location"] == "/karte#inhalt"


def test_a_strange_card_opens_nothing_and_counts(house: House) -> None:
    villager = house.villager
    for _ in range(5):
        page = said(villager.type_number("DHK1-" + "0" * 32, "/karte"), 422)
        assert "Diese Karte kennen wir nicht" in page
    assert villager.type_number(CARD, "/karte").status_code == 429


def test_while_names_are_locked_slips_and_cards_say_so(house: House) -> None:
    villager = house.villager
    villager.type_number(CARD, "/karte")
    villager.get("/karte")
    villager.type_number(SLIPS["waits"])
    house.lock()
    assert "Die Namen sind gerade gesperrt." in villager.get("/karte", 503)
    assert "Die Namen sind gerade gesperrt." in villager.get("/zettel/2", 503)
    answer = villager.client.post("/zettel/2/annehmen")
    assert "Das geht gerade nicht." not in villager.get(answer.headers["Location"], 503)
    assert "gesperrt" in said(house.villager.type_number(CARD, "/karte"), 422)
    house.unlock()
    assert headline(villager.get("/zettel/2")) == "Für Sie ist ein Platz frei"


def test_others_may_add_parts_to_the_card(house: House) -> None:
    seen = []

    def loans(card: bytes) -> CardPart:
        seen.append(card)
        return CardPart(
            "leihen", "Ausgeliehen", [Line("Beamer", "bis Freitag")], "hall.board", "Mehr"
        )

    def fails(_: bytes) -> CardPart:
        raise StoreError("broken")

    for make in (fails, lambda _: None, lambda _: CardPart("leer", "Leer", []), loans):
        on_card(house.app, make)
    villager = house.villager
    villager.type_number(CARD, "/karte")
    page = villager.get("/karte")
    assert "Beamer" in page
    assert "Leer" not in page
    assert seen == [card_hash(CARD)]
