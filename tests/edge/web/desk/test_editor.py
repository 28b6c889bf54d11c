"""Courses by forms: made, changed, moved, copied, and by two people at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from edge.learning.course import Text
from edge.learning.moment import to_local
from tests.edge.web.desk.conftest import AUTUMN, Hall, draft, fields, words


def new_course(hall: Hall, title: str = "Sicher im Netz") -> int:
    form = fields(hall.get("/pult/kurse/neu"))
    response = hall.post(
        "/pult/kurse/neu",
        **form,
        **{"title.de": title, "summary.de": "Für alle.\n\nMit Kaffee.", "kind": "course"},
        season_id=AUTUMN.season_id,
    )
    return int(response.location.split("/")[3])


def test_a_course_is_made_step_by_step_and_published(hall: Hall) -> None:
    number = new_course(hall)
    page = hall.get(f"/pult/kurse/{number}/termine?neu=1")
    series = {
        **fields(page), "first_day": "2026-10-06", "start": "18:30", "end": "20:00", "count": "4",
        "every_weeks": "1", "break_minutes": "0", "room_id": "saal", "place": "", "without": "",
        "make_up": "1",
    }  # fmt: skip
    page = hall.post(f"/pult/kurse/{number}/termine/reihe", 200, **series).text
    assert "Di 27.10.2026, 18:30 bis 20:00 Uhr" in page
    assert hall.village.course(number).sessions == ()
    response = hall.post(f"/pult/kurse/{number}/termine/reihe", **fields(page))
    for part, form in (
        ("plaetze", {"seats": "12", "minimum": "4", "cost_cents": "12,50"}),
        ("leitung", {"trainer": "", "announced_as": "Frau Sommer"}),
        ("einordnung", {"area": "5", "digcomp": ["4"], "level.4": "Basic"}),
        ("zugang", {"languages": ["de", "uk"], "access": "Ohne Stufen"}),
    ):
        assert f"/{part}?neu=1" in response.location
        page = hall.get(response.location)
        response = hall.post(f"/pult/kurse/{number}/{part}", **{**fields(page), **form})
    assert response.location == f"/pult/kurse/{number}?getan=gespeichert"
    page = hall.get(response.location)
    assert "Es fehlt" not in page
    assert "8 Unterrichtseinheiten" in words(page)
    assert hall.courses.catalogue() == []
    page = hall.followed(f"/pult/kurse/{number}/veroeffentlichen", **fields(page))
    (entry,) = hall.courses.catalogue()
    assert (entry.title, entry.free, entry.cost_cents) == ("Sicher im Netz", 12, 1250)
    course = hall.village.course(number)
    assert course.texts["de"].summary == "Für alle.\n\nMit Kaffee."
    assert [(one.area, one.level) for one in course.digcomp] == [(4, "Basic")]
    assert (course.digcomp_version, course.languages) == ("3.0", ("de", "uk"))
    assert len(course.sessions) == 4


def test_the_same_form_twice_makes_one_course(hall: Hall) -> None:
    form = {**fields(hall.get("/pult/kurse/neu")), "title.de": "Nähen", "season_id": "2026-2"}
    places = {hall.post("/pult/kurse/neu", **form).location for _ in range(3)}
    assert len(places) == 1
    assert len(hall.village.courses()) == 1


@pytest.mark.parametrize(
    ("title", "summary", "hint"),
    [
        ("", "", "1 bis 120 Zeichen"),
        ("ä" * 10_000, "", "es sind 10000"),
        ("Kurs", "ب" * 9_000, "es sind 9000"),
        ("Ruf an: 06031 123456", "", "keine Telefonnummer"),
    ],
)
def test_what_cannot_be_taken_is_said_and_kept(
    hall: Hall, title: str, summary: str, hint: str
) -> None:
    form = fields(hall.get("/pult/kurse/neu"))
    form |= {"title.de": title, "summary.de": summary, "season_id": "2026-2"}
    page = hall.post("/pult/kurse/neu", 422, **form).text
    assert hint in page
    assert title in page
    assert summary in page
    assert hall.village.courses() == []


def test_a_script_in_a_title_is_a_title(hall: Hall) -> None:
    number = new_course(hall, "<script>alert(1)</script> & mehr")
    for path in ("", "/termine", "/titel", "/liste", "/liste/druck", "/liste/anmelden"):
        page = hall.get(f"/pult/kurse/{number}{path}")
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)" in page


def test_the_second_of_two_is_told_and_loses_nothing(hall: Hall) -> None:
    number = hall.published().course
    other = hall.another()
    path = f"/pult/kurse/{number}/titel"
    mine, theirs = fields(hall.get(path)), fields(other.get(path).text)
    long = "Zwei Absätze.\n\nUnd ein <b>Zeichen</b>."
    first = {**theirs, "title.de": "Sicher bleiben", "season_id": "2026-2", "kind": "course"}
    assert other.post(path, data=first).status_code == 303
    entered = {"title.de": "Sicher surfen", "summary.de": long, "season_id": "2026-2"}
    page = hall.post(path, 409, **mine, **entered).text
    told = words(page)
    assert "Titel und Beschreibung" in told
    assert "Deutsch: Sicher surfen" in told
    assert "Deutsch: Sicher bleiben" in told
    assert hall.village.course(number).title == "Sicher bleiben"
    assert hall.followed(path, **fields(page)).count("Gespeichert") == 1
    course = hall.village.course(number)
    assert (course.title, course.text("de").summary) == ("Sicher surfen", long)


def test_two_may_change_different_parts_at_once(hall: Hall) -> None:
    number = hall.published().course
    other = hall.another()
    seats = fields(hall.get(f"/pult/kurse/{number}/plaetze"))
    title = fields(other.get(f"/pult/kurse/{number}/titel").text)
    new = {**title, "title.de": "Anders", "season_id": "2026-2", "kind": "event"}
    other.post(f"/pult/kurse/{number}/titel", data=new)
    page = hall.followed(
        f"/pult/kurse/{number}/plaetze", **seats, seats="9", minimum="2", cost_cents="0"
    )
    assert "Jemand anderes hat inzwischen etwas anderes" in page
    course = hall.village.course(number)
    assert (course.title, course.kind, course.seats) == ("Anders", "event", 9)


def test_pressing_twice_is_no_quarrel_with_oneself(hall: Hall) -> None:
    number = hall.published().course
    form = fields(hall.get(f"/pult/kurse/{number}/titel"))
    form |= {"title.de": " Viel  Platz ", "summary.de": "a\r\nb ", "season_id": "2026-2"}
    for _ in range(2):
        hall.post(f"/pult/kurse/{number}/titel", **form)
    for step in ("absagen", "veroeffentlichen"):
        rev = hall.village.course(number).rev
        for _ in range(2):
            hall.post(f"/pult/kurse/{number}/{step}", rev=rev, note="Niemand da.")
    assert hall.village.course(number).state == "published"
    assert hall.village.course(number).note == ""


def series(**changes: str) -> dict[str, str]:
    return {
        "first_day": "6.10.2026", "start": "18:30", "end": "20.00", "count": "3", "without": "",
        "every_weeks": "1", "break_minutes": "15", "room_id": "saal", "place": "", "make_up": "1",
        **changes,
    }  # fmt: skip


def test_a_series_leaves_free_days_out_and_says_so(hall: Hall) -> None:
    (course,) = hall.courses.create([draft(sessions=())])
    hall.village.put_free_days({date(2026, 10, 13): "Herbstferien"})
    path = f"/pult/kurse/{course.course}/termine"
    form = {**fields(hall.get(path)), **series(without="27.10.2026")}
    told = words(hall.post(f"{path}/reihe", 200, **form).text)
    assert "Ausgelassen: 13.10.2026 (Herbstferien)" in told
    assert "Ausgelassen: 27.10.2026 (ausgelassen)" in told
    form |= {"gesehen": "1"}
    for _ in range(2):
        hall.post(f"{path}/reihe", **form)
    days = [to_local(one.starts_at).day for one in hall.village.course(course.course).sessions]
    assert days == [6, 20, 3]
    form = {**fields(hall.get(path)), **series(first_day="5.11.2026", wie="statt", gesehen="1")}
    for _ in range(2):
        hall.post(f"{path}/reihe", **form)
    assert len(hall.village.course(course.course).sessions) == 3


BACK = "(dazwischen wird die Uhr zurückgestellt: es sind 6 Std. 30 Min.)"
FORTH = "(dazwischen wird die Uhr vorgestellt: es sind 4 Std. 30 Min.)"


@pytest.mark.parametrize(
    ("day", "end", "told"),
    [
        ("24.10.2026", "3:30", f"Sa 24.10.2026, 22:00 Uhr, bis So 25.10.2026, 3:30 Uhr {BACK}"),
        ("27.3.2027", "3:30", f"Sa 27.3.2027, 22:00 Uhr, bis So 28.3.2027, 3:30 Uhr {FORTH}"),
        ("28.11.2026", "0:30", "Sa 28.11.2026, 22:00 Uhr, bis So 29.11.2026, 0:30 Uhr"),
    ],
)
def test_a_session_past_midnight_shows_begin_and_end(
    hall: Hall, day: str, end: str, told: str
) -> None:
    (course,) = hall.courses.create([draft(sessions=())])
    path = f"/pult/kurse/{course.course}/termine"
    form = {**fields(hall.get(path)), **series(first_day=day, start="22:00", end=end, count="1")}
    page = hall.post(f"{path}/reihe", 200, **form).text
    assert told in words(page)
    hall.post(f"{path}/reihe", **fields(page))
    assert told in words(hall.get(path))


def test_a_time_that_the_clock_jumps_over_is_refused(hall: Hall) -> None:
    (course,) = hall.courses.create([draft(sessions=())])
    path = f"/pult/kurse/{course.course}/termine"
    form = {**fields(hall.get(path)), **series(first_day="28.3.2027", start="2:30", end="4:00")}
    assert "gibt es an dem Tag nicht" in hall.post(f"{path}/reihe", 422, **form).text
    for name, value, hint in (
        ("first_day", "31.2.2027", "Das ist kein Tag"),
        ("start", "halb sieben", "Das ist keine Uhrzeit"),
        ("count", "viele", "Das ist keine Zahl"),
    ):
        wrong = {**form, "first_day": "1.4.2027", name: value}
        page = hall.post(f"{path}/reihe", 422, **wrong).text
        assert hint in page
        assert value in page


def test_a_moved_session_lists_whom_to_call(hall: Hall) -> None:
    course = hall.published()
    hall.desk.signup(course.course, "Erna Weber", phone="06031 1234")
    first = course.sessions[0].session
    path = f"/pult/kurse/{course.course}/termine/{first}"
    form = {
        **fields(hall.get(path)), "first_day": "7.10.2026", "start": "18:00", "end": "19:30",
        "room_id": "", "place": "Kirche", "break_minutes": "0",
    }  # fmt: skip
    page = hall.post(path, 200, **form).text
    assert "Di 6.10.2026, 18:30 bis 20:00 Uhr, Saal" in words(page)
    assert "Mi 7.10.2026, 18:00 bis 19:30 Uhr, Kirche" in words(page)
    assert "1 Person hat einen Platz" in words(page)
    assert hall.village.course(course.course).rev == course.rev
    for _ in range(2):
        seen = fields(hall.post(path, 200, **form).text)
        hall.post(path, **seen, note="Der Saal ist belegt.")
        form |= fields(hall.get(path))
    moved = hall.village.course(course.course)
    assert (moved.state, moved.note) == ("moved", "Der Saal ist belegt.")
    assert [one.session for one in moved.sessions] == [one.session for one in course.sessions]
    for page in (hall.get("/pult"), hall.get(f"/pult/kurse/{course.course}/liste")):
        told = words(page)
        assert "Erna Weber" in told
        assert "06031 1234" in told
        assert "Der Kurs ist verlegt, jetzt: 4 Termine, vom Mi 7.10.2026, 18:00 Uhr" in told
    (line,) = hall.desk.line(course.course)
    hall.post("/pult/bescheid", anmeldung=line.enrolment, kurs=course.course)
    assert "Niemand wartet auf einen Anruf" in hall.get("/pult")


def test_a_session_falls_through_and_is_held_after_all(hall: Hall) -> None:
    course = hall.published()
    path = f"/pult/kurse/{course.course}/termine"
    one = course.sessions[1].session
    hall.post(f"{path}/{one}/faellt-aus", **fields(hall.get(path)))
    assert "fällt aus" in hall.get(path)
    assert hall.village.course(course.course).sessions[1].cancelled
    hall.post(f"{path}/{one}/loeschen", **fields(hall.get(path)))  # it was public: it stays
    assert len(hall.village.course(course.course).sessions) == 4
    hall.post(f"{path}/{one}/faellt-aus", **fields(hall.get(path)))
    assert not hall.village.course(course.course).sessions[1].cancelled
    (plan,) = hall.courses.create([draft()])
    path = f"/pult/kurse/{plan.course}/termine"
    form = fields(hall.get(path))
    for _ in range(2):
        hall.post(f"{path}/{plan.sessions[0].session}/loeschen", **form)
    assert len(hall.village.course(plan.course).sessions) == 3
    hall.get(f"{path}/999", 404)


def test_two_courses_in_one_room_are_said_not_forbidden(hall: Hall) -> None:
    hall.published()
    (plan,) = hall.courses.create([draft()])
    told = words(hall.get(f"/pult/kurse/{plan.course}/termine"))
    assert "Im selben Raum ist dann auch: Sicher im Netz, Di 6.10.2026" in told


def test_a_cancelled_course_says_why_and_can_come_back(hall: Hall) -> None:
    course = hall.published()
    path = f"/pult/kurse/{course.course}"
    hall.desk.signup(course.course, "Erna Weber")
    rev = course.rev
    assert "Bitte einen Grund" in hall.post(f"{path}/absagen", 422, rev=rev, note=" ").text
    assert "schon Leute angemeldet" in hall.post(f"{path}/zurueckziehen", 422, rev=rev).text
    assert "1 Person hat einen Platz" in words(hall.get(f"{path}/absagen"))
    page = hall.followed(f"{path}/absagen", rev=rev, note="Zu wenige Anmeldungen.")
    assert "Zu wenige Anmeldungen." in page
    assert "Der Kurs fällt aus. Grund: Zu wenige Anmeldungen." in words(hall.get("/pult"))
    other = hall.courses.create([draft()])[0].course
    hall.post(f"/pult/kurse/{other}/veroeffentlichen", rev=1)
    hall.post(f"/pult/kurse/{other}/zurueckziehen", rev=2)
    assert hall.village.course(other).state == "draft"


def test_what_lacks_is_said_before_and_at_publishing(hall: Hall) -> None:
    (plan,) = hall.courses.create([draft(area=0, sessions=())])
    page = hall.get(f"/pult/kurse/{plan.course}")
    assert "Es fehlt noch ein Termin." in page
    page = hall.post(f"/pult/kurse/{plan.course}/veroeffentlichen", 422, rev=plan.rev).text
    assert "Es fehlt noch ein Termin." in page


def test_a_state_changed_by_another_is_a_conflict_too(hall: Hall) -> None:
    course = hall.published()
    hall.courses.edit(replace(course, seats=30))
    path = f"/pult/kurse/{course.course}/absagen"
    page = hall.post(path, 409, rev=course.rev, note="Krank.").text
    assert "abgesagt" in words(page)
    hall.post(path, **fields(page))
    assert hall.village.course(course.course).state == "cancelled"


def test_last_year_s_courses_are_copied_once(hall: Hall) -> None:
    first, second = hall.published(), hall.published(texts={"de": Text("Nähen")})
    hall.village.put_free_days({date(2027, 3, 9): "Winterferien"})  # 22 weeks after 6.10.
    page = hall.get("/pult/kurse/kopieren?von=2026-2")
    assert "Sicher im Netz" in page
    form = {**fields(page), "season_id": "2027-1", "kurs": [first.course, second.course]}
    for _ in range(2):
        page = hall.followed("/pult/kurse/kopieren", **form)
    assert "2 Kurse sind kopiert" in page
    assert "2 Termine wären auf freie Tage gefallen und fehlen." in page
    copies = hall.village.courses("2027-1")
    assert [one.state for one in copies] == ["draft", "draft"]
    assert [len(one.sessions) for one in copies] == [3, 3]
    assert (
        "mindestens einen Kurs"
        in hall.post("/pult/kurse/kopieren", 422, **{**form, "kurs": []}).text
    )
    hall.post("/pult/kurse/kopieren", 404, **{**form, "token": "x" * 32, "kurs": ["999"]})


def test_other_languages_come_and_go(hall: Hall) -> None:
    number = hall.published().course
    path = f"/pult/kurse/{number}/texte"
    form = {**fields(hall.get(path)), "title.uk": "Безпека", "summary.ar": "نص"}
    assert "Arabisch: Es fehlt der Titel." in hall.post(path, 422, **form).text
    form |= {"title.ar": "أمان"}
    hall.post(path, **form)
    assert hall.village.course(number).text("uk").title == "Безпека"
    assert "Ukrainisch und Arabisch" in words(hall.get(f"/pult/kurse/{number}"))
    hall.post(path, **{**fields(hall.get(path)), "title.uk": "Безпека"})
    assert set(hall.village.course(number).texts) == {"de", "uk"}


def test_who_teaches_is_seen_at_the_desk_alone_and_stays_while_locked(hall: Hall) -> None:
    number = hall.published().course
    hall.post("/pult/raeume/leitung", name="Karla Sommer", phone="06031 77")
    path = f"/pult/kurse/{number}/leitung"
    page = hall.get(path)
    assert "Karla Sommer" in page
    hall.post(path, **fields(page), trainer="1", announced_as="Frau S.")
    assert "Karla Sommer" in hall.get(f"/pult/kurse/{number}")
    hall.lock()
    page = hall.get(path)
    assert "Karla" not in page
    assert "verschlossen" in page
    hall.post(path, **fields(page), announced_as="Frau Sommer")
    hall.unlock()
    course = hall.village.course(number)
    assert (course.trainer, course.announced_as) == (1, "Frau Sommer")


def test_more_seats_are_offered_to_who_waits(hall: Hall) -> None:
    course = hall.published(seats=1)
    hall.desk.signup(course.course, "Erna")
    hall.desk.signup(course.course, "Karl", phone="06031 55")
    path = f"/pult/kurse/{course.course}/plaetze"
    form = {**fields(hall.get(path)), "minimum": "0", "cost_cents": "0"}
    assert "1 Plätze sind schon vergeben" in hall.post(path, 422, **form, seats="0").text
    assert (
        "nicht mehr sein als die Plätze"
        in hall.post(path, 422, **{**form, "minimum": "5"}, seats="2").text
    )
    hall.post(path, **form, seats="2")
    told = words(hall.get("/pult"))
    assert "Karl" in told
    assert "Ein Platz ist frei geworden, zugesagt werden kann bis" in told
