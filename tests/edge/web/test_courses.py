"""Courses and signing up, as a browser without a script does it."""

from __future__ import annotations

import re

import icalendar
import pytest

from edge.desk import CourseDesk, Vault
from edge.desk.register import card_hash
from edge.learning import course as rules
from edge.learning.course import Course
from edge.learning.errors import LearningError
from edge.learning.signup import AGE_BANDS, GENDERS, applicant, party
from edge.store.village import VillageStore
from edge.web import course_words
from edge.web.tongue import TONGUES, speaking
from tests.edge.web.villagers import HIDDEN, House, headline, number_on, said
from tests.furnish_courses import BUS, CARD, FULL, LAST, MOVED, OFF, PHONE, TALK


def test_the_village_and_the_county_stand_in_one_list(house: House) -> None:
    page = house.villager.get("/kurse")
    titles = re.findall(r'#inhalt" lang="[\w-]+" dir="auto">([^<]+)<', page)
    assert titles == [
        "Lernbus an der Kirche", "Gymnastik im Sitzen", "Handy für Anfänger", "Sicher im Netz",
        "Vortrag: Betrug am Telefon", "Englisch am Vormittag", "Fotos ordnen", "Der letzte Platz",
    ]  # fmt: skip
    assert re.findall(r"<h2 id=\"m\d+\">([^<]+)", page) == [
        "November 2026", "Dezember 2026", "Januar 2027",
    ]  # fmt: skip
    for text in ("Der Bus ist da", "Vom Kreis", "Fällt aus", "Voll – mit Warteliste", "12,50\xa0€",
                 "kostenlos", "Deutsch, Ukrainisch", "Ohne Stufen. Große Schrift.",
                 "und 4 weitere Termine"):  # fmt: skip
        assert text in page


def test_themes_come_in_the_order_of_the_statistics_then_bus_events_and_county(
    house: House,
) -> None:
    page = house.villager.get("/kurse?nach=thema")
    assert re.findall(r"<h2 id=\"\w+\">([^<]+)", page) == [
        "Kultur, Gestalten", "Gesundheit", "Qualifikationen für das Arbeitsleben, IT",
        "Der Bus kommt ins Dorf", "Veranstaltungen", "Kurse des Kreises",
    ]  # fmt: skip


def test_what_is_over_goes_and_what_is_on_shows_its_next_date(house: House) -> None:
    house.clock.advance(10 * 86_400_000)
    page = house.villager.get("/kurse")
    assert "Dienstag, 8. Dezember 2026, 18:30 bis 19:45 Uhr" in page  # of the one that has begun
    house.clock.advance(400 * 86_400_000)
    assert "Gerade ist kein Kurs geplant." in house.villager.get("/kurse")


def test_free_seats_are_words() -> None:
    with speaking(TONGUES["de"]):
        assert course_words.seats(None, waits=False) == ""
        assert course_words.seats(6, waits=False) == "Es sind Plätze frei"
        assert course_words.seats(5, waits=False) == "Noch 5 Plätze frei"
        assert course_words.seats(1, waits=False) == "Noch 1 Platz frei"
        assert course_words.seats(0, waits=False) == "Voll – mit Warteliste"
        assert course_words.seats(1, waits=True) == "Voll – mit Warteliste"


def test_a_course_tells_everything_there_is_to_know(house: House) -> None:
    page = house.villager.get(f"/kurse/{PHONE}")
    for text in ("Ein eigenes Gerät ist gut", "Frau Lindner", "Großer Saal", "12,50\xa0€",
                 "Ohne Stufen, mit Höranlage", "Deutsch, Ukrainisch", "Es sind Plätze frei",
                 f"/kurse/{PHONE}/anmelden", f"/kurse/{PHONE}.ics"):  # fmt: skip
        assert text in page
    assert page.count("Dezember 2026, 18:30") == 5
    assert re.search(r'class="off"><span class="when">Dienstag, 15. Dezember', page)
    english = house.villager
    english.client.set_cookie("anzeige", "en.normal.wie-geraet")
    page = english.get(f"/kurse/{PHONE}")
    assert '<span lang="en" dir="auto">Mobile phones for beginners' in page
    assert '<span lang="de" dir="auto">Fotos ordnen' in english.get(f"/kurse/{MOVED}")


