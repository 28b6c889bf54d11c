"""The carers' pages that stay open: they change by themselves, and say when they no longer do."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from edge.access.role import Role
from edge.care.finding import Finding, Stage, Urgency
from edge.care.people import ContactRole
from edge.clock import FixedClock
from edge.desk.vault import Vault
from edge.web.access import COOKIE, sessions_of
from tests.edge.web.browser.conftest import Open
from tests.furnish_ward import NOW_MS
from tests.signed_in import token_for

SLOW_MS = 20_000  # the machine may be busy; that it comes by itself is what is looked at
LIFT = "Aufzug"
WALL, INBOX = "/pflege", "/pflege/meldungen"
NURSES = {WALL: "Wand", INBOX: "Amira", f"{INBOX}/frueher": "Jonas"}


def token(app: Flask, name: str) -> str:
    """Let another nurse sign in; alerts of the hub are for every one."""
    made = token_for(app, Role.CARER)
    bearer = sessions_of(app).bearer(made, FixedClock(0).monotonic_ns / 1e9, counts=False)
    assert bearer is not None
    with Vault.of(app.extensions["hall"]) as vault, vault.open() as personal:
        personal.add_contact(name, ContactRole.NURSE, NOW_MS, account=bearer.account)
    return made


def nurse(opened: Open, app: Flask, home: str, path: str, **options: object) -> Page:
    context = opened(**{"viewport": {"width": 1280, "height": 900}, **options})
    context.add_cookies([{"name": COOKIE, "value": token(app, NURSES[path]), "url": home}])
    page = context.new_page()
    if "java_script_enabled" not in options:
        page.clock.install()
    page.goto(f"{home}{path}")
    return page


@pytest.fixture
def raised(app: Flask) -> Iterator[dict[str, int]]:
    """Raise the alert of a button on demand; it is over after the test."""
    config, stamp = app.extensions["hall"], FixedClock(NOW_MS).stamp()
    made: dict[str, int] = {}

    class Raise(dict[str, int]):
        def __missing__(self, place: str) -> int:
            facts = {"device": place, "place": place, "late_minutes": 0}
            key, stage = f"sos:{place}", Stage.RAISE
            with Vault.of(config) as vault, vault.open() as personal:
                made[place] = self[place] = personal.raise_hub_alert(
                    Finding(0, key, "sos", stage, Urgency.EMERGENCY, NOW_MS, NOW_MS, facts), stamp
                )
            return made[place]

    yield Raise()
    with Vault.of(config) as vault, vault.open() as personal:
        for number in made.values():
            personal.close_alert(number, None, "Probe", stamp)


def marked(page: Page) -> Page:
    page.evaluate("window.loaded = 'once'")
    return page


def stays(page: Page) -> None:
    assert page.evaluate("window.loaded") == "once"


def test_alerts_come_and_move_on_open_pages_by_themselves(
    opened: Open, app: Flask, home: str, raised: dict[str, int]
) -> None:
    amira = marked(nurse(opened, app, home, INBOX))
    wall = marked(nurse(opened, app, home, WALL))
    number = raised[LIFT]
    waiting = amira.locator("li", has_text=f"Alarm {number},")
    expect(waiting).to_contain_text(f"{LIFT}“: Ruf um Hilfe", timeout=SLOW_MS)
    tile = wall.locator("li", has_text=LIFT)
    expect(tile).to_contain_text("Ruf um Hilfe", timeout=SLOW_MS)
    jonas = nurse(opened, app, home, "/pflege/meldungen/frueher")
    jonas.goto(f"{home}{INBOX}")
    line = jonas.locator("li", has_text=f"Alarm {number},")
    line.get_by_role("button", name="Ich kümmere mich").click()
    expect(jonas).to_have_url(f"{home}{INBOX}/{number}")
    taken = amira.locator("section", has=amira.get_by_role("heading", name="Jemand kümmert sich"))
    moved = taken.locator("li", has_text=f"Alarm {number},")
    expect(moved).to_contain_text("Jonas", timeout=SLOW_MS)
    expect(moved.get_by_role("button", name="Ich kümmere mich")).to_have_count(0)
    expect(tile).to_contain_text("Jonas", timeout=SLOW_MS)
    jonas.fill("[name=ausgang]", "War ein Versehen")
    jonas.get_by_role("button", name="Abschließen").click()
    expect(waiting).to_have_count(0, timeout=SLOW_MS)
    expect(tile).to_have_count(0, timeout=SLOW_MS)
    stays(amira)
    stays(wall)


def answered(page: Page) -> None:
    """Let half a minute pass, and the answer arrive before the page's clock gives it up."""
    with page.expect_response(re.compile("/(kacheln|liste)$")):
        page.clock.run_for(30_500)


@pytest.mark.parametrize("path", [WALL, INBOX])
def test_a_wall_that_is_cut_off_says_that_it_is_old(
    opened: Open, app: Flask, home: str, path: str
) -> None:
    page = marked(nurse(opened, app, home, path))
    old = page.get_by_role("alert").filter(has_text="nicht aktuell")
    for _ in range(6):
        answered(page)
    expect(old).to_have_count(0)  # nothing changed, but the hub answers
    page.context.set_offline(True)
    page.clock.run_for(50_000)
    expect(old).to_have_count(0)
    page.clock.run_for(80_000)
    expect(old).to_be_visible()
    expect(old).to_contain_text("Stand 16:24 Uhr – nicht aktuell")
    page.context.set_offline(False)
    answered(page)
    expect(old).to_have_count(0)
    stays(page)


@pytest.mark.parametrize("path", [WALL, INBOX])
def test_a_wall_whose_sign_in_ended_asks_for_it_and_blames_no_hub(
    opened: Open, app: Flask, home: str, path: str
) -> None:
    page = nurse(opened, app, home, path)
    expect(page.get_by_text("Stand: 16:24 Uhr")).to_be_visible()
    page.context.clear_cookies()  # as after a restart of the web process, or after ten hours
    page.clock.run_for(40_000)
    expect(page).to_have_url(re.compile("/anmelden"), timeout=SLOW_MS)
    expect(page.get_by_text("nicht aktuell")).to_have_count(0)


def test_a_carers_page_that_nobody_touches_signs_out_as_it_says(
    opened: Open, app: Flask, home: str
) -> None:
    page = nurse(opened, app, home, INBOX)
    expect(page.get_by_text("meldet die Seite Sie ab")).to_be_visible()
    page.clock.run_for(599_000)
    expect(page.locator("#noch-da")).to_be_hidden()
    page.clock.run_for(2_000)
    expect(page.locator("#noch-da")).to_be_visible()
    page.clock.run_for(31_000)
    page.wait_for_url("**/fertig")  # or leaving would be quicker than signing out
    page.goto(f"{home}{INBOX}")
    expect(page).to_have_url(re.compile("/anmelden"))


def test_without_scripts_the_time_stands_on_it(opened: Open, app: Flask, home: str) -> None:
    page = nurse(opened, app, home, WALL, java_script_enabled=False)
    expect(page.get_by_text("Stand: 16:24 Uhr")).to_be_visible()
    expect(page.get_by_text("nicht aktuell")).to_be_hidden()
    assert page.locator("meta[http-equiv=refresh]").first.get_attribute("content") == "10"
