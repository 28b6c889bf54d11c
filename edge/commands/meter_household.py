"""`dorfhub meter household`: whose home's meter the hub may hear, and that they agreed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.commands.how_given import how_given
from edge.commands.unlocked import find_person, now_ms, unlocked, what_stays

if TYPE_CHECKING:
    from edge.config import Config
    from edge.store.household_gate import Settled
    from edge.store.personal import PersonalStore

_SENTENCE = (
    "Ich bin damit einverstanden, dass der Dorfhub die Werte meines Zählers {} über Funk empfängt "
    "und hier im Dorf verschlüsselt aufbewahrt, für das Wärmekataster der Gemeinde. Ich kann das "
    "jederzeit widerrufen."
)
_WHOLE = re.compile("wmbus:[A-Z]{3}-[0-9A-F]{8}-[0-9A-F]{2}-[0-9A-F]{2}")


@click.group()
def household() -> None:
    """Zähler von Haushalten, nur mit Einwilligung."""


@household.command("add")
@click.argument("who", metavar="PERSON")
@click.argument("meter", metavar="ZÄHLER")
@click.option("--sentence", help="Worin die Person einwilligt, in Worten; es gibt eine Vorgabe.")
@how_given
@click.pass_obj
def add(config_path: Path, who: str, meter: str, sentence: str | None, given_how: str) -> None:
    """Vermerke, dass PERSON (Name oder Nummer) einwilligt, dass ihr ZÄHLER gehört wird.

    ZÄHLER ist die Nummer darauf (`KAM-76348799`), wenn der Hub ihn schon hört, oder sein ganzer
    Name (`wmbus:KAM-76348799-1B-04`). Hinter einem Funkadapter ist es die des Adapters.

    \b
    Beispiel:
      dorfhub meter household add "Erna Weber" KAM-76348799 --how "Formular vom 3. Mai"

    \b
    Rückgabewert (Exit code): 0 getan, 1 verweigert oder niemand heißt so, 75 gesperrt,
    78 hub.toml ist falsch.
    """
    from edge.care.consent import HEAT, HEAT_CADASTRE  # noqa: PLC0415  # `--help` is quick
    from edge.config import load  # noqa: PLC0415

    with unlocked(config_path) as store:
        found = find_person(store, who)
        device, name = _heard(load(config_path), meter)
        if any(home.device == device for home in store.households()):
            raise click.ClickException(
                f"{name} gehört schon zu einem Haushalt: dorfhub meter household list"
            )
        sentence = sentence or _SENTENCE.format(name)
        at = now_ms()
        store.give_consent(
            found.person,
            purpose=HEAT_CADASTRE,
            data_kind=HEAT,
            sentence=sentence,
            given_how=given_how,
            at=at,
        )
        store.add_household(device, found.person, at)
        _settle(load(config_path), store, at)
    click.echo(f"Einwilligung von {found.name} ist vermerkt:")
    click.echo(f"  „{sentence.strip()}“")
    click.echo(f"{name} wird ab jetzt aufbewahrt, versiegelt.")


@household.command("list")
@click.pass_obj
def list_(config_path: Path) -> None:
    """Nenne die aufgenommenen Zähler, und wessen sie sind.

    \b
    Beispiel:
      dorfhub meter household list

    \b
    Rückgabewert (Exit code): 0 getan, 75 personal.db ist gesperrt, 78 hub.toml ist falsch.
    """
    from edge.store.household_gate import agreed  # noqa: PLC0415  # `--help` is quick

    with unlocked(config_path) as store:
        names = {one.person: one.name for one in store.persons()}
        homes = store.households()
        counts = store.household_counts()
        if not homes:
            click.echo("Noch kein Haushalt. Aufnehmen: dorfhub meter household add PERSON ZÄHLER")
        for home in homes:
            click.echo(
                f"{home.device}  {names[home.person]}"
                f"  Einwilligung: {'ja' if agreed(store, home.person) else 'nein'}"
                f"  Messwerte: {counts.get(home.household, 0)}"
            )


@household.command("remove")
@click.argument("meter", metavar="ZÄHLER")
@click.pass_obj
def remove(config_path: Path, meter: str) -> None:
    """Nimm ZÄHLER nicht mehr auf; mit dem letzten einer Person endet ihre Einwilligung.

    Was er sandte, wird aus dem Journal gelöscht. Messwerte in personal.db bleiben, verschlüsselt.

    \b
    Beispiel:
      dorfhub meter household remove KAM-76348799

    \b
    Rückgabewert (Exit code): 0 getan, 1 er ist keines Haushalts, 75 gesperrt,
    78 hub.toml ist falsch.
    """
    from edge.care.consent import HEAT_CADASTRE  # noqa: PLC0415  # `--help` is quick
    from edge.config import load  # noqa: PLC0415

    with unlocked(config_path) as store:
        asked = meter.strip().upper()
        chosen = [home for home in store.households() if asked in _ways(home.device)]
        if len(chosen) != 1:
            raise click.ClickException(
                f"„{meter}“ ist nicht genau ein Zähler eines Haushalts: "
                "dorfhub meter household list"
            )
        at = now_ms()
        person = chosen[0].person
        store.remove_household(chosen[0].device, at)
        is_last = all(home.person != person for home in store.households())
        if is_last:
            store.withdraw_consent(person, at, purpose=HEAT_CADASTRE)
        settled = _settle(load(config_path), store, at)
        kept = store.household_count(person)
    click.echo(f"{chosen[0].device} wird nicht mehr aufbewahrt.")
    if is_last:
        click.echo("Das war der letzte Zähler der Person: die Einwilligung ist widerrufen.")
    for line in what_stays(kept, settled.erased, sent=False):
        click.echo(line)


def _heard(config: Config, text: str) -> tuple[str, str]:
    """Return the journal's name of a meter and what is printed on it."""
    from edge.keyring.words import KeyFileError, meter_name  # noqa: PLC0415  # `--help` is quick
    from edge.store.village import VillageStore  # noqa: PLC0415

    try:
        asked = meter_name(text)
    except KeyFileError as error:
        raise click.ClickException(f"{error}; erwartet wird etwas wie KAM-76348799.") from None
    whole = text.strip()
    if not _WHOLE.fullmatch(whole):
        with VillageStore(config.hub.village_db) as village:
            heard = [
                one.device
                for one in village.heard_meters()
                if one.identification == asked.identification
                and asked.manufacturer in {"", one.manufacturer}
            ]
        if len(heard) != 1:
            listed = ", ".join(heard)
            raise click.ClickException(
                f"Mehrere Zähler haben diese Nummer; bitte den ganzen Namen nennen: {listed}"
                if heard
                else f"Den Zähler {asked} hat noch kein Empfänger gehört. Eine Minute abwarten"
                " oder den ganzen Namen nennen, wie wmbus:KAM-76348799-1B-04."
            )
        whole = heard[0]
    name = _ways(whole)[1]
    from edge.config.communal import Communal  # noqa: PLC0415  # `--help` is quick

    communal = Communal(config.meters).candidate(whole)
    if communal is not None:
        raise click.ClickException(
            f"{communal.wireless} steht in hub.toml als Zähler der Gemeinde; er braucht keine"
            " Einwilligung. Ist ein anderer mit derselben Nummer gemeint, dort bitte den ganzen"
            " Namen eintragen, wie KAM-76348799-1B-04."
        )
    return whole, name


def _ways(device: str) -> tuple[str, str, str]:
    """Return the ways to name `wmbus:KAM-76348799-1B-04` at a terminal, in capitals."""
    from hardware.wmbus.glance import wireless_address  # noqa: PLC0415  # `--help` is quick

    name = wireless_address(device)
    return device.upper(), name, name.rpartition("-")[2]


def _settle(config: Config, store: PersonalStore, at: int) -> Settled:
    from edge.store.household_gate import settle  # noqa: PLC0415  # `--help` is quick
    from edge.store.journal import Journal  # noqa: PLC0415
    from edge.store.village import VillageStore  # noqa: PLC0415

    hub = config.hub
    with Journal(hub.journal_db) as journal, VillageStore(hub.village_db) as village:
        return settle(store, village, journal, at)
