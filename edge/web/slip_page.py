"""What stands on a slip, and on the list of somebody's own courses; knows no Flask."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from edge.desk import Slip
from edge.desk.courses import place_of
from edge.desk.paper import qr_svg
from edge.learning.course import Course
from edge.learning.slip import shown
from edge.store.errors import Locked
from edge.web import course_words
from edge.web.course_page import Meeting, Said, title_of
from edge.web.own_slips import Signup
from edge.web.point import Point
from edge.web.tongue import later, say, say_count, spoken

Mood = Literal["success", "info", "warning", "danger"]
MAX_ON_CARD = 24  # sign-ups of one card that are shown; a visit keeps 32 slips


@dataclass(frozen=True, slots=True)
class SlipView:
    """A slip as it is shown and printed. ``place`` says which of the visit's slips it is."""

    place: int
    number: str
    qr: str
    title: Said
    headline: str
    text: str
    mood: Mood
    people: str
    meetings: tuple[Meeting, ...]
    note: str
    course: int
    is_over: bool = False
    is_moved: bool = False
    is_cancelled: bool = False
    can_cancel: bool = False
    can_accept: bool = False
    can_let_pass: bool = False
    accept: str = ""


def slip_view(
    point: Point, number: str, place: int, made: Sequence[Signup], now_ms: int
) -> SlipView:
    """Return a slip as it stands; while names are locked, what this visit knows of it.

    :raises LearningError: if it is no slip.
    :raises StoreError: if it is nobody's, or nothing is known of it while names are locked.
    """
    try:
        slip = point.desk.my(number, spoken().code)
    except Locked:
        known = next((one for one in made if one.number == number), None)
        if known is None:
            raise
        return _while_locked(point, known, place)
    course = point.village.course(slip.course)
    return _view(point, slip, course, place, now_ms, qr=qr_svg(slip.number, sized=False))


def card_views(
    point: Point, card: bytes, place_of_slip: Callable[[str], int], now_ms: int
) -> tuple[SlipView, ...]:
    """Return the sign-ups of a card's owner, what comes next first; nothing if it is nobody's.

    :raises StoreError: while names are locked.
    """
    with point.vault.open() as personal:
        found = [one for one in personal.of_card(card) if one.slip][-MAX_ON_CARD:]
    slips = [point.desk.my(one.slip, spoken().code) for one in found]
    slips.sort(key=lambda one: min((each.starts_at for each in one.sessions), default=0))
    views = [
        _view(point, one, point.village.course(one.course), place_of_slip(one.number), now_ms)
        for one in slips
    ]
    return tuple(sorted(views, key=lambda one: one.is_over))


def _while_locked(point: Point, known: Signup, place: int) -> SlipView:
    course = point.village.course(known.course)
    headline, text, mood = _STORED if known.is_sure else _RECEIVED
    return SlipView(
        place=place,
        number=shown(known.number),
        qr=qr_svg(known.number, sized=False),
        title=title_of(course),
        headline=say(headline),
        text=say(text),
        mood=mood,
        people=course_words.people(known.party),
        meetings=_meetings(point, course),
        note=course.note,
        course=course.course,
        is_cancelled=course.state == "cancelled",
    )


def _view(
    point: Point, slip: Slip, course: Course, place: int, now_ms: int, *, qr: str = ""
) -> SlipView:
    headline, text, mood = _said(slip)
    lives = slip.state in ("confirmed", "waiting", "offered") and not slip.is_cancelled
    offered = slip.state == "offered" and (slip.offer_until or 0) > now_ms and lives
    return SlipView(
        place=place,
        number=slip.shown,
        qr=qr,
        title=title_of(course),
        headline=headline,
        text=text,
        mood=mood,
        people=course_words.people(slip.party),
        meetings=_meetings(point, course),
        note=slip.note,
        course=slip.course,
        is_over=slip.state in ("cancelled", "done"),
        is_moved=slip.is_moved and lives,
        is_cancelled=slip.is_cancelled,
        can_cancel=lives,
        can_accept=offered,
        can_let_pass=offered and slip.offer < slip.party,
        accept=_accept(slip),
    )


def _accept(slip: Slip) -> str:
    """Return what is said by taking an offer."""
    if slip.offer == slip.party:
        return say_count("Ja, ich komme", "Ja, wir kommen", slip.party)
    return say_count("Ja, {count} von uns kommt", "Ja, {count} von uns kommen", slip.offer)


def _meetings(point: Point, course: Course) -> tuple[Meeting, ...]:
    rooms = {one.room_id: one.name for one in point.village.rooms()}
    return tuple(
        Meeting(course_words.span(one.starts_at, one.ends_at), place_of(one, rooms), one.cancelled)
        for one in course.sessions
    )


def _said(slip: Slip) -> tuple[str, str, Mood]:
    """Return a state in plain words: a headline, what it means, how serious it is."""
    if slip.state in ("confirmed", "waiting", "offered") and slip.is_cancelled:
        return say("Der Kurs fällt aus"), say("Sie müssen sich nicht abmelden."), "danger"
    if slip.state == "confirmed":
        headline = say_count("Sie haben einen Platz", "Sie haben {count} Plätze", slip.party)
        return headline, say("Wenn Sie nicht kommen können, melden Sie sich bitte ab."), "success"
    if slip.state == "waiting":
        headline = say("Warteliste: Sie stehen an Stelle {number}", number=slip.ahead + 1)
        return headline, say(_WAITING), "warning"
    if slip.state == "offered":
        until = course_words.moment(slip.offer_until or 0)
        if slip.offer < slip.party:
            headline = say(
                "Für {offer} von {party} Personen ist Platz frei",
                offer=slip.offer,
                party=slip.party,
            )
        else:
            headline = say_count(
                "Für Sie ist ein Platz frei", "Für Sie sind {count} Plätze frei", slip.offer
            )
        return headline, say("Bitte sagen Sie bis {until} zu.", until=until), "info"
    if slip.state == "done":
        return say("Dieser Kurs ist vorbei"), say("Schön, dass Sie dabei waren."), "info"
    return say("Diese Anmeldung gilt nicht mehr"), say(_GONE), "info"


_WAITING = later(
    "Wird ein Platz frei, bekommen Sie ihn angeboten. Fragen Sie hier mit Ihrem Zettel nach, oder "
    "lassen Sie sich anrufen."
)
_GONE = later("Sie wurde abgemeldet, oder die Frist ist vorbei. Sie können sich neu anmelden.")
_RECEIVED: tuple[str, str, Mood] = (
    later("Angekommen – Ihr Platz ist noch nicht sicher"),
    later(
        "Die Namen sind gerade gesperrt. Sobald jemand vom Lernpunkt sie öffnet, gilt die "
        "Reihenfolge der Anmeldungen. Behalten Sie den Zettel und fragen Sie vor dem ersten Termin "
        "noch einmal nach."
    ),
    "warning",
)
_STORED: tuple[str, str, Mood] = (
    later("Ihre Anmeldung ist gespeichert"),
    later(
        "Die Namen sind gerade gesperrt. Wie es um Ihren Platz steht, sehen Sie später mit Ihrem "
        "Zettel."
    ),
    "info",
)
