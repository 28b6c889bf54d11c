"""Courses changed by forms: a part at a time, by several volunteers at once.

A form knows the revision that it showed and a mark of its part. If somebody else changed another
part meanwhile nothing is in the way, and the volunteer is told. If it was the same part the two
versions are shown, and nothing of either is lost.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from edge.desk.courses import CourseDesk
from edge.learning.course import OPEN, Course, Season, Session, checked, copied
from edge.learning.errors import NoSuchTime, Refused
from edge.store.errors import StoreError
from edge.store.village import VillageStore

# What is edited together, so that nobody is asked everything at once.
PARTS: Mapping[str, tuple[str, ...]] = {
    "titel": ("texts", "season_id", "kind"),
    "termine": ("sessions",),
    "plaetze": ("seats", "minimum", "cost_cents"),
    "leitung": ("trainer", "announced_as"),
    "einordnung": ("area", "digcomp", "digcomp_version", "die_number"),
    "zugang": ("languages", "access"),
    "texte": ("texts",),
}
_MADE_HERE = uuid.UUID("6e9a3ed7-6f2c-4c5e-9a52-1d0d3f0c8a11")  # of ids that follow from a form
MAX_COPIED = 200


@dataclass(frozen=True, slots=True)
class Shown:
    """What a form showed when it was made: the course's revision and a mark of the part."""

    rev: int
    mark: str


@dataclass(frozen=True, slots=True)
class Saved:
    """A course as it is stored now. ``beside``: somebody else changed something else meanwhile."""

    course: Course
    beside: bool = False


@dataclass(frozen=True, slots=True)
class Copied:
    """Drafts made of courses. ``lost`` sessions would have fallen on a free day."""

    made: tuple[Course, ...]
    lost: int


def mark(course: Course, part: str) -> str:
    """Return what tells two versions of a part apart."""
    values = [
        sorted(value.items()) if isinstance(value, Mapping) else value
        for value in (getattr(course, name) for name in PARTS[part])
    ]
    return hashlib.blake2b(repr(values).encode(), digest_size=12).hexdigest()


class Editor:
    """Changes courses of one hub by what forms say."""

    def __init__(self, village: VillageStore, courses: CourseDesk) -> None:
        self._village = village
        self._courses = courses

    def create(self, course: Course, token: str) -> Course:
        """Keep a new draft; the same form once more gives the same course.

        :raises Refused: if it is not in order.
        """
        course = replace(course, course_id=_id(token, ""))
        made, _ = self._once([course])
        return made[0]

    def save(
        self,
        number: int,
        part: str,
        shown: Shown,
        change: Callable[[Course], Course],
        note: str = "",
    ) -> Saved:
        """Keep a changed part of a course that was shown as ``shown`` says.

        Where people may have signed up, other sessions make the course a moved one; ``note`` says
        why.

        :raises Refused: if what was entered is not in order.
        :raises EditedMeanwhile: if somebody else changed the same part.
        """
        now = self._village.course(number)
        beside = shown.rev != now.rev and shown.mark == mark(now, part)
        rev = now.rev if beside else shown.rev
        mine = replace(checked(change(now)), rev=rev)
        if rev != now.rev and mark(mine, part) == mark(now, part):
            return Saved(now)  # both of the same mind, or the same form twice
        if part == "termine" and now.state in OPEN:
            kept = self._courses.move(number, lambda _: mine.sessions, note or now.note, rev)
        else:
            kept = self._courses.edit(mine)
        return Saved(kept, beside)

    def copy(self, numbers: Iterable[int], season_id: str, token: str) -> Copied:
        """Copy courses into a season as drafts; the same form once more makes no others.

        :raises Refused: if a season is unknown, or nothing is to be copied.
        :raises NoSuchTime: if the clock jumps over a session's new time.
        """
        wanted = list(dict.fromkeys(numbers))
        if not 0 < len(wanted) <= MAX_COPIED:
            hint = "Bitte mindestens einen Kurs ankreuzen."
            raise Refused("nothing to copy", hint=hint, field="kurs")
        season = self._courses.season(season_id)
        free = list(self._village.free_days())
        courses = [self._village.course(number) for number in wanted]
        copies = [self._copied(one, season, free, token) for one in courses]
        made, _ = self._once(copies)
        before = sum(len(one.sessions) for one in courses)
        return Copied(tuple(made), before - sum(len(one.sessions) for one in copies))

    def _copied(self, course: Course, season: Season, free: list[date], token: str) -> Course:
        try:
            new = copied(course, season, self._courses.season(course.season_id), free)
        except NoSuchTime as error:
            hint = f"„{course.title}“: {error.hint}"
            raise NoSuchTime(str(error), hint=hint, field=error.field) from error
        return replace(new, course_id=_id(token, course.course_id))

    def _once(self, courses: list[Course]) -> tuple[list[Course], bool]:
        """Create courses unless they are there; say whether they were."""
        if found := self._known([one.course_id for one in courses]):
            return found, True
        try:
            return self._courses.create(courses), False
        except StoreError:
            if found := self._known([one.course_id for one in courses]):
                return found, True  # pressed twice, and the other was faster
            raise

    def _known(self, ids: Collection[str]) -> list[Course]:
        found = [one for one in self._village.courses() if one.course_id in ids]
        return found if len(found) == len(ids) else []


def joined(
    before: Iterable[Session], made: Iterable[Session], *, instead: bool
) -> tuple[Session, ...]:
    """Return sessions with new ones, or with ``instead`` the new ones alone.

    One that is there already stays the one it is, whoever came to it is not forgotten; a form that
    is sent twice adds nothing.
    """
    known = {_when_and_where(one): one for one in before}
    new = [known.get(_when_and_where(one), one) for one in made]
    if instead:
        return tuple(dict.fromkeys(new))
    return tuple(dict.fromkeys([*before, *new]))


def replaced(sessions: Iterable[Session], number: int, new: Session) -> tuple[Session, ...]:
    """Return the sessions with one of them changed.

    :raises Refused: if it is gone.
    """
    kept = list(sessions)
    for at, one in enumerate(kept):
        if one.session == number:
            kept[at] = replace(new, session=number)
            return tuple(kept)
    raise Refused("no such session", hint="Diesen Termin gibt es nicht mehr.", field="sessions")


def _when_and_where(one: Session) -> tuple[object, ...]:
    return one.starts_at, one.ends_at, one.room_id, one.place


def _id(token: str, source: str) -> str:
    return str(uuid.uuid5(_MADE_HERE, f"{token}:{source}"))
