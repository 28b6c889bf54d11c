"""Seasons, courses and their sessions: what they hold and when they are in order.

A course names nobody: who teaches or takes part stands in `personal.db` alone. ``announced_as`` is
what a trainer wants to be called on a poster.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, timedelta
from typing import Literal

from edge.learning.errors import Refused
from edge.learning.moment import HOUR_MS, MINUTE_MS, local_day, moved_days, to_local

State = Literal["draft", "published", "cancelled", "moved"]
Kind = Literal["course", "event", "stop"]
STATES: tuple[State, ...] = ("draft", "published", "cancelled", "moved")
KINDS: tuple[Kind, ...] = ("course", "event", "stop")  # a stop is the mobile bus's
SHOWN = frozenset(("published", "moved", "cancelled"))  # what the calendar shows
OPEN = frozenset(("published", "moved"))  # what can be signed up for

GERMAN = "de"
SIMPLE = "de-simple"  # Leichte Sprache; the variant `simple` is registered for BCP 47
LANGUAGES = (GERMAN, SIMPLE, "en", "uk", "tr", "ar")

# What the statistics of the Volkshochschulen call Programmbereiche.
AREAS: Mapping[int, str] = {
    1: "Politik, Gesellschaft, Umwelt",
    2: "Kultur, Gestalten",
    3: "Gesundheit",
    4: "Sprachen",
    5: "Qualifikationen für das Arbeitsleben, IT",
    6: "Schulabschlüsse, Studienzugang",
    7: "Grundbildung",
}
DIGCOMP_VERSION = "3.0"
DIGCOMP_AREAS = range(1, 6)

UNIT_MINUTES = 45  # a teaching unit
MAX_TITLE = 120  # a poster's line
MAX_TEXT = 4000
MAX_NOTE = 500
MAX_SEATS = 1000  # more than the hall holds
MAX_SESSIONS = 200  # one a week is four years
MAX_SESSION_HOURS = 24
MAX_COST_CENTS = 1_000_000

# Seven digits or more with what people put between them (a date has dots), or an address.
_PHONE = re.compile(r"(?<!\d)(?:\+|0)\d(?:[ /()–-]{0,3}\d){5,}")
_MAIL = re.compile(r"\S@\S")


@dataclass(frozen=True, slots=True)
class Season:
    """A half year of courses; ``last_day`` is its last one."""

    season_id: str
    name: str
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True)
class Room:
    """A room; ``seats`` 0: nobody counted them. ``access`` tells of steps, lifts, loops."""

    room_id: str
    name: str
    seats: int = 0
    access: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """What a course is called in one language."""

    title: str
    summary: str = ""


@dataclass(frozen=True, slots=True)
class DigComp:
    """What of the framework a course teaches; ``level`` in the words of its version."""

    area: int
    level: str = ""


@dataclass(frozen=True, slots=True)
class Session:
    """One meeting. Times in ms since 1970, UTC; ``place`` where it is in none of our rooms.

    ``break_minutes`` are no teaching. ``cancelled``: this one falls through.
    """

    starts_at: int
    ends_at: int
    room_id: str | None = None
    place: str = ""
    break_minutes: int = 0
    cancelled: bool = False
    session: int = 0

    @property
    def minutes(self) -> int:
        """Return how many minutes are taught: real ones, whatever the clock on the wall does."""
        whole = (self.ends_at - self.starts_at) // MINUTE_MS
        return 0 if self.cancelled else max(0, whole - self.break_minutes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A course as it stands. ``seats`` 0: no sign-up, whoever wants comes.

    ``rev`` counts every change, ``dates_rev`` those of when, where and whether. ``course`` is the
    database's number, 0 before it is kept; ``trainer`` that of a person in personal.db.
    """

    season_id: str
    texts: Mapping[str, Text]
    course: int = 0
    course_id: str = ""
    kind: Kind = "course"
    state: State = "draft"
    seats: int = 0
    minimum: int = 0
    cost_cents: int = 0
    area: int = 0
    digcomp: tuple[DigComp, ...] = ()
    digcomp_version: str = DIGCOMP_VERSION
    languages: tuple[str, ...] = (GERMAN,)
    access: str = ""
    die_number: str = ""
    trainer: int | None = None
    announced_as: str = ""
    note: str = ""
    sessions: tuple[Session, ...] = field(default=())
    rev: int = 0
    dates_rev: int = 0

    @property
    def title(self) -> str:
        """Return the German title."""
        return self.text(GERMAN).title

    @property
    def first_at(self) -> int | None:
        """Return when it begins, None without sessions."""
        held = [one.starts_at for one in self.sessions if not one.cancelled]
        return min(held, default=None)

    @property
    def last_at(self) -> int | None:
        """Return when its last session ends."""
        return max((one.ends_at for one in self.sessions if not one.cancelled), default=None)

    @property
    def minutes(self) -> int:
        """Return how many minutes are taught in all sessions."""
        return sum(one.minutes for one in self.sessions)

    def text(self, language: str) -> Text:
        """Return title and summary in a language, in German where there is no translation."""
        found = self.texts.get(language) or self.texts.get(GERMAN)
        return found if found is not None else Text("")


