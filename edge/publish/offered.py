"""A Datasette that serves a folder of certified releases: a village's, or a county's merged ones.

Who serves says what is served, under which name and who publishes it; everything else, how the
plugins are set, what nobody may do and how much it may cost, is the same at both ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn
from datasette import handle_exception
from datasette.app import Datasette

from edge.publish.cube import Cube

# Two queries at once keep both of the cores that the collector leaves busy; each thread holds a
# connection and its cache for every database.
SQL_THREADS = 2
CACHE_KB = 2000
# A village's table has some 10,000 rows a building: 1,000 a page, everything as a CSV file.
MAX_ROWS = 1000
MAX_CSV_MB = 32
SQL_TIME_LIMIT_MS = 1000
# Nobody posts anything here; a small body is enough to be told so.
MAX_BODY_BYTES = 4096
# More readers at once than a village has terminals are answered 503 and may come again.
MAX_CONNECTIONS = 100
STOP_AFTER_S = 5
CATALOGUE = "datasette-dcat-ap-de"
DOWNLOADS = "datasette-downloads"
CHARTS = "datasette-charts-offline"

# datasette-deutsch's pages carry neither scripts nor styles in the page. Datasette's own, for who
# develops it (`/-/patterns`), do and look plain here.
_CSP = (
    "default-src 'self'; object-src 'none'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = [
    ("Content-Security-Policy", _CSP),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """What is served. ``auditor``: whose certificates count.

    Releases lie in ``folder``, what a process needs while it runs in ``run``, files to download in
    ``downloads``. ``catalogue`` is what the plugin datasette-dcat-ap-de is told, ``mapped`` what
    other plugins are, by name; ``charts`` are drawn over a table, by database and table.
    """

    title: str
    description: str
    cubes: tuple[Cube, ...]
    auditor: str
    folder: Path
    run: Path
    downloads: Path
    base_url: str
    catalogue: Mapping[str, object]
    mapped: Mapping[str, Mapping[str, object]]
    charts: Mapping[tuple[str, str], Mapping[str, str]] = field(default_factory=dict)


def make(offered: Offered, folder: Path | None = None) -> Datasette:
    """Return a Datasette that follows the folder, or ``folder``; it may be empty.

    Its catalogue, a temporary database, lies in ``offered.run``: what a killed process leaves
    there is removed by the next :func:`serve`.
    """
    with _temporary_files_in(offered.run):
        datasette = _datasette(offered, folder or offered.folder)
    # Where the library `rich` happens to be installed, Datasette prints every variable of every
    # frame for each page that does not exist: a second of a Pi's time and 400 lines of log.
    handle_exception.rich = None
    datasette.remove_database("_memory")  # made because no file was given
    return datasette


def serve(offered: Offered, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT. The process' working folder becomes the folder of releases.

    :raises SystemExit: 1 if the port cannot be listened on.
    """
    offered.folder.mkdir(parents=True, exist_ok=True)
    _remove_rests(offered.run)
    # relative paths: Datasette tells everybody the path of what it serves
    os.chdir(offered.folder)
    asyncio.run(_serve(offered, host, port))


async def _serve(offered: Offered, host: str, port: int) -> None:
    datasette = make(offered, Path())
    server = uvicorn.Server(
        uvicorn.Config(
            datasette.app(),
            host=host,
            port=port,
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            headers=HEADERS,
            limit_concurrency=MAX_CONNECTIONS,
            timeout_graceful_shutdown=STOP_AFTER_S,
        )
    )
    await server.serve()


def _datasette(offered: Offered, folder: Path) -> Datasette:
    cubes = offered.cubes
    return Datasette(
        [],
        metadata={
            "title": offered.title,
            "description": offered.description,
            **_licence(cubes[0]),
            "databases": {cube.name: _database(cube) for cube in cubes},
        },
        config={
            "plugins": {
                "datasette-snapshots": {"folder": str(folder), "language": "de"},
                "datasette-cell-guard": _guarded(offered),
                CHARTS: {"language": "de"},
                "datasette-deutsch": {"language": "de"},
                CATALOGUE: dict(offered.catalogue),
                # written when somebody asks, not with each release: the card wears
                DOWNLOADS: {"folder": str(offered.downloads), "language": "de"},
                **{name: dict(said) for name, said in offered.mapped.items()},
            },
            "databases": {cube.name: _database_config(cube, offered.charts) for cube in cubes},
        },
        settings={
            "base_url": offered.base_url,
            "num_sql_threads": SQL_THREADS,
            "cache_size_kb": CACHE_KB,
            "sql_time_limit_ms": SQL_TIME_LIMIT_MS,
            "max_returned_rows": MAX_ROWS,
            "max_csv_mb": MAX_CSV_MB,
            "max_post_body_bytes": MAX_BODY_BYTES,
            "suggest_facets": False,
            "default_allow_sql": False,
            "allow_signed_tokens": False,
        },
    )


@contextlib.contextmanager
def _temporary_files_in(folder: Path) -> Iterator[None]:
    """Let `tempfile` make its files in ``folder`` while the block runs."""
    folder.mkdir(parents=True, exist_ok=True)
    before, tempfile.tempdir = tempfile.tempdir, str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before


def _remove_rests(folder: Path) -> None:
    """Remove what killed processes left. The caller is the one Datasette of this folder."""
    for rest in folder.glob("datasette_temp_*"):
        with contextlib.suppress(OSError):
            rest.unlink()


def _guarded(offered: Offered) -> dict[str, object]:
    """Return what a snapshot's certificate must say, cube by cube."""
    demanded = {
        cube.name: {
            "cube": cube.name,
            "k": cube.disclosure.k,
            "p_percent": cube.disclosure.p_percent,
        }
        for cube in offered.cubes
    }
    return {"auditors": [offered.auditor], "databases": demanded}


def _database(cube: Cube) -> dict[str, object]:
    return {
        "title": cube.title,
        "description": cube.description,
        **_licence(cube),
        "tables": {
            table.name: {
                "title": table.title,
                "description": table.description,
                **_licence(cube),
                "columns": {column.name: column.title for column in table.columns},
            }
            for table in cube.tables
        },
    }


def _licence(cube: Cube) -> dict[str, str]:
    # Datasette 1.0 lets no table inherit them
    return {"license": cube.licence, "license_url": cube.licence_url, "source": cube.source}


def _database_config(
    cube: Cube, charts: Mapping[tuple[str, str], Mapping[str, str]]
) -> dict[str, object]:
    times = {"beginn", "tag"}  # a table with a time in its key shows the newest first
    tables: dict[str, dict[str, object]] = {}
    for table in cube.tables:
        units = {column.name: column.unit for column in table.columns if column.unit}
        plugins: dict[str, object] = {DOWNLOADS: {"units": units}} if units else {}
        if column := cube.catalogue.times.get(table.name):
            plugins[CATALOGUE] = {"time_column": column}
        if chart := charts.get((cube.name, table.name)):
            plugins[CHARTS] = {**chart, "unit": units[chart["y"]]}
        tables[table.name] = {"plugins": plugins}
        if newest := next((key for key in table.key if key in times), ""):
            tables[table.name]["sort_desc"] = newest
    listed = {
        "themes": list(cube.catalogue.themes),
        "keywords": list(cube.catalogue.keywords),
        "frequency": cube.catalogue.frequency,
    }
    return {"plugins": {CATALOGUE: listed}, "tables": tables}
