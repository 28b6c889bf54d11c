"""`dorfhub ble key`: the keys of sensors that encrypt what they advertise.

A key is read from the prompt or standard input, never from the command line, where other users of
the machine see it, and never shown again: four digits of its checksum tell two keys apart.
"""

from __future__ import annotations

import re
from pathlib import Path

import click

from edge.commands.meter_key import secret
from edge.commands.unlocked import now_ms, unlocked
from edge.store.personal_keys import Change

_CHANGES: dict[Change, str] = {
    "new": "neu",
    "same": "war schon da",
    "replaced": "ersetzt einen anderen Schlüssel",
}
_STATES = {
    None: "wird gleich ausprobiert",
    "unused": "noch nichts damit gelesen",
    "opens": "passt",
    "wrong": "PASST NICHT",
}


@click.group()
def key() -> None:
    """Schlüssel von Sensoren, die verschlüsseln (BTHome, Xiaomi): eingeben, auflisten, löschen."""


@key.command("add")
@click.argument("sensor", metavar="ADRESSE")
@click.pass_obj
def add(config_path: Path, sensor: str) -> None:
    """Lies den Schlüssel (bindkey) des Sensors mit dieser ADRESSE, verdeckt oder von der Eingabe.

    Er steht in der App des Herstellers. Was vor dem Schlüssel kam, liest der Hub damit nach.

    \b
    Beispiele:
      dorfhub ble key add A4:C1:38:11:22:33
      dorfhub ble key add A4:C1:38:11:22:33 < schluessel.txt

    \b
    Rückgabewert (Exit code): 0 getan, 1 keine Adresse oder kein Schlüssel, 75 gesperrt,
    78 hub.toml ist falsch.
    """
    device = _device(sensor)
    with unlocked(config_path) as store:
        value = _key(secret("Schlüssel (32 Zeichen)"))
        change = store.add_sensor_key(device, value, "von Hand", now_ms())
    click.echo(f"{device}: {_CHANGES[change]}")
    count = _waiting(config_path, device)
    if count:
        click.echo(f"{count} aufbewahrte Meldungen liest der Hub jetzt nach.")


@key.command("list")
@click.pass_obj
def list_(config_path: Path) -> None:
    """Nenne die Sensoren, deren Schlüssel da sind, und ob sie passen; nie einen Schlüssel.

    \b
    Beispiel:
      dorfhub ble key list

    \b
    Rückgabewert (Exit code): 0 getan, 75 personal.db ist gesperrt, 78 hub.toml ist falsch.
    """
    with unlocked(config_path) as store:
        keys = store.sensor_keys()
    if not keys:
        click.echo("Noch keine Schlüssel. Eintragen: dorfhub ble key add ADRESSE")
    for one in keys:
        click.echo(f"{one.device_id}  Prüfziffern {one.fingerprint}  {_STATES[one.state]}")


@key.command("remove")
@click.argument("sensor", metavar="ADRESSE")
@click.pass_obj
def remove(config_path: Path, sensor: str) -> None:
    """Lösche den Schlüssel des Sensors mit dieser ADRESSE; was damit gelesen wurde, bleibt.

    \b
    Beispiel:
      dorfhub ble key remove A4:C1:38:11:22:33

    \b
    Rückgabewert (Exit code): 0 getan, 1 es gibt keinen, 75 gesperrt, 78 hub.toml ist falsch.
    """
    device = _device(sensor)
    with unlocked(config_path) as store:
        gone = store.remove_sensor_key(device)
        if gone:
            store.checkpoint()
    if not gone:
        raise click.ClickException(f"Zu {device} gibt es keinen Schlüssel: dorfhub ble key list")
    click.echo(f"{device}: Schlüssel gelöscht.")


def _device(text: str) -> str:
    digits = re.sub("[:-]", "", text.strip().removeprefix("ble:")).upper()
    if not re.fullmatch("[0-9A-F]{12}", digits):
        raise click.ClickException(
            f"„{text}“ ist keine Adresse eines Sensors; erwartet wird etwas wie A4:C1:38:11:22:33."
        )
    return f"ble:{digits}"


def _key(text: str) -> bytes:
    digits = re.sub(r"(?i)^0x|[\s:\-]", "", text.strip())
    if re.fullmatch("[0-9A-Fa-f]{24}|[0-9A-Fa-f]{32}", digits):
        return bytes.fromhex(digits)
    if not digits:
        raise click.ClickException("Hier steht kein Schlüssel.")
    raise click.ClickException(
        f"Ein Schlüssel hat 32 (bei alten Xiaomi-Sensoren 24) Zeichen 0-9 und A-F, nicht "
        f"{len(digits)}."
    )


def _waiting(config_path: Path, device: str) -> int:
    """Return how many entries wait for that sensor's key."""
    from edge.config import load  # noqa: PLC0415  # `--help` is quick
    from edge.store.journal import Journal  # noqa: PLC0415
    from edge.store.journal_parked import NO_KEY, RESTARTED, WRONG_KEY  # noqa: PLC0415

    with Journal(load(config_path).hub.journal_db) as journal:
        counts = journal.parked_counts()
    return sum(counts.get((why, device), 0) for why in (NO_KEY, WRONG_KEY, RESTARTED))