@pytest.mark.parametrize(
    ("course", "why"),
    [
        (OFF, "Dieser Kurs fällt aus."),
        (BUS, "Kommen Sie einfach"),
        ("kreis/G-1704/26", "beim Kreis an"),
    ],
)
def test_where_nobody_signs_up_it_is_said_why(house: House, course: object, why: str) -> None:
    page = house.villager.get(f"/kurse/{course}")
    assert why in page
    assert "/anmelden" not in page
    if isinstance(course, int):
        assert house.villager.client.get(f"/kurse/{course}/anmelden").status_code == 303
        answer = house.villager.client.post(f"/kurse/{course}/anmelden", data={"name": "A"})
        assert answer.headers["Location"] == f"/kurse/{course}"


@pytest.mark.parametrize("path", ["99", "0", "99/anmelden", "99.ics", "kreis/x", "kreis.ics/x"])
def test_what_there_is_not(house: House, path: str) -> None:
    assert house.villager.client.get(f"/kurse/{path}").status_code == 404


def test_a_name_is_enough(house: House) -> None:
    villager = house.villager
    page = villager.sign_up(PHONE, "Ilse")
    assert headline(page) == "Sie haben einen Platz"
    assert re.fullmatch(r"(\w{3} ?){3}", number_on(page))
    assert "<svg" in page
    assert page.count("Dezember 2026, 18:30") == 5
    last = house.line(PHONE)[-1]
    assert (last.name, last.party, last.phone, last.age_band) == ("Ilse", 1, None, None)
    assert last.channel == "terminal"


def test_everything_that_can_be_said_is_kept(house: House) -> None:
    page = house.villager.sign_up(
        PHONE, "Familie Kaya", party="4", phone="06031 1234", age_band="35-49", gender="d"
    )
    assert headline(page) == "Sie haben 4 Plätze"
    last = house.line(PHONE)[-1]
    assert (last.party, last.phone) == (4, "06031 1234")
    assert (last.age_band, last.gender) == ("35-49", "d")


def test_a_full_course_says_where_one_stands(house: House) -> None:
    form = house.villager.get(f"/kurse/{FULL}/anmelden")
    assert "Der Kurs ist voll. Sie kommen auf die Warteliste." in form
    page = house.villager.sign_up(FULL, "Ilse")
    # an offer runs for both that stand before
    assert headline(page) == "Warteliste: Sie stehen an Stelle 1"
    assert headline(house.villager.sign_up(FULL, "Otto")) == "Warteliste: Sie stehen an Stelle 2"


def test_a_double_click_makes_one_sign_up(house: House) -> None:
    villager = house.villager
    form = villager.form(PHONE)
    before = len(house.line(PHONE))
    answers = [villager.send(PHONE, form, name="Ilse") for _ in range(3)]
    answers.append(house.villager.send(PHONE, form, name="Ilse"))  # before the cookie was there
    assert len({number_on(villager.get(one.headers["Location"])) for one in answers[:3]}) == 1
    assert len(house.line(PHONE)) == before + 1


def test_back_to_the_form_shows_the_slip_there_is(house: House) -> None:
    villager = house.villager
    slip = number_on(villager.sign_up(PHONE, "Ilse"))
    page = villager.get(f"/kurse/{PHONE}/anmelden")
    assert "Schon angemeldet" in page
    assert number_on(villager.get("/zettel/1")) == slip
    other = dict(
        re.findall(r'name="(\w+)" value="(\w+)"', villager.get(f"/kurse/{PHONE}/anmelden?noch=1"))
    )
    answer = villager.send(PHONE, {"party": "1"} | other, name="Otto")
    assert number_on(villager.get(answer.headers["Location"])) != slip
    assert house.names(PHONE)[-2:] == ["Ilse", "Otto"]


