"""The officials' pages as a Flask application.

On loopback behind the county's own reverse proxy. Every page is complete as the server sends it:
no script, nothing from another host. Who is not logged in sees the login page alone; whatever
changes something is a form with the session's own token, and is logged with the official's name.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from importlib.metadata import version
from importlib.resources import files
from urllib.parse import urlsplit

from flask import Flask, Response, redirect, render_template, request, session, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from edge.process.heartbeat import Status
from edge.process.log import Log
from edge.web.headers import HEADERS
from sync.county.config import CountyConfig
from sync.county.web.desk import desk_pages
from sync.county.web.officials import Officials, session_key

SESSION_H = 9  # a day in the office
_STYLE_MAX_AGE_S = 86_400
_MAX_BODY = 16 * 1024
_OPEN = {"login", "enter", "static", "board_style"}
_ERRORS = {
    400: ("Das hat nicht geklappt", "Bitte gehen Sie zurück und versuchen Sie es noch einmal."),
    403: (
        "Das Formular gilt nicht mehr",
        "Bitte laden Sie die Seite neu und senden Sie das Formular noch einmal ab.",
    ),
    404: ("Diese Seite gibt es nicht", "Vielleicht ist die Adresse falsch geschrieben."),
    405: ("Das geht hier nicht", "Bitte benutzen Sie die Knöpfe auf den Seiten."),
    500: ("Da ist etwas schiefgegangen", "Der Fehler liegt beim Programm, nicht bei Ihnen."),
}


def create_app(
    config: CountyConfig,
    *,
    jobs: Callable[[], Status] | None = None,
    now_ms: Callable[[], int],
    log: Log,
) -> Flask:
    """Return the application. ``jobs`` says how the scheduled work does."""
    officials = Officials(config.officials)
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=session_key(config.session_key),
        MAX_CONTENT_LENGTH=_MAX_BODY,
        SEND_FILE_MAX_AGE_DEFAULT=_STYLE_MAX_AGE_S,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=SESSION_H),
        SESSION_COOKIE_NAME="landkreis",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        SESSION_COOKIE_SECURE=config.web.secure,
        SESSION_REFRESH_EACH_REQUEST=False,
    )
    app.context_processor(
        lambda: {"county": config.name, "version": version("dorfhub"), "token": _token()}
    )

    _door(app, officials, log)

    @app.get("/stil/board.css")
    def board_style() -> Response:
        style = files("sync.county.web").joinpath("static/board.css").read_bytes()
        return Response(style, mimetype="text/css")

    app.register_blueprint(desk_pages(config, jobs=jobs, now_ms=now_ms, log=log))

    @app.after_request
    def protect(response: Response) -> Response:
        for header, value in HEADERS.items():
            response.headers.setdefault(header, value)
        # without a referrer browsers send `Origin: null` even to ourselves
        response.headers["Referrer-Policy"] = "same-origin"
        if request.endpoint not in ("static", "board_style"):
            response.headers["Cache-Control"] = "no-store"
        return response

    @app.errorhandler(HTTPException)
    def refuse(error: HTTPException) -> tuple[str, int]:
        code = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
        title, text = _ERRORS.get(code, _ERRORS[400])
        return render_template("error.html", title=title, text=text), code

    return app


def _door(app: Flask, officials: Officials, log: Log) -> None:
    """Let nobody past but who has logged in."""

    @app.before_request
    def guard() -> AnyResponse | None:
        if request.method == "POST":
            _refuse_strangers()
        if request.endpoint in _OPEN:
            return None
        name, mark = session.get("name"), session.get("mark")
        if not name or not mark or not officials.still(name, mark):
            session.clear()
            return redirect(url_for("login"), HTTPStatus.SEE_OTHER)
        return None

    @app.get("/anmelden")
    def login() -> str:
        return render_template(
            "login.html", nobody=not officials.names(), wait_s=round(officials.waiting_s())
        )

    @app.post("/anmelden")
    def enter() -> AnyResponse | tuple[str, int]:
        name = request.form.get("name", "").strip()
        mark = officials.admit(name, request.form.get("password", ""))
        if mark is None:
            log.warning("login-refused")
            wait_s = round(officials.waiting_s())
            page = render_template("login.html", wrong=True, nobody=False, wait_s=wait_s)
            return page, HTTPStatus.FORBIDDEN
        session.clear()
        session.update(name=name, mark=mark, token=secrets.token_urlsafe(24))
        session.permanent = True
        return redirect(url_for("desk.overview"), HTTPStatus.SEE_OTHER)

    @app.post("/abmelden")
    def leave() -> AnyResponse:
        session.clear()
        return redirect(url_for("login"), HTTPStatus.SEE_OTHER)


def _token() -> str:
    if "token" not in session:
        session["token"] = secrets.token_urlsafe(24)
    return str(session["token"])


def _refuse_strangers() -> None:
    """Refuse a form that another site sent, or that is not of this session."""
    origin = request.headers.get("Origin")
    sent = request.form.get("token", "")
    foreign = origin is not None and urlsplit(origin).netloc != request.host
    if foreign or not secrets.compare_digest(sent, str(session.get("token", "")) or "\0"):
        raise _Forbidden


class _Forbidden(HTTPException):
    code = HTTPStatus.FORBIDDEN
