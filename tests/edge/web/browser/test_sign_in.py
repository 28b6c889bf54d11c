"""Signing in as people do it: a scanner that types, pictures by keyboard, and the end."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Page, expect

from edge.access.role import Role
from edge.web.access import COOKIE, access_of, sessions_of
from tests.edge.web.browser.conftest import Open
from tests.edge.web.browser.test_kiosk import STORED
from tests.signed_in import prepare_browser

DESK = "Sensoren für die Gesundheit"


@pytest.fixture
def context(opened: Open) -> BrowserContext:
    return opened(viewport={"width": 1280, "height": 800})


def scanned_in(page: Page, app: Flask, home: str) -> str:
    """Go to a volunteers' page, be led to the scanner, scan a card; the sign-in name."""
    issued = access_of(app).office.give_nameless({Role.VOLUNTEER})
    page.goto(f"{home}/geraete/koppeln")
    expect(page.get_by_role("heading", name="Mit Ihrer Karte")).to_be_visible()
    expect(page.locator("input:focus")).to_be_attached()  # by itself, soon after it is there
    page.keyboard.type(issued.card.replace("-", "ß"))  # nobody clicked anywhere
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=DESK)).to_be_visible()
    return issued.handle


def test_done_ends_a_signed_in_visit(context: BrowserContext, app: Flask, home: str) -> None:
    page = context.new_page()
    handle = scanned_in(page, app, home)
    expect(page.get_by_text(f"Angemeldet: {handle}")).to_be_visible()
    (cookie,) = context.cookies()
    assert (cookie["name"], cookie["httpOnly"], cookie["sameSite"]) == (COOKIE, True, "Lax")
    page.goto(f"{home}/pult/mein")
    page.goto(f"{home}/geraete")
    page.get_by_role("button", name="Abmelden").click()
    expect(page.get_by_role("heading", name="Alles ist gelöscht")).to_be_visible()
    assert context.cookies() == []
    assert page.evaluate(STORED) == 0
    for _ in range(6):
        page.go_back(wait_until="load")
        assert not re.search(rf"\b{handle}\b", page.content())  # "Star" is part of "Startseite"
        assert DESK not in page.content()
    assert context.cookies() == []
    context.add_cookies([{"name": COOKIE, "value": cookie["value"], "url": home}])
    page.goto(f"{home}/geraete")
    assert "/anmelden" in page.url


def test_pictures_by_keyboard_without_a_script(opened: Open, app: Flask, home: str) -> None:
    access = access_of(app)
    issued = access.office.give_nameless({Role.VOLUNTEER})
    access.office.change_pictures(access.door.by_card(issued.card), ("boot", "tasse", "apfel"))
    page = opened(java_script_enabled=False, viewport={"width": 1280, "height": 800}).new_page()
    page.goto(f"{home}/anmelden/bilder?ziel=/geraete")
    expect(page.get_by_label("Anmeldename")).to_be_focused()  # by itself, soon after it is there
    page.keyboard.type(issued.handle)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    for name in ("Boot", "Tasse", "Apfel"):
        with page.expect_navigation():  # each picture is a page of its own
            page.get_by_role("button", name=name).press("Enter")
    expect(page).to_have_url(f"{home}/geraete")


def test_the_desk_is_asked_later_than_the_hall(
    context: BrowserContext, app: Flask, home: str
) -> None:
    page = context.new_page()
    page.clock.install(time=0)
    page.clock.pause_at(1000)
    scanned_in(page, app, home)
    dialog = page.get_by_role("alertdialog")
    page.clock.run_for(590_000)
    assert not dialog.is_visible()
    page.clock.run_for(15_000)
    expect(dialog).to_be_visible()
    before = len(sessions_of(app))
    page.clock.run_for(31_000)
    page.wait_for_url("**/fertig")
    assert len(sessions_of(app)) == before - 1
    assert context.cookies() == []


def test_a_printed_card_is_the_card_alone(context: BrowserContext, app: Flask, home: str) -> None:
    prepare_browser(context, app, home, "/pult/zugaenge/ausgabe")
    page = context.new_page()
    page.goto(f"{home}/pult/zugaenge/ausgabe")
    page.emulate_media(media="print")
    assert page.locator(".access-card svg").is_visible()
    cut = page.evaluate(
        """() => { const e = document.querySelector('.access-card svg');
        return e.getAttribute('width') - e.getBoundingClientRect().width; }"""
    )
    assert abs(cut) < 1
    for hidden in (".who", ".reach", ".not-on-paper"):
        assert not page.locator(hidden).first.is_visible()
