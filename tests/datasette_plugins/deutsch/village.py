"""A Datasette of a made-up village that has a page of every kind, and these pages' addresses."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

from datasette import handle_exception
from datasette.app import Datasette

SCHEMA = """
CREATE TABLE haus (kennung TEXT PRIMARY KEY, bezeichnung TEXT NOT NULL, baujahr INTEGER);
CREATE TABLE messung (
    haus TEXT NOT NULL REFERENCES haus(kennung), tag TEXT NOT NULL, beginn TEXT,
    energie REAL, ablesungen INTEGER, PRIMARY KEY (haus, tag));
CREATE TABLE bild (nummer INTEGER PRIMARY KEY, datei BLOB, schilder TEXT);
CREATE TABLE leer (kennung TEXT PRIMARY KEY, wert REAL);
CREATE VIEW winter AS SELECT haus, tag, energie FROM messung WHERE tag < '2026-03-01';
CREATE VIRTUAL TABLE haus_fts USING fts5(bezeichnung, content='haus');
"""
DAYS = 15  # of two houses: a page and a half
METADATA = {
    "title": "Offene Daten aus Musterdorf",
    "description": "Was das Dorf gemeinsam misst.",
    "license": "Datenlizenz Zero",
    "license_url": "https://www.govdata.de/dl-de/zero-2-0",
    "source": "Gemeinde",
    "databases": {
        "dorf": {
            "title": "Gebäude",
            "description": "Wärme in Gebäuden.",
            "tables": {
                "messung": {
                    "title": "Wärme am Tag",
                    "description": "Je Haus und Tag.",
                    "license": "Datenlizenz Zero",
                    "columns": {"energie": "Energie in kWh", "ablesungen": "Ablesungen"},
                }
            },
        }
    },
}
QUERIES = {
    "jahr": {"sql": "select * from haus where baujahr > :baujahr", "title": "Neue Häuser"},
    "alle": {"sql": "select energie, tag from messung limit 3", "title": "Drei", "hide_sql": True},
}
# Every kind of page the public may see, and what makes each say more.
PAGES = {
    "index": "/",
    "database": "/dorf",
    "table": "/dorf/messung",
    "filtered": "/dorf/messung?haus=halle&energie__gt=3&_sort_desc=tag&_nocol=ablesungen",
    "facets": "/dorf/messung?_facet=haus&_facet=tag&_facet_date=tag&_facet_size=3",
    "facet-chosen": "/dorf/messung?_facet=haus&haus__exact=halle",
    "facet-list": "/dorf/bild?_facet_array=schilder",
    "empty": "/dorf/leer",
    "nothing": "/dorf/messung?energie__lt=-5",
    "search": "/dorf/haus?_search=Halle&_sort=baujahr",
    "blob": "/dorf/bild",
    "view": "/dorf/winter",
    "row": "/dorf/messung/halle,2026-01-01",
    "row-linked": "/dorf/haus/halle",
    "row-blob": "/dorf/bild/1",
    "query": "/dorf/jahr?baujahr=1950",
    "query-hidden": "/dorf/alle",
    "queries": "/dorf/-/queries",
    "all-queries": "/-/queries",
    "schema": "/dorf/-/schema",
    "table-schema": "/dorf/messung/-/schema",
    "all-schemas": "/-/schema",
    "no-page": "/dorf/messung/-/gibtsnicht",
    "no-database": "/gibtsnicht",
    "no-table": "/dorf/gibtsnicht",
    "no-row": "/dorf/haus/gibtsnicht",
    "bad": "/dorf/messung?_sort=gibtsnicht",
    "bad-size": "/dorf/messung?_size=-1",
    "forbidden": "/dorf/-/query?sql=select+1",
}
# With a Datasette that lets everybody ask in SQL.
SQL_PAGES = {
    "sql-database": "/dorf",
    "sql": "/dorf/-/query?sql=select+*+from+haus+where+baujahr+%3E+:jahr&jahr=1900",
    "sql-wrong": "/dorf/-/query?sql=select+*+from+gibtsnicht",
    "sql-table": "/dorf/messung?_where=energie%3E3",
    "sql-nothing": "/dorf/-/query?sql=select+1+as+eins+where+0",
    "sql-blob": "/dorf/-/query?sql=select+datei+from+bild",
}
# One of each kind; all the others wait for the soak.
QUICK = (
    "index", "database", "table", "filtered", "facets", "empty", "row", "query", "queries",
    "schema", "no-table", "bad", "sql", "sql-wrong",
)  # fmt: skip
STATUS = {
    "no-page": 404,
    "no-database": 404,
    "no-table": 404,
    "no-row": 404,
    "bad": 400,
    "bad-size": 400,
    "forbidden": 403,
}


def make_village(folder: Path) -> Path:
    path = folder / "dorf.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(SCHEMA)
        connection.executemany(
            "INSERT INTO haus VALUES (?, ?, ?)",
            [("halle", "Halle", 1974), ("schule", "Schule", 1911)],
        )
        connection.execute("INSERT INTO haus_fts (rowid, bezeichnung) VALUES (1, 'Halle')")
        days = connection.execute(
            "WITH RECURSIVE d(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM d WHERE n < ?)"
            " SELECT date('2026-01-01', n || ' days') FROM d",
            (DAYS - 1,),
        ).fetchall()
        for house in ("halle", "schule"):
            connection.executemany(
                "INSERT INTO messung VALUES (?, ?, ?, ?, ?)",
                [
                    (
                        house,
                        day,
                        f"{day}T05:00:00+00:00",
                        None if n % 9 == 8 else 1234.5 - n * 8,
                        24,
                    )
                    for n, (day,) in enumerate(days)
                ],
            )
        connection.execute("INSERT INTO bild VALUES (1, x'0102030405', '[\"gelb\", \"rot\"]')")
    return path


def settings(*, sql: bool = False, base_url: str = "/", **plugin: object) -> dict[str, object]:
    return {
        "metadata": METADATA,
        "config": {
            "plugins": {"datasette-deutsch": plugin},
            "databases": {"dorf": {"queries": QUERIES}},
        },
        "settings": {
            "base_url": base_url,
            "num_sql_threads": 1,
            "default_page_size": 20,
            "default_allow_sql": sql,
            "suggest_facets": False,
        },
    }


@asynccontextmanager
async def village(
    path: Path, *, sql: bool = False, base_url: str = "/", **plugin: object
) -> AsyncIterator[Datasette]:
    handle_exception.rich = None  # where it is installed, it prints pages of variables for a 404
    datasette = Datasette(
        [], immutables=[str(path)], **settings(sql=sql, base_url=base_url, **plugin)
    )
    try:
        await datasette.invoke_startup()
        yield datasette
    finally:
        await datasette.invoke_shutdown()
