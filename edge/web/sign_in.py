"""Signing in: the card first, then three pictures or a password; and a hub's first administrator.

After it one is where one wanted to go. A visit that was before ends: nothing of it, and nothing
that somebody else laid into the browser, is carried over.
"""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, Flask, abort, current_app, redirect, render_template, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from edge.access.errors import AccessError, Busy, TooManyTries
from edge.access.pictures import PICKS, PICTURES
from edge.access.sessions import Bearer
from edge.access.words import LEAST_PASSWORD
from edge.store.errors import Locked, StoreError
from edge.web.access import Role, access_of, open_blueprint, visit
from edge.web.reach import local_path, only_german
from edge.web.tongue import later, say, say_count

MINUTE_S = 60
UNKNOWN = HTTPStatus.UNPROCESSABLE_ENTITY
_NAME, _PICKS = "anmeldename", "bilder"
_BUSY = later("Gerade melden sich viele an. Bitte gleich noch einmal versuchen.")
_NO_CARD = later("Diese Karte kennt der Hub nicht. Bitte fragen Sie die Helferinnen und Helfer.")
_LOCKED = later("Die Namen sind gerade verschlossen. Bitte fragen Sie die Helferinnen und Helfer.")
Page = str | AnyResponse | tuple[str, int] | tuple[str, int, dict[str, str]]


def sign_in_pages(app: Flask) -> Blueprint:
    """Return the pages `/anmelden` and `/einrichten`."""
    pages = Blueprint("sign_in", __name__)
    views = _Views(app)
    for rule, method, view in (
        ("/anmelden", "GET", views.start),
        ("/anmelden", "POST", views.card),
        ("/anmelden/passwort", "GET", views.password),
        ("/anmelden/passwort", "POST", views.by_password),
        ("/anmelden/bilder", "GET", views.pictures),
        ("/anmelden/bilder", "POST", views.pick),
        ("/einrichten", "GET", views.set_up),
        ("/einrichten", "POST", views.make_first),
    ):
        pages.add_url_rule(rule, view_func=view, methods=[method], endpoint=view.__name__)
    open_blueprint(pages, Role.VILLAGER)
    return pages


class _Views:
    """The views."""

    def __init__(self, app: Flask) -> None:
        access = access_of(app)
        self._door = access.door
        self._app = app

    def start(self) -> Page:
        return _card_page("")

    def card(self) -> Page:
        try:
            bearer = self._door.by_card(request.form.get("karte", ""))
        except (AccessError, Locked, Busy) as error:
            wrong, status, more = refused(error)
            return _card_page(say(_NO_CARD) if status == UNKNOWN else wrong), status, more
        return _arrive(bearer)

    def password(self) -> Page:
        only_german()
        return render_template("sign_in_password.html", target=_target(), name="", wrong="")

    def by_password(self) -> Page:
        only_german()
        form = request.form
        try:
            bearer = self._door.by_password(
                form.get("name", ""), form.get("passwort", ""), terminal()
            )
        except (AccessError, Busy) as error:
            wrong, status, more = refused(error)
            name = form.get("name", "")[:60]
            page = render_template(
                "sign_in_password.html", target=_target(), name=name, wrong=wrong
            )
            return page, status, more
        return _arrive(bearer)

    def pictures(self) -> Page:
        only_german()
        return _picture_page("")

    def pick(self) -> Page:
        """Take the name, or one more picture; the third one opens or does not."""
        only_german()
        form, found = request.form, visit()
        if "name" in form or "neu" in form:
            found.drop(_PICKS)
            found.drop(_NAME)
            if name := form.get("name", "").strip()[:60]:
                found.keep(_NAME, name)
            return _again()
        names, picks = found.kept(_NAME), found.kept(_PICKS)
        picked = form.get("bild", "")
        if not names or picked not in PICTURES:
            return _again()
        if picked not in picks:
            found.keep(_PICKS, picked)
            picks = (*picks, picked)
        if len(picks) < PICKS:
            return _again()
        found.drop(_PICKS)
        try:
            bearer = self._door.by_pictures(names[-1], picks, terminal())
        except (AccessError, Busy) as error:
            wrong, status, more = refused(error)
            return _picture_page(wrong), status, more
        return _arrive(bearer)

    def set_up(self) -> Page:
        only_german()
        self._only_while_open()
        return _setup_page(None)

    def make_first(self) -> Page:
        only_german()
        self._only_while_open()
        form = request.form
        try:
            bearer = self._door.set_up(
                form.get("code", ""), form.get("person", ""), typed_twice(), terminal()
            )
        except (AccessError, Busy) as error:
            wrong, status, more = refused(error)
            field = getattr(error, "field", "") or "code"
            return _setup_page((field, wrong)), status, more
        visit().begin(bearer)
        return redirect(url_for("own_account.mine", neu=1), HTTPStatus.SEE_OTHER)

    def _only_while_open(self) -> None:
        try:
            if not self._door.takes_first_code():
                abort(HTTPStatus.NOT_FOUND)
        except StoreError:
            abort(HTTPStatus.SERVICE_UNAVAILABLE)


