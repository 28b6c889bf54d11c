"""`dorfhub publish heat`: what of the heat cadastre may be public."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from edge.commands.publish import EXIT_LEAK, EXIT_UNUSABLE


@click.command()
@click.argument("folder", metavar="[ORDNER]", required=False, type=click.Path(path_type=Path))
@click.pass_obj
def heat(config_path: Path, folder: Path | None) -> None:
    """Veröffentliche das Wärmekataster nach WPG Anlage 2 (ohne ORDNER: dort, wo der Hub es zeigt).

    Wärmedichte je Bereich aus Baublöcken, Liniendichte je Bereich aus Straßenabschnitten,
    Energieträger, Erzeuger, Bauart und Baualter. Was weniger als fünf Gebäude hätte, wird mit
    Nachbarn zusammengelegt. In einem Kalenderjahr bleiben die Bereiche, wie sie sind; danach ändern
    sie sich nur um mindestens fünf Gebäude zugleich. Was gebaut ist, prüft ein zweites Programm
    neben allen früheren Ausgaben; lehnt es ab, bleibt zu sehen, was zu sehen war.

    \b
    Beispiel:
      dorfhub heat estimate
      dorfhub publish heat

    \b
    Rückgabewert (Exit code): 0 veröffentlicht oder unverändert, 1 die Prüfung lehnte ab,
    2 es war nicht zu bauen; 78 hub.toml ist falsch.
    """
    from edge.config import load  # noqa: PLC0415 - each command carries its own room
    from edge.process.lifecycle import AlreadyRunning  # noqa: PLC0415
    from edge.publish.build_plan import build_plan  # noqa: PLC0415
    from edge.publish.errors import AuditFailed, PublishError  # noqa: PLC0415

    config = load(config_path)
    target = folder or config.hub.public
    try:
        done = build_plan(config, target, datetime.now(UTC))
    except AuditFailed as error:
        click.echo("Nicht veröffentlicht: die Prüfung lehnt ab, was gebaut wurde.", err=True)
        for finding in error.findings:
            click.echo(f"  {finding}", err=True)
        click.echo(
            "Zu sehen bleibt, was bisher zu sehen war. Bitte als Fehler melden: gebaut werden darf "
            "nur, was die Prüfung besteht.",
            err=True,
        )
        raise SystemExit(EXIT_LEAK) from None
    except AlreadyRunning as error:
        raise _unusable(f"{target}: {error}", "Gleich noch einmal versuchen.") from None
    except PublishError as error:
        raise _unusable(f"Nicht veröffentlicht: {error}", error.hint) from None
    except OSError as error:
        raise _unusable(f"{target}: {error.strerror}", "Platz und Schreibrechte prüfen.") from None
    result = done.published
    if result.release is None:
        click.echo("Nichts zu veröffentlichen: noch keine fünf geschätzten Gebäude beieinander.")
    elif result.outcome == "unchanged":
        click.echo(f"Unverändert: {result.release.path} ({done.buildings} Gebäude)")
    else:
        rows = result.rows
        click.echo(
            f"Veröffentlicht: {result.release.path} ({rows['block']} Bereiche aus Baublöcken,"
            f" {rows['abschnitt']} aus Straßenabschnitten, {done.buildings} Gebäude)"
        )
    if done.left_out:
        click.echo(f"{done.left_out} Gebäude passen in keinen Bereich und sind nicht enthalten.")
    if done.waiting:
        click.echo(
            f"Änderungen von {done.waiting} Gebäuden warten, bis genügend andere sich mit ändern."
        )


def _unusable(message: str, hint: str) -> SystemExit:
    click.echo(message, err=True)
    if hint:
        click.echo(hint, err=True)
    return SystemExit(EXIT_UNUSABLE)
