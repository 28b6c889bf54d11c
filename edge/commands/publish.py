"""`dorfhub publish`: build and audit snapshots."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.config import Config

if TYPE_CHECKING:
    from edge.publish.build import Published

EXIT_LEAK = 1
EXIT_UNUSABLE = 2


@click.command()
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@click.pass_obj
def build(config_path: Path, folder: Path | None) -> None:
    """Build a snapshot of what may be public into DIR (the hub's own public folder if left out).

    The auditor must pass it; else nothing in DIR changes. If the newest snapshot says the same
    already, none is added.

    \b
    Example:
      dorfhub publish build ./daten

    \b
    Exit codes: 0 built or unchanged, 1 the auditor refused it, 2 it could not be built.
    """
    from edge.process.lifecycle import AlreadyRunning  # noqa: PLC0415 - each command carries its own room
    from edge.publish.build import build_into  # noqa: PLC0415
    from edge.publish.errors import AuditFailed, PublishError  # noqa: PLC0415

    config = _config(config_path)
    target = folder or config.hub.public
    try:
        results = build_into(config, target, datetime.now(UTC))
    except AuditFailed as error:
        for finding in error.findings:
            click.echo(finding)
        raise SystemExit(EXIT_LEAK) from None
    except AlreadyRunning as error:
        raise _unusable(f"{target}: {error}", "Gleich noch einmal versuchen.") from None
    except PublishError as error:
        raise _unusable(str(error), error.hint) from None
    except OSError as error:
        raise _unusable(f"{target}: {error.strerror}", "Platz und Schreibrechte prüfen.") from None
    for result in results:
        if result.outcome == "published" and result.release:
            path = result.release.path
            click.echo(f"published {path} ({_counted(result)})")
        elif result.release:
            click.echo(f"unchanged {result.release.path}")
        else:
            click.echo(f"nothing to publish for {result.cube}: {_NOTHING[result.cube]}")


@click.command()
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@click.pass_obj
def audit(config_path: Path, folder: Path | None) -> None:
    """Check every snapshot in DIR (the hub's own public folder if left out).

    One line a snapshot: `pass FILE`, or `FILE: CELL: what is wrong` for each thing found. Which
    buildings are communal is read from the configuration.

    \b
    Example:
      dorfhub publish audit ./daten

    \b
    Exit codes: 0 every snapshot passed, 1 a snapshot leaks or is not what it claims,
    2 DIR or a snapshot cannot be read, no rules are known for it, or DIR holds no snapshot.
    """
    from edge.config.communal import communal_sites, public_sensors  # noqa: PLC0415
    from edge.publish.check import audit_folder  # noqa: PLC0415 - each command its own room
    from edge.publish.errors import SnapshotUnreadable  # noqa: PLC0415

    config = _config(config_path)
    target = folder or config.hub.public
    try:
        verdicts, errors = audit_folder(
            target, communal_sites(config), config.hub.village_db, public_sensors(config)
        )
    except SnapshotUnreadable as error:
        raise _unusable(str(error), error.hint) from None
    for verdict in verdicts:
        if verdict.passed:
            click.echo(f"pass {verdict.snapshot}")
        for finding in verdict.findings:
            click.echo(f"{verdict.snapshot}: {finding}")
    for problem in errors:
        click.echo(f"{type(problem).__name__}: {problem}", err=True)
        if problem.hint:
            click.echo(problem.hint, err=True)
    if not verdicts and not errors:
        raise _unusable(
            f"In {target} liegt keine Veröffentlichung: es gibt nichts zu prüfen.",
            "Zuerst bauen: dorfhub publish build, oder den richtigen Ordner nennen.",
        )
    if any(not verdict.passed for verdict in verdicts):
        raise SystemExit(EXIT_LEAK)
    if errors:
        raise SystemExit(EXIT_UNUSABLE)


_NOTHING = {
    "hubzustand": "of the hub itself no day is counted yet, or hub.toml says health = false",
    "kommunale-waerme": "hub.toml has no communal site",
    "kurse": "no course is published",
    "lernstatistik": "no season is over and counted",
    "termine": "nothing that hangs is ticked for open data",
    "umwelt": "hub.toml declares no public sensor (air)",
}

_COUNTED = {
    "hubzustand": {"hub_tag": "days"},
    "kommunale-waerme": {"waerme_stunde": "hours", "waerme_tag": "days"},
    "kurse": {"kurs": "courses", "termin": "sessions"},
    "lernstatistik": {"zeitraum": "periods", "anmeldung": "groups"},
    "termine": {"aushang": "notices", "termin": "dates"},
    "umwelt": {"fuehler": "sensors", "luft_stunde": "hours"},
}


def _counted(result: Published) -> str:
    told = _COUNTED[result.cube]
    return ", ".join(f"{result.rows.get(table, 0)} {word}" for table, word in told.items())


def _config(path: Path) -> Config:
    from edge.config import ConfigError, load  # noqa: PLC0415

    try:
        return load(path)
    except ConfigError as error:
        raise _unusable(str(error), getattr(error, "hint", "")) from None


def _unusable(message: str, hint: str) -> SystemExit:
    click.echo(message, err=True)
    if hint:
        click.echo(hint, err=True)
    return SystemExit(EXIT_UNUSABLE)
