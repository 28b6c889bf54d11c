"""Blocks of two years, one of two parts, one without an outline; and streets."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

LANGUAGE = {"datasette-deutsch": {"language": "de"}}
SETTINGS: dict[str, Any] = {
    "database": "cadastre",
    "language": "de",
    "layers": {
        "blocks": {
            "title": "Wärmedichte",
            "table": "block",
            "key": "cell",
            "label": "name",
            "density": "mwh_ha",
            "unit": "MWh/(ha·a)",
            "limits": [100, 200, 400, 800],
            "buildings": "n",
            "period": "year",
            "shapes": {"table": "outline", "key": "cell", "geometry": "shape"},
        },
        "streets": {
            "title": "Liniendichte",
            "table": "street",
            "key": "cell",
            "density": "kwh_m",
            "unit": "kWh/(m·a)",
            "limits": [500, 1000],
        },
    },
}


def square(x: int, y: int) -> list[list[list[float]]]:
    a, b, step = 8.7 + x / 1000, 50.5 + y / 1000, 0.0009
    return [[[a, b], [a, b + step], [a + step, b + step], [a + step, b], [a, b]]]


@pytest.fixture(scope="session")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cadastre") / "cadastre.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(
            """
            CREATE TABLE block (cell TEXT, name TEXT, mwh_ha REAL, n INTEGER, year INTEGER);
            CREATE TABLE outline (cell TEXT, shape TEXT);
            CREATE TABLE street (cell TEXT, kwh_m REAL);
            INSERT INTO street VALUES ('Weg <1>', 700), ('Weg 2', NULL);
            """
        )
        for year, factor in ((2025, 1.0), (2026, 0.5)):
            connection.executemany(
                "INSERT INTO block VALUES (?, ?, ?, ?, ?)",
                [
                    (f"b{n}", f"Block {n}", value and value * factor, n + 5, year)
                    for n, value in enumerate((90.0, 190.0, 390.0, 790.0, 1600.5, None, 50.0))
                ],
            )
        for n in range(6):
            shape = {"type": "Polygon", "coordinates": square(n % 3, n // 3)}
            connection.execute("INSERT INTO outline VALUES (?, ?)", (f"b{n}", json.dumps(shape)))
        part = {"type": "Polygon", "coordinates": square(3, 0)}
        connection.execute("INSERT INTO outline VALUES ('b0', ?)", (json.dumps(part),))
        connection.execute("INSERT INTO outline VALUES ('b1', 'no geometry')")
    return path
