"""The officials' pages in a real browser: narrow and wide, by day and by night, by keyboard."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from edge.process.heartbeat import Part, Status
from edge.process.log import Log
from sync import heat_plan
from sync.county import hub as county_hub
from sync.county import keeping
from sync.county.config import load
from sync.county.hub import open_county
from sync.county.ledger import Contact
from sync.county.web.app import create_app
from sync.county.web.officials import Officials
from sync.segment import StreamClass
from tests import furnish_county_heat
from tests.hall import served
from tests.sync.county.conftest import NOW, Office, Writer

CHROMIUM = Path("/usr/bin/chromium")
ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "vendor/axe/axe.min.js"
VNU = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "dorfhub/vnu-jar@26.9.27.jar"
VNU_SHA256 = "22f15dd39a33bed929d2a5c0cddf5946849a647eca9272bf4d5d00bc7e7a4d47"
NAME, PASSWORD = "Frau Becker", "vier lange Wörter hier"
WIDE = """() => {
  const most = document.documentElement.clientWidth;
  const wide = [...document.querySelectorAll('body *')].filter(e =>
    !e.closest('.wide-table, .skip, .unseen, svg') && e.getBoundingClientRect().right > most + 1);
  return [document.documentElement.scrollWidth - most,
          wide.slice(0, 3).map(e => e.outerHTML.slice(0, 90))];
}"""
TABS = """() => [...document.querySelectorAll(
  'a[href], button, summary, select, textarea, input:not([type=hidden]), [tabindex="0"]')]
  .filter(e => e.tabIndex >= 0 && e.checkVisibility()).map((e, n) => (e.dataset.n = n, n))"""
WHERE = """() => { const e = document.activeElement, style = getComputedStyle(e);
  // on the map a tile's edge shows where one is
  const tile = e.closest('.tiles') && e.querySelector('.tile');
  const ring = tile ? getComputedStyle(tile).strokeWidth === '7px'
    : style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
  return [+e.dataset.n, ring,
          e.outerHTML.slice(0, 80)]; }"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A county in which every page has something to show, and something wrong."""
    folder = tmp_path_factory.mktemp("kreis")
    config = county_hub.create(folder, "Landkreis Gießen")
    Officials(config.officials).set(NAME, PASSWORD)
    with open_county(folder) as county:
        office = Office(county)
        good, waiting, forked = Writer(), Writer(name="Wölfersheim-Södel"), Writer(name="Lich")
        for writer in (good, waiting, forked):
            writer.add(4)
        silent = Writer(name="Dorfgemeinschaftshaus Grünberg-Lardenbach")
        silent.add(1)
        office.know(silent)
        Office(county, itertools.count(NOW - 3 * 86_400_000)).pull(silent)
        told = furnish_county_heat.body(furnish_county_heat.plan(), NOW)
        good.add(stream=StreamClass.EVENT, schema=heat_plan.SCHEMA, body=told)
        keeping.write(config.heat_ahead, furnish_county_heat.ahead(NOW))
        keeping.write(config.heat_season, furnish_county_heat.season(NOW))
        keeping.write(config.heat_run, furnish_county_heat.run(NOW))
        office.know(good)
        office.pull(good)
        office.know(waiting, confirmed=False)
        office.know(forked)
        office.pull(forked)
        office.pull(forked.fork(2))
        said = "cut after 9 of 20 bytes"
        failing = Contact(good.id, NOW + 5, "https://192.0.2.7:8082", "cut", said)
        county.ledger.add_contact(failing)
        ids = (good.id, waiting.id, forked.id)
    toml = folder / "county.toml"
    places = f'[county.places]\n"{ids[0]}" = "Laubach"\n"{ids[2]}" = "Lich"\n'
    toml.write_text(f"{toml.read_text('utf-8')}\n{places}", "utf-8")
    (folder / "ids").write_text("\n".join(ids))
    return folder


