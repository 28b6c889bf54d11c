"""The board in a real browser: calls for help that change by themselves, posters on paper."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Page, expect

from edge.access.role import Role
from edge.web.access import COOKIE
from edge.web.village.live import Streams
from edge.web.village.pages import live_of
from tests.edge.web.browser.conftest import Open
from tests.signed_in import token_for

SLOW_MS = 20_000  # the machine may be busy; that it comes by itself is what is looked at


@pytest.fixture
def streams(app: Flask) -> Streams:
    return live_of(app)[1]


def volunteer(opened: Open, app: Flask, home: str) -> Page:
    context: BrowserContext = opened(viewport={"width": 1280, "height": 800})
    context.add_cookies([{"name": COOKIE, "value": token_for(app, Role.VOLUNTEER), "url": home}])
    page = context.new_page()
    page.goto(f"{home}/pult/hilfe")
    return page


def come_and_help(opened: Open, app: Flask, home: str, subject: str) -> None:
    desk = volunteer(opened, app, home)
    villager = opened(viewport={"width": 1280, "height": 800}).new_page()
    villager.goto(f"{home}/hilfe")
    villager.fill("#subject", subject)
    villager.get_by_role("button", name="Bitte kommen Sie zu mir").click()
    expect(villager.get_by_role("heading", name="Ihr Ruf ist angekommen.")).to_be_visible()
    line = desk.locator("li", has_text=subject)
    expect(line).to_be_visible(timeout=SLOW_MS)  # nobody pressed anything at the desk
    line.get_by_role("button", name="Ich komme").click()
    expect(villager.get_by_role("heading", name=re.compile("kommt zu Ihnen"))).to_be_visible(
        timeout=SLOW_MS
    )
    desk.locator("li", has_text=subject).get_by_role("button", name="Erledigt").click()
    expect(villager.get_by_role("heading", name="Ihr Ruf ist beendet.")).to_be_visible(
        timeout=SLOW_MS
    )
    for page in (desk, villager):
        page.context.close()


def test_a_call_is_seen_and_answered_without_a_reload(
    opened: Open, app: Flask, home: str, streams: Streams
) -> None:
    desk = volunteer(opened, app, home)
    desk.wait_for_function("1")
    for _ in range(200):
        if len(streams):
            break
        desk.wait_for_timeout(50)
    assert len(streams)
    come_and_help(opened, app, home, "Mein Handy klingelt nicht")


def test_without_a_free_stream_pages_ask_by_themselves(
    opened: Open, app: Flask, home: str, streams: Streams, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "most", 0)
    come_and_help(opened, app, home, "Der Drucker druckt nicht")


def test_who_waits_for_help_is_asked_later_whether_they_are_there(opened: Open, home: str) -> None:
    page = opened(viewport={"width": 1280, "height": 800}).new_page()
    page.clock.install(time=0)
    page.clock.pause_at(1000)
    page.goto(f"{home}/hilfe")
    page.get_by_role("button", name="Bitte kommen Sie zu mir").click()
    expect(page.get_by_role("heading", name="Ihr Ruf ist angekommen.")).to_be_visible()
    for _ in range(3):
        page.clock.run_for(50_000)
        assert not page.get_by_role("alertdialog").is_visible()
    page.clock.run_for(40_000)
    expect(page.get_by_role("alertdialog")).to_be_visible()
    page.keyboard.press("Shift")
    expect(page.get_by_role("alertdialog")).to_be_hidden()
    page.get_by_role("button", name="Es hat sich erledigt").click()
    expect(page.get_by_role("heading", name="Bitte kommen Sie zu mir")).to_be_visible()
    page.clock.run_for(62_000)
    expect(page.get_by_role("alertdialog")).to_be_visible()


@pytest.mark.parametrize(("size", "points"), [("a4", (595, 842)), ("a3", (842, 1191))])
def test_a_poster_is_one_sheet_of_its_paper(
    opened: Open, app: Flask, home: str, size: str, points: tuple[int, int]
) -> None:
    page = volunteer(opened, app, home)
    page.goto(f"{home}/pult/aushaenge/3/plakat?groesse={size}")
    page.evaluate("document.fonts.ready")
    paper = page.pdf(prefer_css_page_size=True)
    boxes = re.findall(rb"/MediaBox \[\s*0 0 ([\d.]+) ([\d.]+)\s*\]", paper)
    assert [(round(float(w)), round(float(h))) for w, h in boxes] == [points]
