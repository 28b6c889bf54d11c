"""Courses as volunteers run them and visitors find them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, time, timedelta

from edge.clock import Clock
from edge.desk.vault import Vault
from edge.learning.course import (
    GERMAN,
    OPEN,
    SHOWN,
    Course,
    Season,
    Session,
    checked,
    copied,
    publishable,
)
from edge.learning.errors import Refused
from edge.learning.ical import Event, feed
from edge.learning.moment import moved_days, span, to_local
from edge.store.village import VillageStore
from edge.store.village_county import CountyCourse
from edge.store.village_courses import EditedMeanwhile, Seats, change_course


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the catalogue: the village's own course, or one of the county's.

    ``free`` is None where nobody counts seats here. ``key`` names it in an address.
    """

    key: str
    title: str
    summary: str
    first_at: int | None
    times: tuple[tuple[int, int], ...]
    place: str
    cost_cents: int
    languages: tuple[str, ...]
    access: str
    state: str
    note: str
    free: int | None
    waits: bool
    own: Course | None = None
    county: CountyCourse | None = None


class CourseDesk:
    """Courses of one hub. ``vault`` is asked before seats are taken away from a course."""

    def __init__(self, village: VillageStore, vault: Vault, clock: Clock) -> None:
        self._village = village
        self._vault = vault
        self._clock = clock

    def create(self, courses: Sequence[Course]) -> list[Course]:
        """Keep new drafts, all or none.

        :raises Refused: if one is not in order, or names a season or room that there is not.
        """
        made = [self._checked(replace(one, state="draft")) for one in courses]
        return self._village.add_courses(made, self._now())

    def edit(self, course: Course) -> Course:
        """Keep a changed course that was read at its ``rev``.

        :raises Refused: if it is not in order, or has fewer seats than people.
        :raises EditedMeanwhile: if somebody else changed it since.
        """
        new = self._checked(course)
        if new.state in OPEN:
            publishable(new)
        before = self._village.course(course.course)
        if new.seats >= before.seats:
            return self._village.change_course(new, self._now())
        # under the lock of the line, so that nobody gets one of the seats meanwhile
        with self._vault.open() as personal, personal.connection.transaction():
            taken, _ = personal.taken(course.course)
            if taken > new.seats:
                raise Refused(
                    f"{taken} seats are taken",
                    hint=f"{taken} Plätze sind schon vergeben: Weniger gehen nicht.",
                    field="seats",
                )
            return self._village.change_course(new, self._now())

    def publish(self, number: int, rev: int | None = None) -> Course:
        """Show a course to everybody; from now on people may sign up.

        :raises Refused: if something lacks that a visitor needs.
        """

        def shown(course: Course) -> Course:
            note = "" if course.state == "cancelled" else course.note  # why it was cancelled
            return replace(course, state="published", note=note)

        return self._with_state(number, rev, shown)

    def withdraw(self, number: int, rev: int | None = None) -> Course:
        """Make a course a draft again; earlier open data with it is withdrawn.

        :raises Refused: if people have signed up: then it is cancelled instead.
        """
        seats = self._village.seats().get(number)
        if seats is not None and (seats.taken or seats.waits):
            raise Refused(
                "people have signed up",
                hint="Es sind schon Leute angemeldet: Bitte den Kurs absagen statt zurückziehen.",
            )
        return self._with_state(number, rev, lambda course: replace(course, state="draft"))

    def cancel(self, number: int, note: str = "", rev: int | None = None) -> Course:
        """Cancel a course. It stays in the calendar as cancelled; whoever signed up is told."""
        return self._with_state(
            number, rev, lambda course: replace(course, state="cancelled", note=note)
        )

    def move(
        self,
        number: int,
        change: Callable[[tuple[Session, ...]], Iterable[Session]],
        note: str = "",
        rev: int | None = None,
    ) -> Course:
        """Move a course in time or to another room; whoever signed up is told.

        ``change`` returns the sessions as they are to be.
        """

        def moved(course: Course) -> Course:
            state = course.state if course.state == "draft" else "moved"
            return replace(course, state=state, note=note, sessions=tuple(change(course.sessions)))

        return self._with_state(number, rev, moved)

    def copy(self, courses: Iterable[int], season_id: str) -> list[Course]:
        """Copy courses into another season as drafts, shifted by whole weeks.

        :raises Refused: if a season is unknown.
        """
        season, free = self.season(season_id), list(self._village.free_days())
        made = []
        for number in courses:
            course = self._village.course(number)
            made.append(copied(course, season, self.season(course.season_id), free))
        return self.create(made)

    def season(self, season_id: str) -> Season:
        """Return a season.

        :raises Refused: if there is none of that id.
        """
        known = {one.season_id: one for one in self._village.seasons()}
        if season_id not in known:
            raise Refused(
                f"no season {season_id!r}",
                hint=f"Diese Saison gibt es nicht. Es gibt: {', '.join(known) or 'noch keine'}.",
                field="season_id",
            )
        return known[season_id]

    def catalogue(self, language: str = GERMAN, *, past: bool = False) -> list[Entry]:
        """Return what is on: the village's courses and the county's in one list, by beginning.

        What is over is left out unless ``past``.
        """
        now, seats = self._now(), self._village.seats()
        rooms = {one.room_id: one.name for one in self._village.rooms()}
        found = [
            _own(course, seats.get(course.course), rooms, language)
            for course in self._village.courses()
            if course.state in SHOWN
        ]
        found += [_countys(course) for course in self._village.county_courses()]
        if not past:
            found = [one for one in found if max((e for _, e in one.times), default=now) >= now]
        return sorted(found, key=lambda one: (one.first_at is None, one.first_at or 0, one.title))

    def entry(self, number: int, language: str = GERMAN) -> Entry | None:
        """Return one of the village's courses as the catalogue has it, None if it is a draft.

        :raises NoSuchCourse: if there is none of that number.
        """
        course = self._village.course(number)
        if course.state not in SHOWN:
            return None
        rooms = {one.room_id: one.name for one in self._village.rooms()}
        return _own(course, self._village.seats().get(number), rooms, language)

    def county_entry(self, course_id: str) -> Entry | None:
        """Return one of the county's courses as the catalogue has it, None if there is none."""
        found = self._village.county_courses()
        return next((_countys(one) for one in found if one.course_id == course_id), None)

    def calendar(self, name: str, language: str = GERMAN, *, only: str | None = None) -> bytes:
        """Return the catalogue as an iCalendar feed, one event a session.

        ``only`` is the key of the one entry that is wanted.
        """
        return feed(name, self.events(language, only=only), self._now())

    def events(self, language: str = GERMAN, *, only: str | None = None) -> list[Event]:
        """Return the catalogue as entries of a calendar, one a session, what is over too.

        ``only`` is the key of the one entry that is wanted.
        """
        events = []
        rooms = {one.room_id: one.name for one in self._village.rooms()}
        for entry in self.catalogue(language, past=True):
            if only not in (None, entry.key):
                continue
            if entry.own is None:
                events += [
                    Event(
                        f"{entry.key}-{at}@dorfhub",
                        0,
                        begin,
                        end,
                        entry.title,
                        entry.summary,
                        entry.place,
                    )
                    for at, (begin, end) in enumerate(entry.times)
                ]
                continue
            course = entry.own
            events += [
                Event(
                    f"{course.course_id}-{one.session}@dorfhub",
                    course.rev,
                    one.starts_at,
                    one.ends_at,
                    entry.title,
                    entry.note or entry.summary,
                    place_of(one, rooms),
                    is_cancelled=one.cancelled or course.state == "cancelled",
                )
                for one in course.sessions
            ]
        return events

    def _with_state(
        self, number: int, rev: int | None, change: Callable[[Course], Course]
    ) -> Course:
        before = self._village.course(number)
        if rev is not None and rev != before.rev:
            raise EditedMeanwhile(replace(change(before), rev=rev), before)
        new = self._checked(change(before))
        if new.state in OPEN:
            publishable(new)
        with self._village.connection.transaction() as driver:
            return change_course(driver, new, self._now())

    def _checked(self, course: Course) -> Course:
        made = checked(course)
        self.season(made.season_id)
        rooms = {one.room_id: one for one in self._village.rooms()}
        for one in made.sessions:
            if one.room_id is not None and one.room_id not in rooms:
                raise Refused(
                    f"no room {one.room_id!r}",
                    hint=f"Diesen Raum gibt es nicht. Es gibt: {', '.join(rooms) or 'keinen'}.",
                    field="room_id",
                )
        return made

    def _now(self) -> int:
        return self._clock.stamp().wall_ms


