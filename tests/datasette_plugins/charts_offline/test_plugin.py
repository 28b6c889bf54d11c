"""The charts on real pages: what they say, in which language, and for whom."""

from __future__ import annotations

import asyncio
import gc
import re
import sqlite3
import string
import threading
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import datasette_charts_offline
import pytest
from datasette import handle_exception
from datasette.app import Datasette
from datasette_charts_offline import plugin, words
from datasette_charts_offline.view import View, make
from playwright.sync_api import expect, sync_playwright

from tests.datasette_plugins.deutsch.server import PREFIX, served
from tests.datasette_plugins.deutsch.test_access import wrongs
from tests.datasette_plugins.deutsch.test_pages import without_the_plugin
from tests.datasette_plugins.deutsch.village import make_village, settings

CHROMIUM = Path("/usr/bin/chromium")
CHART = {"x": "tag", "y": "energie", "series": "haus", "title": "Wärme am Tag", "unit": "kWh"}
Session = Callable[[Datasette], Awaitable[None]]


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handle_exception, "rich", None)


def made(path: Path, chart: object = CHART, **more: object) -> Datasette:
    found = settings(**more)  # type: ignore[arg-type]
    tables = {"messung": {"plugins": {"datasette-charts-offline": chart}}}
    found["config"]["databases"]["dorf"]["tables"] = tables  # type: ignore[index]
    return Datasette([], immutables=[str(path)], **found)


def run(datasette: Datasette, session: Session) -> None:
    async def whole() -> None:
        try:
            await datasette.invoke_startup()
            await session(datasette)
        finally:
            await datasette.invoke_shutdown()

    asyncio.run(whole())
    gc.collect()  # what went wrong holds its connection until then


def test_the_chart_stands_over_its_table_and_no_other(tmp_path: Path) -> None:
    async def session(datasette: Datasette) -> None:
        page = (await datasette.client.get("/dorf/messung")).text
        assert "Wärme am Tag (kWh)" in page
        assert "halle: 1.122,5 bis 1.234,5 kWh, von 01.01.2026 bis 15.01.2026." in page
        assert "2 von 30 Zeilen haben keinen Wert." in page
        assert "eine Lücke" in page
        assert "charts-offline.css?" in page
        for other in ("/dorf/haus", "/dorf", "/"):
            text = (await datasette.client.get(other)).text
            assert "<svg" not in text
            assert "charts-offline.css" not in text

    run(made(make_village(tmp_path)), session)


def test_the_page_draws_what_is_chosen_and_says_what_it_cannot(tmp_path: Path) -> None:
    async def session(datasette: Datasette) -> None:
        answer = await datasette.client.get("/-/charts/dorf/messung")
        assert answer.status_code == 200
        assert len(re.findall(r'class="chart-line" d="M\d', answer.text)) == 4  # and two keys
        bars = await datasette.client.get("/-/charts/dorf/haus?type=bar&x=bezeichnung&y=baujahr")
        assert bars.text.count("<rect") == 2
        assert ">1.974<" in bars.text
        english = await datasette.client.get("/-/charts/dorf/messung?_lang=en")
        assert "1,122.5 to 1,234.5 kWh" in english.text
        nothing = await datasette.client.get("/-/charts/dorf/haus")
        assert "Wählen Sie" in nothing.text
        empty = await datasette.client.get("/-/charts/dorf/leer?x=kennung&y=wert")
        assert "Es gibt keine Werte" in empty.text
        words_ = await datasette.client.get("/-/charts/dorf/haus?x=kennung&y=bezeichnung")
        assert "Es gibt keine Werte" in words_.text
        for query in ("x=a&y=b", "x=kennung&y=baujahr&type=pie", "x=kennung&y=1);--"):
            wrong = await datasette.client.get(f"/-/charts/dorf/haus?{query}")
            assert wrong.status_code == 400
            assert "Dieses Schaubild geht nicht" in wrong.text
            assert "there is no" not in wrong.text
        assert (await datasette.client.get("/-/charts/dorf/fehlt")).status_code == 404
        view = await datasette.client.get("/-/charts/dorf/winter?x=tag&y=energie&series=haus")
        assert "chart-line" in view.text

    run(made(make_village(tmp_path)), session)


