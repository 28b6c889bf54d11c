"""From the start page to the slip in a real browser, by keyboard alone, and without a script."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.edge.web.browser.conftest import Open
from tests.edge.web.browser.test_pages import AXE
from tests.edge.web.villagers import small_house
from tests.furnish_courses import CARD, FULL, PHONE, SLIPS, TALK
from tests.hall import served

MOST_KEYS = 12  # plus the name
MM = 96 / 25.4
NAME = "Erna Weber"
SIGNS = re.compile(r"(\w{3} ){2}\w{3}")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A hub whose list of courses is as long as these tests say."""
    with served(small_house(tmp_path_factory.mktemp("small")).app) as port:
        yield f"http://hub.lan:{port}"


class Keys:
    """A keyboard that counts."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.pressed = 0

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.pressed += 1

    def to(self, text: str) -> None:
        """Go on with Tab until what has the focus says ``text``."""
        for _ in range(40):
            self.press("Tab")
            if text in self.page.evaluate("document.activeElement.textContent"):
                return
        raise AssertionError(f"{text} is not reached")

    def follow(self) -> None:
        before = self.page.url
        self.press("Enter")
        expect(self.page).not_to_have_url(before)
        self.page.wait_for_load_state("load")


@pytest.mark.parametrize("script", [True, False])
def test_start_to_slip_takes_few_keys_and_no_mouse(
    opened: Open, home: str, *, script: bool
) -> None:
    page = opened(viewport={"width": 1280, "height": 800}, java_script_enabled=script).new_page()
    page.goto(home)
    keys = Keys(page)
    if script:
        keys.to("Kurse")
        keys.follow()
        # the third of the list, behind the bus and one that is cancelled
        keys.to("Handy für Anfänger")
        keys.follow()
        keys.to("Anmelden")
        keys.follow()
        assert page.evaluate("document.activeElement.id") == "name"
    else:  # the same keys, blindly
        for tabs in (3, 3, 1):
            for _ in range(tabs):
                keys.press("Tab")
            keys.follow()
    page.keyboard.type(NAME)
    keys.follow()
    expect(page.get_by_role("heading", name="Sie haben einen Platz")).to_be_visible()
    assert SIGNS.fullmatch(page.locator(".slip-number strong").inner_text())
    assert keys.pressed <= MOST_KEYS
    print(f"{keys.pressed} keys and the name")  # noqa: T201
    assert "zettel/1" in page.url
    page.get_by_role("button", name="Fertig – alles löschen").click()
    expect(page).to_have_url(f"{home}/fertig")


def test_who_comes_by_a_tile_sees_the_heading(opened: Open, home: str) -> None:
    for size in ("normal", "riesig"):
        context = opened(viewport={"width": 1280, "height": 800})
        context.add_cookies([{"name": "anzeige", "value": f"de.{size}.hell", "url": home}])
        page = context.new_page()
        page.goto(f"{home}/kurse#inhalt")
        assert page.evaluate("scrollY") == 0
        assert page.evaluate("document.activeElement.id") == "inhalt"


def test_nothing_of_a_visit_is_left_after_done(opened: Open, home: str) -> None:
    context = opened(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.goto(f"{home}/kurse/{TALK}/anmelden")
    page.fill("#name", "Rosa Lind")
    page.fill("#phone", "06031 55512")
    page.get_by_role("button", name="Anmelden").click()
    number = page.locator(".slip-number strong").inner_text()
    page.goto(f"{home}/zettel")
    page.get_by_role("link", name="Zettel 1").click()
    page.get_by_role("link", name="Abmelden").click()
    page.get_by_role("button", name="Fertig – alles löschen").click()
    page.wait_for_url("**/fertig")
    assert context.cookies() == []
    for _ in range(7):
        page.go_back(wait_until="load")
        shown = page.content()
        values = page.evaluate("[...document.querySelectorAll('input')].map(e => e.value).join()")
        assert number not in shown
        assert not {"Rosa Lind", "06031 55512"} & {shown, values}
        assert "Rosa" not in shown + values
        assert "55512" not in shown + values
    assert context.cookies() == []


def test_back_and_a_double_click_make_one_sign_up(opened: Open, home: str) -> None:
    page = opened().new_page()
    page.goto(f"{home}/kurse/{TALK}/anmelden")
    page.fill("#name", "Karla Zweimal")
    page.get_by_role("button", name="Anmelden").dblclick()
    number = page.locator(".slip-number strong").inner_text()
    page.go_back(wait_until="load")
    expect(page.get_by_role("heading", name="Schon angemeldet")).to_be_visible()
    page.get_by_role("link", name="Zettel ansehen").click()
    assert page.locator(".slip-number strong").inner_text() == number
    page.goto(f"{home}/zettel")
    assert page.get_by_role("link", name=re.compile(r"Zettel \d")).count() == 1


def test_a_scanner_types_and_presses_enter(opened: Open, home: str) -> None:
    for path, scanned, heading in (
        ("/zettel", SLIPS["waits"], "Für Sie ist ein Platz frei"),
        ("/karte", CARD, "Meine Kurse"),
        ("/zettel", "https://elsewhere.example/x?y=1", "Mein Zettel"),
    ):
        page = opened().new_page()
        page.goto(home + path)
        expect(page.locator("input:focus")).to_be_attached()  # by itself, soon after it is there
        page.keyboard.type(scanned)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()


def test_what_is_wrong_has_the_focus_and_is_described(opened: Open, home: str) -> None:
    page = opened().new_page()
    page.goto(f"{home}/kurse/{FULL}/anmelden")
    page.fill("#name", "Ilse")
    page.fill("#phone", "ruf an")
    page.get_by_role("button", name="Auf die Warteliste").click()
    expect(page.get_by_role("alert")).to_contain_text("Etwas stimmt noch nicht")
    assert page.evaluate("document.activeElement.id") == "phone"
    expect(page.locator("#phone")).to_have_accessible_description(re.compile("keine Telefonnummer"))
    assert page.locator("#name").input_value() == "Ilse"


def test_a_slip_is_one_small_sheet(opened: Open, home: str) -> None:
    page = opened().new_page()
    page.goto(f"{home}/zettel")
    page.fill("#nummer", SLIPS["seat"])
    page.keyboard.press("Enter")
    page.wait_for_url("**/zettel/1*")
    sheet = page.pdf(prefer_css_page_size=True)
    assert sheet.count(b"/Type /Page\n") == 1
    (box,) = set(re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", sheet))
    millimetres = [float(one) * 25.4 / 72 for one in box]
    assert millimetres == pytest.approx([105, 148], abs=0.5)
    page.emulate_media(media="print")
    for name in (".reach", ".head", "#tun", ".kern-btn", ".foot"):
        assert not page.locator(name).first.is_visible(), name
    for name in (".slip-number", ".qr svg", ".meetings", "#stand"):
        assert page.locator(name).first.is_visible(), name


def test_printing_is_offered_where_it_can_be_done(opened: Open, home: str) -> None:
    for script in (True, False):
        page = opened(java_script_enabled=script).new_page()
        page.goto(f"{home}/kurse/{PHONE}/anmelden")
        page.fill("#name", "Ilse")
        page.keyboard.press("Enter")
        page.wait_for_url("**/zettel/1*")
        button = page.get_by_role("button", name="Zettel drucken")
        assert button.is_visible() == script
        if script:
            page.evaluate("window.print = () => { document.title = 'printed'; }")
            button.click()
            assert page.title() == "printed"


def test_what_only_a_visit_shows_holds_for_everybody(opened: Open, home: str) -> None:
    axe = AXE.read_text("utf-8")
    for cookie in ("de.normal.hell", "ar.riesig.dunkel"):
        context = opened(bypass_csp=True, viewport={"width": 1280, "height": 800})
        context.add_cookies([{"name": "anzeige", "value": cookie, "url": home}])
        page = context.new_page()
        for path, typed in (("/karte", CARD), ("/zettel", "falsch")):
            page.goto(home + path)
            page.fill("#nummer", typed)
            with page.expect_navigation():
                page.keyboard.press("Enter")
            page.evaluate(axe)
            assert page.evaluate("axe.run()")["violations"] == []
        page.goto(f"{home}/kurse/{PHONE}/anmelden")
        page.evaluate("document.querySelector('#party').innerHTML = '<option value=9>9</option>'")
        page.fill("#name", "Ilse")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        page.evaluate(axe)
        assert page.locator("[aria-invalid]").count() == 1
        assert page.evaluate("axe.run()")["violations"] == []
