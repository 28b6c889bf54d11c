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
    "buildings": ("Gebäude", "Buildings"),
    "list": ("Liste, der dichteste Bereich zuerst", "List, the densest cell first"),
    "no_map": (
        "Eine Karte gibt es nicht: Umrisse sind nicht veröffentlicht. Die Liste hat alle Werte.",
        "There is no map: no outlines are published. The list has all values.",
    ),
    "some_missing": (
        "Ohne veröffentlichten Umriss und darum nur in der Liste: {n}.",
        "Without a published outline, and so in the list alone: {n}.",
    ),
    "lacking": (
        "Für {n} {parts} liegt kein Umriss vor.",
        "No outline is known of {n} {parts}.",
    ),
    "unit": ("Was heißt {unit}?", "What does {unit} mean?"),
    "press": (
        "Wer auf eine Fläche oder Linie drückt, kommt zu ihrer Zeile in der Liste.",
        "Press an area or a line to go to its row in the list.",
    ),
    "list_alone": (
        "Bereiche, die darum nur in der Liste stehen: {n}.",
        "Cells that are in the list alone for that: {n}.",
    ),
    "one_cell": ("1 Bereich", "1 cell"),
    "cells": ("{n} Bereiche", "{n} cells"),
    "empty": ("Hier ist nichts veröffentlicht.", "Nothing is published here."),
    "cut": (
        "Es sind mehr als {n} Bereiche: gezeigt werden die dichtesten.",
        "There are more than {n} cells: the densest are shown.",
    ),
    "all": ("Alle Angaben als Tabelle", "Everything as a table"),
    "geojson": ("Als GeoJSON herunterladen", "Download as GeoJSON"),
    "gone": ("Das ist zurzeit nicht veröffentlicht.", "This is not published at present."),
    "no_period": (
        "Für diese Zeit ist nichts veröffentlicht.",
        "Nothing is published of that time.",
    ),
    "no_layer": ("Diese Karte gibt es nicht.", "There is no such map."),
}


def text(language: str, key: str, **values: object) -> str:
    """Return the words of ``key``, their gaps filled."""
    return say(WORDS, key, language).format_map(values)


def number(language: str, value: float) -> str:
    """Return a number with at most one place behind its whole part."""
    return format_decimal(value, format="#,##0.#", locale="de" if language == "de" else "en")
