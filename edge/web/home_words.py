"""What the pages about somebody's own house say: choices, what is wrong, what is agreed to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from babel.dates import format_skeleton

from edge.heat.bill import UNITS, Bill
from edge.heat.building import AGE_CLASSES, age_words
from edge.web import words
from edge.web.locales import locale_of
from edge.web.tongue import later, say, spoken

SENTENCE = later(
    "Ich bin damit einverstanden, dass der Dorfhub Verbrauch und Heizung meines Hauses {address} "
    "hier im Dorf verschlüsselt aufbewahrt, bei den Angaben zu meinem Haus. In Schätzungen und "
    "Summen, die andere sehen, geht nichts davon ein, wenn ich dem nicht eigens zustimme. Ich kann "
    "das jederzeit widerrufen."
)
SENTENCE_SUMS = later(
    "Ich bin damit einverstanden, dass der Verbrauch meines Hauses in eine Summe mit mindestens "
    "vier anderen Häusern eingeht. Der Dorfhub schätzt damit, wie viel Wärme das Dorf braucht; auf "
    "der Schätzung beruht auch, was veröffentlicht wird. Wer in der Summe ist, wird niemandem "
    "gezeigt. Ich kann das jederzeit widerrufen: Dann kommt mein Verbrauch in keine Summe mehr. "
    "Eine Summe, die es dann schon gibt, bleibt, wie sie ist: Von mir steht nichts mehr darin. "
    "Damit mein Haus nicht zweimal zählt, merkt sich der Dorfhub verschlüsselt, dass es schon in "
    "einer Summe war."
)
SENTENCE_NEW = later(
    "Die Adresse steht noch nicht im Verzeichnis der Gebäude. Jemand vom Amt darf sie ansehen und "
    "prüfen."
)
UNKNOWN = ("", later("Weiß ich nicht"))
CHOICES: Mapping[str, Sequence[tuple[str, str]]] = {
    "type": (
        ("EFH", later("Einfamilienhaus oder Zweifamilienhaus")),
        ("RH", later("Reihenhaus oder Doppelhaushälfte")),
        ("MFH", later("Mehrfamilienhaus")),
        ("GMH", later("großes Mehrfamilienhaus, mehr als 12 Wohnungen")),
        UNKNOWN,
    ),
    "refurbishment": (
        ("none", later("nein")),
        ("part", later("ja, einen Teil: Dach, Fenster oder Wände")),
        ("full", later("ja, alles")),
        UNKNOWN,
    ),
    "heating": (
        ("boiler", later("Heizkessel")),
        ("condensing", later("Brennwertkessel oder Brennwerttherme")),
        ("heat_pump", later("Wärmepumpe")),
        ("station", later("Anschluss an ein Wärmenetz")),
        ("stove", later("Öfen in den Zimmern")),
        ("storage_heater", later("Nachtspeicher-Heizung")),
        ("other", later("etwas anderes")),
        UNKNOWN,
    ),
    "carrier": (
        ("gas", later("Gas aus der Leitung")),
        ("liquid_gas", later("Flüssiggas aus dem Tank")),
        ("oil", later("Heizöl")),
        ("wood", later("Holz oder Pellets")),
        ("coal", later("Kohle")),
        ("electricity", later("Strom")),
        ("district", later("Wärme aus einem Netz")),
        ("other", later("etwas anderes")),
        UNKNOWN,
    ),
    "hot_water": (("yes", later("ja")), ("no", later("nein")), UNKNOWN),
    "unit": (
        ("", later("Bitte wählen")),
        ("gas_kwh", later("Gas in Kilowattstunden (kWh)")),
        ("gas_m3", later("Gas in Kubikmetern (m³)")),
        ("oil_l", later("Heizöl in Litern")),
        ("liquid_gas_kg", later("Flüssiggas in Kilogramm")),
        ("pellets_kg", later("Pellets in Kilogramm")),
        ("hardwood_rm", later("Hartholz (Buche, Eiche) in Raummetern")),
        ("softwood_rm", later("Weichholz (Fichte, Kiefer) in Raummetern")),
        ("wood_kg", later("Holz in Kilogramm")),
        ("brown_coal_kg", later("Briketts in Kilogramm")),
        ("heat_kwh", later("Wärme aus einem Netz in Kilowattstunden (kWh)")),
        ("power_kwh", later("Strom zum Heizen in Kilowattstunden (kWh)")),
    ),
}
LABELS: Mapping[str, str] = {
    "address": later("Adresse"),
    "type": later("Art des Hauses"),
    "year_built": later("Baujahr"),
    "age_class": later("Ungefähr gebaut"),
    "area": later("Wohnfläche"),
    "units": later("Wohnungen im Haus"),
    "refurbishment": later("Gedämmt oder neue Fenster?"),
    "heating": later("Heizung"),
    "carrier": later("Womit heizen Sie?"),
    "generator_year": later("Baujahr der Heizung"),
    "generator_kw": later("Leistung der Heizung"),
    "hot_water": later("Macht die Heizung auch das warme Wasser?"),
}
SIGNS = {"area": "m²", "generator_kw": "kW"}
_WRONG: Mapping[tuple[str, str], str] = {
    ("street", ""): later("Bitte die Straße eintragen, zum Beispiel Hauptstraße."),
    ("number", ""): later("Bitte die Hausnummer eintragen, zum Beispiel 12 oder 12a."),
    ("building", ""): later("Bitte wählen Sie ein Haus aus."),
    ("year_built", ""): later("Bitte ein Jahr mit vier Ziffern eintragen, zum Beispiel 1965."),
    ("area", ""): later("Bitte eine Zahl von 10 bis 10.000 eintragen, zum Beispiel 120."),
    ("units", ""): later("Bitte eine ganze Zahl von 1 bis 500 eintragen, zum Beispiel 1."),
    ("generator_year", ""): later("Bitte ein Jahr mit vier Ziffern eintragen, zum Beispiel 2004."),
    ("generator_kw", ""): later("Bitte eine Zahl von 1 bis 1.000 eintragen, zum Beispiel 18."),
    ("unit", ""): later("Bitte wählen Sie, was auf der Rechnung steht."),
    ("amount", ""): later("Bitte eine Zahl eintragen, zum Beispiel 2.400."),
    ("amount", "implausible"): later(
        "So viel kann ein Haus in einem Jahr nicht brauchen, oder so wenig. Stimmen Zahl und "
        "Einheit?"
    ),
    ("first", ""): later("Bitte einen Tag eintragen, zum Beispiel 1.1.2024."),
    ("first", "old"): later("Diese Rechnung ist zu alt. Bitte eine aus den letzten Jahren."),
    ("first", "twice"): later("Für diese Zeit haben Sie schon eine Rechnung eingetragen."),
    ("last", ""): later("Bitte einen Tag eintragen, zum Beispiel 31.12.2024."),
    ("last", "before"): later("Der letzte Tag liegt vor dem ersten."),
    ("last", "future"): later("Dieser Tag liegt in der Zukunft."),
    ("last", "no_year"): later(
        "Die Rechnung soll etwa ein Jahr umfassen: 11 bis 13 Monate. Bitte prüfen Sie beide Tage."
    ),
    ("agreed", ""): later("Ohne Ihr Einverständnis speichern wir nichts."),
    ("agreed", "sums"): later("Bitte setzen Sie das Häkchen, wenn Sie mithelfen möchten."),
}


def wrong(field: str, code: str) -> str:
    """Return what is wrong in a field, said to who typed it."""
    return say(_WRONG.get((field, code)) or _WRONG.get((field, "")) or _CHOOSE)


def sentences(*parts: str, **values: str) -> list[tuple[str, str]]:
    """Return what is agreed to, in the visitor's tongue and in German, each with its `lang`."""
    german = " ".join(parts).format(**values)
    if spoken().key == "de":
        return [(german, "de")]
    return [(" ".join(say(part, **values) for part in parts), spoken().code), (german, "de")]