@pytest.mark.parametrize(
    ("fields", "field", "text"),
    [
        ({"name": ""}, "name", "Bitte Ihren Namen eintragen."),
        ({"name": "…"}, "name", "Bitte Ihren Namen eintragen."),
        ({"name": "x" * 10_000}, "name", "Der Name ist zu lang: höchstens 120 Zeichen."),
        ({"name": "🧓" * 10_000}, "name", "Der Name ist zu lang: höchstens 120 Zeichen."),
        ({"phone": "ruf an"}, "phone", "keine Telefonnummer"),
        ({"phone": "9" * 10_000}, "phone", "keine Telefonnummer"),
        ({"party": "5"}, "party", "höchstens 4"),
        ({"party": ""}, "party", "höchstens 4"),
        ({"party": "9" * 5000}, "party", "höchstens 4"),
        ({"party": "²"}, "party", "höchstens 4"),
        ({"age_band": "7"}, "age_band", "Altersgruppe"),
        ({"gender": "x"}, "gender", "Bitte eines"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(
    house: House, fields: dict[str, str], field: str, text: str
) -> None:
    villager = house.villager
    before = len(house.line(PHONE))
    answer = villager.send(PHONE, villager.form(PHONE), **({"name": "Ilse"} | fields))
    page = said(answer, 422)
    assert re.search(rf'id="{field}-fehler">.*{text}', page)
    assert re.search(rf'id="{field}"[^>]*aria-describedby="[^"]*{field}-fehler', page)
    assert "Etwas stimmt noch nicht" in page
    if "name" not in fields:
        assert 'value="Ilse"' in page  # nothing is typed twice
    assert len(house.line(PHONE)) == before
    again = dict(re.findall(r'type="hidden" name="(\w+)" value="(\w+)"', page))
    assert villager.send(PHONE, {"party": "1"} | again, name="Ilse").status_code == 303


def test_too_much_at_once_is_said_by_a_page_of_ours(house: House) -> None:
    answer = house.villager.client.post(f"/kurse/{PHONE}/anmelden", data={"name": "x" * 170_000})
    assert "Das war zu viel auf einmal" in said(answer, 413)


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>", "O'Brien & Söhne \"Hof\"", "محمد الأحمد", "שרה לוי",
        "Олена Ґалаґан", "İpek Çağlar", "Nguyễn Văn An", "李小龍", "Zoë\u0308 Ö", "Ada 2",
    ],
)  # fmt: skip
def test_names_of_all_the_world(house: House, name: str) -> None:
    villager = house.villager
    answer = villager.send(PHONE, villager.form(PHONE), name=name, phone="x")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "<script>alert" not in page
    assert 'dir="auto"' in page
    villager.sign_up(PHONE, name)
    assert house.names(PHONE)[-1] == rules.one_line(name, "name", 120)


def test_a_course_that_moved_meanwhile_is_shown_anew_and_asked_again(house: House) -> None:
    villager = house.villager
    form = villager.form(PHONE)
    house.move(PHONE, 1)
    answer = villager.send(PHONE, form, name="Ilse", phone="06031 1234")
    page = said(answer, 409)
    assert "Der Kurs ist gerade verlegt worden" in page
    assert "Mittwoch, 2. Dezember 2026" in page
    assert 'value="Ilse"' in page
    assert "Ilse" not in house.names(PHONE)
    again = dict(re.findall(r'type="hidden" name="(\w+)" value="(\w+)"', page))
    assert again["token"] == form["token"]
    assert villager.send(PHONE, {"party": "1"} | again, name="Ilse").status_code == 303
    assert "Ilse" in house.names(PHONE)


def test_a_form_without_its_hidden_fields_asks_again(house: House) -> None:
    villager = house.villager
    page = said(villager.send(PHONE, {"party": "1"}, name="Ilse"), 422)
    assert "Das hat nicht geklappt" in page
    again = dict(HIDDEN.findall(page))
    page = said(villager.send(PHONE, {"party": "1"} | again, name="Ilse"), 409)
    again = dict(HIDDEN.findall(page))
    assert villager.send(PHONE, {"party": "1"} | again, name="Ilse").status_code == 303
    assert house.names(PHONE).count("Ilse") == 1


def test_while_the_villages_data_cannot_be_read_pages_say_so(house: House) -> None:
    house.config.hub.village_db.unlink()
    house.config.hub.village_db.mkdir()
    for path in ("/kurse", f"/kurse/{PHONE}", "/kurse.ics"):
        page = house.villager.get(path, 503)
        assert "Die Daten des Dorfes sind gerade nicht lesbar." in page
    answer = house.villager.type_number("J98 Y2Y Y74")
    assert answer.status_code in (422, 503)


def test_a_course_that_is_cancelled_meanwhile_says_so(house: House) -> None:
    villager = house.villager
    form = villager.form(TALK)
    with VillageStore(house.config.hub.village_db) as village, Vault.of(house.config) as vault:
        CourseDesk(village, vault, house.clock).cancel(TALK)
    answer = villager.send(TALK, form, name="Ilse")
    assert answer.status_code == 303
    assert "Dieser Kurs fällt aus." in villager.get(answer.headers["Location"])
    assert house.names(TALK) == []


def test_while_names_are_locked_a_sign_up_is_received(house: House) -> None:
    house.lock()
    villager = house.villager
    page = villager.sign_up(PHONE, "Ilse", party="2")
    assert headline(page) == "Angekommen – Ihr Platz ist noch nicht sicher"
    number = number_on(page)
    assert "Namen sind gerade gesperrt" in page
    assert page.count("Dezember 2026, 18:30") == 5
    assert "Abmelden" not in page
    elsewhere = said(house.villager.type_number(number), 422)
    assert "Die Namen sind gerade gesperrt. Ihr Zettel gilt weiter." in elsewhere
    house.unlock()
    assert headline(villager.get("/zettel/1")) == "Sie haben 2 Plätze"
    assert number_on(villager.get("/zettel/1")) == number
    house.lock()
    assert "gerade gesperrt" in villager.get("/zettel/1")


def test_with_a_card_the_sign_up_is_its_owners(house: House) -> None:
    villager = house.villager
    villager.type_number(CARD, "/karte")
    assert 'value="Erna Weber"' in villager.get(f"/kurse/{LAST}/anmelden")
    villager.sign_up(LAST, "Erna Weber")
    owners = {
        one.learner for one in (*house.line(PHONE), *house.line(LAST)) if one.name == "Erna Weber"
    }
    assert len(owners) == 1
    house.lock()
    page = villager.sign_up(TALK, "Erna Weber")
    assert headline(page).startswith("Angekommen")


def test_whose_name_is_not_the_card_s_signs_up_by_themselves(house: House) -> None:
    villager = house.villager
    villager.type_number(CARD, "/karte")
    villager.sign_up(LAST, "Olga Nowak", phone="0641 12345")
    (olga,) = [one for one in house.line(LAST) if one.name == "Olga Nowak"]
    assert olga.phone == "0641 12345"
    assert "Der letzte Platz" not in villager.get("/karte")
    villager.sign_up(TALK, "erna weber", phone="0641 999")  # the owner's number is kept
    assert [(one.name, one.phone) for one in house.line(TALK)] == [("Erna Weber", "0641 999")]


def test_a_card_that_was_blocked_meanwhile_does_not_come_alive_again(house: House) -> None:
    villager = house.villager
    villager.type_number(CARD, "/karte")
    with Vault.of(house.config) as vault, vault.open() as personal:
        owner = personal.card_owner(card_hash(CARD))
        assert owner is not None
        personal.set_card(owner, None)
    villager.sign_up(TALK, "Erna Weber")
    with Vault.of(house.config) as vault, vault.open() as personal:
        assert personal.card_owner(card_hash(CARD)) is None
    assert house.names(TALK) == ["Erna Weber"]


def test_calendars_are_what_a_phone_reads(house: House) -> None:
    client = house.villager.client
    for path, count in (
        ("/kurse.ics", 21),
        (f"/kurse/{PHONE}.ics", 6),
        ("/kurse/kreis.ics/G-1704/26", 1),
    ):
        answer = client.get(path)
        assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
        events = icalendar.Calendar.from_ical(answer.get_data(as_text=True)).walk("VEVENT")
        assert len(events) == count, path
        assert "Erna" not in answer.get_data(as_text=True)
    events = icalendar.Calendar.from_ical(client.get(f"/kurse/{PHONE}.ics").get_data()).walk(
        "VEVENT"
    )
    assert [str(one["status"]) for one in events].count("CANCELLED") == 1


def test_words_of_the_rules_are_all_there() -> None:
    assert dict(rules.AREAS) == course_words.AREAS
    assert set(course_words.AGE_BANDS) == {"", *AGE_BANDS}
    assert set(course_words.GENDERS) == {"", *GENDERS}


@pytest.mark.parametrize("key", sorted(set(TONGUES) - {"de", "leicht"}))
def test_no_german_hint_reaches_who_reads_another_language(key: str) -> None:
    wrong = (
        lambda: applicant(""), lambda: applicant("x" * 200), lambda: applicant("A", "x"),
        lambda: applicant("A", age_band="x"), lambda: applicant("A", gender="x"), lambda: party(9),
    )  # fmt: skip
    course = Course(season_id="s", texts={}, seats=4)
    for one in wrong:
        with pytest.raises(LearningError) as caught:
            one()
        with speaking(TONGUES["de"]):
            german = course_words.refused(caught.value, course)
        with speaking(TONGUES[key]):
            said_here = course_words.refused(caught.value, course)
        assert said_here not in (german, caught.value.hint)
