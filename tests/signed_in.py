"""Signing in, for tests of pages that are not everybody's."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import BrowserContext

from edge.access.role import Role
from edge.access.sessions import Bearer
from edge.clock import FixedClock
from edge.web.access import COOKIE, access_of, is_for_accounts, roles_of, sessions_of
from tests.furnish_ward import be_nurse
from tests.hall import ADMINISTRATORS, CARDS, KEPT

PASSWORD = "Kiesel Laterne Mohn"


def sign_in(client: FlaskClient, *roles: Role) -> FlaskClient:
    """Let a client be somebody with these roles (a volunteer without any), and return it."""
    client.set_cookie(COOKIE, token_for(client.application, *roles))
    return client


def token_for(app: Flask, *roles: Role) -> str:
    """Give somebody these roles, let them sign in as people do, and return the cookie's value."""
    held, client = frozenset(roles or {Role.VOLUNTEER}), app.test_client()
    issued = access_of(app).office.give_nameless(held)
    if issued.start_word:
        form = {"name": issued.handle, "passwort": issued.start_word}
        assert client.post("/anmelden/passwort", data=form).status_code == 303
        form = {"passwort": PASSWORD, "noch-einmal": PASSWORD}
        assert client.post("/pult/mein/passwort", data=form).status_code == 303
    else:
        assert client.post("/anmelden", data={"karte": issued.card}).status_code == 303
    cookie = client.get_cookie(COOKIE)
    assert cookie is not None
    return cookie.value


def role_needed(app: Flask, path: str) -> Role | None:
    """Return a role that opens a page; None if everybody may, or there is no such page."""
    with app.test_request_context(path) as context:
        endpoint = context.request.endpoint
    if endpoint is None:
        return None
    if path in ADMINISTRATORS:
        return Role.ADMINISTRATOR
    if is_for_accounts(app, endpoint):
        return Role.VOLUNTEER
    roles = roles_of(app, endpoint)
    return None if Role.VILLAGER in roles else min(roles, key=list(Role).index)


def visit_for(app: Flask, path: str) -> str | None:
    """Return the token of a visit that sees a page as it is meant to be, None if anybody does.

    What such a visit keeps stands in `tests.hall.KEPT`.
    """
    role, kept = role_needed(app, path), KEPT.get(path, {})
    if role is None and not kept and path not in CARDS:
        return None
    now_s = FixedClock(0).monotonic_ns / 1e9  # as `hall_app` has it
    if path in CARDS:
        token = sessions_of(app).begin(now_s, Bearer(card=CARDS[path]))
    else:
        token = sessions_of(app).begin(now_s) if role is None else token_for(app, role)
    if role is Role.CARER:
        bearer = sessions_of(app).bearer(token, now_s, counts=False)
        assert bearer is not None
        assert bearer.account is not None
        be_nurse(app.extensions["hall"], bearer.account)
    for what, values in kept.items():
        for value in values:
            sessions_of(app).keep(token, what, value, now_s)
    return token


def prepare(client: FlaskClient, path: str) -> FlaskClient:
    """Give a client the visit that a page is meant for, and return it."""
    token = visit_for(client.application, path)
    if token is None:
        client.delete_cookie(COOKIE)
    else:
        client.set_cookie(COOKIE, token)
    return client


def prepare_browser(context: BrowserContext, app: Flask, home: str, path: str) -> None:
    """Give a browser the visit that a page is meant for."""
    token = visit_for(app, path)
    context.clear_cookies(name=COOKIE)
    if token is not None:
        context.add_cookies([{"name": COOKIE, "value": token, "url": home}])
