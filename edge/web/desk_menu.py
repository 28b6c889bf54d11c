"""The menu of the volunteers' pages: groups of pages, what is used daily first.

Add a line ``(endpoint, label)`` for a page of yours to the group where it is looked for; labels are
German only, as these pages are. A line whose endpoint this hub does not have is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from flask import Flask, current_app, request, url_for

Groups: TypeAlias = Sequence[tuple[str, Sequence[tuple[str, str]]]]

DESK_MENU: Groups = (
    (
        "Heute",
        (
            ("desk.today", "Übersicht"),
            ("desk_checkin.choose", "Einlass"),
            ("desk_help.calls", "Hilferufe"),
        ),
    ),
    (
        "Kurse",
        (
            ("desk_courses.courses", "Alle Kurse"),
            ("desk_cards.cards", "Karten"),
            ("desk_places.places", "Räume und Zeiten"),
            ("material_desk.shelf", "Lernmaterial"),
        ),
    ),
    (
        "Haus",
        (
            ("desk_rota.rota", "Dienste"),
            ("desk_lending.board", "Ausleihe"),
            ("desk_notices.notices", "Aushänge"),
            ("desk_market.market", "Markt"),
            ("desk_hours.places", "Öffnung"),
        ),
    ),
    (
        "Wärme",
        (
            ("desk_load.load", "Morgen"),
            ("desk_faults.faults", "Verluste"),
        ),
    ),
    (
        "Papiere",
        (
            ("desk_print.centre", "Drucken"),
            ("desk_certificates.courses", "Bescheinigungen"),
            ("desk_report.report", "Bericht"),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class MenuLine:
    """One line as it is shown; ``is_here``: the page belongs to it."""

    label: str
    address: str
    is_here: bool


@dataclass(frozen=True, slots=True)
class MenuGroup:
    """Lines below a heading; ``is_here``: the page belongs to one of them."""

    label: str
    lines: tuple[MenuLine, ...]

    @property
    def is_here(self) -> bool:
        """Whether the page belongs to this group."""
        return any(one.is_here for one in self.lines)


def desk_menu() -> list[MenuGroup]:
    """Return the groups that there are, for the page of this request."""
    return menu_of(DESK_MENU)


def menu_of(groups: Groups) -> list[MenuGroup]:
    """Return those of the groups and lines that this hub has, for the page of this request."""
    there = [
        (group, [(url_for(endpoint), label) for endpoint, label in lines if _is_there(endpoint)])
        for group, lines in groups
    ]
    path = f"{request.path.rstrip('/')}/"
    addresses = [one for _, lines in there for one, _ in lines]
    here = max((one for one in addresses if path.startswith(f"{one}/")), key=len, default="")
    return [
        MenuGroup(group, tuple(MenuLine(label, one, one == here) for one, label in lines))
        for group, lines in there
        if lines
    ]


def add_desk_menu(app: Flask) -> None:
    """Give templates ``desk_menu()``."""
    app.jinja_env.globals["desk_menu"] = desk_menu


def _is_there(endpoint: str) -> bool:
    return endpoint in current_app.view_functions