def place_of(session: Session, rooms: dict[str, str]) -> str:
    """Return where a session is, as people say it."""
    return session.place or rooms.get(session.room_id or "", "")


def shifted(
    sessions: Sequence[Session],
    *,
    days: int = 0,
    start: time | None = None,
    end: time | None = None,
    room_id: str | None = None,
    only: date | None = None,
) -> list[Session]:
    """Return sessions moved by days, to other times on the wall or another room.

    ``only`` is the day of the one session to move; all are if it is None.

    :raises Refused: if there is no session on that day.
    :raises NoSuchTime: if the clock jumps over the new time.
    """
    made, hit = [], False
    for one in sessions:
        local = to_local(one.starts_at)
        if only is not None and local.date() != only:
            made.append(one)
            continue
        hit = True
        if start is None and end is None:
            begins, ends = moved_days(one.starts_at, days), moved_days(one.ends_at, days)
        else:
            begins, ends = span(
                local.date() + timedelta(days=days),
                start or local.time(),
                end or to_local(one.ends_at).time(),
            )
            if end is None:
                ends = begins + one.ends_at - one.starts_at
        made.append(
            replace(
                one,
                starts_at=begins,
                ends_at=ends,
                room_id=room_id or one.room_id,
                place="" if room_id else one.place,
            )
        )
    if not hit:
        raise Refused("no such session", hint="An diesem Tag ist kein Termin.", field="only")
    return made


def _own(course: Course, seats: Seats | None, rooms: dict[str, str], language: str) -> Entry:
    text = course.text(language)
    places = dict.fromkeys(place_of(one, rooms) for one in course.sessions)
    free = None
    if course.seats and course.state in OPEN:
        free = max(0, course.seats - (seats.taken if seats else 0))
    return Entry(
        key=f"v{course.course}",
        title=text.title,
        summary=text.summary,
        first_at=course.first_at,
        times=tuple((one.starts_at, one.ends_at) for one in course.sessions if not one.cancelled),
        place=", ".join(one for one in places if one),
        cost_cents=course.cost_cents,
        languages=course.languages,
        access=course.access,
        state=course.state,
        note=course.note,
        free=free,
        waits=bool(seats and seats.waits),
        own=course,
    )


def _countys(course: CountyCourse) -> Entry:
    return Entry(
        key=f"k{course.course_id}",
        title=course.title,
        summary=course.text,
        first_at=course.first_at,
        times=tuple((begin, end) for begin, end in course.sessions),
        place=course.place,
        cost_cents=course.cost_cents,
        languages=(course.language,) if course.language else (),
        access=course.access,
        state="published",
        note="",
        free=None,
        waits=False,
        county=course,
    )
