from __future__ import annotations

import copy
import itertools
import shutil
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from datasette.app import Datasette
from datasette_common.settings import SettingsError
from datasette_waermekataster import drawing, plugin
from datasette_waermekataster.drawing import Shape, read_shape
from datasette_waermekataster.settings import read_settings

from tests.datasette_plugins.instance import ask, make
from tests.datasette_plugins.waermekataster.conftest import LANGUAGE, SETTINGS

ROOT = "/-/waermekataster"


def get(file: Path, *paths: str, **settings: Any) -> list[Any]:
    found: list[Any] = []

    async def questions(datasette: Datasette) -> None:
        found.extend([await datasette.client.get(path) for path in paths])

    plugins = {**LANGUAGE, "datasette-waermekataster": SETTINGS | settings}
    ask(make([file], {}, plugins), questions)
    return found


def test_the_page_is_a_map_and_the_same_as_a_list(file: Path) -> None:
    (answer,) = get(file, ROOT)
    assert answer.status_code == 200
    page = answer.text
    assert '<html lang="de"' in page
    assert page.count('href="#cell-') == 6
    assert 'aria-label="Block 4: Klasse 5, 800,2 MWh/(ha·a)"' in page
    assert "nur in der Liste: 1." in page
    rows = page.split("<tbody>")[1]
    names = [f"Block {n}<" for n in (4, 3, 2, 1, 0, 6, 5)]
    assert sorted(names, key=rows.index) == names
    assert "<script" not in page.split("<h1")[1]
    assert "über 200 bis 400" in page
    assert "http://" not in page.replace("http://www.w3.org", "")


def test_another_year_and_another_layer(file: Path) -> None:
    year, streets, nothing = get(
        file, f"{ROOT}?layer=blocks&period=2025", f"{ROOT}?layer=streets", f"{ROOT}?layer=x"
    )
    assert "Klasse 5, 1.600,5 MWh/(ha·a)" in year.text
    assert "<option selected>2025" in year.text
    assert "Weg &lt;1&gt;" in streets.text
    assert "Umrisse sind nicht veröffentlicht" in streets.text
    assert 'class="heat-map"' not in streets.text
    assert nothing.status_code == 404


def test_a_year_that_is_not_published_is_not_found(file: Path) -> None:
    page, geojson, newest = get(
        file, f"{ROOT}?period=1999", f"{ROOT}/blocks.geojson?period=1999", f"{ROOT}?period="
    )
    assert (page.status_code, geojson.status_code, newest.status_code) == (404, 404, 200)
    assert "Für diese Zeit ist nichts veröffentlicht." in page.text


def test_the_database_leads_to_it(file: Path) -> None:
    (page,) = get(file, "/cadastre")
    assert f'<a href="{ROOT}">Wärmekarte</a>' in page.text


def test_geojson(file: Path) -> None:
    blocks, streets = get(file, f"{ROOT}/blocks.geojson?period=2025", f"{ROOT}/streets.geojson")
    assert blocks.headers["content-type"] == "application/geo+json"
    features = {one["id"]: one for one in blocks.json()["features"]}
    assert features["b4"]["properties"]["mwh_ha"] == 1600.5
    assert features["b0"]["geometry"]["type"] == "MultiPolygon"
    assert features["b6"]["geometry"] is None
    (ring,) = features["b4"]["geometry"]["coordinates"]
    area = sum(a[0] * b[1] - b[0] * a[1] for a, b in itertools.pairwise(ring))
    assert area > 0, "an outer ring goes against the clock"
    assert {one["geometry"] for one in streets.json()["features"]} == {None}


