"""Pages that say what did not work, and what to do."""

from __future__ import annotations

from http import HTTPStatus

from flask import Flask, render_template
from werkzeug.exceptions import HTTPException

from edge.store.errors import StoreError
from edge.web.tongue import later, say

_OTHER = (later("Das hat nicht geklappt"), later("Bitte gehen Sie zur Startseite."))
_ERRORS = {
    400: (_OTHER[0], later("Bitte gehen Sie zurück und versuchen Sie es noch einmal.")),
    403: (
        later("Das geht hier nicht"),
        later("Diese Eingabe kam von einer anderen Seite als dieser."),
    ),
    404: (
        later("Diese Seite gibt es nicht"),
        later("Vielleicht ist die Adresse falsch geschrieben."),
    ),
    405: (later("Das geht hier nicht"), later("Diese Seite kann man nur lesen.")),
    413: (_OTHER[0], later("Das war zu viel auf einmal. Bitte weniger senden.")),
    500: (
        later("Da ist etwas schiefgegangen"),
        later(
            "Der Fehler liegt bei uns, nicht bei Ihnen. Bitte versuchen Sie es gleich noch einmal."
        ),
    ),
    503: (
        later("Das geht gerade nicht"),
        later("Der Hub hat gerade zu viel zu tun. Bitte versuchen Sie es gleich noch einmal."),
    ),
}


def not_readable(_: StoreError) -> tuple[str, int]:
    """Say that the village's data cannot be read now; for blueprints whose pages need them."""
    title, text = _ERRORS[503][0], later("Die Daten des Dorfes sind gerade nicht lesbar.")
    page = render_template("error.html", title=say(title), text=say(text))
    return page, HTTPStatus.SERVICE_UNAVAILABLE


def add_errors(app: Flask) -> None:
    """Answer every error with a page in the visitor's language."""

    @app.errorhandler(HTTPException)
    def refuse(error: HTTPException) -> tuple[str, int]:
        code = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
        title, text = _ERRORS.get(code, _OTHER)
        return render_template("error.html", title=say(title), text=say(text)), code
