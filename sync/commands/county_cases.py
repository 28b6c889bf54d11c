"""`dorfhub county cases export|answer`: sealed questions to practices, their answers back."""

from __future__ import annotations

from pathlib import Path

import click

from sync.commands.county import county_option, opened


@click.group()
def cases() -> None:
    """Versiegelte Fragen an Praxen weitergeben und ihre Antworten in die Dörfer."""


@cases.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@county_option
def export(folder: Path, path: Path) -> None:
    """Lege alle versiegelten Teile in FOLDER, jeden einmal; die Praxen öffnen daraus ihre.

    \b
    Beispiel:
      dorfhub county cases export /srv/faelle

    \b
    Rückgabewert (Exit code): 0 abgelegt, 1 verweigert.
    """
    from sync.county.cases import export as lay_down  # noqa: PLC0415 - `--help` needs no lake

    with opened(path) as county:
        try:
            new, count = lay_down(county.config, folder)
        except OSError as error:
            raise click.ClickException(f"{folder}: {error.strerror}") from None
    click.echo(f"{new} neu, {count} zusammen: {folder}")


@cases.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@county_option
def answer(files: tuple[Path, ...], path: Path) -> None:
    """Gib Antworten von Praxen (FILES) in den Strom des Hubs, für den sie versiegelt sind.

    \b
    Beispiel:
      dorfhub county cases answer antwort-3fa94c01-07b2.dhfall

    \b
    Rückgabewert (Exit code): 0 alle weitergegeben, 1 mindestens eine nicht.
    """
    from edge.care.case_errors import CaseError  # noqa: PLC0415 - see export
    from edge.clock import SystemClock  # noqa: PLC0415
    from edge.commands.case_files import read_file  # noqa: PLC0415
    from sync.county.cases import answer as tell  # noqa: PLC0415
    from sync.county.hub import label  # noqa: PLC0415
    from sync.errors import SyncError  # noqa: PLC0415

    failed = False
    with opened(path) as county:
        for file in files:
            try:
                hub = tell(county, read_file(file), SystemClock().stamp())
            except (CaseError, SyncError) as error:
                click.echo(f"{file.name}: {error.hint}", err=True)
                failed = True
            else:
                click.echo(f"{file.name}: geht an {label(hub)}")
    if failed:
        raise SystemExit(1)
