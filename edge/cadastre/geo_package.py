"""Writing layers as a GeoPackage 1.3 (OGC 12-128r17): the tables that it must have."""

from __future__ import annotations

import errno
import sqlite3
import struct
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from pyproj import CRS

from edge.cadastre.geo_export import LAYERS, Exported
from edge.cadastre.geometry import Geometry, shapely

APPLICATION_ID, VERSION = 0x47504B47, 10300
_TABLES = """
CREATE TABLE gpkg_spatial_ref_sys (
  srs_name TEXT NOT NULL, srs_id INTEGER PRIMARY KEY, organization TEXT NOT NULL,
  organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT
);
CREATE TABLE gpkg_contents (
  table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE,
  description TEXT DEFAULT '', last_change DATETIME NOT NULL
    DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
  min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER,
  CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id)
);
CREATE TABLE gpkg_geometry_columns (
  table_name TEXT NOT NULL, column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL,
  srs_id INTEGER NOT NULL, z TINYINT NOT NULL, m TINYINT NOT NULL,
  CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name),
  CONSTRAINT uk_gc_table_name UNIQUE (table_name),
  CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
  CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id)
);
"""
_UNDEFINED = (
    ("Undefined Cartesian SRS", -1, "NONE", -1, "undefined", "undefined Cartesian"),
    ("Undefined geographic SRS", 0, "NONE", 0, "undefined", "undefined geographic"),
)
_TYPES = {"block": "MULTIPOLYGON", "section": "MULTILINESTRING"}
_XY = 1  # the envelope's kind in a cell's flags


def write(path: Path, layers: Sequence[Exported], epsg: int) -> Path:
    """Write layers into a file, whole or not at all, and return it.

    :raises OSError: if it cannot be written.
    """
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(part)) as base, base:
            _whole(base, layers, epsg)
    except sqlite3.OperationalError as error:  # no right to write, or no room
        raise OSError(errno.EIO, str(error)) from error
    part.replace(path)
    return path


def _whole(base: sqlite3.Connection, layers: Sequence[Exported], epsg: int) -> None:
    base.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    base.execute(f"PRAGMA user_version = {VERSION}")
    base.executescript(_TABLES)
    systems = [_system(one) for one in sorted({4326, epsg})]
    base.executemany(
        "INSERT INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, ?)", [*_UNDEFINED, *systems]
    )
    for one in layers:
        _layer(base, one, epsg)


def _layer(base: sqlite3.Connection, given: Exported, epsg: int) -> None:
    shapes = [None if one is None else _several(one) for one in given.outlines]
    drawn = [one for one in shapes if one is not None]
    bounds = [None] * 4 if not drawn else [float(one) for one in shapely.total_bounds(drawn)]
    columns = ", ".join(f"{one.name} {one.type}" for one in given.columns)
    base.execute(
        f"CREATE TABLE {given.name} (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,"
        f" geom {_TYPES[given.kind]}, {columns})"
    )
    base.execute(
        "INSERT INTO gpkg_contents VALUES (?, 'features', ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(given.name, given.name, LAYERS[given.kind][1]),
            datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            *bounds,
            epsg,
        ),
    )
    base.execute(
        "INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', ?, ?, 0, 0)",
        (given.name, _TYPES[given.kind], epsg),
    )
    names = ", ".join(one.name for one in given.columns)
    marks = ", ".join("?" * (len(given.columns) + 1))
    base.executemany(
        f"INSERT INTO {given.name} (geom, {names}) VALUES ({marks})",  # noqa: S608  # our own names
        [
            (None if shape is None else _cell(shape, epsg), *row)
            for row, shape in zip(given.rows, shapes, strict=True)
        ],
    )


def _several(shape: Geometry) -> Geometry:
    """Return a shape of several parts: a layer's are all of one type."""
    if shape.geom_type == "Polygon":
        return shapely.MultiPolygon([shape])
    if shape.geom_type == "LineString":
        return shapely.MultiLineString([shape])
    return shape


def _cell(shape: Geometry, epsg: int) -> bytes:
    west, south, east, north = shape.bounds
    head = struct.pack("<2sBBi4d", b"GP", 0, 1 | _XY << 1, epsg, west, east, south, north)
    return head + bytes(shapely.to_wkb(shape, byte_order=1))


def _system(epsg: int) -> tuple[str, int, str, int, str, str]:
    found = CRS.from_epsg(epsg)
    return found.name, epsg, "EPSG", epsg, found.to_wkt("WKT1_GDAL"), f"EPSG:{epsg}"
