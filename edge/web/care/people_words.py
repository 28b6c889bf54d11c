"""What the pages about people say of roles, recipients and consents. German, for carers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edge.care.consent import COUNTY, HEAT_BILLS, HEAT_CADASTRE, HEAT_SUMS, HUB, Consent
from edge.care.kinds import WORDS
from edge.care.people import ROLE_WORDS, Contact, ContactRole, QuietHours, contact_of
from edge.learning.errors import Refused
from edge.ward.withdrawal import Withdrawn
from edge.web import words

ROLES = [(role.value, ROLE_WORDS[role]) for role in ContactRole]
HOWS = (
    "Auf Papier unterschrieben",
    "Mündlich, vor Ort, vorgelesen",
    "Durch rechtliche Betreuung oder Vollmacht, auf Papier",
)
DONE = {
    "neu": "Die Person ist angelegt. Als Nächstes: eine Einwilligung aufnehmen.",
    "kreis": "Der Kreis ist gespeichert.",
    "heraus": "Herausgenommen. Dieser Kontakt sieht nichts mehr von der Person.",
    "eingewilligt": "Die Einwilligung ist vermerkt.",
    "unveraendert": "Das galt schon so; es ist nichts Neues vermerkt.",
    "kontakt": "Der Kontakt ist gespeichert.",
    "kontakt-anders": "Der Kontakt ist gespeichert. Weil er einen anderen Namen oder Zugang hat, "
    "gelten die Einwilligungen für ihn nicht mehr: Bitte neu fragen.",
    "geloescht": "Der Kontakt ist gelöscht.",
    "karte-weg": "Die Karte ist gesperrt. Sie öffnet ab sofort nichts mehr.",
    "karte": "Gut. Die Karte steht nicht mehr auf dem Bildschirm.",
}
WITHDREW = "widerruf"  # kept in the visit: what the last withdrawal did, as said to the person


@dataclass(frozen=True, slots=True)
class Past:
    """One consent as a line of the history."""

    kind: str
    to: str
    version: int
    sentence: str
    given: str
    withdrawn: str


def to(recipient: str, contact: Contact | None) -> str:
    """Return who a recipient is."""
    if contact is not None:
        return f"{contact.name} ({ROLE_WORDS[contact.role]})"
    return {HUB: "Dorfhub", COUNTY: "Pflegedienst über den Landkreis"}.get(
        recipient, "gelöschter Kontakt"
    )


def _heat(kind: str) -> str:
    if kind == HEAT_SUMS:
        return "Verbrauch in einer Summe von Haushalten"
    return "Verbrauch und Heizung" if kind == HEAT_BILLS else "Wärmewerte der Wohnung"


def history(consents: Sequence[Consent], contacts: Sequence[Contact]) -> list[Past]:
    """Return all consents, the newest first, as lines."""
    known = {one.contact: one for one in contacts}
    return [
        Past(
            kind=_heat(one.data_kind)
            if one.purpose == HEAT_CADASTRE
            else WORDS.get(one.data_kind, one.data_kind),
            to=to(one.recipient, known.get(contact_of(one.recipient) or 0)),
            version=one.version,
            sentence=one.sentence,
            given=f"{words.date(words.local(one.given_at))}, {one.given_how or 'ohne Angabe'}",
            withdrawn=""
            if one.withdrawn_at is None
            else ", ".join(
                part
                for part in (words.date(words.local(one.withdrawn_at)), one.withdrawn_how)
                if part
            ),
        )
        for one in reversed(consents)
    ]


def withdrawn(done: Withdrawn) -> str:
    """Say what a withdrawal did."""
    if not done.consents:
        return "Da war nichts mehr zu widerrufen."
    said = ["Widerrufen. Ab jetzt wird nichts davon angenommen, angesehen oder gesendet."]
    if done.codes:
        said.append("Der Hub hat die Codes der Person für Waagen vergessen.")
    if done.sent:
        said.append(
            "Was schon beim Landkreis liegt, soll auch dort gelöscht werden; der Auftrag ist "
            "unterwegs."
        )
    if done.kept:
        said.append(
            f"{done.kept} frühere Werte bleiben verschlüsselt hier, niemand kann sie mehr ansehen. "
            "Ganz löschen kann sie, wer den Hub betreut."
        )
    return " ".join(said)


def clock(minute: int) -> str:
    """Return a minute of the day as it is typed."""
    return f"{minute // 60}:{minute % 60:02d}"


def quiet(hours: QuietHours | None) -> str:
    """Return quiet hours in words, empty if there are none."""
    return "" if hours is None else f"{clock(hours.begin)} bis {clock(hours.end)} Uhr"


def minutes(text: str, field: str) -> int | None:
    """Return a time of day that was typed as minutes, None if nothing was.

    :raises Refused: if it is none.
    """
    text = text.strip()
    if not text:
        return None
    hours, _, rest = text.replace(".", ":").partition(":")
    digits = hours + rest
    if digits.isascii() and digits.isdecimal() and 0 < len(hours) <= 2 and len(rest) in {0, 2}:
        found = int(hours) * 60 + int(rest or "0")
        if int(hours) < 24 and int(rest or "0") < 60:
            return found
    raise Refused(
        f"{field} is no time of day", hint="Das ist keine Uhrzeit. Beispiel: 22:00", field=field
    )


def quiet_hours(begin: str, end: str) -> QuietHours | None:
    """Return the quiet hours that were typed, None if neither time was.

    :raises Refused: if one is missing, or they are none.
    """
    first, last = minutes(begin, "ruhe-von"), minutes(end, "ruhe-bis")
    if first is None and last is None:
        return None
    if first is None or last is None or first == last:
        raise Refused(
            "quiet hours need two times",
            hint="Bitte beide Uhrzeiten der Nachtruhe eintragen, oder keine.",
            field="ruhe-von",
        )
    return QuietHours(first, last)
