"""`dorfhub sync ...`: bundles on a stick, the county's replies, how it stands, enrolment."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from edge.config import ConfigError, load
from edge.process.lifecycle import EXIT_CONFIG
from edge.store.errors import StoreError
from sync import asked, carrying, identity, replies, stick, stick_visit
from sync.again import Again
from sync.carrier import medium
from sync.commands import report, show
from sync.custody import Act
from sync.errors import FormatError, IdentityError, SyncError, VersionError
from sync.node import Node, keys, opened
from sync.node import new_epoch as begin
from sync.node import rotate_key as rotate
from sync.wire import Ack, Notice


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--after",
    type=click.IntRange(min=0),
    help="Write the segments above this number; default: what the county has not acknowledged.",
)
@click.option("--by", default="", metavar="NAME", help="Who takes the stick along.")
@click.pass_obj
def export(config_path: Path, folder: Path, after: int | None, by: str) -> None:
    """Write what waits for the county into DIR, such as a USB stick.

    What the county asks for again on it is written as well, as far as the hub keeps it.

    \b
    Example:
      dorfhub sync export /media/stick

    \b
    Exit codes: 0 done, 1 it could not be written, 78 hub.toml is wrong.
    """
    with with_node(config_path) as node:
        medium.require_plain(folder)
        sealed = node.sealer.step(node.clock.stamp(), everything=True)
        if sealed.care_waits:
            click.echo(f"Pflegedaten bleiben hier: {sealed.care_waits}", err=True)
        if sealed.plan_waits:
            click.echo(f"Das Wärmekataster bleibt hier: {sealed.plan_waits}", err=True)
        if sealed.release_waits:
            click.echo(f"Von den offenen Daten bleibt etwas hier: {sealed.release_waits}", err=True)
        start = node.peers.acknowledged() if after is None else after
        count = 0
        for written in stick.export(node.outbox, folder, start):
            click.echo(
                f"{written.path}: Segmente {written.first} bis {written.last}, {written.size} Bytes"
            )
            stick_visit.sign(node, written.path, carrying.stick_name(folder, by), Act.TAKEN)
            count += 1
        for given in asked.give(node, folder, asked.wishes(node, folder), start):
            click.echo(f"Der Landkreis bat um ältere Pakete. {given.answer.text}")
            for written in given.written:
                stick_visit.sign(node, written.path, carrying.stick_name(folder, by), Act.TAKEN)
            count += len(given.written)
        _lay(node, folder)
        if count and (chain := keys(node.config, node.identity)):
            stick.write_keys(folder, chain)
        if not count:
            click.echo("Es gibt nichts Neues für den Landkreis.")
        else:
            click.echo("Geschrieben und zurückgelesen. Den Stick jetzt sicher entfernen.")


@click.command(name="import")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option("--by", default="", metavar="NAME", help="Who brought the stick.")
@click.pass_obj
def import_(config_path: Path, folder: Path, by: str) -> None:
    """Take what the county left in DIR: its news, acknowledgements, what is wrong, a changed key.

    Taking the same ones again changes nothing.

    \b
    Example:
      dorfhub sync import /media/stick

    \b
    Exit codes: 0 done, 1 one could not be taken, 78 hub.toml is wrong.
    """
    failed = False
    with with_node(config_path) as node:
        medium.require_plain(folder)
        for path, reply in stick.replies(folder, node.peers.key_of):
            if isinstance(reply, VersionError):
                click.echo(f"{path.name}: von einer neueren Version\n  -> {reply.hint}", err=True)
                failed = True
                continue
            if isinstance(reply, FormatError):
                click.echo(f"{path.name}: beschädigt oder gefälscht: {reply}", err=True)
                failed = True
                continue
            if not isinstance(reply, tuple) and reply.hub != node.identity.name:
                click.echo(f"{path.name}: gilt einem anderen Hub.")
                continue
            try:
                click.echo(f"{path.name}: {_take(node, reply)}")
            except SyncError as error:
                click.echo(f"{path.name}: {error}\n  -> {error.hint}", err=True)
                failed = True
        failed |= _take_news(node, folder, carrying.stick_name(folder, by))
        _lay(node, folder)
    if failed:
        raise SystemExit(1)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
@click.pass_obj
def status(config_path: Path, *, as_json: bool) -> None:
    """Say what waits, what arrived, and why not.

    \b
    Examples:
      dorfhub sync status
      dorfhub sync status --json

    \b
    Exit codes: 0 it was said, 1 a database cannot be read, 78 hub.toml is wrong.
    """
    with with_node(config_path) as node:
        found = report.gather(node)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        for line in report.lines(found):
            click.echo(line)


@click.command()
@click.argument("fingerprint", nargs=-1, required=True)
@click.pass_obj
def enrol(config_path: Path, fingerprint: tuple[str, ...]) -> None:
    """Confirm the county with this FINGERPRINT, these six words, or this QR code's text.

    Its people read them out on the telephone; nothing leaves the village before that.

    \b
    Examples:
      dorfhub sync enrol polster luftpost novelle solist becher oberarm
      dorfhub sync enrol B6B3-4E90-305D-5576-9DA8-A6B3-FC3C-423A

    \b
    Exit codes: 0 confirmed, 1 nobody with this fingerprint asked, 78 hub.toml is wrong.
    """
    with with_node(config_path) as node:
        peer = node.peers.confirm(" ".join(fingerprint), node.clock.stamp().wall_ms)
        click.echo(f"Bestätigt: {peer.name} ({identity.fingerprint(peer.public_key)})")
        for key in peer.care_recipients:
            click.echo(f"Pflegedaten werden versiegelt für {key}")


@click.command(name="identity")
@click.option("--qr", is_flag=True, help="Show the QR code here.")
@click.option(
    "--svg", "picture", type=click.Path(path_type=Path, dir_okay=False), help="Write it as a file."
)
@click.pass_obj
def identity_(config_path: Path, picture: Path | None, *, qr: bool) -> None:
    """Say who this hub is: what the county's people compare before they confirm it.

    \b
    Examples:
      dorfhub sync identity
      dorfhub sync identity --svg /tmp/hub.svg

    \b
    Exit codes: 0 it was said, 1 the key cannot be used, 78 hub.toml is wrong.
    """
    with with_node(config_path) as node:
        for line in show.lines(node.identity.name, "dorfhub county confirm"):
            click.echo(line)
        changes = len(keys(node.config, node.identity))
        if changes:
            click.echo(f"Schlüssel gewechselt:  {changes}-mal; Name und Wörter bleiben.")
        show.code(node.identity.name, picture, qr=qr)


@click.command()
@click.pass_obj
def rotate_key(config_path: Path) -> None:
    """Change the hub's key; old and new key both sign the change, its name stays.

    The county takes the new key by itself. Nothing needs to be stopped.

    \b
    Example:
      dorfhub sync rotate-key

    \b
    Exit codes: 0 changed, 1 it could not be changed (the old key holds), 78 hub.toml is wrong.
    """
    with with_node(config_path) as node:
        try:
            made = rotate(node)
        except OSError as error:
            raise IdentityError(
                f"Der neue Schlüssel konnte nicht geschrieben werden: {error.strerror or error}",
                hint="Platz und Rechte im Schlüsselordner prüfen; der alte Schlüssel gilt weiter.",
            ) from error
    click.echo(f"Neuer Schlüssel ab Segment {made.seq + 1}. Der Landkreis übernimmt ihn beim")
    click.echo("nächsten Abruf oder vom nächsten Stick; die sechs Wörter bleiben gleich.")
    click.echo("Bitte jetzt die Sicherung der Schlüssel erneuern.")


@click.command()
@click.option(
    "--after",
    type=click.IntRange(min=0),
    help="Send again what was sealed above this number; default: what no county acknowledged.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def new_epoch(config_path: Path, after: int | None, *, yes: bool) -> None:
    """Begin a new stream, after a card was copied or restored and the county took nothing more.

    \b
    Example:
      dorfhub sync new-epoch

    \b
    Exit codes: 0 begun, 1 not begun, 78 hub.toml is wrong.
    """
    with with_node(config_path) as node:
        start = node.peers.acknowledged() if after is None else after
        if not yes:
            click.confirm(
                f"Neue Reihe beginnen und alles nach Segment {start} noch einmal senden? Nur "
                "dann, wenn kein zweites Gerät mit dieser Karte mehr läuft.",
                abort=True,
            )
        position = begin(node, start)
    click.echo(f"Neue Reihe {position.epoch.hex()}, {position.last_seq} Segmente darin.")
    click.echo("Im Landkreis den Hub jetzt wieder freigeben: dorfhub county confirm WÖRTER")


def _take(node: Node, reply: stick.Reply) -> str:
    now_ms = node.clock.stamp().wall_ms
    if isinstance(reply, Ack):
        replies.accept(reply, node.outbox, node.peers, now_ms)
        return f"bestätigt bis Segment {reply.seq}."
    if isinstance(reply, Notice):
        return replies.heed(reply, node.outbox, node.peers, now_ms)
    if isinstance(reply, Again):
        replies.require_confirmed(reply.county, node.peers)
        return (
            f"Der Landkreis bittet noch einmal um die Pakete {reply.after + 1} bis {reply.until}; "
            "`dorfhub sync export` schreibt sie auf diesen Stick."
        )
    replies.learn(reply, node.outbox, node.peers, now_ms)
    return "Der Landkreis hat seinen Schlüssel gewechselt; übernommen."


def _take_news(node: Node, folder: Path, name: str) -> bool:
    """Take what the county wrote; True if something of it could not be taken."""
    failed = False
    for peer, file, found in stick_visit.take(node, folder, name):
        if isinstance(found, SyncError):
            click.echo(f"{file.name}: {found}\n  -> {found.hint}", err=True)
            failed = True
        elif found.segments:
            later = f", {found.kept} für eine spätere Version aufgehoben" if found.kept else ""
            click.echo(f"{peer.name}: {found.segments} neue Sendungen{later}.")
    return failed


def _lay(node: Node, folder: Path) -> None:
    for path in stick_visit.lay(node, folder):
        click.echo(f"{path.name}: Gelöschtes ist auch auf dem Stick gelöscht.")


@contextmanager
def with_node(config_path: Path) -> Iterator[Node]:
    """Open the hub's side of sync; what is wrong is said, and ends the program."""
    try:
        with opened(load(config_path)) as node:
            yield node
    except ConfigError as error:
        click.echo(f"{error}\n  -> {error.hint}", err=True)
        raise SystemExit(EXIT_CONFIG) from None
    except (SyncError, StoreError) as error:
        click.echo(f"Fehler: {error}", err=True)
        if error.hint:
            click.echo(f"  -> {error.hint}", err=True)
        raise SystemExit(1) from None
