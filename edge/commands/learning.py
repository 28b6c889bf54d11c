"""`dorfhub learning`: seasons, rooms, free days, and the report to those who pay."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import click

from edge.commands.learning_point import CLOCK, opened, tag
from edge.commands.unlocked import now_ms

_NONE_YET = "Noch nichts. Anlegen: "


@click.group()
def season() -> None:
    """Saisons: Halbjahre, in denen Kurse laufen."""


@season.command("add")
@click.argument("season_id", metavar="KENNUNG")
@click.argument("name", metavar="NAME")
@click.option("--from", "first", type=tag, required=True, help="Erster Tag.")
@click.option("--to", "last", type=tag, required=True, help="Letzter Tag.")
@click.pass_obj
def season_add(config_path: Path, season_id: str, name: str, first: date, last: date) -> None:
    """Legt eine Saison an oder ändert sie.

    \b
    Beispiel:
      dorfhub learning season add 2026-2 "Herbst 2026" --from 31.08.2026 --to 31.01.2027

    \b
    Exit codes: 0 angelegt, 2 Eingabe, 78 hub.toml ist falsch.
    """
    from edge.learning.course import Season, one_line  # noqa: PLC0415

    if last < first:
        raise click.UsageError("Der letzte Tag liegt vor dem ersten.")
    with opened(config_path) as point:
        key = one_line(season_id, "season_id", 20, least=1)
        point.village.put_season(Season(key, one_line(name, "name", 80, least=1), first, last))
        click.echo(f"Saison {key}: {name}")


@season.command("list")
@click.pass_obj
def season_list(config_path: Path) -> None:
    """Zeigt die Saisons.

    \b
    Beispiel:
      dorfhub learning season list

    \b
    Exit codes: 0 gezeigt, 78 hub.toml ist falsch.
    """
    with opened(config_path) as point:
        found = point.village.seasons()
    for one in found:
        days = f"{one.first_day:%d.%m.%Y} bis {one.last_day:%d.%m.%Y}"
        click.echo(f"{one.season_id:<10}  {one.name}  {days}")
    if not found:
        click.echo(f"{_NONE_YET}dorfhub learning season add KENNUNG NAME --from TAG --to TAG")


@click.group()
def room() -> None:
    """Räume."""


@room.command("add")
@click.argument("room_id", metavar="KENNUNG")
@click.argument("name", metavar="NAME")
@click.option("--seats", type=click.IntRange(0, 1000), default=0, help="Plätze im Raum.")
@click.option("--access", default="", help="Stufen, Aufzug, Höranlage.")
@click.pass_obj
def room_add(config_path: Path, room_id: str, name: str, *, seats: int, access: str) -> None:
    """Legt einen Raum an oder ändert ihn.

    \b
    Beispiel:
      dorfhub learning room add saal "Saal" --seats 40 --access "Ohne Stufen, Höranlage"

    \b
    Exit codes: 0 angelegt, 1 abgelehnt, 78 hub.toml ist falsch.
    """
    from edge.learning.course import Room, one_line  # noqa: PLC0415

    with opened(config_path) as point:
        key = one_line(room_id, "room_id", 20, least=1)
        made = Room(
            key, one_line(name, "name", 80, least=1), seats, one_line(access, "access", 500)
        )
        point.village.put_room(made)
        click.echo(f"Raum {key}: {made.name}")


@room.command("list")
@click.pass_obj
def room_list(config_path: Path) -> None:
    """Zeigt die Räume.

    \b
    Beispiel:
      dorfhub learning room list

    \b
    Exit codes: 0 gezeigt, 78 hub.toml ist falsch.
    """
    with opened(config_path) as point:
        found = point.village.rooms()
    for one in found:
        click.echo(f"{one.room_id:<10}  {one.name}  {one.seats or '?'} Plätze  {one.access}")
    if not found:
        click.echo(f"{_NONE_YET}dorfhub learning room add KENNUNG NAME")


@click.command()
@click.argument("first", metavar="TAG", type=tag)
@click.argument("last", metavar="[BIS]", type=tag, required=False)
@click.option("--name", default="frei", show_default=True, help="Wie die freien Tage heißen.")
@click.pass_obj
def holiday(config_path: Path, first: date, last: date | None, name: str) -> None:
    """Trägt freie Tage ein; an ihnen findet kein Termin einer neuen Reihe statt.

    \b
    Beispiel:
      dorfhub learning holiday 05.10.2026 17.10.2026 --name Herbstferien

    \b
    Exit codes: 0 eingetragen, 2 Eingabe, 78 hub.toml ist falsch.
    """
    end = last or first
    if not 0 <= (end - first).days <= 100:
        raise click.UsageError("Möglich sind 1 bis 100 Tage.")
    days = {first + timedelta(days=at): name for at in range((end - first).days + 1)}
    with opened(config_path) as point:
        point.village.put_free_days(days)
    click.echo(f"Eingetragen: {len(days)} Tage, {name}")


@click.command()
@click.argument("file", metavar="[DATEI]", required=False, type=click.Path(path_type=Path))
@click.pass_obj
def report(config_path: Path, file: Path | None) -> None:
    """Schreibt den Bericht über alle Saisons, die gezählt sind, als Tabelle (CSV).

    Gezählt wird eine Saison einmal, zwei Wochen nach ihrem Ende. Von weniger als fünf Personen
    wird nichts einzeln gesagt: Kleine Gruppen stehen mit ihren Nachbarn zusammen.

    \b
    Beispiel:
      dorfhub learning report bericht.csv

    \b
    Exit codes: 0 geschrieben, 1 es ist noch nichts gezählt, 78 hub.toml ist falsch.
    """
    from edge.desk.reports import periods, to_csv  # noqa: PLC0415

    with opened(config_path) as point:
        found = periods(point.village)
        text = to_csv(point.village, found)
    if not found:
        raise click.ClickException(
            "Es ist noch keine Saison gezählt. Das geschieht zwei Wochen nach ihrem letzten Tag, "
            "sobald es fünf Belegungen sind: dorfhub learning upkeep"
        )
    if file is None:
        click.echo(text, nl=False)
        return
    file.write_bytes(text.encode("utf-8-sig"))  # so that a spreadsheet reads umlauts
    click.echo(f"Geschrieben: {file}")


@click.command()
@click.option("--clock-is-right", is_flag=True, help="Der Uhr des Rechners glauben.")
@click.pass_obj
def upkeep(config_path: Path, *, clock_is_right: bool) -> None:
    """Erledigt jetzt, was der Hub alle fünf Minuten tut.

    Fristen der Warteliste, versiegelte Anmeldungen, Löschfristen von Namen, Zählen von Saisons.

    \b
    Beispiel:
      dorfhub learning upkeep

    \b
    Exit codes: 0 erledigt, 1 die Uhr ist nicht gestellt, 75 gesperrt, 78 hub.toml ist falsch.
    """
    from edge.clock import SystemClock  # noqa: PLC0415
    from edge.desk.upkeep import upkeep as do  # noqa: PLC0415

    with opened(config_path) as point:
        if not (clock_is_right or point.desk.clock_is_set):
            raise click.ClickException(CLOCK)
        done = do(point.village, point.vault, point.desk, SystemClock().stamp().wall_ms)
    click.echo(
        f"Nachgetragen {done.drained}, Fristen {done.expired}, angeboten {done.offered},"
        f" Namen gelöscht {done.forgotten}, gezählt {done.counted}."
    )


@click.group()
def trainer() -> None:
    """Wer unterrichtet; Name und Telefon stehen nur in personal.db."""


@trainer.command("add")
@click.argument("name")
@click.option("--phone", default="", help="Telefonnummer.")
@click.option("--years", type=click.IntRange(1, 10), default=2, help="Danach wird gelöscht.")
@click.pass_obj
def trainer_add(config_path: Path, name: str, *, phone: str, years: int) -> None:
    """Legt eine Person an, die unterrichtet, und zeigt ihre Nummer.

    \b
    Beispiel:
      dorfhub learning trainer add "Karla Sommer" --phone "06031 1234"

    \b
    Exit codes: 0 angelegt, 1 abgelehnt, 75 gesperrt, 78 hub.toml ist falsch.
    """
    from edge.learning.signup import applicant  # noqa: PLC0415

    now = now_ms()
    with opened(config_path) as point:
        who = applicant(name, phone)
        with point.vault.open() as personal:
            until = now + years * 366 * 86_400_000
            number = personal.add_trainer(who.name, who.phone, now, until)
    click.echo(f"Angelegt: {who.name} (Nr. {number})")


@trainer.command("list")
@click.pass_obj
def trainer_list(config_path: Path) -> None:
    """Zeigt alle, die unterrichten.

    \b
    Beispiel:
      dorfhub learning trainer list

    \b
    Exit codes: 0 gezeigt, 75 gesperrt, 78 hub.toml ist falsch.
    """
    with opened(config_path) as point, point.vault.open() as personal:
        for one in personal.trainers():
            click.echo(f"{one.trainer:>4}  {one.name}  {one.phone or ''}")
