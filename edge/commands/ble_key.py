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
    """Keys of sensors that encrypt (BTHome, Xiaomi): add, list, remove."""


@key.command("add")
@click.argument("sensor")
@click.pass_obj
def add(config_path: Path, sensor: str) -> None:
    """Read the key (bindkey) of SENSOR, its address, from the prompt or standard input.

    It stands in the maker's app. What came before the key is read when the key is here.

    \b
    Examples:
      dorfhub ble key add A4:C1:38:11:22:33
      dorfhub ble key add A4:C1:38:11:22:33 < schluessel.txt

    \b
    Exit codes: 0 done, 1 no address or no key, 75 personal.db is locked, 78 hub.toml is wrong.
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
    """List the sensors whose keys are here, and whether they fit; never a key.

    \b
    Example:
      dorfhub ble key list

    \b
    Exit codes: 0 done, 75 personal.db is locked, 78 hub.toml is wrong.
    """
    with unlocked(config_path) as store:
        keys = store.sensor_keys()
    if not keys:
        click.echo("Noch keine Schlüssel. Eintragen: dorfhub ble key add ADRESSE")
    for one in keys:
        click.echo(f"{one.device_id}  Prüfziffern {one.fingerprint}  {_STATES[one.state]}")


@key.command("remove")
@click.argument("sensor")
@click.pass_obj
def remove(config_path: Path, sensor: str) -> None:
    """Forget the key of SENSOR; what it opened stays.

    \b
    Example:
      dorfhub ble key remove A4:C1:38:11:22:33

    \b
    Exit codes: 0 done, 1 there is none, 75 locked, 78 hub.toml is wrong.
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
    from edge.store.journal_parked import NO_KEY, WRONG_KEY  # noqa: PLC0415

    with Journal(load(config_path).hub.journal_db) as journal:
        counts = journal.parked_counts()
    return counts.get((NO_KEY, device), 0) + counts.get((WRONG_KEY, device), 0)
