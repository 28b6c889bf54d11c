"""Datasette as a process of the hub: it serves what is published and can reach nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
import tomllib
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import uvicorn
from datasette import handle_exception
from datasette.app import Datasette

from edge.config import Config
from edge.publish.audit import AUDITOR
from edge.publish.cube import Cube, all_cubes

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
# Over the table itself; every other chart is chosen on its own page. Units are the cube's.
_CHARTS: dict[tuple[str, str], dict[str, str]] = {
    ("kommunale-waerme", name): {
        "x": x,
        "y": "energie_kwh",
        "series": "site_name",
        "title": title,
    }
    for name, x, title in (
        ("waerme_tag", "tag", "Wärmemenge am Tag"),
        ("waerme_stunde", "beginn", "Wärmemenge in der Stunde"),
    )
}
_CHARTS["umwelt", "luft_stunde"] = {
    "x": "beginn",
    "y": "temperatur_degc",
    "series": "fuehler_name",
    "title": "Temperatur der Luft",
}
_CHARTS["hubzustand", "hub_tag"] = {
    "x": "tag",
    "y": "lebenszeichen_prozent",
    "title": "Lebenszeichen des Hubs am Tag",
}
_AIR = "sensorthings_umwelt.toml"
HEADERS = [
    ("Content-Security-Policy", _CSP),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
]


def create_datasette(config: Config, folder: Path | None = None) -> Datasette:
    """Return a Datasette that follows the hub's public folder, or ``folder``; it may be empty.

    Its catalogue, a temporary database, lies in the hub's folder ``open-data/run``: what a killed
    process leaves there is removed by the next :func:`run_datasette`.
    """
    with _temporary_files_in(config.hub.open_data_run):
        datasette = _datasette(config, folder or config.hub.public)
    # Where the library `rich` happens to be installed, Datasette prints every variable of every
    # frame for each page that does not exist: a second of a Pi's time and 400 lines of log.
    handle_exception.rich = None
    datasette.remove_database("_memory")  # made because no file was given
    return datasette


def _datasette(config: Config, folder: Path) -> Datasette:
    return Datasette(
        [],
        metadata=_metadata(config),
        config={
            "plugins": {
                "datasette-snapshots": {"folder": str(folder), "language": "de"},
                "datasette-cell-guard": _guarded(),
                CHARTS: {"language": "de"},
                "datasette-deutsch": {"language": "de"},
                "datasette-sensorthings": _sensorthings(),
                "datasette-ngsi-ld": _ngsi_ld(),
                "datasette-waermekataster": _mapped("waermekarte.toml"),
                CATALOGUE: _catalogue(config),
                # written when somebody asks, not with each release: the card wears
                DOWNLOADS: {"folder": str(config.hub.open_data / "downloads"), "language": "de"},
            },
            "databases": {cube.name: _database_config(cube) for cube in all_cubes()},
        },
        settings={
            "base_url": config.datasette.base_url,
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


def run_datasette(config: Config) -> None:
    """Serve until SIGTERM or SIGINT. The process' working folder becomes the public folder.

    :raises SystemExit: 1 if the port cannot be listened on.
    """
    config.hub.public.mkdir(parents=True, exist_ok=True)
    _remove_rests(config.hub.open_data_run)
    # relative paths: Datasette tells everybody the path of what it serves
    os.chdir(config.hub.public)
    asyncio.run(_serve(config))


async def _serve(config: Config) -> None:
    datasette = create_datasette(config, Path())
    server = uvicorn.Server(
        uvicorn.Config(
            datasette.app(),
            host=config.datasette.host,
            port=config.datasette.port,
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
    """Remove what killed processes left. The caller is the one Datasette of this hub."""
    for rest in folder.glob("datasette_temp_*"):
        with contextlib.suppress(OSError):
            rest.unlink()


def _sensorthings() -> dict[str, object]:
    return {**_mapped("sensorthings.toml"), "services": {"umwelt": _mapped(_AIR)}}


def _ngsi_ld() -> dict[str, object]:
    return {**_mapped("ngsi_ld.toml"), "services": {"umwelt": _mapped("ngsi_ld_umwelt.toml")}}


def _mapped(name: str) -> dict[str, object]:
    """Return which tables a standard's service reads as what."""
    file = resources.files("edge.publish") / name
    return tomllib.loads(file.read_text("utf-8"))


def _metadata(config: Config) -> dict[str, object]:
    cubes = all_cubes()
    return {
        "title": f"Offene Daten aus {config.hub.village}",
        "description": "Was das Dorf gemeinsam misst, für alle.",
        **_licence(cubes[0]),
        "databases": {cube.name: _database(cube) for cube in cubes},
    }


def _guarded() -> dict[str, object]:
    """Return what a snapshot's certificate must say, cube by cube."""
    demanded = {
        cube.name: {
            "cube": cube.name,
            "k": cube.disclosure.k,
            "p_percent": cube.disclosure.p_percent,
        }
        for cube in all_cubes()
    }
    return {"auditors": [AUDITOR], "databases": demanded}


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


def _catalogue(config: Config) -> dict[str, object]:
    """Return who publishes, for the catalogue; without a publisher it says what is missing."""
    publish = config.publish
    said: dict[str, object] = {
        "language": "de",
        "level": "municipality",
        "availability": "STABLE",
        "both_geocodings": True,  # portals that still read DCAT-AP.de 2.0
    }
    if publish.publisher:
        said["publisher"] = {"name": publish.publisher, "type": "LocalAuthority"}
    if publish.email:
        said["contact"] = {"email": publish.email}
    if publish.region:
        said["region"] = publish.region
    if publish.contributor:
        said["contributor"] = publish.contributor
    if config.web.name and config.datasette.base_url != "/":  # nginx is before it
        said["public_url"] = f"https://{config.web.name}{config.datasette.base_url}"
    return said


def _database_config(cube: Cube) -> dict[str, object]:
    times = {"beginn", "tag"}  # a table with a time in its key shows the newest first
    tables: dict[str, dict[str, object]] = {}
    for table in cube.tables:
        units = {column.name: column.unit for column in table.columns if column.unit}
        plugins: dict[str, object] = {DOWNLOADS: {"units": units}} if units else {}
        if column := cube.catalogue.times.get(table.name):
            plugins[CATALOGUE] = {"time_column": column}
        if chart := _CHARTS.get((cube.name, table.name)):
            plugins[CHARTS] = chart | {"unit": units[chart["y"]]}
        tables[table.name] = {"plugins": plugins}
        if newest := next((key for key in table.key if key in times), ""):
            tables[table.name]["sort_desc"] = newest
    listed = {
        "themes": list(cube.catalogue.themes),
        "keywords": list(cube.catalogue.keywords),
        "frequency": cube.catalogue.frequency,
    }
    return {"plugins": {CATALOGUE: listed}, "tables": tables}
