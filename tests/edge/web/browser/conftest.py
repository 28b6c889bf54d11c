"""A real browser before a real server of a furnished village."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Blueprint, Flask, redirect, request
from playwright.sync_api import Browser, BrowserContext, sync_playwright
from werkzeug.wrappers import Response

from edge.web.access import Role, open_blueprint, visit
from tests.hall import hall_app, served

CHROMIUM = Path("/usr/bin/chromium")
ARGS = [
    "--no-sandbox",
    "--host-resolver-rules=MAP hub.lan 127.0.0.1",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking",
    "--disable-component-update",
]
NAME = "Erna Weber"
Open = Callable[..., BrowserContext]


# Not for the session: Playwright keeps an event loop in this thread as long as it runs, and no test
# after these could run one of its own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip("Debian's chromium is not installed")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield browser
        browser.close()


def with_visits(app: Flask) -> Flask:
    """Add a page that is somebody's own: what it shows is kept in the visit."""
    pages = Blueprint("visit", __name__)
    open_blueprint(pages, Role.VILLAGER)

    @pages.get("/meins")
    def mine() -> str | Response:
        if NAME not in visit().kept("name"):
            return redirect("/")
        return (
            f"<!doctype html><html lang=de><title>Meins</title><main><h1>{NAME}</h1></main>"
            '<a id="weiter" href="/hilfe">Weiter</a>'
        )

    @pages.get("/anfang")
    def begin() -> Response:
        visit().keep("name", NAME)
        return redirect("/meins")

    @pages.get("/woher")
    def where() -> str:
        return request.remote_addr or ""

    app.register_blueprint(pages)
    return app


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return with_visits(hall_app(tmp_path_factory.mktemp("hall")))


@pytest.fixture(scope="session")
def port(app: Flask) -> Iterator[int]:
    with served(app) as port:
        yield port


@pytest.fixture(scope="session")
def home(port: int) -> str:
    """The hub as a phone or the terminal in the hall calls it: a plain name, no TLS."""
    return f"http://hub.lan:{port}"


@pytest.fixture
def opened(browser: Browser) -> Iterator[Open]:
    """Open a context that is closed after the test."""
    contexts: list[BrowserContext] = []

    def open_context(**options: object) -> BrowserContext:
        context = browser.new_context(**options)  # type: ignore[arg-type]
        context.set_default_timeout(60_000)
        contexts.append(context)
        return context

    yield open_context
    for context in contexts:
        context.close()
