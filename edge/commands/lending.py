"""`dorfhub lending`: devices and rooms to lend, for volunteers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.commands.learning_point import euros, opened, read_cents, tag, uhrzeit, when

if TYPE_CHECKING:
    from edge.desk.lending import Entry, LoanSlip
    from edge.lending.asset import Asset, AssetState
    from edge.lending.availability import Span

_STATES = {
    "reserved": "reserviert",
    "out": "ausgegeben",
    "back": "zurück",
    "cancelled": "abgesagt",
    "lapsed": "nicht abgeholt",
}
_CONDITIONS = {"gut": "good", "unvollständig": "incomplete", "beschädigt": "damaged"}


@click.command()
@click.argument("name")
@click.option("--room", "room_id", help="Kennung des Raums, in dem auch Kurse sind.")
@click.option("--is-room", is_flag=True, help="Ein Raum, in dem keine Kurse sind.")
@click.option("--shelf", default="", help="Wo es steht.")
@click.option("--part", "parts", multiple=True, help="Was dazugehört; öfter angeben.")
@click.option("--notes", default="", help="Hinweise für alle.")
@click.option("--days", type=int, default=14, show_default=True, help="Höchstens so viele Tage.")
@click.option("--deposit", default="0", help="Pfand in Euro.")
@click.option("--buffer", "buffer_minutes", type=int, help="Minuten zwischen zwei Ausleihen.")
@click.pass_obj
def add(
    config_path: Path,
    name: str,
    *,
    room_id: str | None,
    is_room: bool,
    shelf: str,
    parts: tuple[str, ...],
    notes: str,
    days: int,
    deposit: str,
    buffer_minutes: int | None,
) -> None:
    """Stellt NAME in die Ausleihe.

    \b
    Beispiele:
      dorfhub lending add "Beamer" --shelf "Regal 2" --part Kabel --part Tasche --deposit 20
      dorfhub lending add "Saal" --room saal

    \b
    Exit codes: 0 angelegt, 1 abgelehnt, 78 hub.toml ist falsch.
    """
    from edge.lending.asset import ROOM_BUFFER_MINUTES, Asset  # noqa: PLC0415

    cents = read_cents(deposit)
    if cents is None:
        raise click.UsageError("Das Pfand bitte in Euro, zum Beispiel 20 oder 12,50.")
    room = room_id is not None or is_room
    if buffer_minutes is None:
        buffer_minutes = ROOM_BUFFER_MINUTES if room else 0
    with opened(config_path) as point:
        made = point.lending.add(
            Asset(
                kind="room" if room else "device",
                name=name,
                room_id=room_id,
                shelf=shelf,
                parts="\n".join(parts),
                notes=notes,
                longest_days=days,
                deposit_cents=cents,
                buffer_minutes=buffer_minutes,
            )
        )
    click.echo(f"Angelegt: {made.name} (Nr. {made.asset})")


@click.command("list")
@click.pass_obj
def list_(config_path: Path) -> None:
    """Zeigt, was man ausleihen kann.

    \b
    Beispiel:
      dorfhub lending list

    \b
    Exit codes: 0 gezeigt, 78 hub.toml ist falsch.
    """
    with opened(config_path) as point:
        found = point.village.assets()
    for one in found:
        click.echo(_line(one))
    if not found:
        click.echo("Noch nichts. Anlegen: dorfhub lending add NAME")


@click.command()
@click.argument("first", metavar="TAG", type=tag)
@click.argument("last", metavar="[BIS]", type=tag, required=False)
@click.option("--from", "start", type=uhrzeit, help="Ein Raum: ab wann.")
@click.option("--to", "end", type=uhrzeit, help="Ein Raum: bis wann.")
@click.pass_obj
def free(
    config_path: Path, first: date, last: date | None, *, start: time | None, end: time | None
) -> None:
    """Zeigt, was von TAG bis BIS frei ist; mit Uhrzeiten die Räume.

    \b
    Beispiele:
      dorfhub lending free 24.12.2026 27.12.2026
      dorfhub lending free 24.12.2026 --from 14:00 --to 18:00

    \b
    Exit codes: 0 gezeigt, 1 abgelehnt, 2 Eingabe, 78 hub.toml ist falsch.
    """
    with opened(config_path) as point:
        wanted, kind = _wanted(first, last, start, end)
        found = point.lending.choices("room" if kind else "device", wanted)
    for one in found:
        click.echo(f"{'frei' if one.free else 'vergeben':<9} {_line(one.asset)}")
    if not found:
        click.echo("Es gibt nichts auszuleihen.")


@click.command()
@click.argument("asset", metavar="NUMMER", type=int)
@click.argument("name")
@click.option("--from", "first", type=tag, required=True, help="Erster Tag.")
@click.option("--to", "last", type=tag, help="Letzter Tag (Gerät).")
@click.option("--start", type=uhrzeit, help="Ein Raum: ab wann.")
@click.option("--end", type=uhrzeit, help="Ein Raum: bis wann.")
@click.option("--phone", default="", help="Telefonnummer.")
@click.pass_obj
def reserve(
    config_path: Path,
    asset: int,
    name: str,
    *,
    first: date,
    last: date | None,
    start: time | None,
    end: time | None,
    phone: str,
) -> None:
    """Reserviert NUMMER für NAME und zeigt die Zettelnummer.

    \b
    Beispiel:
      dorfhub lending reserve 1 "Erna Weber" --from 24.12.2026 --to 27.12.2026 --phone "06031 1"

    \b
    Exit codes: 0 reserviert, 1 abgelehnt, 2 Eingabe, 78 hub.toml ist falsch.
    """
    with opened(config_path) as point:
        wanted, _ = _wanted(first, last, start, end)
        slip = point.lending.reserve(asset, wanted, name, phone=phone)
    _print(slip)


@click.command()
@click.argument("slip", metavar="ZETTEL")
@click.pass_obj
def show(config_path: Path, slip: str) -> None:
    """Zeigt, wie es um eine Ausleihe steht.

    \b
    Beispiel:
      dorfhub lending show "K7M 43R XA9"

    \b
    Exit codes: 0 gezeigt, 1 gibt es nicht, 75 gesperrt, 78 hub.toml ist falsch.
    """
    with opened(config_path) as point:
        found = point.lending.my(slip)
    _print(found)


@click.command()
@click.pass_obj
def today(config_path: Path) -> None:
    """Zeigt, wen man anrufen sollte, was heute ausgegeben wird und was unterwegs ist.

    \b
    Beispiel:
      dorfhub lending today

    \b
    Exit codes: 0 gezeigt, 78 hub.toml ist falsch.
    """
    with opened(config_path) as point:
        board = point.lending.board()
    if board.locked:
        click.echo("Die Namen sind gerade gesperrt.")
    _entries("Überfällig, bitte anrufen", board.late)
    _entries("Wird wohl nicht klappen, bitte Bescheid sagen", board.endangered)
    _entries("Heute auszugeben", board.to_hand_out)
    _entries("Ausgegeben", board.out)
    _entries("Reserviert", board.to_come)
    for asset in board.broken:
        click.echo(f"Defekt: {asset.name}: {asset.fault or '(ohne Angabe)'}")


@click.command()
@click.argument("loan", metavar="AUSLEIHE", type=int)
@click.pass_obj
def out(config_path: Path, loan: int) -> None:
    """Vermerkt, dass etwas ausgegeben ist (Nummer aus `lending today`).

    \b
    Beispiel:
      dorfhub lending out 7

    \b
    Exit codes: 0 ausgegeben, 1 abgelehnt, 78 hub.toml ist falsch.
    """
    with opened(config_path) as point:
        found = point.lending.hand_out(loan)
        asset = point.lending.asset(found.asset)
    click.echo(f"Ausgegeben: {asset.name}, zurück bis {when(found.ends_at - 1)}")
    for part in asset.parts.splitlines():
        click.echo(f"  dabei: {part}")


@click.command()
@click.argument("loan", metavar="AUSLEIHE", type=int)
@click.option(
    "--condition", type=click.Choice(list(_CONDITIONS)), default="gut", help="Wie es ist."
)
@click.option("--remark", default="", help="Was fehlt oder kaputt ist; bitte keine Namen.")
@click.option("--broken", is_flag=True, help="Nicht mehr ausleihen, bis es repariert ist.")
@click.pass_obj
def back(config_path: Path, loan: int, *, condition: str, remark: str, broken: bool) -> None:
    """Vermerkt, dass etwas zurück ist.

    \b
    Beispiel:
      dorfhub lending back 7 --condition beschädigt --remark "Lampe durch" --broken

    \b
    Exit codes: 0 zurück, 1 abgelehnt, 78 hub.toml ist falsch.
    """
    with opened(config_path) as point:
        done = point.lending.take_back(loan, _CONDITIONS[condition], remark, broken=broken)
        asset = point.lending.asset(done.asset)
    click.echo(f"Zurück: {asset.name}, gehört nach: {asset.shelf or '(ohne Regal)'}")
    if asset.deposit_cents:
        click.echo(f"Pfand zurückgeben: {euros(asset.deposit_cents)}")


@click.command()
@click.argument("slip", metavar="ZETTEL")
@click.pass_obj
def cancel(config_path: Path, slip: str) -> None:
    """Sagt eine Reservierung ab.

    \b
    Beispiel:
      dorfhub lending cancel "K7M 43R XA9"

    \b
    Exit codes: 0 abgesagt, 1 gibt es nicht, 75 gesperrt, 78 hub.toml ist falsch.
    """
    with opened(config_path) as point:
        found = point.lending.cancel(slip)
    _print(found)


@click.command()
@click.argument("asset", metavar="NUMMER", type=int)
@click.argument("what", metavar="[WAS]", default="")
@click.option("--mended", is_flag=True, help="Es ist repariert: wieder ausleihen.")
@click.option("--gone", is_flag=True, help="Für immer herausnehmen.")
@click.pass_obj
def fault(config_path: Path, asset: int, what: str, *, mended: bool, gone: bool) -> None:
    """Nimmt etwas Defektes aus der Ausleihe, oder stellt es wieder hinein.

    \b
    Beispiele:
      dorfhub lending fault 1 "Lampe durch"
      dorfhub lending fault 1 --mended

    \b
    Exit codes: 0 vermerkt, 1 abgelehnt, 78 hub.toml ist falsch.
    """
    from dataclasses import replace  # noqa: PLC0415

    with opened(config_path) as point:
        found = point.lending.asset(asset)
        state: AssetState = "gone" if gone else "ready" if mended else "broken"
        point.lending.edit(replace(found, state=state, fault=what))
        danger = [one for one in point.lending.board().endangered if one.asset.asset == asset]
    click.echo(f"Vermerkt: {found.name}")
    _entries("Bitte Bescheid sagen", danger)


@click.command()
@click.argument("slip", metavar="ZETTEL")
@click.option("--yes", is_flag=True, help="Nicht fragen.")
@click.pass_obj
def erase(config_path: Path, slip: str, *, yes: bool) -> None:
    """Löscht, wer diesen Zettel hat; eine Reservierung wird abgesagt.

    \b
    Beispiel:
      dorfhub lending erase "K7M 43R XA9"

    \b
    Exit codes: 0 gelöscht, 1 gibt es nicht, 75 gesperrt, 78 hub.toml ist falsch.
    """
    with opened(config_path) as point:
        point.lending.my(slip)
        if not yes:
            click.confirm("Name und Telefonnummer löschen?", abort=True)
        point.lending.erase(slip)
    click.echo("Gelöscht.")


def _wanted(
    first: date, last: date | None, start: time | None, end: time | None
) -> tuple[Span, bool]:
    from edge.lending.availability import hours, whole_days  # noqa: PLC0415

    if (start is None) != (end is None):
        raise click.UsageError("Für einen Raum braucht es beide Uhrzeiten.")
    if start is not None and end is not None:
        return hours(first, start, end), True
    return whole_days(first, last or first), False


def _line(asset: Asset) -> str:
    shelf = f"  {asset.shelf}" if asset.shelf else ""
    deposit = f"  Pfand {euros(asset.deposit_cents)}" if asset.deposit_cents else ""
    fault = f"  DEFEKT: {asset.fault}" if asset.state == "broken" else ""
    return f"{asset.asset:>4}  {asset.name}{shelf}{deposit}{fault}"


def _entries(title: str, rows: Iterable[Entry]) -> None:
    for at, one in enumerate(rows):
        if not at:
            click.echo(f"{title}:")
        late = f"  seit {one.late_days} Tag(en)" if one.late_days is not None else ""
        click.echo(
            f"{one.loan.loan:>5}  {one.asset.name}  {one.name or '(ohne Namen)'}"
            f"  {one.phone or '(ohne Telefon)'}"
            f"  {when(one.loan.starts_at)} bis {when(one.loan.ends_at - 1)}{late}"
        )


def _print(slip: LoanSlip) -> None:
    loan = slip.loan
    click.echo(f"Zettel {slip.shown}: {slip.asset.name}, {_STATES[loan.state]}")
    click.echo(f"  {when(loan.starts_at)} bis {when(loan.ends_at - 1)}")
    if slip.asset.shelf:
        click.echo(f"  {slip.asset.shelf}")
    if slip.asset.deposit_cents:
        click.echo(f"  Pfand: {euros(slip.asset.deposit_cents)}")
    if slip.fetch_until is not None and slip.asset.kind == "device":
        click.echo(f"  Bitte abholen bis {when(slip.fetch_until - 1)}.")
