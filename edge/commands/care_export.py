"""`dorfhub care export`: everything about one person in a file."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from edge.commands.unlocked import find_person, unlocked


@click.command("export")
@click.argument("who", metavar="PERSON")
@click.option(
    "--to",
    "file",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="In diese Datei schreiben, die es noch nicht gibt; zum Beispiel auf einen Stick.",
)
@click.pass_obj
def export(config_path: Path, who: str, file: Path) -> None:
    """Schreibe alles, was über PERSON (Name oder Nummer) gespeichert ist, in eine Datei (JSON).

    Das steht danach im Buch der Person („Wer hat was gesehen?“). Die Datei ist nicht
    verschlüsselt: bitte der Person geben und sonst niemandem.

    \b
    Beispiel:
      dorfhub care export "Erna Weber" --to /media/stick/erna-weber.json

    \b
    Rückgabewert (Exit code): 0 geschrieben, 1 niemand heißt so oder die Datei gibt es schon,
    75 personal.db ist gesperrt, 78 hub.toml ist falsch.
    """
    from edge.clock import SystemClock  # noqa: PLC0415 - `--help` is quick
    from edge.config import load  # noqa: PLC0415
    from edge.store.village import VillageStore  # noqa: PLC0415
    from edge.ward.export import everything  # noqa: PLC0415

    if file.exists():
        raise click.ClickException(f"{file} gibt es schon. Bitte einen anderen Namen wählen.")
    with unlocked(config_path) as personal:
        found = find_person(personal, who)
        with VillageStore(load(config_path).hub.village_db) as village:
            told = everything(personal, village, found.person, SystemClock().stamp())
    text = json.dumps(told, ensure_ascii=False, indent=1)
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:  # noqa: PTH123
        out.write(f"{text}\n")
    click.echo(
        f"Geschrieben: {file}. Bitte nur der Person geben; verschlüsselt ist die Datei nicht."
    )
