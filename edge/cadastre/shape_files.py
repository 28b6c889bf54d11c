"""Files of shapes: GeoJSON, GeoPackage, CityGML. Each is a list of features with properties.

A feature whose geometry cannot be read has none, and says why. Files are read whole: a county's
worth belongs into several, or to the county.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from edge.cadastre.files import begin_of
from edge.cadastre.geometry import LONLAT, PLANE, between, epsg_of, shapely
from edge.cadastre.shape_features import MOST_FEATURES, Feature, cells_of
from edge.heat.errors import CadastreError
from edge.heat.intake.cells import text
from edge.heat.intake.mapping import Columns, guess

MOST_BYTES = 200 << 20
MOST_COLUMNS = 300
MOST_HOUSE_M2 = 2500.0  # half of a file's areas are larger: they are no houses
_SQLITE = b"SQLite format 3\0"


@dataclass(frozen=True, slots=True)
class ShapeFile:
    """What a file has; ``epsg`` is the system of its coordinates, in the order east, north."""

    epsg: int
    features: list[Feature]
    header: list[str] = field(default_factory=list)

    @property
    def looks_like(self) -> str:
        """Whether it is of `lines`, of `areas` too large for houses, or of `houses`."""
        shapes = [one.shape for one in self.features[:500] if one.shape is not None]
        if sum("Line" in one.geom_type for one in shapes) * 2 > len(shapes):
            return "lines"
        to_plane = between(self.epsg, PLANE)
        areas = sorted(to_plane(one).area for one in shapes)
        return "areas" if areas and areas[len(areas) // 2] > MOST_HOUSE_M2 else "houses"


def read_shapes(path: Path, columns: Columns | None = None, layer: str = "") -> ShapeFile:
    """Read a file. ``columns`` say which layer and what system, if the file does not.

    :raises CadastreError: if it is none.
    """
    start = begin_of(path, MOST_BYTES, "Bitte nach Gemeinden teilen.")
    forced = epsg_of(f"EPSG:{columns.crs}") if columns is not None and columns.crs else None
    layer = layer if columns is None else columns.layer
    if start.startswith(_SQLITE):
        from edge.cadastre.shape_geopackage import read  # noqa: PLC0415

        epsg, features = read(path, layer, forced)
    elif start.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
        from edge.cadastre.shape_citygml import read as read_city  # noqa: PLC0415

        epsg, features = read_city(path, forced)
    else:
        epsg, features = _geojson(path, forced)
    if not features:
        raise CadastreError("no features", hint="In der Datei ist keine einzige Form.")
    if len(features) > MOST_FEATURES:
        raise CadastreError(
            "too many",
            hint=f"Die Datei hat mehr als {MOST_FEATURES} Formen. Bitte nach Gemeinden teilen.",
        )
    header = list(dict.fromkeys(name for one in features for name in one.properties))
    return ShapeFile(epsg, features, header[:MOST_COLUMNS])


def guessed(path: Path, today: date, layer: str = "") -> str:
    """Return a mapping file to check, of a file of shapes.

    :raises CadastreError: if it is none.
    """
    file = read_shapes(path, None, layer)
    rows = [[text(one.properties.get(name)) for name in file.header] for one in file.features[:50]]
    said = guess(file.header, rows, today, file.looks_like)
    if not layer:
        return said
    return f"layer = {json.dumps(layer, ensure_ascii=False)}\n{said}"


def _geojson(path: Path, forced: int | None) -> tuple[int, list[Feature]]:
    try:
        found = json.loads(path.read_text("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise CadastreError(
            str(error), hint=f"Das ist kein gültiges GeoJSON: {str(error)[:200]}"
        ) from None
    if not isinstance(found, dict) or not isinstance(found.get("features"), list):
        raise CadastreError(
            "no collection",
            hint="Das ist kein GeoJSON mit Formen: „features“ fehlt. Bitte eine FeatureCollection "
            "ausgeben lassen.",
        )
    crs = found.get("crs")
    named: Any = crs.get("properties", {}) if isinstance(crs, dict) else {}
    name = named.get("name", "") if isinstance(named, dict) else ""
    epsg = forced or (epsg_of(str(name)) if name else LONLAT)
    return epsg, [_feature(one) for one in found["features"]]


def _feature(found: object) -> Feature:
    if not isinstance(found, dict):
        return Feature({}, None, "Der Eintrag ist keine Form")
    given = found.get("properties")
    properties = cells_of(given.items() if isinstance(given, dict) else ())
    if "id" in found and not any(name.casefold() == "id" for name in properties):
        properties |= cells_of([("id", found["id"])])
    geometry = found.get("geometry")
    if geometry is None:
        return Feature(properties, None)
    try:
        return Feature(properties, shapely.from_geojson(json.dumps(geometry)))
    except (shapely.errors.GEOSException, ValueError, TypeError):
        return Feature(properties, None, "Die Geometrie ist nicht lesbar")
