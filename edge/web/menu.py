"""What a villager can do here: tiles on the start page, and quiet links to what few look for.

Whoever makes a public page adds its line. Labels are said in the visitor's language; an icon is the
name of one in `templates/icons.html`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from edge.web.tongue import later, say


class Entry(NamedTuple):
    """One tile: where it leads, what it says (marked with ``later``), its drawing or none."""

    endpoint: str
    label: str
    icon: str = ""


class Tile(NamedTuple):
    """A tile as the page shows it."""

    endpoint: str
    text: str
    icon: str


# What most people come for is first, three keys away. Help is always in reach, below.
MENU: tuple[Entry, ...] = (
    Entry("courses.catalogue", later("Kurse"), "course"),
    Entry("slips.enter", later("Mein Zettel"), "slip"),
    Entry("slips.card", later("Meine Karte"), "card"),
    Entry("notices.events", later("Termine und Aushänge"), "calendar"),
    Entry("hours.hours", later("Öffnungszeiten"), "clock"),
    Entry("lending.start", later("Ausleihen"), "lend"),
    Entry("market.market", later("Markt im Dorf"), "basket"),
    Entry("learn.shelf", later("Lernen und nachschlagen"), "lesson"),
)
QUIET: tuple[Entry, ...] = (
    Entry("weather.weather", later("Wetter")),
    Entry("village_numbers.numbers", later("Unser Dorf in Zahlen")),
    Entry("home.mine", later("Mein Haus")),
    Entry("check.form", later("Bescheinigung prüfen")),
    Entry("video.enter", later("Sprechen mit Bild")),
)


def tiles(menu: Sequence[Entry] = MENU) -> tuple[Tile, ...]:
    """Return the tiles, or the links of another menu, in the visitor's language."""
    return tuple(Tile(one.endpoint, say(one.label), one.icon) for one in menu)
