"""`dorfhub care case`: ask a practice. What a practice runs is in `care_case_practice`."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.commands.care_case_practice import answer, key, open_, read_key_file
from edge.commands.case_files import SUFFIX, as_path, case_files, read_file, write_file
from edge.commands.unlocked import in_words

if TYPE_CHECKING:
    from edge.ward.case import Consultation


@click.group("case")
def case_group() -> None:
    """Eine Praxis fragen, ohne Internet; und wie die Praxis öffnet und antwortet."""


case_group.add_command(key)
case_group.add_command(open_)
case_group.add_command(answer)


@case_group.command()
@click.option("--key", "key_file", type=as_path(), help="Einer Praxis.")
@click.pass_obj
def address(config_path: Path, key_file: Path | None) -> None:
    """Zeige die Adresse dieses Hubs, oder mit --key die einer Praxis.

    \b
    Beispiel:
      dorfhub care case address

    \b
    Rückgabewert (Exit code): 0 gezeigt, 1 verweigert.
    """
    if key_file is not None:
        found = read_key_file(key_file).address
    else:
        with _consultation(config_path) as desk:
            found = desk.address()
    click.echo(str(found))
    click.echo(f"Am Telefon vergleichen: {found.groups}")


@case_group.command("practice")
@click.argument("contact", type=int)
@click.argument("address_", metavar="ADRESSE")
@click.option("--compared", is_flag=True, help="Am Telefon verglichen: es ist ihre.")
@click.pass_obj
def practice(config_path: Path, contact: int, address_: str, *, compared: bool) -> None:
    """Vermerke die ADRESSE einer Praxis (CONTACT: die Nummer des Kontakts).

    Ohne --compared wird nichts an sie versiegelt.

    \b
    Beispiel:
      dorfhub care case practice 3 dorffall1:… --compared

    \b
    Rückgabewert (Exit code): 0 vermerkt, 1 verweigert.
    """
    from edge.care.case_key import read_address  # noqa: PLC0415 - `--help` is quick

    with _consultation(config_path) as desk:
        desk.note_practice(contact, address_, compared=compared)
    click.echo(f"Am Telefon vergleichen: {read_address(address_).groups}")


@case_group.command("list")
@click.pass_obj
def list_(config_path: Path) -> None:
    """Nenne die Fälle dieses Hubs und wie weit sie sind.

    \b
    Beispiel:
      dorfhub care case list

    \b
    Rückgabewert (Exit code): 0 gezeigt, 1 verweigert.
    """
    from edge.care.case_state import WORDS  # noqa: PLC0415 - `--help` is quick

    with _consultation(config_path) as desk:
        found = desk.cases()
    for one in found:
        day = time.strftime("%d.%m.%Y", time.localtime(one.made_at / 1000))
        click.echo(f"{one.number:>4}  {day}  Person {one.person:>4}  {WORDS[one.state]}")
    if not found:
        click.echo("Es gibt keine Fälle.")


@case_group.command("export")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--case", "number", type=int, default=None, help="Nur diesen Fall.")
@click.pass_obj
def export(config_path: Path, folder: Path, number: int | None) -> None:
    """Lege versiegelte Fälle, die noch nicht beantwortet sind, in FOLDER: für einen Stick.

    \b
    Beispiel:
      dorfhub care case export /media/stick/faelle

    \b
    Rückgabewert (Exit code): 0 abgelegt, 1 verweigert.
    """
    from edge.care.case_state import CaseState  # noqa: PLC0415 - `--help` is quick
    from edge.ward.case import NotAgreed  # noqa: PLC0415

    open_states = {CaseState.SEALED, CaseState.ON_ITS_WAY}
    written = 0
    with _consultation(config_path) as desk:
        for one in desk.cases():
            if one.number != number if number is not None else one.state not in open_states:
                continue
            try:
                data = desk.packet(one.number)
            except NotAgreed as error:
                click.echo(f"Fall {one.number}: {error.hint}", err=True)
                continue
            write_file(folder / f"fall-{one.id.hex()[:8]}{SUFFIX}", data)
            written += 1
    click.echo(f"{written} {'Fall' if written == 1 else 'Fälle'} geschrieben: {folder}")


@case_group.command("import")
@click.argument("paths", metavar="FILE...", nargs=-1, required=True, type=as_path())
@click.pass_obj
def import_(config_path: Path, paths: tuple[Path, ...]) -> None:
    """Nimm Antworten von Praxen: FILE sind Dateien oder Ordner. Zweimal dasselbe schadet nicht.

    \b
    Beispiel:
      dorfhub care case import /media/stick/antworten

    \b
    Rückgabewert (Exit code): 0 genommen, 1 etwas ist nicht für diesen Hub oder wurde verändert.
    """
    from edge.care.case_errors import CaseError  # noqa: PLC0415 - `--help` is quick
    from edge.ward.case_intake import Took  # noqa: PLC0415

    count = dict.fromkeys(Took, 0)
    with _consultation(config_path) as desk:
        for file in case_files(paths):
            try:
                for took in desk.take_packet(read_file(file)):
                    count[took] += 1
            except CaseError as error:
                click.echo(f"{file.name}: {error.hint}", err=True)
                count[Took.REFUSED] += 1
    click.echo(
        f"Neu: {count[Took.NEW]}, schon da: {count[Took.KNOWN]}, abgelehnt: {count[Took.REFUSED]}"
    )
    if count[Took.REFUSED]:
        raise SystemExit(1)


@contextmanager
def _consultation(config_path: Path) -> Iterator[Consultation]:
    """Give the desk for cases; say in words what is in the way."""
    from edge.care.case_errors import CaseError  # noqa: PLC0415 - `--help` is quick
    from edge.clock import SystemClock  # noqa: PLC0415
    from edge.config import load  # noqa: PLC0415
    from edge.desk.vault import Vault  # noqa: PLC0415
    from edge.ward.case import Consultation  # noqa: PLC0415

    with in_words(CaseError):
        config = load(config_path)
        with Vault.of(config) as vault:
            yield Consultation(vault, SystemClock(), config.hub.village)
