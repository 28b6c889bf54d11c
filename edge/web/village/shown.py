"""What hangs and what is on, as pages show it. No Flask here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from edge.clock import Clock
from edge.desk.courses import CourseDesk, Entry
from edge.desk.feeds import when
from edge.desk.notices import DAY_MS, NoticeDesk
from edge.desk.vault import Vault
from edge.learning.moment import local_day
from edge.store.village import VillageStore
from edge.store.village_county import CountyNotice
from edge.store.village_notices import BoardNotice
from edge.village import hours
from edge.web.village import words

AHEAD_DAYS = 60
MAX_DATES = 40
MAX_NOTICES = 40


@dataclass(frozen=True, slots=True)
class Hanging:
    """A notice as it hangs; ``when`` it takes place is words already."""

    title: str
    body: str
    shown_from: int
    source: str = ""
    when: str = ""
    place: str = ""
    repeats: str = ""
    notice: int = 0


@dataclass(frozen=True, slots=True)
class Dated:
    """One time of an event or a course. ``course`` is its key in an address, empty of an event."""

    starts_at: int
    title: str
    when: str
    place: str
    text: str = ""
    course: str = ""
    repeats: str = ""
    notice: int = 0


@dataclass(frozen=True, slots=True)
class Opening:
    """How a place is right now, in words."""

    name: str
    state: str
    is_open: bool
    why: str = ""
    phone: str = ""


def hanging(village: VillageStore, clock: Clock, most: int = MAX_NOTICES) -> list[Hanging]:
    """Return what hangs, the village's and the county's, newest first."""
    now = clock.stamp().wall_ms
    own = NoticeDesk(village, clock).hanging()
    found = [own_notice(one, now) for one in own if one.shown_from <= now]
    found += [_countys(one) for one in village.county_notices(now, most)]
    return sorted(found, key=lambda one: -one.shown_from)[:most]


def dates(village: VillageStore, vault: Vault, clock: Clock) -> list[Dated]:
    """Return what takes place in the next weeks, events and courses, by beginning."""
    now = clock.stamp().wall_ms
    until = now + AHEAD_DAYS * DAY_MS
    found = events(village, clock, AHEAD_DAYS)
    found += _of_courses(CourseDesk(village, vault, clock).catalogue(), now, until)
    return sorted(found, key=lambda one: (one.starts_at, one.title))[:MAX_DATES]


def events(village: VillageStore, clock: Clock, ahead_days: int) -> list[Dated]:
    """Return what takes place in the next days and is no course, by beginning.

    What comes again and again stands there once, the next time.
    """
    now = clock.stamp().wall_ms
    found = NoticeDesk(village, clock).dates(now, now + ahead_days * DAY_MS)
    once = {one.notice.notice: one for one in reversed(found)}
    return [
        Dated(
            one.starts_at,
            one.notice.title,
            words.span(one.starts_at, one.ends_at),
            one.notice.place,
            one.notice.text,
            repeats=_repeats(one.notice),
            notice=one.notice.notice,
        )
        for one in sorted(once.values(), key=lambda one: (one.starts_at, one.notice.notice))
    ]


def openings(village: VillageStore, now_ms: int) -> list[Opening]:
    """Return how each place is right now."""
    return [opening(one, now_ms) for one in village.places()]


def opening(place: hours.Place, now_ms: int) -> Opening:
    """Return how a place is right now."""
    now = hours.now(place, now_ms)
    return Opening(place.name, words.opening(now, now_ms), now.is_open, now.why, place.phone)


def week(place: hours.Place, now_ms: int) -> list[tuple[hours.Day, str]]:
    """Return the hours of today and the six days after, in words."""
    return [(day, words.hours(day.spans)) for day in hours.days(place, local_day(now_ms))]


def own_notice(notice: BoardNotice, now_ms: int) -> Hanging:
    """Return a notice of the village's own."""
    times = when(notice, now_ms)
    return Hanging(
        notice.title,
        notice.text,
        notice.shown_from,
        when=words.span(*times) if times else "",
        place=notice.place,
        repeats=_repeats(notice),
        notice=notice.notice,
    )


def _repeats(notice: BoardNotice) -> str:
    return words.repeats(notice.event.repeat) if notice.event is not None else ""


def _countys(notice: CountyNotice) -> Hanging:
    return Hanging(notice.title, notice.body, notice.shown_from, source=notice.source)


def _of_courses(entries: Iterable[Entry], since: int, until: int) -> list[Dated]:
    return [
        Dated(begin, entry.title, words.span(begin, end), entry.place, course=entry.key)
        for entry in entries
        if entry.state != "cancelled"
        for begin, end in entry.times
        if end > since and begin < until
    ]
