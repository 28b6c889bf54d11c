"""`dorfhub county bus`: fetch over a line what one of the county's buses carries."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import click

from sync.commands.county import county_option, json_option, opened, print_json, say_round


@click.command()
@click.argument("url")
@click.argument("name", default="")
@county_option
@json_option
def bus(url: str, path: Path, name: str, *, as_json: bool) -> None:
    """Fetch what the bus at URL carries, and lay on it what the villages get.

    NAME (or the first 16 digits of its fingerprint) says which bus must answer there, where the
    county has several. Its address is remembered: `county pull` looks there, too.

    \b
    Example:
      dorfhub county bus https://192.0.2.30:8084 "Bus 3"

    \b
    Exit codes: 0 all came, 1 something did not come, 2 usage, 78 county.toml is wrong.
    """
    from sync.county import buses  # noqa: PLC0415 - `--help` needs no lake
    from sync.errors import SyncError  # noqa: PLC0415

    with opened(path, as_json=as_json) as county:
        try:
            seen = buses.pull(county, url, buses.find(county, name))
        except ValueError as error:
            if isinstance(error, SyncError):
                raise
            raise click.UsageError(str(error)) from error
    if as_json:
        print_json(dataclasses.asdict(seen))
    else:
        click.echo(
            f"„{seen.name}“: {seen.files} Dateien ({seen.size} Bytes) abgeholt, "
            f"{seen.laid} mitgegeben."
        )
        say_round(seen.outcomes, as_json=False, nothing="Der Bus hatte keine Pakete.")
