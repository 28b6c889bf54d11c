"""The village's own courses in village.db. Use through `edge.store.village.VillageStore`.

A course is edited as a whole: who writes says which revision it was read at, and is told if
another was faster.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol

from edge.learning.course import OPEN, Course, DigComp, Room, Season, Session, Text, edited
from edge.store.connection import Connection, Driver, Row, Value
from edge.store.errors import StoreError
from edge.store.village_lending_rows import refuse_lent_rooms


class Rows(Protocol):
    """Runs a query and returns its rows."""

    def __call__(self, sql: str, parameters: Sequence[Value] = ..., /) -> list[Row]:
        """Return all rows."""


class EditedMeanwhile(StoreError):
    """Somebody else changed the course. ``mine`` was not stored, ``theirs`` is what stands."""

    hint = "Jemand anderes hat diesen Kurs inzwischen geändert. Es ist nichts verloren."

    def __init__(self, mine: Course, theirs: Course) -> None:
        super().__init__(f"course {theirs.course} is at revision {theirs.rev}, not {mine.rev}")
        self.mine = mine
        self.theirs = theirs


class NoSuchCourse(StoreError):
    """There is no course of that number."""

    def __init__(self, course: int) -> None:
        super().__init__(f"no course {course}", hint="Alle Kurse zeigt: dorfhub course list")


@dataclass(frozen=True, slots=True)
class Seats:
    """How many seats are taken, and whether anybody waits for one."""

    taken: int
    waits: bool


@dataclass(frozen=True, slots=True)
class SealedSignup:
    """A sign-up that came while personal.db was locked."""

    number: int
    received_at: int
    sealed: bytes


class Courses:
    """The part of village.db about courses; use :class:`edge.store.village.VillageStore`.

    :raises StoreError: or one of its kinds, from any method.
    """

    connection: Connection

    def put_season(self, season: Season) -> None:
        """Keep a season, in the place of one with its id."""
        with self.connection.transaction() as driver:
            driver.execute(
                "INSERT INTO season (season_id, name, first_day, last_day) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (season_id) DO UPDATE SET name = excluded.name,"
                " first_day = excluded.first_day, last_day = excluded.last_day",
                (
                    season.season_id,
                    season.name,
                    season.first_day.isoformat(),
                    season.last_day.isoformat(),
                ),
            )
            _turn(driver)

    def seasons(self) -> list[Season]:
        """Return all seasons, earliest first."""
        rows = self.connection.rows(
            "SELECT season_id, name, first_day, last_day FROM season ORDER BY first_day, season_id"
        )
        return [
            Season(str(one), str(name), _day(first), _day(last)) for one, name, first, last in rows
        ]

    def put_room(self, room: Room) -> None:
        """Keep a room, in the place of one with its id."""
        with self.connection.transaction() as driver:
            driver.execute(
                "INSERT INTO room (room_id, name, seats, access) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (room_id) DO UPDATE SET name = excluded.name,"
                " seats = excluded.seats, access = excluded.access",
                (room.room_id, room.name, room.seats, room.access),
            )
            _turn(driver)

    def rooms(self) -> list[Room]:
        """Return all rooms by name."""
        rows = self.connection.rows(
            "SELECT room_id, name, seats, access FROM room ORDER BY name, room_id"
        )
        return [Room(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns

    def put_free_days(self, days: Mapping[date, str]) -> None:
        """Keep days on which no series meets, with what they are called."""
        with self.connection.transaction() as driver:
            driver.executemany(
                "INSERT OR REPLACE INTO free_day (day, name) VALUES (?, ?)",
                [(day.isoformat(), name) for day, name in days.items()],
            )

    def remove_free_days(self, days: Iterable[date]) -> None:
        """Let series meet on these days again."""
        with self.connection.transaction() as driver:
            driver.executemany(
                "DELETE FROM free_day WHERE day = ?", [(day.isoformat(),) for day in days]
            )

    def free_days(self) -> dict[date, str]:
        """Return the days on which no series meets."""
        rows = self.connection.rows("SELECT day, name FROM free_day ORDER BY day")
        return {_day(day): str(name) for day, name in rows}

    def add_courses(self, courses: Sequence[Course], at: int) -> list[Course]:
        """Keep new courses, all or none, and return them with their numbers."""
        made = []
        with self.connection.transaction() as driver:
            for course in courses:
                new = replace(course, course_id=course.course_id or str(uuid.uuid4()), rev=1)
                new = replace(new, dates_rev=1)
                cursor = driver.execute(
                    f"INSERT INTO course ({', '.join(_COLUMNS)}, changed_at)"  # noqa: S608
                    f" VALUES ({', '.join('?' * len(_COLUMNS))}, ?)",
                    (*_values(new), at),
                )
                new = replace(new, course=int(cursor.lastrowid or 0))
                made.append(_write_parts(driver, new, ()))
            _turn(driver)
        return made

    def change_course(self, course: Course, at: int) -> Course:
        """Keep a course that was read at ``course.rev``; return it as it stands then.

        :raises EditedMeanwhile: if it has another revision; nothing is changed.
        :raises NoSuchCourse: if it is gone.
        """
        with self.connection.transaction() as driver:
            return change_course(driver, course, at)

    def course(self, number: int) -> Course:
        """Return a course.

        :raises NoSuchCourse: if there is none of that number.
        """
        return one_course(self.connection.rows, number)

    def courses(self, season_id: str | None = None) -> list[Course]:
        """Return all courses, or a season's, by when they begin."""
        where = "WHERE season_id = ?" if season_id else ""
        found = _courses(self.connection.rows, where, (season_id,) if season_id else ())
        return sorted(
            found, key=lambda one: (one.first_at is None, one.first_at or 0, one.title, one.course)
        )

    def courses_between(self, since_ms: int, until_ms: int | None = None) -> list[Course]:
        """Return the courses with a session that is on in a span of time, without an end if None.

        Whole courses, by when they begin.
        """
        found = _courses(
            self.connection.rows,
            "WHERE course IN (SELECT course FROM session WHERE ends_at >= ?1"
            " AND (?2 IS NULL OR starts_at < ?2))",
            (since_ms, until_ms),
        )
        return sorted(found, key=lambda one: (one.first_at or 0, one.title, one.course))

    def withdrawn_courses(self) -> list[str]:
        """Return the ids of courses that were published once and are drafts again."""
        rows = self.connection.rows(
            "SELECT course_id FROM course WHERE state = 'draft' AND published_at IS NOT NULL"
            " ORDER BY course_id"
        )
        return [str(row[0]) for row in rows]

    def note_seats(self, course: int, seats: Seats, change: int) -> None:
        """Keep how full a course is, unless something newer is known already."""
        with self.connection.transaction() as driver:
            done = driver.execute(
                "INSERT INTO course_seats (course, taken, waits, change) VALUES (?1, ?2, ?3, ?4)"
                " ON CONFLICT (course) DO UPDATE SET taken = ?2, waits = ?3, change = ?4"
                " WHERE change < ?4",
                (course, seats.taken, int(seats.waits), change),
            )
            if done.rowcount:
                _turn(driver)

    def seats(self) -> dict[int, Seats]:
        """Return how full courses are; one that nobody signed up for is absent."""
        rows = self.connection.rows("SELECT course, taken, waits FROM course_seats")
        return {int(str(c)): Seats(int(str(taken)), bool(waits)) for c, taken, waits in rows}

    def add_walk_ins(self, session: int, count: int) -> int:
        """Count people who came to a session without signing up, or uncount some; return all."""
        with self.connection.transaction() as driver:
            driver.execute(
                "INSERT INTO walk_in (session, count) VALUES (?1, max(0, ?2))"
                " ON CONFLICT (session) DO UPDATE SET count = max(0, count + ?2)",
                (session, count),
            )
            row = driver.execute("SELECT count FROM walk_in WHERE session = ?", (session,))
            return int(row.fetchone()[0])

    def walk_ins(self) -> dict[int, int]:
        """Return how many came to which session without signing up."""
        rows = self.connection.rows("SELECT session, count FROM walk_in WHERE count > 0")
        return {int(str(session)): int(str(count)) for session, count in rows}

    def seal_signup(self, token_hash: bytes, sealed: bytes, at: int) -> bool:
        """Keep a sign-up that cannot be stored now; False if it is there already."""
        with self.connection.transaction() as driver:
            cursor = driver.execute(
                "INSERT INTO sealed_signup (token_hash, received_at, sealed) VALUES (?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                (token_hash, at, sealed),
            )
            return cursor.rowcount == 1

    def sealed_signups(self) -> list[SealedSignup]:
        """Return what came while personal.db was locked, in the order it came."""
        rows = self.connection.rows(
            "SELECT number, received_at, sealed FROM sealed_signup ORDER BY number"
        )
        return [SealedSignup(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns

    def remove_sealed(self, number: int) -> None:
        """Forget a sealed sign-up that was stored."""
        with self.connection.transaction() as driver:
            driver.execute("DELETE FROM sealed_signup WHERE number = ?", (number,))

    def calendar_turn(self) -> int:
        """Return another number whenever something changed that the calendar shows."""
        row = self.connection.row("SELECT number FROM calendar_turn")
        return int(str(row[0])) if row else 0


def change_course(driver: Driver, course: Course, at: int) -> Course:
    """As :meth:`Courses.change_course`, in a transaction of the caller's."""

    def rows(sql: str, parameters: Sequence[Value] = ()) -> list[Row]:
        return driver.execute(sql, parameters).fetchall()

    before = one_course(rows, course.course)
    if before.rev != course.rev:
        raise EditedMeanwhile(course, before)
    new = edited(before, course)
    if new.state in OPEN:  # what stood there before stays as it is
        known = before.sessions if before.state in OPEN else ()
        refuse_lent_rooms(driver, [one for one in new.sessions if one not in known], at)
    driver.execute(
        f"UPDATE course SET ({', '.join(_COLUMNS)}, changed_at)"  # noqa: S608  # constant text
        f" = ({', '.join('?' * len(_COLUMNS))}, ?), published_at ="
        " CASE WHEN ? IN ('published', 'moved') THEN coalesce(published_at, ?)"
        " ELSE published_at END WHERE course = ?",
        (*_values(new), at, new.state, at, new.course),
    )
    made = _write_parts(driver, new, before.sessions)
    _turn(driver)
    return made


def one_course(rows: Rows, number: int) -> Course:
    """Return a course, read by ``rows``.

    :raises NoSuchCourse: if there is none of that number.
    """
    found = _courses(rows, "WHERE course = ?", (number,))
    if not found:
        raise NoSuchCourse(number)
    return found[0]


def _write_parts(driver: Driver, course: Course, before: Iterable[Session]) -> Course:
    driver.execute("DELETE FROM course_text WHERE course = ?", (course.course,))
    driver.executemany(
        "INSERT INTO course_text (course, language, title, summary) VALUES (?, ?, ?, ?)",
        [(course.course, lang, text.title, text.summary) for lang, text in course.texts.items()],
    )
    known = {one.session for one in before}
    kept = {one.session for one in course.sessions}
    for gone in known - kept:
        driver.execute("DELETE FROM walk_in WHERE session = ?", (gone,))
        driver.execute("DELETE FROM session WHERE session = ?", (gone,))
    sessions = []
    for one in course.sessions:
        values = (
            *(one.starts_at, one.ends_at, one.room_id, one.place, one.break_minutes),
            int(one.cancelled),
        )
        if one.session in known:
            driver.execute(
                "UPDATE session SET (starts_at, ends_at, room_id, place, break_minutes, cancelled)"
                " = (?, ?, ?, ?, ?, ?) WHERE session = ? AND course = ?",
                (*values, one.session, course.course),
            )
            sessions.append(one)
            continue
        cursor = driver.execute(
            "INSERT INTO session (course, starts_at, ends_at, room_id, place, break_minutes,"
            " cancelled) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (course.course, *values),
        )
        sessions.append(replace(one, session=int(cursor.lastrowid or 0)))
    return replace(course, sessions=tuple(sessions))


def _courses(rows: Rows, where: str, parameters: Sequence[Value]) -> list[Course]:
    chosen = f"SELECT course FROM course {where}"  # noqa: S608  # constant text
    texts: dict[int, dict[str, Text]] = {}
    for course, language, title, summary in rows(
        "SELECT course, language, title, summary FROM course_text"  # noqa: S608
        f" WHERE course IN ({chosen}) ORDER BY language",
        parameters,
    ):
        texts.setdefault(int(str(course)), {})[str(language)] = Text(str(title), str(summary))
    sessions: dict[int, list[Session]] = {}
    for course, cancelled, *values in rows(
        "SELECT course, cancelled, starts_at, ends_at, room_id, place, break_minutes, session"  # noqa: S608
        f" FROM session WHERE course IN ({chosen}) ORDER BY starts_at, session",
        parameters,
    ):
        starts, ends, room, place, pause, number = values
        one = Session(starts, ends, room, place, pause, bool(cancelled), number)  # type: ignore[arg-type]  # STRICT
        sessions.setdefault(int(str(course)), []).append(one)
    found = []
    for number, *values in rows(
        f"SELECT course, {', '.join(_COLUMNS)} FROM course {where}",  # noqa: S608
        parameters,
    ):
        named = dict(zip(_COLUMNS, values, strict=True))
        named["digcomp"] = tuple(DigComp(*one) for one in json.loads(str(named["digcomp"])))  # type: ignore[assignment]
        named["languages"] = tuple(json.loads(str(named["languages"])))  # type: ignore[assignment]
        course = int(str(number))
        made = Course(
            course=course,
            texts=texts.get(course, {}),
            sessions=tuple(sessions.get(course, ())),
            **named,  # type: ignore[arg-type]  # STRICT columns
        )
        found.append(made)
    return found


def _values(course: Course) -> list[Value]:
    values: dict[str, Value] = {
        name: getattr(course, name) for name in _COLUMNS if name not in ("digcomp", "languages")
    }
    values["digcomp"] = json.dumps([[one.area, one.level] for one in course.digcomp])
    values["languages"] = json.dumps(list(course.languages))
    return [values[name] for name in _COLUMNS]


def _turn(driver: Driver) -> None:
    driver.execute("UPDATE calendar_turn SET number = number + 1")


def _day(text: Value) -> date:
    return date.fromisoformat(str(text))


_COLUMNS = (
    *("course_id", "season_id", "kind", "state", "seats", "minimum", "cost_cents", "area"),
    *("digcomp", "digcomp_version", "languages", "access", "die_number", "trainer"),
    *("announced_as", "note", "rev", "dates_rev"),
)
