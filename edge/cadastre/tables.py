"""The cadastre as tables: rows, and what each column is, for whoever writes them somewhere.

A block or a section is named as in the cadastre, so that outlines can be put beside its row.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from edge.cadastre.places import place_sums
from edge.heat.errors import CadastreError
from edge.publish.cube import cube_named
from edge.publish.release import current
from edge.store.village import VillageStore
from edge.store.village_heat_runs import EstimateRow

Cell = str | int | float | None
Kind = Literal["text", "number", "integer"]

ANNEX_1 = "WPG § 15 und Anlage 1"
ANNEX_2 = "WPG § 23 und Anlage 2"
OWN = "eigene Angabe des Katasters"


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column: name in files, what people call it, unit, meaning, and which law asks for it."""

    name: str
    kind: Kind
    german: str
    unit: str
    meaning: str
    law: str


@dataclass(frozen=True, slots=True)
class DataTable:
    """A table. ``key`` are the columns that make a row one."""

    name: str
    title: str
    description: str
    columns: Sequence[TableColumn]
    key: Sequence[str]
    rows: Sequence[tuple[Cell, ...]]


def internal_tables(village: VillageStore) -> list[DataTable]:
    """Return buildings, blocks and sections as village.db holds them: nothing of a household's."""
    estimates = village.heat_estimates()
    buildings = [
        (
            *(one.number, one.address, one.municipality, one.block, one.section, one.network),
            *(one.type, one.age, one.amount("year_built"), one.amount("area")),
            *(one.word("area_kind"), one.amount("units"), one.word("refurbishment")),
            *(one.word("heating"), one.word("carrier")),
            *_estimate(estimates.get(one.number)),
        )
        for one in village.cadastre()
    ]
    found = [
        DataTable(
            "gebaeude",
            "Gebäude",
            "Eine Zeile je Gebäude. Heizung und Verbrauch einzelner Haushalte sind nicht darin. "
            "Nur für die Wärmeplanung der Gemeinde, nicht zur Veröffentlichung.",
            _BUILDING,
            ("gebaeude",),
            buildings,
        )
    ]
    for kind, name, title, columns in (
        ("block", "bloecke", "Baublöcke", _BLOCK),
        ("section", "abschnitte", "Straßenabschnitte", _SECTION),
    ):
        rows = [
            (one.name, one.buildings, one.kwh, one.low, one.high, one.density)
            for one in place_sums(village, "block" if kind == "block" else "section")
            if one.kwh is not None
        ]
        found.append(
            DataTable(
                name,
                title,
                "Eine Zeile je Summe von mindestens fünf Gebäuden. Nur für die Wärmeplanung der "
                "Gemeinde: Veröffentlichtes hat weitere Regeln.",
                columns,
                (columns[0].name,),
                rows,
            )
        )
    return found


def public_tables(folder: Path) -> list[DataTable]:
    """Return the tables of the release that is published in ``folder``.

    :raises CadastreError: if none is, or it cannot be read.
    """
    cube = cube_named("waermekataster")
    release = current(folder, cube.name)
    if release is None:
        raise CadastreError(
            "nothing is published", hint="Zuerst veröffentlichen: dorfhub publish heat"
        )
    uri = f"file:{quote(str(release.path))}?immutable=1"
    try:
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            present = {
                name for (name,) in connection.execute("SELECT name FROM sqlite_master")
            }  # a release of an earlier version has fewer tables
            return [
                DataTable(
                    table.name.strip("_"),
                    table.title,
                    table.description,
                    [
                        TableColumn(
                            column.name,
                            _KINDS[column.type],
                            column.title.partition(";")[0].removesuffix(" (WPG Anlage 2)"),
                            column.unit,
                            column.title,
                            ANNEX_2 if table.name in _ANNEX_2 else OWN,
                        )
                        for column in table.columns
                    ],
                    table.key,
                    connection.execute(
                        f'SELECT * FROM "{table.name}" ORDER BY '  # noqa: S608 - declared names
                        + ", ".join(f'"{name}"' for name in table.key)
                    ).fetchall(),
                )
                for table in cube.tables
                if table.name in present
            ]
    except sqlite3.DatabaseError as error:
        raise CadastreError(
            f"{release.path.name} cannot be read: {error}",
            hint="Noch einmal veröffentlichen: dorfhub publish heat",
        ) from error