def test_outlines_are_read_of_shown_cells_alone_and_while_others_are_answered(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[bool] = []

    def seen(text: object) -> Shape:
        read.append(threading.current_thread() is threading.main_thread())
        return read_shape(text)

    monkeypatch.setattr(drawing, "read_shape", seen)
    monkeypatch.setattr(plugin, "MAX_CELLS", 2)
    page, geojson = get(file, ROOT, f"{ROOT}/blocks.geojson")
    assert page.text.count('href="#cell-') == 2
    assert "Es sind mehr als 2 Bereiche" in page.text
    assert [one["geometry"]["type"] for one in geojson.json()["features"]] == ["Polygon"] * 2
    assert read == [False] * 4


def test_of_a_full_table_the_outlines_of_shown_cells_are_drawn(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of a table that holds two layers: the other's outlines take no room."""
    monkeypatch.setattr(plugin, "MAX_CELLS", 2)
    monkeypatch.setattr(plugin, "MAX_SHAPES", 3)
    (page,) = get(file, f"{ROOT}?period=2025")
    assert page.text.count('href="#cell-') == 2, "blocks 4 and 3, which are stored behind others"
    monkeypatch.setattr(plugin, "MAX_CELLS", 2000)
    (page,) = get(file, f"{ROOT}?period=2025")
    drawn = {f"Block {n}" for n in range(7) if f'aria-label="Block {n}:' in page.text}
    assert drawn == {"Block 4", "Block 3", "Block 2"}, "the densest"


def test_parts_without_an_outline_count_once_a_cell(file: Path, tmp_path: Path) -> None:
    path = tmp_path / "cadastre.db"
    shutil.copy(file, path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("ALTER TABLE outline ADD COLUMN without INTEGER")
        connection.execute("UPDATE outline SET without = 2 WHERE cell = 'b0'")  # two of them
    layers = copy.deepcopy(SETTINGS["layers"])
    layers["blocks"]["shapes"] |= {"missing": "without", "part": "Block", "parts": "Blöcke"}
    (page,) = get(path, ROOT, layers=layers)
    assert "Für 2 Blöcke liegt kein Umriss vor." in page.text


def test_a_place_tells_cells_of_one_label_apart(file: Path) -> None:
    layers = copy.deepcopy(SETTINGS["layers"])
    layers["blocks"] |= {"label": "n", "place": "name"}
    (page,) = get(file, ROOT, layers=layers)
    assert 'aria-label="9 (Block 4): Klasse 5' in page.text
    assert '<th scope="row">9 (Block 4)</th>' in page.text


def test_who_may_not_see_the_outlines_sees_no_map(file: Path) -> None:
    async def questions(datasette: Datasette) -> None:
        assert (await datasette.client.get(ROOT)).status_code == 403
        assert (await datasette.client.get(f"{ROOT}/blocks.geojson")).status_code == 403
        assert (await datasette.client.get(f"{ROOT}?layer=streets")).status_code == 200

    datasette = make(
        [file], {}, {**LANGUAGE, "datasette-waermekataster": SETTINGS}, {"cadastre/outline": {}}
    )
    (datasette.config or {})["databases"]["cadastre"]["tables"]["outline"]["allow"] = False
    ask(datasette, questions)


def test_without_a_table_of_outlines_there_is_the_list(file: Path) -> None:
    """As in a release of before outlines were published."""
    layers = copy.deepcopy(SETTINGS["layers"])
    layers["blocks"]["shapes"]["table"] = "gone"
    page, geojson, database = get(file, ROOT, f"{ROOT}/blocks.geojson", "/cadastre", layers=layers)
    assert page.status_code == 200
    assert "Umrisse sind nicht veröffentlicht" in page.text
    assert "Block 4<" in page.text.split("<tbody>")[1]
    assert {one["geometry"] for one in geojson.json()["features"]} == {None}
    assert f'<a href="{ROOT}">Wärmekarte</a>' in database.text


@pytest.mark.parametrize(
    "change", [{name: "gone"} for name in ("table", "density", "label", "place")]
)
def test_what_is_not_published_is_not_found(file: Path, change: dict[str, str]) -> None:
    layers = copy.deepcopy(SETTINGS["layers"])
    layers["blocks"].update(change)
    for answer in get(file, ROOT, f"{ROOT}/blocks.geojson", layers=layers):
        assert answer.status_code == 404


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"type": "Polygon", "coordinates": [[[1, 2]]]}',
        '{"type": "Polygon", "coordinates": [[[1, 2], [1, 3], [2, 1e999], [1, 2]]]}',
        '{"type": "LineString", "coordinates": 7}',
        "[" * 100_000,
    ],
)
def test_what_is_no_outline_is_left_out(text: str) -> None:
    assert not read_shape(text)


@pytest.mark.parametrize(
    "change", [{"limits": []}, {"limits": [2, 1]}, {"limits": [1, 2, 3, 4, 5]}, {"colour": "red"}]
)
def test_a_wrong_setting_is_refused(change: dict[str, object]) -> None:
    settings = copy.deepcopy(SETTINGS)
    settings["layers"]["blocks"].update(change)
    with pytest.raises(SettingsError):
        read_settings(settings)
