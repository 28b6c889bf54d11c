"""`dorfhub care audit`: whether the book „Wer hat was gesehen?“ is what it was."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.commands.unlocked import unlocked

if TYPE_CHECKING:
    from edge.care.anchor import Anchor, Doubt

FAULTS = {
    "missing": "davor fehlt ein Eintrag",
    "chain": "passt nicht zu dem davor: er oder ein früherer wurde geändert",
    "content": "sagt nicht mehr, was eingetragen wurde",
    "emptied": "ist leer, ohne dass eine Löschung ihn nennt",
}
MOST_SHOWN = 20


@click.group()
def audit() -> None:
    """Das Buch „Wer hat was gesehen?“ prüfen."""


@audit.command("verify")
@click.option("--head", help="Prüfwert von früher: Er muss noch im Buch stehen (NUMMER:PRÜFWERT).")
@click.option(
    "--anchors",
    "file",
    type=click.Path(dir_okay=False, exists=True, path_type=Path),
    help="Was der Landkreis vom Ende des Buchs aufgehoben hat (dorfhub county audit HUB --to ...).",
)
@click.pass_obj
def verify(config_path: Path, head: str | None, file: Path | None) -> None:
    """Prüfe, ob im Buch „Wer hat was gesehen?“ etwas geändert oder herausgenommen wurde.

    Der Hub meldet dem Landkreis höchstens einmal am Tag, wie das Buch endet. Mit dem, was hier
    davon steht, wird immer verglichen; mit dem, was der Landkreis aufgehoben hat, nur mit
    --anchors: Das kann niemand ändern, dem der Hub gehört. Wer den genannten Prüfwert
    aufschreibt, erkennt es mit --head auch ohne Landkreis.

    \b
    Beispiele:
      dorfhub care audit verify
      dorfhub care audit verify --head 214:9c1f...
      dorfhub care audit verify --anchors /media/stick/buch.txt

    \b
    Rückgabewert (Exit code): 0 das Buch ist unversehrt, 1 es wurde verändert, 75 personal.db ist
    gesperrt, 78 hub.toml ist falsch.
    """
    from edge.care import anchor  # noqa: PLC0415 - `--help` is quick
    from edge.config import load  # noqa: PLC0415
    from edge.store.village import VillageStore  # noqa: PLC0415

    kept = [] if file is None else _anchors(file)
    with unlocked(config_path) as personal:
        verdict = personal.check_audit()
        number, digest = personal.audit_head()
        broken = [] if head is None else _differs(head, personal.audit_digest)
        with VillageStore(load(config_path).hub.village_db) as village:
            told = village.audit_anchors()
        both = sorted({(one.at, one.number, one.digest) for one in (*told, *kept)})
        anchors = [anchor.Anchor(number, digest, at) for at, number, digest in both]
        doubts = anchor.doubts(anchors, number, personal.audit_digest)
    lines = [f"Eintrag {entry}: {FAULTS[fault.value]}." for entry, fault in verdict.faults]
    lines += broken + list(denied(doubts, number))
    for line in lines[:MOST_SHOWN]:
        click.echo(line)
    if len(lines) > MOST_SHOWN:
        click.echo(f"... und {len(lines) - MOST_SHOWN} weitere.")
    if lines:
        raise click.ClickException(
            "Das Buch wurde verändert. Bitte nichts daran tun und melden, wer den Hub betreut hat."
            " Auch eine ältere Sicherung, die zurückgespielt wurde, sieht so aus."
        )
    click.echo(
        f"Das Buch ist unversehrt: {verdict.entries} Einträge, davon {verdict.erased} "
        f"über Personen, die gelöscht sind."
    )
    if anchors:
        click.echo(f"Verglichen mit {len(anchors)} Meldungen, zuletzt vom {day(anchors[-1].at)}.")
    click.echo(f"Prüfwert zum Aufschreiben: {number}:{digest.hex()}")


@audit.command("copy")
@click.argument("file", metavar="DATEI", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_obj
def copy(config_path: Path, file: Path) -> None:
    """Schreibe die Kette des Buchs in eine neue DATEI, damit der Landkreis sie prüfen kann.

    Darin stehen Nummern, Zeiten und Prüfwerte, und nichts davon, wer wen oder was gesehen hat.
    Beim Landkreis: dorfhub county audit HUB --book DATEI

    \b
    Beispiel:
      dorfhub care audit copy /media/stick/buch.txt

    \b
    Rückgabewert (Exit code): 0 geschrieben, 1 die Datei gibt es schon, 75 personal.db ist
    gesperrt, 78 hub.toml ist falsch.
    """
    from edge.care import anchor  # noqa: PLC0415 - as above

    with unlocked(config_path) as personal:
        try:
            out = open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w")  # noqa: PTH123, SIM115
        except OSError as error:
            raise click.ClickException(f"{file}: {error.strerror}") from None
        with out:
            out.writelines(anchor.write_copy(personal.audit_chain()))
    click.echo(f"Geschrieben: {file}. Wer wen gesehen hat, steht nicht darin.")


def denied(doubts: Iterable[tuple[Anchor, Doubt]], last: int) -> Iterable[str]:
    """Say in words what a book of ``last`` entries denies of what was told of it."""
    from edge.care.anchor import Doubt  # noqa: PLC0415 - as above

    for one, doubt in doubts:
        if doubt is Doubt.SHORTER:
            yield (
                f"Das Buch ist kürzer, als am {day(one.at)} gemeldet wurde: damals"
                f" {one.number} Einträge, jetzt {last}."
            )
        else:
            yield f"Eintrag {one.number} ist nicht mehr der, der am {day(one.at)} gemeldet wurde."


def day(at_ms: int) -> str:
    """Return a moment as people write it."""
    from edge.clock import to_datetime  # noqa: PLC0415 - as above

    return to_datetime(at_ms).astimezone().strftime("%d.%m.%Y, %H:%M Uhr")


def _anchors(file: Path) -> list[Anchor]:
    from edge.care.anchor import CopyError, read_anchors  # noqa: PLC0415 - as above

    try:
        return read_anchors(file.read_text("ascii", errors="replace"))
    except CopyError as error:
        raise click.ClickException(f"{file.name}: {error.hint}") from None


def _differs(head: str, digest_of: Callable[[int], bytes | None]) -> list[str]:
    number, _, digest = head.strip().partition(":")
    if not number.isdecimal() or len(number) > 18:
        raise click.UsageError("Der Prüfwert sieht so aus: 214:9c1f...")
    found = digest_of(int(number))
    if found is not None and found.hex() == digest.lower():
        return []
    return [f"Eintrag {number} ist nicht mehr der, von dem der Prüfwert ist."]
