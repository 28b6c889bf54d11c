"""The design page: every part of `templates/parts.html` in every state, for who makes pages."""

from __future__ import annotations

from flask import Blueprint, render_template

from edge.web.access import Role, open_blueprint
from edge.web.page import Line
from edge.web.reach import only_german


def design_pages() -> Blueprint:
    """Return the page `/design`."""
    pages = Blueprint("design", __name__)
    open_blueprint(pages, Role.VILLAGER)
    pages.before_request(only_german)

    @pages.get("/design")
    def show() -> str:
        lines = (
            Line("Wärmezähler Halle", "vor 3 Minuten"),
            Line("Temperatur Saal", "startet gerade", "warn"),
            Line("Wasserzähler", "antwortet nicht, zuletzt gestern", "bad"),
        )
        return render_template("design.html", lines=lines)

    return pages
