"""The Flask application of the terminal.

Every page is complete as the server sends it: no script, no style in the page, nothing from another
host. Nothing refreshes by itself, so that nobody loses the place they were reading; the page says
as of when it is and offers to load it anew. Pairing (:mod:`edge.web.pairing`) is the exception:
while the hub works for somebody who waits, its page loads itself anew and can be told to stop.
"""

from __future__ import annotations

from http import HTTPStatus
from importlib.metadata import version

from flask import Flask, Response, jsonify, render_template, request
from werkzeug.exceptions import HTTPException

from edge.clock import Clock, SystemClock
from edge.config import Config
from edge.process.heartbeat import read_all
from edge.store.errors import StoreError
from edge.store.village_reader import VillageReader
from edge.web import words
from edge.web.page import PARTS, gather
from edge.web.pairing import pairing_pages
from edge.web.street import gather_street

# A form of the pages for sensors is a few hundred bytes.
MAX_BODY_BYTES = 16 * 1024
STYLE_MAX_AGE_S = 86_400  # its address carries the version

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}

_ERRORS = {
    400: ("Das hat nicht geklappt", "Bitte gehen Sie zurück und versuchen Sie es noch einmal."),
    403: ("Das geht hier nicht", "Diese Eingabe kam von einer anderen Seite als dieser."),
    404: ("Diese Seite gibt es nicht", "Vielleicht ist die Adresse falsch geschrieben."),
    405: ("Das geht hier nicht", "Diese Seite kann man nur lesen."),
    500: (
        "Da ist etwas schiefgegangen",
        "Der Fehler liegt bei uns, nicht bei Ihnen. Bitte versuchen Sie es gleich noch einmal.",
    ),
}


def create_app(config: Config, clock: Clock | None = None) -> Flask:
    """Return the application for one hub."""
    clock = clock or SystemClock()
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = STYLE_MAX_AGE_S
    app.jinja_env.filters["number"] = words.number
    app.jinja_env.filters["date"] = lambda at: words.date(words.local(at))
    app.context_processor(lambda: {"village": config.hub.village, "version": version("dorfhub")})

    @app.get("/")
    def board() -> tuple[str, int]:
        page = gather(config, clock)
        status = HTTPStatus.SERVICE_UNAVAILABLE if page.problem else HTTPStatus.OK
        hears, senses = bool(config.receivers), config.radio.kind != "off"
        data_url = _data_url(config)
        return render_template(
            "board.html", page=page, data_url=data_url, hears=hears, senses=senses
        ), status

    app.register_blueprint(pairing_pages(config, clock))

    @app.get("/geraete")
    def street() -> tuple[str, int]:
        page = gather_street(config, clock)
        status = HTTPStatus.SERVICE_UNAVAILABLE if page.problem else HTTPStatus.OK
        return render_template("street.html", page=page), status

    @app.get("/gesund")
    def health() -> tuple[Response, int]:
        """Say whether this page can do its work, and what it knows of the other processes."""
        beats = read_all(config)
        alive = {name: beat.state for name, beat in beats.items() if beat.alive}
        others = {name: alive.get(name, "stopped") for name in PARTS}
        try:
            with VillageReader(config.hub.village_db) as village:
                village.newest_round()
        except StoreError as error:
            answer = {"state": "failed", "message": str(error), "parts": others}
            return jsonify(answer), HTTPStatus.SERVICE_UNAVAILABLE
        return jsonify({"state": "ok", "message": "", "parts": others}), HTTPStatus.OK

    @app.after_request
    def protect(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)  # a page may have its reason for another
        if request.endpoint != "static":
            response.headers["Cache-Control"] = "no-store"
        return response

    @app.errorhandler(HTTPException)
    def refuse(error: HTTPException) -> tuple[str, int]:
        code = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
        known = _ERRORS.get(code, ("Das hat nicht geklappt", "Bitte gehen Sie zur Startseite."))
        return render_template("error.html", title=known[0], text=known[1]), code

    return app


def _data_url(config: Config) -> str:
    """Return where the open data are: below this address behind nginx, else on their own port."""
    if config.datasette.base_url != "/":
        return config.datasette.base_url
    host = request.host.rsplit(":", 1)[0] if request.host.count(":") == 1 else request.host
    return f"{request.scheme}://{host}:{config.datasette.port}/"
