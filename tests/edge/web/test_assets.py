"""What the pages carry: whole, licensed, unchanged, small, kept by browsers."""

from __future__ import annotations

import gzip
import hashlib
import re
import tomllib
from pathlib import Path

import pytest
from flask import Flask

from edge.web.assets import FOLDER, Assets
from tests.hall import hall_app

ROOT = Path(__file__).resolve().parents[3]
CARRIED = [
    FOLDER / "kern", FOLDER / "fonts", FOLDER / "h5p", FOLDER / "uplot", ROOT / "edge/paper/fonts",
    ROOT / "tests/vendor/axe",
]  # fmt: skip
LICENCES = {"EUPL-1.2", "OFL-1.1", "MPL-2.0", "MIT"}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return hall_app(tmp_path_factory.mktemp("hall"))


@pytest.mark.parametrize("folder", CARRIED, ids=lambda one: one.name)
def test_what_is_other_peoples_is_as_it_came(folder: Path) -> None:
    sources = tomllib.loads((folder / "SOURCES.toml").read_text("utf-8"))
    assert set(sources) == {one.name for one in folder.iterdir()} - {"SOURCES.toml"}
    for name, source in sources.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == source["sha256"], name
        assert source["licence"] in LICENCES
        assert re.fullmatch(r".+@\d+\.\d+\.\d+", source["package"])


def test_the_letters_named_in_the_style_are_there() -> None:
    style = (FOLDER / "face.css").read_text("utf-8")
    named = set(re.findall(r"url\((fonts/[^)]+)\)", style))
    assert named == {f"fonts/{one.name}" for one in (FOLDER / "fonts").glob("*.woff2")}


def test_an_address_changes_with_the_content(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("a{}")
    first = Assets.of(tmp_path).mark
    (tmp_path / "a.css").write_text("b{}")
    assert Assets.of(tmp_path).mark != first


def test_browsers_keep_what_has_a_fresh_address(app: Flask) -> None:
    client = app.test_client()
    page = client.get("/").get_data(as_text=True)
    address = re.search(r'href="(/static/\w+/face.css)"', page)
    assert address is not None
    answer = client.get(address[1], headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Cache-Control"] == "max-age=31536000, public, immutable"
    assert answer.content_encoding == "gzip"
    assert gzip.decompress(answer.data) == (FOLDER / "face.css").read_bytes()
    again = client.get(
        address[1],
        headers={"Accept-Encoding": "gzip", "If-None-Match": answer.headers["ETag"]},
    )
    assert (again.status_code, again.data) == (304, b"")
    old = client.get("/static/000000000000/face.css")
    assert old.headers["Cache-Control"] == "max-age=0"


@pytest.mark.parametrize("name", ["../app.py", "%2e%2e/app.py", "kern/../../app.py", "x.css", ""])
def test_nothing_else_is_served(app: Flask, name: str) -> None:
    assert app.test_client().get(f"/static/x/{name}").status_code == 404


def test_the_script_is_small() -> None:
    assert (FOLDER / "face.js").stat().st_size <= 2048


def test_night_by_choice_is_night_by_device() -> None:
    style = (FOLDER / "face.css").read_text("utf-8")
    device = re.search(r':root:not\(\[data-licht="hell"\]\) \{([^}]*)\}', style)
    choice = re.search(r':root\[data-licht="dunkel"\] \{([^}]*)\}', style)
    assert device is not None
    assert choice is not None
    assert device[1].split() == choice[1].split()


def test_no_style_of_ours_names_a_side() -> None:
    for sheet in ("face.css", "board.css"):
        css = (FOLDER / sheet).read_text("utf-8")
        for line in css.splitlines():
            if "transform: rotate" not in line:  # arrow and tick are drawn by two borders
                found = re.findall(
                    r"(?:margin|padding|border)-(?:left|right)|[{;] (?:left|right):"
                    r"|text-align: (?:left|right)",
                    line,
                )
                assert found == [], line
