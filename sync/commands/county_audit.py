"""`dorfhub county audit`: what hubs told of their books of reads, and whether a book agrees."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.commands.care_audit import FAULTS, MOST_SHOWN, day, denied
from sync.commands.county import county_option, opened

if TYPE_CHECKING:
    from sync.county.books import Verdict

MAX_NAME = 80  # characters of who looked after it


@click.command()
@click.argument("hub_name", metavar="HUB")
@click.option(
    "--book",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="A copy of the hub's book (`dorfhub care audit copy FILE` there) to compare.",
)
@click.option(
    "--to",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write what is kept here to a new file, for `dorfhub care audit verify --anchors` there.",
)
@click.option(
    "--seen",
    "who",
    metavar="NAME",
    help="Note that NAME looked after what is shown: only what comes later is a warning then.",
)
@county_option
def audit(hub_name: str, path: Path, book: Path | None, file: Path | None, who: str | None) -> None:
    """Say how HUB's book „Wer hat was gesehen?“ ended, as the hub told; compare a copy of it.

    A hub tells at most once a day: how many entries, and a hash. No entry itself ever comes here.
    A book that was cut, changed or written anew denies one of them.

    \b
    Examples:
      dorfhub county audit 66687aadf862bd77
      dorfhub county audit 66687aadf862bd77 --book /media/usb/buch.txt
      dorfhub county audit 66687aadf862bd77 --to /media/usb/anker.txt
      dorfhub county audit 66687aadf862bd77 --seen "Frau Becker"

    \b
    Exit codes: 0 nothing is wrong that nobody looked after, 1 the book is not what was told (or
    it cannot be read), 2 usage, 78 county.toml is wrong.
    """
    who = None if who is None else who.strip()
    if who is not None and not (0 < len(who) <= MAX_NAME and who.isprintable()):
        raise click.BadParameter(f"1 to {MAX_NAME} characters", param_hint="--seen")
    from edge.care.anchor import write_anchors  # noqa: PLC0415 - `--help` needs no lake
    from sync.county import books, visits  # noqa: PLC0415
    from sync.county.hub import label  # noqa: PLC0415

    with opened(path) as county:
        hub = visits.find(county, hub_name)
        books.gather(county, visits.now_ms())
        with county.streams() as streams:
            told, shrunk = books.anchors(streams, hub.hub), books.shrunk(streams, hub.hub)
            if who is not None:
                books.mark_seen(streams, hub.hub, shrunk, who, visits.now_ms())
                shrunk = books.shrunk(streams, hub.hub)
        verdict = None if book is None else books.compare(told, book)
    if file is not None:
        _write(file, write_anchors(told))
    if not told:
        click.echo(f"{label(hub)} hat noch nichts von seinem Buch gemeldet.")
    else:
        newest = told[-1]
        click.echo(
            f"{label(hub)}: {len(told)} Meldungen, zuletzt vom {day(newest.at)}:"
            f" {newest.number} Einträge, Prüfwert {newest.digest.hex()}"
        )
    for one in shrunk[-MOST_SHOWN:]:  # the newest are the ones that nobody knows yet
        looked = "" if one.seen_at is None else f" Gesehen von {one.seen_by}, {day(one.seen_at)}."
        click.echo(
            f"Das Buch wurde kürzer oder ein anderes: am {day(one.before.at)} waren es"
            f" {one.before.number} Einträge, am {day(one.after.at)} {one.after.number}.{looked}"
        )
    wrong = _said(verdict) if verdict else False
    if wrong or not all(one.seen_by for one in shrunk):
        raise SystemExit(1)


def _said(verdict: Verdict) -> bool:
    """Say what became of a copy; return whether anything is wrong."""
    lines = [f"Eintrag {number}: {FAULTS[fault.value]}." for number, fault in verdict.faults]
    lines += denied(verdict.doubts, verdict.entries)
    for line in lines[:MOST_SHOWN]:
        click.echo(line)
    if len(lines) > MOST_SHOWN:
        click.echo(f"... und {len(lines) - MOST_SHOWN} weitere.")
    if lines:
        click.echo("Die Abschrift ist nicht das Buch, von dem der Hub gemeldet hat.")
    else:
        click.echo(
            f"Die Abschrift stimmt: {verdict.entries} Einträge, verglichen mit"
            f" {verdict.anchors} Meldungen."
        )
    return bool(lines)


def _write(file: Path, text: str) -> None:
    try:
        out = open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w")  # noqa: PTH123, SIM115
    except FileExistsError:
        raise click.ClickException(f"{file} gibt es schon.") from None
    with out:
        out.write(text)
    click.echo(f"Geschrieben: {file}")
