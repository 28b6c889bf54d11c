"""Words of lending for villagers, in the tongue of the request; the desk has the rules' own."""

from __future__ import annotations

from edge.learning.errors import LearningError
from edge.lending.asset import Asset, Loan
from edge.lending.availability import Span, days_of
from edge.store.errors import StoreError
from edge.store.personal_borrowers import NoSuchBorrower
from edge.store.village_lending import JustTaken
from edge.web import course_words, words
from edge.web.tongue import later, say

_FIELDS = {
    "name": later("Bitte Ihren Namen eintragen."),
    "phone": later("Das ist keine Telefonnummer. Sie können das Feld auch leer lassen."),
    "first": later("Bitte einen Tag ab heute wählen, höchstens ein halbes Jahr voraus."),
    "day": later("Bitte einen Tag ab heute wählen, höchstens ein halbes Jahr voraus."),
    "last": later("Der letzte Tag liegt vor dem ersten, oder es sind zu viele Tage."),
    "start": later("Bitte eine Uhrzeit schreiben, zum Beispiel 18:30."),
    "end": later("Bitte eine Uhrzeit schreiben, zum Beispiel 18:30."),
}


def when(asset: Asset, loan: Span | Loan) -> str:
    """Return when something is lent: whole days of a device, by the clock of a room."""
    if asset.kind == "room":
        return course_words.span(loan.starts_at, loan.ends_at)
    return days(Span(loan.starts_at, loan.ends_at))


def days(times: Span) -> str:
    """Return `Montag, 23. November 2026 bis Montag, 30. November 2026`."""
    first, last = days_of(times)
    begin, end = words.date(words.local(times.starts_at)), last_day(times.ends_at)
    if first == last:
        return begin
    return say("{first} bis {last}", first=begin, last=end)


def last_day(ends_at: int) -> str:
    """Return the last day before a moment."""
    return words.date(words.local(ends_at - 1))


def refused(error: LearningError | StoreError) -> str:
    """Return what is wrong with what was entered."""
    if isinstance(error, JustTaken):
        return say("Das ist zu dieser Zeit schon vergeben. Bitte wählen Sie etwas anderes.")
    if isinstance(error, StoreError):
        return say("Das geht gerade nicht. Bitte versuchen Sie es gleich noch einmal.")
    if error.field in _FIELDS:
        return say(_FIELDS[error.field])
    return say("Das hat nicht geklappt. Bitte fragen Sie am Tisch.")


def trouble(error: LearningError | StoreError) -> str:
    """Return why a slip of lending was not found."""
    if isinstance(error, NoSuchBorrower):
        return say(
            "Zu dieser Nummer gibt es keine Ausleihe mehr. Bitte vergleichen Sie die Nummer, oder "
            "fragen Sie am Tisch."
        )
    return course_words.trouble(error)
