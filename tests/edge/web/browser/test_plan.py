"""A plan in a real browser: a pause in three presses, and a limit that is looked at before."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from edge.desk.vault import Vault
from tests.edge.web.browser.conftest import Open
from tests.furnish_plan import PLAN_PAGES
from tests.furnish_ward import NOW_MS
from tests.signed_in import prepare_browser

PERSON = 4
VALUES = f"/pflege/person/{PERSON}"


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def page(request: pytest.FixtureRequest, opened: Open, app: Flask, home: str) -> Page:
    options = {} if request.param else {"java_script_enabled": False}
    context = opened(viewport={"width": 1280, "height": 800}, **options)
    prepare_browser(context, app, home, VALUES)
    return context.new_page()


def test_a_pause_takes_three_presses_from_somebodys_values(
    page: Page, app: Flask, home: str
) -> None:
    page.goto(home + VALUES)
    with page.expect_navigation():
        page.get_by_role("link", name="Pause eintragen").click()
    page.get_by_label("Krankenhaus").check(force=True)
    with page.expect_navigation():
        page.get_by_role("button", name="Pause eintragen").click()
    expect(page.get_by_role("status")).to_contain_text("Die Pause ist eingetragen.")
    with Vault.of(app.extensions["hall"]) as vault, vault.open() as personal:
        pause = personal.plan(PERSON, NOW_MS).pauses[-1]
    assert (pause.why, pause.until, pause.holds_at(NOW_MS)) == ("hospital", None, True)
    # and one press ends it
    page.goto(home + VALUES)
    with page.expect_navigation():
        page.get_by_role("button", name="Pause beenden").click()
    expect(page.get_by_role("status")).to_contain_text("Die Pause ist beendet.")


def test_a_limit_that_calls_later_is_looked_at_and_said_yes_to(
    page: Page, app: Flask, home: str
) -> None:
    with Vault.of(app.extensions["hall"]) as vault, vault.open() as personal:
        usual = replace(personal.plan(PERSON, NOW_MS), limits={})
        personal.set_plan(usual, "Test", NOW_MS)  # whoever typed 215 before
    context = page.context
    prepare_browser(context, app, home, PLAN_PAGES["pflege-plan-grenze"])
    page.goto(f"{home}/pflege/plan/{PERSON}/grenze/blood_pressure_systolic")
    page.locator("#oben-dringend").fill("215")
    page.locator("#praxis").fill("Praxis Dr. Beispiel")
    page.locator("#tag").fill("2026-11-20")
    with page.expect_navigation():
        page.get_by_role("button", name="Weiter").click()
    expect(page.get_by_text("Jemand wird später gerufen als bisher")).to_be_visible()
    with page.expect_navigation():
        page.get_by_role("button", name="Ja, so gilt es").click()
    expect(page.get_by_text("Bitte bestätigen")).to_be_visible()
    page.locator("#spaeter").check(force=True)
    with page.expect_navigation():
        page.get_by_role("button", name="Ja, so gilt es").click()
    expect(page.get_by_role("status")).to_contain_text("Die Grenze ist gespeichert.")
    expect(page.get_by_text("ab 215 mmHg").first).to_be_visible()
