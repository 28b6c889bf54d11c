"""Blocks and sections with their sums and outlines, as GeoJSON or GeoPackage, and what is in them.

Only places with a sum are in it, and a sum is of five buildings and more. That is for those who
plan; a release to the public has the checks of `edge.publish` besides.

Names of columns: German, small ASCII letters, words joined by `_`, the unit last.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from edge.cadastre.geometry import LONLAT, PLANE, Geometry, between, shapely
from edge.cadastre.places import place_sums
from edge.heat.errors import CadastreError
from edge.heat.said import METHOD_WORDS
from edge.store.village import VillageStore
from edge.store.village_heat_outlines import Placed

Format = Literal["geojson", "gpkg"]
Cell = str | int | float | None
DICTIONARY = "datensatz.json"
SYSTEMS = (LONLAT, PLANE)
_MILLIMETRES = {LONLAT: 9, PLANE: 3}  # digits behind the point; what is kept has centimetres


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, its type in SQL, its unit, and what it says, in German."""

    name: str
    type: Literal["TEXT", "INTEGER", "REAL"]
    unit: str
    title: str


_ABOUT = (
    Column("gebaeude", "INTEGER", "", "Zahl der Gebäude, von denen die Summe ist; mindestens 5"),
    Column("waerme_mwh", "REAL", "MWh/a", "Wärme im Jahr bei normalem Wetter, geschätzt"),
    Column("waerme_von_mwh", "REAL", "MWh/a", "Unteres Ende des Bandes von 80 %"),
    Column("waerme_bis_mwh", "REAL", "MWh/a", "Oberes Ende des Bandes von 80 %"),
)
_SIZE = (
    Column("groesse_quelle", "TEXT", "", "Woher Fläche oder Länge ist"),
    Column("groesse_methode", "TEXT", "", "Wie Fläche oder Länge bekannt ist"),
    Column("geschaetzt_am", "TEXT", "", "Tag der Schätzung (ISO 8601, Weltzeit)"),
)
LAYERS: dict[Placed, tuple[str, str, tuple[Column, ...]]] = {
    "block": (
        "bloecke",
        "Baublöcke mit ihrer Wärmedichte (WPG Anlage 2)",
        (
            Column("block", "TEXT", "", "Name des Baublocks"),
            *_ABOUT,
            Column("flaeche_ha", "REAL", "ha", "Fläche; leer, wenn sie nicht bekannt ist"),
            Column("waermedichte_mwh_ha", "REAL", "MWh/(ha a)", "Wärmeverbrauchsdichte"),
            *_SIZE,
        ),
    ),
    "section": (
        "abschnitte",
        "Straßenabschnitte mit ihrer Wärmeliniendichte (WPG Anlage 2)",
        (
            Column("abschnitt", "TEXT", "", "Name des Straßenabschnitts"),
            *_ABOUT,
            Column("laenge_m", "REAL", "m", "Länge; leer, wenn sie nicht bekannt ist"),
            Column("waermeliniendichte_kwh_m", "REAL", "kWh/(m a)", "Wärmeliniendichte"),
            *_SIZE,
        ),
    ),
}
_FIELDS: dict[Placed, str] = {"block": "hectares", "section": "length"}


@dataclass(frozen=True, slots=True)
class Exported:
    """One layer: rows in the order of its columns, and their outlines, None where not known.

    ``left_out`` counts the places that have no sum.
    """

    kind: Placed
    rows: list[tuple[Cell, ...]]
    outlines: list[Geometry | None]
    left_out: int

    @property
    def name(self) -> str:
        """Of the layer."""
        return LAYERS[self.kind][0]

    @property
    def columns(self) -> tuple[Column, ...]:
        """Of the layer."""
        return LAYERS[self.kind][2]


