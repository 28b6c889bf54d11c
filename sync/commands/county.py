"""`dorfhub county ...`: the county hub's commands. A thin skin over `sync.county`."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeVar

import click

from edge.process.lifecycle import EXIT_CONFIG
from edge.store.errors import StoreError
from sync.errors import SyncError

if TYPE_CHECKING:
    from sync.county.hub import County
    from sync.county.outcome import Outcome

_Command = TypeVar("_Command", bound=Callable[..., object])


def county_option(command: _Command) -> _Command:
    """Give a command ``--county``: where its configuration is."""
    return click.option(
        "--county",
        "path",
        type=click.Path(path_type=Path),
        default=Path("county.toml"),
        show_default=True,
        help="The county hub's configuration, or the folder it is in.",
    )(command)


json_option = click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")


@click.command()
@click.argument("folder", default=".", type=click.Path(path_type=Path, file_okay=False))
@click.option("--name", required=True, help="What the villages call this county.")
@click.option(
    "--care-recipient",
    "recipients",
    multiple=True,
    metavar="age1...",
    help="Whom hubs may seal care data to; may be given several times.",
)
def init(folder: Path, name: str, recipients: tuple[str, ...]) -> None:
    """Make a new county hub in FOLDER: county.toml, key, ledger and lake.

    \b
    Example:
      dorfhub county init /srv/landkreis --name "Landkreis Gießen"

    \b
    Exit codes: 0 made, 1 could not be made, 2 usage, 78 it exists or the name cannot be used.
    """
    from sync.county.hub import create  # noqa: PLC0415 - `--help` needs no lake

    with errors():
        config = create(folder.absolute(), name, care_recipients=recipients)
    click.echo(f"Angelegt: {config.source}")
    click.echo()
    click.echo("Wie es weitergeht:")
    click.echo(f"  1. Einen Hub anmelden:   dorfhub county enrol URL --county {config.source}")
    click.echo(f"  2. Daten abrufen:        dorfhub county pull --county {config.source}")


@click.command()
@click.argument("url")
@county_option
@json_option
def enrol(url: str, path: Path, *, as_json: bool) -> None:
    """Make the hub at URL known here, and this county known there.

    Both sides stay pending until a person on each has compared the fingerprints.

    \b
    Example:
      dorfhub county enrol http://192.0.2.7:8082

    \b
    Exit codes: 0 the hub answered, 1 it did not, 2 usage, 78 county.toml is wrong.
    """
    from sync import identity, words  # noqa: PLC0415 - see init
    from sync.county import visits  # noqa: PLC0415

    with opened(path) as county:
        try:
            enrolled = visits.enrol(county, url)
        except ValueError as error:
            if isinstance(error, SyncError):
                raise
            raise click.UsageError(str(error)) from error
        own = county.identity.name
    hub = enrolled.hub
    if as_json:
        print_json(
            {
                "hub": hub.fingerprint,
                "county": identity.fingerprint(own),
                "hub_words": words.spoken(hub.public_key),
                "county_words": words.spoken(own),
                "id": hub.hub,
                "name": hub.name,
                "state": hub.state,
                "known_there": enrolled.known,
            }
        )
        return
    click.echo(f"Es meldet sich: {hub.name} ({url})")
    click.echo()
    click.echo(f"  Der Hub:        {words.spoken(hub.public_key)}")
    click.echo(f"                  {hub.fingerprint}")
    click.echo(f"  Der Landkreis:  {words.spoken(own)}")
    click.echo(f"                  {identity.fingerprint(own)}")
    click.echo()
    click.echo(
        "Bitte im Dorf anrufen. Das Dorf liest die Wörter seines Hubs vor, der Landkreis die"
    )
    click.echo("seinen; jeder vergleicht sie mit denen, die sein eigenes Gerät anzeigt.")
    if not enrolled.known:
        click.echo(f"  Im Dorf bestätigen:  dorfhub sync enrol {words.spoken(own).lower()}")
    if hub.state != "confirmed":
        spoken = words.spoken(hub.public_key).lower()
        click.echo(f"  Hier bestätigen:     dorfhub county confirm {spoken}")


@click.command()
@click.argument("fingerprint", nargs=-1, required=True)
@county_option
def confirm(fingerprint: tuple[str, ...], path: Path) -> None:
    """Trust the hub with this FINGERPRINT, or these six words; also ends its quarantine.

    The village's people read them out on the telephone; nothing is taken before that.

    \b
    Examples:
      dorfhub county confirm polster luftpost novelle solist becher oberarm
      dorfhub county confirm 3F2A-91C0-...

    \b
    Exit codes: 0 confirmed, 1 no hub has it, 2 usage, 78 county.toml is wrong.
    """
    from sync.county import visits  # noqa: PLC0415 - see init
    from sync.county.hub import label  # noqa: PLC0415

    with opened(path) as county:
        hub = visits.confirm(county, " ".join(fingerprint))
    click.echo(f"Bestätigt: {label(hub)}. Der nächste Abruf holt seine Daten.")


@click.command()
@county_option
@json_option
def pull(path: Path, *, as_json: bool) -> None:
    """Pull what is new from every hub that has an address, and from buses that are back.

    \b
    Example:
      dorfhub county pull --county /srv/landkreis

    \b
    Exit codes: 0 all came, 1 something did not come (status says why), 2 usage,
    78 county.toml is wrong.
    """
    from sync.county import buses, visits  # noqa: PLC0415 - see init

    with opened(path, as_json=as_json) as county:
        outcomes = visits.pull_all(county)
        for bus in buses.pull_known(county):
            outcomes.extend(bus.outcomes)
    say_round(outcomes, as_json=as_json, nothing="Es ist noch kein Hub angemeldet.")


@click.command()
@county_option
@click.option("--host", default="0.0.0.0", show_default=True, help="Where to listen.")  # noqa: S104
@click.option("--port", type=click.IntRange(0, 65535), default=8443, show_default=True)
def listen(path: Path, host: str, port: int) -> None:
    """Take the calls of hubs that sit behind a router, until SIGTERM.

    A hub calls if its hub.toml names this county: `[sync] calls = ["kreis.example:8443"]`. Then
    `county pull` finds it without an address. A hub that calls for the first time is made known
    with `dorfhub county enrol call:ID`; this command says its ID.

    \b
    Example:
      dorfhub county listen --county /srv/landkreis --port 8443

    \b
    Exit codes: 0 stopped, 1 the port cannot be had, 2 usage, 78 county.toml is wrong.
    """
    from edge.process.lifecycle import stop_on_signals  # noqa: PLC0415 - see init
    from edge.process.log import start  # noqa: PLC0415
    from sync.county import calls  # noqa: PLC0415

    log = start("county")
    stop = stop_on_signals()
    with errors():
        calls.listen(path, host, port, stop, log)


@click.command("import")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--by", default="", metavar="NAME", help="Who brought the stick.")
@county_option
@json_option
def import_(folder: Path, path: Path, by: str, *, as_json: bool) -> None:
    """Take the bundles in FOLDER (a USB stick); leave acknowledgements and news there.

    \b
    Example:
      dorfhub county import /media/usb --county /srv/landkreis

    \b
    Exit codes: 0 all came, 1 something did not come (status says why), 2 usage,
    78 county.toml is wrong.
    """
    from sync.county import visits  # noqa: PLC0415 - see init

    with opened(path, as_json=as_json) as county:
        outcomes = visits.import_folder(county, folder, by=by)
    say_round(outcomes, as_json=as_json, nothing=f"In {folder} liegen keine Daten von Hubs.")


@click.command()
@county_option
@json_option
def status(path: Path, *, as_json: bool) -> None:
    """Say for each hub what came, what did not, why, and when it last did; first who is silent.

    \b
    Example:
      dorfhub county status --json

    \b
    Exit codes: 0 all hubs are well, 1 something did not come, or a hub is silent for too long,
    2 usage, 78 county.toml is wrong.
    """
    from sync.county import report  # noqa: PLC0415 - see init

    now_ms = time.time_ns() // 1_000_000
    with opened(path, as_json=as_json) as county:
        answer = report.status(county)
    if as_json:
        print_json(report.plain(answer, now_ms))
    else:
        for line in report.sentences(answer, now_ms=now_ms):
            click.echo(line)
    if not answer.ok or report.silent_hubs(answer.hubs, now_ms):
        raise SystemExit(1)


def say_round(outcomes: Sequence[Outcome], *, as_json: bool, nothing: str) -> None:
    """Print how each hub did, or ``nothing`` if there was none; end with 1 if one failed."""
    from sync.county import report  # noqa: PLC0415 - see init

    if as_json:
        print_json(report.round_of(outcomes))
    elif not outcomes:
        click.echo(nothing)
    else:
        for outcome in outcomes:
            for line in report.outcome_lines(outcome):
                click.echo(line)
    if any(outcome.code != "ok" for outcome in outcomes):
        raise SystemExit(1)


def print_json(value: object) -> None:
    """Answer a program."""
    click.echo(json.dumps(value, ensure_ascii=False))


@contextmanager
def opened(path: Path, *, as_json: bool = False) -> Iterator[County]:
    """Open the county; what a person can do something about becomes a message."""
    from sync.county.hub import open_county  # noqa: PLC0415 - see init

    with errors(as_json=as_json), open_county(path) as county:
        yield county


@contextmanager
def errors(*, as_json: bool = False) -> Iterator[None]:
    """Turn what a person can do something about into a message and an exit code.

    A program that asked for JSON gets `{"ok": false, "error", "message", "hint"}` beside the
    totals of a round in which nothing came.
    """
    from sync.carrier.base import CarrierError  # noqa: PLC0415 - see init
    from sync.county.config import ConfigError  # noqa: PLC0415
    from sync.county.details import detail  # noqa: PLC0415
    from sync.county.reasons import hint, sentence  # noqa: PLC0415

    def die(error: str, message: str, advice: str, code: int = 1) -> NoReturn:
        if as_json:
            from sync.county.report import round_of  # noqa: PLC0415

            said = {"ok": False, "error": error, "message": message, "hint": advice}
            print_json(round_of([]) | said)
        click.echo(f"Fehler: {message}", err=True)
        if advice:
            click.echo(f"  {advice}", err=True)
        raise SystemExit(code)

    try:
        yield
    except ConfigError as error:
        die("config", str(error), error.hint, EXIT_CONFIG)
    except CarrierError as error:
        said = detail(str(error))
        message = f"{sentence(error.reason)} [{error.reason}]" + (f" {said}" if said else "")
        die(str(error.reason), message, hint(error.reason))
    except SyncError as error:
        die(type(error).__name__, str(error), error.hint)
    except StoreError as error:
        die("store", str(error), error.hint)
    except sqlite3.OperationalError as error:
        die("ledger", f"Das Verzeichnis der Hubs ist nicht beschreibbar: {error}", _SPACE)
    except OSError as error:
        die("disk", f"{error.filename or 'Datei'}: {error.strerror or error}", _SPACE)


_SPACE = "Platz und Rechte im Zustandsordner prüfen."
