"""GeoPackage and CityGML, as offices give them away, and what is not believed of them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path
from types import ModuleType

import pytest
import shapely

from edge.cadastre.geo_export import Exported
from edge.cadastre.geo_package import write
from edge.cadastre.shape_files import guessed, read_shapes
from edge.heat.errors import CadastreError
from edge.heat.intake.mapping import Columns, loads
from edge.store.village import VillageStore
from tests.edge.cadastre.test_shapes import codes, read

DAY = date(2026, 3, 1)
ROW = ("Am Bach", 7, 120.0, 90.0, 150.0, 1.2, 100.0, "Amt", "erhoben", "2026-03-01")


def package(folder: Path, *kinds: str, shape: shapely.Geometry | None = None) -> Path:
    shape = shape or shapely.box(548_000, 5_612_000, 548_100, 5_612_120)
    layers = [Exported(one, [ROW], [shape], 0) for one in kinds]  # type: ignore[arg-type]
    return write(folder / "karte.gpkg", layers, 25832)


def columns(kind: str, **names: str) -> Columns:
    return Columns(kind, names, "Amt", DAY, shapes=True)


def test_a_geopackage_is_read_like_any_other(tmp_path: Path) -> None:
    path = package(tmp_path, "block")
    text = guessed(path, DAY).replace('source = ""', 'source = "Amt"')
    assert 'kind = "blocks"' in text
    assert loads(text, shapes=True).columns["block"] == "block"
    with VillageStore(tmp_path / "village.db") as village:
        done = read(village, path, columns("blocks", block="block"))
        assert (done.taken, done.found) == (1, [])
        (block,) = village.heat_places("block")
        assert (block.name, block.facts["hectares"].number) == ("Am Bach", 1.2)


def test_a_layer_has_to_be_named_where_there_are_several(tmp_path: Path) -> None:
    path = package(tmp_path, "block", "section")
    with pytest.raises(CadastreError) as told:
        read_shapes(path)
    assert "„abschnitte“, „bloecke“" in told.value.hint
    assert read_shapes(path, None, "bloecke").features[0].properties["block"] == "Am Bach"
    with pytest.raises(CadastreError):
        read_shapes(path, None, "sqlite_master")


def test_only_tables_of_a_geopackage_are_read(tmp_path: Path) -> None:
    path = package(tmp_path, "block")
    with closing(sqlite3.connect(path)) as base, base:
        base.execute("ALTER TABLE bloecke RENAME TO other")
        base.execute("CREATE VIEW bloecke AS SELECT * FROM other")
    with pytest.raises(CadastreError) as told:
        read_shapes(path)
    assert "keine" in told.value.hint
    with closing(sqlite3.connect(path)) as base, base:
        base.execute("DROP TABLE gpkg_geometry_columns")
    with pytest.raises(CadastreError) as told:
        read_shapes(path)
    assert "kein GeoPackage" in told.value.hint
    path.write_bytes(path.read_bytes()[:700])
    with pytest.raises(CadastreError, match=r"."):
        read_shapes(path)


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        (None, "empty"),
        (b"GP\0\x10" + bytes(4), "empty"),
        (b"GP\0\x01" + bytes(4) + b"\x01\x03\0\0\0\xff", "unreadable"),
        (b"GP\0\x0f" + bytes(40), "unreadable"),
        (b"XX", "unreadable"),
        ("Text", "unreadable"),
    ],
)
def test_a_broken_cell_is_one_feature_s(tmp_path: Path, cell: object, code: str) -> None:
    path = package(tmp_path, "block")
    with closing(sqlite3.connect(path)) as base, base:
        base.execute("INSERT INTO bloecke (geom, block) VALUES (?, 'Schlecht')", (cell,))
    with VillageStore(tmp_path / "village.db") as village:
        done = read(village, path, columns("blocks", block="block"))
    assert (codes(done), done.taken) == ([(2, code)], 1)


def test_a_geopackage_in_another_system_is_told(tmp_path: Path) -> None:
    path = package(tmp_path, "block")
    with closing(sqlite3.connect(path)) as base, base:
        base.execute(
            "UPDATE gpkg_spatial_ref_sys SET organization_coordsys_id = 31467 WHERE srs_id = 25832"
        )
    with pytest.raises(CadastreError) as told:
        read_shapes(path)
    assert "EPSG:31467" in told.value.hint


def ring(points: list[tuple[float, ...]]) -> str:
    listed = " ".join(str(one) for point in [*points, points[0]] for one in point)
    return (
        "<gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>"
        f"{listed}</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon>"
    )


def surface(name: str, *polygons: str) -> str:
    members = "".join(f"<gml:surfaceMember>{one}</gml:surfaceMember>" for one in polygons)
    return f"<bldg:{name}><gml:MultiSurface>{members}</gml:MultiSurface></bldg:{name}>"


def city(*buildings: str, version: str = "2.0", crs: str = "urn:adv:crs:ETRS89_UTM32") -> str:
    core = f"http://www.opengis.net/citygml/{version}"
    inside = "".join(f"<core:cityObjectMember>{one}</core:cityObjectMember>" for one in buildings)
    named = f' srsName="{crs}"' if crs else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><core:CityModel xmlns:core="{core}" '
        'xmlns:gml="http://www.opengis.net/gml" '
        'xmlns:bldg="http://www.opengis.net/citygml/building/2.0" '
        'xmlns:gen="http://www.opengis.net/citygml/generics/2.0" '
        'xmlns:xAL="urn:oasis:names:tc:ciq:xsdschema:xAL:2.0">'
        f"<gml:boundedBy><gml:Envelope{named}/></gml:boundedBy>{inside}</core:CityModel>"
    )


def building(name: str, inside: str, street: str = "Bachweg", number: str = "1") -> str:
    return (
        f'<bldg:Building gml:id="{name}"><gen:stringAttribute name="Gemeindeschluessel">'
        "<gen:value>06631012</gen:value></gen:stringAttribute>"
        f"<bldg:yearOfConstruction>1962-05</bldg:yearOfConstruction>{inside}<bldg:address>"
        "<core:Address><core:xalAddress><xAL:AddressDetails><xAL:Country><xAL:Locality>"
        "<xAL:LocalityName>Holzheim</xAL:LocalityName><xAL:Thoroughfare>"
        f"<xAL:ThoroughfareNumber>{number}</xAL:ThoroughfareNumber>"
        f"<xAL:ThoroughfareName>{street}</xAL:ThoroughfareName></xAL:Thoroughfare></xAL:Locality>"
        "</xAL:Country></xAL:AddressDetails></core:xalAddress></core:Address></bldg:address>"
        "</bldg:Building>"
    )


E, N = 548_000.0, 5_612_000.0


def level(x: float, width: float, z: float) -> list[tuple[float, ...]]:
    return [(E + x, N, z), (E + x + width, N, z), (E + x + width, N + 10, z), (E + x, N + 10, z)]


def block_of(x: float, width: float, foot: float) -> str:
    """Return a block with foot, roof and one wall."""
    wall = [(E + x, N, foot), (E + x + width, N, foot), (E + x + width, N, foot + 6)]
    faces = "".join(map(ring, (level(x, width, foot + 6), level(x, width, foot), wall)))
    return (
        "<bldg:lod1Solid><gml:Solid><gml:exterior><gml:CompositeSurface><gml:surfaceMember>"
        f"{faces}</gml:surfaceMember></gml:CompositeSurface></gml:exterior></gml:Solid>"
        "</bldg:lod1Solid>"
    )


PART = (
    "<bldg:consistsOfBuildingPart><bldg:BuildingPart>{}</bldg:BuildingPart>"
    "</bldg:consistsOfBuildingPart>"
)
GROUND = surface("lod2MultiSurface", ring(level(0, 14, 201.0)))
GROUNDED = f"<bldg:boundedBy><bldg:GroundSurface>{GROUND}</bldg:GroundSurface></bldg:boundedBy>"
FOOTPRINTS = {
    "lod0": (surface("lod0FootPrint", ring(level(0, 12, 200.0))), 120),
    "lod1": (block_of(0, 11, 200.0), 110),
    "lod2": (GROUNDED + block_of(0, 11, 200.0), 140),
    "parts": (PART.format(block_of(0, 8, 200.0)) + PART.format(block_of(8, 5, 203.0)), 130),
}


@pytest.mark.parametrize("lod", FOOTPRINTS)
def test_a_building_s_footprint_is_read_at_every_level(tmp_path: Path, lod: str) -> None:
    inside, area = FOOTPRINTS[lod]
    path = tmp_path / "lod.gml"
    path.write_text(city(building("DEHE1", inside), building("DEHE2", "", number="2")), "utf-8")
    text = guessed(path, DAY).replace('source = ""', 'source = "Amt"')
    given = loads(text, shapes=True)
    assert {"gml_id": "ref", "Straße": "street", "Hausnummer": "number", "Ort": "municipality",
            "Baujahr": "year_built"}.items() <= given.columns.items()  # fmt: skip
    with VillageStore(tmp_path / "village.db") as village:
        done = read(village, path, given)
        assert codes(done) == [(2, "unreadable")]
        assert "keine Grundfläche" in done.found[0].why
        (one,) = village.cadastre()
        assert (one.address, one.municipality) == ("Bachweg 1", "Holzheim")
        assert one.amount("year_built") == 1962
        assert one.amount("area") == pytest.approx(area, rel=1e-6)
    assert done.rejected is not None
    assert '"gml_id": "DEHE2"' in done.rejected.read_text("utf-8")


def test_latitude_comes_first_where_the_urn_says_so(tmp_path: Path) -> None:
    corners = [(50.6, 9.6, 0.0), (50.6, 9.601, 0.0), (50.601, 9.601, 0.0)]
    path = tmp_path / "grad.gml"
    inside = building("A", surface("lod0FootPrint", ring(corners)))
    path.write_text(city(inside, crs="urn:ogc:def:crs:EPSG::4326"), "utf-8")
    found = read_shapes(path)
    assert found.features[0].shape is not None
    assert found.features[0].shape.bounds == (9.6, 50.6, 9.601, 50.601)


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
    "<x>&b;</x>"
)
OUTSIDE = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (BOMB, "DOCTYPE"),
        (OUTSIDE, "DOCTYPE"),
        ("<a><b></a>", "kein gültiges XML"),
        (city(version="3.0"), "CityGML 2.0"),
        (city(crs=""), "kein Koordinatensystem"),
        (city(), "keine einzige Form"),
        (city(crs="urn:adv:crs:DE_DHDN_3GK3"), "DE_DHDN_3GK3"),
    ],
)
def test_what_is_no_city_is_not_read(tmp_path: Path, text: str, hint: str) -> None:
    path = tmp_path / "stadt.gml"
    path.write_text(text, "utf-8")
    with pytest.raises(CadastreError) as told:
        read_shapes(path)
    assert hint in told.value.hint


@pytest.mark.parametrize("listed", ["1 2", "a b c", "1 2 3 4 5 6", ""])
def test_broken_points_are_one_building_s(tmp_path: Path, listed: str) -> None:
    whole = ring(level(0, 12, 200.0))
    broken = (
        whole[: whole.index("<gml:posList>") + 13] + listed + whole[whole.index("</gml:posL") :]
    )
    path = tmp_path / "stadt.gml"
    path.write_text(
        city(building("A", surface("lod0FootPrint", broken)),
             building("B", surface("lod0FootPrint", whole), number="2")), "utf-8"
    )  # fmt: skip
    bad, good = read_shapes(path).features
    assert bad.shape is None
    assert bad.wrong
    assert good.shape is not None


def test_points_one_by_one_and_holes(tmp_path: Path, outlines: ModuleType) -> None:
    del outlines
    outer = "".join(f"<gml:pos>{x} {y} {z}</gml:pos>" for x, y, z in level(0, 20, 1.0))
    outer += f"<gml:pos>{E} {N} 1.0</gml:pos>"
    hole = ring([(E + 5, N + 2, 1.0), (E + 9, N + 2, 1.0), (E + 9, N + 6, 1.0)])
    inner = hole.replace("exterior", "interior").replace("<gml:Polygon>", "")
    polygon = (
        f"<gml:Polygon><gml:exterior><gml:LinearRing>{outer}</gml:LinearRing></gml:exterior>{inner}"
    )
    path = tmp_path / "stadt.gml"
    path.write_text(city(building("A", surface("lod0FootPrint", polygon))), "utf-8")
    (one,) = read_shapes(path).features
    assert one.shape is not None
    assert one.shape.area == pytest.approx(200 - 8)
