"""What is said of faults, in German and for people who run a building."""

from __future__ import annotations

from edge.heat.faults.fault import Fault, Kind, Meaning
from edge.heat.german import de

TITLES = {
    Kind.RETURN_HIGH: "Rücklauf zu warm",
    Kind.SWAPPED: "Vorlauf- und Rücklauffühler vertauscht",
    Kind.SETBACK: "Keine Absenkung in der Nacht",
    Kind.SUMMER: "Hohe Grundlast an warmen Tagen",
    Kind.STUCK: "Zähler stand still",
    Kind.BOTH: "Heizen und Kühlen zugleich",
}
TODO = {
    Kind.RETURN_HIGH: (
        "Hydraulischen Abgleich prüfen lassen; Durchfluss begrenzen; Überströmventile, "
        "Beimischung und Speicherladung ansehen. Ein kühler Rücklauf spart Pumpenstrom und "
        "macht im Netz Platz."
    ),
    Kind.SWAPPED: (
        "Die Fühler am Wärmezähler tauschen lassen (Eichrecht: durch den Messdienst). Bis dahin "
        "zählt der Zähler falsch."
    ),
    Kind.SETBACK: (
        "In der Regelung das Zeitprogramm ansehen: Uhr, Absenkzeiten, Dauerbetrieb. Gebäude, die "
        "nachts gebraucht werden, oder solche mit Wärmepumpe und Fußbodenheizung sollen oft "
        "nicht absenken: dann ist das kein Fehler."
    ),
    Kind.SUMMER: (
        "Im Sommer die Heizkreise abstellen; Zirkulation des Warmwassers mit Zeitprogramm; "
        "Speicher und Leitungen dämmen; Ventile prüfen, die nicht schließen."
    ),
    Kind.STUCK: (
        "Zähler, Stromversorgung und Auslesung prüfen; mit der Anzeige am Gerät vergleichen. War "
        "die Heizung in dieser Zeit aus, ist das kein Fehler."
    ),
    Kind.BOTH: (
        "Sollwerte von Heizung und Kühlung auseinanderziehen (mindestens 2 Grad dazwischen), "
        "Ventile auf Durchlass prüfen. Was immer Kälte braucht, etwa ein Serverraum, gehört "
        "nicht dazu."
    ),
}
UNSEEN = {
    Kind.RETURN_HIGH: "Rücklauftemperatur",
    Kind.SWAPPED: "Lage der Fühler",
    Kind.SETBACK: "Absenkung in der Nacht",
    Kind.SUMMER: "Grundlast an warmen Tagen",
    Kind.STUCK: "Stillstand des Zählers",
    Kind.BOTH: "Heizen und Kühlen zugleich",
}
_MEANINGS = {
    Meaning.LOST: "{kwh} kWh",
    Meaning.AT_MOST: "höchstens {kwh} kWh",
    Meaning.UNCOUNTED: "{kwh} kWh nicht gezählt",
    Meaning.OVERCOUNTED: "{kwh} kWh zu viel gezählt",
}


def size_of(fault: Fault) -> str:
    """Return how much a fault is about, in a few words."""
    when = "im Jahr" if fault.is_year else "in der gemessenen Zeit"
    m3 = "" if fault.m3 is None else f"{de(fault.m3)} m³ Wasser zu viel {when}"
    if fault.kwh is None:
        return m3 or "Wärmemenge nicht zu beziffern"
    known = _MEANINGS[fault.meaning].format(kwh=de(fault.kwh.value))
    if fault.kwh.low != fault.kwh.high:
        known += f" ({de(fault.kwh.low)} bis {de(fault.kwh.high)})"
    return f"{known} {when}" + (f", {m3}" if m3 else "")
