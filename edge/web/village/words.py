"""Times of events and of opening, and what is wrong with an entry, in the tongue of the request."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from edge.learning.errors import LearningError, NoSuchTime, SlipUnreadable
from edge.learning.moment import to_local
from edge.village.hours import Now, Span, clock
from edge.village.words import Refused
from edge.web import words
from edge.web.tongue import later, say

WEEKDAYS = (
    later("Montag"),
    later("Dienstag"),
    later("Mittwoch"),
    later("Donnerstag"),
    later("Freitag"),
    later("Samstag"),
    later("Sonntag"),
)
REPEATS = {
    "week": later("jede Woche"),
    "fortnight": later("alle zwei Wochen"),
    "month-day": later("jeden Monat am selben Tag"),
    "month-weekday": later("jeden Monat am selben Wochentag"),
}
CATEGORIES = {
    "farm": later("Vom Hof und aus dem Garten"),
    "craft": later("Handwerk und Reparatur"),
    "help": later("Nachbarschaftshilfe"),
    "ride": later("Mitfahren"),
    "gift": later("Zu verschenken"),
    "other": later("Sonstiges"),
}
KINDS = {"offer": later("Biete"), "wanted": later("Suche")}
_WRONG = {
    "empty": later("Hier fehlt noch etwas."),
    "long": later("Das ist zu lang: Hier passen {bound} Zeichen hinein."),
    "reach": later(
        "Bitte keine Telefonnummer und keine E-Mail-Adresse in den Text schreiben. Alle können "
        "den Text lesen."
    ),
    "order": later("Das Ende liegt vor dem Anfang."),
    "past": later("Das ist schon vorbei."),
    "far": later("Das ist zu weit weg: Möglich sind {bound} Tage."),
    "lasts": later("Das dauert zu lange: Möglich sind {bound} Tage."),
    "day": later("Bitte den Tag prüfen."),
    "no-day": later("An welchem Tag ist das?"),
    "no-time": later("Um wie viel Uhr fängt es an?"),
    "time": later("Bitte eine Uhrzeit eintragen, zum Beispiel 18:30."),
    "choose": later("Bitte eines davon wählen."),
    "phone": later("Das ist keine Telefonnummer."),
    "name": later("Bitte einen Namen eintragen."),
    "agree": later("Bitte ankreuzen, dass alle die Telefonnummer lesen dürfen."),
    "full": later("Es wartet schon sehr viel. Bitte versuchen Sie es später noch einmal."),
    "unknown": later("Zu dieser Nummer gibt es hier nichts."),
    "slip": later("Diese Nummer stimmt nicht. Bitte noch einmal vom Zettel abschreiben."),
}


def wrong(error: LearningError) -> str:
    """Return what is wrong with what somebody entered."""
    if isinstance(error, Refused) and error.code in _WRONG:
        text = say(_WRONG[error.code])
        return text.format(bound=error.bound) if error.bound else text
    if isinstance(error, SlipUnreadable):
        code = "slip"
    else:
        clocks = isinstance(error, NoSuchTime) or error.field in ("start", "end")
        code = "time" if clocks else "day"
    return say(_WRONG[code])


def hour(moment: datetime) -> str:
    """Return `17` or `17:30`, as somebody says it before the word for o'clock."""
    return str(moment.hour) if not moment.minute else words.clock_time(moment)


def span(begin: int, end: int) -> str:
    """Return when something is, such as `Montag, 23. November 2026, 17 bis 18:30 Uhr`."""
    first, last = to_local(begin), to_local(end)
    day = words.date(first)
    if first.date() == last.date():
        return say("{day}, {start} bis {end} Uhr", day=day, start=hour(first), end=hour(last))
    night = last - first < timedelta(hours=12)
    if night:
        return say("{day}, ab {start} Uhr, bis {end} Uhr nachts", day=day, start=hour(first),
                   end=hour(last))  # fmt: skip
    return say(
        "{day}, {start} Uhr, bis {last}, {end} Uhr",
        day=day, start=hour(first), last=words.date(last), end=hour(last),
    )  # fmt: skip


def opening(now: Now, at: int) -> str:
    """Return whether a place is open, such as `Jetzt offen bis 17 Uhr`."""
    if now.until is None:
        return say("Zurzeit geschlossen")
    moment, today = to_local(now.until), to_local(at).date()
    return _open_until(moment, today) if now.is_open else _opens_at(moment, today)


def _open_until(moment: datetime, today: date) -> str:
    if moment.date() == today:
        return say("Jetzt offen bis {time} Uhr", time=hour(moment))
    if moment.date() == today + timedelta(1) and not moment.hour and not moment.minute:
        return say("Jetzt offen bis Mitternacht")
    return say("Jetzt offen bis {day}, {time} Uhr", day=words.date(moment), time=hour(moment))


def _opens_at(moment: datetime, today: date) -> str:
    time = hour(moment)
    if moment.date() == today:
        return say("Geschlossen, öffnet heute um {time} Uhr", time=time)
    if moment.date() == today + timedelta(1):
        return say("Geschlossen, öffnet morgen um {time} Uhr", time=time)
    return say("Geschlossen, öffnet am {day} um {time} Uhr", day=words.date(moment), time=time)


def hours(spans: tuple[Span, ...]) -> str:
    """Return the hours of a day, such as `9:00 bis 12:00, 14:30 bis 18:00`."""
    if not spans:
        return say("geschlossen")
    told = [
        say("{start} bis {end} Uhr", start=clock(begin), end=clock(end)) for begin, end in spans
    ]
    return ", ".join(told)


def waited(seconds: float) -> str:
    """Return how long somebody waits, in German: `wartet seit 3 Minuten`."""
    minutes = int(seconds // 60)
    if not minutes:
        return "ruft gerade"
    return "wartet seit 1 Minute" if minutes == 1 else f"wartet seit {minutes} Minuten"


def repeats(repeat: str) -> str:
    """Return how often something comes again, empty for once."""
    return say(REPEATS.get(repeat, ""))
