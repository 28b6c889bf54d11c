"""Every kind of page for everybody: by axe, on a phone, in the dark, by the keyboard."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Response, expect

from tests.datasette_plugins.deutsch.village import PAGES, QUICK, SQL_PAGES, STATUS

AXE = Path(__file__).resolve().parents[2] / "vendor/axe/axe.min.js"
OPEN = "() => document.querySelectorAll('details').forEach(one => one.open = true)"
DARK = ("index", "database", "filtered", "facet-chosen", "row", "sql-wrong", "no-table")
LEAST_PX = 23.5  # WCAG 2.5.8
# WCAG 1.4.12
SPACING = (
    "*{line-height:1.5!important;letter-spacing:.12em!important;word-spacing:.16em!important}"
    "p{margin-block-end:2em!important}"
)
WIDE = """() => {
  const most = document.documentElement.clientWidth;
  const wide = [...document.querySelectorAll('body *')].filter(e =>
    !e.closest('.table-frame, .skip, .unseen') && e.getBoundingClientRect().right > most + 1);
  return [document.documentElement.scrollWidth - most,
          wide.slice(0, 3).map(e => e.outerHTML.slice(0, 90))];
}"""
SMALL = """() => [...document.querySelectorAll('button, input:not([type=hidden]), select, summary')]
  .filter(e => e.getClientRects().length)
  .map(e => [e.getBoundingClientRect().height, e.outerHTML.slice(0, 60)])
  .filter(([height]) => height < %s)"""
HEADINGS = "() => [...document.querySelectorAll('h1,h2,h3,h4')].map(e => +e.tagName[1])"


def wrongs(page: Page) -> list[tuple[str, object]]:
    """What is wrong with the page that is open, on a screen and on a phone."""
    page.evaluate(OPEN)
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run({resultTypes: ['violations']})")
    wrong: list[tuple[str, object]] = [
        (one["id"], (one["nodes"][0]["html"][:150], one["nodes"][0]["failureSummary"]))
        for one in found["violations"]
    ]
    headings = page.evaluate(HEADINGS)
    if headings[0] != 1 or headings.count(1) != 1:
        wrong.append(("headings", headings))
    if any(deep > before + 1 for before, deep in pairwise(headings)):
        wrong.append(("headings skip a level", headings))
    small = page.evaluate(SMALL % LEAST_PX)
    if small:
        wrong.append(("small", small))
    for name, style in (("wider than the page", ""), ("wider with spaced text", SPACING)):
        page.set_viewport_size({"width": 320, "height": 640})
        if style:
            page.add_style_tag(content=style)
        over, wide = page.evaluate(WIDE)
        if over > 0 or wide:
            wrong.append((name, (over, wide)))
    return wrong


@pytest.mark.parametrize(
    ("scheme", "names"),
    [
        ("light", QUICK),
        ("dark", DARK),
        pytest.param("light", (*PAGES, *SQL_PAGES), marks=pytest.mark.soak, id="light-all"),
        pytest.param("dark", (*PAGES, *SQL_PAGES), marks=pytest.mark.soak, id="dark-all"),
    ],
)
def test_a_page_holds_for_everybody(
    browser: Browser, addresses: dict[str, str], scheme: str, names: tuple[str, ...]
) -> None:
    wrong: list[tuple[str, object]] = []
    context = browser.new_context(color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    for name in names:
        page.set_viewport_size({"width": 1280, "height": 800})
        answer = page.goto(addresses[name])
        assert answer is not None
        assert answer.status == STATUS.get(name, 200)
        assert page.locator("html").get_attribute("lang") == "de"
        assert page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") == (
            scheme == "dark"
        )
        wrong += [(name, one) for one in wrongs(page)]
    context.close()
    assert wrong == []


def test_the_checks_see_what_is_wrong(browser: Browser, addresses: dict[str, str]) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.goto(addresses["table"])
    page.evaluate(
        """document.querySelector('main').insertAdjacentHTML('beforeend',
        '<p style="width:500px;color:#999;background:#fff">blass</p><input><h4>zu tief</h4>' +
        '<button style="min-height:0;height:9px">x</button>')"""
    )
    found = {name for name, _ in wrongs(page)}
    context.close()
    assert {"color-contrast", "label", "small", "wider than the page"} <= found
    assert "headings skip a level" in found


def test_no_page_loads_anything_from_elsewhere_or_breaks_the_rules(
    browser: Browser, addresses: dict[str, str], homes: dict[bool, str]
) -> None:
    """Not even inline scripts or styles: the strictest rule for contents holds."""
    strict = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'"
    context = browser.new_context()
    page = context.new_page()
    asked: list[str] = []
    broken: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda said: broken.append(said.text) if "Policy" in said.text else None)

    def with_rule(route: object) -> None:
        answer: Response = route.fetch(max_redirects=0)  # type: ignore[attr-defined]
        headers = {**answer.headers, "content-security-policy": strict}
        route.fulfill(response=answer, headers=headers)  # type: ignore[attr-defined]

    page.route("**/*", with_rule)
    for address in addresses.values():
        page.goto(address)
    context.close()
    assert not [url for url in asked if not url.startswith(tuple(homes.values()))]
    assert any(url.split("?")[0].endswith("/page.css") for url in asked)
    assert broken == []


def test_a_table_is_narrowed_by_the_keyboard_alone(
    browser: Browser, addresses: dict[str, str]
) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.goto(addresses["table"])
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Zum Inhalt springen")
    expect(page.locator(":focus")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.locator(":focus").text_content() == "Filtern und sortieren":
            break
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_attribute("name", "_filter_column")
    page.keyboard.type("tag")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_attribute("name", "_filter_value")
    page.keyboard.type("2026-01-03")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator("h2.table-summary")).to_have_text("2 Zeilen")
    expect(page.locator(".table-summary-description")).to_contain_text(
        "tag ist gleich „2026-01-03“"
    )
    context.close()


def test_a_column_is_sorted_counted_and_hidden_without_a_script(
    browser: Browser, addresses: dict[str, str]
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(addresses["table"])
    menu = page.locator("details.columns")

    def press(name: str) -> None:
        menu.locator("summary").click()
        with page.expect_navigation():
            menu.get_by_role("link", name=name).click()

    press("Absteigend energie")
    expect(page.locator("th[aria-sort=descending]")).to_contain_text("Energie in kWh")
    press("Werte zählen haus")
    expect(page.locator("#facet-haus")).to_contain_text("schule 15")
    expect(page.locator("th[aria-sort=descending]")).to_have_count(1)
    press("Ausblenden beginn")
    expect(page.locator("th[data-column=beginn]")).to_have_count(0)
    press("Alle Spalten zeigen")
    expect(page.locator("th[data-column=beginn]")).to_have_count(1)
    with page.expect_navigation():
        page.get_by_role("link", name="Weiter").click()
    expect(page.get_by_role("link", name="Zum Anfang")).to_be_visible()
    context.close()
