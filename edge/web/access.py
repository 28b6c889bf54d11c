"""Who may open which page. Deny by default: a view that nothing says of is nobody's.

A view is opened by :func:`open_to`, all views of a blueprint by :func:`open_blueprint`. Who is not
signed in is led to where one signs in and back again; who may not is told so.

:func:`visit` is this request's visitor. A visit lies in the memory of this process
(:mod:`edge.access.sessions`); the browser holds a random token in a cookie of its session, and that
only once there is something to keep.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    current_app,
    g,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.wrappers import Response as AnyResponse

from edge.access.door import Door
from edge.access.keeping import Keeping
from edge.access.office import Office
from edge.access.role import Role, Way, granted, highest
from edge.access.sessions import NOBODY, Bearer, Sessions
from edge.clock import Clock, SystemClock
from edge.config import Config
from edge.store.errors import StoreError
from edge.web.farewell import on_farewell
from edge.web.tongue import later, say

__all__ = [
    "COOKIE",
    "Access",
    "Role",
    "Visit",
    "access_of",
    "add_access",
    "is_passive",
    "open_blueprint",
    "open_to",
    "open_to_accounts",
    "passive",
    "sessions_of",
    "visit",
]

COOKIE = "besuch"
DESK_IDLE_S = 600  # somebody at the desk looks people in the eye, not at the screen
_KEY = "dorfhub-access"
_ROLES = "opens_to_roles"
_ACCOUNTS = "opens_to_accounts"
_PASSIVE = "asks_by_itself"
_UNREADABLE = later("Die Daten des Dorfes sind gerade nicht lesbar.")
_View = TypeVar("_View", bound=Callable[..., object])


def open_to(*roles: Role) -> Callable[[_View], _View]:
    """Let who has one of the roles use a view; `VILLAGER` is everybody."""

    def mark(view: _View) -> _View:
        setattr(view, _ROLES, frozenset(roles))
        return view

    return mark


def open_blueprint(blueprint: Blueprint, *roles: Role) -> None:
    """Let who has one of the roles use every view of a blueprint that has no mark of its own."""
    setattr(blueprint, _ROLES, frozenset(roles))


def open_to_accounts(view: _View) -> _View:
    """Let everybody who is signed in with an account use a view, whatever they may else."""
    setattr(view, _ACCOUNTS, True)
    return open_to(Role.VILLAGER)(view)


def passive(view: _View) -> _View:
    """Mark a view that pages ask for by themselves: it does not make a visit last longer."""
    setattr(view, _PASSIVE, True)
    return view


def is_passive(view: Callable[..., object]) -> bool:
    """Tell whether pages ask for a view by themselves."""
    return bool(getattr(view, _PASSIVE, False))


def roles_of(app: Flask, endpoint: str) -> frozenset[Role]:
    """Return to whom an endpoint is open; nobody unless something says so."""
    own = getattr(app.view_functions[endpoint], _ROLES, None)
    if own is not None:
        return frozenset(own)
    blueprint = app.blueprints.get(endpoint.rpartition(".")[0])
    return frozenset(getattr(blueprint, _ROLES, ()))


def is_for_accounts(app: Flask, endpoint: str) -> bool:
    """Tell whether an endpoint, though open to every role, is for who is signed in."""
    return bool(getattr(app.view_functions[endpoint], _ACCOUNTS, False))


@dataclass(frozen=True, slots=True)
class Access:
    """What the pages of accounts work with."""

    sessions: Sessions
    door: Door
    office: Office


class Visit:
    """Who asks, and what is kept for them. Reading it never sets a cookie."""

    def __init__(self, sessions: Sessions, clock: Clock, token: str, bearer: Bearer) -> None:
        self._sessions = sessions
        self._clock = clock
        self._token = token
        self._bearer = bearer
        self.new_token: str | None = None  # the browser is told at the end; "" takes it away

    @property
    def roles(self) -> frozenset[Role]:
        """All that the visitor may be."""
        return self._bearer.roles

    @property
    def role(self) -> Role:
        """The role that says most."""
        return highest(self._bearer.roles)

    @property
    def account(self) -> int | None:
        """The number of the account, None of a villager."""
        return self._bearer.account

    @property
    def name(self) -> str:
        """How the visitor is called on the page: the name if it is known, else the sign-in name."""
        return self._bearer.name or self._bearer.handle

    @property
    def card(self) -> bytes | None:
        """What is kept of the villager's card (`edge.desk.register.card_hash`), None without."""
        return self._bearer.card

    @property
    def bearer(self) -> Bearer:
        """All that is known of the visitor."""
        return self._bearer

    def kept(self, what: str) -> tuple[str, ...]:
        """Return what was kept of a kind in this visit, oldest first."""
        return self._sessions.kept(self._token, what, self._now()) if self._token else ()

    def keep(self, what: str, value: str) -> None:
        """Keep a value, once, until the visit ends.

        :raises KeptTooMuch: if it is long, or there are too many kinds.
        """
        if not (self._token and self._sessions.keep(self._token, what, value, self._now())):
            self.begin(NOBODY)
            self._sessions.keep(self._token, what, value, self._now())

    def drop(self, what: str) -> None:
        """Forget what was kept of a kind."""
        if self._token:
            self._sessions.drop(self._token, what)

    def begin(self, bearer: Bearer) -> None:
        """End this visit and begin another with nothing of it, under another token."""
        if self._token:
            self._sessions.end(self._token)
        self._token = self.new_token = self._sessions.begin(self._now(), bearer)
        self._bearer = bearer

    def become(self, bearer: Bearer) -> None:
        """Go on as the same person of whom something changed."""
        self._sessions.replace(self._token, bearer)
        self._bearer = bearer

    def end(self) -> None:
        """End the visit here and in the browser."""
        if self._token:
            self._sessions.end(self._token)
            self.new_token = ""
        self._token, self._bearer = "", NOBODY

    def _now(self) -> float:
        return self._clock.stamp().monotonic_ns / 1e9


