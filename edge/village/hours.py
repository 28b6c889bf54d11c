"""When hall, library and office are open: weeks, exceptions, holidays of Hesse.

An exception beats a holiday, a holiday the week. Times are minutes of the day by the hall's clock;
24 hours are 1440. What closes at or before it opens closes on the next day.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, time, timedelta
from itertools import pairwise

from edge.learning.errors import NoSuchTime
from edge.learning.moment import local_day, to_ms
from edge.village.holidays import holiday
from edge.village.words import Refused, line

DAY_MINUTES = 1440
AHEAD_DAYS = 60  # closed for longer is closed; a page says no date then
MAX_SPANS = 4  # of one day
MAX_NAME = 60
MAX_PHONE = 40
MAX_NOTE = 200
MAX_PLACES = 12
MAX_SPECIAL_DAYS = 92  # closed for a quarter of a year; longer is a change of the week

Span = tuple[int, int]
_SPAN = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?\s*(?:-|–|bis)\s*(\d{1,2})(?:[:.](\d{2}))?")
_BETWEEN = re.compile(r"\s*(?:,|;|\bund\b)\s*")
_PHONE = re.compile(r"[0-9+ /()–-]*")


@dataclass(frozen=True, slots=True)
class SpecialDays:
    """Days on which other times hold; no ``spans``: closed. ``why`` is said."""

    first: date
    last: date
    spans: tuple[Span, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place with its hours. ``week`` maps Monday, 0, to Sunday, 6, to spans.

    ``phone`` is the place's own number, for everybody. ``rev`` counts changes.
    """

    place: int = 0
    name: str
    phone: str = ""
    note: str = ""
    on_holidays: bool = False
    week: Mapping[int, tuple[Span, ...]] = field(default_factory=dict)
    special: tuple[SpecialDays, ...] = ()
    rev: int = 0


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a place: its spans, and why if they are not the usual ones."""

    day: date
    spans: tuple[Span, ...]
    why: str = ""


@dataclass(frozen=True, slots=True)
class Now:
    """Whether a place is open; ``until`` when that changes, in ms, None if not soon."""

    is_open: bool
    until: int | None
    why: str = ""


def day_of(place: Place, day: date) -> Day:
    """Return the hours of one day."""
    for one in place.special:
        if one.first <= day <= one.last:
            return Day(day, one.spans, one.why)
    name = holiday(day)
    if name and not place.on_holidays:
        return Day(day, (), name)
    return Day(day, tuple(place.week.get(day.weekday(), ())), "")


def now(place: Place, at_ms: int) -> Now:
    """Return whether a place is open at a moment, and until when that stays so."""
    today = local_day(at_ms)
    for begin, end in _times(place, today - timedelta(1), AHEAD_DAYS + 2):
        if end <= at_ms:
            continue
        if begin <= at_ms:
            return Now(is_open=True, until=end, why=day_of(place, today).why)
        return Now(is_open=False, until=begin, why=day_of(place, today).why)
    return Now(is_open=False, until=None, why=day_of(place, today).why)


def days(place: Place, first: date, count: int = 7) -> tuple[Day, ...]:
    """Return the hours of some days from ``first`` on."""
    return tuple(day_of(place, first + timedelta(at)) for at in range(count))


def read_spans(typed: str, field: str = "") -> tuple[Span, ...]:
    """Return what `9 bis 12, 14:30-18` says; nothing, `zu` and `geschlossen` say closed.

    :raises Refused: `spans`.
    """
    tidy = " ".join(typed.lower().replace("uhr", " ").split())
    if tidy in ("", "zu", "geschlossen", "-", "–"):
        return ()
    spans = []
    for part in _BETWEEN.split(tidy):
        found = _SPAN.fullmatch(part.strip())
        if found is None:
            raise _unreadable(field)
        hour, minute, end_hour, end_minute = (int(one or 0) for one in found.groups())
        begin, end = hour * 60 + minute, end_hour * 60 + end_minute
        if max(minute, end_minute) > 59 or begin >= DAY_MINUTES or end > DAY_MINUTES:
            raise _unreadable(field)
        spans.append((begin, end if end > begin else end + DAY_MINUTES))
    spans.sort()
    over = any(one[1] > two[0] for one, two in pairwise(spans))
    if over or len(spans) > MAX_SPANS:
        raise _unreadable(field)
    return tuple(spans)


def shown(spans: Iterable[Span]) -> str:
    """Return spans as :func:`read_spans` reads them: `9:00–12:00, 14:30–18:00`."""
    return ", ".join(f"{clock(begin)}–{clock(end)}" for begin, end in spans)


def clock(minutes: int) -> str:
    """Return minutes of a day as the clock shows them; the end of a day is 24:00."""
    hour, minute = divmod(minutes if minutes <= DAY_MINUTES else minutes - DAY_MINUTES, 60)
    return f"{hour}:{minute:02d}"


def checked(place: Place, today: date) -> Place:
    """Return a place in order; exceptions that are over are left out.

    :raises Refused: saying what is wrong, in which field.
    """
    phone = line(place.phone, "phone", MAX_PHONE)
    if _PHONE.fullmatch(phone) is None:
        raise Refused("phone", "Das ist keine Telefonnummer.", "phone")
    kept: list[SpecialDays] = []
    for one in sorted(place.special, key=lambda one: (one.first, one.last)):
        if one.last < one.first:
            raise Refused("order", "Das Ende liegt vor dem Anfang.", "last")
        if (one.last - one.first).days >= MAX_SPECIAL_DAYS:
            raise Refused(
                "lasts", f"Eine Ausnahme gilt höchstens {MAX_SPECIAL_DAYS} Tage.", "last",
                bound=MAX_SPECIAL_DAYS,
            )  # fmt: skip
        if kept and one.first <= kept[-1].last:
            raise Refused("twice", "An diesem Tag gilt schon eine Ausnahme.", "first")
        if one.last >= today:
            kept.append(replace(one, why=line(one.why, "why", MAX_NAME)))
    return replace(
        place,
        name=line(place.name, "name", MAX_NAME, needed=True),
        phone=phone,
        note=line(place.note, "note", MAX_NOTE),
        special=tuple(kept),
    )


def _times(place: Place, first: date, count: int) -> Iterator[tuple[int, int]]:
    """Yield the times it is open, in ms and in order; what touches is one."""
    joined: tuple[int, int] | None = None
    for at in range(count):
        one = day_of(place, first + timedelta(at))
        for begin, end in one.spans:
            begins, ends = _at(one.day, begin), _at(one.day, end)
            if joined is not None and begins <= joined[1]:
                joined = joined[0], max(joined[1], ends)
                continue
            if joined is not None:
                yield joined
            joined = begins, ends
    if joined is not None:
        yield joined


def _at(day: date, minutes: int) -> int:
    """Return a moment; one that the clock jumps over is when it has jumped."""
    days_on, minute = divmod(minutes, DAY_MINUTES)
    day += timedelta(days_on)
    try:
        return to_ms(day, time(*divmod(minute, 60)))
    except NoSuchTime:
        return to_ms(day, time(minute // 60 + 1))


def _unreadable(field: str) -> Refused:
    return Refused(
        "spans", "Bitte so schreiben: 9 bis 12, 14:30 bis 18. Geschlossen: leer lassen.", field
    )
