"""`dorfhub rota volunteer|qualification|hours`: who helps, what they may, what they did."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from edge.commands.learning_point import opened, tag, when


@click.group()
def volunteer() -> None:
    """Ehrenamtliche; Name und Telefon stehen nur in personal.db."""


@volunteer.command("add")
@click.argument("name")
@click.option("--phone", default="", help="Telefonnummer.")
@click.option("--coordinates", is_flag=True, help="Darf andere eintragen und Stunden bestätigen.")
@click.pass_obj
def volunteer_add(config_path: Path, name: str, *, phone: str, coordinates: bool) -> None:
    """Legt jemanden an und zeigt die Nummer.

    \b
    Beispiel:
      dorfhub rota volunteer add "Karl Müller" --phone "06031 1234"

    \b
    Exit codes: 0 angelegt, 1 abgelehnt, 75 gesperrt, 78 hub.toml ist falsch.
    """
    with opened(config_path) as point:
        number = point.people.join(name, phone)
        if coordinates:
            point.people.change(number, name, phone, coordinates=True)
    click.echo(f"Angelegt: Nr. {number}")


@volunteer.command("list")
@click.pass_obj
def volunteer_list(config_path: Path) -> None:
    """Zeigt alle Ehrenamtlichen.

    \b
    Beispiel:
      dorfhub rota volunteer list

    \b
    Exit codes: 0 gezeigt, 75 gesperrt, 78 hub.toml ist falsch.
    """
    with opened(config_path) as point:
        found = point.people.volunteers()
    for one in found:
        role = "  Koordination" if one.coordinates else ""
        click.echo(f"{one.volunteer:>4}  {one.name}  {one.phone or ''}{role}")
    if not found:
        click.echo("Noch niemand. Anlegen: dorfhub rota volunteer add NAME")


@volunteer.command("erase")
@click.argument("number", metavar="PERSON", type=int)
@click.option("--yes", is_flag=True, help="Nicht fragen.")
@click.pass_obj
def volunteer_erase(config_path: Path, number: int, *, yes: bool) -> None:
    """Löscht jemanden mit Diensten, Qualifikationen und Stunden.

    \b
    Beispiel:
      dorfhub rota volunteer erase 3

    \b
    Exit codes: 0 gelöscht, 1 gibt es nicht, 75 gesperrt, 78 hub.toml ist falsch.
    """
    with opened(config_path) as point:
        found = point.people.volunteer(number)
        if not yes:
            click.confirm(f"{found.name} mit allen Diensten und Stunden löschen?", abort=True)
        point.people.erase(number)
    click.echo("Gelöscht.")


@click.group()
def qualification() -> None:
    """Qualifikationen: eine abgelaufene zählt nicht."""


@qualification.command("add")
@click.argument("key", metavar="KENNUNG")
@click.argument("name")
@click.option("--months", type=int, default=0, help="Gilt so viele Monate; 0: läuft nicht ab.")
@click.pass_obj
def qualification_add(config_path: Path, key: str, name: str, *, months: int) -> None:
    """Legt eine Art an oder ändert sie. Die Juleica gibt es schon.

    \b
    Beispiel:
      dorfhub rota qualification add ersthilfe "Erste Hilfe" --months 24

    \b
    Exit codes: 0 angelegt, 1 abgelehnt, 78 hub.toml ist falsch.
    """
    from edge.volunteers.qualification import Qualification  # noqa: PLC0415

    with opened(config_path) as point:
        point.people.put_qualification(Qualification(key, name, months))
    click.echo(f"Angelegt: {key}")


@qualification.command("hold")
@click.argument("number", metavar="PERSON", type=int)
@click.argument("key", metavar="KENNUNG")
@click.option("--until", type=tag, help="Letzter Tag, an dem sie gilt.")
@click.option("--since", type=tag, help="Oder: seit wann.")
@click.pass_obj
def qualification_hold(
    config_path: Path, number: int, key: str, *, until: date | None, since: date | None
) -> None:
    """Vermerkt, dass PERSON eine Qualifikation hat.

    \b
    Beispiel:
      dorfhub rota qualification hold 3 juleica --until 31.08.2027

    \b
    Exit codes: 0 vermerkt, 1 abgelehnt, 75 gesperrt, 78 hub.toml ist falsch.
    """
    with opened(config_path) as point:
        held = point.people.hold(number, key, until=until, since=since)
    last = f"bis {held.valid_until:%d.%m.%Y}" if held.valid_until else "ohne Ende"
    click.echo(f"Vermerkt, {last}")


@qualification.command("list")
@click.pass_obj
def qualification_list(config_path: Path) -> None:
    """Zeigt die Arten, und was abgelaufen ist oder in zwei Monaten abläuft.

    \b
    Beispiel:
      dorfhub rota qualification list

    \b
    Exit codes: 0 gezeigt, 75 gesperrt, 78 hub.toml ist falsch.
    """
    with opened(config_path) as point:
        kinds = point.people.qualifications()
        due = point.people.renewals()
    for kind in kinds:
        months = f"gilt {kind.months} Monate" if kind.months else "läuft nicht ab"
        click.echo(f"{kind.qualification_id:<12}  {kind.name}  {months}")
    for one in due:
        word = "ABGELAUFEN" if one.expired else "läuft ab"
        click.echo(f"{one.name}: {one.what} {word} am {one.held.valid_until:%d.%m.%Y}")


@click.group()
def hours() -> None:
    """Stunden, von der Koordination bestätigt."""


@hours.command("open")
@click.pass_obj
def hours_open(config_path: Path) -> None:
    """Zeigt, was noch zu bestätigen ist.

    \b
    Beispiel:
      dorfhub rota hours open

    \b
    Exit codes: 0 gezeigt, 75 gesperrt, 78 hub.toml ist falsch.
    """
    from edge.volunteers.hours import shown  # noqa: PLC0415

    with opened(config_path) as point:
        found = point.people.to_confirm()
    for one in found:
        click.echo(
            f"{one.shift.shift:>5} {one.duty.volunteer:>4}  {one.name}"
            f"  {when(one.shift.starts_at, one.shift.ends_at)}  {one.shift.task}"
            f"  {shown(one.minutes)}"
        )
    if not found:
        click.echo("Alles ist bestätigt.")


@hours.command("confirm")
@click.argument("shift", metavar="DIENST", type=int)
@click.argument("number", metavar="PERSON", type=int)
@click.option("--hours", "text", help="Wie lange es war, zum Beispiel 2:30; 0: war nicht da.")
@click.pass_obj
def hours_confirm(config_path: Path, shift: int, number: int, *, text: str | None) -> None:
    """Bestätigt, was PERSON in einem DIENST getan hat.

    \b
    Beispiel:
      dorfhub rota hours confirm 12 3 --hours 2:30

    \b
    Exit codes: 0 bestätigt, 1 abgelehnt, 75 gesperrt, 78 hub.toml ist falsch.
    """
    from edge.volunteers.hours import length, minutes_of, shown  # noqa: PLC0415

    with opened(config_path) as point:
        whole = length(point.village.shift(shift))
        minutes = whole if text is None else minutes_of(text)
        point.people.confirm(shift, number, minutes, None)
    click.echo(f"Bestätigt: {shown(minutes)}")


@hours.command("add")
@click.argument("number", metavar="PERSON", type=int)
@click.argument("day", metavar="TAG", type=tag)
@click.argument("text", metavar="STUNDEN")
@click.argument("task", metavar="AUFGABE")
@click.pass_obj
def hours_add(config_path: Path, number: int, day: date, text: str, task: str) -> None:
    """Trägt Stunden neben den Diensten ein.

    \b
    Beispiel:
      dorfhub rota hours add 3 12.11.2026 1,5 "Plakate aufgehängt"

    \b
    Exit codes: 0 eingetragen, 1 abgelehnt, 75 gesperrt, 78 hub.toml ist falsch.
    """
    from edge.volunteers.hours import minutes_of  # noqa: PLC0415

    with opened(config_path) as point:
        point.people.add_hours(number, day, minutes_of(text), task, None)
    click.echo("Eingetragen.")


@hours.command("year")
@click.argument("year", metavar="JAHR", type=int)
@click.pass_obj
def hours_year(config_path: Path, year: int) -> None:
    """Zeigt die Stunden eines Jahres, für die Dankesurkunden.

    \b
    Beispiel:
      dorfhub rota hours year 2026

    \b
    Exit codes: 0 gezeigt, 75 gesperrt, 78 hub.toml ist falsch.
    """
    from edge.volunteers.hours import shown  # noqa: PLC0415

    with opened(config_path) as point:
        found = point.people.year(year)
    for one, thanks in found:
        tasks = ", ".join(f"{task} {shown(minutes)}" for task, minutes in thanks.tasks)
        click.echo(f"{one.name}: {shown(thanks.minutes)} an {thanks.days} Tag(en) ({tasks})")
    if not found:
        click.echo("Noch keine bestätigten Stunden.")
