"""Words for courses, in the tongue of the request: when, where, how much, how full, what is wrong.

The rules of the learning point say what is wrong in German, for volunteers and commands too; what a
villager is told stands here, in every tongue.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

from babel.dates import format_skeleton
from babel.numbers import format_currency

from edge.learning.course import OPEN, Course
from edge.learning.errors import LearningError, SlipUnreadable
from edge.learning.moment import local_day
from edge.learning.signup import MAX_NAME, MAX_PARTY
from edge.store.errors import CareLaneClosed, Locked, StoreError
from edge.store.personal_signups import NoOffer, NoSuchSlip
from edge.web import words
from edge.web.locales import locale_of
from edge.web.tongue import later, say, say_count, spoken

FEW_SEATS = 5  # up to so many free seats are told as a number

# As `edge.learning.course.AREAS` has them; a test compares.
AREAS: Mapping[int, str] = {
    1: later("Politik, Gesellschaft, Umwelt"),
    2: later("Kultur, Gestalten"),
    3: later("Gesundheit"),
    4: later("Sprachen"),
    5: later("Qualifikationen für das Arbeitsleben, IT"),
    6: later("Schulabschlüsse, Studienzugang"),
    7: later("Grundbildung"),
}
KINDS = {"event": later("Veranstaltung"), "stop": later("Der Bus ist da")}
AGE_BANDS = {
    "": later("möchte ich nicht sagen"),
    "-17": later("bis 17 Jahre"),
    "18-24": later("18 bis 24 Jahre"),
    "25-34": later("25 bis 34 Jahre"),
    "35-49": later("35 bis 49 Jahre"),
    "50-64": later("50 bis 64 Jahre"),
    "65-": later("65 Jahre und älter"),
}
GENDERS = {
    "": later("möchte ich nicht sagen"),
    "w": later("weiblich"),
    "m": later("männlich"),
    "d": later("divers"),
}
_FIELDS = {
    "name": later("Bitte Ihren Namen eintragen."),
    "phone": later("Das ist keine Telefonnummer. Sie können das Feld auch leer lassen."),
    "age_band": later("Bitte eine Altersgruppe aus der Liste wählen."),
    "gender": later("Bitte eines aus der Liste wählen."),
}


def span(begin_ms: int, end_ms: int) -> str:
    """Return when a session is, such as `Dienstag, 6. Oktober 2026, 18:30 bis 20:00 Uhr`."""
    begin, end = words.local(begin_ms), words.local(end_ms)
    text = (
        later("{date}, {begin} bis {end} Uhr")
        if begin.date() == end.date()
        else later("{date}, {begin} Uhr bis {end} Uhr am Tag danach")
    )
    return say(
        text, date=words.date(begin), begin=words.clock_time(begin), end=words.clock_time(end)
    )


def moment(at_ms: int) -> str:
    """Return `Dienstag, 6. Oktober 2026, 18:30 Uhr`."""
    at = words.local(at_ms)
    return say("{date}, {time} Uhr", date=words.date(at), time=words.clock_time(at))


def month(at_ms: int) -> str:
    """Return `Oktober 2026`."""
    return _month(local_day(at_ms).replace(day=1), _locale())


def cost(cents: int) -> str:
    """Return what it costs one person."""
    return (
        format_currency(cents / 100, "EUR", locale=locale_of(spoken().code))
        if cents
        else say("kostenlos")
    )


def languages(codes: tuple[str, ...]) -> str:
    """Return the languages of a course by their names."""
    return ", ".join(_language(code, _locale()) for code in codes)


def seats(free: int | None, *, waits: bool) -> str:
    """Return how full it is; empty where nobody counts."""
    if free is None:
        return ""
    if not free or waits:
        return say("Voll – mit Warteliste")
    if free > FEW_SEATS:
        return say("Es sind Plätze frei")
    return say_count("Noch {count} Platz frei", "Noch {count} Plätze frei", free)


def people(count: int) -> str:
    """Return `1 Person`."""
    return say_count("{count} Person", "{count} Personen", count)


def why_not(course: Course, now_ms: int) -> str:
    """Return why nobody can sign up for a course here, empty if they can."""
    if course.state == "cancelled":
        return say("Dieser Kurs fällt aus.")
    last, first = course.last_at, course.first_at
    if course.state not in OPEN or first is None or last is None:
        return say("Für diesen Kurs steht noch kein Termin fest.")
    if last <= now_ms:
        return say("Dieser Kurs ist schon vorbei.")
    if not course.seats:
        return say("Hier brauchen Sie keine Anmeldung. Kommen Sie einfach.")
    if first <= now_ms:
        return say(
            "Dieser Kurs hat schon angefangen. Fragen Sie am Tisch, ob noch ein Platz frei ist."
        )
    return ""


def refused(error: LearningError, course: Course) -> str:
    """Return what is wrong with what was entered; `error.field` says where."""
    if error.field == "party":
        most = min(course.seats, MAX_PARTY)
        return say("So viele gehen hier nicht zusammen: höchstens {most}.", most=most)
    if error.field == "name" and "characters" in str(error) and " has 0 " not in str(error):
        return say("Der Name ist zu lang: höchstens {most} Zeichen.", most=MAX_NAME)
    if error.field in _FIELDS:
        return say(_FIELDS[error.field])
    return say("Das hat nicht geklappt. Bitte fragen Sie am Tisch.")


def trouble(error: LearningError | StoreError) -> str:
    """Return why a slip could not be looked up or changed."""
    if isinstance(error, Locked | CareLaneClosed):
        return say(
            "Die Namen sind gerade gesperrt. Ihr Zettel gilt weiter. Bitte versuchen Sie es später "
            "noch einmal, oder fragen Sie am Tisch."
        )
    if isinstance(error, SlipUnreadable):
        return say(
            "Diese Nummer stimmt nicht ganz. Bitte vergleichen Sie jedes Zeichen mit Ihrem Zettel."
        )
    if isinstance(error, NoSuchSlip):
        return say(
            "Zu dieser Nummer gibt es keine Anmeldung mehr. Bitte vergleichen Sie die Nummer, oder "
            "fragen Sie am Tisch."
        )
    if isinstance(error, NoOffer):
        return say("Für Sie ist gerade kein Platz frei. Vielleicht ist die Frist vorbei.")
    return say("Das geht gerade nicht. Bitte versuchen Sie es gleich noch einmal.")


@lru_cache(maxsize=64)  # of two seasons in all languages
def _month(day: date, locale: str) -> str:
    return format_skeleton("yMMMM", day, locale=locale_of(locale))


@lru_cache(maxsize=64)
def _language(code: str, locale: str) -> str:
    return str(locale_of(locale).languages.get(code, code))


def _locale() -> str:
    return spoken().code.partition("-")[0]
