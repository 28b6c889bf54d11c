"""What stands on the pages of courses, gathered from the desk; knows no Flask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from edge.desk import Entry
from edge.desk.courses import place_of
from edge.learning.course import GERMAN, Course
from edge.learning.moment import local_day
from edge.store.village_courses import NoSuchCourse
from edge.web import course_words
from edge.web.point import Point
from edge.web.tongue import later, say, say_count, spoken

By = Literal["monat", "thema"]
FAR = 2**62  # a course whose time is not known stands last

# Of the catalogue, where a theme is asked for: what is no course stands behind them.
_BUS, _EVENTS, _COUNTY, _OTHER = 90, 91, 92, 93


@dataclass(frozen=True, slots=True)
class Said:
    """A text that people wrote, and the language it is in."""

    text: str
    lang: str


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of what is to be known; ``lang`` if people wrote it."""

    name: str
    value: str
    lang: str = ""


@dataclass(frozen=True, slots=True)
class Meeting:
    """One session: when, where, and whether it falls through."""

    when: str
    place: str
    falls_through: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One course of the list. ``number`` is ours, ``county_id`` the county's."""

    number: int
    county_id: str
    title: Said
    summary: Said
    when: str
    more: str
    seats: str
    is_full: bool
    badge: str
    note: str
    is_cancelled: bool
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The courses of a month or theme."""

    key: str
    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class CourseView:
    """Everything about one course. ``why_not`` says why nobody can sign up, empty if they can."""

    number: int
    county_id: str
    title: Said
    summary: Said
    badge: str
    note: str
    is_cancelled: bool
    is_moved: bool
    facts: tuple[Fact, ...]
    meetings: tuple[Meeting, ...]
    seats: str
    is_full: bool
    why_not: str
    most: int = 0
    dates_rev: int = 0


def catalogue(point: Point, now_ms: int, by: By) -> tuple[Group, ...]:
    """Return what is on, by month or theme; within one what is next comes first."""
    entries = sorted(
        point.courses.catalogue(spoken().code), key=lambda one: (_next(one, now_ms), one.title)
    )
    found: dict[tuple[int, str, str], list[Line]] = {}
    for entry in entries:
        found.setdefault(_group(entry, now_ms, by), []).append(_line(entry, now_ms))
    order = sorted(found) if by == "thema" else list(found)
    return tuple(Group(key, title, tuple(found[n, key, title])) for n, key, title in order)


def village_course(point: Point, number: int, now_ms: int) -> CourseView | None:
    """Return one of our courses, None if nobody may see it."""
    try:
        entry = point.courses.entry(number, spoken().code)
    except NoSuchCourse:
        return None
    if entry is None or entry.own is None:
        return None
    course = entry.own
    rooms = {one.room_id: one for one in point.village.rooms()}
    names = {key: one.name for key, one in rooms.items()}
    meetings = _meetings(course, names)
    access = [one.access for key, one in rooms.items() if key in _rooms_of(course)]
    facts = [
        *_facts(entry, place=not meetings),
        *(Fact(say("Im Haus"), one, GERMAN) for one in dict.fromkeys(access) if one),
    ]
    if course.announced_as:
        facts.insert(0, Fact(say("Leitung"), course.announced_as, GERMAN))
    why_not = course_words.why_not(course, now_ms)
    return CourseView(
        number=number,
        county_id="",
        title=_title(entry),
        summary=_summary(entry),
        badge=_badge(entry),
        note=entry.note,
        is_cancelled=course.state == "cancelled",
        is_moved=course.state == "moved",
        facts=tuple(facts),
        meetings=meetings,
        seats="" if why_not else course_words.seats(entry.free, waits=entry.waits),
        is_full=_is_full(entry),
        why_not=why_not,
        most=min(course.seats, 4),
        dates_rev=course.dates_rev,
    )


def county_course(point: Point, county_id: str) -> CourseView | None:
    """Return a course of the county's, None if there is none of that id."""
    entry = point.courses.county_entry(county_id)
    if entry is None or entry.county is None:
        return None
    meetings = [Meeting(course_words.span(*one), entry.place, False) for one in entry.times]
    if not meetings and entry.first_at is not None:
        meetings = [Meeting(course_words.moment(entry.first_at), entry.place, False)]
    contact = entry.county.contact
    return CourseView(
        number=0,
        county_id=county_id,
        title=_title(entry),
        summary=_summary(entry),
        badge=_badge(entry),
        note="",
        is_cancelled=False,
        is_moved=False,
        facts=(
            *_facts(entry, place=not meetings),
            *([Fact(say("Anmeldung beim Kreis"), contact, GERMAN)] * bool(contact)),
        ),
        meetings=tuple(meetings),
        seats="",
        is_full=False,
        why_not=say("Für diesen Kurs melden Sie sich beim Kreis an."),
    )


