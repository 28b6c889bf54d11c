"""What values are called, in the tongue of the request. German outside of one."""

from __future__ import annotations

from typing import NamedTuple

from edge.care import kinds
from edge.care.consent import BLOOD_PRESSURE
from edge.web import words
from edge.web.tongue import later, say


class VitalWords(NamedTuple):
    """How a vital is called, in which unit, and its curves where there are several."""

    label: str
    unit: str
    curves: tuple[str, ...] = ()


VITALS: dict[str, VitalWords] = {
    "blood_pressure": VitalWords(
        later("Blutdruck"), "mmHg", (later("oberer Wert"), later("unterer Wert"))
    ),
    "pulse": VitalWords(later("Puls"), later("Schläge in der Minute")),
    "oxygen": VitalWords(later("Sauerstoff im Blut"), "%"),
    "temperature": VitalWords(later("Körpertemperatur"), "°C"),
    "weight": VitalWords(later("Gewicht"), "kg"),
    "glucose_mass": VitalWords(later("Blutzucker"), "mg/dl"),
    "glucose_substance": VitalWords(later("Blutzucker"), "mmol/l"),
    "room_temperature": VitalWords(later("Raumtemperatur"), "°C"),
}
KINDS: dict[str, str] = {
    BLOOD_PRESSURE: later("Blutdruck"),
    kinds.HEART_RATE: later("Puls"),
    kinds.TEMPERATURE: later("Körpertemperatur"),
    kinds.WEIGHT: later("Gewicht"),
    kinds.BODY_COMPOSITION: later("Körperzusammensetzung"),
    kinds.GLUCOSE: later("Blutzucker"),
    kinds.CONTINUOUS_GLUCOSE: later("laufend gemessener Zucker"),
    kinds.OXYGEN: later("Sauerstoff im Blut"),
    kinds.ROOM_CLIMATE: later("Raumluft"),
    kinds.HOME_ACTIVITY: later("Türen und Bewegung"),
    kinds.BUTTON: later("Rufknopf"),
    kinds.EXERCISE: later("Gehen und Radfahren"),
}


def label(key: str) -> str:
    """Return what a vital is called."""
    return say(VITALS[key].label)


def unit(key: str) -> str:
    """Return the unit as it is read."""
    return say(VITALS[key].unit)


def curve_names(key: str) -> tuple[str, ...]:
    """Return what the curves of a vital are called; one without a name of its own is the vital."""
    return tuple(say(one) for one in VITALS[key].curves) or (label(key),)


def kind(name: str) -> str:
    """Return what a kind of data is called."""
    return say(KINDS.get(name, name))


def value(values: tuple[float | None, ...], digits: int) -> str:
    """Return a row's numbers as they are said: `142/81`, `36,6`; a dash where there is none."""
    return "/".join("–" if one is None else words.number(one, digits) for one in values)


def moment(at: int) -> str:
    """Return `Montag, 23. November 2026, 8:05 Uhr`."""
    then = words.local(at)
    return say("{day}, {time} Uhr", day=words.date(then), time=words.clock_time(then))