def test_the_charts_need_no_other_plugin(tmp_path: Path) -> None:
    async def session(datasette: Datasette) -> None:
        for path in ("/dorf/messung", "/-/charts/dorf/messung"):
            page = await datasette.client.get(path)
            assert page.status_code == 200
            assert "halle: 1,122.5 to 1,234.5 kWh, from 2026-01-01 to 2026-01-15." in page.text
            assert "charts-offline.css?" in page.text

    with without_the_plugin():
        run(made(make_village(tmp_path)), session)


def test_the_style_is_found_behind_a_prefix(tmp_path: Path) -> None:
    async def session(datasette: Datasette) -> None:
        for path in ("/dorf/messung", "/-/charts/dorf/messung"):
            page = (await datasette.client.get(path)).text
            (sheet,) = re.findall(rf'href="{PREFIX}(-/charts-offline\.css\?\w{{12}})"', page)
            answer = await datasette.client.get(f"/{sheet}")
            assert ".chart-offline" in answer.text
            assert "immutable" in answer.headers["cache-control"]

    run(made(make_village(tmp_path), base_url=PREFIX), session)


def test_a_wrong_configuration_leaves_the_table_in_place(tmp_path: Path) -> None:
    async def session(datasette: Datasette) -> None:
        page = await datasette.client.get("/dorf/messung")
        assert page.status_code == 200
        assert "<svg" not in page.text
        why = await datasette.client.get("/-/charts/dorf/messung")
        assert "fehlt" in why.text
        assert why.status_code == 400

    run(made(make_village(tmp_path), {"x": "fehlt", "y": "energie"}), session)


def test_nobody_sees_the_chart_of_a_table_that_is_not_public(tmp_path: Path) -> None:
    datasette = made(make_village(tmp_path))
    datasette.config["databases"]["dorf"]["tables"]["messung"]["allow"] = {"id": "erna"}

    async def session(datasette: Datasette) -> None:
        assert (await datasette.client.get("/-/charts/dorf/messung")).status_code == 403
        allowed = await datasette.client.get("/-/charts/dorf/messung", actor={"id": "erna"})
        assert allowed.status_code == 200

    run(datasette, session)


def test_what_is_in_the_data_cannot_become_markup(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>"
    path = tmp_path / "dorf.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute('CREATE TABLE messung ("<b>x</b>" TEXT, y REAL, s TEXT)')
        connection.execute("INSERT INTO messung VALUES (?, 1, ?)", (evil, evil))
    chart = {"x": "<b>x</b>", "y": "y", "series": "s", "title": evil, "unit": evil}

    async def session(datasette: Datasette) -> None:
        for asked in (
            "/dorf/messung",
            "/-/charts/dorf/messung",
            f"/-/charts/dorf/messung?x={evil}",
        ):
            page = await datasette.client.get(asked)
            assert "&lt;script&gt;" in page.text
            assert evil not in page.text
            assert "<b>x</b>" not in page.text

    run(made(path, chart), session)


def test_a_series_without_values_keeps_its_colour_in_the_legend(tmp_path: Path) -> None:
    path = tmp_path / "dorf.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE messung (tag TEXT, energie REAL, haus TEXT)")
        rows = [("2026-01-01", None, "amt"), ("2026-01-01", 1, "halle"), ("2026-01-02", 2, "halle")]
        connection.executemany("INSERT INTO messung VALUES (?, ?, ?)", rows)

    async def session(datasette: Datasette) -> None:
        page = (await datasette.client.get("/dorf/messung")).text
        legend = page.partition('<ul class="chart-legend">')[2].partition("</ul>")[0]
        assert re.findall(r"series-(\d).*?</svg> (\w+:[^<]*)<", legend) == [
            ("1", "amt: keine Werte."),
            ("2", "halle: 1 bis 2 kWh, von 01.01.2026 bis 02.01.2026."),
        ]
        field = page.partition('class="series series-2"')[2].partition("</g>")[0]
        assert "chart-line" in field

    run(made(path), session)


