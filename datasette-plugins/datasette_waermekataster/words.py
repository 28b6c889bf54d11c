"""The words of the page, German and English, and how numbers are written."""

from __future__ import annotations

from babel.numbers import format_decimal
from datasette_common.words import say

WORDS = {
    "title": ("Wärmekarte", "Heat map"),
    "layers": ("Welche Karte", "Which map"),
    "period": ("Jahr", "Year"),
    "show": ("Zeigen", "Show"),
    "to_list": ("Zur Liste mit denselben Zahlen", "To the list with the same numbers"),
    "to_map": ("Nach oben", "To the top"),
    "north": ("Norden ist oben.", "North is above."),
    "legend": ("Legende", "Legend"),
    "class": ("Klasse", "Class"),
    "upto": ("bis {b}", "up to {b}"),
    "from": ("über {a} bis {b}", "more than {a}, up to {b}"),
    "over": ("über {a}", "more than {a}"),
    "none": ("keine Angabe", "not known"),
    "cell": ("Bereich", "Cell"),
    "density": ("Dichte", "Density"),
    "buildings": ("Gebäude", "Buildings"),
    "bar": ("Balken", "Bar"),
    "list": ("Liste, der dichteste Bereich zuerst", "List, the densest cell first"),
    "no_map": (
        "Eine Karte gibt es nicht: Umrisse sind nicht veröffentlicht. Die Liste hat alle Werte.",
        "There is no map: no outlines are published. The list has all values.",
    ),
    "some_missing": (
        "Von {n} Bereichen ist kein Umriss veröffentlicht: sie stehen nur in der Liste.",
        "Of {n} cells no outline is published: they are in the list alone.",
    ),
    "empty": ("Hier ist nichts veröffentlicht.", "Nothing is published here."),
    "cut": (
        "Es sind mehr als {n} Bereiche: gezeigt werden die dichtesten.",
        "There are more than {n} cells: the densest are shown.",
    ),
    "all": ("Alle Angaben als Tabelle", "Everything as a table"),
    "geojson": ("Als GeoJSON herunterladen", "Download as GeoJSON"),
    "gone": ("Das ist zurzeit nicht veröffentlicht.", "This is not published at present."),
    "no_layer": ("Diese Karte gibt es nicht.", "There is no such map."),
}


def text(language: str, key: str, **values: object) -> str:
    """Return the words of ``key``, their gaps filled."""
    return say(WORDS, key, language).format_map(values)


def number(language: str, value: float) -> str:
    """Return a number with at most one place behind its whole part."""
    return format_decimal(value, format="#,##0.#", locale="de" if language == "de" else "en")
