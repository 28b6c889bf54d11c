"""Footprints of buildings in CityGML 2.0 (OGC 12-019), as surveying offices give them away.

Of each building, its parts included: the footprint of level 0 if there is one, else its surfaces on
the ground (level 2 and 3), else the lowest level faces of the block (level 1). The file is read
building by building; entities and document types are refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from edge.cadastre.geometry import LONLAT, Geometry, epsg_of, shapely
from edge.cadastre.shape_features import MOST_FEATURES, Feature, cells_of
from edge.heat.errors import CadastreError

GML, BLDG = "{http://www.opengis.net/gml}", "{http://www.opengis.net/citygml/building/2.0}"
GEN, XAL = (
    "{http://www.opengis.net/citygml/generics/2.0}",
    "{urn:oasis:names:tc:ciq:xsdschema:xAL:2.0}",
)
_CORE = "http://www.opengis.net/citygml/"
LEVEL_M = 0.01  # faces whose points differ by no more lie level
_NAMES = (  # as a mapping guesses them
    (f".//{XAL}ThoroughfareName", "Straße"),
    (f".//{XAL}ThoroughfareNumber", "Hausnummer"),
    (f".//{XAL}LocalityName", "Ort"),
    (f"{BLDG}yearOfConstruction", "Baujahr"),
    (f"{BLDG}function", "function"),
    (f"{GML}name", "name"),
)


def read(path: Path, forced: int | None) -> tuple[int, list[Feature]]:
    """Return the file's system and its buildings.

    :raises CadastreError: if it is none.
    """
    found: list[Feature] = []
    system = ""
    try:
        for event, element in ElementTree.iterparse(
            path, events=("start", "end"), forbid_dtd=True, forbid_external=True
        ):
            if event == "start":
                if not found and not system and element.tag.endswith("CityModel"):
                    _of_version(element.tag)
                system = system or element.get("srsName", "")
            elif element.tag == f"{BLDG}Building":
                found.append(_building(element))
                element.clear()
                if len(found) > MOST_FEATURES:
                    break
    except ParseError as error:
        raise CadastreError(
            str(error), hint=f"Das ist kein gültiges XML: {str(error)[:200]}"
        ) from None
    except DefusedXmlException as error:
        raise CadastreError(
            str(error),
            hint="Die Datei enthält Anweisungen (DOCTYPE oder ENTITY), die in CityGML nichts zu "
            "suchen haben; sie wird nicht gelesen.",
        ) from None
    if not system and forced is None:
        raise CadastreError(
            "no srsName",
            hint='Die Datei nennt kein Koordinatensystem. Bitte in der Zuordnung crs = "25832" '
            "eintragen.",
        )
    epsg = forced or epsg_of(system)
    # by its URN, EPSG:4326 has the latitude first
    if epsg == LONLAT and forced is None and "urn:" in system.lower() and "CRS84" not in system:
        found = [_turned(one) for one in found]
    return epsg, found


def _of_version(tag: str) -> None:
    if not tag.startswith(f"{{{_CORE}2.0"):
        raise CadastreError(
            tag, hint="Gelesen wird CityGML 2.0; bitte so ausgeben lassen (nicht 1.0 oder 3.0)."
        )


def _building(element: Any) -> Feature:
    properties: dict[str, object] = {"gml_id": element.get(f"{GML}id")}
    for where, name in _NAMES:
        found = element.find(where)
        if found is not None and found.text:
            properties[name] = found.text
    for one in element:
        if one.tag.startswith(GEN):
            value = one.find(f"{GEN}value")
            if value is not None and one.get("name"):
                properties.setdefault(str(one.get("name")), value.text)
    year = properties.get("Baujahr")
    if isinstance(year, str):
        properties["Baujahr"] = year[:4]  # a year, sometimes with a month
    try:
        shape = _footprint(element)
    except (ValueError, shapely.errors.GEOSException):
        return Feature(cells_of(properties.items()), None, "Die Geometrie ist nicht lesbar")
    wrong = "" if shape is not None else "Das Gebäude hat keine Grundfläche"
    return Feature(cells_of(properties.items()), shape, wrong)


def _footprint(element: Any) -> Geometry | None:
    faces: list[Geometry] = []
    for where in ("lod0FootPrint", "GroundSurface"):
        for found in element.iterfind(f".//{BLDG}{where}"):
            faces += _faces(found)
        if faces:
            break
    if not faces:
        faces = [
            face
            for solid in element.iterfind(f".//{BLDG}lod1Solid")
            for face in _lowest(list(_faces(solid)))
        ]
    flat = [shapely.force_2d(one) for one in faces]
    kept = [one for one in flat if one.area > 0]
    if len(kept) == 1:
        return kept[0]  # as it is: what is wrong with it is found later
    return shapely.union_all(kept) if kept else None


def _lowest(faces: list[Geometry]) -> Iterator[Geometry]:
    """Give the faces of a block that lie level at its foot."""
    heights = [shapely.get_coordinates(one, include_z=True)[:, 2] for one in faces]
    foot = min((float(one.min()) for one in heights), default=0.0)
    for face, height in zip(faces, heights, strict=True):
        if float(height.max()) - foot <= LEVEL_M:
            yield face


def _faces(element: Any) -> Iterator[Geometry]:
    for polygon in element.iter(f"{GML}Polygon"):
        outer = polygon.find(f"{GML}exterior")
        if outer is not None:
            holes = [_ring(one) for one in polygon.iterfind(f"{GML}interior")]
            yield shapely.Polygon(_ring(outer), holes)


def _ring(element: Any) -> list[tuple[float, ...]]:
    """Return the points of a ring, three numbers each, or two where the file says so.

    :raises ValueError: if they are no points.
    """
    listed = element.find(f".//{GML}posList")
    if listed is None:
        return [
            tuple(float(one) for one in str(each.text).split())
            for each in element.iterfind(f".//{GML}pos")
        ]
    numbers = [float(one) for one in str(listed.text).split()]
    wide = 2 if listed.get("srsDimension") == "2" else 3
    if len(numbers) % wide:
        raise ValueError("no whole points")
    return [tuple(numbers[at : at + wide]) for at in range(0, len(numbers), wide)]


def _turned(one: Feature) -> Feature:
    if one.shape is None:
        return one
    return Feature(one.properties, shapely.transform(one.shape, lambda at: at[:, ::-1]), one.wrong)
