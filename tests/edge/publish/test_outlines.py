"""Outlines of cells: from what was declared of blocks and sections alone, frozen, and audited."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import ExitStack, closing
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect, sync_playwright

from edge.config import Config
from edge.heat.address import AddressKey
from edge.heat.said import Method, Said
from edge.publish.audit import audit
from edge.publish.build_plan import build_plan
from edge.publish.cube import cube_named
from edge.publish.outlines import collected
from edge.publish.serve import HEADERS, create_datasette
from edge.store.errors import StoreError
from edge.store.village import VillageStore
from edge.store.village_heat import NewBuilding
from edge.store.village_heat_runs import EstimateRow
from tests.datasette_plugins.deutsch.server import served
from tests.datasette_plugins.deutsch.test_access import wrongs

CHROMIUM = Path("/usr/bin/chromium")
CUBE = cube_named("waermekataster")
FIRST = datetime(2026, 12, 1, tzinfo=UTC)
LATER = datetime(2027, 2, 1, tzinfo=UTC)
SQUARE = (
    '{"type":"Polygon","coordinates":[[[8.6,50.6],[8.6012345,50.6],[8.6,50.6012345],[8.6,50.6]]]}'
)
OTHER = SQUARE.replace("8.6", "8.7")
LINE = '{"type":"LineString","coordinates":[[8.6,50.6],[8.6012341,50.6012349]]}'


def said(value: float | str) -> Said:
    return Said(value, "ALKIS", date(2026, 1, 1), Method.SURVEY)


def houses(village: VillageStore, numbers: range) -> None:
    """Add houses: numbers up to 20 in block A, up to 23 (three: too few) in B, the rest in C."""
    village.keep_buildings(
        [
            NewBuilding(
                AddressKey("holzheim", "weg", str(n)),
                f"Weg {n}",
                "Holzheim",
                {"type": said("MFH"), "units": said(6.0)},
                block="A" if n <= 20 else "B" if n <= 23 else "C",
                section="Weg",
            )
            for n in numbers
        ],
        1,
    )
    known = [EstimateRow(one.number, 40_000.0, 4e4, 4e4, "typology") for one in village.cadastre()]
    village.keep_run(1, "T", (0, 0), known, [])


def draw(village: VillageStore, **outlines: str) -> None:
    """Keep outlines of blocks by name, as the intake of shapes does."""
    village.keep_outlines(
        places={village.keep_place("block", name, {}, 1): text for name, text in outlines.items()}
    )


@pytest.fixture
def planned(config: Config) -> Config:
    with VillageStore(config.hub.village_db) as village:
        houses(village, range(1, 50))
        draw(village, A=SQUARE, B=OTHER)
        village.keep_outlines(places={village.keep_place("section", "Weg", {}, 1): LINE})
    return config


def build(config: Config, now: datetime = FIRST) -> Path:
    done = build_plan(config, config.hub.public, now)
    assert done.published.release is not None
    return done.published.release.path


def rows(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def outlines(path: Path) -> dict[object, tuple[object, object]]:
    """Return by the names of a cell's places its outline and how many of them have none."""
    found = rows(
        path,
        "SELECT coalesce(bloecke, abschnitte), umriss, ohne_umriss FROM umriss"
        " LEFT JOIN block USING (bereich) LEFT JOIN abschnitt USING (bereich)",
    )
    return {name: (text, without) for name, text, without in found}


def test_a_cell_has_the_outlines_of_its_places_and_says_how_many_have_none(
    planned: Config,
) -> None:
    found = outlines(build(planned))
    merged = next(name for name in found if "B" in str(name))
    assert merged in {"A, B", "B, C"}, "a block of three houses is merged with a neighbour"
    for name, (text, without) in found.items():
        if name == "Weg":
            continue
        drawn = [one for one in (SQUARE, OTHER) if "AB"[one is OTHER] in str(name)]
        assert text == collected(drawn, "MultiPolygon")
        assert without == str(name).count("C")
    line = '{"type":"MultiLineString","coordinates":[[[8.6,50.6],[8.601234,50.601235]]]}'
    assert found["Weg"] == (line, 0)


def test_who_is_in_a_cell_changes_nothing_of_its_outline(planned: Config, tmp_path: Path) -> None:
    first = outlines(build(planned))
    with VillageStore(planned.hub.village_db) as village:
        for number in range(1, 10):
            village.remove_building(number, 2)
        houses(village, range(50, 80))
    assert outlines(build(planned, LATER)) == first
    with VillageStore(tmp_path / "other.db") as village:
        assert village.frozen_outlines() == {}


def test_an_outline_stays_as_it_was_first_published_and_a_new_one_comes_once(
    planned: Config,
) -> None:
    first = build(planned)
    before, content = outlines(first), first.read_bytes()
    with VillageStore(planned.hub.village_db) as village:
        draw(village, A=OTHER)  # drawn anew
        assert not village.outlines_wait()
    assert build(planned, LATER).read_bytes() == content
    with VillageStore(planned.hub.village_db) as village:
        draw(village, C=SQUARE)
    after = build(planned, LATER)
    name = next(one for one in before if "C" in str(one))
    assert (before[name][1], outlines(after)[name][1]) == (1, 0)
    assert {one: before[one] for one in before if one != name} == {
        one: its for one, its in outlines(after).items() if one != name
    }
    about = dict(rows(after, "SELECT name, value FROM _about"))
    assert (about["ausgabe"], about["jahr"]) == ("2", "2026"), "the same houses, the same year"
    assert build(planned, LATER) == after
    assert audit(after, CUBE, {}, None, planned.hub.village_db).passed
    with VillageStore(planned.hub.village_db) as village:
        assert village.frozen_outlines()[village.keep_place("block", "A", {}, 1)] == SQUARE


