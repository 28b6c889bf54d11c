"""`dorfhub backup`: the databases to one stick, the keys to another."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command()
@click.argument("data", metavar="DATEN", type=_FOLDER)
@click.option(
    "--keys", "keys", required=True, metavar="ORDNER", type=_FOLDER, help="Wohin die Schlüssel."
)
@click.pass_obj
def backup(config_path: Path, data: Path, keys: Path) -> None:
    """Den Hub sichern: die Datenbanken nach DATEN, die Schlüssel in einen anderen ORDNER.

    In DATEN entsteht jedes Mal ein neuer Ordner; dort dürfen viele Sicherungen liegen. Von den
    Schlüsseln gibt es nur eine Fassung, die jede Sicherung ersetzt: Wer im Dorf gelöscht wurde, ist
    danach auch aus allen älteren Sicherungen gelöscht. Der Hub darf dabei laufen. Wo zwei von drei
    aufschließen (dorfhub unlock), ist der Schlüssel selbst nicht dabei, auch wenn gerade offen ist.

    \b
    Beispiel:
      dorfhub backup /media/sicherung --keys /media/schluessel

    \b
    Rückgabewert (Exit code): 0 gesichert, 1 nicht (warum, steht da), 2 falscher Aufruf,
    78 hub.toml ist falsch.
    """
    from edge.config import ConfigError, load  # noqa: PLC0415 - `--help` is quick
    from edge.store.errors import StoreError  # noqa: PLC0415
    from sync import backup as copies  # noqa: PLC0415
    from sync.errors import SyncError  # noqa: PLC0415

    try:
        config = load(config_path)
        made = copies.make(config, data, keys, datetime.now(UTC))
    except ConfigError as error:
        click.echo(f"hub.toml: {error}", err=True)
        raise SystemExit(78) from error
    except (StoreError, SyncError) as error:
        click.echo(f"Nicht gesichert: {error}", err=True)
        click.echo(f"  {error.hint}", err=True)
        raise SystemExit(1) from error
    except OSError as error:
        click.echo(f"Nicht gesichert: {error.filename}: {error.strerror}", err=True)
        click.echo("  Steckt der Stick, und ist darauf noch Platz?", err=True)
        raise SystemExit(1) from error
    click.echo(f"Gesichert: {made.data}")
    click.echo(f"Schlüssel: {made.keys} (bitte getrennt davon aufbewahren)")
    if made.opens_alone:
        click.echo(
            "Unter den Schlüsseln ist der eine, der alles öffnet: Wer beide Sticks hat, liest "
            "alles, ohne PIN. Ohne ihn öffnet niemand mehr die persönlichen Daten. Mit zwei von "
            "drei (dorfhub unlock setup) liegt er in keiner Sicherung."
        )
    if made.without_people:
        click.echo("personal.db ist verschlossen und fehlt darin: erst aufschließen.", err=True)
