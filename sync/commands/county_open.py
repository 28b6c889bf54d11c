"""`dorfhub county open-data`: what the villages publish, merged and served as one."""

from __future__ import annotations

from pathlib import Path

import click

from sync.commands.county import county_option, errors, opened

_HELP = {"help_option_names": ["-h", "--help"]}
_SAID = {
    "published": "neu",
    "unchanged": "wie zuvor",
    "withdrawn": "zurückgezogen",
    "nothing": "noch nichts",
    "failed": "gescheitert",
}


@click.group("open-data", context_settings=_HELP)
def open_data() -> None:
    """Merge the villages' open data, one database a cube, and serve it for everybody."""


@open_data.command()
@county_option
def build(path: Path) -> None:
    """Merge what the villages released, one database a cube, as `county serve` does by itself.

    Only files that the village's auditor passed and its hub signed are taken. What a village
    withdrew is gone; what is left out is named with the reason. In which municipality a hub is
    stands in [county.places].

    \b
    Example:
      dorfhub county open-data build --county /srv/landkreis

    \b
    Exit codes: 0 done, 1 something is left out or cannot be read, 2 usage, 75 it is being built
    already, 78 county.toml is wrong.
    """
    from edge.process.lifecycle import EXIT_TEMPORARY, AlreadyRunning  # noqa: PLC0415
    from sync.county import open_build  # noqa: PLC0415 - `--help` needs no lake

    try:
        with opened(path) as county, errors():
            built = open_build.build(county)
    except AlreadyRunning as error:
        click.echo(f"Fehler: Gebaut wird schon (Prozess {error.pid}).", err=True)
        raise SystemExit(EXIT_TEMPORARY) from None
    left_out = [one for each in built for one in each.left_out]
    for one in built:
        who = f": {', '.join(one.villages)}" if one.villages else ""
        click.echo(f"{one.cube:<18} {_SAID[one.outcome]}{who}")
    for out in left_out:
        click.echo(f"Nicht dabei: {out.village}, {out.cube}: {out.why}", err=True)
    failed = [one for one in built if one.problem]
    for one in failed:
        click.echo(f"Nicht gebaut: {one.cube}: {one.problem}", err=True)
    if left_out or failed:
        raise SystemExit(1)


@open_data.command()
@click.argument("addresses", nargs=-1, metavar="URL...")
@county_option
def harvest(path: Path, addresses: tuple[str, ...]) -> None:
    """Fetch villages' own catalogues (DCAT-AP.de, Turtle) for the county's catalogue.

    Without URL: those of [county.open_data] harvest, as `county serve` does by itself. With URL:
    these as well, until the next harvest. A URL that ends with / is where the hub serves its open
    data. What a village's catalogue does not name any more is gone from the county's. A broken
    one is laid into the quarantine; what was harvested of it before stays for 14 days.

    \b
    Examples:
      dorfhub county open-data harvest --county /srv/landkreis
      dorfhub county open-data harvest https://holzheim.example/daten/

    \b
    Exit codes: 0 done, 1 a catalogue could not be taken, 2 usage, 78 county.toml is wrong.
    """
    from sync.county.config import load  # noqa: PLC0415 - see build
    from sync.county.harvest import harvest as fetch  # noqa: PLC0415
    from sync.county.visits import now_ms  # noqa: PLC0415

    with errors():
        config = load(path)
        done = fetch(config, (*config.offers.harvest, *addresses), now_ms())
    for one in done:
        if one.problem:
            click.echo(f"Fehler: {one.problem}", err=True)
            if one.datasets:
                click.echo(f"  Von früher bleiben {one.datasets} Datensätze.", err=True)
        else:
            click.echo(f"{one.address}: {one.datasets} Datensätze")
        for out in one.left_out:
            click.echo(f"  Nicht dabei: {out}", err=True)
    if not done:
        click.echo("Kein Katalog ist eingetragen ([county.open_data] harvest).")
    if any(one.problem for one in done):
        raise SystemExit(1)


@open_data.command()
@click.option("--host", default="", help="Instead of [county.open_data] host.")
@click.option("--port", type=click.IntRange(0, 65535), help="Instead of [county.open_data] port.")
@county_option
def serve(path: Path, host: str, port: int | None) -> None:
    """Serve the merged open data by the plugins that serve a village's, until SIGTERM.

    For this machine only; the county's reverse proxy hands it on under /daten/ (see
    docs/county.md). It may run as a user of its own that can read the folder open-data and nothing
    else.

    \b
    Example:
      dorfhub county open-data serve --county /srv/landkreis

    \b
    Exit codes: 0 stopped, 1 the port is taken, 2 usage, 78 county.toml is wrong.
    """
    from edge.process.log import start  # noqa: PLC0415 - see build
    from sync.county.config import load  # noqa: PLC0415
    from sync.county.open_serve import run_datasette  # noqa: PLC0415

    with errors():
        config = load(path)
    log = start("open-data", "info")
    address = host or config.offers.host
    log.info("up", pages=f"http://{address}:{config.offers.port if port is None else port}/")
    run_datasette(config, host, port)
