"""Two real browsers see each other through the hub, and turn their cameras off at the end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.edge.web.browser.conftest import ARGS, CHROMIUM
from tests.edge.web.care.conversation import CALLS, talking_app
from tests.hall import served
from tests.signed_in import prepare_browser

CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
PATIENCE_MS = 90_000  # two pictures are coded and decoded by one machine
SEES = "document.querySelector('.other').videoWidth > 0"
OFF = "document.querySelectorAll('video').length === 0"


@pytest.fixture(scope="module")
def camera() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip("Debian's chromium is not installed")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=[*ARGS, *CAMERA])
        yield browser
        browser.close()


def call(page: Page, home: str) -> str:
    page.goto(home + CALLS)
    page.locator("button", has_text="Anrufen").first.click()
    code = page.locator(".call-code").inner_text()
    page.locator("[data-los]").click()
    return code


def test_two_browsers_see_each_other_and_hang_up(camera: Browser, tmp_path: Path) -> None:
    app = talking_app(tmp_path)
    with served(app) as port:
        home = f"http://127.0.0.1:{port}"
        carer, villager = camera.new_context(), camera.new_context()
        prepare_browser(carer, app, home, CALLS)
        near, far = carer.new_page(), villager.new_page()
        wrong: list[str] = []
        for page in (near, far):
            page.set_default_timeout(PATIENCE_MS)
            page.on("pageerror", lambda error: wrong.append(str(error)))
        code = call(near, home)
        far.goto(f"{home}/gespraech")
        far.get_by_label("Sechs Ziffern").fill(code)
        far.get_by_role("button", name="Weiter").click()
        far.get_by_role("button", name="Annehmen").click()
        for page in (near, far):
            page.wait_for_selector("[data-da]", timeout=PATIENCE_MS)
            page.wait_for_function(SEES, timeout=PATIENCE_MS)
        assert near.locator("[data-stand=da]").is_visible()
        far.get_by_role("button", name="Auflegen").click()
        far.wait_for_url("**/gespraech/ende")
        near.wait_for_url("**/gespraech/ende")
        for page in (near, far):
            assert page.evaluate(OFF)
        assert not wrong
        carer.close()
        villager.close()


def test_without_encryption_a_browser_says_why_there_is_no_camera(
    camera: Browser, tmp_path: Path
) -> None:
    app = talking_app(tmp_path)
    with served(app) as port:
        context = camera.new_context()
        home = f"http://hub.lan:{port}"
        prepare_browser(context, app, home, CALLS)
        page = context.new_page()
        page.goto(home + CALLS)
        assert "nicht verschlüsselt" in page.locator("main").inner_text()
        page.locator("button", has_text="Anrufen").first.click()
        expect(page.locator("[data-stand=unsicher]")).to_be_visible()
        assert not page.locator("[data-los]").is_visible()
        context.close()
