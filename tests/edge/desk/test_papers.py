"""Papers put together from what is stored."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time

import pytest

from edge.desk.papers import POSTER_DATES, PaperDesk
from edge.desk.rota import RotaDesk
from edge.desk.upkeep import upkeep
from edge.desk.volunteer_papers import VolunteerPapers
from edge.desk.volunteers import VolunteerDesk
from edge.learning.errors import Refused
from edge.learning.moment import to_ms
from edge.paper.wording import days, euros, extent, session_line, span_of
from edge.store.errors import Locked
from edge.volunteers.rota import Shift
from tests.edge.desk.conftest import Hall

NAMES = ("Holzheim", "Dorfhub Holzheim")


def papers(hall: Hall) -> PaperDesk:
    return PaperDesk(hall.village, hall.vault, hall.clock, *NAMES)


def test_a_list_has_seats_first_and_then_who_waits(hall: Hall) -> None:
    course = hall.published(seats=2)
    for name, phone in (("Zita", "06031 1"), ("anna", ""), ("Zuletzt", "06031 2"), ("Danach", "")):
        hall.desk.signup(course.course, name, phone=phone)
    made = papers(hall).participants(course.course)
    assert [(one.name, one.phone, one.state) for one in made.rows] == [
        ("anna", "", "Platz"), ("Zita", "06031 1", "Platz"), ("Zuletzt", "06031 2", "wartet"),
        ("Danach", "", "wartet"),
    ]  # fmt: skip
    assert made.seats == "2 von 2 Plätzen vergeben."
    assert (made.season, made.made, len(made.dates)) == ("Herbst 2026", "1. September 2026", 4)
    hall.lock()
    with pytest.raises(Locked):
        papers(hall).participants(course.course)


def test_a_sheet_has_a_row_for_each_of_a_party_and_some_more(hall: Hall) -> None:
    course = hall.published(seats=9)
    hall.desk.signup(course.course, "Öz", 3)
    made = papers(hall).sign_in(course.course)
    assert made.names == ("Öz", "Öz (2. Person)", "Öz (3. Person)")
    assert made.sessions[0] == "Di 6.10.2026"
    assert made.spare > 0


def test_a_poster_says_what_is_needed_and_nobodys_number(hall: Hall) -> None:
    course = hall.published(
        seats=9, cost_cents=1250, announced_as="Frau Sommer", access="Ohne Stufen"
    )
    hall.lock()  # it needs no name
    made = papers(hall).poster(course.course)
    assert dict(made.facts) == {
        "Wo": "Saal", "Kosten": "12,50 €", "Plätze": "9", "Mit": "Frau Sommer",
        "Zugang": "Ohne Stufen",
    }  # fmt: skip
    assert len(made.dates) == POSTER_DATES
    assert made.more_dates == ""
    assert made.sign_up.startswith("Anmelden")
    hall.courses.cancel(course.course, "Die Heizung ist kaputt.")
    cancelled = papers(hall).poster(course.course)
    assert cancelled.note == "Dieser Kurs fällt aus. Die Heizung ist kaputt."


def test_a_poster_of_many_dates_says_how_many_more(hall: Hall) -> None:
    course = hall.published(seats=0)
    more = tuple(
        replace(one, session=0, starts_at=one.starts_at + 60_000) for one in course.sessions
    )
    hall.courses.edit(replace(course, sessions=(*course.sessions, *more)))
    made = papers(hall).poster(course.course)
    assert made.more_dates.startswith("und 4 weitere Termine")
    assert made.sign_up.startswith("Einfach kommen")


def test_a_slip_says_how_it_stands(hall: Hall) -> None:
    course = hall.published(seats=2)
    first = hall.desk.signup(course.course, "Eins", 2)
    waits = hall.desk.signup(course.course, "Zwei", 2)
    made = papers(hall).slip(waits)
    assert made.number == waits.shown
    assert made.state == "Sie stehen auf der Warteliste. Vor Ihnen: 0."
    assert made.lines[0] == "2 Personen"
    assert made.dates[0] == "Di 6.10.2026, 18:30–20:00, Saal"
    hall.desk.cancel(first.number)
    offered = papers(hall).slip(hall.desk.my(waits.number))
    assert offered.state == "Ein Platz ist frei: bitte zusagen."
    assert offered.lines[-1].startswith("Zusagen bis 4. September 2026, 10:00")
    hall.lock()
    sealed = hall.desk.signup(course.course, "Drei")
    assert papers(hall).slip(sealed).state.startswith("Eingegangen")


def test_a_report_is_of_what_was_counted(hall: Hall) -> None:
    assert papers(hall).report().parts == ()
    course = hall.published(seats=20)
    for number in range(9):
        hall.desk.signup(course.course, f"Person {number}", age_band="65-", gender="w")
    for session in course.sessions:
        for row in hall.register.rows(session.session):
            hall.register.tick(session.session, row.enrolment.enrolment)
    hall.clock.wall_ms = to_ms(date(2027, 3, 1), time(9))
    upkeep(hall.village, hall.vault, hall.desk, hall.clock.wall_ms)
    (part,) = papers(hall).report().parts
    assert (part.period, part.enrolments, part.visits) == ("Herbst 2026", 9, 36)
    assert part.taught == (("Qualifikationen für das Arbeitsleben, IT", "1", "4", "8,00"),)
    assert {one.title for one in part.charts} == {
        "Belegungen nach Programmbereich", "Belegungen nach Alter", "Belegungen nach Geschlecht"
    }  # fmt: skip
    assert "9" in part.charts[0].told


def test_the_rota_and_the_thanks_of_a_year(hall: Hall) -> None:
    people = VolunteerDesk(hall.village, hall.vault, hall.clock)
    rota = RotaDesk(hall.village, hall.vault, hall.clock)
    made = VolunteerPapers(hall.village, hall.vault, hall.clock, *NAMES)
    assert made.rota().days == ()
    begins = to_ms(date(2026, 9, 3), time(14))
    (shift,) = rota.create(
        Shift(task="Theke", place="Saal", starts_at=begins, ends_at=begins + 7_200_000, needed=2)
    )
    who = people.join("Renate Weiß")
    rota.sign_up(shift.shift, who)
    (day,) = made.rota().days
    assert day.day == "Donnerstag, 3. September 2026"
    assert (day.shifts[0].time, day.shifts[0].what) == ("14:00–16:00", "Theke, Saal")
    assert (day.shifts[0].people, day.shifts[0].wanted) == (("Renate Weiß",), 2)
    people.add_hours(who, date(2026, 8, 30), 150, "Theke", None)
    paper = made.thanks(who, 2026, "Petra")
    assert (paper.name, paper.hours, paper.when) == (
        "Renate Weiß", "2 Std. 30 Min.", "im Jahr 2026, an einem Tag"
    )  # fmt: skip
    assert paper.work == (("Theke", "2 Std. 30 Min."),)
    with pytest.raises(Refused):
        made.thanks(who, 2020, "Petra")


def test_words() -> None:
    assert days(date(2026, 12, 30), date(2027, 1, 2)) == "30. Dezember 2026 bis 2. Januar 2027"
    assert days(date(2026, 9, 7), date(2026, 9, 7)) == "7. September 2026"
    assert span_of(()) == ""
    assert extent(()) == "0 Termine, 0 Unterrichtseinheiten zu 45 Minuten"
    assert euros(0) == "kostenlos"


def test_a_session_that_falls_through_says_so(hall: Hall) -> None:
    one = replace(hall.published().sessions[0], cancelled=True)
    assert session_line(one) == "Di 6.10.2026, 18:30–20:00 – fällt aus"