def units(minutes: int) -> float:
    """Return teaching units of 45 minutes, to two digits."""
    return round(minutes / UNIT_MINUTES, 2)


def checked(course: Course) -> Course:
    """Return the course with its texts tidied and its sessions in order of time.

    :raises Refused: saying what is wrong, in which field.
    """
    texts = {
        language: Text(
            one_line(text.title, f"title.{language}", MAX_TITLE, least=1),
            many_lines(text.summary, f"summary.{language}", MAX_TEXT),
        )
        for language, text in course.texts.items()
    }
    if GERMAN not in texts:
        raise Refused("no German title", hint="Es fehlt der deutsche Titel.", field="title.de")
    for language in texts:
        if language not in LANGUAGES:
            raise Refused(f"unknown language {language}", hint="Diese Sprache gibt es hier nicht.")
    _choices(course)
    _numbers(course)
    made = replace(
        course,
        texts=texts,
        access=one_line(course.access, "access", MAX_NOTE),
        die_number=one_line(course.die_number, "die_number", 40),
        announced_as=one_line(course.announced_as, "announced_as", MAX_TITLE),
        note=one_line(course.note, "note", MAX_NOTE),
        sessions=_sessions(course.sessions),
    )
    for name, words in _public_words(made):
        if reaches_somebody(words):
            raise Refused(
                f"{name} holds a telephone number or an address",
                hint="Der Text wird veröffentlicht: Bitte keine Telefonnummer und keine "
                "E-Mail-Adresse hineinschreiben. Angemeldet wird sich am Terminal.",
                field=name,
            )
    return made


def publishable(course: Course) -> None:
    """Return if a course may be shown to everybody.

    :raises Refused: if something lacks that a visitor needs.
    """
    if not [one for one in course.sessions if not one.cancelled]:
        raise Refused("no session", hint="Es fehlt noch ein Termin.", field="sessions")
    if course.kind == "course" and course.area not in AREAS:
        raise Refused(
            "no area",
            hint="Es fehlt der Programmbereich (1 bis 7); der Bericht an die Förderer braucht ihn.",
            field="area",
        )


def edited(before: Course, after: Course) -> Course:
    """Return ``after`` with the revisions that follow from what it changes."""
    moved = when_and_where(before) != when_and_where(after)
    return replace(
        after,
        course=before.course,
        course_id=before.course_id,
        rev=before.rev + 1,
        dates_rev=before.dates_rev + moved,
    )


def when_and_where(course: Course) -> tuple[object, ...]:
    """Return what somebody who signed up must be told of when it changes."""
    closed = course.state == "cancelled"
    return closed, tuple(
        (one.starts_at, one.ends_at, one.room_id, one.place, one.cancelled)
        for one in course.sessions
    )


def differences(mine: Course, theirs: Course) -> list[str]:
    """Return the fields in which two versions of a course differ."""
    return [
        one.name
        for one in fields(Course)
        if one.name not in ("rev", "dates_rev")
        and getattr(mine, one.name) != getattr(theirs, one.name)
    ]


def copied(course: Course, season: Season, old: Season, holidays: Sequence[date] = ()) -> Course:
    """Return a draft for another season: as many whole weeks later as lie between the two.

    Day of the week and time on the wall stay. A session that would fall on a holiday is left out.
    """
    weeks = round((season.first_day - old.first_day).days / 7)
    sessions = []
    for one in course.sessions:
        if local_day(one.starts_at) + timedelta(weeks=weeks) in holidays:
            continue
        sessions.append(
            replace(
                one,
                session=0,
                cancelled=False,
                starts_at=moved_days(one.starts_at, weeks * 7),
                ends_at=moved_days(one.ends_at, weeks * 7),
            )
        )
    return replace(
        course,
        course=0,
        course_id="",
        season_id=season.season_id,
        state="draft",
        note="",
        rev=0,
        dates_rev=0,
        sessions=tuple(sessions),
    )


def reaches_somebody(words: str) -> bool:
    """Tell whether a text holds what looks like a telephone number or an e-mail address."""
    return bool(_PHONE.search(words) or _MAIL.search(words))