@pytest.fixture(scope="module")
def app(folder: Path) -> Any:
    jobs = Status("degraded", "", (Part("pull", "ok", "1 von 3 Hubs"), Part("vacuum", "failed")))
    return create_app(
        load(folder), now_ms=lambda: NOW + 60_000, log=Log("county"), jobs=lambda: jobs
    )


@pytest.fixture(scope="module")
def home(app: Any) -> Iterator[str]:
    with served(app) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def pages(folder: Path) -> list[str]:
    hubs = [f"/hub/{one}" for one in (folder / "ids").read_text().split()]
    return [
        "/",
        *hubs,
        "/waerme",
        "/waerme?ort=Lich",
        "/verzeichnis",
        "/anmeldung",
        "/gibt-es-nicht",
    ]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip("Debian's chromium is not installed")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def log_in(page: Page, home: str) -> None:
    page.set_default_timeout(180_000)  # of a machine that has other work
    page.goto(f"{home}/anmelden")
    page.keyboard.press("Tab")
    while page.evaluate("document.activeElement.name") != "name":
        page.keyboard.press("Tab")
    page.keyboard.type(NAME)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{home}/")


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("scheme", "zoom"),
    [("light", 1), ("dark", 1), pytest.param("light", 2, marks=pytest.mark.soak)],
)
def test_a_page_holds_for_everybody(
    browser: Browser, home: str, pages: list[str], scheme: Any, zoom: int
) -> None:
    context = browser.new_context(color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    axe = AXE.read_text("utf-8")
    wrong: list[tuple[str, object]] = []
    for path in ("/anmelden", *pages):
        if path == "/":
            log_in(page, home)
        for width in (1280, 320):
            page.set_viewport_size({"width": width, "height": 800})
            page.goto(home + path)
            if zoom != 1:  # letters twice as large, as a browser's setting makes them
                page.add_style_tag(content=f"html{{font-size:{zoom * 100}%!important}}")
            page.evaluate(axe)
            found = page.evaluate("axe.run({resultTypes: ['violations']})")
            wrong += [
                (
                    path,
                    (one["id"], one["nodes"][0]["html"][:120], one["nodes"][0]["failureSummary"]),
                )
                for one in found["violations"]
            ]
            over, wide = page.evaluate(WIDE)
            if over > 0 or wide:
                wrong.append((f"{path} at {width}", (over, wide)))
    context.close()
    assert wrong == []


@pytest.mark.timeout(900)
def test_the_keyboard_reaches_everything_in_order_and_shows_where_it_is(
    browser: Browser, home: str, pages: list[str]
) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    log_in(page, home)
    for path in pages:
        page.goto(home + path)
        expected = page.evaluate(TABS)
        seen = []
        for _ in expected:
            page.keyboard.press("Tab")
            seen.append(page.evaluate(WHERE))
        assert [n for n, _, _ in seen] == expected, (path, seen)
        assert all(shown for _, shown, _ in seen), (path, [one for one in seen if not one[1]])
    context.close()


@pytest.mark.timeout(200)
def test_every_page_is_valid_html(app: Any, pages: list[str], tmp_path: Path) -> None:
    if shutil.which("java") is None or not VNU.exists():
        pytest.skip("the checker comes with tests/edge/web/test_html.py")
    assert hashlib.sha256(VNU.read_bytes()).hexdigest() == VNU_SHA256
    client = app.test_client()
    files = [tmp_path / "anmelden.html"]
    first = client.get("/anmelden").text
    files[0].write_text(first, "utf-8")
    token = first.partition('name="token" value="')[2].partition('"')[0]
    form = {"name": NAME, "password": PASSWORD, "token": token}
    assert client.post("/anmelden", data=form).status_code == 303
    for number, path in enumerate(pages):
        files.append(tmp_path / f"{number}.html")
        files[-1].write_text(client.get(path).text, "utf-8")
    command = ["java", "-Xss1m", "-jar", VNU, "--format", "json", "--exit-zero-always", *files]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=180)
    wrong = [
        f"{Path(one['url']).name}:{one.get('lastLine')} {one['message']}"
        for one in json.loads(done.stderr)["messages"]
        if one["type"] == "error"
    ]
    assert wrong == []
