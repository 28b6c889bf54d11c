"""What is published of the village, said to those who live in it, and what never is.

Made of the cubes' own declarations: a cube more is a paragraph more.
"""

from __future__ import annotations

from dataclasses import dataclass

from edge.publish.cube import Cube, all_cubes
from edge.publish.served import Served
from edge.web.tongue import later, say

# Whom a number may tell of, by the kind of cube. ``least`` is the declaration's k.
GUARDS = {
    "communal_heat": later(
        "Gemessen wird nur in Häusern der Gemeinde. Deshalb darf jedes Haus für sich stehen."
    ),
    "public_air": later(
        "Gemessen wird nur an öffentlichen Orten. Deshalb darf jeder Ort für sich stehen."
    ),
    "board_calendar": later(
        "Hier wird niemand gezählt. Veröffentlicht wird, was für alle am Brett hängt."
    ),
    "course_calendar": later(
        "Wie viele Menschen in einem Kurs sind, ist erst ab {least} zu erkennen. Wer sie sind, nie."
    ),
    "learning_statistics": later(
        "Jede Zahl von Menschen ist von mindestens {least} Menschen. Wo es weniger sind, werden"
        " Gruppen zusammengelegt."
    ),
    "hub_health": later(
        "Hier geht es um den Hub, nicht um Menschen. Zähler in Haushalten werden nur in Gruppen"
        " von {least} gezählt."
    ),
    "heat_plan": later(
        "Jeder Wert ist von mindestens {least} Häusern zusammen. Ein einzelnes Haus ist nicht zu"
        " erkennen."
    ),
}
# How often there are new numbers, by the EU's code of the declaration.
OFTEN = {
    "HOURLY": later("Neue Zahlen gibt es jede Stunde."),
    "DAILY": later("Neue Zahlen gibt es jeden Tag."),
    "ANNUAL_2": later("Neue Zahlen gibt es zweimal im Jahr."),
    "ANNUAL": later("Neue Zahlen gibt es einmal im Jahr."),
}
NEVER = (
    later("Was bei einem Menschen gemessen wird: Blutdruck, Gewicht, Schlaf und alles andere."),
    later("Wer einen Kurs besucht, sich anmeldet oder etwas ausleiht."),
    later("Was in einer einzelnen Wohnung oder einem einzelnen Wohnhaus verbraucht wird."),
    later("Telefonnummern und E-Mail-Adressen. Ein Aushang mit einer bleibt am Brett."),
    later("Namen – außer wo jemand auf einem Aushang oder bei einem Kurs angekündigt ist."),
    later("Welche Seiten Sie an diesem Bildschirm ansehen."),
)


@dataclass(frozen=True, slots=True)
class Subject:
    """A cube as the page tells of it; title and description are the declaration's, in German."""

    name: str
    title: str
    description: str
    guard: str
    often: str
    is_served: bool


def subjects(served: Served) -> tuple[Subject, ...]:
    """Return every declared cube; those that are served now first."""
    found = [_subject(cube, served) for cube in all_cubes()]
    return tuple(sorted(found, key=lambda one: not one.is_served))


def never() -> tuple[str, ...]:
    """Return what no cube has."""
    return tuple(say(one) for one in NEVER)


def _subject(cube: Cube, served: Served) -> Subject:
    return Subject(
        cube.name,
        cube.title,
        cube.description,
        say(GUARDS[cube.kind], least=cube.disclosure.k),
        say(OFTEN[cube.catalogue.frequency]),
        served.is_served(cube.name),
    )
