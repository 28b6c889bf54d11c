"""`dorfhub signup`: who takes part, for volunteers; everything of it needs personal.db."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.commands.learning_point import CLOCK, opened, when

if TYPE_CHECKING:
    from edge.desk import Slip
    from edge.store.personal_signups import Enrolment

_STATES = {
    "received": "eingegangen",
    "confirmed": "hat einen Platz",
    "waiting": "wartet",
    "offered": "Platz angeboten",
    "cancelled": "abgemeldet",
    "done": "dabei gewesen",
}
_GROUP = "1 bis 4 Personen zusammen."


@click.command()
@click.argument("number", metavar="KURS", type=int)
@click.argument("name")
@click.option("--party", type=click.IntRange(1, 4), default=1, show_default=True, help=_GROUP)
@click.option("--phone", default="", help="Telefonnummer, wenn jemand angerufen werden möchte.")
@click.option("--age", "age_band", help="Altersgruppe für die Statistik, zum Beispiel 65-.")
@click.option("--gender", type=click.Choice(["w", "m", "d"]), help="Für die Statistik.")
@click.pass_obj
def add(
    config_path: Path,
    number: int,
    name: str,
    *,
    party: int,
    phone: str,
    age_band: str | None,
    gender: str | None,
) -> None:
    """Meldet NAME für einen KURS an und zeigt die Zettelnummer.

    \b
    Beispiel:
      dorfhub signup add 3 "Erna Weber" --phone "06031 1234" --party 2

    \b
    Exit codes: 0 angemeldet (auch auf der Warteliste), 1 abgelehnt, 78 hub.toml ist falsch.
    """
    with opened(config_path) as point:
        slip = point.desk.signup(
            number,
            name,
            party,
            phone=phone,
            age_band=age_band,
            gender=gender,
            channel="command",
        )
    _print(slip)


@click.command("list")
@click.argument("number", metavar="KURS", type=int)
@click.option("--all", "all_", is_flag=True, help="Auch die Abgemeldeten.")
@click.pass_obj
def list_(config_path: Path, number: int, *, all_: bool) -> None:
    """Zeigt, wer für einen KURS angemeldet ist, in der Reihenfolge der Warteliste.

    \b
    Beispiel:
      dorfhub signup list 3

    \b
    Exit codes: 0 gezeigt, 1 gibt es nicht, 75 gesperrt, 78 hub.toml ist falsch.
    """
    with opened(config_path) as point:
        line = point.desk.line(number)
        point.village.course(number)
    shown = [one for one in line if all_ or one.state != "cancelled"]
    names = [one.name.casefold() for one in shown]
    for one in shown:
        twice = "  (Name doppelt)" if one.name and names.count(one.name.casefold()) > 1 else ""
        until = f" bis {when(one.offer_until)}" if one.offer_until is not None else ""
        group = f"  zu {one.party}" if one.party > 1 else ""
        click.echo(
            f"{one.enrolment:>5}  {one.name or '(Name gelöscht)'}{group}  {one.phone or ''}"
            f"  {_STATES[one.state]}{until}{twice}"
        )
    if not shown:
        click.echo("Noch niemand.")


@click.command()
@click.argument("slip", metavar="ZETTEL")
@click.pass_obj
def show(config_path: Path, slip: str) -> None:
    """Zeigt, wie es um eine Zettelnummer steht.

    \b
    Beispiel:
      dorfhub signup show "K7M 43R XA9"

    \b
    Exit codes: 0 gezeigt, 1 gibt es nicht, 75 gesperrt, 78 hub.toml ist falsch.
    """
    with opened(config_path) as point:
        found = point.desk.my(slip)
    _print(found)


@click.command()
@click.argument("slip", metavar="ZETTEL")
@click.pass_obj
def cancel(config_path: Path, slip: str) -> None:
    """Meldet ab; der Platz wird dem Nächsten auf der Warteliste angeboten.

    \b
    Beispiel:
      dorfhub signup cancel "K7M 43R XA9"

    \b
    Exit codes: 0 abgemeldet, 1 gibt es nicht, 75 gesperrt, 78 hub.toml ist falsch.
    """
    with opened(config_path) as point:
        found = point.desk.cancel(slip)
        click.echo(f"Abgemeldet: {found.title}")
        _offers(point.desk.line(found.course))


@click.command()
@click.argument("slip", metavar="ZETTEL")
@click.option(
    "--pass", "let_pass", is_flag=True, help="Andere vorlassen: Die Gruppe wartet weiter."
)
@click.pass_obj
def accept(config_path: Path, slip: str, *, let_pass: bool) -> None:
    """Nimmt einen angebotenen Platz an, oder lässt mit --pass andere vor.

    \b
    Beispiel:
      dorfhub signup accept "K7M 43R XA9"

    \b
    Exit codes: 0 angenommen, 1 nichts angeboten, 75 gesperrt, 78 hub.toml ist falsch.
    """
    with opened(config_path) as point:
        found = point.desk.let_pass(slip) if let_pass else point.desk.accept(slip)
    _print(found)


@click.command()
@click.argument("number", metavar="KURS", type=int)
@click.pass_obj
def offer(config_path: Path, number: int) -> None:
    """Bietet freie Plätze denen an, die warten, und zeigt, wen man anrufen sollte.

    Das macht der Hub auch von selbst, alle fünf Minuten.

    \b
    Beispiel:
      dorfhub signup offer 3

    \b
    Exit codes: 0 angeboten, 1 abgelehnt, 75 gesperrt, 78 hub.toml ist falsch.
    """
    with opened(config_path) as point:
        if not point.desk.clock_is_set:
            raise click.ClickException(CLOCK)
        point.desk.offer(number)
        _offers(point.desk.line(number))


@click.command()
@click.pass_obj
def expire(config_path: Path) -> None:
    """Beendet Angebote, deren Frist vorbei ist; der Platz geht an den Nächsten.

    Das macht der Hub auch von selbst, alle fünf Minuten.

    \b
    Beispiel:
      dorfhub signup expire

    \b
    Exit codes: 0 fertig, 1 die Uhr ist nicht gestellt, 75 gesperrt, 78 hub.toml ist falsch.
    """
    with opened(config_path) as point:
        if not point.desk.clock_is_set:
            raise click.ClickException(CLOCK)
        moved = point.desk.expire()
    for one in moved:
        click.echo(f"{one.name}: {_STATES[one.state]}")
    if not moved:
        click.echo("Keine Frist ist abgelaufen.")


@click.command()
@click.argument("slip", metavar="ZETTEL")
@click.option("--yes", is_flag=True, help="Nicht fragen.")
@click.pass_obj
def erase(config_path: Path, slip: str, *, yes: bool) -> None:
    """Löscht, wer diesen Zettel hat, mit allen Anmeldungen. Das ist nicht rückgängig zu machen.

    \b
    Beispiel:
      dorfhub signup erase "K7M 43R XA9"

    \b
    Exit codes: 0 gelöscht, 1 gibt es nicht, 75 gesperrt, 78 hub.toml ist falsch.
    """
    with opened(config_path) as point:
        point.desk.my(slip)
        if not yes:
            click.confirm("Name, Nummer und alle Anmeldungen löschen?", abort=True)
        click.echo(f"Gelöscht: {point.desk.erase(slip)} Anmeldungen")


def _print(slip: Slip) -> None:
    click.echo(f"Zettel {slip.shown}: {slip.title}, {slip.party} Person(en)")
    if slip.is_cancelled:
        click.echo(f"Der Kurs fällt aus. {slip.note}".rstrip())
        return
    if slip.is_moved:
        click.echo(f"Achtung, der Kurs ist verlegt. {slip.note}".rstrip())
    if slip.state == "received":
        click.echo(
            "Eingegangen, aber noch nicht sicher: Die Namen sind gerade gesperrt. Sobald jemand "
            "vom Lernpunkt sie entsperrt, gilt die Reihenfolge des Eingangs. Bitte den Zettel "
            "behalten und vor dem ersten Termin nachfragen."
        )
    elif slip.state == "waiting":
        click.echo(f"Auf der Warteliste, {slip.ahead} vor Ihnen.")
    elif slip.state == "offered" and slip.offer_until is not None:
        fewer = f" für {slip.offer} von {slip.party}" if slip.offer < slip.party else ""
        click.echo(f"Platz frei{fewer}! Bitte annehmen bis {when(slip.offer_until)}.")
    else:
        click.echo(f"Stand: {_STATES[slip.state]}.")
    for session, place in zip(slip.sessions, slip.places, strict=True):
        click.echo(f"  {when(session.starts_at, session.ends_at)}  {place}")


def _offers(line: list[Enrolment]) -> None:
    for one in line:
        if one.state == "offered" and one.offer_until is not None:
            fewer = f" (nur {one.offer} von {one.party})" if one.offer < one.party else ""
            click.echo(
                f"Bitte Bescheid sagen: {one.name} {one.phone or '(ohne Telefon)'}{fewer},"
                f" Frist {when(one.offer_until)}"
            )
