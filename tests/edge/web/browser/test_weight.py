"""What a phone in the hall has to fetch, counted by the browser."""

from __future__ import annotations

from contextlib import suppress
from typing import Literal
from urllib.parse import SplitResult, urlsplit

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Error

from tests.edge.web.browser.conftest import Open
from tests.hall import PAGES
from tests.signed_in import prepare_browser

FIRST_BYTES, AGAIN_BYTES = 80_000, 12_000

# The viewer of PDF files is a part of the browser and asks for its own parts by these.
BROWSERS_OWN = {"chrome", "chrome-extension"}


def fetched(
    context: BrowserContext, url: str, until: Literal["networkidle", "load"] = "networkidle"
) -> tuple[int, set[str]]:
    """Return the bytes of a visit as they came over the line, and the hosts that were asked."""
    page = context.new_page()
    line = context.new_cdp_session(page)
    line.send("Network.enable")
    sizes: list[float] = []
    hosts: set[str] = set()

    def note(url: SplitResult) -> None:
        if url.scheme not in BROWSERS_OWN:
            hosts.add(url.hostname or "")

    line.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.on("request", lambda request: note(urlsplit(request.url)))
    page.goto(url, wait_until=until)
    with suppress(Error):  # a page that waits may load itself anew at just this moment
        page.evaluate("document.fonts.ready")
    page.close()
    return round(sum(sizes)), hosts


@pytest.mark.parametrize("tongue", ["", "uk.normal.wie-geraet", "ar.normal.wie-geraet"])
def test_a_visit_is_light(opened: Open, home: str, tongue: str) -> None:
    context = opened()
    if tongue:
        context.add_cookies([{"name": "anzeige", "value": tongue, "url": home}])
    first, _ = fetched(context, home)
    again, _ = fetched(context, home)
    print(f"{tongue or 'de'}: first {first} bytes, again {again}")  # noqa: T201
    assert first <= FIRST_BYTES
    assert again <= AGAIN_BYTES


@pytest.mark.timeout(900)  # every page
def test_nothing_is_asked_of_another_host(opened: Open, app: Flask, home: str) -> None:
    context = opened()
    asked: set[str] = set()
    for path in PAGES.values():
        prepare_browser(context, app, home, path)
        asked |= fetched(context, home + path, "load")[1]
    assert asked == {"hub.lan"}


def test_the_policy_stops_what_is_not_ours(opened: Open, home: str) -> None:
    page = opened().new_page()
    blocked: list[str] = []
    page.on("console", lambda message: blocked.append(message.text))
    page.goto(f"{home}/design")
    # of the plain name itself; what the policy says is counted
    assert [text for text in blocked if "Opener-Policy" not in text] == []
    page.evaluate(
        "document.body.append(Object.assign(new Image(), {src: 'http://elsewhere.example/x'}))"
    )
    page.wait_for_timeout(300)
    assert any("Content Security Policy" in text for text in blocked)