def visit() -> Visit:
    """Return the visit of this request."""
    if "visit" not in g:  # refused before anybody looked who it is
        g.visit = Visit(sessions_of(current_app), SystemClock(), "", NOBODY)
    found: Visit = g.visit
    return found


def add_access(app: Flask, config: Config, clock: Clock) -> None:
    """Let only those in to whom a view is open."""
    keeping = Keeping(config, clock)
    access = Access(Sessions(), Door(keeping, secrets.choice), Office(keeping, secrets.choice))
    app.extensions[_KEY] = access

    def gate() -> AnyResponse | None:
        endpoint = request.endpoint
        if endpoint == "static":
            return None
        g.visit = _visit_of(access, clock)
        if request.url_rule is None or endpoint is None:
            return None  # no such page: said by whoever says so
        roles, found = roles_of(current_app, endpoint), visit()
        if is_for_accounts(current_app, endpoint):
            return _lead_in(access) if found.account is None else None
        if Role.VILLAGER in roles or roles & found.roles:
            return None
        return _turn_away(access, roles)

    def tell_browser(response: Response) -> Response:
        found: Visit | None = g.get("visit")
        if found is not None and found.new_token is not None:
            _set_cookie(response, found.new_token)
        return response

    app.before_request(gate)
    app.after_request(tell_browser)
    app.context_processor(_context)
    on_farewell(app, lambda: visit().end(), last=True)


def access_of(app: Flask) -> Access:
    """Return what the pages of an application work with."""
    found: Access = app.extensions[_KEY]
    return found


def sessions_of(app: Flask) -> Sessions:
    """Return the visits of an application."""
    return access_of(app).sessions


def _visit_of(access: Access, clock: Clock) -> Visit:
    sessions, token = access.sessions, request.cookies.get(COOKIE, "")
    nobody = Visit(sessions, clock, "", NOBODY)
    if not token:
        return nobody
    view = current_app.view_functions.get(request.endpoint or "")
    counts = not getattr(view, _PASSIVE, False)
    bearer = sessions.bearer(token, clock.stamp().monotonic_ns / 1e9, counts=counts)
    if bearer is None:  # never a visit that the browser named: nobody can lay one for others
        return nobody
    if bearer.account is not None:
        try:
            account = access.office.standing(bearer.account)
        except StoreError:
            return nobody  # for now: whether the account still stands cannot be told
        if account is None or account.revision != bearer.revision:
            sessions.end(token)
            return nobody
    return Visit(sessions, clock, token, bearer)


def _turn_away(access: Access, roles: frozenset[Role]) -> AnyResponse:
    """Lead who may not to where they show who they are; say so if that would not help."""
    found = visit()
    if not roles:
        abort(HTTPStatus.FORBIDDEN)
    if found.account is None:
        return _lead_in(access)
    if found.bearer.way is Way.START:
        return redirect(url_for("own_account.mine"), HTTPStatus.SEE_OTHER)
    if roles & granted(found.bearer.held, Way.PASSWORD):
        return redirect(url_for("sign_in.password", ziel=_here()), HTTPStatus.SEE_OTHER)
    title = say("Das geht mit Ihrem Zugang nicht")
    text = say("Diese Seite ist für andere Aufgaben. Wer Zugänge verwaltet, kann das ändern.")
    page = render_template("error.html", title=title, text=text)
    return make_response(page, HTTPStatus.FORBIDDEN)


def _lead_in(access: Access) -> AnyResponse:
    try:
        fresh = access.door.needs_setup()
    except StoreError as error:
        title, text = say("Das geht gerade nicht"), error.hint or say(_UNREADABLE)
        page = render_template("error.html", title=title, text=text)
        return make_response(page, HTTPStatus.SERVICE_UNAVAILABLE)
    if fresh:
        return redirect(url_for("sign_in.set_up"), HTTPStatus.SEE_OTHER)
    return redirect(url_for("sign_in.start", ziel=_here()), HTTPStatus.SEE_OTHER)


def _here() -> str | None:
    """Return the page that was asked for; of a form, the page that it stood on."""
    if request.method in {"GET", "HEAD"}:
        return request.full_path.rstrip("?")
    came = urlsplit(request.referrer or "")
    return came.path if came.netloc == request.host else None


def _context() -> dict[str, Any]:
    found = visit()
    if found.account is None and found.card is None:
        return {"who": None}
    return {"who": found, "idle_s": DESK_IDLE_S} if found.account else {"who": found}


def _set_cookie(response: Response, token: str) -> None:
    if token:
        response.set_cookie(
            COOKIE, token, path="/", httponly=True, samesite="Lax", secure=request.is_secure
        )
    else:
        response.delete_cookie(
            COOKIE, path="/", httponly=True, samesite="Lax", secure=request.is_secure
        )
