"""`dorfhub bus ...`: the small computer in the county's vehicle."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import click

from edge.process.lifecycle import EXIT_CONFIG, stop_on_signals
from edge.process.log import Log, start
from sync import identity, parcel, wire, words
from sync.bus.config import FILE_NAME, BusConfig, BusConfigError, load
from sync.bus.custody import Custody
from sync.bus.round import Bus, Visit
from sync.bus.tour import run as drive
from sync.errors import FormatError, SyncError
from sync.identity import Identity

_option = click.option(
    "--bus",
    "path",
    type=click.Path(path_type=Path),
    default=Path(FILE_NAME),
    show_default=True,
    help="Die Einstellungen des Busses, oder ihr Ordner.",
)


@click.command()
@click.argument("folder", default=".", type=click.Path(path_type=Path, file_okay=False))
@click.option("--name", required=True, help="Wie Dörfer und Landkreis diesen Bus nennen.")
def init(folder: Path, name: str) -> None:
    """Einen neuen Bus im Ordner FOLDER anlegen: bus.toml und sein Schlüssel.

    \b
    Beispiel:
      dorfhub bus init /srv/bus --name "Bus 3"

    \b
    Exit codes: 0 angelegt, 1 es gibt ihn schon oder es geht nicht, 2 falscher Aufruf.
    """
    file = folder.absolute() / FILE_NAME
    with _errors():
        if file.exists():
            raise SyncError(f"{file} gibt es schon", hint="Einen anderen Ordner angeben.")
        folder.mkdir(parents=True, exist_ok=True)
        file.write_text(_TEMPLATE.format(name=json.dumps(name, ensure_ascii=False)))
        config = load(file)
        key = Identity.load_or_create(config.key_file)
    click.echo(f"Angelegt: {file}")
    click.echo(f"Fingerabdruck: {identity.fingerprint(key.name)}")
    click.echo("Weiter: dorfhub bus request bus.request, damit zum Landkreis: county bus-pass")


@click.command()
@click.argument("into", type=click.Path(path_type=Path, dir_okay=False))
@_option
def request(into: Path, path: Path) -> None:
    """In die Datei INTO schreiben, woraus der Landkreis einen Ausweis macht.

    \b
    Beispiel:
      dorfhub bus request bus.request

    \b
    Exit codes: 0 geschrieben, 1 es ging nicht, 2 falscher Aufruf, 78 bus.toml ist falsch.
    """
    with _errors():
        config, key = _opened(path)
        asked = wire.Enrolment(key.name, config.name, ())
        into.write_bytes(wire.encode_enrolment(asked, key))
    click.echo(f"Geschrieben: {into}. Beim Landkreis: dorfhub county bus-pass {into.name} bus.pass")


@click.command(name="pass")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@_option
def pass_(file: Path, path: Path) -> None:
    """Den Ausweis des Landkreises übernehmen.

    \b
    Beispiel:
      dorfhub bus pass bus.pass

    \b
    Exit codes: 0 übernommen, 1 er gilt nicht diesem Bus, 2 falscher Aufruf, 78 bus.toml ist
    falsch.
    """
    with _errors():
        config, key = _opened(path)
        data = file.read_bytes()
        outer = parcel.Pass(b"", b"", "", "", 0)
        try:
            outer = parcel.decode(data)
        except FormatError as error:
            raise SyncError(str(error), hint="Den Ausweis neu ausstellen lassen.") from error
        if outer.carrier != key.name:
            raise SyncError(
                "Der Ausweis gilt einem anderen Bus.", hint="Mit „bus request“ neu beginnen."
            )
        identity.write_private(config.pass_file, data)
    until = time.strftime("%d.%m.%Y", time.localtime(outer.until_ms / 1000))
    click.echo(f"Ausweis übernommen, gültig bis {until}.")
    click.echo(f"Ausgestellt von: {words.spoken(outer.county)}")


@click.command()
@click.argument("addresses", nargs=-1)
@_option
@click.option("--json", "as_json", is_flag=True, help="Als JSON antworten.")
def visit(addresses: tuple[str, ...], path: Path, *, as_json: bool) -> None:
    """Die Hubs unter ADDRESSES einmal besuchen; ohne Angabe die aus bus.toml.

    \b
    Beispiel:
      dorfhub bus visit https://192.0.2.7:8082

    \b
    Exit codes: 0 alle gaben, was anstand, 1 einer nicht, 2 falscher Aufruf, 78 bus.toml ist
    falsch.
    """
    with _errors():
        config, key = _opened(path)
        bus = Bus(config, key, Log(), now_ms=_now_ms)
        seen = [bus.visit(address) for address in addresses or config.hubs]
    _say(seen, as_json=as_json)


@click.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path, file_okay=False))
@_option
def deliver(folder: Path | None, path: Path) -> None:
    """Die Pakete im Ordner FOLDER (oder dem aus bus.toml) abladen, Antworten mitnehmen.

    \b
    Beispiel:
      dorfhub bus deliver /mnt/landkreis

    \b
    Exit codes: 0 abgeladen, 1 der Ordner ist voll, schreibgeschützt oder nicht da,
    2 falscher Aufruf, 78 bus.toml ist falsch.
    """
    with _errors():
        config, key = _opened(path)
        target = folder or config.deliver
        if target is None:
            raise SyncError("Wohin?", hint="Einen Ordner angeben oder deliver in bus.toml.")
        parcels, replies = Bus(config, key, Log(), now_ms=_now_ms).deliver(target)
    click.echo(f"Abgeladen: {parcels} Pakete. Mitgenommen: {replies} Antworten.")
    click.echo(f"Beim Landkreis: dorfhub county import {target}")


@click.command()
@_option
def run(path: Path) -> None:
    """Hubs in der Nähe und die aus bus.toml besuchen, beim Landkreis abladen, bis SIGTERM.

    Mit listen in bus.toml holt der Landkreis selbst ab, sobald der Bus zurück ist: dort
    „dorfhub county bus URL“, danach von selbst bei jedem Abruf.

    \b
    Beispiel:
      dorfhub bus run --bus /srv/bus

    \b
    Exit codes: 0 beendet, 1 Schlüssel oder Anschluss nicht zu gebrauchen, 2 falscher Aufruf,
    78 bus.toml ist falsch.
    """
    log = start("bus")
    stop = stop_on_signals()
    with _errors():
        config, key = _opened(path)
        drive(config, key, Bus(config, key, log, now_ms=_now_ms), stop, log)


@click.command()
@_option
def status(path: Path) -> None:
    """Sagen, was der Bus geladen hat und wer wann was bekam.

    \b
    Beispiel:
      dorfhub bus status

    \b
    Exit codes: 0 gesagt, 1 der Schlüssel ist nicht zu gebrauchen, 2 falscher Aufruf,
    78 bus.toml ist falsch.
    """
    with _errors():
        config, key = _opened(path)
        bus = Bus(config, key, Log(), now_ms=_now_ms)
        click.echo(f"{config.name}: {identity.fingerprint(key.name)}")
        if not config.pass_file.exists():
            click.echo("Kein Ausweis. -> dorfhub bus request, beim Landkreis county bus-pass")
        for hub, (count, size) in bus.holds().items():
            click.echo(f"{hub}: {count} Pakete, {size} Bytes, für diesen Bus nicht lesbar")
        for entry in Custody(config.custody).entries()[-20:]:
            when = time.strftime("%d.%m.%Y %H:%M", time.localtime(entry.at_ms / 1000))
            click.echo(f"  {when} {entry.act} {entry.hub} {entry.what} {entry.where}".rstrip())


def _say(seen: list[Visit], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps([asdict(one) for one in seen], ensure_ascii=False))
    else:
        for one in seen:
            click.echo(
                f"{one.name or one.address}: {one.parcels} Pakete, {one.size} Bytes mitgenommen, "
                f"{one.replies} Antworten gebracht"
            )
            if one.code != "ok":
                click.echo(f"  Warum nicht: {one.message} [{one.code}]")
    if any(one.code != "ok" for one in seen):
        raise SystemExit(1)


def _opened(path: Path) -> tuple[BusConfig, Identity]:
    config = load(path)
    return config, Identity.load_or_create(config.key_file)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except BusConfigError as error:
        click.echo(f"{error}\n  -> {error.hint}", err=True)
        raise SystemExit(EXIT_CONFIG) from None
    except SyncError as error:
        click.echo(f"Fehler: {error}", err=True)
        if error.hint:
            click.echo(f"  -> {error.hint}", err=True)
        raise SystemExit(1) from None
    except OSError as error:
        click.echo(f"Fehler: {error.filename or 'Datei'}: {error.strerror or error}", err=True)
        raise SystemExit(1) from None


_TEMPLATE = """\
# Der Bus des Landkreises. Pfade zählen vom Ordner dieser Datei.

[bus]
name = {name}
state = "state"
# space_mb = 4096                          # so viel darf er mitnehmen
# discover = true                          # Hubs in der Nähe von selbst finden (mDNS)
# hubs = ["https://192.0.2.7:8082"]        # und diese
# deliver = "/mnt/landkreis"               # dort lädt er ab, wenn der Ordner da ist
# listen = "0.0.0.0:8084"                  # oder der Landkreis holt hier ab: county bus https://...:8084
# keep_days = 60                           # was älter ist, macht Platz, wenn er voll ist
"""