def test_nobody_freezes_another_outline_than_the_declared_one(planned: Config) -> None:
    build(planned)
    with VillageStore(planned.hub.village_db) as village:
        place = village.keep_place("block", "C", {}, 1)
        for sql in (
            "INSERT INTO heat_release_outline VALUES (?, '{}', 1)",
            "UPDATE heat_release_outline SET geometry = '{}' WHERE place <> ?",
        ):
            with pytest.raises(StoreError), village.connection.transaction() as driver:
                driver.execute(sql, (place,))


SPOILED = [
    ("DELETE FROM umriss WHERE bereich LIKE 'S%'", "fehlt"),
    ("INSERT INTO umriss VALUES ('B77', NULL, 0)", "der nicht veröffentlicht ist"),
    ("UPDATE umriss SET umriss = NULL WHERE umriss IS NOT NULL", "fehlt, oder"),
    ("UPDATE umriss SET ohne_umriss = ohne_umriss + 1", "nicht die Zahl"),
    ("UPDATE umriss SET umriss = replace(umriss, '8.6,', '8.61,')", "nicht der festgehaltene"),
    ("UPDATE umriss SET umriss = replace(umriss, '8.6,', '8.6000001,')", "mehr als 6 Stellen"),
    ("UPDATE umriss SET umriss = replace(umriss, '8.6,', '8.6, ')", "sagt noch anderes"),
    ("UPDATE umriss SET umriss = replace(umriss, 'Multi', '')", "sagt noch anderes"),
    ("UPDATE umriss SET umriss = '[1]' WHERE umriss IS NOT NULL", "sagt noch anderes"),
    ("UPDATE umriss SET umriss = 'NaN' WHERE umriss IS NOT NULL", "sagt noch anderes"),
    ('UPDATE umriss SET umriss = \'{"type":"MultiPolygon","coordinates":[7]}\'', "sagt noch"),
    ("UPDATE block SET bloecke = 'POINT (8 50)'", "nennt eine Lage"),
    ("INSERT INTO _about VALUES ('x', '50.60123, 8.60123')", "nennt eine Lage"),
    ("UPDATE abschnitt SET abschnitte = '479123.5 5609876'", "nennt eine Lage"),
]


def test_every_spoiled_outline_is_found(planned: Config) -> None:
    path = build(planned)
    whole = path.read_bytes()
    for sql, why in SPOILED:
        path.write_bytes(whole)
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute(sql)
        found = [str(one) for one in audit(path, CUBE, {}, None, planned.hub.village_db).findings]
        assert any(why in one for one in found), (sql, found)


def test_the_page_draws_them_and_says_which_are_missing(planned: Config) -> None:
    with VillageStore(planned.hub.village_db) as village:
        for name in "ABC":
            village.keep_place("block", name, {"hectares": said(2.0)}, 1)
    path = build(planned)

    async def questions() -> None:
        datasette = create_datasette(planned)
        try:
            await datasette.invoke_startup()
            page = await datasette.client.get("/-/waermekataster?layer=bloecke")
            assert page.text.count('<a href="#cell-') == len(
                rows(path, "SELECT 1 FROM umriss WHERE umriss IS NOT NULL AND bereich LIKE 'B%'")
            )
            assert "Für 1 Block liegt kein Umriss vor" in page.text
            streets = await datasette.client.get("/-/waermekataster?layer=strassen")
            assert "kein Umriss" not in streets.text
            data = await datasette.client.get("/-/waermekataster/bloecke.geojson")
            assert {one["id"] for one in data.json()["features"]} == {
                cell for (cell,) in rows(path, "SELECT bereich FROM block")
            }
        finally:
            await datasette.invoke_shutdown()

    asyncio.run(questions())


def test_the_map_holds_for_everybody(planned: Config) -> None:
    """By keyboard, in the dark, on the narrowest phone, under the policy that nginx sends."""
    if not CHROMIUM.exists():
        pytest.skip("Debian's chromium is not installed")
    with VillageStore(planned.hub.village_db) as village:
        village.keep_place("block", "A", {"hectares": said(2.0)}, 1)
    build(planned)
    broken: list[str] = []

    def with_headers(route: Route) -> None:
        answer = route.fetch()
        headers = {**answer.headers, **{name.lower(): value for name, value in HEADERS}}
        route.fulfill(response=answer, headers=headers)

    with sync_playwright() as play, ExitStack() as stack:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        stack.callback(browser.close)
        home = stack.enter_context(served(create_datasette(planned)))
        page = browser.new_context(
            color_scheme="dark", viewport={"width": 320, "height": 640}
        ).new_page()
        page.on("console", lambda said: broken.append(said.text))
        page.route("**/*", with_headers)
        for layer in ("bloecke", "strassen"):
            page.goto(f"{home}-/waermekataster?layer={layer}")
            assert page.evaluate("document.documentElement.scrollWidth") == 320
            area = page.locator(".heat-map a").first
            area.focus()
            page.keyboard.press("Enter")
            row = page.locator(str(area.get_attribute("href")))
            expect(row).to_be_in_viewport()
            expect(row).to_have_css("outline-style", "solid")
        assert broken == []
        page.unroute("**/*")  # the checks bring styles of their own
        for layer in ("bloecke", "strassen"):
            page.goto(f"{home}-/waermekataster?layer={layer}")
            assert wrongs(page) == []


def test_only_outlines_of_a_kind_are_collected() -> None:
    assert collected([], "MultiPolygon") is None
    both = collected([SQUARE, '{"type":"MultiPolygon","coordinates":[[[[1,2]]]]}'], "MultiPolygon")
    assert len(json.loads(str(both))["coordinates"]) == 2
    with pytest.raises(ValueError, match="no part"):
        collected([LINE], "MultiPolygon")
