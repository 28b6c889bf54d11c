"""Files of shapes read into a real village.db: each is taken, or refused with a reason."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from struct import pack
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import shapely

from edge.cadastre.files import has_shapes
from edge.cadastre.geometry import Judge, ShapeError, epsg_of, in_plane
from edge.cadastre.intake import Account, Intake
from edge.cadastre.shape_files import guessed, read_shapes
from edge.cadastre.shape_intake import ShapeIntake
from edge.cadastre.shape_quarantine import beside
from edge.heat.errors import CadastreError
from edge.heat.intake.mapping import Columns, loads
from edge.heat.said import Method
from edge.store.village import VillageStore

DAY = date(2026, 3, 1)
ADDRESS = {"Straße": None, "Hausnummer": None}


@pytest.fixture
def village(tmp_path: Path) -> Iterator[VillageStore]:
    with VillageStore(tmp_path / "village.db") as store:
        yield store


def columns(kind: str, names: dict[str, str], **more: Any) -> Columns:
    return Columns(kind, names, "ALKIS", DAY, shapes=True, **more)


BLOCKS = columns("blocks", {"Baublock": "block"})
SECTIONS = columns("sections", {"Straßenabschnitt": "section"})
HOUSES = columns("buildings", {"Straße": "street", "Hausnummer": "number"})


def written(folder: Path, found: dict[str, Any], name: str = "formen.geojson") -> Path:
    path = folder / name
    path.write_text(json.dumps(found, ensure_ascii=False), "utf-8")
    return path


def read(village: VillageStore, path: Path, given: Columns) -> Account:
    return ShapeIntake(village, None, given, 5).read(path, beside(path))


def codes(done: Account) -> list[tuple[int, str]]:
    return [(one.line, one.code) for one in done.found]


def test_a_village_finds_its_places_by_where_it_lies(
    village: VillageStore, tmp_path: Path, outlines: ModuleType
) -> None:
    blocks, sections, houses = outlines.write(tmp_path, 60)
    checked = ShapeIntake(village, None, BLOCKS, 5).check(blocks)
    assert (checked.taken, village.heat_places("block")) == (6, [])
    for path, given in ((blocks, BLOCKS), (sections, SECTIONS), (houses, HOUSES)):
        done = read(village, path, given)
        assert (done.lines, done.taken, done.found, done.rejected) == (
            done.lines,
            done.lines,
            [],
            None,
        )
    assert done.notes == [
        "Baublock nach der Lage: 60 Gebäude.", "Straßenabschnitt nach der Lage: 60 Gebäude."
    ]  # fmt: skip
    (block, *_) = village.heat_places("block")
    area = block.facts["hectares"]
    assert area.number == pytest.approx(10 * 22 * 72 / 10_000, rel=1e-4)
    assert (area.method, area.source, area.day) == (
        Method.ESTIMATED, "berechnet aus: ALKIS", DAY
    )  # fmt: skip
    section = next(one for one in village.heat_places("section") if one.name == "Lindenweg")
    assert section.facts["length"].number == pytest.approx(220, rel=1e-4)
    for one in village.cadastre():
        row = outlines.STREETS.index(one.section)
        assert one.address.startswith(one.section)
        assert one.block == f"Block {row + 1}"
        assert one.word("area_kind") == "footprint"
        assert 11 * 12 - 0.2 <= (one.amount("area") or 0) <= 14 * 12 + 0.2
    again = read(village, houses, HOUSES)
    assert (again.taken, again.values, again.notes) == (60, 0, [])


def test_what_a_table_says_counts_before_the_position(
    village: VillageStore, tmp_path: Path, outlines: ModuleType
) -> None:
    path = tmp_path / "tabelle.csv"
    path.write_text(
        "Straße;Hausnummer;Fläche;Baublock;Straßenabschnitt\n"
        "Hauptstr.;1;140;Altstadt;Marktplatz\nHauptstr.;2;;;\n"
    )
    table = loads(
        'kind = "buildings"\nsource = "Amt"\nday = "2020-01-01"\n[columns]\n"Straße" = "street"\n'
        'Hausnummer = "number"\n"Fläche" = "area"\nBaublock = "block"\nStraßenabschnitt = "section"'
        .replace("Straßenabschnitt =", '"Straßenabschnitt" =')
    )  # fmt: skip
    Intake(village, None, table, 1).read(path, None)
    village_blocks = tmp_path / "b.csv"
    village_blocks.write_text("Baublock;ha\nBlock 1;7,5\n")
    ha = loads(
        'kind = "blocks"\nsource = "Amt"\nday = "2020-01-01"\n[columns]\nBaublock = "block"\n'
        'ha = "hectares"'
    )
    Intake(village, None, ha, 1).read(village_blocks, None)
    blocks, sections, houses = outlines.write(tmp_path, 60)
    for path, given in ((houses, HOUSES), (blocks, BLOCKS), (sections, SECTIONS)):
        read(village, path, given)
    first, second, *_ = village.cadastre()
    assert (first.block, first.section, first.amount("area")) == ("Altstadt", "Marktplatz", 140)
    assert first.word("area_kind") == "living"
    assert (second.block, second.section) == ("Block 1", "Hauptstraße")
    assert second.word("area_kind") == "footprint"
    block = next(one for one in village.heat_places("block") if one.name == "Block 1")
    assert block.facts["hectares"].number == 7.5
    # the blocks are drawn anew: who was placed by position moves along, who was named stays
    whole = outlines.box(-50, -50, 400, 900)
    moved = outlines.collection(
        [outlines.feature(whole, Baublock="Dorf")]
        + [outlines.feature(outlines.box(5000 + 10 * n, 0, 9, 9), Baublock=f"Block {n + 1}")
           for n in range(6)]
    )  # fmt: skip
    done = read(village, written(tmp_path, moved), BLOCKS)
    assert "Baublock nach der Lage: 59 Gebäude." in done.notes
    first, second, *_ = village.cadastre()
    assert (first.block, second.block) == ("Altstadt", "Dorf")


BOWTIE = [[9.6, 50.6], [9.601, 50.601], [9.601, 50.6], [9.6, 50.601], [9.6, 50.6]]
SQUARE = [[9.6, 50.6], [9.601, 50.6], [9.601, 50.601], [9.6, 50.601], [9.6, 50.6]]


def polygon(ring: list[list[float]]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [ring]}


def shifted(east: float, north: float) -> dict[str, Any]:
    return polygon([[x + east, y + north] for x, y in SQUARE])


WRONG = {
    "crossing": polygon(BOWTIE),
    "axes": polygon([[y, x] for x, y in SQUARE]),
    "crs": polygon([[548_000, 5_612_000], [548_100, 5_612_000], [548_100, 5_612_100],
                    [548_000, 5_612_000]]),
    "elsewhere": shifted(2.0, 1.0),
    "empty": {"type": "Polygon", "coordinates": []},
    "unreadable": {"type": "Polygon", "coordinates": "viele"},
    "shape": {"type": "LineString", "coordinates": SQUARE[:3]},
    "size": shifted(0.0, 0.0) | {"coordinates": [[[9.6, 50.6], [9.600001, 50.6],
                                                   [9.600001, 50.600001], [9.6, 50.6]]]},
}  # fmt: skip


@pytest.mark.parametrize("code", WRONG)
def test_a_bad_shape_is_refused_with_a_reason_and_can_be_corrected(
    village: VillageStore, tmp_path: Path, outlines: ModuleType, code: str
) -> None:
    good = [outlines.feature(shifted(n * 0.002, 0), Baublock=f"B{n}") for n in range(4)]
    bad = outlines.feature(WRONG[code], Baublock="Schlecht")
    path = written(tmp_path, outlines.collection([good[0], bad, *good[1:]], None))
    done = read(village, path, BLOCKS)
    assert codes(done) == [(2, code)]
    (found,) = done.found
    assert (found.whole, found.value) == (True, "Schlecht")
    assert found.why
    assert found.todo
    assert (done.lines, done.taken, done.refused) == (5, 4, 1)
    assert "Schlecht" not in {one.name for one in village.heat_places("block")}
    assert done.rejected is not None
    assert done.rejected.stat().st_mode & 0o077 == 0
    kept = json.loads(done.rejected.read_text("utf-8"))
    (one,) = kept["features"]
    assert one["properties"]["Was nicht stimmt"] == f"Form: {found.why}"
    one["geometry"] = shifted(0.01, 0)
    read(village, written(tmp_path, kept, "neu.geojson"), BLOCKS)
    assert "Schlecht" in {one.name for one in village.heat_places("block")}


def test_axes_and_systems_can_be_said_in_the_mapping(
    village: VillageStore, tmp_path: Path, outlines: ModuleType
) -> None:
    turned = polygon([[y, x] for x, y in SQUARE])
    path = written(tmp_path, outlines.collection([outlines.feature(turned, Baublock="B")], None))
    assert codes(read(village, path, BLOCKS)) == [(1, "axes")]
    done = read(village, path, columns("blocks", {"Baublock": "block"}, axes="yx"))
    assert done.taken == 1
    plane = outlines.collection([outlines.feature(outlines.box(0, 0, 90, 90), Baublock="C")], None)
    path = written(tmp_path, plane)
    assert codes(read(village, path, BLOCKS)) == [(1, "crs")]
    done = read(village, path, columns("blocks", {"Baublock": "block"}, crs="25832"))
    assert done.taken == 1
    sizes = {one.name: one.facts["hectares"].number for one in village.heat_places("block")}
    assert sizes["C"] == pytest.approx(0.81, rel=1e-3)
    zoned = [[x + 32_000_000, y] for x, y in plane["features"][0]["geometry"]["coordinates"][0]]
    judge = Judge("blocks", 25832)
    with pytest.raises(ShapeError, match="Zone"):
        judge.judge(shapely.from_geojson(json.dumps(polygon(zoned))))
    with pytest.raises(ShapeError, match="nicht in Deutschland"):
        judge.judge(shapely.box(0, 0, 9, 9))
    whole = shapely.to_wkb(shapely.Polygon([(0, 0), (1, 2), (1, 1)]))
    with np.errstate(invalid="ignore"):
        broken = shapely.from_wkb(whole.replace(pack("<d", 2), pack("<d", math.nan)))
    with pytest.raises(ShapeError, match="keine Zahl"):
        judge.judge(broken)
    many = np.column_stack([500_000 + np.arange(100_001.0), np.full(100_001, 5_612_000.0)])
    with pytest.raises(ShapeError, match="mehr als"):
        Judge("sections", 25832).judge(shapely.LineString(many))


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("urn:ogc:def:crs:EPSG::25832", 25832),
        ("EPSG:4326", 4326),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", 4326),
        ("urn:adv:crs:ETRS89_UTM32*DE_DHHN2016_NH", 25832),
        ("urn:ogc:def:crs,crs:EPSG::25833,crs:EPSG::5783", 25833),
    ],
)
def test_systems_are_known_by_their_names(name: str, number: int) -> None:
    assert epsg_of(name) == number


def test_a_system_that_is_not_read_is_said(tmp_path: Path, outlines: ModuleType) -> None:
    crs = {"type": "name", "properties": {"name": "EPSG:31467"}}
    found = outlines.collection([outlines.feature(polygon(SQUARE), Baublock="B")], crs)
    with pytest.raises(CadastreError) as told:
        read_shapes(written(tmp_path, found))
    assert "EPSG:31467" in told.value.hint
    assert "25832" in told.value.hint


def test_heights_are_left_out_and_said(
    village: VillageStore, tmp_path: Path, outlines: ModuleType
) -> None:
    high = polygon([[x, y, 311.5] for x, y in SQUARE])
    path = written(tmp_path, outlines.collection([outlines.feature(high, Baublock="B")], None))
    done = read(village, path, BLOCKS)
    assert (done.found, done.notes[0].startswith("1 Formen haben Höhen")) == ([], True)
    (outline,) = village.place_outlines("block").values()
    assert "311" not in outline


def test_names_twice_none_and_overlapping_blocks(
    village: VillageStore, tmp_path: Path, outlines: ModuleType
) -> None:
    feature, box = outlines.feature, outlines.box
    house = feature(box(10, 10, 12, 12), Straße="Bachweg", Hausnummer="1")
    far = feature(box(900, 900, 12, 12), Straße="Bachweg", Hausnummer="2")
    read(village, written(tmp_path, outlines.collection([house, far])), HOUSES)
    found = [
        feature(box(0, 0, 100, 100), Baublock="A"),
        feature(box(0, 0, 100, 100), Baublock="A"),
        feature(box(0, 0, 50, 50), Baublock="A"),
        feature(box(5, 5, 100, 100), Baublock="B"),
        feature(box(300, 300, 100, 100)),
        feature(box(300, 300, 100, 100), Baublock=""),
    ]
    done = read(village, written(tmp_path, outlines.collection(found)), BLOCKS)
    assert sorted(codes(done)) == [
        (0, "overlap"), (2, "again"), (3, "contradiction"), (5, "absent"), (6, "absent")
    ]  # fmt: skip
    assert done.taken == 2
    assert village.cadastre()[0].block == ""
    assert "Ohne Baublock: 2 Gebäude" in done.notes[0]
    line = {"type": "LineString", "coordinates": outlines.turned([(0, 0), (100, 0)])}
    path = written(tmp_path, outlines.collection([feature(line, Straßenabschnitt="Nebenweg")]))
    done = read(village, path, SECTIONS)
    assert [one.section for one in village.cadastre()] == ["Nebenweg", ""]
    assert "höchstens 60 m" in done.notes[1]


def test_a_street_s_own_section_comes_before_a_nearer_one(
    village: VillageStore, tmp_path: Path, outlines: ModuleType
) -> None:
    def line(y: float) -> dict[str, Any]:
        return {"type": "LineString", "coordinates": outlines.turned([(0, y), (100, y)])}

    sections = [
        outlines.feature(line(0), Straßenabschnitt="Bachweg (1)"),
        outlines.feature(line(40), Straßenabschnitt="Hauptstraße (2)"),
        outlines.feature(line(41), Straßenabschnitt="7"),
    ]
    read(village, written(tmp_path, outlines.collection(sections)), SECTIONS)
    house = outlines.feature(outlines.box(50, 30, 8, 8), Straße="Bachweg", Hausnummer="1")
    read(village, written(tmp_path, outlines.collection([house])), HOUSES)
    assert village.cadastre()[0].section == "Bachweg (1)"


def test_buildings_are_found_by_their_identification_too(
    village: VillageStore, tmp_path: Path, outlines: ModuleType
) -> None:
    feature, box = outlines.feature, outlines.box
    given = columns(
        "buildings",
        {"oi": "ref", "Straße": "street", "Hausnummer": "number", "bj": "year_built"},
        municipality="Hünfeld",
    )
    found = [
        feature(box(0, 0, 12, 12), oi="DEHE1", Straße="Bachweg", Hausnummer="1", bj=None),
        feature(box(30, 0, 12, 12), oi="DEHE2"),
        {**feature({"type": "Point", "coordinates": outlines.turned([(60, 0)])[0]},
                   Straße="Bachweg", Hausnummer="3")},
        feature(box(90, 0, 2.5, 2.5), oi="DEHE4", Straße="Bachweg", Hausnummer="4"),
    ]  # fmt: skip
    done = read(village, written(tmp_path, outlines.collection(found)), given)
    assert codes(done) == [(2, "unknown")]
    first, point, shed = village.cadastre()
    assert first.amount("area") == pytest.approx(144, rel=1e-3)
    assert (point.amount("area"), shed.amount("area")) == (None, None)
    assert in_plane(village.building_outline(point.number) or "").geom_type == "Point"
    found = [
        feature(box(0, 0, 14, 12), oi="DEHE1", bj=1962, **ADDRESS),
        feature(box(0, 0, 15, 12), oi="DEHE1"),
    ]
    done = read(village, written(tmp_path, outlines.collection(found)), given)
    assert codes(done) == [(2, "contradiction")]
    first, *_ = village.cadastre()
    assert first.amount("area") == pytest.approx(168, rel=1e-3)
    assert first.amount("year_built") == 1962


def test_what_is_no_file_of_shapes(tmp_path: Path) -> None:
    for text, hint in (
        ("{", "kein gültiges GeoJSON"),
        ("[" * 100_000, "kein gültiges GeoJSON"),
        ('{"type": "Feature"}', "FeatureCollection"),
        ('{"features": []}', "keine einzige Form"),
    ):
        path = tmp_path / "x.geojson"
        path.write_text(text)
        assert has_shapes(path) == text.startswith("{")
        with pytest.raises(CadastreError) as told:
            read_shapes(path)
        assert hint in told.value.hint
    assert not has_shapes(tmp_path / "fehlt.geojson")
    with pytest.raises(CadastreError, match="fehlt"):
        read_shapes(tmp_path / "fehlt.geojson")
    path.write_text('{"features": [7, {"type": "Feature"}, {"id": "a", "properties": {"an": true, '
                    '"zahl": 9007199254740993, "liste": [1]}}]}')  # fmt: skip
    first, second, third = read_shapes(path).features
    assert (first.wrong, second.shape, second.wrong) == ("Der Eintrag ist keine Form", None, "")
    assert third.properties == {"an": "ja", "zahl": "9007199254740993", "liste": "[1]", "id": "a"}


def test_a_mapping_is_guessed_from_shapes_and_names(tmp_path: Path, outlines: ModuleType) -> None:
    blocks, sections, houses = outlines.write(tmp_path, 60)
    for path, kind, line in (
        (blocks, "blocks", '"Baublock" = "block"'),
        (sections, "sections", '"Straßenabschnitt" = "section"'),
        (houses, "buildings", '"Hausnummer" = "number"'),
    ):
        text = guessed(path, DAY)
        assert (f'kind = "{kind}"' in text, line in text) == (True, True)
        assert loads(text.replace('source = ""', 'source = "x"'), shapes=True).kind == kind
    assert 'layer = "Ebene"' in guessed(blocks, DAY, "Ebene")
