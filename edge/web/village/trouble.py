"""What a visitor is told when the hub's stores cannot be read or written."""

from __future__ import annotations

from http import HTTPStatus

from flask import render_template

from edge.store.errors import Locked, StoreError
from edge.web.tongue import say


def store_failed(error: StoreError) -> tuple[str, int]:
    """Return a page that says so, in words that are no hub's."""
    if isinstance(error, Locked):
        text = say("Namen und Telefonnummern sind gerade verschlossen. Bitte fragen Sie im Haus.")
    else:
        text = say("Die Daten des Dorfes sind gerade nicht lesbar.")
    page = render_template("error.html", title=say("Das geht gerade nicht"), text=text)
    return page, HTTPStatus.SERVICE_UNAVAILABLE
