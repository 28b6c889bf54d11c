"""What a volunteer should know who comes in: what is on, whom to call, what needs doing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from edge.desk.register import Register
from edge.desk.signups import DAY_MS, SignupDesk
from edge.desk.vault import Vault
from edge.learning.course import OPEN, Course, Session
from edge.learning.moment import local_day
from edge.lending.overdue import overdue
from edge.store.errors import Locked
from edge.store.personal_signups import Enrolment
from edge.store.village import VillageStore
from edge.volunteers.rota import Shift, standing

if TYPE_CHECKING:
    from edge.store.personal import PersonalStore

LOOK_AHEAD_MS = 21 * DAY_MS  # a draft that begins sooner should be published
DECIDE_MS = 14 * DAY_MS  # a course with too few people is cancelled while they can still be told
LOOK_BACK_MS = 14 * DAY_MS  # so long a season waits for what was not ticked off

Why = Literal["offered", "moved", "cancelled"]
What = Literal["draft", "few", "unticked", "no_season", "sealed", "clock", "late", "gaps"]
GAPS_MS = 14 * DAY_MS  # a shift that begins sooner and lacks somebody is spoken of


@dataclass(frozen=True, slots=True)
class Meeting:
    """A session that is on or begins soon; ``expected`` people have a seat."""

    course: Course
    session: Session
    expected: int


@dataclass(frozen=True, slots=True)
class Call:
    """A party that should be called: a seat is offered, or the course is not what it was."""

    course: Course
    who: Enrolment
    why: Why


@dataclass(frozen=True, slots=True)
class Task:
    """Something that nobody does by itself.

    ``count`` is of people, sessions, sign-ups, loans or shifts; ``at`` is when the first one is.
    """

    what: What
    course: Course | None = None
    session: Session | None = None
    count: int = 0
    at: int = 0


@dataclass(frozen=True, slots=True)
class Today:
    """All of it. ``is_locked``: names are locked, so nobody can say whom to call."""

    meetings: tuple[Meeting, ...]
    calls: tuple[Call, ...]
    tasks: tuple[Task, ...]
    is_locked: bool


def today(
    village: VillageStore, vault: Vault, desk: SignupDesk, register: Register, now_ms: int
) -> Today:
    """Return what is to be done now."""
    courses = village.courses_between(now_ms - LOOK_BACK_MS)
    seats = {number: one.taken for number, one in village.seats().items()}
    meetings = [Meeting(course, one, seats.get(course.course, 0)) for course, one in register.now()]
    due = _past(courses, now_ms)
    calls: list[Call] = []
    ticked: set[int] | None = None
    gaps: list[Shift] = []
    try:
        with vault.open() as personal:
            desk.drain()
            calls = calls_of(courses, personal.live_signups(), now_ms)
            ticked = personal.ticked_sessions(one.session.session for one in due)
            gaps = _gaps(village, personal, now_ms)
    except Locked:
        pass
    sealed = len(village.sealed_signups())
    tasks = [Task("sealed", count=sealed)] if sealed else []
    if not desk.clock_is_set:
        tasks.append(Task("clock"))
    if all(one.last_day < local_day(now_ms) for one in village.seasons()):
        tasks.append(Task("no_season"))
    if late := overdue(village.live_loans(), now_ms):
        tasks.append(Task("late", count=len(late), at=late[0].loan.ends_at))
    if gaps:
        tasks.append(Task("gaps", count=len(gaps), at=gaps[0].starts_at))
    tasks += _tasks(courses, seats, now_ms)
    if ticked is not None:
        counted = ticked | set(village.walk_ins())
        tasks += [
            Task("unticked", one.course, one.session)
            for one in due
            if one.session.session not in counted
        ]
    return Today(tuple(meetings), tuple(calls), tuple(tasks), ticked is None)


def calls_of(courses: Iterable[Course], live: Sequence[Enrolment], now_ms: int) -> list[Call]:
    """Return whom to call, most urgent first: those with an offer by its deadline, then others.

    Whose course is over needs no call.
    """
    known = {one.course: one for one in courses}
    calls = []
    for who in live:
        course = known.get(who.course)
        if course is None or course.state == "draft" or _is_over(course, now_ms):
            continue
        if who.dates_rev != course.dates_rev:
            why: Why = "cancelled" if course.state == "cancelled" else "moved"
            calls.append(Call(course, who, why))
        elif who.state == "offered" and (who.offer_until or 0) > now_ms:
            calls.append(Call(course, who, "offered"))
    return sorted(calls, key=lambda one: one.who.offer_until or one.course.first_at or now_ms)


def _tasks(courses: Iterable[Course], seats: Mapping[int, int], now_ms: int) -> list[Task]:
    tasks = []
    for course in courses:
        first = course.first_at
        if first is None or first <= now_ms:
            continue
        if course.state == "draft" and first - now_ms <= LOOK_AHEAD_MS:
            tasks.append(Task("draft", course))
        taken = seats.get(course.course, 0)
        if course.state in OPEN and taken < course.minimum and first - now_ms <= DECIDE_MS:
            tasks.append(Task("few", course, count=taken))
    return tasks


def _gaps(village: VillageStore, personal: PersonalStore, now_ms: int) -> list[Shift]:
    """Return the shifts that begin soon and lack somebody, by time."""
    held, duties = personal.held(), personal.duties()
    return [
        one
        for one in village.shifts(now_ms, now_ms + GAPS_MS)
        if one.starts_at > now_ms and standing(one, duties, held).missing
    ]


def _past(courses: Iterable[Course], now_ms: int) -> list[Meeting]:
    """Return what was held lately, and should be ticked off."""
    return [
        Meeting(course, one, 0)
        for course in courses
        if course.state in OPEN and course.kind != "stop"
        for one in course.sessions
        if not one.cancelled and now_ms - LOOK_BACK_MS <= one.ends_at <= now_ms
    ]


def _is_over(course: Course, now_ms: int) -> bool:
    """Say whether all sessions are over, those of a cancelled course as they were planned."""
    return max((one.ends_at for one in course.sessions), default=now_ms + 1) <= now_ms
