"""A house entered at the terminal, by keyboard alone, with and without a script."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from edge.clock import FixedClock
from edge.config import Config
from edge.desk.vault import Vault
from edge.store.setup import create
from edge.web.app import create_app
from hardware.reading import TimeQuality
from tests.edge.web.browser.conftest import Open
from tests.furnish_home import FRESH_CARD, furnish_home
from tests.hall import NOW_MS, furnished, served


def _street(config: Config, now_ms: int) -> None:
    create(config)
    furnish_home(config, now_ms)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Config]]:
    config = furnished(tmp_path_factory.mktemp("street"), (_street,))
    app = create_app(config, FixedClock(NOW_MS, TimeQuality.SYNCHRONISED))
    with served(app) as port:
        yield f"http://hub.lan:{port}", config


class Keys:
    """A keyboard that counts."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.pressed = 0

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.pressed += 1

    def to(self, name: str) -> None:
        """Go on with Tab until the field or button of that name or words has the focus."""
        for _ in range(60):
            self.press("Tab")
            if self.page.locator("*:focus").evaluate(
                "(one, name) => one.name === name || one.textContent.trim() === name", name
            ):
                return
        raise AssertionError(f"{name} is not reached")

    def fill(self, name: str, text: str) -> None:
        self.to(name)
        self.page.keyboard.type(text)

    def follow(self, url: str) -> None:
        self.press("Enter")
        expect(self.page).to_have_url(re.compile(url))
        self.page.wait_for_load_state("load")


def to_the_first_field(keys: Keys, home: str) -> None:
    keys.page.goto(f"{home}/karte")
    expect(keys.page.locator("input:focus")).to_be_attached()  # by itself, soon after it is there
    keys.page.keyboard.type(FRESH_CARD)  # as a reader of cards does, into the field with the focus
    keys.follow("/karte#inhalt$")
    keys.to("Mein Haus ansehen")
    keys.follow("/karte/haus$")
    keys.to("Haus eintragen")
    keys.follow("/adresse$")


def enter_house(keys: Keys) -> None:
    page = keys.page
    page.keyboard.type("Lindenstr.")
    keys.fill("number", "vier")
    keys.press("Enter")
    expect(page.get_by_text("Bitte die Hausnummer eintragen").first).to_be_visible()
    expect(page.locator("#street")).to_have_value("Lindenstr.")
    expect(page.locator("#number")).to_be_focused()
    keys.press("Control+a")
    page.keyboard.type("4")
    keys.follow("/gebaeude#inhalt$")
    expect(page.get_by_text("Lindenstraße 4")).to_be_visible()
    keys.to("type")
    keys.press("ArrowDown")
    keys.fill("year_built", "1965")
    keys.fill("area", "130")
    keys.follow("/heizung#inhalt$")
    keys.to("carrier")
    keys.press("ArrowUp")
    keys.fill("generator_year", "2004")
    keys.follow("/rechnungen#inhalt$")


def enter_bill(keys: Keys, year: int) -> None:
    keys.to("unit")
    keys.page.keyboard.type("Heiz")  # as selects are searched
    keys.fill("amount", "2.400")
    keys.fill("first", f"1.1.{year}")
    keys.fill("last", f"31.12.{year}")


def test_a_house_is_entered_by_keyboard_alone(opened: Open, hub: tuple[str, Config]) -> None:
    home, config = hub
    page = opened(viewport={"width": 1280, "height": 800}).new_page()
    keys = Keys(page)
    to_the_first_field(keys, home)
    enter_house(keys)
    enter_bill(keys, 2024)
    keys.to("weiter")
    keys.press("Enter")
    expect(page.locator(".bills .what")).to_contain_text("Heizöl in Litern: 2.400 · 1.1.2024")
    enter_bill(keys, 2025)
    keys.follow("/pruefen#inhalt$")
    expect(page.get_by_text("meines Hauses Lindenstraße 4 hier im Dorf")).to_be_visible()
    keys.to("agreed")
    keys.press("Space")
    keys.to("Speichern")
    keys.follow("getan=gespeichert#inhalt$")
    expect(page.get_by_text("Ihre Angaben sind gespeichert.")).to_be_visible()
    print(f"{keys.pressed} keys and what is typed")  # noqa: T201
    with Vault.of(config) as vault, vault.open() as personal:
        (fresh,) = (one.person for one in personal.persons() if one.name == "Oleh Bondar")
        facts = personal.home_facts_of(fresh, 4)
    assert facts["type"].value == "EFH"
    assert {"year:2024", "year:2025", "generator_year"} <= set(facts)
    page.get_by_role("button", name="Fertig – alles löschen").click()
    expect(page).to_have_url(f"{home}/fertig")
    page.go_back()
    expect(page.get_by_text("Lindenstraße")).to_have_count(0)
    page.goto(f"{home}/karte/haus")
    expect(page).to_have_url(f"{home}/karte")


def test_it_works_without_a_script(opened: Open, hub: tuple[str, Config]) -> None:
    home, _ = hub
    page = opened(viewport={"width": 1280, "height": 800}, java_script_enabled=False).new_page()
    page.goto(f"{home}/karte")
    page.locator("#nummer").fill(FRESH_CARD)
    page.get_by_role("button", name="Nachsehen").click()
    expect(page).to_have_url(re.compile("/karte#inhalt$"))
    page.goto(f"{home}/karte/haus")
    page.locator("form[action$='/karte/haus/neu'] button").click()
    expect(page).to_have_url(re.compile("/adresse$"))
    page.locator("#street").fill("Lindenstraße")
    page.locator("#number").fill("5")
    page.get_by_role("button", name="Weiter").click()
    expect(page).to_have_url(re.compile("/gebaeude#inhalt$"))
    page.get_by_role("button", name="Weiter").click()
    expect(page).to_have_url(re.compile("/heizung#inhalt$"))
    page.get_by_role("button", name="Weiter").click()
    expect(page).to_have_url(re.compile("/rechnungen#inhalt$"))
    page.get_by_role("button", name="Weiter").click()
    expect(page).to_have_url(re.compile("/pruefen#inhalt$"))
    page.get_by_role("button", name="Speichern").click()
    expect(page.get_by_text("Ohne Ihr Einverständnis speichern wir nichts.").first).to_be_visible()
