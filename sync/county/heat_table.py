"""The merged cadastre for other programs and for people: a table, CSV, JSON, GeoJSON, Parquet."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from edge.cadastre.table_files import csv_of
from edge.heat.german import de
from sync.county.heat_merged import Merged, Row

Cell = str | int | float | None
COUNTY = "Landkreis"
VILLAGE = "Dorf"
MUNICIPALITY = "Gemeinde"
# name, type, what it is
COLUMNS: tuple[tuple[str, pa.DataType, str], ...] = (
    ("ebene", pa.string(), "Dorf, Gemeinde oder Landkreis"),
    ("name", pa.string(), "Name"),
    ("schluessel", pa.string(), "amtlicher Schlüssel der Gemeinde oder des Landkreises"),
    ("gemeinde", pa.string(), "Gemeinde des Dorfes"),
    ("hub", pa.string(), "Kennung des Hubs"),
    ("doerfer", pa.int64(), "Dörfer, deren Ausgabe enthalten ist"),
    ("ausgabe", pa.int64(), "Nummer der Ausgabe"),
    ("jahr", pa.int64(), "Jahr der Ausgabe"),
    ("bereiche", pa.int64(), "Bereiche aus Baublöcken, jeder von mindestens fünf Gebäuden"),
    ("gebaeude", pa.int64(), "Gebäude, auf denen die Summe ruht"),
    ("waerme_mwh", pa.int64(), "Wärme im Jahr bei normalem Wetter, MWh"),
    ("unten_mwh", pa.float64(), "unteres Ende des 80-%-Bandes, MWh"),
    ("oben_mwh", pa.float64(), "oberes Ende des 80-%-Bandes, MWh"),
    ("waermedichte_mwh_ha", pa.float64(), "Wärmedichte der Bereiche mit bekannter Fläche"),
    ("liniendichte_mwh_m", pa.float64(), "Wärme je Meter der Abschnitte mit bekannter Länge"),
    ("traeger_prozent", pa.string(), "Anteile der Energieträger, JSON"),
    ("erzeuger", pa.string(), "Zahl der Wärmeerzeuger nach Art, JSON"),
    ("hinweis", pa.string(), "was fehlt oder alt ist"),
)


def rows_of(merged: Merged) -> list[tuple[Cell, ...]]:
    """Return all rows: villages, municipalities, the county."""
    return [
        *(_cells(VILLAGE, row) for row in merged.villages),
        *(_cells(MUNICIPALITY, row) for row in merged.municipalities),
        _cells(COUNTY, merged.whole),
    ]


def as_csv(merged: Merged) -> str:
    """Return CSV as spreadsheets in Germany read it; no name becomes a formula."""
    return csv_of([name for name, _, _ in COLUMNS], rows_of(merged))


def as_json(merged: Merged) -> str:
    """Return one object: `rows`, and who is `missing` and `old`."""
    return json.dumps(
        {
            "rows": [_object(row) for row in rows_of(merged)],
            "missing": list(merged.missing),
            "old": list(merged.old),
        },
        ensure_ascii=False,
        indent=2,
    )


def as_geojson(merged: Merged) -> str:
    """Return a feature for each municipality, without a geometry: its key joins it to a map.

    Source: RFC 7946, 3.2: the geometry of an unlocated feature is null.
    """
    features = [
        {
            "type": "Feature",
            "id": row.key,
            "geometry": None,
            "properties": _object(_cells(MUNICIPALITY, row)),
        }
        for row in merged.municipalities
        if row.key
    ]
    made = {"type": "FeatureCollection", "features": features}
    return json.dumps(made, ensure_ascii=False, indent=2)


def as_parquet(merged: Merged) -> bytes:
    """Return a Parquet file; its columns carry their meaning."""
    schema = pa.schema(
        [pa.field(name, kind, metadata={"description": text}) for name, kind, text in COLUMNS]
    )
    columns = zip(*rows_of(merged), strict=True)
    arrays = [pa.array(cells, field.type) for cells, field in zip(columns, schema, strict=True)]
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(arrays, schema=schema), sink)
    made: bytes = sink.getvalue().to_pybytes()
    return made


def as_table(merged: Merged) -> str:
    """Return what people read at a terminal."""
    lines = [_line("", "Gebäude", "MWh/Jahr", "80-%-Band", "Hinweis")]
    lines += ["", "Gemeinden"]
    lines += [_spoken(row) for row in merged.municipalities]
    if merged.villages:
        lines += ["", "Dörfer"]
        lines += [_spoken(row) for row in merged.villages]
    lines += ["", _spoken(merged.whole)]
    carriers = carriers_of(merged.whole)
    if carriers:
        lines += ["", f"Energieträger: {carriers}"]
    generators = generators_of(merged.whole)
    if generators:
        lines += ["", f"Wärmeerzeuger: {generators}"]
    if merged.missing:
        lines += ["", f"Noch ohne Ausgabe: {', '.join(merged.missing)}"]
    if merged.old:
        lines += [f"Alt: {', '.join(merged.old)}"]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def carriers_of(row: Row) -> str:
    """Return the shares of carriers in words, such as `Erdgas 61 %, Heizöl 39 %`."""
    return ", ".join(f"{name} {de(percent)} %" for name, percent in row.sum.shares())


def generators_of(row: Row) -> str:
    """Return how many generators of each kind there are, such as `Heizkessel 41, Wärmepumpe 9`."""
    return ", ".join(f"{name} {de(count)}" for name, count in row.sum.generators.items())


def band_of(row: Row) -> str:
    """Return the ends of a row's band, "-" if it has none."""
    if row.sum.low is None or row.sum.high is None:
        return "-"
    return f"{de(row.sum.low)} bis {de(row.sum.high)}"


def _spoken(row: Row) -> str:
    if not row.sum.areas:
        return _line(row.name, "-", "-", "-", row.note)
    return _line(row.name, de(row.sum.buildings), de(row.sum.mwh), band_of(row), row.note)


def _line(name: str, buildings: str, mwh: str, band: str, note: str) -> str:
    return f"{name[:24]:<24} {buildings:>8} {mwh:>10} {band:>22}  {note}"


def _cells(level: str, row: Row) -> tuple[Cell, ...]:
    has = bool(row.sum.areas)
    shares = {name: round(percent, 1) for name, percent in row.sum.shares()}
    return (
        *(level, row.name, row.key, row.municipality, row.hub),
        *(row.villages if level != VILLAGE else int(has), row.release, row.year),
        *((row.sum.areas, row.sum.buildings, row.sum.mwh) if has else (None, None, None)),
        *(_rounded(row.sum.low, 1), _rounded(row.sum.high, 1)),
        *(_rounded(row.sum.mwh_per_ha, 1), _rounded(row.sum.mwh_per_m, 3)),
        json.dumps(shares, ensure_ascii=False) if shares else None,
        json.dumps(dict(row.sum.generators), ensure_ascii=False) if row.sum.generators else None,
        row.note,
    )


def _object(cells: Sequence[Cell]) -> dict[str, object]:
    made: dict[str, object] = dict(zip((name for name, _, _ in COLUMNS), cells, strict=True))
    for name in ("traeger_prozent", "erzeuger"):
        text = made[name]
        made[name] = json.loads(text) if isinstance(text, str) else {}
    return made


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