def test_only_the_last_rows_are_drawn_and_the_page_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plugin, "MAX_ROWS", 10)

    async def session(datasette: Datasette) -> None:
        page = (await datasette.client.get("/-/charts/dorf/messung")).text
        assert "Es sind mehr als 10 Zeilen: gezeichnet sind nur die letzten 10." in page
        assert "bis 15.01.2026" in page
        assert "05.01.2026" not in page

    run(made(make_village(tmp_path)), session)


def test_others_are_answered_while_a_chart_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[threading.Thread] = []

    def noted(*given: object, **named: object) -> View | None:
        threads.append(threading.current_thread())
        return make(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(plugin, "make", noted)

    async def session(datasette: Datasette) -> None:
        for path in ("/dorf/messung", "/-/charts/dorf/messung"):
            assert "Wärme am Tag (kWh)" in (await datasette.client.get(path)).text
        assert len(threads) == 2
        assert threading.current_thread() not in threads

    run(made(make_village(tmp_path)), session)


def test_reading_that_takes_too_long_is_stopped_and_said(tmp_path: Path) -> None:
    path = tmp_path / "dorf.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "CREATE VIEW messung AS WITH RECURSIVE c(tag, energie, haus) AS (SELECT 1, 1, 'a' "
            "UNION ALL SELECT tag + 1, 1, 'a' FROM c) SELECT * FROM c"
        )
    datasette = made(path)
    datasette._settings["sql_time_limit_ms"] = 50

    async def session(datasette: Datasette) -> None:
        page = await datasette.client.get("/-/charts/dorf/messung")
        assert page.status_code == 400
        assert "dauerte zu lange" in page.text

    datasette.sql_time_limit_ms = 50
    run(datasette, session)


def test_every_word_is_translated_with_its_gaps() -> None:
    folder = Path(datasette_charts_offline.__file__).parent
    used = set()
    for file in folder.rglob("*"):
        if file.suffix in (".py", ".html"):
            text = re.sub(r'"\s*\n\s*"', "", file.read_text("utf-8"))
            used |= {key for key in words.texts("de") if f'"{key}"' in text}
            asked = set(re.findall(r'\bsay\(\s*"([^"]+)"', text))
            assert asked <= words.texts("de").keys(), file.name
    assert words.texts("de").keys() - used == set()
    for key, said in words.texts("de").items():
        gaps = [{name for _, name, _, _ in string.Formatter().parse(one)} for one in (key, said)]
        assert gaps[0] - {None} == gaps[1] - {None}, key


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_chart_holds_for_everybody(tmp_path: Path, scheme: str) -> None:
    if not CHROMIUM.exists():
        pytest.skip("Debian's chromium is not installed")
    datasette = made(make_village(tmp_path), base_url=PREFIX)
    with served(datasette) as home, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_context(color_scheme=scheme).new_page()  # type: ignore[arg-type]
        wrong = []
        for path in (
            "dorf/messung",
            "-/charts/dorf/messung",
            "-/charts/dorf/haus?type=bar&x=bezeichnung&y=baujahr&series=kennung",
            "-/charts/dorf/haus?x=a&y=b",
        ):
            page.set_viewport_size({"width": 1280, "height": 800})
            page.goto(home + path)
            wrong += [(path, one) for one in wrongs(page)]
        page.goto(f"{home}dorf/messung")
        with page.expect_navigation():
            page.get_by_role("link", name="Schaubild groß zeigen und ändern").click()
        page.get_by_label("Art").select_option("bar")
        with page.expect_navigation():
            page.get_by_role("button", name="Zeichnen").click()
        expect(page.locator("rect.chart-bar").first).to_be_attached()
        expect(page.get_by_role("img")).to_have_accessible_name("Wärme am Tag")
        browser.close()
    assert wrong == []
