"""Today, lists, the telephone, who comes, cards; and all of it while names are locked."""

from __future__ import annotations

import re

import pytest

from edge.learning.slip import shown
from edge.web.access import COOKIE
from tests.edge.web.desk.conftest import NOW_MS, Hall, draft, fields, words
from tests.furnish_volunteers import furnish_volunteers

PHONE = "06031 1234"


def listed(hall: Hall, course: int) -> str:
    return words(hall.get(f"/pult/kurse/{course}/liste"))


def number_of(hall: Hall, course: int, name: str) -> int:
    (found,) = (one for one in hall.desk.line(course) if one.name == name)
    return found.enrolment


def call_in(hall: Hall, course: int, name: str, **form: object) -> str:
    path = f"/pult/kurse/{course}/liste/anmelden"
    sent = {**fields(hall.get(path)), "name": name, "party": "1", "channel": "phone", **form}
    return hall.followed(path, **sent)


def test_nobody_but_volunteers_sees_the_desk(hall: Hall) -> None:
    course = hall.published()
    hall.client.delete_cookie(COOKIE)
    for rule in hall.app.url_map.iter_rules():
        if rule.rule.startswith("/pult") and "GET" in (rule.methods or ()):
            path = rule.rule.replace("<int:session>", str(course.sessions[0].session))
            path = path.replace("<part>", "titel").replace("<int:number>", str(course.course))
            assert hall.client.get(path).status_code != 200, path


def test_today_says_what_is_on_and_what_is_to_be_done(hall: Hall) -> None:
    course = hall.published(seats=3, minimum=3)
    (plan,) = hall.courses.create([draft()])
    told = words(hall.get("/pult"))
    assert "In den nächsten zwei Stunden beginnt kein Kurs" in told
    assert "Alles erledigt" in told
    hall.clock.wall_ms = course.sessions[0].starts_at - 10 * 60_000
    hall.desk.signup(course.course, "Erna Weber")
    page = hall.get("/pult")
    told = words(page)
    assert "Sicher im Netz Di 6.10.2026, 18:30 bis 20:00 Uhr · 1 Person mit Platz" in told
    assert f"/pult/einlass/{course.sessions[0].session}" in page
    assert "noch nicht veröffentlicht" in told
    assert "Angemeldet: 1, mindestens 3 sollten es sein" in told
    hall.clock.wall_ms = course.sessions[0].ends_at + 86_400_000
    assert "Wer war da? Di 6.10.2026" in words(hall.get("/pult"))
    hall.register.walk_in(course.sessions[0].session)
    assert "Wer war da?" not in words(hall.get("/pult"))
    hall.clock.wall_ms = 2_000_000_000_000
    assert "Es gibt keine Saison" in words(hall.get("/pult"))
    assert plan.course


def test_today_tells_of_what_is_late_and_where_somebody_is_missing(hall: Hall) -> None:
    furnish_volunteers(hall.config, NOW_MS)
    told = words(hall.get("/pult"))
    assert "1 Ausleihe sollte zurück sein Fällig war sie am Sa 29.8.2026. Anrufen" in told
    missing = "Bei 1 Dienst fehlt noch jemand In den nächsten zwei Wochen, zuerst Mi 9.9.2026"
    assert missing in told
    assert 'href="/pult/ausleihe"' in hall.get("/pult").partition("<main")[2]
    assert 'href="/pult/dienste"' in hall.get("/pult").partition("<main")[2]
    hall.clock.wall_ms += 10 * 86_400_000
    told = words(hall.get("/pult"))
    assert "2 Ausleihen sollten zurück sein Fällig war die erste am Sa 29.8.2026." in told
    assert "Bei 2 Diensten fehlt noch jemand" in told
    hall.lock()
    told = words(hall.get("/pult"))
    assert "2 Ausleihen sollten" in told
    assert "fehlt noch jemand" not in told


