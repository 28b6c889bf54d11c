"""A hub that started anew: every page leads to where it is unlocked, and the PIN unlocks it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from edge.clock import FixedClock
from edge.unlock import pin
from edge.unlock.opener import Opener
from edge.web.app import create_app
from hardware.reading import TimeQuality
from tests.edge.web.browser.conftest import Open
from tests.edge.web.browser.test_pages import AXE, TARGETS, WIDE
from tests.furnish_unlock import PIN, locked_hub, memory_folder
from tests.hall import NOW_MS, served

LAYERS = {
    "de": ("", 1280),
    "ar": ("ar.riesig.dunkel", 1280),
    "leicht": ("leicht.normal.wie-geraet", 320),
}


@pytest.fixture
def shut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Flask, str, Opener]]:
    monkeypatch.setattr(pin, "MEMORY_KIB", 64)
    with memory_folder() as memory:
        config = locked_hub(tmp_path, memory)
        app = create_app(config, FixedClock(NOW_MS, TimeQuality.SYNCHRONISED))
        with served(app) as port:
            yield app, f"http://hub.lan:{port}", Opener.of(config)


def test_from_the_start_page_to_an_unlocked_hub(
    shut: tuple[Flask, str, Opener], opened: Open
) -> None:
    _, home, opener = shut
    page = opened(viewport={"width": 1280, "height": 800}).new_page()
    page.goto(home)
    page.get_by_role("link", name="schließt sie mit der PIN auf").click()
    expect(page.get_by_role("heading", name="Aufschließen")).to_be_visible()
    assert page.get_by_role("link", name="schließt sie mit der PIN auf").count() == 0
    field = page.get_by_label("PIN")
    field.fill("999999")
    field.press("Enter")
    expect(page.get_by_text("Die PIN stimmt nicht.")).to_be_visible()
    assert page.get_by_label("PIN").input_value() == ""
    assert opener.is_locked
    page.get_by_label("PIN").fill(PIN)
    page.get_by_role("button", name="Aufschließen").click()
    page.wait_for_url(f"{home}/")
    assert not opener.is_locked
    assert page.get_by_role("link", name="schließt sie mit der PIN auf").count() == 0
    page.goto(f"{home}/entsperren")
    expect(page.get_by_text("Hier ist nichts aufzuschließen.")).to_be_visible()


@pytest.mark.parametrize("layer", LAYERS)
def test_the_form_holds_for_everybody(
    shut: tuple[Flask, str, Opener], opened: Open, layer: str
) -> None:
    _, home, _ = shut
    cookie, width = LAYERS[layer]
    context = opened(bypass_csp=True, viewport={"width": width, "height": 800})
    if cookie:
        context.add_cookies([{"name": "anzeige", "value": cookie, "url": home}])
    page = context.new_page()
    for path in ("/", "/entsperren"):
        page.goto(home + path)
        looked(page)
    page.locator("input[name=pin]").fill("999999")
    page.locator("main button").click()
    expect(page.locator("input[name=pin][aria-invalid=true]")).to_be_visible()
    looked(page)


def looked(page: Page) -> None:
    page.evaluate("stop()")
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run({resultTypes: ['violations']})")
    assert [one["id"] for one in found["violations"]] == [], page.url
    assert page.evaluate(TARGETS % 55.5) == [], page.url
    assert page.evaluate(WIDE)[0] <= 0, page.url
