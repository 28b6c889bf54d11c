"""Nobody's name is left on the screen: the terminal in the hall, by a plain name without TLS."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.edge.web.browser.conftest import NAME, Open

STORED = "() => localStorage.length + sessionStorage.length"


@pytest.fixture
def context(opened: Open) -> BrowserContext:
    return opened(viewport={"width": 1280, "height": 800})


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def stopped_clock(page: Page) -> None:
    """Let time go by in the page only when the test says so."""
    page.clock.install(time=0)
    page.clock.pause_at(1000)


def visit(page: Page, home: str) -> None:
    """Be somebody, with traces in the history, a cookie, storage and a half-filled form."""
    page.goto(home)
    page.goto(f"{home}/anfang")
    assert NAME in page.content()
    page.goto(f"{home}/design")
    page.evaluate("localStorage.x = sessionStorage.x = 'Erna'")
    page.fill("#feld", NAME)
    page.click("#weiter") if page.locator("#weiter").count() else page.goto(f"{home}/hilfe")


def nothing_is_left(page: Page, context: BrowserContext) -> None:
    assert context.cookies() == []
    assert page.evaluate(STORED) == 0
    for _ in range(5):
        page.go_back(wait_until="load")
        assert NAME not in page.content()
        values = page.evaluate("[...document.querySelectorAll('input,textarea')].map(e => e.value)")
        assert NAME not in values
    assert context.cookies() == []


def test_done_leaves_nothing_behind(page: Page, context: BrowserContext, home: str) -> None:
    visit(page, home)
    assert context.cookies()
    page.get_by_role("button", name="Fertig – alles löschen").click()
    expect(page.get_by_role("heading", name="Alles ist gelöscht")).to_be_visible()
    nothing_is_left(page, context)


def test_who_went_away_is_asked_and_then_forgotten(
    page: Page, context: BrowserContext, home: str
) -> None:
    stopped_clock(page)
    visit(page, home)
    dialog = page.get_by_role("alertdialog")
    page.clock.run_for(58_000)
    assert not dialog.is_visible()
    page.keyboard.press("Shift")
    for _ in range(10):  # WCAG 2.2.1: at least ten times, by any key
        page.clock.run_for(62_000)
        expect(dialog).to_be_visible()
        page.keyboard.press("Shift")
        assert not dialog.is_visible()
        assert page.url.endswith("/hilfe")
    page.clock.run_for(70_000)
    left = int(page.locator("#noch-da-zeit").inner_text())
    assert 15 <= left <= 25
    page.clock.run_for(25_000)
    page.wait_for_url("**/fertig")
    nothing_is_left(page, context)


def test_a_key_that_extends_presses_nothing_else(page: Page, home: str) -> None:
    stopped_clock(page)
    visit(page, home)
    page.clock.run_for(65_000)
    expect(page.get_by_role("alertdialog")).to_be_visible()
    page.keyboard.press("Enter")
    assert page.url.endswith("/hilfe")
    assert not page.get_by_role("alertdialog").is_visible()


def test_who_listens_is_not_asked(page: Page, home: str) -> None:
    stopped_clock(page)
    visit(page, home)
    page.evaluate(
        """() => { const a = new Audio('/vorlesen/ton?seite=/hilfe'); a.loop = true;
        document.body.append(a); return a.play(); }"""
    )
    page.clock.run_for(200_000)
    assert not page.get_by_role("alertdialog").is_visible()
    page.evaluate("document.querySelector('audio').pause()")
    page.clock.run_for(65_000)
    expect(page.get_by_role("alertdialog")).to_be_visible()


def test_the_board_alone_asks_nobody_until_somebody_types(page: Page, home: str) -> None:
    stopped_clock(page)
    page.goto(f"{home}/design")
    page.clock.run_for(600_000)
    assert not page.get_by_role("alertdialog").is_visible()
    page.fill("#feld", NAME)
    page.clock.run_for(62_000)
    expect(page.get_by_role("alertdialog")).to_be_visible()


def test_the_goodbye_makes_room_for_the_next(page: Page, home: str) -> None:
    stopped_clock(page)
    page.goto(f"{home}/fertig")
    page.clock.run_for(21_000)
    page.wait_for_url(f"{home}/")


def test_reading_aloud_stays_on_the_page(page: Page, home: str) -> None:
    page.goto(f"{home}/hilfe")
    page.get_by_role("link", name="Vorlesen", exact=True).click()
    expect(page.get_by_role("link", name="Anhalten", exact=True)).to_be_visible()
    page.get_by_role("link", name="Anhalten", exact=True).click()
    expect(page.get_by_role("link", name="Vorlesen", exact=True)).to_be_visible()
    assert page.url == f"{home}/hilfe"


def test_all_of_it_works_without_a_script(opened: Open, home: str) -> None:
    context = opened(java_script_enabled=False, viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.goto(home)
    page.get_by_role("button", name="Größer").click()
    expect(page.locator("html")).to_have_attribute("data-groesse", "gross")
    page.get_by_role("link", name="Sprache", exact=True).click()
    page.get_by_role("button", name="العربية").click()
    expect(page).to_have_url(f"{home}/")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    page.get_by_role("button", name="Leichte Sprache").click()
    expect(page.locator("html")).to_have_attribute("lang", "de-simple")
    page.get_by_role("link", name="Vorlesen", exact=True).click()
    expect(page.locator("audio[controls]")).to_have_count(1)
    page.get_by_role("button", name="Fertig – alles löschen").click()
    expect(page.locator("html")).to_have_attribute("lang", "de")
    assert context.cookies() == []