def test_signed_up_by_telephone_once_however_often_it_is_pressed(hall: Hall) -> None:
    course = hall.published()
    path = f"/pult/kurse/{course.course}/liste/anmelden"
    form = {**fields(hall.get(path)), "name": "Erna Weber", "phone": PHONE, "party": "2"}
    pages = {hall.followed(path, **form, channel="phone") for _ in range(3)}
    assert len(pages) == 1
    (line,) = hall.desk.line(course.course)
    (page,) = pages
    assert (line.name, line.phone, line.party, line.channel) == ("Erna Weber", PHONE, 2, "phone")
    assert shown(line.slip) in page
    assert "hat einen Platz" in page
    assert "<svg" in page
    page = call_in(hall, course.course, "Karl")
    assert "wartet auf einen Platz, davor 0" in words(page)
    assert "2 von 2 Plätzen sind fest vergeben" in listed(hall, course.course)
    hall.client.post("/fertig")
    assert hall.client.get(f"/pult/kurse/{course.course}/liste/zettel").status_code != 200


@pytest.mark.parametrize(
    ("form", "hint"),
    [
        ({"name": ""}, "1 bis 120 Zeichen"),
        ({"name": "...."}, "Bitte einen Namen eingeben"),
        ({"name": "E" * 10_000}, "es sind 10000"),
        ({"name": "Erna", "phone": "morgen"}, "keine Telefonnummer"),
        ({"name": "Erna", "party": "9"}, "1 bis 4 Personen"),
    ],
)
def test_a_form_that_cannot_be_taken_keeps_what_was_typed(
    hall: Hall, form: dict[str, str], hint: str
) -> None:
    course = hall.published()
    path = f"/pult/kurse/{course.course}/liste/anmelden"
    page = hall.post(path, 422, **{**fields(hall.get(path)), "party": "1", **form}).text
    assert hint in page
    assert form["name"] in page
    assert hall.desk.line(course.course) == []


def test_a_course_moved_while_somebody_telephones(hall: Hall) -> None:
    course = hall.published()
    path = f"/pult/kurse/{course.course}/liste/anmelden"
    form = {**fields(hall.get(path)), "name": "Erna Weber", "party": "1"}
    hall.courses.move(course.course, lambda all_: all_[1:])
    page = hall.post(path, 409, **form).text
    assert "inzwischen verlegt" in page
    assert "Erna Weber" in page
    assert "Di 13.10.2026" in page
    assert "Di 6.10.2026" not in page
    hall.post(path, **{**form, **fields(page)})
    assert len(hall.desk.line(course.course)) == 1


def test_a_line_is_kept_at_the_desk(hall: Hall) -> None:
    course = hall.published(seats=2)
    for name, party in (("Erna", 2), ("Karl", 2), ("Оксана", 1)):
        call_in(hall, course.course, name, party=str(party), phone=PHONE)
    path = f"/pult/kurse/{course.course}/liste"
    told = listed(hall, course.course)
    assert told.index("1. Karl") < told.index("2. Оксана")
    assert "kein Platz frei" in hall.followed(f"{path}/anbieten")
    erna = number_of(hall, course.course, "Erna")
    page = hall.get(f"{path}/abmelden?anmeldung={erna}")
    assert "Ja, abmelden" in page
    told = words(hall.followed(f"{path}/abmelden", **fields(page)))
    assert "Abgemeldet." in told
    assert "Angeboten: bitte anrufen Karl" in told
    assert f"{PHONE} 2 Personen · angeboten: 2 Plätze bis Fr 4.9.2026, 10:00 Uhr" in told
    karl = number_of(hall, course.course, "Karl")
    for _ in range(2):
        told = words(hall.followed(f"{path}/zusagen", anmeldung=karl))
    assert "Zugesagt" in told
    hall.post(f"{path}/zusagen", 503, anmeldung=number_of(hall, course.course, "Оксана"))
    hall.post(f"{path}/zusagen", 404, anmeldung=9999)
    paper = words(hall.get(f"{path}/druck"))
    assert "Karl" in paper
    assert "Erna" not in paper
    assert "6.10. 13.10. 20.10. 27.10." in paper