def one_line(text: str, name: str, most: int, *, least: int = 0) -> str:
    """Return a text of one line, tidied: NFC, single spaces, no control or direction signs.

    :raises Refused: if it is too long or, with ``least``, too short.
    """
    tidy = " ".join(_plain(text).split())
    _fits(tidy, name, most, least)
    return tidy


def many_lines(text: str, name: str, most: int) -> str:
    """Return a text of lines, tidied as in :func:`one_line`."""
    lines = [" ".join(_plain(line).split()) for line in text.splitlines()]
    tidy = "\n".join(lines).strip()
    _fits(tidy, name, most, 0)
    return tidy


def _fits(text: str, name: str, most: int, least: int) -> None:
    if not least <= len(text) <= most:
        what = f"{least} bis {most}" if least else f"höchstens {most}"
        raise Refused(
            f"{name} has {len(text)} characters",
            hint=f"Hier passen {what} Zeichen hinein; es sind {len(text)}.",
            field=name,
        )


def _plain(text: str) -> str:
    """Drop what is no sign of a text; joiners stay, names of many languages are written so."""
    kept = []
    for sign in unicodedata.normalize("NFC", text):
        kind = unicodedata.category(sign)
        if sign in "\u200c\u200d":
            kept.append(sign)
        elif kind in ("Cc", "Zs", "Zl", "Zp"):
            kept.append(" ")
        elif kind not in ("Cf", "Cs") and not _is_nothing(ord(sign)):
            kept.append(sign)
    return "".join(kept)


def _is_nothing(code: int) -> bool:
    """Say whether Unicode will never have a sign there; one that only Python lacks may come."""
    return code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF


def _public_words(course: Course) -> list[tuple[str, str]]:
    found = []
    for language, text in course.texts.items():
        found += [(f"title.{language}", text.title), (f"summary.{language}", text.summary)]
    found += [("access", course.access), ("announced_as", course.announced_as)]
    found.append(("note", course.note))
    return found + [("place", one.place) for one in course.sessions]


def _choices(course: Course) -> None:
    choices: tuple[tuple[str, object, Sequence[object]], ...] = (
        ("kind", course.kind, KINDS),
        ("state", course.state, STATES),
        ("area", course.area, (0, *AREAS)),
    )
    for name, value, allowed in choices:
        if value not in allowed:
            told = ", ".join(map(str, allowed))
            raise Refused(f"{name} is {value!r}", hint=f"Möglich sind hier: {told}.", field=name)
    if any(not re.fullmatch("[a-z]{2,3}", one) for one in course.languages):
        raise Refused(
            "a language is no code",
            hint="Sprachen bitte als Kürzel: de, en, uk, tr, ar.",
            field="languages",
        )
    for one in course.digcomp:
        if one.area not in DIGCOMP_AREAS or len(one.level) > 40:
            raise Refused(
                f"DigComp has no area {one.area}",
                hint="DigComp hat die Bereiche 1 bis 5; die Stufe höchstens 40 Zeichen.",
                field="digcomp",
            )


def _numbers(course: Course) -> None:
    bounds = (
        ("seats", course.seats, MAX_SEATS),
        ("minimum", course.minimum, course.seats),
        ("cost_cents", course.cost_cents, MAX_COST_CENTS),
    )
    for name, value, most in bounds:
        if not 0 <= value <= most:
            raise Refused(f"{name} is {value}", hint=f"Möglich ist hier 0 bis {most}.", field=name)


def _sessions(sessions: Sequence[Session]) -> tuple[Session, ...]:
    if len(sessions) > MAX_SESSIONS:
        raise Refused(
            f"{len(sessions)} sessions",
            hint=f"Ein Kurs hat höchstens {MAX_SESSIONS} Termine.",
            field="sessions",
        )
    made = []
    for one in sorted(sessions, key=lambda each: (each.starts_at, each.ends_at)):
        length = one.ends_at - one.starts_at
        if not 0 < length <= MAX_SESSION_HOURS * HOUR_MS:
            day = to_local(one.starts_at)
            raise Refused(
                f"a session of {length} ms",
                hint=f"Der Termin am {day:%d.%m.%Y} muss nach seinem Anfang enden und darf "
                f"höchstens {MAX_SESSION_HOURS} Stunden dauern.",
                field="sessions",
            )
        if not 0 <= one.break_minutes * MINUTE_MS < length:
            raise Refused(
                "a break as long as the session",
                hint="Die Pause muss kürzer sein als der Termin.",
                field="sessions",
            )
        made.append(replace(one, place=one_line(one.place, "place", MAX_TITLE)))
    return tuple(made)
