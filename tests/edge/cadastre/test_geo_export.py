"""What is exported is read again as it was, in both systems and formats, and nothing small."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
import shapely
from click.testing import CliRunner

from edge.cadastre.geo_export import DICTIONARY, LAYERS, export
from edge.cadastre.geometry import in_plane
from edge.cadastre.shape_files import read_shapes
from edge.cadastre.shape_intake import ShapeIntake
from edge.cli import root
from edge.heat.errors import CadastreError
from edge.heat.intake.mapping import Columns
from edge.store.village import VillageStore
from tests.furnish_heat_map import draw

NOW_MS = 1_795_447_440_000


@pytest.fixture
def village(tmp_path: Path) -> Iterator[VillageStore]:
    with VillageStore(tmp_path / "village.db") as store:
        draw(store, NOW_MS)
        yield store


@pytest.mark.parametrize("epsg", [4326, 25832])
@pytest.mark.parametrize("form", ["geojson", "gpkg"])
def test_a_round_trip_changes_nothing(
    village: VillageStore, tmp_path: Path, form: str, epsg: int
) -> None:
    paths = export(village, tmp_path / "karte", form, epsg)  # type: ignore[arg-type]
    found = read_shapes(paths[0], None, "bloecke" if form == "gpkg" else "")
    assert found.epsg == epsg
    names = [one.name for one in LAYERS["block"][2]]
    assert found.header == (names if form == "geojson" else ["fid", *names])
    rows = {str(one.properties["block"]): one for one in found.features}
    assert set(rows) == {*(f"Block {n}" for n in range(1, 7)), "Ohne Umriss und Fläche"}
    assert rows["Ohne Umriss und Fläche"].shape is None
    one = rows["Block 5"].properties
    assert (one["gebaeude"], one["waerme_mwh"], one["waermedichte_mwh_ha"]) == (10, 1116, 930)
    assert (one["waerme_von_mwh"], one["waerme_bis_mwh"]) == (892.8, 1395)
    assert (one["flaeche_ha"], one["groesse_quelle"], one["groesse_methode"]) == (
        1.2, "Vermessungsamt", "erhoben"
    )  # fmt: skip
    assert one["geschaetzt_am"] == "2026-11-23"
    layer = "bloecke" if form == "gpkg" else ""
    columns = Columns("blocks", {"block": "block"}, "Export", date(2026, 1, 1), shapes=True,
                      layer=layer)  # fmt: skip
    with VillageStore(tmp_path / "other.db") as other:
        done = ShapeIntake(other, None, columns, 1).read(paths[0], None)
        assert (done.taken, [each.code for each in done.found]) == (6, ["empty"])
        theirs = {each.name: each.place for each in other.heat_places("block")}
        ours = {each.name: each.place for each in village.heat_places("block")}
        for name, number in theirs.items():
            before = in_plane(village.place_outlines("block")[ours[name]])
            after = in_plane(other.place_outlines("block")[number])
            assert shapely.hausdorff_distance(before, after) < 0.03


def test_a_geopackage_has_what_one_must_have(village: VillageStore, tmp_path: Path) -> None:
    path, dictionary = export(village, tmp_path, "gpkg", 25832)
    with closing(sqlite3.connect(path)) as base:
        assert base.execute("PRAGMA application_id").fetchone() == (0x47504B47,)
        assert base.execute("PRAGMA user_version").fetchone() == (10300,)
        assert base.execute("PRAGMA foreign_key_check").fetchall() == []
        assert base.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        systems = {row[0] for row in base.execute("SELECT srs_id FROM gpkg_spatial_ref_sys")}
        assert systems == {-1, 0, 4326, 25832}
        contents = base.execute("SELECT table_name, min_x, max_x FROM gpkg_contents").fetchall()
        assert {name for name, *_ in contents} == {"bloecke", "abschnitte"}
        assert all(240_000 < west < east < 930_000 for _, west, east in contents)
        (geometry,) = base.execute("SELECT geom FROM abschnitte WHERE abschnitt = 'Am Bach'")
        assert shapely.from_wkb(geometry[0][40:]).geom_type == "MultiLineString"
    told = json.loads(dictionary.read_text("utf-8"))
    assert [one["name"] for one in told["ebenen"]] == ["bloecke", "abschnitte"]
    assert [one["ohne_summe_nicht_enthalten"] for one in told["ebenen"]] == [1, 1]
    for one in told["ebenen"]:
        for column in one["spalten"]:
            assert column["name"].replace("_", "").isascii()
            assert column["name"].islower()
            assert column["titel"]


def test_the_command_writes_and_says_what_is_in_the_way(tmp_path: Path) -> None:
    def run(*more: str) -> tuple[int, str]:
        words = ["--config", str(tmp_path / "hub.toml"), *more]
        done = CliRunner().invoke(root, words)
        return done.exit_code, done.output

    assert run("init", str(tmp_path), "--name", "Hub", "--village", "Dorf")[0] == 0
    out = tmp_path / "karte"
    code, said = run("heat", "export", "--format", "geojson", "--out", str(out))
    assert (code, "keine Summe" in said) == (1, True)
    with VillageStore(tmp_path / "state" / "village.db") as village:
        draw(village, NOW_MS)
    code, said = run("heat", "export", "--format", "geojson", "--crs", "4326", "--out", str(out))
    assert (code, len(said.splitlines())) == (0, 3)
    whole = json.loads((out / "bloecke.geojson").read_text("utf-8"))
    assert "crs" not in whole
    assert (out / DICTIONARY).exists()
    (tmp_path / "datei").write_text("x")
    with (
        VillageStore(tmp_path / "state" / "village.db") as village,
        pytest.raises(CadastreError),
    ):
        export(village, tmp_path / "datei" / "x", "geojson", 4326)


def test_shapes_are_imported_at_the_terminal(tmp_path: Path) -> None:
    def run(*more: str) -> tuple[int, str]:
        words = ["--config", str(tmp_path / "hub.toml"), "heat", *more]
        done = CliRunner().invoke(root, words)
        return done.exit_code, done.output

    config = ["init", str(tmp_path), "--name", "Hub", "--village", "Dorf"]
    assert (
        CliRunner().invoke(root, ["--config", str(tmp_path / "hub.toml"), *config]).exit_code == 0
    )
    with VillageStore(tmp_path / "state" / "village.db") as village:
        draw(village, NOW_MS)
        (path, *_) = export(village, tmp_path / "karte", "geojson", 25832)
    assert run("import", str(path), "--guess")[0] == 0
    mapping = path.with_suffix(".toml")
    mapping.write_text(mapping.read_text("utf-8").replace('source = ""', 'source = "Amt"'), "utf-8")
    code, said = run("import", str(path), "--check")
    assert (code, "7 Formen: 6 übernommen" in said) == (3, True)
    assert "Form 7, Form „Ohne Umriss und Fläche“: Die Form fehlt oder ist leer." in said
    code, said = run("import", str(path))
    assert (code, "bloecke.abgelehnt.geojson" in said) == (3, True)


def test_a_geopackage_without_room_is_said_and_what_was_there_stays(
    village: VillageStore, tmp_path: Path
) -> None:
    folder = tmp_path / "karte"
    (before, _) = export(village, folder, "gpkg", 25832)
    old = before.read_bytes()
    # a journal that cannot be written is what a full card, or no right to write, looks like
    (folder / ".waermekataster.gpkg.part-journal").mkdir()
    with pytest.raises(CadastreError) as caught:
        export(village, folder, "gpkg", 25832)
    assert "nicht zu schreiben" in caught.value.hint
    assert before.read_bytes() == old
