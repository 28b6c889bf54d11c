"""Seasons that are over, counted once; and the report of them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from typing import TYPE_CHECKING

from edge.learning import report
from edge.learning.course import AREAS, OPEN, Course, Season, units
from edge.learning.report import Cell, Enrolled, Period, Taught
from edge.store.village import VillageStore

if TYPE_CHECKING:
    from edge.store.personal import PersonalStore
    from edge.store.personal_attendance import Counted

REST_DAYS = 14  # after a season's last day, for what was not ticked off yet

VALUE_WORDS = {
    "gender": {"w": "weiblich", "m": "männlich", "d": "divers", report.UNKNOWN: "ohne Angabe"},
    "age": {
        "-17": "unter 18",
        "18-24": "18 bis 24",
        "25-34": "25 bis 34",
        "35-49": "35 bis 49",
        "50-64": "50 bis 64",
        "65-": "65 und älter",
        report.UNKNOWN: "ohne Angabe",
    },
    "area": {"0": "ohne Programmbereich", **{str(area): word for area, word in AREAS.items()}},
}
SUBJECT_WORDS = {"area": "Programmbereich", "age": "Alter", "gender": "Geschlecht"}


def periods(village: VillageStore) -> list[Period]:
    """Return what was counted, oldest first. Works while personal.db is locked."""
    rows = village.connection.rows(
        "SELECT seasons, taught, cells, enrolments, visits FROM learning_period ORDER BY period"
    )
    found = []
    for seasons, taught, cells, enrolments, visits in rows:
        found.append(
            Period(
                tuple(json.loads(str(seasons))),
                tuple(Taught(**one) for one in json.loads(str(taught))),
                tuple(
                    Cell(**{**one, "values": tuple(one["values"])})
                    for one in json.loads(str(cells))
                ),
                int(str(enrolments)),
                int(str(visits)),
            )
        )
    return found


def count_seasons(
    village: VillageStore, personal: PersonalStore, *, today: date, now_ms: int
) -> list[Period]:
    """Count the seasons that are over and were not counted yet; return what that gave.

    A season of too few people waits for the next one and is counted with it.
    """
    known = {season for one in periods(village) for season in one.seasons}
    due = [
        one
        for one in village.seasons()
        if one.season_id not in known and one.last_day + timedelta(days=REST_DAYS) < today
    ]
    made: list[Period] = []
    group: list[Season] = []
    for season in due:
        group.append(season)
        found = count(village, personal, [one.season_id for one in group])
        if found is not None:
            keep(village, found, now_ms)
            made.append(found)
            group = []
    return made


def count(village: VillageStore, personal: PersonalStore, seasons: Sequence[str]) -> Period | None:
    """Return what may be told of seasons together; None if they had too few people for that."""
    courses = [
        one
        for season in seasons
        for one in village.courses(season)
        if one.state in OPEN and one.kind != "stop"
    ]
    by_number = {one.course: one for one in courses}
    counted = personal.counted()
    enrolled = [
        Enrolled(by_number[one.course].area, one.age_band, one.gender, one.count)
        for one in counted
        if one.course in by_number
    ]
    sessions = {one.session for course in courses for one in course.sessions if not one.cancelled}
    signed, walked = personal.visits(), village.walk_ins()
    visits = sum(signed.get(one, 0) + walked.get(one, 0) for one in sessions)
    total = sum(one.count for one in enrolled)
    if not report.is_enough(total, visits):
        return None
    taught = _taught(courses)
    cells = report.cells(enrolled, {one.area for one in taught}, _small(courses, counted))
    return Period(tuple(seasons), taught, cells, total, visits)


def counted_courses(village: VillageStore) -> list[int]:
    """Return the courses of seasons that were counted."""
    known = {season for one in periods(village) for season in one.seasons}
    return [one.course for season in sorted(known) for one in village.courses(season)]


def to_csv(village: VillageStore, found: Sequence[Period]) -> str:
    """Return the report as CSV: a line a number, semicolons and decimal commas as here usual."""
    names = {one.season_id: one.name for one in village.seasons()}
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(["Zeitraum", "Gegenstand", "Gruppe", "Anzahl"])
    several = [report.together(found)] if len(found) > 1 else []
    for period in [*found, *several]:
        label = _safe(" + ".join(names.get(one, one) for one in period.seasons))
        writer.writerows((label, *row) for row in _rows(period))
    return out.getvalue()


def _rows(period: Period) -> Iterable[tuple[str, str, str]]:
    for one in period.taught:
        area = VALUE_WORDS["area"][str(one.area)]
        yield "Veranstaltungen", area, str(one.courses)
        yield "Termine", area, str(one.sessions)
        yield "Unterrichtseinheiten", area, f"{units(one.minutes):.2f}".replace(".", ",")
    yield "Belegungen", "alle", str(period.enrolments)
    for cell in period.cells:
        words = VALUE_WORDS[cell.subject]
        label = " + ".join(words[value] for value in cell.values)
        yield f"Belegungen nach {SUBJECT_WORDS[cell.subject]}", label, str(cell.enrolments)
    yield "Besuche", "alle", str(period.visits)


def _taught(courses: Iterable[Course]) -> tuple[Taught, ...]:
    rows: dict[int, list[int]] = {}
    for course in courses:
        row = rows.setdefault(course.area, [0, 0, 0])
        row[0] += 1
        row[1] += sum(not one.cancelled for one in course.sessions)
        row[2] += course.minutes
    return tuple(Taught(area, *row) for area, row in sorted(rows.items()))


def _small(courses: Iterable[Course], counted: Iterable[Counted]) -> dict[int, tuple[int, int]]:
    """Return by area what the calendar leaves untold: people, and the most that could be."""
    taken: dict[int, int] = {}
    for one in counted:
        taken[one.course] = taken.get(one.course, 0) + one.count
    found: dict[int, tuple[int, int]] = {}
    for course in courses:
        rest, room = report.uncounted(course.seats, taken.get(course.course, 0))
        before = found.get(course.area, (0, 0))
        found[course.area] = (before[0] + rest, before[1] + room)
    return found


def keep(village: VillageStore, period: Period, now_ms: int) -> None:
    """Store what was counted; it stays as it is."""
    with village.connection.transaction() as driver:
        driver.execute(
            "INSERT INTO learning_period (seasons, taught, cells, enrolments, visits, counted_at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (
                json.dumps(period.seasons),
                json.dumps([asdict(one) for one in period.taught]),
                json.dumps([asdict(one) for one in period.cells]),
                period.enrolments,
                period.visits,
                now_ms,
            ),
        )


def _safe(text: str) -> str:
    """Keep a spreadsheet from taking a name for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text
