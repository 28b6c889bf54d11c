"""The funding report: what it tells, what it merges, and what it does not tell yet."""

from __future__ import annotations

import csv
import io
import re
from datetime import time, timedelta

import pytest

from edge.desk.funding import Bar
from edge.desk.upkeep import upkeep
from edge.learning.moment import to_ms
from edge.web.desk.report import _top
from tests.edge.web.desk.conftest import AUTUMN, SPRING, Hall, draft, words

BANDS = ("65-", "65-", "65-", "65-", "65-", "50-64", "35-49", "-17")


def counted(hall: Hall) -> None:
    """Let the autumn pass: a course of eight, all there at the first session."""
    course = hall.published(seats=8)
    for at, band in enumerate(BANDS):
        hall.desk.signup(course.course, f"Person {at}", age_band=band, gender="w")
    for row in hall.register.rows(course.sessions[0].session):
        hall.register.tick(course.sessions[0].session, row.enrolment.enrolment)
    hall.clock.wall_ms = to_ms(AUTUMN.last_day + timedelta(days=16), time(9))
    upkeep(hall.village, hall.vault, hall.desk, hall.clock.wall_ms)


def test_before_anything_is_counted_it_says_when_it_will_be(hall: Hall) -> None:
    told = words(hall.get("/pult/bericht"))
    assert "Es ist noch keine Saison gezählt" in told
    assert "Herbst 2026 Wird am 15.2.2027 von selbst gezählt" in told
    hall.clock.wall_ms = to_ms(AUTUMN.last_day + timedelta(days=30), time(9))
    assert "Herbst 2026 Vorbei. Gezählt wird sie von selbst" in words(hall.get("/pult/bericht"))
    assert hall.get("/pult/bericht/tabelle.csv").count("\r\n") == 1


def test_small_groups_stand_together_and_it_is_said_why(hall: Hall) -> None:
    counted(hall)
    told = words(hall.get("/pult/bericht"))
    assert "8 Belegungen, 8 Besuche" in told
    assert "Qualifikationen für das Arbeitsleben, IT 1 4 8,00" in told
    assert "Zusammen 1 4 8,00" in told
    assert "unter 18 + 18 bis 24 + 25 bis 34 + 35 bis 49 + 50 bis 64 + 65 und älter 8" in told
    assert "Einzeln wären es irgendwo weniger als 5 Belegungen gewesen" in told
    assert "Jede Gruppe hat mindestens 5 Belegungen." in told
    for name in ("Person 0", "65 und älter 5"):
        assert name not in told
    assert "Frühjahr 2027 Wird am" in told
    assert "Herbst 2026 Wird" not in told
    hall.lock()
    assert "8 Belegungen, 8 Besuche" in words(hall.get("/pult/bericht"))


def test_the_drawing_and_its_table_say_the_same(hall: Hall) -> None:
    counted(hall)
    page = hall.get("/pult/bericht")
    heights = re.findall(r'<rect class="(\w+)"[^>]* height="([\d.]+)"', page)
    assert heights == [("visits", "80.0"), ("enrolments", "80.0")]
    assert "<li>10</li><li>5</li><li>0</li>" in page
    assert "Herbst 2026 8 8" in words(page)


def test_a_period_is_chosen_and_what_is_none_gives_what_there_is(hall: Hall) -> None:
    counted(hall)
    hall.village.put_season(SPRING)
    (spring,) = hall.courses.create([draft(season_id=SPRING.season_id, seats=0, sessions=())])
    assert spring.season_id == "2027-1"
    for query in ("?von=0&bis=0", "?von=7&bis=9", "?von=-3&bis=-5", "?von=x&bis=", ""):
        assert "8 Belegungen" in hall.get(f"/pult/bericht{query}")


def test_the_table_opens_in_a_spreadsheet(hall: Hall) -> None:
    counted(hall)
    response = hall.client.get("/pult/bericht/tabelle.csv?von=0&bis=0")
    assert response.mimetype == "text/csv"
    assert response.data.startswith(b"\xef\xbb\xbf")
    assert "attachment" in response.headers["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(response.data.decode("utf-8-sig")), delimiter=";"))
    assert rows[0] == ["Zeitraum", "Gegenstand", "Gruppe", "Anzahl"]
    assert ["Herbst 2026", "Besuche", "alle", "8"] in rows


@pytest.mark.parametrize(
    ("most", "top"), [(0, 10), (10, 10), (11, 20), (21, 50), (99, 100), (101, 200), (2880, 5000)]
)
def test_the_scale_ends_at_a_round_number(most: int, top: int) -> None:
    assert _top((Bar("a", most, 0), Bar("b", 0, most))) == top
    assert _top(()) == 10
