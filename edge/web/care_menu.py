"""The menu of the carers' pages: groups of pages, what is used daily first.

Add a line ``(endpoint, label)`` for a page of yours to the group where it is looked for; labels are
German only, as these pages are. A line whose endpoint this hub does not have is left out.
"""

from __future__ import annotations

from flask import Flask

from edge.web.desk_menu import Groups, MenuGroup, menu_of

CARE_MENU: Groups = (
    (
        "Heute",
        (
            ("care.overview", "Überblick"),
            ("care.round", "Runde"),
            ("care_alerts.inbox", "Meldungen"),
        ),
    ),
    (
        "Menschen",
        (
            ("care_people.people", "Menschen und Einwilligungen"),
            ("care_devices.devices", "Geräte"),
        ),
    ),
    (
        "Rat holen",
        (
            ("care_cases.cases", "Fragen an Praxen"),
            ("care_video.calls", "Sprechen mit Bild"),
        ),
    ),
)


def care_menu() -> list[MenuGroup]:
    """Return the groups that there are, for the page of this request."""
    return menu_of(CARE_MENU)


def add_care_menu(app: Flask) -> None:
    """Give templates ``care_menu()``."""
    app.jinja_env.globals["care_menu"] = care_menu
