"""What is said of an alert, in German, and how much of it to whom. Pure.

A short message and a sheet of paper are open letters: they name nobody who did not agree, and tell
no value and no reason. All else is on the page behind the password.
"""

from __future__ import annotations

from edge.care.finding import Urgency
from edge.care.ladder.alert import Alert
from edge.care.ladder.plan import NO_DATA, SOS
from edge.care.ladder.rung import Rung

URGENCIES = {
    Urgency.NOTE: "Hinweis",
    Urgency.TODAY: "heute",
    Urgency.URGENT: "dringend",
    Urgency.EMERGENCY: "NOTFALL",
}
RUNGS = {
    Rung.LOCAL: "Signal vor Ort",
    Rung.CLIENT: "Rückfrage bei der Person",
    Rung.RELATIVE: "Angehörige",
    Rung.RESPONDER: "Helfer im Dorf",
    Rung.NURSE: "Pflege",
    Rung.DOCTOR: "Praxis oder 116117",
    Rung.RESCUE: "112",
}
NO_RESCUE = "Der Dorfhub ersetzt keinen Notruf. Im Notfall 112 wählen."
HUB_DEAF = "hub_deaf"  # the hub's own: its radio brings nothing of anybody
LATE_MINUTES = 60  # so late a call is an old one
MOST_HOURS = 48  # above it in days
TEST = "PROBE, kein Alarm. "


def message(alert: Alert, village: str, name: str = "", *, is_test: bool = False) -> str:
    """Return a short message. ``name`` is whose alert it is, if the reader may know."""
    if is_test:
        return f"{TEST}Dorfhub {village}: So kommt ein Alarm an. Bitte nichts tun."
    what = URGENCIES[alert.urgency]
    whom = f"Bitte nach {name} sehen" if name else "Bitte nachsehen, wie verabredet"
    if ago := _ago(alert):
        whom += f" (gemeldet{ago})"
    if is_nobodys_call(alert):
        whom = f"Rufknopf{_at(alert)}{_ago(alert)} gedrückt, bitte hingehen"
    elif alert.rule == HUB_DEAF:
        whom = "Der Hub empfängt keine Sensoren mehr, bitte anmelden"
    elif alert.person is None:
        whom = "Der Hub war ausgefallen, bitte anmelden"
    elif alert.rule == NO_DATA:
        whom = f"Bitte nach {name} sehen, nicht nachts" if name else whom
    return (
        f"Dorfhub {village}: {what}, Alarm {alert.number}. {whom}."
        f" Wer sich kümmert, antwortet: 1 {alert.number}"
    )


def rescue_text(
    alert: Alert, village: str, name: str = "", *, may_know: bool = False, is_test: bool = False
) -> str:
    """Return what a person reads out who dials 112. Nothing dials by itself.

    Without ``may_know`` it says that somebody called for help, not what was measured.
    """
    what = _UNKNOWN
    if may_know or alert.rule == SOS:  # who pressed the button called everybody
        what = _WHAT.get(alert.rule, "Messwerte zeigen, dass es der Person schlecht gehen kann.")
    if ago := _ago(alert):
        what = f"Die Person hat{ago} einen Rufknopf gedrückt und antwortet nicht."
    who = name or "einer Person, deren Namen Sie auf der Alarmseite finden"
    if is_nobodys_call(alert):
        who = f"eine Person am Rufknopf{_at(alert)}"
    return (
        f"{TEST if is_test else ''}Niemand hat auf Alarm {alert.number} geantwortet."
        " Bitte jetzt die 112 wählen und vorlesen:\n"
        f"„Ich rufe aus {village} an. Es geht um {who}.\n"
        "Die Adresse ist: ______ (bitte vor dem Anruf nachsehen).\n"
        f"{what}\n"
        "Es ist eine Person betroffen. Niemand aus ihrem Umfeld ist erreichbar.\n"
        "Ich warte auf Ihre Fragen und lege nicht auf.“\n"
        f"Danach auf der Seite Alarm {alert.number} übernehmen."
    )


def note(alert: Alert, rung: Rung, village: str, *, is_test: bool = False) -> str:
    """Return what a printed sheet says: it lies about, so it names nobody."""
    head = f"{TEST if is_test else ''}Dorfhub {village}, Alarm {alert.number}"
    return (
        f"{head}\nFür: {RUNGS[rung]}\nDringlichkeit: {URGENCIES[alert.urgency]}\n\n"
        "Bitte am Terminal anmelden, dort steht, um wen es geht und was geschehen ist.\n"
        "Wer sich kümmert, übernimmt den Alarm dort. Dann wird niemand weiter gerufen.\n"
        f"{NO_RESCUE}"
    )


def is_nobodys_call(alert: Alert) -> bool:
    """Whether somebody pressed a button that belongs to nobody, such as one in a hall."""
    return alert.person is None and alert.rule == SOS


def _at(alert: Alert) -> str:
    """Return the name that was given to the button, as the board shows it to everybody."""
    place = str(alert.facts.get("place", ""))
    return f" „{place}“" if place else ""


def _ago(alert: Alert) -> str:
    """Return how long before the alert a button was pressed, empty if it was raised at once."""
    minutes = int(alert.facts.get("late_minutes", 0)) if alert.rule == SOS else 0
    if minutes <= LATE_MINUTES:
        return ""
    hours = minutes // 60
    if hours < MOST_HOURS:
        return " vor 1 Stunde" if hours == 1 else f" vor {hours} Stunden"
    return f" vor {hours // 24} Tagen"


_UNKNOWN = (
    "Eine Meldeanlage im Dorf meldet, dass sofort jemand nach der Person sehen muss. Mehr ist "
    "hier nicht bekannt."
)
_WHAT = {
    SOS: "Die Person hat ihren Rufknopf gedrückt und antwortet nicht.",
    "inactivity": "In der Wohnung hat sich ungewöhnlich lange nichts bewegt.",
    "heat": "In der Wohnung ist es gefährlich heiß.",
}
