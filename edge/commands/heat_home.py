"""`dorfhub heat home` and `heat rename`: households that agree, streets that are renamed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.commands.how_given import how_given
from edge.commands.unlocked import find_person, now_ms, unlocked

if TYPE_CHECKING:
    from edge.heat.building import Building

_SENTENCE = (
    "Ich bin damit einverstanden, dass der Dorfhub Verbrauch und Heizung meines Hauses {} hier im "
    "Dorf verschlüsselt aufbewahrt, bei den Angaben zu meinem Haus. In Schätzungen und Summen, die "
    "andere sehen, geht nichts davon ein, wenn ich dem nicht eigens zustimme. Ich kann das "
    "jederzeit widerrufen."
)


@click.group()
def home() -> None:
    """Verbrauch und Heizung eines Haushalts, nur mit Einwilligung."""


@home.command("add")
@click.argument("number", metavar="GEBÄUDE", type=int)
@click.argument("who", metavar="PERSON")
@click.option("--sentence", help="Worin die Person einwilligt, in Worten; es gibt eine Vorgabe.")
@how_given
@click.pass_obj
def add(config_path: Path, number: int, who: str, *, sentence: str | None, given_how: str) -> None:
    """Vermerke, dass PERSON im GEBÄUDE (Nummer im Kataster) wohnt und einwilligt.

    Danach die Tabelle mit den Verbräuchen noch einmal lesen. Ein Widerruf löscht sie:
    dorfhub care consent withdraw

    \b
    Beispiel:
      dorfhub heat home add 12 "Erna Weber" --how "Formular vom 3. Mai"

    \b
    Rückgabewert (Exit code): 0 getan, 1 das Gebäude oder die Person gibt es nicht, 75 gesperrt,
    78 hub.toml ist falsch.
    """
    from edge.care.consent import HEAT_BILLS, HEAT_CADASTRE  # noqa: PLC0415  # `--help` is quick

    with unlocked(config_path) as store:
        found = find_person(store, who)
        building = _building(config_path, number)
        sentence = sentence or _SENTENCE.format(building.address)
        at = now_ms()
        store.give_consent(
            found.person,
            purpose=HEAT_CADASTRE,
            data_kind=HEAT_BILLS,
            sentence=sentence,
            given_how=given_how,
            at=at,
        )
        store.add_home(number, found.person, at)
    click.echo(f"Einwilligung von {found.name} ist vermerkt:")
    click.echo(f"  „{sentence.strip()}“")


@home.command("new")
@click.pass_obj
def new(config_path: Path) -> None:
    """Zeige Adressen von Haushalten, die das Verzeichnis der Gebäude noch nicht hat.

    Die Haushalte haben sie am Terminal eingetragen und zugestimmt, dass jemand vom Amt sie prüft.
    Gibt es das Gebäude, so kommt es mit einer Tabelle ins Verzeichnis (dorfhub heat import), dann
    ordnet `heat home place` es zu.

    \b
    Beispiel:
      dorfhub heat home new

    \b
    Rückgabewert (Exit code): 0 auch wenn es keine gibt; 75 personal.db ist verschlossen; 78
    hub.toml ist falsch.
    """
    with unlocked(config_path) as store:
        names = {one.person: one.name for one in store.persons()}
        found = store.new_homes()
    for person, address in found:
        click.echo(f"{names[person]}: {address}")
        click.echo(f"  Zuordnen: dorfhub heat home place {person} GEBÄUDE")
    if not found:
        click.echo("Keine Adresse wartet darauf, geprüft zu werden.")


@home.command("place")
@click.argument("who", metavar="PERSON")
@click.argument("number", metavar="GEBÄUDE", type=int)
@click.pass_obj
def place(config_path: Path, who: str, number: int) -> None:
    """Sage, welches Gebäude des Verzeichnisses die neue Adresse einer Person ist.

    \b
    Beispiel:
      dorfhub heat home place "Erna Weber" 12

    \b
    Rückgabewert (Exit code): 0 getan, 1 es gibt das Gebäude, die Person oder ihre neue Adresse
    nicht; 75 personal.db ist verschlossen; 78 hub.toml ist falsch.
    """
    with unlocked(config_path) as store:
        found = find_person(store, who)
        building = _building(config_path, number)
        if not store.place_home(found.person, number):
            raise click.ClickException(
                f"Von {found.name} wartet keine Adresse. Alle zeigt: dorfhub heat home new"
            )
    click.echo(f"Das Haus von {found.name} ist {building.address}.")


@click.command("rename")
@click.argument("old", metavar="ALT")
@click.argument("new", metavar="NEU")
@click.option("--source", required=True, help="Wer das beschloss, und wann.")
@click.option("--municipality", help="In welcher Gemeinde; ohne Angabe die einzige mit der Straße.")
@click.pass_obj
def rename(config_path: Path, old: str, new: str, *, source: str, municipality: str | None) -> None:
    """Vermerke, dass die Straße ALT jetzt NEU heißt; Tabellen mit dem alten Namen bleiben lesbar.

    Das gilt in einer Gemeinde: eine Straße gleichen Namens in einer anderen heißt weiter so.

    \b
    Beispiel:
      dorfhub heat rename "Alte Gasse" "Neue Gasse" --source "Gemeinderat, 3. Mai 2026"

    \b
    Rückgabewert (Exit code): 0 getan, 1 das ist kein Name einer Straße, ein Kreis, oder die
    Gemeinde ist nicht eindeutig; 78 hub.toml ist falsch.
    """
    from edge.commands.heat_cadastre import in_words, village_of  # noqa: PLC0415
    from edge.heat.address import Streets, plain, street_key  # noqa: PLC0415

    with in_words(), village_of(config_path) as village:
        first, then = street_key(old), street_key(new)
        if first == then:
            raise click.ClickException("Beide Namen sind dieselbe Straße.")
        there = village.municipalities_with(first)
        if municipality is None and len(there) != 1:
            where = f"in {len(there)} Gemeinden" if there else "hier noch bei keinem Gebäude"
            raise click.ClickException(
                f"„{old}“ gibt es {where}. Bitte die Gemeinde angeben: --municipality NAME"
            )
        place = there[0] if municipality is None else plain(municipality)
        known = village.renamed_streets()
        Streets({**known, f"{place}/{first}": f"{place}/{then}"})  # no circle
        village.rename_street(place, first, then, source, now_ms())
    click.echo(f"„{old}“ heißt jetzt „{new}“.")


def _building(config_path: Path, number: int) -> Building:
    from edge.config import load  # noqa: PLC0415  # `--help` is quick
    from edge.store.village import VillageStore  # noqa: PLC0415

    with VillageStore(load(config_path).hub.village_db) as village:
        building = village.heat_building(number)
    if building is None:
        raise click.ClickException(
            f"Ein Gebäude {number} gibt es nicht. Alle zeigt: dorfhub heat buildings"
        )
    return building
