"""The county's Datasette: the merged files, by the plugins that serve a village's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from datasette.app import Datasette

from edge.publish import offered
from edge.publish.offered import Offered
from edge.publish.serve import mapped
from sync.county.config import CountyConfig
from sync.county.open_cubes import AUDITOR, county_cubes

# What is named once a village is named with the village here; the names stand in templates.
_NAMED = ("site_name", "fuehler_name")
_MAP = "datasette-waermekataster"


def offers(config: CountyConfig) -> Offered:
    """Return what the county serves. No charts over tables: all villages in one are unreadable."""
    return Offered(
        title=f"Offene Daten: {config.name}",
        description="Was die Dörfer veröffentlichen, zusammengeführt.",
        cubes=county_cubes(),
        auditor=AUDITOR,
        folder=config.open_data / "public",
        run=config.open_data / "run",
        downloads=config.open_data / "downloads",
        base_url=config.offers.base_url,
        catalogue=_catalogue(config),
        mapped=_mapped(),
    )


def create_datasette(config: CountyConfig, folder: Path | None = None) -> Datasette:
    """Return a Datasette that follows the county's merged files."""
    return offered.make(offers(config), folder)


def run_datasette(config: CountyConfig, host: str = "", port: int | None = None) -> None:
    """Serve until SIGTERM or SIGINT.

    :raises SystemExit: 1 if the port cannot be listened on.
    """
    own = config.offers
    offered.serve(offers(config), host or own.host, own.port if port is None else port)


def _catalogue(config: CountyConfig) -> dict[str, object]:
    own = config.offers
    said: dict[str, object] = {
        "language": "de",
        "level": "administrativeDistrict",
        "availability": "STABLE",
        "both_geocodings": True,
        "harvested": str(config.open_data / "harvest"),
        "publisher": {"name": own.publisher or config.name, "type": "LocalAuthority"},
    }
    if own.email:
        said["contact"] = {"email": own.email}
    if own.region:
        said["region"] = own.region
    if own.contributor:
        said["contributor"] = own.contributor
    if own.public_url:
        said["public_url"] = own.public_url
    return said


def _mapped() -> dict[str, dict[str, object]]:
    said = {name: _with_village(one) for name, one in mapped().items()}
    layers = said[_MAP]["layers"]
    if isinstance(layers, dict):  # each village has a "Block 1"
        said[_MAP]["layers"] = {name: {**layer, "place": "dorf"} for name, layer in layers.items()}
    return said


def _with_village(said: Mapping[str, object]) -> dict[str, object]:
    return {name: _named(value) for name, value in said.items()}


def _named(value: object) -> object:
    if isinstance(value, dict):
        return _with_village(value)
    if isinstance(value, str):
        for name in _NAMED:
            value = value.replace(f"{{{name}}}", f"{{{name}}} ({{dorf}})")
    return value
