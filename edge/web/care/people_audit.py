"""The lines of "Wer hat was gesehen?", in words; for carers' pages and for somebody's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from edge.care.kinds import KINDS
from edge.care.people import ContactRole
from edge.ward.audit import BOOK, Book, Permitted, Seen
from edge.ward.plans import PLAN
from edge.web import words
from edge.web.tongue import later, say, say_count

_KIND_WORDS: Mapping[str, str] = {
    "blood_pressure": later("Blutdruck"),
    "heart_rate": later("Puls"),
    "temperature": later("Körpertemperatur"),
    "weight": later("Gewicht"),
    "body_composition": later("Körperzusammensetzung"),
    "glucose": later("Blutzucker"),
    "continuous_glucose": later("laufend gemessener Zucker"),
    "oxygen": later("Sauerstoffsättigung"),
    "room_climate": later("Luft in der Wohnung"),
    "home_activity": later("Türen, Bewegung, Belegung"),
    "button": later("Rufknopf"),
    "exercise": later("Gehen und Radfahren"),
    BOOK: later("dieses Buch"),
    PLAN: later("was für Sie vereinbart ist (Plan)"),
}
_ROLES: Mapping[ContactRole, str] = {
    ContactRole.RELATIVE: later("Angehörige"),
    ContactRole.RESPONDER: later("Hilfe im Dorf"),
    ContactRole.NURSE: later("Pflegefachkraft"),
    ContactRole.CARER: later("Betreuung"),
    ContactRole.PRACTICE: later("Arztpraxis"),
    ContactRole.DOCTOR: later("Ärztin oder Arzt"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the page. ``when`` and ``span`` are empty where that is not known.

    ``is_listed``: a list said that something was noticed, no value was seen.
    """

    who: str
    what: str
    when: str
    span: str
    why: str
    again: str
    refused: bool
    is_listed: bool = False


@dataclass(frozen=True, slots=True)
class BookPage:
    """What the page shows: the lines, who may see now, how many older lines there are."""

    rows: tuple[Row, ...]
    readers: tuple[tuple[str, str], ...]
    older: int
    is_whole: bool


def book_lines(book: Book, now_ms: int) -> BookPage:
    """Put a person's book into words, in the language of this visit."""
    return BookPage(
        rows=tuple(_row(one, now_ms) for one in book.lines),
        readers=tuple(
            (say("{name}, {role}", name=name, role=say(_ROLES[role])), _kinds(kinds))
            for name, role, kinds in book.readers
        ),
        older=book.older,
        is_whole=not book.older,
    )


@dataclass(frozen=True, slots=True)
class PermittedView:
    """Who may see now, what of it, and since when."""

    who: str
    what: str
    since: str


def permitted(found: Iterable[Permitted]) -> list[PermittedView]:
    """Put who may see a person's values into words, in the language of this visit."""
    said = []
    for one in found:
        who = say("Pflegedienst über den Landkreis")
        if one.role is not None:
            who = say("{name}, {role}", name=one.name, role=say(_ROLES[one.role]))
        since = say(
            "Erlaubt seit: {day}. Das gilt, bis Sie es zurücknehmen.",
            day=words.date(words.local(one.since)),
        )
        said.append(PermittedView(who, _kinds(one.kinds), since))
    return said


def kind(name: str) -> str:
    """Return what a kind of data is called."""
    return say(_KIND_WORDS[name]) if name in _KIND_WORDS else name


def _row(one: Seen, now_ms: int) -> Row:
    return Row(
        who=_who(one),
        what=_kinds(one.kinds),
        when=_when(one, now_ms),
        span=_span(one),
        why=one.why,
        again="" if not one.again else say_count("noch {count}-mal", "noch {count}-mal", one.again),
        refused=one.refused,
        is_listed=one.is_listed,
    )


def _who(one: Seen) -> str:
    if one.is_self:
        return say("Sie selbst")
    if one.is_office:
        return say("Wer den Hub betreut")
    role = say(_ROLES[one.role]) if one.role is not None else ""
    if not one.name:
        return say("{role}, inzwischen gelöscht", role=role)
    return say("{name}, {role}", name=one.name, role=role)


def _kinds(kinds: tuple[str, ...]) -> str:
    if set(KINDS) <= set(kinds):
        return say("alle Werte")
    return ", ".join(kind(one) for one in kinds)


def _when(one: Seen, now_ms: int) -> str:
    if not one.is_certain:
        return say("zu unbekannter Zeit (die Uhr des Hubs ging nicht)")
    now, then = words.local(now_ms), words.local(one.at)
    day = words.day(one.at, now)
    return say("{day}, {time} Uhr", day=day, time=words.clock_time(then))


def _span(one: Seen) -> str:
    if one.kinds in {(BOOK,), (PLAN,)} or one.is_listed:
        return ""
    until = "" if one.until is None else words.date(words.local(one.until - 1))
    if one.since <= 0:
        return say("Werte bis {day}", day=until) if until else say("Werte aus aller Zeit")
    since = words.date(words.local(one.since))
    if not until:
        return say("Werte ab {day}", day=since)
    if until == since:
        return say("Werte vom {day}", day=since)
    return say("Werte vom {day} bis {other}", day=since, other=until)
