"""`dorfhub access`: accounts at the hub itself, above all the first administrator's code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.commands.unlocked import in_words

if TYPE_CHECKING:
    from edge.access.keeping import Keeping
    from edge.access.office import Issued, Known, Office

_WORDS = {
    "helfen": "volunteer",
    "pflege": "carer",
    "kreis": "official",
    "verwaltung": "administrator",
}
_ROLES = click.Choice(list(_WORDS))


@click.command("first-code")
@click.pass_obj
def first_code(config_path: Path) -> None:
    """Druckt den Code, mit dem der erste Zugang entsteht: einzugeben auf der Seite /einrichten.

    Er gilt drei Tage und ein einziges Mal; ein früherer gilt danach nicht mehr. Auch wer keinen
    Zugang zur Verwaltung mehr hat, kommt so wieder hinein.

    \b
    Beispiel:
      dorfhub access first-code

    \b
    Exit codes: 0 gedruckt, 1 abgelehnt, 78 hub.toml ist falsch.
    """
    with _office(config_path) as (office, _):
        code = office.first_code()
    click.echo(code)
    click.echo("Einzugeben auf der Seite /einrichten. Gilt drei Tage, ein einziges Mal.", err=True)


@click.command("list")
@click.pass_obj
def list_(config_path: Path) -> None:
    """Zeigt, wer einen Zugang hat und wofür.

    \b
    Beispiel:
      dorfhub access list

    \b
    Exit codes: 0 gezeigt, 1 abgelehnt, 78 hub.toml ist falsch.
    """
    with _office(config_path) as (office, keeping):
        known = office.accounts()
        if not known:
            click.echo("Noch hat niemand einen Zugang. Der erste: dorfhub access first-code")
        elif keeping.is_locked():
            click.echo("Die Namen sind gesperrt; hier stehen nur die Anmeldenamen.", err=True)
        for one in known:
            click.echo(_line(one))


@click.command()
@click.option("--name", default="", help="Wer das ist. Ohne Namen geht es auch gesperrt.")
@click.option(
    "--role", "roles", type=_ROLES, multiple=True, default=("helfen",), show_default=True,
    help="Wofür; mehrfach möglich.",
)  # fmt: skip
@click.pass_obj
def add(config_path: Path, name: str, roles: tuple[str, ...]) -> None:
    """Gibt jemandem einen Zugang: zeigt Anmeldenamen und Karte, wenn nötig ein Startwort.

    \b
    Beispiel:
      dorfhub access add --name "Jana Vogt" --role helfen

    \b
    Exit codes: 0 angelegt, 1 abgelehnt, 75 gesperrt, 78 hub.toml ist falsch.
    """
    from edge.access.role import Role  # noqa: PLC0415  # `--help` is quick

    wanted = [Role(_WORDS[one]) for one in roles]
    with _office(config_path) as (office, _):
        issued = office.give(name, wanted) if name.strip() else office.give_nameless(wanted)
    _print(issued)


@click.command()
@click.argument("handle", metavar="ANMELDENAME")
@click.option("--undo", is_flag=True, help="Wieder freigeben.")
@click.pass_obj
def block(config_path: Path, handle: str, *, undo: bool) -> None:
    """Sperrt einen Zugang: Wer damit angemeldet ist, ist es im selben Augenblick nicht mehr.

    Nach dreißig Tagen wird er mit dem Namen gelöscht.

    \b
    Beispiel:
      dorfhub access block Amsel
      dorfhub access block Amsel --undo

    \b
    Exit codes: 0 getan, 1 abgelehnt, 78 hub.toml ist falsch.
    """
    with _office(config_path) as (office, keeping):
        number = _number(keeping, handle)
        if undo:
            office.unblock(number)
        else:
            office.block(number)
    click.echo(f"{handle} ist {'wieder frei' if undo else 'gesperrt'}.")


@click.command()
@click.argument("handle", metavar="ANMELDENAME")
@click.option("--card", is_flag=True, help="Eine neue Karte statt eines Startworts.")
@click.pass_obj
def reset(config_path: Path, handle: str, *, card: bool) -> None:
    """Druckt ein Startwort statt des Passworts, oder eine neue Karte; Wartezeiten enden.

    \b
    Beispiel:
      dorfhub access reset Amsel
      dorfhub access reset Amsel --card

    \b
    Exit codes: 0 getan, 1 abgelehnt, 78 hub.toml ist falsch.
    """
    with _office(config_path) as (office, keeping):
        number = _number(keeping, handle)
        issued = office.new_card(number) if card else office.start_word(number)
    _print(issued)


@contextmanager
def _office(config_path: Path) -> Iterator[tuple[Office, Keeping]]:
    """Open the accounts; say in words what is in the way."""
    import secrets  # noqa: PLC0415

    from edge.access.errors import AccessError  # noqa: PLC0415
    from edge.access.keeping import Keeping  # noqa: PLC0415
    from edge.access.office import Office  # noqa: PLC0415
    from edge.clock import SystemClock  # noqa: PLC0415
    from edge.config import load  # noqa: PLC0415

    with in_words(AccessError):
        keeping = Keeping(load(config_path), SystemClock())
        yield Office(keeping, secrets.choice), keeping


def _number(keeping: Keeping, handle: str) -> int:
    from edge.access.handle import same_handle  # noqa: PLC0415
    from edge.store.village_access import NoSuchAccount  # noqa: PLC0415

    with keeping.village() as village:
        found = village.account_of(same_handle=same_handle(handle))
    if found is None:
        raise NoSuchAccount("no account of that name")
    return found.account


def _line(one: Known) -> str:
    words = {role: word for word, role in _WORDS.items()}
    roles = ", ".join(words[role] for role in words if role in one.roles)
    account = one.account
    ways = [
        word
        for word, there in (
            ("Karte", account.card),
            ("Bilder", account.pictures),
            ("Startwort" if account.is_start else "Passwort", account.password),
        )
        if there
    ]
    name = f" ({one.name})" if one.name else ""
    state = "  GESPERRT" if account.blocked_at is not None else ""
    return f"{account.handle}{name}: {roles}; mit {', '.join(ways) or 'nichts'}{state}"


def _print(issued: Issued) -> None:
    from edge.desk.paper import qr_text  # noqa: PLC0415

    click.echo(f"Anmeldename: {issued.handle}")
    if issued.start_word:
        click.echo(f"Startwort:   {issued.start_word}  (bis ein eigenes Passwort gewählt ist)")
    if issued.card:
        click.echo(f"Karte:       {issued.card}")
        click.echo(qr_text(issued.card))
