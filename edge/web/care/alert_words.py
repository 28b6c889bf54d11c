"""What an alert is called, and the sentence about it. German, as carers' pages are.

Without its facts an alert has a name alone: then whoever reads may not see the number. Who may not
know what it is about is told that somebody should look, and no more.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from edge.care.finding import Finding, Stage, Urgency
from edge.care.ladder.plan import SOS
from edge.care.ladder.rung import Rung, State
from edge.care.ladder.words import HUB_DEAF
from edge.care.rules import words as rule_words
from edge.ward.inbox import Step
from edge.ward.round import Level, Reason
from edge.ward.vitals import OF_QUANTITY
from edge.web import words
from edge.web.care import words as care_words

LEVELS: Mapping[Level, str] = {
    Level.EMERGENCY: "Sofort",
    Level.URGENT: "Dringend",
    Level.TODAY: "Heute",
    Level.NOTE: "Beachten",
    Level.QUIET: "Ruhig",
    Level.PAUSE: "Pause",
    Level.NO_DEVICE: "Kein Gerät",
}
# what stands beside the number of each in the line above the tiles
COUNTED: Mapping[Level, str] = {
    Level.EMERGENCY: "sofort",
    Level.URGENT: "dringend",
    Level.TODAY: "heute",
    Level.NOTE: "beachten",
    Level.QUIET: "ruhig",
    Level.PAUSE: "in der Pause",
    Level.NO_DEVICE: "ohne Gerät",
}
STATES: Mapping[State, str] = {
    State.NOTED: "für die nächste Runde",
    State.ASKED: "die Person soll noch einmal messen",
    State.CLIMBING: "es wird jemand gesucht",
    State.TOP: "alle wurden gefragt, niemand hat geantwortet",
    State.TAKEN: "jemand kümmert sich",
    State.HANDED: "weitergegeben, noch nicht übernommen",
    State.OVER: "von selbst vorbei, noch nicht angesehen",
    State.CANCELLED: "die Person sagt: alles gut",
    State.CLOSED: "abgeschlossen",
}
RUNGS: Mapping[Rung, str] = {
    Rung.LOCAL: "Licht oder Ton in der Wohnung",
    Rung.CLIENT: "die Person selbst",
    Rung.RELATIVE: "Angehörige",
    Rung.RESPONDER: "Helfer im Dorf",
    Rung.NURSE: "Pflege",
    Rung.DOCTOR: "Praxis oder 116117",
    Rung.RESCUE: "112: ein Mensch muss anrufen",
}
_HAPPENED: Mapping[str, str] = {
    "raised": "gemeldet",
    "worse": "schlimmer geworden",
    "asked": "gefragt",
    "nobody": "niemand da",
    "asleep": "schläft, wird nicht geweckt",
    "taken": "übernommen",
    "late": "nicht rechtzeitig gemeldet, wie es ausging",
    "handed": "weitergegeben an",
    "well": "die Person sagt: mir geht es gut",
    "over": "von selbst vorbei",
    "cancelled": "von der Person abgesagt",
    "closed": "abgeschlossen",
}
_HUB_DEAD = "hub_dead"
_HUB = {_HUB_DEAD: "Der Hub war aus", HUB_DEAF: "Empfang der Sensoren gestört"}
UNTOLD = "Bitte nachsehen"
_UNTOLD_STATES = {State.ASKED: "die Person wird zuerst selbst gefragt"}
_CURVES = {
    "blood_pressure_systolic": "Blutdruck, oberer Wert",
    "blood_pressure_diastolic": "Blutdruck, unterer Wert",
    "blood_pressure_mean": "Blutdruck, Mittelwert",
}


def state(reason: Reason) -> str:
    """Return how an alert stands, without what it is about where that is not for the reader."""
    untold = "" if reason.rule else _UNTOLD_STATES.get(reason.state, "")
    return untold or STATES[reason.state]


def title(reason: Reason) -> str:
    """Return what an alert is called, with the vital it is about where that may be seen."""
    name = rule(reason.rule)
    about = quantity(str(reason.facts.get("quantity", "")))
    return f"{name}: {about}" if about else name


def hub_name(reason: Reason) -> str:
    """Return what an alert is about that is nobody's: the hub, or a button and where it is."""
    if reason.rule != SOS:
        return "Der Hub"
    place = str(reason.facts.get("place", ""))
    return f"Rufknopf „{place}“" if place else "Ein Rufknopf, der niemandem gehört"


def quantity(name: str) -> str:
    """Return what a quantity is called, empty if it has no word here."""
    if name in _CURVES:
        return _CURVES[name]
    vital = OF_QUANTITY.get(name)
    return care_words.label(vital.key) if vital else ""


def rule(name: str) -> str:
    """Return what a rule is called; what to do, if whoever reads may not know the rule."""
    if not name:
        return UNTOLD
    return rule_words.RULES.get(name, _HUB.get(name, "Meldung"))


def sentences(reason: Reason) -> list[str]:
    """Return what was found, in sentences; none where nothing may be seen, or nothing is known."""
    if not reason.facts:
        return []
    urgency = Urgency(int(reason.level))
    since = reason.since
    if reason.rule == _HUB_DEAD:
        return _outage(reason)
    if reason.rule == HUB_DEAF:
        return [_DEAF]
    found = Finding(0, "", reason.rule, Stage.RAISE, urgency, since, since, reason.facts)
    said = rule_words.sentence(found)
    if said == rule(reason.rule):
        return []
    advice = rule_words.advice(reason.rule, reason.facts)
    return [f"{said[:1].upper()}{said[1:]}.", *([advice] if advice else [])]


_DEAF = (
    "Von keinem Sensor kommt etwas an, denn der Empfang des Hubs ist gestört: Messwerte und "
    "Rufknöpfe werden nicht gehört. Bitte am Hub nachsehen: Steckt der Bluetooth-Adapter? Hilft "
    "es nicht, den Hub neu starten. So lange öfter bei den Menschen vorbeischauen."
)


def _outage(reason: Reason) -> list[str]:
    """Return for how long nobody looked after anybody, in the largest unit that says it."""
    minutes = int(reason.facts["dead_ms"]) // 60_000
    hours, days = minutes // 60, minutes // (24 * 60)
    passed = (
        f"{days} Tage" if days > 2 else f"{hours} Stunden" if hours > 2 else f"{minutes} Minuten"
    )
    return [f"{passed} lang hat der Hub nach niemandem gesehen: Er war aus oder verschlossen."]


def since(at: int, now: datetime) -> str:
    """Return since when, such as `seit 9:10 Uhr` or `seit gestern, 22:00 Uhr`."""
    then = words.local(at)
    if then.date() == now.date():
        return f"seit {words.clock_time(then)} Uhr"
    return f"seit {words.day(at, now).removeprefix('am ')}, {words.clock_time(then)} Uhr"


def step(one: Step) -> str:
    """Return what happened with an alert, as one line."""
    what = _HAPPENED.get(one.what, one.what)
    place = RUNGS.get(one.rung, "") if one.rung is not None else ""
    who = one.name or place
    if not who:
        return what[:1].upper() + what[1:]
    said = f"{who}: {what}" if one.what != "handed" else f"{what} {who}"
    return said[:1].upper() + said[1:]
