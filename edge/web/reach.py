"""What is in reach on every page: read aloud, larger, language, easy language, help, done.

Forms and links alone: all of it works without a script. What was chosen travels in a cookie
(:mod:`edge.web.display`); an address holds no more than the page from which somebody came.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    current_app,
    g,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.test import EnvironBuilder, run_wsgi_app
from werkzeug.wrappers import Response as AnyResponse

from edge.config import Config
from edge.web.access import Role, is_passive, open_blueprint
from edge.web.display import COOKIE, LIGHTS, SIZES, Display, display_of
from edge.web.farewell import say_farewell
from edge.web.readable import Piece, pieces
from edge.web.speech import Busy, Speech
from edge.web.tongue import GERMAN, TONGUES, say, speak, speaking, unchecked, with_unchecked

IDLE_S = 60  # without a key, a touch or sound
WARNING_S = 30  # to press any key
MAX_PATH = 500
MAX_PAGE_BYTES = 1_000_000
_CHOICES = ("sprache", "groesse", "licht")
_INNER = READS_ALOUD = "dorfhub.reads_aloud"  # in the environ when we ask ourselves for a page


def add_reach(app: Flask, config: Config) -> None:
    """Give every page its bar, its language and its size."""
    speech = Speech(config.hub.run / "speech")
    app.before_request(_choose)
    app.teardown_request(lambda _: speak(GERMAN))
    app.context_processor(lambda: _context(speech))
    app.register_blueprint(_pages(speech))


def only_german() -> None:
    """Speak German within the page; what is around it keeps the visitor's language.

    For `before_request` of blueprints whose pages are not translated.
    """
    speak(GERMAN)
    g.only_german = True


def _pages(speech: Speech) -> Blueprint:
    pages = Blueprint("reach", __name__)
    views = _Views(speech)
    for rule, method, view in (
        ("/anzeige", "POST", views.choose),
        ("/sprache", "GET", views.language),
        ("/fertig", "POST", views.done),
        ("/fertig", "GET", views.goodbye),
        ("/sprachen", "GET", views.tongues),
        ("/vorlesen", "GET", views.aloud),
        ("/vorlesen/ton", "GET", views.sound),
    ):
        pages.add_url_rule(rule, view_func=view, methods=[method], endpoint=view.__name__)
    open_blueprint(pages, Role.VILLAGER)
    return pages


class _Views:
    """The views."""

    def __init__(self, speech: Speech) -> None:
        self._speech = speech

    def choose(self) -> AnyResponse:
        """Take a choice and go back to the page it was made on."""
        display: Display = g.display
        for what in _CHOICES:
            display = display.changed(what, request.form.get(what, ""))
        response = redirect(local_path(request.form.get("zurueck", "")), HTTPStatus.SEE_OTHER)
        if display == Display():
            response.delete_cookie(COOKIE, path="/")
        else:
            response.set_cookie(
                COOKIE, display.cookie(), httponly=True, samesite="Lax", secure=request.is_secure
            )
        return response

    def language(self) -> str:
        return render_template(
            "language.html", back=_back(), sizes=SIZES, lights=LIGHTS, tongues=TONGUES.values()
        )

    def done(self) -> AnyResponse:
        response = redirect(url_for(".goodbye"), HTTPStatus.SEE_OTHER)
        return say_farewell(current_app, response)  # type: ignore[arg-type]

    def goodbye(self) -> str:
        said = []
        for tongue in TONGUES.values():
            with speaking(tongue):
                said.append((tongue, say("Alles ist gelöscht. Auf Wiedersehen!")))
        return render_template("goodbye.html", said=said)

    def tongues(self) -> str:
        speak(GERMAN)
        rows = [(one, unchecked(one.key)) for one in TONGUES.values() if one is not GERMAN]
        return render_template("tongues.html", rows=rows)

    def aloud(self) -> str:
        back = _back("seite")
        text: tuple[Piece, ...] = ()
        if self._speech.is_there:
            text = _pieces_of(back)
        return render_template("aloud.html", back=back, text=text, there=self._speech.is_there)

    def sound(self) -> AnyResponse:
        if not self._speech.is_there:
            abort(HTTPStatus.NOT_FOUND)
        text = _pieces_of(_back("seite"))
        if not text:
            abort(HTTPStatus.NOT_FOUND)
        everybodys = not set(request.cookies) - {COOKIE}
        slow = g.display.tongue.key == "leicht"
        try:
            spoken = self._speech.wav(text, keep=everybodys, slow=slow)
        except Busy:
            abort(HTTPStatus.SERVICE_UNAVAILABLE)
        return Response(spoken, mimetype="audio/wav")


def _choose() -> None:
    g.display = display_of(request.cookies.get(COOKIE, ""))
    speak(g.display.tongue)


def _context(speech: Speech) -> dict[str, Any]:
    display: Display = g.get("display") or Display()
    here = request.full_path.rstrip("?") if _is_readable() else url_for("hall.board")

    def outer(text: str, /, **parts: object) -> str:
        with speaking(display.tongue):
            return say(text, **parts)

    return {
        "outer": outer,
        "display": display,
        "only_german": g.get("only_german", False) and display.tongue is not GERMAN,
        "unchecked_notice": with_unchecked(display.tongue.key),
        "here": here,
        "visited": bool(request.cookies),
        "can_speak": speech.is_there,
        "idle_s": IDLE_S,
        "warning_s": WARNING_S,
    }


def _back(name: str = "zurueck") -> str:
    return local_path(request.args.get(name, ""))


def local_path(path: str) -> str:
    """Return a path of ours, the start page if it is none: nobody is sent elsewhere."""
    good = (
        path.startswith("/")
        and not path.startswith(("//", "/\\"))
        and len(path) <= MAX_PATH
        and path.isprintable()
        and _readable(path.partition("?")[0])
    )
    return path if good else url_for("hall.board")


def _readable(path: str) -> bool:
    """Tell whether a path can be asked for again: after a form was sent, perhaps not."""
    try:
        endpoint, _ = current_app.create_url_adapter(request).match(path, method="GET")  # type: ignore[union-attr]
    except (HTTPException, NotFound):
        return False
    return _is_page(endpoint)


def _is_readable() -> bool:
    """Tell as :func:`_readable` of this request's path; of what was asked for that is known."""
    if request.method == "GET" and request.endpoint is not None:
        return _is_page(request.endpoint)
    return _readable(request.path)


def _is_page(endpoint: str) -> bool:
    if is_passive(current_app.view_functions[endpoint]):  # a piece of a page, or without an end
        return False
    return endpoint not in {"static", "reach.sound", "reach.goodbye"}


def _pieces_of(path: str) -> tuple[Piece, ...]:
    """Return what is read of a page of ours, asked for as the visitor would, with their cookies."""
    if request.environ.get(_INNER) or path.startswith(url_for("reach.aloud")):
        return ()
    inner = EnvironBuilder(
        path=path.partition("?")[0],
        query_string=path.partition("?")[2],
        base_url=request.host_url,
        headers=[("Cookie", request.headers.get("Cookie", ""))],
        environ_overrides={_INNER: True},
    )
    body, _, headers = run_wsgi_app(current_app.wsgi_app, inner.get_environ(), buffered=True)
    page = b"".join(body)
    html = headers.get("Content-Type", "").startswith("text/html")
    _choose()  # the inner request ended with German
    if not html or len(page) > MAX_PAGE_BYTES:
        return ()
    return pieces(page.decode())
