"""Layers of a GeoPackage (OGC 12-128): an SQLite file with shapes as WKB behind a short header.

The file is somebody else's: it is opened for reading alone, and only plain tables are read, no
views, so that nothing of its own runs.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np

from edge.cadastre.geometry import Geometry, epsg_of, shapely
from edge.cadastre.shape_features import MOST_FEATURES, Feature, cells_of
from edge.heat.errors import CadastreError

_ENVELOPES = (0, 32, 48, 48, 64)  # bytes, by what the header's flags say
_EMPTY = 0x10


def read(path: Path, layer: str, forced: int | None) -> tuple[int, list[Feature]]:
    """Return a layer's system and features; ``layer`` may be empty where there is one alone.

    :raises CadastreError: if it is none.
    """
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as base:
            base.execute("PRAGMA trusted_schema = OFF")
            base.execute("PRAGMA query_only = ON")
            name = _layer(base, layer)
            column, system = base.execute(
                "SELECT column_name, srs_id FROM gpkg_geometry_columns WHERE table_name = ?",
                (name,),
            ).fetchone()
            epsg = forced or _system(base, system)
            return epsg, list(_features(base, name, str(column)))
    except (sqlite3.Error, TypeError, UnicodeDecodeError) as error:
        raise CadastreError(
            str(error), hint="Das ist kein GeoPackage, oder es ist beschädigt."
        ) from None


def _layer(base: sqlite3.Connection, wanted: str) -> str:
    names = [
        str(name)
        for (name,) in base.execute(
            "SELECT c.table_name FROM gpkg_contents AS c JOIN sqlite_master AS m"
            " ON m.name = c.table_name AND m.type = 'table'"
            " JOIN gpkg_geometry_columns AS g ON g.table_name = c.table_name"
            " WHERE c.data_type = 'features' ORDER BY c.table_name"
        )
    ]
    if wanted in names:
        return wanted
    if len(names) == 1 and not wanted:
        return names[0]
    given = ", ".join(f"„{one}“" for one in names) or "keine"
    raise CadastreError(
        f"layer {wanted!r}",
        hint=f"Das GeoPackage hat die Ebenen {given}. Bitte eine nennen: beim Erraten mit --sheet, "
        'in der Zuordnung mit layer = "…".',
    )


def _system(base: sqlite3.Connection, number: object) -> int:
    row = base.execute(
        "SELECT organization, organization_coordsys_id FROM gpkg_spatial_ref_sys WHERE srs_id = ?",
        (number,),
    ).fetchone()
    return epsg_of("unbekannt" if row is None else f"{row[0]}:{row[1]}")


def _features(base: sqlite3.Connection, name: str, column: str) -> Iterator[Feature]:
    quoted = name.replace('"', '""')
    found = base.execute(f'SELECT * FROM "{quoted}" LIMIT {MOST_FEATURES + 1}')  # noqa: S608
    names = [str(one[0]) for one in found.description]
    at = names.index(column)
    for row in found:
        properties = cells_of(
            (one, value) for n, (one, value) in enumerate(zip(names, row, strict=True)) if n != at
        )
        shape, wrong = _shape(row[at])
        yield Feature(properties, shape, wrong)


def _shape(blob: object) -> tuple[Geometry | None, str]:
    """Return the shape of a GeoPackage's cell; None and why if it is none."""
    if blob is None:
        return None, ""
    if not isinstance(blob, bytes) or blob[:2] != b"GP" or len(blob) < 8:
        return None, "Die Geometrie ist nicht lesbar"
    flags = blob[3]
    kind = flags >> 1 & 7
    if flags & _EMPTY:
        return None, ""
    if kind >= len(_ENVELOPES):
        return None, "Die Geometrie ist nicht lesbar"
    try:
        with np.errstate(invalid="ignore"):  # no number: found later, and said
            return shapely.from_wkb(blob[8 + _ENVELOPES[kind] :]), ""
    except (shapely.errors.GEOSException, ValueError):
        return None, "Die Geometrie ist nicht lesbar"