def test_a_group_may_be_fewer_or_let_others_pass(hall: Hall) -> None:
    course = hall.published(seats=2)
    for name, party in (("A", 1), ("B", 1), ("Familie", 2), ("Allein", 1)):
        call_in(hall, course.course, name, party=str(party))
    path = f"/pult/kurse/{course.course}/liste"
    hall.post(f"{path}/abmelden", anmeldung=number_of(hall, course.course, "A"))
    page = hall.get(path)
    assert "Will nur alle zusammen" in page
    family = number_of(hall, course.course, "Familie")
    told = words(hall.followed(f"{path}/vorlassen", anmeldung=family))
    assert "Angeboten: bitte anrufen Allein" in told
    assert "1. Familie" in told


def test_everybody_is_checked_in_by_slip_card_list_or_count(hall: Hall) -> None:
    course = hall.published(seats=4)
    slips = {
        name: hall.desk.signup(course.course, name, party).number
        for name, party in (("Erna", 1), ("Karl", 2), ("Ayşe", 1))
    }
    other = hall.published(texts=draft().texts)
    stranger = hall.desk.signup(other.course, "Fremd")
    waits = hall.desk.signup(course.course, "Wartet")
    card = hall.register.give_card(slips["Erna"])
    session = course.sessions[0].session
    path = f"/pult/einlass/{session}"
    page = hall.get(path)
    assert re.search(r'<input[^>]*id="code"[^>]* autofocus', page)

    def scan(code: str) -> str:
        return words(hall.followed(f"{path}/code", code=code))

    assert "Erna\u2069 ist da." in scan(card)
    assert "Erna\u2069 ist schon abgehakt." in scan(card.replace("-", "ß").lower())
    assert "Karl\u2069 (2 Personen) ist da." in scan(shown(slips["Karl"]))
    assert "Ayşe\u2069 ist da." in scan(slips["Ayşe"].translate(str.maketrans("YZ", "ZY")))
    for code, hint in (
        ("https://example.org/menu?table=4", "keine Karte und kein Zettel vom Lernort"),
        ("X" * 10_000, "keine Karte und kein Zettel vom Lernort"),
        ("<script>alert(1)</script>", "keine Karte und kein Zettel vom Lernort"),
        ("DHK1-00000000000000000000000000000000", "kennt der Hub nicht"),
        (stranger.number, "gehört nicht zu diesem Kurs"),
        (waits.number, "steht noch auf der Warteliste"),
    ):
        assert hint in scan(code)
        assert "4 von 4 Angemeldeten, 0 ohne Anmeldung" in words(hall.get(path))
    told = words(hall.followed(f"{path}/ohne", wie="mehr"))
    assert "5 4 von 4 Angemeldeten, 1 ohne Anmeldung" in told
    for _ in range(3):
        told = words(hall.followed(f"{path}/ohne", wie="weniger"))
    assert "4 4 von 4 Angemeldeten, 0 ohne Anmeldung" in told
    karl = number_of(hall, course.course, "Karl")
    assert "1 von 2 da" in words(hall.followed(f"{path}/abhaken", anmeldung=karl, da="1"))
    told = words(hall.followed(f"{path}/abhaken", anmeldung=karl, da="0"))
    assert "Zurückgenommen: \u2068Karl\u2069 ist nicht da." in told
    assert "2 von 2 da" in words(hall.followed(f"{path}/abhaken", anmeldung=karl))
    hall.post(f"{path}/abhaken", 503, anmeldung=9999)
    hall.get("/pult/einlass/9999", 422)


def test_what_was_a_mistake_is_taken_back_at_once(hall: Hall) -> None:
    course = hall.published()
    slip = hall.desk.signup(course.course, "Erna").number
    path = f"/pult/einlass/{course.sessions[0].session}"
    page = hall.followed(f"{path}/code", code=slip)
    undo = page[page.index('id="ergebnis"') : page.index('id="zahl"')]
    assert "Das war falsch" in undo
    assert "0 von 1 Angemeldeten" in words(hall.followed(f"{path}/abhaken", **fields(undo)))


