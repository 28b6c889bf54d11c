"""What rules are called and what they found, in German sentences. Pure.

Sentences name values: they are for people who may see them.
"""

from __future__ import annotations

from collections.abc import Mapping

from edge.care.finding import Fact, Finding, Stage, Urgency
from edge.care.kinds import BUTTON
from edge.care.kinds import WORDS as KINDS
from hardware.quantity import CANONICAL_UNIT, Quantity, Unit

RULES: Mapping[str, str] = {
    "limit": "Grenze überschritten",
    "baseline": "Anders als sonst",
    "news2": "NEWS2",
    "odd": "Wert kann nicht stimmen",
    "missed": "Messung fehlt",
    "silent": "Sensor meldet sich nicht",
    "no_data": "Es kommen keine Daten mehr",
    "heat": "Hitze in der Wohnung",
    "sos": "Ruf um Hilfe",
    "inactivity": "Ungewöhnlich still",
}
URGENCIES: Mapping[Urgency, str] = {
    Urgency.NOTE: "beim nächsten Rundgang",
    Urgency.TODAY: "heute",
    Urgency.URGENT: "binnen einer Stunde",
    Urgency.EMERGENCY: "sofort",
}
STAGES: Mapping[Stage, str] = {
    Stage.ASK: "nachfragen",
    Stage.RAISE: "jemanden rufen",
    Stage.END: "vorbei",
}
QUANTITIES: Mapping[str, str] = {
    "oxygen_saturation": "Sauerstoffsättigung",
    "pulse_rate": "Puls",
    "heart_rate": "Herzfrequenz",
    "blood_pressure_systolic": "oberer Blutdruck",
    "blood_pressure_diastolic": "unterer Blutdruck",
    "blood_pressure_mean": "mittlerer Blutdruck",
    "body_temperature": "Körpertemperatur",
    "body_weight": "Gewicht",
    "glucose_mass_concentration": "Blutzucker",
    "glucose_substance_concentration": "Blutzucker",
}
PARAMETERS: Mapping[str, str] = {
    "respiration_rate": "Atemfrequenz",
    "oxygen_saturation": "Sauerstoffsättigung",
    "oxygen": "Sauerstoffgabe",
    "systolic": "oberer Blutdruck",
    "pulse": "Puls",
    "consciousness": "Bewusstsein",
    "temperature": "Körpertemperatur",
}
_UNITS: Mapping[Unit, str] = {
    Unit.MMHG: " mmHg",
    Unit.PER_MINUTE: "/min",
    Unit.PERCENT: " %",
    Unit.CELSIUS: " °C",
    Unit.KG: " kg",
    Unit.MG_PER_DL: " mg/dl",
    Unit.MMOL_PER_L: " mmol/l",
}
_WHY: Mapping[str, str] = {
    "well": "es ist wieder wie gewohnt",
    "another": "etwas anderes ist dazugekommen",
    "off": "die Regel gilt nicht mehr",
    "pause": "Pause",
    "heard": "es kommen wieder Daten",
    "returned": "das Gerät gehört jemand anderem",
    "stopped": "es kamen keine Werte mehr",
    "measured": "es wurde wieder gemessen",
    "unanswered": "es wurde nicht wieder gemessen",
    "cooler": "es ist kühler geworden",
}
_WEATHER = ("", "starker Hitze", "extremer Hitze")


def amount(quantity: str, value: Fact) -> str:
    """Return a value with its unit, as people write it."""
    if isinstance(value, str):
        return value
    try:
        unit = _UNITS.get(CANONICAL_UNIT[Quantity(quantity)], "")
    except (KeyError, ValueError):
        unit = ""
    number = f"{value:.1f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
    return number.replace(".", ",") + unit


def sentence(finding: Finding) -> str:
    """Return what was found, in one sentence without its end."""
    facts = finding.facts
    if finding.stage is Stage.END:
        why = _WHY.get(str(facts.get("why", "")), "")
        title = RULES.get(finding.rule, finding.rule)
        return f"{title}: vorbei" + (f", {why}" if why else "")
    said = _SAID.get(finding.rule)
    return said(facts) if said else RULES.get(finding.rule, finding.rule)


def _limit(facts: Mapping[str, Fact]) -> str:
    quantity, side = str(facts["quantity"]), facts["side"]
    how = "unter" if side == "low" else "über"
    whose = " der Praxis" if facts["whose"] == "practice" else ""
    limit = amount(quantity, facts["limit"])
    return _value(facts) + f", {how} der Grenze{whose} ({limit})" + _again(facts)


def _baseline(facts: Mapping[str, Fact]) -> str:
    if "quantities" in facts:
        names = ", ".join(_off(facts, one) for one in str(facts["quantities"]).split())
        if "sooner" in facts:
            return f"etwas anders als sonst: {names}" + _again(facts)
        return f"mehrere Werte zugleich anders als sonst: {names}" + _again(facts)
    usual = amount(str(facts["quantity"]), facts["usual"])
    return _value(facts) + f", sonst um {usual}" + _again(facts)


def _off(facts: Mapping[str, Fact], quantity: str) -> str:
    """Return a quantity with its value and the usual one, as far as they were noted."""
    name = QUANTITIES.get(quantity, quantity)
    values, usual = (_pairs(facts.get(each, "")) for each in ("values", "usuals"))
    if quantity not in values or quantity not in usual:
        return name
    was = amount(quantity, round(usual[quantity], 1))
    return f"{name} {amount(quantity, values[quantity])} (sonst um {was})"


