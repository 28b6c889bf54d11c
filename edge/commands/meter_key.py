"""`dorfhub meter key`: the keys with which meters' telegrams are opened.

A key is read from a file or from standard input, never from the command line, where other users
of the machine see it, and never shown again: four digits of its checksum tell two keys apart.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.commands.unlocked import now_ms, unlocked

if TYPE_CHECKING:
    from edge.keyring.missing import Missing
    from edge.keyring.words import MeterName
    from edge.store.journal_rows import Kept
    from edge.store.personal_keys import Change

MOST_SHOWN = 200  # lines of a report on a terminal; the counts are always whole
_CHANGES: dict[Change, str] = {
    "new": "neu",
    "same": "war schon da",
    "replaced": "ersetzt einen anderen Schlüssel",
}
_STATES = {
    None: "wird gleich ausprobiert",
    "unused": "noch kein Telegramm damit gelesen",
    "opens": "passt",
    "wrong": "PASST NICHT",
}


@click.group()
def key() -> None:
    """Keys of meters: import, add, list, remove; which are missing."""


@key.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option(
    "--password",
    "has_password",
    is_flag=True,
    help="Ask for the file's password (Kamstrup's KEM files); or read it from standard input.",
)
@click.pass_obj
def import_(config_path: Path, file: Path, *, has_password: bool) -> None:
    """Read the keys of a supplier's FILE: CSV, XML, Kamstrup's KEM, also zipped.

    A table needs columns for the meter's number and its key; `Hersteller;Seriennummer;Schlüssel`
    and many other names are known. Every line is reported: read, or why not.

    \b
    Examples:
      dorfhub meter key import lieferschein.csv
      dorfhub meter key import 20210407_1119DownloadMeters.zip.kem --password

    \b
    Exit codes: 0 all read, 1 some or all lines not, 75 personal.db is locked, 78 hub.toml is wrong.
    """
    from edge.keyring.file import MOST_BYTES, read_keys  # noqa: PLC0415  # `--help` is quick
    from edge.keyring.words import KeyFileError  # noqa: PLC0415

    with unlocked(config_path) as store:
        password = secret("Passwort der Datei") if has_password else None
        try:
            with file.open("rb") as opened:
                found = read_keys(opened.read(MOST_BYTES + 1), password)
        except OSError as error:
            raise click.ClickException(f"{file} ist nicht lesbar: {error.strerror}") from None
        except KeyFileError as error:
            raise click.ClickException(f"{file.name}: {error}.") from None
        changes = store.add_keys(
            [(one.meter.manufacturer, one.meter.identification, one.key) for one in found.keys],
            _source(file.name),
            now_ms(),
        )
    if not found.keys and not found.wrong:
        raise click.ClickException(
            f"{file.name}: keine Schlüssel gefunden. Der Hub liest CSV und XML mit Zählernummer und"
            " Schlüssel; bitte so beim Lieferanten anfordern."
        )
    told = [
        (one.line, f"{one.meter}: {_CHANGES[change]}")
        for one, change in zip(found.keys, changes, strict=True)
    ]
    told += [(wrong.line, f"NICHT eingelesen: {wrong.text}") for wrong in found.wrong]
    for line, words in sorted(told)[:MOST_SHOWN]:
        click.echo(f"Zeile {line}: {words}")
    if len(told) > MOST_SHOWN:
        click.echo(f"… und {len(told) - MOST_SHOWN} weitere Zeilen")
    counts = ", ".join(f"{words}: {changes.count(one)}" for one, words in _CHANGES.items())
    click.echo(f"{len(changes)} Schlüssel eingelesen ({counts}), {len(found.wrong)} Zeilen nicht.")
    _tell_waiting(config_path, [one.meter for one in found.keys])
    if found.wrong:
        raise SystemExit(1)


@key.command("add")
@click.argument("meter")
@click.pass_obj
def add(config_path: Path, meter: str) -> None:
    """Read one key, for METER (`KAM-76348799`), from the prompt or standard input.

    \b
    Example:
      dorfhub meter key add KAM-76348799

    \b
    Exit codes: 0 done, 1 no meter's number or no key, 75 locked, 78 hub.toml is wrong.
    """
    from edge.keyring.words import KeyFileError, key_bytes  # noqa: PLC0415  # `--help` is quick

    name = _meter(meter)
    with unlocked(config_path) as store:
        try:
            value = key_bytes(secret("Schlüssel (32 Zeichen)"))
        except KeyFileError as error:
            raise click.ClickException(f"{error}.") from None
        (change,) = store.add_keys(
            [(name.manufacturer, name.identification, value)], "von Hand", now_ms()
        )
    click.echo(f"{name}: {_CHANGES[change]}")
    _tell_waiting(config_path, [name])


@key.command("list")
@click.pass_obj
def list_(config_path: Path) -> None:
    """List the meters whose keys are here, and whether they fit; never a key.

    \b
    Example:
      dorfhub meter key list

    \b
    Exit codes: 0 done, 75 personal.db is locked, 78 hub.toml is wrong.
    """
    from edge.keyring.makers import maker  # noqa: PLC0415  # `--help` is quick
    from edge.keyring.words import MeterName  # noqa: PLC0415

    with unlocked(config_path) as store:
        keys = store.meter_keys()
    if not keys:
        click.echo("Noch keine Schlüssel. Einlesen: dorfhub meter key import DATEI")
    for one in keys:
        name = MeterName(one.manufacturer, one.identification)
        click.echo(
            f"{name!s:13}  {maker(one.manufacturer)}  Prüfziffern {one.fingerprint}"
            f"  {_STATES[one.state]}  ({one.source}, {_day(one.imported_at)})"
        )


@key.command("remove")
@click.argument("meter")
@click.pass_obj
def remove(config_path: Path, meter: str) -> None:
    """Forget the key of METER; what it opened stays.

    \b
    Example:
      dorfhub meter key remove KAM-76348799

    \b
    Exit codes: 0 done, 1 there is none, 75 locked, 78 hub.toml is wrong.
    """
    name = _meter(meter)
    with unlocked(config_path) as store:
        gone = store.remove_key(name.manufacturer, name.identification)
        if gone:
            store.checkpoint()
    if not gone:
        raise click.ClickException(f"Zu {name} gibt es keinen Schlüssel: dorfhub meter key list")
    click.echo(f"{name}: Schlüssel gelöscht.")


@key.command("missing")
@click.option("--all", "strangers", is_flag=True, help="Also meters of which nothing is kept.")
@click.pass_obj
def missing_(config_path: Path, *, strangers: bool) -> None:
    """List the meters that are heard and have no key that fits, and what to ask for.

    Without --all: the village's own, and households' that agreed.

    \b
    Example:
      dorfhub meter key missing

    \b
    Exit codes: 0 none is missing, 1 some are, 75 personal.db is locked, 78 hub.toml is wrong.
    """
    from edge.config import load  # noqa: PLC0415  # `--help` is quick
    from edge.keyring.keys import Keys  # noqa: PLC0415
    from edge.keyring.missing import missing  # noqa: PLC0415
    from edge.store.village import VillageStore  # noqa: PLC0415

    with unlocked(config_path) as store:
        keys = Keys(store.meter_keys())
        with VillageStore(load(config_path).hub.village_db) as village:
            heard = village.heard_meters()
    kept = _kept(config_path)
    found = missing(kept, heard, keys, strangers=True)
    own = [one for one in found if one.kept]
    for one in (found if strangers else own)[:MOST_SHOWN]:
        _show(one)
    others = len(found) - len(own)
    if not own:
        click.echo("Keinem Zähler, den der Hub lesen soll, fehlt ein Schlüssel.")
    if others and not strangers:
        click.echo(
            f"Dazu hört der Hub {others} verschlüsselte Zähler, die nicht der Gemeinde gehören und"
            " für die keine Einwilligung vorliegt; von ihnen wird nichts aufbewahrt (--all)."
        )
    if own:
        raise SystemExit(1)


def secret(what: str) -> str:
    """Read a secret: without echo at a terminal, else one line of standard input."""
    if sys.stdin.isatty():
        return str(click.prompt(what, hide_input=True, err=True))
    return sys.stdin.readline().rstrip("\r\n")


def _show(one: Missing) -> None:
    from edge.keyring.makers import maker, question  # noqa: PLC0415  # `--help` is quick

    by = f", gesendet von {one.by}" if one.by else ""
    waits = f"; Telegramme, die warten: {one.kept}" if one.kept else ""
    wrong = "  Der Schlüssel, der hier ist, passt nicht." if one.is_wrong else ""
    click.echo(
        f"{one.meter!s:13}  {maker(one.meter.manufacturer)}{by}"
        f"  seit {_day(one.since)}, zuletzt {_day(one.last)}{waits}.{wrong}"
    )
    click.echo(f"{'':15}{question(one.meter)}")


def _tell_waiting(config_path: Path, meters: Iterable[MeterName]) -> None:
    from edge.keyring.missing import waiting_for  # noqa: PLC0415  # `--help` is quick

    count = waiting_for(_kept(config_path), map(str, meters))
    if count:
        click.echo(f"{count} aufbewahrte Telegramme liest der Hub jetzt nach.")


def _kept(config_path: Path) -> list[Kept]:
    from edge.config import load  # noqa: PLC0415  # `--help` is quick
    from edge.store.errors import StoreError  # noqa: PLC0415
    from edge.store.household_gate import KIND  # noqa: PLC0415
    from edge.store.journal import Journal  # noqa: PLC0415

    try:
        with Journal(load(config_path).hub.journal_db) as journal:
            return journal.kept(KIND)
    except StoreError as error:
        raise click.ClickException(f"{error}\n{error.hint}".rstrip()) from None


def _meter(text: str) -> MeterName:
    from edge.keyring.words import KeyFileError, meter_name  # noqa: PLC0415  # `--help` is quick

    try:
        return meter_name(text)
    except KeyFileError as error:
        raise click.ClickException(f"{error}; erwartet wird etwas wie KAM-76348799.") from None


def _source(name: str) -> str:
    return "".join(letter for letter in name if letter.isprintable())[:100]


def _day(at_ms: int) -> str:
    return time.strftime("%d.%m.%Y", time.localtime(at_ms / 1000))
