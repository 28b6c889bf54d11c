"""Every page in every tongue, large, dark and in error: by axe, and by what axe does not see."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page

from tests.edge.web.browser.conftest import Open
from tests.hall import PAGES
from tests.signed_in import prepare_browser, role_needed

AXE = Path(__file__).resolve().parents[3] / "vendor/axe/axe.min.js"
LAYERS = {
    "de": ("", "light"),
    "en": ("en.normal.wie-geraet", "light"),
    "uk": ("uk.normal.wie-geraet", "light"),
    "tr": ("tr.normal.wie-geraet", "light"),
    "ar": ("ar.normal.wie-geraet", "light"),
    "leicht": ("leicht.normal.wie-geraet", "light"),
    "riesig": ("de.riesig.wie-geraet", "light"),
    "nacht": ("", "dark"),
    "nacht-gewaehlt": ("ar.gross.dunkel", "light"),
}
QUICK = ("de", "ar")  # the others wait for the soak
# What is for who signs in is in German whatever was chosen: in these layers it is looked at.
GERMAN = ("de", "riesig", "nacht")
LEAST_PX = 55.5  # 56, and what a screen makes of it
# WCAG 1.4.12
SPACING = (
    "*{line-height:1.5!important;letter-spacing:.12em!important;word-spacing:.16em!important}"
    "p{margin-block-end:2em!important}"
)
TARGETS = """() => [...document.querySelectorAll(
  '.kern-btn, .tool, .kern-form-input__input, .kern-form-input__select-wrapper,' +
  '.kern-form-check, summary')]
  .filter(e => e.getClientRects().length)
  .map(e => [e.getBoundingClientRect().height, e.textContent.trim()])
  .filter(([height]) => height < %s)"""
WIDE = """() => {
  const most = document.documentElement.clientWidth;
  const wide = [...document.querySelectorAll('body *')].filter(e =>
    !e.closest('.table-frame, .skip, .unseen, svg') && e.getBoundingClientRect().right > most + 1);
  const first = wide.slice(0, 3).map(e => e.outerHTML.slice(0, 90));
  return [document.documentElement.scrollWidth - most, first];
}"""


@pytest.fixture(
    params=[pytest.param(name, marks=() if name in QUICK else pytest.mark.soak) for name in LAYERS]
)
def layer(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def page(layer: str, opened: Open, home: str) -> Page:
    cookie, scheme = LAYERS[layer]
    context = opened(color_scheme=scheme, bypass_csp=True, viewport={"width": 1280, "height": 800})
    if cookie:
        context.add_cookies([{"name": "anzeige", "value": cookie, "url": home}])
    return context.new_page()


@pytest.mark.timeout(1500)  # some ninety pages, each looked at four times
def test_a_page_holds_for_everybody(page: Page, layer: str, app: Flask, home: str) -> None:
    wrong: list[tuple[str, object]] = []
    axe = AXE.read_text("utf-8")
    for name, path in PAGES.items():
        if layer not in GERMAN and role_needed(app, path) is not None:
            continue
        page.set_viewport_size({"width": 1280, "height": 800})
        page.goto("about:blank")
        prepare_browser(page.context, app, home, path)
        page.goto(home + path)
        page.evaluate("stop()")  # pages made for waiting would load themselves anew meanwhile
        page.evaluate(axe)
        found = page.evaluate("axe.run({resultTypes: ['violations']})")
        wrong += [
            (name, (one["id"], one["nodes"][0]["html"][:120], one["nodes"][0]["failureSummary"]))
            for one in found["violations"]
        ]
        small = page.evaluate(TARGETS % LEAST_PX)
        if small:
            wrong.append((name, ("small", small)))
        page.set_viewport_size({"width": 320, "height": 640})
        over, wide = page.evaluate(WIDE)
        if over > 0 or wide:
            wrong.append((name, ("wider than 320 px", over, wide)))
        page.add_style_tag(content=SPACING)
        over, wide = page.evaluate(WIDE)
        if over > 0 or wide:
            wrong.append((name, ("wider with spaced text", over, wide)))
    assert wrong == []


def test_the_checks_see_what_is_wrong(opened: Open, home: str) -> None:
    page = opened(bypass_csp=True, viewport={"width": 320, "height": 640}).new_page()
    page.goto(home)
    page.evaluate(
        """document.querySelector('main').insertAdjacentHTML('beforeend',
        '<p style="width:500px;color:#999;background:#fff">blass</p><input>' +
        '<button class="kern-btn" style="min-height:0">x</button>')"""
    )
    page.evaluate(AXE.read_text("utf-8"))
    found = {one["id"] for one in page.evaluate("axe.run()")["violations"]}
    assert {"color-contrast", "label"} <= found
    assert page.evaluate(TARGETS % LEAST_PX)
    assert page.evaluate(WIDE)[0] > 0


def test_forced_colours_keep_what_can_be_pressed_visible(opened: Open, home: str) -> None:
    page = opened(forced_colors="active").new_page()
    page.goto(f"{home}/design")
    borders = page.evaluate(
        """() => [...document.querySelectorAll(
          '.kern-btn, .tool, .kern-form-input__input, .kern-form-check__checkbox')]
        .filter(e => e.getClientRects().length).map(e => getComputedStyle(e).borderTopWidth)"""
    )
    assert len(borders) > 20
    assert all(float(one.removesuffix("px")) >= 1 for one in borders)


def test_the_keyboard_reaches_everything_in_order_and_shows_where_it_is(
    opened: Open, home: str
) -> None:
    page = opened(viewport={"width": 1280, "height": 800}).new_page()
    page.goto(home)
    expected = page.evaluate(
        """() => [...document.querySelectorAll(
          'a[href], button, summary, input:not([type=hidden])')]
        .filter(e => e.tabIndex >= 0 && e.getClientRects().length)
        .map((e, n) => (e.dataset.n = n, n))"""
    )
    seen = []
    for _ in expected:
        page.keyboard.press("Tab")
        where = page.evaluate(
            """() => { const e = document.activeElement, box = e.getBoundingClientRect(),
            at = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
            const style = getComputedStyle(e).outlineStyle;
            return [+e.dataset.n, style, e === at || e.contains(at)]; }"""
        )
        seen.append(where)
    assert [n for n, _, _ in seen] == expected
    assert all(style == "solid" for _, style, _ in seen)
    assert all(visible for _, _, visible in seen)


def test_the_skip_links_go_where_they_say(opened: Open, home: str) -> None:
    page = opened().new_page()
    page.goto(home)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "inhalt"


def test_paper_has_no_buttons(opened: Open, home: str) -> None:
    page = opened().new_page()
    page.goto(home)
    page.emulate_media(media="print")
    assert not page.locator(".reach").is_visible()
    assert page.locator("#neu").is_visible()
