"""A season's life: create, publish, sign up, wait, offer, attend, report, forget, erase."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date, time, timedelta

import pytest

from edge.desk import reports
from edge.desk.courses import shifted
from edge.desk.register import NotHere
from edge.desk.upkeep import upkeep
from edge.learning.course import Course
from edge.learning.errors import Refused
from edge.learning.moment import to_ms
from edge.store import erasure
from edge.store.village_county import CountyCourse, put_course
from tests.edge.desk.conftest import AUTUMN, SPRING, Hall, draft

DAY_MS = 86_400_000
BANDS = ["65-", "65-", "65-", "65-", "50-64", "50-64", "35-49", None]
GENDERS = ["w", "w", "w", "w", "w", "m", "m", None]


def run(hall: Hall) -> tuple[int, ...]:
    done = upkeep(hall.village, hall.vault, hall.desk, hall.clock.wall_ms)
    return (done.drained, done.expired, done.offered, done.forgotten, done.counted)


def test_a_season_from_its_plan_to_its_report(hall: Hall) -> None:
    (plan,) = hall.courses.create([draft(seats=8)])
    assert hall.courses.catalogue() == []
    course = hall.courses.publish(plan.course)
    slips = [
        hall.desk.signup(course.course, f"Person {n}", age_band=BANDS[n], gender=GENDERS[n])
        for n in range(8)
    ]
    late = hall.desk.signup(course.course, "Wartend", age_band="65-", gender="w")
    assert late.state == "waiting"
    (entry,) = hall.courses.catalogue()
    assert (entry.title, entry.free, entry.waits, entry.place) == (
        "Sicher im Netz",
        0,
        True,
        "Saal",
    )
    hall.desk.cancel(slips[7].number)
    hall.desk.accept(late.number)

    for session in course.sessions:
        hall.clock.wall_ms = session.starts_at - 60_000
        assert [one.session for _, one in hall.register.now()] == [session.session]
        for row in hall.register.rows(session.session)[:6]:
            hall.register.tick(session.session, row.enrolment.enrolment)
    first = course.sessions[0].session
    assert hall.register.walk_in(first) == 1
    assert hall.register.walk_in(first, -5) == 0
    assert hall.register.walk_in(first, 2) == 2
    card = hall.register.give_card(late.number)
    assert hall.register.scan(first, card).name == "Wartend"
    assert hall.register.scan(first, f"{late.shown}\n").name == "Wartend"
    for other in ("https://example.org", slips[7].number, "DHK1-0000", ""):
        with pytest.raises(NotHere):
            hall.register.scan(first, other)
    with pytest.raises(NotHere):
        hall.register.tick(first, 999)
    with pytest.raises(Refused):
        hall.register.rows(999)
    present = {row.enrolment.name: row.present for row in hall.register.rows(first)}
    assert sum(present.values()) == 7
    assert hall.register.tick(first, late_number(hall, course.course), 0) == 0

    _counted(hall, course)


def _counted(hall: Hall, course: Course) -> None:
    """The season ends: it is counted, told, and the names go."""
    assert reports.periods(hall.village) == []
    hall.clock.wall_ms = to_ms(AUTUMN.last_day, time(12)) + 10 * DAY_MS
    assert run(hall)[3] == 9  # 90 days after the last session: names go, what is counted stays
    assert {one.state for one in hall.desk.line(course.course)} == {"done", "cancelled"}
    assert reports.periods(hall.village) == []  # two weeks for what was not ticked yet
    hall.clock.wall_ms += 6 * DAY_MS
    assert run(hall)[4] == 1
    (period,) = reports.periods(hall.village)
    assert (period.enrolments, period.visits) == (8, 4 * 6 + 2)
    table = list(csv.reader(io.StringIO(reports.to_csv(hall.village, [period])), delimiter=";"))
    told = {(row[1], row[2]): row[3] for row in table[1:]}
    assert told["Termine", "Qualifikationen für das Arbeitsleben, IT"] == "4"
    assert told["Unterrichtseinheiten", "Qualifikationen für das Arbeitsleben, IT"] == "8,00"
    assert told["Belegungen", "alle"] == "8"
    assert told["Belegungen nach Alter", "35 bis 49 + 50 bis 64 + 65 und älter"] == "8"
    assert told["Belegungen nach Geschlecht", "weiblich + männlich + divers + ohne Angabe"] == "8"

    assert hall.desk.line(course.course) == []  # counted, so nothing of it is needed any more
    hall.vault.close()
    for file in hall.folder.glob("*.db*"):
        assert b"Person 1" not in file.read_bytes()
    assert reports.periods(hall.village) == [period]  # and it works while locked
    hall.lock()
    assert reports.to_csv(hall.village, reports.periods(hall.village)).startswith("Zeitraum;")


def late_number(hall: Hall, course: int) -> int:
    (one,) = (each for each in hall.desk.line(course) if each.name == "Wartend")
    return one.enrolment


def test_a_season_of_too_few_is_counted_with_the_next(hall: Hall) -> None:
    few = hall.published()
    hall.desk.signup(few.course, "Allein", 2)
    (copy,) = hall.courses.copy([few.course], SPRING.season_id)
    many = hall.courses.edit(hall.courses.publish(copy.course))
    assert many.season_id == SPRING.season_id
    hall.clock.wall_ms = to_ms(AUTUMN.last_day + timedelta(days=20), time(12))
    assert run(hall)[4] == 0
    for name in "AB":
        hall.desk.signup(many.course, name)
    hall.clock.wall_ms = to_ms(SPRING.last_day + timedelta(days=20), time(12))
    # names go after 90 days, what is counted stays until there are five
    run(hall)
    assert reports.periods(hall.village) == []
    assert {one.name for one in hall.desk.line(few.course)} == {""}
    assert {one.slip for one in hall.desk.line(few.course)} == {""}


def test_names_stay_while_a_course_is_put_off(hall: Hall) -> None:
    made = hall.published()
    slip = hall.desk.signup(made.course, "Erna")
    hall.courses.move(made.course, lambda all_: shifted(all_, days=105))
    hall.clock.wall_ms = (made.last_at or 0) + 95 * DAY_MS
    assert run(hall)[3] == 0
    assert hall.desk.my(slip.number).is_moved


def test_an_erasure_of_a_person_covers_what_they_signed_up_for(hall: Hall) -> None:
    made = hall.published(seats=1)
    slip = hall.desk.signup(made.course, "  ERNA  Weber", phone="06031 1234")
    other = hall.desk.signup(made.course, "Karl")
    with hall.vault.open() as personal:
        person = personal.add_person("Erna Weber", 1)
        found = erasure.belongings(personal, person)
        assert len(found.learners) == 1
        erasure.erase_from_personal(personal, person, found)
        assert personal.same_name("erna weber") == []
    run(hall)
    assert hall.desk.my(other.number).state == "offered"
    with pytest.raises(Exception, match="slip"):
        hall.desk.my(slip.number)


def test_the_county_s_courses_stand_beside_the_village_s(hall: Hall) -> None:
    made = hall.published()
    at = to_ms(date(2026, 9, 20), time(19))
    course = CountyCourse(
        b"k" * 32, "vhs-1", "Englisch A1", "Text", "Friedberg", at, [(at, at + 5_400_000)], 12,
        8000, "en", "", "Sprachen", "", "404", "vhs",
    )  # fmt: skip
    with hall.village.connection.transaction() as driver:
        put_course(driver, course)
    listed = hall.courses.catalogue()
    assert [(one.key, one.free) for one in listed] == [("kvhs-1", None), (f"v{made.course}", 2)]
    feed = hall.courses.calendar("Kurse").decode()
    assert feed.count("BEGIN:VEVENT") == 5
    hall.courses.cancel(made.course)
    assert hall.courses.calendar("Kurse").decode().count("STATUS:CANCELLED") == 4


def test_a_bus_s_stop_needs_no_sign_up(hall: Hall) -> None:
    stop = hall.published(kind="stop", seats=0, area=0)
    assert hall.desk.free_seats(stop.course) is None
    with pytest.raises(Refused) as refused:
        hall.desk.signup(stop.course, "Erna")
    assert "einfach kommen" in refused.value.hint


def test_a_course_that_lacks_something_is_not_published(hall: Hall) -> None:
    (made,) = hall.courses.create([draft(area=0)])
    with pytest.raises(Refused, match="area"):
        hall.courses.publish(made.course)
    with pytest.raises(Refused, match="season"):
        hall.courses.create([draft(season_id="gibt es nicht")])
    sessions = tuple(replace(one, room_id="keller") for one in draft().sessions)
    with pytest.raises(Refused, match="room"):
        hall.courses.create([draft(sessions=sessions)])
    assert hall.courses.withdraw(hall.published().course).state == "draft"
