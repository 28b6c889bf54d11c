"""`dorfhub init`: a new hub's configuration, folders, keys and databases."""

from __future__ import annotations

from pathlib import Path

import click

from edge.config.template import Ports, first_hub_toml
from edge.process.lifecycle import EXIT_CONFIG


@click.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path, file_okay=False))
@click.option("--name", help="What people call the hub; needed where there is no hub.toml yet.")
@click.option("--village", help="The village; needed where there is no hub.toml yet.")
@click.option(
    "--ports",
    nargs=3,
    type=click.IntRange(1, 65535),
    default=(Ports().web, Ports().datasette, Ports().sync),
    show_default=True,
    metavar="WEB DATASETTE SYNC",
    help="Where the new hub listens.",
)
@click.pass_obj
def init(
    config_path: Path,
    folder: Path | None,
    name: str | None,
    village: str | None,
    ports: tuple[int, int, int],
) -> None:
    """Make a new hub in FOLDER (or where --config points): hub.toml, keys, databases.

    What exists is kept as it is, so that it may be called again at any time, for example after
    a site was added to hub.toml.

    \b
    Example:
      dorfhub init /srv/dorfhub --name "Dorfgemeinschaftshaus" --village "Wetterfeld"

    \b
    Exit codes: 0 done, 1 the folder cannot be written, 2 usage, 78 hub.toml is wrong.
    """
    path = (folder / "hub.toml" if folder else config_path).absolute()
    try:
        made = _write_config(path, name, village, Ports(*ports))
        _create(path)
    except OSError as error:
        raise click.ClickException(f"{error.filename or path}: {error.strerror or error}") from None
    click.echo(f"{'Angelegt' if made else 'Unverändert'}: {path}")
    click.echo("Ordner, Schlüssel und Datenbanken sind da.")
    click.echo()
    click.echo("Wie es weitergeht:")
    click.echo(f"  1. Orte und Zähler eintragen:  {path}")
    click.echo(f"  2. Den Hub starten:            dorfhub --config {path} serve")
    click.echo(f"  3. Den ersten Zugang anlegen:  dorfhub --config {path} access first-code")
    click.echo(f"  4. Nachsehen, ob alles geht:   dorfhub --config {path} doctor")


def _write_config(path: Path, name: str | None, village: str | None, ports: Ports) -> bool:
    if path.exists():
        return False
    if not name or not village:
        raise click.UsageError("--name und --village fehlen: Wie heißen der Hub und das Dorf?")
    try:
        text = first_hub_toml(name, village, ports)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("x", encoding="utf-8") as file:
        file.write(text)
    return True


def _create(path: Path) -> None:
    from edge.config import ConfigError, load  # noqa: PLC0415 - `--help` needs no stores
    from edge.store.errors import StoreError  # noqa: PLC0415
    from edge.store.setup import create  # noqa: PLC0415

    try:
        create(load(path))
    except ConfigError as error:
        click.echo(f"{error}\n{getattr(error, 'hint', '')}".rstrip(), err=True)
        raise SystemExit(EXIT_CONFIG) from None
    except StoreError as error:
        raise click.ClickException(f"{error}\n{error.hint}".rstrip()) from None
