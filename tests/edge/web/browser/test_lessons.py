"""Films by the keyboard, who watches is not sent away, and exercises that reach nothing of ours."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Page, expect

from edge.access.sessions import Bearer
from edge.clock import FixedClock
from edge.config import Config
from edge.desk.register import card_hash
from edge.store.personal import PersonalStore
from edge.web.access import COOKIE, sessions_of
from edge.web.app import create_app
from tests.edge.web.browser.conftest import Open, with_visits
from tests.furnish_materials import AUDIO, EXERCISE, FILM, PDF, TALE
from tests.hall import NOW_MS, furnished, served

CARD = "DHK1-" + "B" * 32
MEDIA = "document.querySelector('#spieler')"


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    return furnished(tmp_path_factory.mktemp("lessons"))


@pytest.fixture(scope="module")
def app(config: Config) -> Flask:
    return with_visits(create_app(config, FixedClock(NOW_MS)))


@pytest.fixture(scope="module")
def home(app: Flask) -> Iterator[str]:
    with served(app) as port:
        yield f"http://hub.lan:{port}"


@pytest.fixture
def context(opened: Open) -> BrowserContext:
    return opened(viewport={"width": 1280, "height": 800})


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def has_card(context: BrowserContext, app: Flask, home: str) -> None:
    token = sessions_of(app).begin(0.0, Bearer(card=card_hash(CARD)))
    context.add_cookies([{"name": COOKIE, "value": token, "url": home}])


def until(page: Page, holds: str) -> None:
    """Wait for an expression; our policy lets no page evaluate one by itself."""
    for _ in range(300):
        if page.evaluate(holds):
            return
        time.sleep(0.1)
    raise AssertionError(f"never: {holds}")


def ready(page: Page) -> None:
    until(page, f"{MEDIA}.readyState >= 3")


@pytest.mark.parametrize("number", [AUDIO, FILM])
def test_a_player_is_used_by_the_keyboard_alone(page: Page, home: str, number: int) -> None:
    page.goto(f"{home}/lernen/{number}")
    ready(page)
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate(f"document.activeElement === {MEDIA}"):
            break
    page.keyboard.press("Space")
    until(page, f"!{MEDIA}.paused && {MEDIA}.currentTime > 0.2")
    for label, expected in (("Langsamer", 0.75), ("Schneller", 1.25), ("Normal schnell", 1)):
        button = page.get_by_role("button", name=label)
        button.focus()
        page.keyboard.press("Enter")
        expect(button).to_have_attribute("aria-pressed", "true")
        assert page.evaluate(f"{MEDIA}.playbackRate") == expected
    page.evaluate(f"{MEDIA}.currentTime = 2; {MEDIA}.pause()")
    page.get_by_role("button", name="10 Sekunden zurück").press("Enter")
    until(page, f"{MEDIA}.currentTime === 0")


def test_captions_are_shown(page: Page, home: str) -> None:
    page.goto(f"{home}/lernen/{AUDIO}")
    ready(page)
    until(page, f"{MEDIA}.textTracks[0].cues?.length === 2")
    assert page.evaluate(f"{MEDIA}.textTracks[0].mode") == "showing"


@pytest.mark.parametrize("number", [AUDIO, FILM])
def test_who_watches_is_not_asked_and_who_stopped_is(page: Page, home: str, number: int) -> None:
    page.clock.install(time=0)
    page.clock.pause_at(1000)
    page.goto(f"{home}/anfang")
    page.goto(f"{home}/lernen/{number}")
    ready(page)
    page.evaluate(f"{MEDIA}.loop = true, {MEDIA}.muted = true, {MEDIA}.play()")
    page.clock.run_for(300_000)
    assert not page.get_by_role("alertdialog").is_visible()
    page.evaluate(f"{MEDIA}.pause()")
    page.clock.run_for(65_000)
    expect(page.get_by_role("alertdialog")).to_be_visible()


@pytest.fixture
def learner(config: Config) -> Iterator[PersonalStore]:
    with PersonalStore.open(config.hub.personal_db, config.personal.key_file) as personal:
        with personal.connection.transaction() as driver:
            driver.execute(
                "INSERT OR IGNORE INTO learner (name, same_name, card_hash, created_at,"
                " delete_after) VALUES ('Jan', 'jan', ?, 0, 1)",
                (card_hash(CARD),),
            )
        yield personal


def test_a_film_goes_on_where_the_cards_owner_stopped(
    page: Page, context: BrowserContext, app: Flask, home: str, learner: PersonalStore
) -> None:
    has_card(context, app, home)
    page.goto(f"{home}/lernen/{AUDIO}")
    ready(page)
    with page.expect_response("**/merken"):
        page.evaluate(f"{MEDIA}.muted = true, {MEDIA}.currentTime = 1.5, {MEDIA}.play()")
    with page.expect_response("**/merken"):
        page.evaluate(f"{MEDIA}.pause()")
    (kept,) = learner.progress(card_hash(CARD)).values()
    assert 1400 <= kept.place <= 2900


def test_an_exercise_works_and_reaches_nothing_of_ours(page: Page, home: str) -> None:
    page.goto(f"{home}/anfang")
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"{home}/lernen/{EXERCISE}")
    frame = page.frame_locator("#rahmen")
    greeting = frame.locator("#gruss")
    expect(greeting).to_have_text("Wie heißt unser Backhaus?")
    frame.get_by_role("button", name="Antworten").press("Enter")
    expect(greeting).to_have_text("Richtig: Altes Backhaus")
    for what in ("cookie", "parent", "page"):
        expect(greeting).to_have_attribute(f"data-{what}", "verboten")
    expect(greeting).to_have_attribute("data-storage", "0")  # one that forgets
    inner = next(one for one in page.frames if one.url.endswith("/uebung"))
    assert inner.evaluate("origin") == "null"
    assert inner.evaluate("localStorage.setItem('a', 1), localStorage.getItem('a')") == "1"
    assert inner.evaluate("try { top.location = '/karte' } catch (e) { 'verboten' }") == "verboten"
    for path in ("/karte", "/meins", f"/lernen/{PDF}/datei"):
        assert (
            inner.evaluate(
                "path => fetch(path, {credentials: 'include'}).then(() => 'kam', () => 'verboten')",
                f"{home}{path}",
            )
            == "verboten"
        )
    assert page.url.endswith(f"/lernen/{EXERCISE}")


def test_who_does_an_exercise_is_there(page: Page, home: str) -> None:
    page.goto(f"{home}/anfang")
    page.goto(f"{home}/lernen/{EXERCISE}")
    page.evaluate("addEventListener('pointermove', e => { if (!e.isTrusted) window.there = 1; })")
    page.frame_locator("#rahmen").get_by_role("button", name="Antworten").press("Enter")
    until(page, "window.there === 1")


def test_a_booklet_is_shown_and_read_large(page: Page, home: str) -> None:
    page.goto(f"{home}/lernen/{PDF}")
    viewer = page.frames[1].url
    assert viewer.endswith(f"/lernen/{PDF}/datei")
    page.get_by_role("link", name="Groß lesen").click()
    expect(page.get_by_text(TALE[0].split("\n")[1])).to_be_visible()
    page.get_by_role("link", name="Weiter", exact=True).click()
    expect(page.get_by_role("heading", name="Seite 2 von 2")).to_be_visible()
