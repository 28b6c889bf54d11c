"""`dorfhub attendance`: who is there."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from edge.commands.learning_point import opened, when


@click.command()
@click.pass_obj
def now(config_path: Path) -> None:
    """Zeigt die Termine, die gerade sind oder bald beginnen, mit ihren Nummern.

    \b
    Beispiel:
      dorfhub attendance now

    \b
    Exit codes: 0 gezeigt, 78 hub.toml ist falsch.
    """
    with opened(config_path) as point:
        found = point.register.now()
    for course, session in found:
        click.echo(
            f"{session.session:>5}  {when(session.starts_at, session.ends_at)}  {course.title}"
        )
    if not found:
        click.echo("Gerade ist nichts.")


@click.command("list")
@click.argument("session", metavar="TERMIN", type=int)
@click.pass_obj
def list_(config_path: Path, session: int) -> None:
    """Zeigt die Liste eines TERMINs zum Abhaken.

    \b
    Beispiel:
      dorfhub attendance list 17

    \b
    Exit codes: 0 gezeigt, 1 gibt es nicht, 75 gesperrt, 78 hub.toml ist falsch.
    """
    with opened(config_path) as point:
        rows = point.register.rows(session)
        walked = point.village.walk_ins().get(session, 0)
    for row in rows:
        there = f"{row.present}" if row.present else " "
        name = row.enrolment.name or "(Name gelöscht)"
        group = f"  zu {row.enrolment.party}" if row.enrolment.party > 1 else ""
        click.echo(f"[{there}] {row.enrolment.enrolment:>5}  {name}{group}")
    present = sum(row.present for row in rows)
    click.echo(f"Da: {present} von {sum(row.enrolment.party for row in rows)}, dazu {walked} ohne")


@click.command()
@click.argument("session", metavar="TERMIN", type=int)
@click.argument("enrolments", metavar="ANMELDUNG...", nargs=-1, type=int, required=True)
@click.option("--count", type=click.IntRange(0, 4), help="So viele der Gruppe; 0 nimmt zurück.")
@click.pass_obj
def tick(
    config_path: Path, session: int, enrolments: tuple[int, ...], *, count: int | None
) -> None:
    """Hakt Anmeldungen ab (Nummern aus `attendance list`).

    \b
    Beispiel:
      dorfhub attendance tick 17 4 5 9

    \b
    Exit codes: 0 abgehakt, 1 gehört nicht dazu, 75 gesperrt, 78 hub.toml ist falsch.
    """
    with opened(config_path) as point:
        for one in enrolments:
            click.echo(f"{one}: {point.register.tick(session, one, count)} da")


@click.command()
@click.argument("session", metavar="TERMIN", type=int)
@click.pass_obj
def scan(config_path: Path, session: int) -> None:
    """Liest Karten und Zettel vom Scanner, eine Zeile je Stück, bis zum Ende der Eingabe.

    \b
    Beispiel:
      dorfhub attendance scan 17

    \b
    Exit codes: 0 fertig, 1 gibt es nicht, 75 gesperrt, 78 hub.toml ist falsch.
    """
    from edge.desk.register import NotHere  # noqa: PLC0415

    with opened(config_path) as point:
        point.register.session(session)
        for line in sys.stdin:
            if not line.strip():
                continue
            try:
                found = point.register.scan(session, line)
            except NotHere as error:
                click.echo(error.hint, err=True)
            else:
                click.echo(f"Da: {found.name}")


@click.command("walk-in")
@click.argument("session", metavar="TERMIN", type=int)
@click.argument("count", metavar="[ANZAHL]", type=int, default=1)
@click.pass_obj
def walk_in(config_path: Path, session: int, count: int) -> None:
    """Zählt, wer ohne Anmeldung da ist; eine negative ANZAHL nimmt zurück.

    \b
    Beispiel:
      dorfhub attendance walk-in 17 3
      dorfhub attendance walk-in 17 -- -1

    \b
    Exit codes: 0 gezählt, 1 gibt es nicht, 78 hub.toml ist falsch.
    """
    with opened(config_path) as point:
        click.echo(f"Ohne Anmeldung da: {point.register.walk_in(session, count)}")


@click.command()
@click.argument("slip", metavar="ZETTEL")
@click.pass_obj
def card(config_path: Path, slip: str) -> None:
    """Macht eine Karte für den, der diesen ZETTEL hat, und zeigt ihren QR-Code.

    Eine frühere Karte gilt dann nicht mehr.

    \b
    Beispiel:
      dorfhub attendance card "K7M 43R XA9"

    \b
    Exit codes: 0 gemacht, 1 gibt es nicht, 75 gesperrt, 78 hub.toml ist falsch.
    """
    from edge.desk.paper import qr_text  # noqa: PLC0415

    with opened(config_path) as point:
        made = point.register.give_card(slip)
    click.echo(qr_text(made))
    click.echo(made)
