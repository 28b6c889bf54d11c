"""Refuse a wheel that lacks a room or carries what is not ours to install."""

import sys
import zipfile
from pathlib import PurePosixPath

PLUGINS = {
    "datasette_cell_guard",
    "datasette_charts_offline",
    "datasette_common",
    "datasette_dcat_ap_de",
    "datasette_deutsch",
    "datasette_downloads",
    "datasette_ngsi_ld",
    "datasette_sensorthings",
    "datasette_snapshots",
    "datasette_waermekataster",
}
ROOMS = {"edge", "hardware", "sync"} | PLUGINS
ROOMS |= {"datasette_dcat_ap_de", "datasette_downloads", "datasette_snapshots"}
NEEDED = (
    "edge/fhir/r4/definitions.zip",
    "edge/paper/templates/",
    "edge/paper/fonts/",
    "edge/web/templates/",
    "edge/web/static/",
    "edge/web/translations/",
    "sync/county/web/templates/",
    "sync/county/web/static/",
    "edge/publish/cubes/",
    "datasette_cell_guard/__init__.py",
    "datasette_charts_offline/charts.css",
    "datasette_charts_offline/templates/",
    "datasette_charts_offline/words/de.toml",
    "datasette_deutsch/catalogues/de.toml",
    "datasette_deutsch/static/",
    "datasette_deutsch/templates/",
    "datasette_dcat_ap_de/page.css",
    "datasette_dcat_ap_de/templates/",
    "datasette_downloads/page.css",
    "datasette_downloads/templates/",
    "datasette_ngsi_ld/context.jsonld",
    "datasette_snapshots/page.css",
    "datasette_snapshots/templates/",
    "datasette_sensorthings/__init__.py",
    "datasette_waermekataster/page.css",
    "datasette_waermekataster/templates/",
    "edge/publish/ngsi_ld.toml",
    "edge/publish/sensorthings.toml",
    "edge/publish/waermekarte.toml",
    "sync/cli.py",
    "entry_points.txt",
    "LICENSE",
    "py.typed",
)


def problems(names: list[str]) -> list[str]:
    """Return what is wrong with a wheel that holds ``names``."""
    tops = {PurePosixPath(name).parts[0] for name in names}
    foreign = {top for top in tops - ROOMS if not top.endswith(".dist-info")}
    found = [f"foreign top level: {top}" for top in sorted(foreign)]
    found += [f"missing room: {room}" for room in sorted(ROOMS - tops)]
    found += [f"missing: {part}" for part in NEEDED if not any(part in name for name in names)]
    found += [f"must not be packed: {n}" for n in names if n.endswith((".db", ".key", ".pyc"))]
    return found


if __name__ == "__main__":
    with zipfile.ZipFile(sys.argv[1]) as wheel:
        wrong = problems(wheel.namelist())
        count = len(wheel.namelist())
    if not problems(["foreign/x.py"]):
        wrong.append("this check accepts anything")
    for line in wrong:
        print(line)
    print(f"{count} files, {len(wrong)} problems")
    sys.exit(bool(wrong))
