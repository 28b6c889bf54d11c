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
    """Schlüssel der Zähler: einlesen, eingeben, auflisten, löschen; welche fehlen."""


@key.command("import")
@click.argument(
    "file", metavar="DATEI", type=click.Path(path_type=Path, dir_okay=False, exists=True)
)
@click.option(
    "--password",
    "has_password",
    is_flag=True,
    help="Nach dem Passwort der Datei fragen (KEM von Kamstrup), oder es von der Eingabe lesen.",
)
@click.pass_obj
def import_(config_path: Path, file: Path, *, has_password: bool) -> None:
    """Lies die Schlüssel aus der DATEI eines Lieferanten: CSV, XML, KEM von Kamstrup, auch gezippt.

    Eine Tabelle braucht Spalten für Zählernummer und Schlüssel; `Hersteller;Seriennummer;Schlüssel`
    und viele andere Namen sind bekannt. Jede Zeile wird gemeldet: eingelesen, oder warum nicht.

    \b
    Beispiele:
      dorfhub meter key import lieferschein.csv
      dorfhub meter key import 20210407_1119DownloadMeters.zip.kem --password

    \b
    Rückgabewert (Exit code): 0 alles eingelesen, 1 Zeilen nicht, 75 personal.db ist gesperrt,
    78 hub.toml ist falsch.
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
@click.argument("meter", metavar="ZÄHLER")
@click.pass_obj
def add(config_path: Path, meter: str) -> None:
    """Lies einen Schlüssel für ZÄHLER (`KAM-76348799`), verdeckt oder von der Eingabe.

    \b
    Beispiel:
      dorfhub meter key add KAM-76348799

    \b
    Rückgabewert (Exit code): 0 getan, 1 keine Zählernummer oder kein Schlüssel, 75 gesperrt,
    78 hub.toml ist falsch.
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
    """Nenne die Zähler, deren Schlüssel da sind, und ob sie passen; nie einen Schlüssel.

    \b
    Beispiel:
      dorfhub meter key list

    \b
    Rückgabewert (Exit code): 0 getan, 75 personal.db ist gesperrt, 78 hub.toml ist falsch.
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
@click.argument("meter", metavar="ZÄHLER")
@click.pass_obj
def remove(config_path: Path, meter: str) -> None:
    """Lösche den Schlüssel von ZÄHLER; was er geöffnet hat, bleibt.

    \b
    Beispiel:
      dorfhub meter key remove KAM-76348799

    \b
    Rückgabewert (Exit code): 0 getan, 1 es gibt keinen, 75 gesperrt, 78 hub.toml ist falsch.
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
@click.option(
    "--all", "strangers", is_flag=True, help="Auch Zähler, von denen nichts aufbewahrt wird."
)
@click.pass_obj
def missing_(config_path: Path, *, strangers: bool) -> None:
    """Nenne gehörte Zähler ohne passenden Schlüssel, und was anzufordern ist.

    Ohne --all: die der Gemeinde, und die der Haushalte, die eingewilligt haben.

    \b
    Beispiel:
      dorfhub meter key missing

    \b
    Rückgabewert (Exit code): 0 keiner fehlt, 1 es fehlen welche, 75 personal.db ist gesperrt,
    78 hub.toml ist falsch.
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
        what = "1 aufbewahrtes Telegramm" if count == 1 else f"{count} aufbewahrte Telegramme"
        click.echo(f"{what} liest der Hub jetzt nach.")


def _kept(config_path: Path) -> list[Kept]:
    from edge.config import load  # noqa: PLC0415  # `--help` is quick
    from edge.store.errors import StoreError  # noqa: PLC0415
    from edge.store.household_gate import KIND, WIRED  # noqa: PLC0415
    from edge.store.journal import Journal  # noqa: PLC0415

    try:
        with Journal(load(config_path).hub.journal_db) as journal:
            return [*journal.kept(KIND), *journal.kept(WIRED)]
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