def test_sessions_to_check_in_are_chosen(hall: Hall) -> None:
    course = hall.published()
    assert "beginnt kein Kurs" in hall.get("/pult/einlass")
    hall.clock.wall_ms = course.sessions[1].starts_at
    page = words(hall.get("/pult/einlass"))
    assert page.index("Di 13.10.2026") < page.index("Nachtragen") < page.index("Di 6.10.2026")


def test_a_card_is_given_once_printed_and_blocked(hall: Hall) -> None:
    course = hall.published()
    slip = hall.desk.signup(course.course, "Erna Weber", phone=PHONE).number
    hall.desk.signup(course.course, "Werner Ernst")
    for asked, found in (("weber", True), ("ERNA", True), (shown(slip), True), ("niemand", False)):
        page = words(hall.followed("/pult/karten", wer=asked))
        assert ("Erna Weber" in page) is found
        assert ("Niemand gefunden" in page) is not found
    page = hall.followed("/pult/karten", wer="weber")
    assert "weber" not in hall.post("/pult/karten", wer="weber").location
    give = fields(page[page.index("Gefunden") :])
    pages = {hall.followed("/pult/karten/geben", **give) for _ in range(2)}
    assert len(pages) == 1
    (page,) = pages
    assert "Erna Weber" in page
    assert "DHK1" not in page  # only in the drawing
    with hall.vault.open() as personal:
        before = personal.connection.row("SELECT card_hash FROM learner WHERE name = 'Erna Weber'")
    assert before is not None
    assert before[0] is not None
    hall.post("/pult/karten/gedruckt")
    assert hall.client.get("/pult/karten/druck").status_code == 303
    assert "hat eine Karte" in words(hall.followed("/pult/karten", wer="weber"))
    told = words(hall.followed("/pult/karten/sperren", person=give["person"]))
    assert "Die Karte ist gesperrt" in told
    assert "hat keine Karte" in told
    hall.post("/pult/karten/sperren", person=give["person"])
    hall.post("/pult/karten/sperren", 503, person="999")


def test_a_new_card_makes_the_lost_one_worthless(hall: Hall) -> None:
    course = hall.published()
    slip = hall.desk.signup(course.course, "Erna Weber").number
    lost = hall.register.give_card(slip)
    assert "Erna Weber" in hall.followed("/pult/karten", wer=lost)
    page = hall.followed("/pult/karten", wer="Erna")
    hall.post("/pult/karten/geben", **fields(page[page.index("Gefunden") :]))
    path = f"/pult/einlass/{course.sessions[0].session}"
    assert "kennt der Hub nicht" in hall.followed(f"{path}/code", code=lost)


def test_while_names_are_locked_it_is_said_and_what_can_be_done_is_done(hall: Hall) -> None:
    course = hall.published()
    hall.desk.signup(course.course, "Erna Weber")
    session = course.sessions[0].session
    hall.lock()
    for path, status in (
        ("/pult", 200),
        ("/pult/karten", 200),
        (f"/pult/kurse/{course.course}/liste", 503),
        (f"/pult/kurse/{course.course}/liste/druck", 503),
        (f"/pult/einlass/{session}", 200),
    ):
        page = words(hall.get(path, status))
        assert "Holen Sie den Schlüssel" in page
        assert "Erna" not in page
    assert "1 ohne Anmeldung" in words(hall.followed(f"/pult/einlass/{session}/ohne", wie="mehr"))
    hall.post(f"/pult/einlass/{session}/code", 503, code="x")
    page = words(call_in(hall, course.course, "Karl", phone=PHONE))
    assert "eingegangen, der Platz ist noch nicht sicher" in page
    assert "1 Anmeldung ohne Platz" in words(hall.get("/pult"))
    hall.unlock()
    page = words(hall.get(f"/pult/kurse/{course.course}/liste"))
    assert "Karl" in page
    assert "Erna Weber" in page