def layer(village: VillageStore, kind: Placed, epsg: int) -> Exported:
    """Return what may be shown of the blocks, or the sections, outlines in a system.

    :raises StoreError: if the store cannot be read.
    """
    places = {one.name: one for one in village.heat_places(kind)}
    outlines = village.place_outlines(kind)
    turn = between(LONLAT, epsg)
    run = village.last_heat_run()
    day = "" if run is None else datetime.fromtimestamp(run.at / 1000, UTC).date().isoformat()
    rows: list[tuple[Cell, ...]] = []
    shapes: list[Geometry | None] = []
    left_out = 0
    for one in place_sums(village, kind):
        if one.kwh is None or one.low is None or one.high is None:
            left_out += 1
            continue
        place = places[one.name]
        size = place.facts.get(_FIELDS[kind])
        rows.append(
            (
                *(one.name, one.buildings),
                *(round(amount / 1000, 3) for amount in (one.kwh, one.low, one.high)),
                None if size is None else round(size.number, 4),
                None if one.density is None else round(one.density, 2),
                None if size is None else size.source,
                None if size is None else METHOD_WORDS[size.method],
                day,
            )
        )
        outline = outlines.get(place.place)
        shapes.append(None if outline is None else turn(shapely.from_geojson(outline)))
    return Exported(kind, rows, shapes, left_out)


def export(village: VillageStore, folder: Path, form: Format, epsg: int) -> list[Path]:
    """Write blocks, sections and the description of both into a folder, made if it is absent.

    :raises CadastreError: if there is nothing to write, or the folder cannot be written.
    :raises StoreError: if the store cannot be read.
    """
    layers = [layer(village, kind, epsg) for kind in LAYERS]
    if not any(one.rows for one in layers):
        raise CadastreError(
            "nothing to export",
            hint="Es gibt noch keine Summe von fünf Gebäuden und mehr. Zuerst: dorfhub heat import "
            "und dorfhub heat estimate",
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if form == "gpkg":
            from edge.cadastre.geo_package import write  # noqa: PLC0415  # few ask for it

            done = [write(folder / "waermekataster.gpkg", layers, epsg)]
        else:
            done = [write_geojson(folder / f"{one.name}.geojson", one, epsg) for one in layers]
        return [*done, write_dictionary(folder / DICTIONARY, layers, form, epsg)]
    except OSError as error:
        raise CadastreError(
            str(error), hint=f"In {folder} ist nicht zu schreiben: {error.strerror}."
        ) from None


def write_geojson(path: Path, given: Exported, epsg: int) -> Path:
    """Write a layer as GeoJSON; without `crs` in EPSG:4326, as RFC 7946 has it."""
    names = [one.name for one in given.columns]
    whole: dict[str, object] = {"type": "FeatureCollection", "name": given.name}
    if epsg != LONLAT:
        name = f"urn:ogc:def:crs:EPSG::{epsg}"
        whole["crs"] = {"type": "name", "properties": {"name": name}}
    whole["features"] = [
        {
            "type": "Feature",
            "properties": dict(zip(names, row, strict=True)),
            "geometry": None if shape is None else _geometry(shape, epsg),
        }
        for row, shape in zip(given.rows, given.outlines, strict=True)
    ]
    return put(path, json.dumps(whole, ensure_ascii=False, separators=(",", ":")))


def write_dictionary(path: Path, layers: Sequence[Exported], form: Format, epsg: int) -> Path:
    """Write what is in the files: every column with its unit and what it says."""
    whole = {
        "titel": "Wärmekataster",
        "hinweis": "Für die Planung. Summen von mindestens fünf Gebäuden; Orte mit weniger fehlen. "
        "Wer Stände von verschiedenen Tagen vergleicht, kann einzelne Gebäude erkennen: zur "
        "Veröffentlichung nur, was dorfhub publish freigibt.",
        "koordinaten": f"EPSG:{epsg}",
        "format": form,
        "spaltennamen": "Deutsch, kleine Buchstaben ohne Umlaute, Wörter mit _ verbunden, am Ende "
        "die Einheit",
        "ebenen": [
            {
                "name": one.name,
                "titel": LAYERS[one.kind][1],
                "zeilen": len(one.rows),
                "ohne_summe_nicht_enthalten": one.left_out,
                "spalten": [
                    {"name": each.name, "typ": each.type, "einheit": each.unit, "titel": each.title}
                    for each in one.columns
                ],
            }
            for one in layers
        ],
    }
    return put(path, json.dumps(whole, ensure_ascii=False, indent=2) + "\n")


def put(path: Path, text: str) -> Path:
    """Write a file whole or not at all, and return it."""
    part = path.with_name(f".{path.name}.part")
    with part.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    return path


def _geometry(shape: Geometry, epsg: int) -> object:
    grid = shapely.transform(shape, lambda at: at.round(_MILLIMETRES[epsg]))
    return json.loads(shapely.to_geojson(grid))
