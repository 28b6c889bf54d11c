"""`dorfhub rota`: shifts and who does them; who does needs personal.db."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.commands.learning_point import opened, tag, uhrzeit, when

if TYPE_CHECKING:
    from edge.desk.rota import Row


@click.command("list")
@click.option("--days", type=click.IntRange(1, 365), default=60, show_default=True, help="Tage.")
@click.pass_obj
def list_(config_path: Path, *, days: int) -> None:
    """Zeigt die nächsten Dienste: zuerst, wo jemand fehlt.

    \b
    Beispiel:
      dorfhub rota list --days 14

    \b
    Exit codes: 0 gezeigt, 75 gesperrt, 78 hub.toml ist falsch.
    """
    with opened(config_path) as point:
        found = point.rota.rows(until=point.rota.now() + days * 86_400_000)
    for row in found:
        _print(row)
    if not found:
        click.echo("Keine Dienste. Anlegen: dorfhub rota add AUFGABE --place ORT --day TAG ...")


@click.command()
@click.argument("task", metavar="AUFGABE")
@click.option("--place", required=True, help="Wo.")
@click.option("--day", type=tag, required=True, help="Erster Tag.")
@click.option("--start", type=uhrzeit, required=True, help="Von.")
@click.option("--end", type=uhrzeit, required=True, help="Bis; nach Mitternacht geht.")
@click.option("--needed", type=int, default=1, show_default=True, help="Wie viele Leute.")
@click.option("--qualification", help="Was man dafür braucht, zum Beispiel juleica.")
@click.option("--times", type=int, default=1, show_default=True, help="Wie oft (Reihe).")
@click.option("--weeks", type=int, default=1, show_default=True, help="Alle wie viele Wochen.")
@click.option("--note", default="", help="Hinweis für die, die ihn machen.")
@click.pass_obj
def add(
    config_path: Path,
    task: str,
    *,
    place: str,
    day: date,
    start: time,
    end: time,
    needed: int,
    qualification: str | None,
    times: int,
    weeks: int,
    note: str,
) -> None:
    """Legt einen Dienst oder eine Reihe an; freie Tage werden ausgelassen.

    \b
    Beispiel:
      dorfhub rota add "Café-Ausgabe" --place Küche --day 24.11.2026 --start 14:00 --end 17:00
        --needed 2 --times 10

    \b
    Exit codes: 0 angelegt, 1 abgelehnt, 2 Eingabe, 78 hub.toml ist falsch.
    """
    from edge.learning.series import Series  # noqa: PLC0415
    from edge.volunteers.rota import Shift  # noqa: PLC0415
    from edge.volunteers.rota import times as span_of  # noqa: PLC0415

    with opened(config_path) as point:
        begins, ends = span_of(day, start, end)
        shift = Shift(
            task=task,
            place=place,
            starts_at=begins,
            ends_at=ends,
            needed=needed,
            qualification=qualification,
            note=note,
        )
        series = Series(day, start, end, times, weeks) if times > 1 else None
        made = point.rota.create(shift, series)
    for one in made:
        click.echo(f"Angelegt: Nr. {one.shift}  {when(one.starts_at, one.ends_at)}  {one.task}")


@click.command()
@click.argument("shift", metavar="DIENST", type=int)
@click.option("--series", is_flag=True, help="Auch alle späteren der Reihe.")
@click.pass_obj
def cancel(config_path: Path, shift: int, *, series: bool) -> None:
    """Sagt einen Dienst ab.

    \b
    Beispiel:
      dorfhub rota cancel 12

    \b
    Exit codes: 0 abgesagt, 1 gibt es nicht, 78 hub.toml ist falsch.
    """
    with opened(config_path) as point:
        click.echo(f"Abgesagt: {point.rota.cancel(shift, series=series)}")


@click.command()
@click.argument("shift", metavar="DIENST", type=int)
@click.argument("volunteer", metavar="PERSON", type=int)
@click.pass_obj
def on(config_path: Path, shift: int, volunteer: int) -> None:
    """Trägt PERSON (Nummer) für einen DIENST ein.

    \b
    Beispiel:
      dorfhub rota on 12 3

    \b
    Exit codes: 0 eingetragen, 1 abgelehnt, 75 gesperrt, 78 hub.toml ist falsch.
    """
    with opened(config_path) as point:
        _print(point.rota.sign_up(shift, volunteer, at_desk=True))


@click.command()
@click.argument("shift", metavar="DIENST", type=int)
@click.argument("volunteer", metavar="PERSON", type=int)
@click.pass_obj
def off(config_path: Path, shift: int, volunteer: int) -> None:
    """Trägt PERSON aus einem DIENST aus.

    \b
    Beispiel:
      dorfhub rota off 12 3

    \b
    Exit codes: 0 ausgetragen, 1 abgelehnt, 75 gesperrt, 78 hub.toml ist falsch.
    """
    with opened(config_path) as point:
        _print(point.rota.leave(shift, volunteer, at_desk=True))


@click.command()
@click.argument("shift", metavar="DIENST", type=int)
@click.argument("volunteer", metavar="PERSON", type=int)
@click.option("--no-longer", is_flag=True, help="Nimmt das Angebot zurück.")
@click.pass_obj
def offer(config_path: Path, shift: int, volunteer: int, *, no_longer: bool) -> None:
    """Bietet den DIENST von PERSON den anderen an; bis jemand übernimmt, bleibt er ihrer.

    \b
    Beispiel:
      dorfhub rota offer 12 3

    \b
    Exit codes: 0 angeboten, 1 abgelehnt, 75 gesperrt, 78 hub.toml ist falsch.
    """
    with opened(config_path) as point:
        _print(point.rota.offer(shift, volunteer, offered=not no_longer))


@click.command()
@click.argument("shift", metavar="DIENST", type=int)
@click.argument("giver", metavar="VON", type=int)
@click.argument("volunteer", metavar="PERSON", type=int)
@click.pass_obj
def take(config_path: Path, shift: int, giver: int, volunteer: int) -> None:
    """PERSON übernimmt den DIENST, den VON anbietet.

    \b
    Beispiel:
      dorfhub rota take 12 3 5

    \b
    Exit codes: 0 übernommen, 1 abgelehnt, 75 gesperrt, 78 hub.toml ist falsch.
    """
    with opened(config_path) as point:
        _print(point.rota.take(shift, giver, volunteer))


def _print(row: Row) -> None:
    shift, standing = row.shift, row.standing
    missing = f"  ES FEHLEN {standing.missing}" if standing.missing else ""
    fallen = "  fällt aus" if shift.cancelled else ""
    needs = f"  ({shift.qualification})" if shift.qualification else ""
    click.echo(
        f"{shift.shift:>5}  {when(shift.starts_at, shift.ends_at)}  {shift.task}, {shift.place}"
        f"{needs}{missing}{fallen}"
    )
    for duty in standing.duties:
        offered = "  gibt ab" if duty.offered_at is not None else ""
        short = "  (Qualifikation fehlt)" if duty.volunteer in standing.uncounted else ""
        click.echo(f"         {duty.volunteer:>4}  {row.names[duty.volunteer]}{offered}{short}")
