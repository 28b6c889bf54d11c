"""Rows of the calendar cube from the village's courses. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from edge.learning.course import AREAS, OPEN, SHOWN, SIMPLE, Course, Session, units
from edge.publish.cube import Cube
from edge.publish.heat import Cell, Rows
from edge.store.village_courses import Seats

DAY_MS = 86_400_000
_STATES = {"published": "geplant", "moved": "verlegt", "cancelled": "abgesagt"}


def calendar_rows(
    cube: Cube,
    courses: Sequence[Course],
    seats: Mapping[int, Seats],
    rooms: Mapping[str, str],
    now_ms: int,
) -> Rows:
    """Return every table's rows. ``rooms`` maps a room's id to its name."""
    zone = ZoneInfo(cube.timezone)
    since = now_ms - cube.calendar.keep_days * DAY_MS
    shown = [
        one
        for one in courses
        if one.state in SHOWN and any(session.ends_at >= since for session in one.sessions)
    ]
    return {
        "kurs": [_course(cube, one, seats.get(one.course), now_ms) for one in shown],
        "termin": [
            _session(one, number, session, rooms, zone)
            for one in shown
            for number, session in enumerate(one.sessions, start=1)
        ],
        "_about": sorted(cube.about.items()),
    }


def _course(cube: Cube, course: Course, seats: Seats | None, now_ms: int) -> tuple[Cell, ...]:
    text = course.text("de")
    simple = course.texts.get(SIMPLE)
    held = [one for one in course.sessions if not one.cancelled]
    return (
        course.course_id,
        text.title,
        simple.title if simple else None,
        text.summary,
        course.kind,
        _STATES[course.state],
        course.note,
        len(held),
        units(course.minutes),
        course.seats or None,
        _free(cube, course, seats, now_ms),
        int(bool(seats and seats.waits) and course.state in OPEN),
        course.cost_cents / 100,
        AREAS.get(course.area, ""),
        ", ".join(f"{one.area} {one.level}".strip() for one in course.digcomp),
        course.digcomp_version if course.digcomp else "",
        ", ".join(course.languages),
        course.access,
        course.die_number,
        course.announced_as,
    )


def _free(cube: Cube, course: Course, seats: Seats | None, now_ms: int) -> int | None:
    """Return the free seats, not so many that they tell of fewer than k people."""
    if not course.seats or course.state not in OPEN or (course.last_at or 0) <= now_ms:
        return None
    free = max(0, course.seats - (seats.taken if seats else 0))
    return min(free, max(1, course.seats - cube.disclosure.k))


def _session(
    course: Course, number: int, session: Session, rooms: Mapping[str, str], zone: ZoneInfo
) -> tuple[Cell, ...]:
    begin = datetime.fromtimestamp(session.starts_at // 1000, UTC)
    end = datetime.fromtimestamp(session.ends_at // 1000, UTC)
    return (
        f"{begin:%Y-%m-%dT%H:%M:%SZ}",
        course.course_id,
        number,
        course.text("de").title,
        begin.astimezone(zone).isoformat(timespec="minutes"),
        f"{end:%Y-%m-%dT%H:%M:%SZ}",
        session.place or rooms.get(session.room_id or "", ""),
        int(session.cancelled or course.state == "cancelled"),
    )