def options(name: str) -> list[tuple[str, str]]:
    """Return the choices of a field."""
    if name == "age_class":
        return [("", say(UNKNOWN[1])), *((one, _age(one)) for one in AGE_CLASSES)]
    return [(key, say(text)) for key, text in CHOICES[name]]


def value(name: str, code: str) -> str:
    """Return an answer as people read it."""
    if name == "age_class":
        return _age(code)
    if name in CHOICES:
        return say(dict(CHOICES[name]).get(code, code))
    if name not in SIGNS:
        return code
    return f"\u2066{code} {SIGNS[name]}\u2069"  # number before sign, in whichever direction


def bill_line(bill: Bill) -> str:
    """Return what a bill says."""
    unit = dict(CHOICES["unit"])[bill.unit]
    return f"{say(unit)}: {_number(bill.amount)} · {_day(bill.first)} – {_day(bill.last)}"


def factor_line(bill: Bill) -> str:
    """Return how its amount became kWh, and who says so; empty where nothing was turned."""
    unit = UNITS[bill.unit]
    if not unit.source:
        return ""
    if bill.unit == "gas_kwh":
        return say("geteilt durch 1,11, wie es {source} sagt", source=unit.source)
    return say(
        "mit {kwh} kWh je {sign} gerechnet, wie es {source} sagt",
        kwh=_number(unit.kwh),
        sign=unit.sign,
        source=unit.source,
    )


def _number(value: float) -> str:
    return words.number(value, 0 if value == int(value) else 1)


def _day(day: date) -> str:
    if spoken().is_german:
        return f"{day.day}.{day.month}.{day.year}"
    return format_skeleton("yMd", day, locale=locale_of(spoken().code))


def _age(code: str) -> str:
    names = list(AGE_CLASSES)
    if code == names[0]:
        return say("bis {year}", year=AGE_CLASSES[code])
    if code == names[-1]:
        return say("ab {year}", year=AGE_CLASSES[names[-2]] + 1)
    return age_words(code).replace("-", "–")


_CHOOSE = later("Bitte wählen Sie eines aus.")