def _estimate(one: EstimateRow | None) -> tuple[Cell, ...]:
    return (None,) * 4 if one is None else (one.kwh, one.low, one.high, _BASIS[one.basis])


_ANNEX_2 = {"block", "traeger", "erzeuger", "abschnitt"}
_KINDS: Mapping[str, Kind] = {"TEXT": "text", "REAL": "number", "INTEGER": "integer"}
_BASIS = {"measured": "gemessen", "group": "Gruppe", "typology": "Typologie"}
_BUILDING = (
    TableColumn("gebaeude", "integer", "Gebäude", "", "Nummer im Kataster des Hubs", OWN),
    TableColumn("adresse", "text", "Adresse", "", "Straße und Hausnummer", ANNEX_1),
    TableColumn("gemeinde", "text", "Gemeinde", "", "Name der Gemeinde", ANNEX_1),
    TableColumn("block", "text", "Baublock", "", "Name des Baublocks", ANNEX_2),
    TableColumn("abschnitt", "text", "Straßenabschnitt", "", "Name des Abschnitts", ANNEX_2),
    TableColumn("netz", "text", "Wärmenetz", "", "Netz, an dem es hängt", ANNEX_1),
    TableColumn("typ", "text", "Gebäudetyp", "", "EFH, RH, MFH, GMH oder NWG", ANNEX_1),
    TableColumn("altersklasse", "text", "Baualtersklasse", "", "A (bis 1859) bis L", ANNEX_1),
    TableColumn("baujahr", "number", "Baujahr", "", "Jahr der Fertigstellung", ANNEX_1),
    TableColumn("flaeche_m2", "number", "Fläche", "m²", "Fläche der genannten Art", ANNEX_1),
    TableColumn(
        "flaechenart", "text", "Flächenart", "", "living (Wohnfläche), useful, net, gross, "
        "footprint", ANNEX_1
    ),
    TableColumn("wohnungen", "number", "Wohnungen", "", "Zahl der Wohnungen", ANNEX_1),
    TableColumn("sanierung", "text", "Sanierungsstand", "", "none, part oder full", OWN),
    TableColumn(
        "heizung", "text", "Heizung", "", "Art des Erzeugers; leer bei ein und zwei Wohnungen",
        ANNEX_1
    ),
    TableColumn(
        "traeger", "text", "Energieträger", "", "leer bei ein und zwei Wohnungen", ANNEX_1
    ),
    TableColumn(
        "waerme_kwh", "number", "Wärme im Jahr", "kWh/a", "geschätzt für ein Jahr mit normalem "
        "Wetter", ANNEX_1
    ),
    TableColumn("unten_kwh", "number", "unteres Ende", "kWh/a", "des Bandes von 80 %", OWN),
    TableColumn("oben_kwh", "number", "oberes Ende", "kWh/a", "des Bandes von 80 %", OWN),
    TableColumn("grundlage", "text", "Grundlage", "", "gemessen, Gruppe oder Typologie", OWN),
)  # fmt: skip
_SUM = (
    TableColumn("gebaeude", "integer", "Gebäude", "", "Zahl der Gebäude der Summe", OWN),
    TableColumn("waerme_kwh", "number", "Wärme im Jahr", "kWh/a", "in normalem Wetter", ANNEX_2),
    TableColumn("unten_kwh", "number", "unteres Ende", "kWh/a", "des Bandes von 80 %", OWN),
    TableColumn("oben_kwh", "number", "oberes Ende", "kWh/a", "des Bandes von 80 %", OWN),
)
_BLOCK = (
    TableColumn("block", "text", "Baublock", "", "Name des Baublocks", ANNEX_2),
    *_SUM,
    TableColumn(
        "dichte_mwh_ha", "number", "Wärmedichte", "MWh/(ha a)", "leer ohne Fläche", ANNEX_2
    ),
)
_SECTION = (
    TableColumn("abschnitt", "text", "Straßenabschnitt", "", "Name des Abschnitts", ANNEX_2),
    *_SUM,
    TableColumn(
        "dichte_kwh_m", "number", "Wärmeliniendichte", "kWh/(m a)", "leer ohne Länge", ANNEX_2
    ),
)