def title_of(course: Course) -> Said:
    """Return a course's title in the visitor's language, in German where there is none."""
    lang = spoken().code
    return Said(course.text(lang).title, lang if lang in course.texts else GERMAN)


def _meetings(course: Course, rooms: dict[str, str]) -> tuple[Meeting, ...]:
    return tuple(
        Meeting(course_words.span(one.starts_at, one.ends_at), place_of(one, rooms), one.cancelled)
        for one in course.sessions
    )


def _rooms_of(course: Course) -> set[str]:
    return {one.room_id for one in course.sessions if one.room_id and not one.place}


def _next(entry: Entry, now_ms: int) -> int:
    """Return when the next session begins; of one that is on, when it began."""
    to_come = [begin for begin, end in entry.times if end >= now_ms]
    return min(to_come, default=entry.first_at if entry.first_at is not None else FAR)


def _group(entry: Entry, now_ms: int, by: By) -> tuple[int, str, str]:
    if by == "monat":
        at = _next(entry, now_ms)
        if at == FAR:
            return 1, "offen", say("Termin noch offen")
        day = local_day(at)
        return 0, f"m{day:%Y%m}", course_words.month(at)
    theme = _theme(entry)
    titles = {
        _COUNTY: later("Kurse des Kreises"),
        _BUS: later("Der Bus kommt ins Dorf"),
        _EVENTS: later("Veranstaltungen"),
        _OTHER: later("Andere Kurse"),
    }
    return theme, f"t{theme}", say((titles | dict(course_words.AREAS))[theme])


def _theme(entry: Entry) -> int:
    if entry.own is None:
        return _COUNTY
    kinds = {"stop": _BUS, "event": _EVENTS}
    area = entry.own.area if entry.own.area in course_words.AREAS else _OTHER
    return kinds.get(entry.own.kind, area)


def _line(entry: Entry, now_ms: int) -> Line:
    to_come = sorted(one for one in entry.times if one[1] >= now_ms)
    when = ""
    if to_come:
        when = course_words.span(*to_come[0])
    elif entry.first_at is not None:
        when = course_words.moment(entry.first_at)
    more = ""
    if len(to_come) > 1 and entry.state != "cancelled":
        more = say_count(
            "und {count} weiterer Termin", "und {count} weitere Termine", len(to_come) - 1
        )
    why_not = course_words.why_not(entry.own, now_ms) if entry.own is not None else ""
    return Line(
        number=entry.own.course if entry.own is not None else 0,
        county_id=entry.county.course_id if entry.county is not None else "",
        title=_title(entry),
        summary=_summary(entry),
        when=when,
        more=more,
        seats="" if why_not else course_words.seats(entry.free, waits=entry.waits),
        is_full=_is_full(entry),
        badge=_badge(entry),
        note=entry.note,
        is_cancelled=entry.state == "cancelled",
        facts=_facts(entry),
    )


def _is_full(entry: Entry) -> bool:
    return entry.free is not None and (not entry.free or entry.waits)


def _badge(entry: Entry) -> str:
    if entry.county is not None:
        return say("Vom Kreis")
    kind = entry.own.kind if entry.own is not None else "course"
    return say(course_words.KINDS.get(kind, ""))


def _facts(entry: Entry, *, place: bool = True) -> tuple[Fact, ...]:
    return tuple(
        fact
        for fact in (
            Fact(say("Wo"), entry.place if place else "", GERMAN),
            Fact(say("Kosten"), course_words.cost(entry.cost_cents)),
            Fact(say("Sprache"), course_words.languages(entry.languages)),
            Fact(say("Gut zu wissen"), entry.access, GERMAN),
        )
        if fact.value
    )


def _title(entry: Entry) -> Said:
    return Said(entry.title, _lang(entry))


def _summary(entry: Entry) -> Said:
    return Said(entry.summary, _lang(entry))


def _lang(entry: Entry) -> str:
    lang = spoken().code
    if entry.own is not None:
        return lang if lang in entry.own.texts else GERMAN
    return (entry.county.language if entry.county is not None else "") or GERMAN