def typed_twice() -> str:
    """Return the password that was chosen.

    :raises AccessError: if it was not typed alike twice.
    """
    chosen = request.form.get("passwort", "")
    if chosen != request.form.get("noch-einmal", ""):
        hint = "Die beiden Passwörter sind nicht gleich."
        raise AccessError("not the same", hint=hint, field="noch-einmal")
    return chosen


def wait_in_words(wait_s: int) -> str:
    """Say how long one must wait."""
    if wait_s < MINUTE_S:
        return say_count(
            "Zu viele falsche Versuche. Bitte warten Sie noch eine Sekunde.",
            "Zu viele falsche Versuche. Bitte warten Sie noch {count} Sekunden.",
            wait_s,
        )
    return say_count(
        "Zu viele falsche Versuche. Bitte warten Sie noch eine Minute.",
        "Zu viele falsche Versuche. Bitte warten Sie noch {count} Minuten.",
        -(-wait_s // MINUTE_S),
    )


def refused(error: Exception) -> tuple[str, int, dict[str, str]]:
    """Return what to say, the status, and headers, for whoever is not let in."""
    if isinstance(error, TooManyTries):
        retry = {"Retry-After": str(error.wait_s)}
        return wait_in_words(error.wait_s), HTTPStatus.TOO_MANY_REQUESTS, retry
    if isinstance(error, Busy):
        return say(_BUSY), HTTPStatus.SERVICE_UNAVAILABLE, {}
    if isinstance(error, AccessError):
        return error.hint, UNKNOWN, {}
    return say(_LOCKED), HTTPStatus.SERVICE_UNAVAILABLE, {}


def _card_page(wrong: str) -> str:
    return render_template("sign_in.html", target=_target(), wrong=wrong)


def _picture_page(wrong: str) -> str:
    found = visit()
    return render_template(
        "sign_in_pictures.html",
        target=_target(),
        wrong=wrong,
        name=(found.kept(_NAME) or ("",))[-1],
        picked=len(found.kept(_PICKS)),
        picks=PICKS,
        pictures=PICTURES,
    )


def _setup_page(wrong: tuple[str, str] | None) -> str:
    return render_template(
        "set_up.html",
        wrong=dict([wrong]) if wrong else {},
        code=request.form.get("code", "")[:40],
        person=request.form.get("person", "")[:200],
        least=LEAST_PASSWORD,
    )


def _again() -> AnyResponse:
    return redirect(url_for("sign_in.pictures", ziel=_target() or None), HTTPStatus.SEE_OTHER)


def _arrive(bearer: Bearer) -> AnyResponse:
    """Begin the visit and go where one wanted to go."""
    visit().begin(bearer)
    if bearer.account is None:
        return redirect(_first_of("/karte"), HTTPStatus.SEE_OTHER)
    target = _target()
    return redirect(target or _first_of("/pult", "/pult/mein"), HTTPStatus.SEE_OTHER)


def _target() -> str:
    """Return the page of ours that one came for, empty without."""
    wanted = request.values.get("ziel", "")
    return wanted if wanted and local_path(wanted) == wanted else ""


def _first_of(*paths: str) -> str:
    adapter = current_app.create_url_adapter(request)
    for path in paths:
        try:
            adapter.match(path, method="GET")  # type: ignore[union-attr]
        except HTTPException:
            continue
        return path
    return url_for("hall.board")


def terminal() -> str:
    """Return by what a terminal is known again; only a keyed mark of it is kept."""
    return request.remote_addr or ""
