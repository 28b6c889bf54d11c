"""Datasette as a process of the hub: it serves what is published and can reach nothing else."""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path

from datasette.app import Datasette

from edge.config import Config
from edge.publish import offered
from edge.publish.audit import AUDITOR
from edge.publish.cube import all_cubes
from edge.publish.offered import HEADERS, Offered

__all__ = ["HEADERS", "create_datasette", "mapped", "run_datasette"]

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


def create_datasette(config: Config, folder: Path | None = None) -> Datasette:
    """Return a Datasette that follows the hub's public folder, or ``folder``; it may be empty.

    Its catalogue, a temporary database, lies in the hub's folder ``open-data/run``: what a killed
    process leaves there is removed by the next :func:`run_datasette`.
    """
    return offered.make(_offered(config), folder)


def run_datasette(config: Config) -> None:
    """Serve until SIGTERM or SIGINT. The process' working folder becomes the public folder.

    :raises SystemExit: 1 if the port cannot be listened on.
    """
    offered.serve(_offered(config), config.datasette.host, config.datasette.port)


def mapped() -> dict[str, dict[str, object]]:
    """Return which tables a standard's service reads as what, by plugin."""
    things = {
        **_read("sensorthings.toml"),
        "services": {"umwelt": _read("sensorthings_umwelt.toml")},
    }
    entities = {**_read("ngsi_ld.toml"), "services": {"umwelt": _read("ngsi_ld_umwelt.toml")}}
    return {
        "datasette-sensorthings": things,
        "datasette-ngsi-ld": entities,
        "datasette-waermekataster": _read("waermekarte.toml"),
    }


def _read(name: str) -> dict[str, object]:
    file = resources.files("edge.publish") / name
    return tomllib.loads(file.read_text("utf-8"))


def _offered(config: Config) -> Offered:
    return Offered(
        title=f"Offene Daten aus {config.hub.village}",
        description="Was das Dorf gemeinsam misst, für alle.",
        cubes=all_cubes(),
        auditor=AUDITOR,
        folder=config.hub.public,
        run=config.hub.open_data_run,
        downloads=config.hub.open_data / "downloads",
        base_url=config.datasette.base_url,
        catalogue=_catalogue(config),
        mapped=mapped(),
        charts=_CHARTS,
    )


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
