"""`dorfhub care`: people, what they agreed to, and whose sensor is whose."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from edge.care.consent import BLOOD_PRESSURE, CARE, COUNTY, Consent, standing
from edge.care.kinds import KINDS, WORDS
from edge.care.sentences import sentence
from edge.commands.care_erasure import ERASE_HELP, refuse_erasure, unread
from edge.commands.how_given import SPOKEN, how_given
from edge.commands.scale_code import forgotten
from edge.commands.unlocked import find_person, now_ms, unlocked, what_stays


@click.group()
def person() -> None:
    """Personen anlegen oder auflisten."""


@person.command("add")
@click.argument("name")
@click.pass_obj
def add(config_path: Path, name: str) -> None:
    """Lege eine Person an; NAME so, wie man sie im Dorf auseinanderhält.

    \b
    Beispiel:
      dorfhub care person add "Erna Weber"

    \b
    Rückgabewert (Exit code): 0 getan, 1 verweigert, 75 personal.db ist gesperrt,
    78 hub.toml ist falsch.
    """
    with unlocked(config_path) as store:
        number = store.add_person(name, now_ms())
    click.echo(f"Angelegt: {name.strip()} (Nr. {number})")
    click.echo(f"Als Nächstes: dorfhub care consent give {number}")


@person.command("list")
@click.pass_obj
def list_(config_path: Path) -> None:
    """Nenne alle Personen: worin sie eingewilligt haben und welche Sensoren ihre sind.

    \b
    Beispiel:
      dorfhub care person list

    \b
    Rückgabewert (Exit code): 0 getan, 75 personal.db ist gesperrt, 78 hub.toml ist falsch.
    """
    from edge.care.consent import (  # noqa: PLC0415  # `--help` is quick
        HEAT,
        HEAT_BILLS,
        HEAT_CADASTRE,
        HEAT_SUMS,
        HUB,
    )

    further = (
        *((f"{WORDS[kind]} an den Kreis", CARE, kind, COUNTY) for kind in KINDS),
        ("Wärme", HEAT_CADASTRE, HEAT, HUB),
        ("Verbrauch der Heizung", HEAT_CADASTRE, HEAT_BILLS, HUB),
        ("Verbrauch in einer Summe", HEAT_CADASTRE, HEAT_SUMS, HUB),
        ("Wärme an den Kreis", HEAT_CADASTRE, HEAT, COUNTY),
    )

    with unlocked(config_path) as store:
        people = store.persons()
        if not people:
            click.echo("Noch niemand. Anlegen: dorfhub care person add NAME")
        assignments = store.assignments()
        for one in people:
            consents = store.consents(one.person)
            agreed = _agreed(consents)
            agreed += [word for word, *use in further if standing(consents, *use)]
            sensors = [
                assignment.device_id
                + ("" if assignment.user_index is None else f" (Taste {assignment.user_index})")
                for assignment in assignments
                if assignment.person == one.person
            ]
            click.echo(
                f"{one.person:>4}  {one.name}"
                f"  Einwilligung: {', '.join(agreed) or 'keine'}"
                f"  Sensoren: {', '.join(sensors) or 'keine'}"
            )


@click.group()
def consent() -> None:
    """Eine Einwilligung vermerken oder widerrufen."""


@consent.command("give")
@click.argument("who", metavar="PERSON")
@click.option(
    "--kind",
    "kinds",
    type=click.Choice(KINDS),
    multiple=True,
    default=(BLOOD_PRESSURE,),
    show_default=True,
    help="Für welche Werte; mehrfach möglich. Eine gilt nie für eine andere.",
)
@click.option(
    "--recipient",
    type=click.Choice(["hub", "county"]),
    default="hub",
    show_default=True,
    help="Wer sie haben darf: dieser Hub; oder versiegelt über den Kreis der Pflegedienst.",
)
@click.option(
    "--sentence", "text", help="Worin die Person einwilligt, in Worten; es gibt eine Vorgabe."
)
@how_given
@click.pass_obj
def give(
    config_path: Path,
    who: str,
    *,
    kinds: tuple[str, ...],
    recipient: str,
    text: str | None,
    given_how: str,
) -> None:
    """Vermerke, dass PERSON (Name oder Nummer) einwilligt: in Blutdruck, oder in jedes --kind.

    \b
    Beispiele:
      dorfhub care consent give "Erna Weber" --how "Formular vom 3. Mai"
      dorfhub care consent give "Erna Weber" --kind weight --kind glucose
      dorfhub care consent give "Erna Weber" --recipient county --kind weight

    \b
    Rückgabewert (Exit code): 0 getan, 1 verweigert oder niemand heißt so, 75 gesperrt,
    78 hub.toml ist falsch.
    """
    with unlocked(config_path) as store:
        found = find_person(store, who)
        said = []
        for kind in dict.fromkeys(kinds):
            words = text or sentence(kind, recipient)
            store.give_consent(
                found.person,
                purpose=CARE,
                data_kind=kind,
                sentence=words,
                given_how=given_how,
                at=now_ms(),
                recipient=recipient,
            )
            said.append(words.strip())
    click.echo(f"Einwilligung von {found.name} ist vermerkt:")
    for words in dict.fromkeys(said):
        click.echo(f"  „{words}“")


@consent.command("withdraw")
@click.argument("who", metavar="PERSON")
@click.option("--kind", type=click.Choice(KINDS), help="Nur die in diese Werte.")
@click.option(
    "--how",
    default=SPOKEN,
    show_default=True,
    help="Wie widerrufen wurde: auf Papier, mündlich, ...",
)
@click.pass_obj
def withdraw(config_path: Path, who: str, kind: str | None, how: str) -> None:
    """Widerrufe alle Einwilligungen von PERSON; ab jetzt nimmt der Hub nichts mehr von ihr an.

    Was ihre Sensoren und Zähler geschickt haben, wird aus dem Journal gelöscht, wo es versiegelt
    liegt. Messwerte in personal.db bleiben dort, verschlüsselt; `dorfhub care erase` löscht auch
    sie und was schon gesendet ist. Hitzewarnungen, die daraus entstanden, werden gelöscht. Gilt
    weder für Gewicht noch für Körperzusammensetzung eine Einwilligung, vergisst der Hub die Codes
    der Person für Waagen. Es zu wiederholen schadet nicht.

    \b
    Beispiele:
      dorfhub care consent withdraw "Erna Weber"
      dorfhub care consent withdraw "Erna Weber" --kind weight

    \b
    Rückgabewert (Exit code): 0 getan (oder es gab keine), 1 niemand heißt so oder im Journal ist
    nicht zu löschen, 75 gesperrt, 78 hub.toml ist falsch.
    """
    from edge.config import load  # noqa: PLC0415  # `--help` is quick
    from edge.ward.withdrawal import withdraw as withdrawn  # noqa: PLC0415

    with unlocked(config_path) as store:
        found = find_person(store, who)
        done = withdrawn(load(config_path), store, found.person, now_ms(), kind=kind, how=how)
        what = f" ({WORDS[kind]})" if kind else ""
        if done.consents:
            click.echo(
                f"{found.name}: Einwilligung{what} widerrufen. Neue Messwerte werden verworfen."
            )
        else:
            click.echo(f"{found.name} hat keine Einwilligung{what}, die man widerrufen könnte.")
    for line in (*forgotten(done.codes), *what_stays(done.kept, done.erased, sent=done.sent)):
        click.echo(line)


@click.command()
@click.argument("device_id", metavar="SENSOR")
@click.argument("who", metavar="PERSON")
@click.option(
    "--user-index",
    type=click.IntRange(0, 254),
    help="Nur diese Taste des Sensors (1, 2, ...); ohne das alle.",
)
@click.option("--erase", is_flag=True, help=ERASE_HELP)
@click.pass_obj
def assign(
    config_path: Path, device_id: str, who: str, user_index: int | None, *, erase: bool
) -> None:
    """Sag, dass SENSOR (seine Kennung) ab jetzt PERSON (Name oder Nummer) gehört.

    Werte ohne Taste, von einem Sensor, den sonst niemand benutzt, sind gleich ihre; die mit einer
    Taste warten, bis `dorfhub care confirm` sagt, dass es stimmt. Zuerst die Einwilligung
    vermerken: worin PERSON nicht eingewilligt hat, das wird gelöscht. Solange solche Werte warten,
    wird verweigert, außer mit --erase.

    \b
    Beispiel:
      dorfhub care assign ble:C0112233AABB "Erna Weber" --user-index 1

    \b
    Rückgabewert (Exit code): 0 getan, 1 den Sensor gibt es nicht oder niemand heißt so,
    75 gesperrt, 78 hub.toml ist falsch.
    """
    with unlocked(config_path) as store:
        found = find_person(store, who)
        _require_sensor(config_path, device_id)
        if user_index is None and not erase:  # one user's wait for a confirmation in any case
            refuse_erasure(store, found, unread(config_path, device_id), lasts=False)
        store.assign(device_id, found.person, now_ms(), user_index)
        agreed = _agreed(store.consents(found.person))
    button = "" if user_index is None else f", Taste {user_index},"
    click.echo(f"{device_id}{button} gehört jetzt zu {found.name}.")
    click.echo(
        f"Eingewilligt ist in: {', '.join(agreed) or 'nichts'}. Was der Sensor sonst schickt, "
        f"löscht der Hub. Mehr erlauben: dorfhub care consent give {found.person}",
        err=True,
    )
    if user_index is None:
        click.echo(
            "Hat das Gerät Tasten oder Plätze für mehrere Personen, warten seine Werte, bis jemand "
            "sagt,\ndass nur diese Person damit misst. Einmal messen lassen, dann:\n"
            f"  dorfhub care confirm {device_id} {found.person}"
        )
    else:
        click.echo(
            "Bitte einmal messen und am Gerät nachsehen, ob die Taste stimmt. Dann:\n"
            f"  dorfhub care confirm {device_id} {found.person} --user-index {user_index}"
        )


def _agreed(consents: Iterable[Consent]) -> list[str]:
    """Return in words what a person agrees that the hub keeps, for care."""
    return [WORDS[kind] for kind in KINDS if standing(consents, CARE, kind)]


def _require_sensor(config_path: Path, device_id: str) -> None:
    from edge.config import load  # noqa: PLC0415  # `--help` is quick
    from edge.store.village import VillageStore  # noqa: PLC0415

    with VillageStore(load(config_path).hub.village_db) as village:
        known = [device.device_id for device in village.devices("ble")]
    if device_id not in known:
        listed = ", ".join(known) or "noch keine; koppeln mit `dorfhub ble pair`"
        raise click.ClickException(
            f"Den Sensor {device_id} gibt es nicht. Gekoppelt sind: {listed}"
        )