def _pairs(said: Fact) -> dict[str, float]:
    pairs = (one.split("=") for one in str(said).split())
    return {name: float(value) for name, value in pairs}


def _news2(facts: Mapping[str, Fact]) -> str:
    if facts["partial"]:
        missing = ", ".join(PARAMETERS[name] for name in str(facts["missing"]).split())
        said = f"NEWS2 unvollständig, mindestens {facts['at_least']} Punkte (es fehlen: {missing})"
    else:
        said = f"NEWS2 {facts['score']} Punkte"
    single = [PARAMETERS[name] for name in str(facts["single"]).split()]
    return said + (f"; allein 3 Punkte: {', '.join(single)}" if single else "") + _again(facts)


def _missed(facts: Mapping[str, Fact]) -> str:
    kind = KINDS[str(facts["data_kind"])]
    count = facts["count"]
    times = "einmal" if count == 1 else f"{count}-mal hintereinander"
    return f"{kind} fehlen, {times} nicht gemessen"


def _silent(facts: Mapping[str, Fact]) -> str:
    kind = KINDS.get(str(facts["data_kind"]), "Werte")
    return f"seit {facts['hours']} Stunden kommen keine {kind} vom Sensor {facts['device']}"


def advice(rule: str, facts: Mapping[str, Fact]) -> str:
    """Return what to do about what was found, in sentences; empty if the page says it anyway."""
    if rule == "limit" and "minutes" in facts and "again" not in facts:
        return _REST_ADVICE
    if rule != "no_data":
        return ""
    if facts.get("what") == BUTTON:
        return _BUTTON_ADVICE
    return (_SENSOR_ADVICE if facts.get("devices") else _MEASURE_ADVICE) + _AWAY_ADVICE


def _no_data(facts: Mapping[str, Fact]) -> str:
    hours = int(facts["hours"])
    passed = f"{hours} Stunden" if hours < _DAYS_FROM else f"{hours // 24} Tagen"
    named = str(facts.get("names", ""))
    if facts["what"] == BUTTON:
        which = f" „{named}“" if named else ""
        return f"seit {passed} kommt kein Zeichen vom Rufknopf{which}: ein Ruf käme nicht an"
    kinds = [KINDS.get(one, one) for one in str(facts["data_kind"]).split()]
    whence = f" von {named}" if named else ""
    return f"seit {passed} kommt nichts mehr{whence}; erwartet werden: {', '.join(kinds)}"


_REST_ADVICE = (
    "Die Person soll sich hinsetzen und den Gurt anlassen. Bleibt es nach einer Ruhezeit so, wird "
    "jemand gerufen."
)
_BUTTON_ADVICE = (
    "Bitte heute hingehen: Batterie wechseln, den Knopf näher an den Hub bringen und zur Probe "
    "drücken. Bis er wieder geht, mit der Person ausmachen, wie sie Hilfe ruft."
)
_SENSOR_ADVICE = (
    "Der Hub selbst war auf Empfang. Bitte anrufen oder nach der Person sehen. Dann "
    "prüfen: Sind die Batterien voll, die Geräte an ihrem Platz und nah genug am Hub? "
)
_MEASURE_ADVICE = (
    "Der Hub selbst war auf Empfang. Bitte anrufen oder nach der Person sehen: Wurde "
    "gemessen? Ist die Batterie des Geräts voll und der Hub nah genug? "
)
_AWAY_ADVICE = "Ist die Person verreist oder im Krankenhaus, bitte eine Pause eintragen."
_DAYS_FROM = 72  # hours; from here on days are said


def _heat(facts: Mapping[str, Fact]) -> str:
    felt = amount("air_temperature", facts["felt"])
    weather = _WEATHER[int(facts["weather"])]
    how = "gefährliche Hitze" if int(facts["level"]) > 1 else "Hitze"
    said = f"{how} in der Wohnung, gefühlt {felt}"
    return said + (f"; der Deutsche Wetterdienst warnt vor {weather}" if weather else "")


_HOURS_FROM = 120  # minutes; from here on hours are said


def _sos(facts: Mapping[str, Fact]) -> str:
    late = int(facts["late_minutes"])
    ago = f"{late} Minuten" if late < _HOURS_FROM else f"{late // 60} Stunden"
    ago = "1 Minute" if late == 1 else ago
    return "Ruf um Hilfe" + (f", gedrückt vor {ago}" if late else "")


def _odd(facts: Mapping[str, Fact]) -> str:
    return f"{_value(facts)} kann nicht stimmen"


def _value(facts: Mapping[str, Fact]) -> str:
    quantity = str(facts["quantity"])
    said = f"{QUANTITIES.get(quantity, quantity)} {amount(quantity, facts['value'])}"
    return said + (f" im Mittel von {facts['minutes']:g} Minuten" if "minutes" in facts else "")


def _again(facts: Mapping[str, Fact]) -> str:
    if "sooner" in facts:
        return "; zur Klärung bitte bald noch einmal messen"
    if facts.get("again") == "none":
        return "; eine zweite Messung kam nicht"
    if "first" in facts:
        return f"; vorher {amount(str(facts['quantity']), facts['first'])}"
    return ""


_SAID = {
    "limit": _limit,
    "baseline": _baseline,
    "news2": _news2,
    "missed": _missed,
    "silent": _silent,
    "no_data": _no_data,
    "heat": _heat,
    "sos": _sos,
    "odd": _odd,
}
