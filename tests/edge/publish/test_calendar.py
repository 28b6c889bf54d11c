"""The calendar of courses as open data: what is in it, and what the auditor refuses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from edge.config import Config
from edge.learning.course import Course, DigComp, Room, Season, Text
from edge.learning.series import Series, sessions
from edge.publish.audit import audit
from edge.publish.cube import cube_named
from edge.publish.release import current, releases
from edge.store.village import VillageStore
from edge.store.village_courses import Seats
from tests.releases import forged, outcome, query

NAME = "kurse"
NOW = datetime(2026, 9, 1, 8, tzinfo=UTC)


@pytest.fixture
def village(config: Config) -> Iterator[VillageStore]:
    with VillageStore(config.hub.village_db) as opened:
        opened.put_season(Season("2026-2", "Herbst 2026", date(2026, 8, 31), date(2027, 1, 31)))
        opened.put_room(Room("saal", "Saal"))
        yield opened


def course(**changes: object) -> Course:
    series = Series(date(2026, 10, 20), time(18, 30), time(20), 2, room_id="saal")
    values: dict[str, object] = {
        "season_id": "2026-2",
        "texts": {"de": Text("Sicher im Netz"), "de-simple": Text("Internet")},
        "seats": 12,
        "area": 5,
        "cost_cents": 1250,
        "digcomp": (DigComp(4, "basic"),),
        "sessions": sessions(series),
    }
    return Course(**(values | changes))  # type: ignore[arg-type]


def published(village: VillageStore, **changes: object) -> Course:
    (made,) = village.add_courses([course(**changes)], 1)
    return village.change_course(replace(made, state="published"), 2)


def test_a_course_is_told_with_its_sessions(config: Config, village: VillageStore) -> None:
    assert outcome(config, NAME, NOW) == "nothing"
    made = published(village)
    village.add_courses([course(texts={"de": Text("Nur ein Entwurf")})], 3)
    village.note_seats(made.course, Seats(3, waits=False), 1)
    assert outcome(config, NAME, NOW) == "published"
    assert query(
        config,
        NAME,
        "SELECT titel, titel_leicht, stand, termine, unterrichtseinheiten, plaetze, plaetze_frei,"
        " warteliste, preis_euro, digcomp FROM kurs",
    ) == [("Sicher im Netz", "Internet", "geplant", 2, 4.0, 12, 7, 0, 12.5, "4 basic")]
    assert query(config, NAME, "SELECT anfang, ortszeit, ort, faellt_aus FROM termin") == [
        ("2026-10-20T16:30:00Z", "2026-10-20T18:30+02:00", "Saal", 0),
        ("2026-10-27T17:30:00Z", "2026-10-27T18:30+01:00", "Saal", 0),
    ]
    assert outcome(config, NAME, NOW) == "unchanged"


@pytest.mark.parametrize(
    ("seats", "taken", "told"),
    [(12, 0, 7), (12, 4, 7), (12, 5, 7), (12, 6, 6), (12, 12, 0), (3, 1, 1)],
)
def test_free_seats_tell_of_nobody_while_few_have_signed_up(
    config: Config, village: VillageStore, seats: int, taken: int, told: int
) -> None:
    made = published(village, seats=seats)
    village.note_seats(made.course, Seats(taken, waits=taken == seats), 1)
    outcome(config, NAME, NOW)
    assert query(config, NAME, "SELECT plaetze_frei, warteliste FROM kurs") == [
        (told, int(taken == seats))
    ]


def test_a_withdrawn_course_leaves_earlier_releases_too(
    config: Config, village: VillageStore
) -> None:
    made = published(village)
    published(village, texts={"de": Text("Bleibt")})
    outcome(config, NAME, NOW)
    made = village.change_course(replace(village.course(made.course), state="draft"), 5)
    outcome(config, NAME, NOW)
    outcome(config, NAME, NOW + timedelta(days=1))
    assert query(config, NAME, "SELECT titel FROM kurs") == [("Bleibt",)]
    assert [one.number for one in releases(config.hub.public, NAME)] == [2]


def test_cancelled_and_moved_are_said(config: Config, village: VillageStore) -> None:
    made = published(village)
    village.change_course(replace(made, state="cancelled", note="Krank"), 3)
    outcome(config, NAME, NOW)
    assert query(config, NAME, "SELECT stand, hinweis, plaetze_frei FROM kurs") == [
        ("abgesagt", "Krank", None)
    ]
    assert query(config, NAME, "SELECT DISTINCT faellt_aus FROM termin") == [(1,)]


def test_an_old_course_has_no_free_seats_and_goes_after_a_year(
    config: Config, village: VillageStore
) -> None:
    published(village)
    outcome(config, NAME, NOW + timedelta(days=100))
    assert query(config, NAME, "SELECT plaetze_frei FROM kurs") == [(None,)]
    outcome(config, NAME, NOW + timedelta(days=500))
    assert query(config, NAME, "SELECT * FROM kurs") == []


@pytest.mark.parametrize(
    ("sql", "cell"),
    [
        ("UPDATE kurs SET plaetze_frei = 9", "plaetze_frei"),
        ("UPDATE kurs SET plaetze_frei = -1", "plaetze_frei"),
        ("UPDATE kurs SET plaetze = NULL", "plaetze_frei"),
        ("UPDATE kurs SET plaetze = 5000", "plaetze"),
        ("UPDATE kurs SET stand = 'draft'", "stand"),
        ("UPDATE kurs SET art = 'party'", "art"),
        ("UPDATE kurs SET titel = ' '", "titel"),
        ("UPDATE kurs SET kurs = 'Erna Weber'", "kurs"),
        ("UPDATE kurs SET beschreibung = 'Anmeldung: 06031 / 12 34 56'", "beschreibung"),
        ("UPDATE kurs SET leitung = 'erna@example.org'", "leitung"),
        ("UPDATE termin SET ort = 'bei Erna, +49 170 5550199'", "ort"),
        ("UPDATE kurs SET warteliste = 17", "warteliste"),
        ("UPDATE kurs SET preis_euro = 12.505", "preis_euro"),
        ("UPDATE kurs SET termine = 3", "termine"),
        ("UPDATE kurs SET unterrichtseinheiten = 40.0", "unterrichtseinheiten"),
        ("UPDATE kurs SET unterrichtseinheiten = 3.14159", "unterrichtseinheiten"),
        ("UPDATE kurs SET stand = 'abgesagt'", "faellt_aus"),
        ("UPDATE termin SET kurs = 'x'", "belongs to no"),
        ("UPDATE termin SET titel = 'x'", "titel"),
        ("UPDATE termin SET ende = anfang", "ende"),
        ("UPDATE termin SET ende = '2026-13-45T10:00:00Z'", "time that is none"),
        ("UPDATE termin SET ende = 'morgen'", "time that is none"),
        ("UPDATE termin SET ortszeit = 'abends'", "ortszeit"),
        ("UPDATE termin SET faellt_aus = 2", "faellt_aus"),
        ("UPDATE _about SET value = 'x' WHERE name = 'lizenz'", "_about"),
        ("INSERT INTO _about VALUES ('teilnehmer', 'Erna')", "_about"),
    ],
)
def test_the_auditor_refuses(
    config: Config, village: VillageStore, tmp_path: Path, sql: str, cell: str
) -> None:
    made = published(village)
    village.note_seats(made.course, Seats(6, waits=False), 1)
    outcome(config, NAME, NOW)
    release = current(config.hub.public, NAME)
    assert release is not None
    cube = cube_named(NAME)
    assert audit(release.path, cube, {}).passed
    copy = forged(release, sql, tmp_path)
    told = [str(finding) for finding in audit(copy, cube, {}).findings]
    assert any(cell in one for one in told), told
