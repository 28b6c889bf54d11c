"""Buildings, what their meters said hour by hour, and weather stations with a place."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from datasette.app import Datasette

from tests.datasette_plugins.instance import ask, make

ROOT = "/-/ngsi-ld/v1"
HOURS = 48
SETTINGS: dict[str, Any] = {
    "database": "heat",
    "page_size": 5,
    "max_page_size": 200,
    "terms": {"complete": "https://example.org/terms/complete"},
    "entities": {
        "building": {
            "type": "Building",
            "table": "site",
            "id": "site",
            "attributes": {
                "name": "{name}",
                "category": {"value": ["public", "civic"]},
                "floorsAboveGround": {"value": "{floors}"},
                "address": {"form": "json", "value": "{address}"},
            },
        },
        "heat": {
            "type": "DeviceMeasurement",
            "prefix": "urn:ngsi-ld:DeviceMeasurement:heat:",
            "table": "site",
            "id": "site",
            "attributes": {
                "controlledProperty": "energy",
                "controlledAsset": {"relationship": "urn:ngsi-ld:Building:{site}"},
                "numValue": {
                    "table": "hour",
                    "entity": "site",
                    "time": "t",
                    "period": "PT1H",
                    "column": "kwh",
                    "unit": "KWH",
                    "properties": {"complete": {"value": "{complete}", "form": "boolean"}},
                },
            },
        },
        "station": {
            "type": "WeatherObserved",
            "table": "station",
            "id": "id",
            "where": {"shown": 1},
            "attributes": {
                "location": {"longitude": "lon", "latitude": "lat"},
                "temperature": {
                    "table": "weather",
                    "entity": "station",
                    "time": "t",
                    "format": "unix",
                    "column": "value",
                    "where": {"quantity": "t"},
                    "unit": "CEL",
                },
            },
        },
    },
}
SITES = [
    ("rathaus", "Rathaus", 3, '{"addressLocality": "Dorf"}'),
    ("schule:alt/1", "Alte Schule", 2, None),
    ("turnhalle", "Turnhalle", None, '"\\ud800 1e999"'),
]
FIRST = 1_796_000_000  # 2026-11-30T00:53:20Z


@pytest.fixture(scope="session")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ngsi") / "heat.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(
            """
            CREATE TABLE site (site TEXT PRIMARY KEY, name TEXT, floors INTEGER, address TEXT);
            CREATE TABLE hour (
              site TEXT, t TEXT, kwh REAL, complete INTEGER, PRIMARY KEY (site, t)
            );
            CREATE TABLE station (id INTEGER PRIMARY KEY, lon REAL, lat REAL, shown INTEGER);
            CREATE TABLE weather (
              station INTEGER, quantity TEXT, t INTEGER, value REAL,
              PRIMARY KEY (station, quantity, t)
            );
            """
        )
        connection.executemany("INSERT INTO site VALUES (?, ?, ?, ?)", SITES)
        hours = [
            (site, f"2026-11-{1 + n // 24:02d}T{n % 24:02d}:00:00Z", n + 0.5, int(n != 3))
            for site in ("rathaus", "schule:alt/1")
            for n in range(HOURS)
        ]
        connection.executemany("INSERT INTO hour VALUES (?, ?, ?, ?)", hours)
        stations = [(n, 8.0 + n / 100, 50.5, int(n != 7)) for n in range(1, 31)]
        connection.executemany("INSERT INTO station VALUES (?, ?, ?, ?)", stations)
        values = [
            (n, "t", FIRST + 3600 * k, n - k / 10) for n in range(1, 31) for k in range(20)
        ] + [(1, "rh", FIRST, 99.0)]
        connection.executemany("INSERT INTO weather VALUES (?, ?, ?, ?)", values)
    return path


Get = Callable[..., Any]


@pytest.fixture
def get(file: Path) -> Get:
    """Ask one instance for paths below the root, one after the other."""

    def answers(*paths: str, method: str = "GET", settings: Any = None, **headers: str) -> Any:
        found: list[Any] = []

        async def questions(datasette: Datasette) -> None:
            for path in paths:
                where = path if path.startswith("/") else f"{ROOT}/{path}"
                found.append(await datasette.client.request(method, where, headers=headers))

        ask(make([file], {}, {"datasette-ngsi-ld": settings or SETTINGS}), questions)
        return found[0] if len(found) == 1 else found

    return answers
