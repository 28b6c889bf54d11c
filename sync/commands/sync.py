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
from sync import identity, replies, stick
from sync.commands import report
from sync.errors import FormatError, SyncError
from sync.node import Node, opened


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--after",
    type=click.IntRange(min=0),
    help="Write the segments above this number; default: what the county has not acknowledged.",
)
@click.pass_obj
def export(config_path: Path, folder: Path, after: int | None) -> None:
    """Write what waits for the county into DIR, such as a USB stick.

    \b
    Example:
      dorfhub sync export /media/stick

    \b
    Exit codes: 0 done, 1 it could not be written, 78 hub.toml is wrong.
    """
    with _node(config_path) as node:
        sealed = node.sealer.step(node.clock.stamp(), everything=True)
        if sealed.care_waits:
            click.echo(f"Pflegedaten bleiben hier: {sealed.care_waits}", err=True)
        start = node.peers.acknowledged() if after is None else after
        count = 0
        for written in stick.export(node.outbox, folder, start):
            click.echo(
                f"{written.path}: Segmente {written.first} bis {written.last}, {written.size} Bytes"
            )
            count += 1
        if not count:
            click.echo("Es gibt nichts Neues für den Landkreis.")
        else:
            click.echo("Geschrieben und zurückgelesen. Den Stick jetzt sicher entfernen.")


@click.command(name="import")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.pass_obj
def import_(config_path: Path, folder: Path) -> None:
    """Take the county's acknowledgements from DIR.

    Taking the same ones again changes nothing.

    \b
    Example:
      dorfhub sync import /media/stick

    \b
    Exit codes: 0 done, 1 one could not be taken, 78 hub.toml is wrong.
    """
    failed = False
    with _node(config_path) as node:
        for path, ack in stick.acknowledgements(folder):
            if isinstance(ack, FormatError):
                click.echo(f"{path.name}: beschädigt: {ack}", err=True)
                failed = True
                continue
            if ack.hub != node.identity.public_key:
                click.echo(f"{path.name}: gilt einem anderen Hub.")
                continue
            try:
                replies.accept(ack, node.outbox, node.peers, node.clock.stamp().wall_ms)
            except SyncError as error:
                click.echo(f"{path.name}: {error}\n  -> {error.hint}", err=True)
                failed = True
            else:
                click.echo(f"{path.name}: bestätigt bis Segment {ack.seq}.")
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
    with _node(config_path) as node:
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
    """Confirm the county with this FINGERPRINT, compared with one read out by its people.

    \b
    Example:
      dorfhub sync enrol B6B3-4E90-305D-5576-9DA8-A6B3-FC3C-423A

    \b
    Exit codes: 0 confirmed, 1 nobody with this fingerprint asked, 78 hub.toml is wrong.
    """
    with _node(config_path) as node:
        peer = node.peers.confirm("".join(fingerprint), node.clock.stamp().wall_ms)
        click.echo(f"Bestätigt: {peer.name} ({identity.fingerprint(peer.public_key)})")
        for key in peer.care_recipients:
            click.echo(f"Pflegedaten werden versiegelt für {key}")


@contextmanager
def _node(config_path: Path) -> Iterator[Node]:
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
