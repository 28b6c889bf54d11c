"""`dorfhub care`: people, what they agreed to, and whose sensor is whose."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.care.consent import BLOOD_PRESSURE, CARE, COUNTY, standing
from edge.care.kinds import KINDS, WORDS, sources_of
from edge.commands.unlocked import find_person, now_ms, unlocked, what_stays

if TYPE_CHECKING:
    from edge.store.personal import PersonalStore

_SENTENCES = {
    "hub": (
        "Ich bin damit einverstanden, dass der Dorfhub meine {kind} entgegennimmt und "
        "hier im Dorf verschlüsselt aufbewahrt. Ich kann das jederzeit widerrufen."
    ),
    "county": (
        "Ich bin damit einverstanden, dass meine {kind} versiegelt über den Landkreis an "
        "meinen Pflegedienst gehen. Ich kann das jederzeit widerrufen."
    ),
}


@click.group()
def person() -> None:
    """Add or list people."""


@person.command("add")
@click.argument("name")
@click.pass_obj
def add(config_path: Path, name: str) -> None:
    """Add a person by NAME, as people in the village tell them apart.

    \b
    Example:
      dorfhub care person add "Erna Weber"

    \b
    Exit codes: 0 done, 1 refused, 75 personal.db is locked, 78 hub.toml is wrong.
    """
    with unlocked(config_path) as store:
        number = store.add_person(name, now_ms())
    click.echo(f"Angelegt: {name.strip()} (Nr. {number})")
    click.echo(f"Als Nächstes: dorfhub care consent give {number}")


@person.command("list")
@click.pass_obj
def list_(config_path: Path) -> None:
    """List everybody, with what they agreed to, and their sensors.

    \b
    Example:
      dorfhub care person list

    \b
    Exit codes: 0 done, 75 personal.db is locked, 78 hub.toml is wrong.
    """
    from edge.care.consent import (  # noqa: PLC0415  # `--help` is quick
        BLOOD_PRESSURE,
        CARE,
        COUNTY,
        HEAT,
        HEAT_CADASTRE,
        HUB,
    )

    further = (
        ("Blutdruck an den Kreis", CARE, BLOOD_PRESSURE, COUNTY),
        ("Wärme", HEAT_CADASTRE, HEAT, HUB),
        ("Wärme an den Kreis", HEAT_CADASTRE, HEAT, COUNTY),
    )

    with unlocked(config_path) as store:
        people = store.persons()
        if not people:
            click.echo("Noch niemand. Anlegen: dorfhub care person add NAME")
        assignments = store.assignments()
        for one in people:
            consents = store.consents(one.person)
            agreed = [WORDS[kind] for kind in KINDS if standing(consents, CARE, kind)]
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
    """Record or withdraw a consent."""


@consent.command("give")
@click.argument("who", metavar="PERSON")
@click.option(
    "--kind",
    "kinds",
    type=click.Choice(KINDS),
    multiple=True,
    default=(BLOOD_PRESSURE,),
    show_default=True,
    help="Of which data; may be given several times. One opens no other.",
)
@click.option(
    "--recipient",
    type=click.Choice(["hub", "county"]),
    default="hub",
    show_default=True,
    help="Who may have it: this hub, or sealed, whom the county's enrolment names.",
)
@click.option("--sentence", help="What the person agrees to, in words; there is a usual one.")
@click.option(
    "--how",
    "given_how",
    default="mündlich, vor Ort",
    show_default=True,
    help="How it was given: on paper, in person, ...",
)
@click.pass_obj
def give(
    config_path: Path,
    who: str,
    *,
    kinds: tuple[str, ...],
    recipient: str,
    sentence: str | None,
    given_how: str,
) -> None:
    """Record that PERSON (a name or number) agreed, for care: blood pressure, or each --kind.

    \b
    Example:
      dorfhub care consent give "Erna Weber" --how "Formular vom 3. Mai"
      dorfhub care consent give "Erna Weber" --kind weight --kind glucose
      dorfhub care consent give "Erna Weber" --recipient county

    \b
    Exit codes: 0 done, 1 refused or nobody of that name, 75 locked, 78 hub.toml is wrong.
    """
    if recipient == "county" and set(kinds) != {BLOOD_PRESSURE}:
        raise click.ClickException(
            "An den Landkreis gehen bisher nur Blutdruckwerte; für anderes ist nichts zu erlauben."
        )
    with unlocked(config_path) as store:
        found = find_person(store, who)
        said = []
        for kind in dict.fromkeys(kinds):
            words = sentence or _SENTENCES[recipient].format(kind=WORDS[kind])
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
@click.option("--kind", type=click.Choice(KINDS), help="Only that for care of this kind of data.")
@click.pass_obj
def withdraw(config_path: Path, who: str, kind: str | None) -> None:
    """Withdraw all consents of PERSON; from now on nothing of theirs is taken.

    What their sensors and meters once sent is erased from the journal, where it lies sealed.
    Readings that are in personal.db stay there, encrypted; there is no command yet that erases
    them.
    Repeating it does no harm.

    \b
    Example:
      dorfhub care consent withdraw "Erna Weber"
      dorfhub care consent withdraw "Erna Weber" --kind weight

    \b
    Exit codes: 0 done (or none was given), 1 nobody of that name or the journal cannot be
      erased, 75 locked, 78 hub.toml wrong.
    """
    with unlocked(config_path) as store:
        found = find_person(store, who)
        purpose = CARE if kind else None
        count = store.withdraw_consent(found.person, now_ms(), purpose=purpose, data_kind=kind)
        what = f" ({WORDS[kind]})" if kind else ""
        if count:
            click.echo(
                f"{found.name}: Einwilligung{what} widerrufen. Neue Messwerte werden verworfen."
            )
        else:
            click.echo(f"{found.name} hat keine Einwilligung{what}, die man widerrufen könnte.")
        sensors = {a.device_id for a in store.assignments_ever() if a.person == found.person}
        erased = _erase_from_journal(config_path, store, found.person, sensors, kind)
        kept = _kept(store, found.person, kind)
        sent = kind in {None, BLOOD_PRESSURE} and any(
            one.recipient == COUNTY for one in store.consents(found.person)
        )
    for line in what_stays(kept, erased, sent=sent):
        click.echo(line)


def _kept(store: PersonalStore, person: int, kind: str | None) -> int:
    """Return how many readings of a person stay, of one kind or all, their home's included."""
    pressures = store.care_count(person) if kind in {None, BLOOD_PRESSURE} else 0
    home = 0 if kind else store.household_count(person)
    return pressures + store.observation_count(person, kind) + home


def _erase_from_journal(
    config_path: Path, store: PersonalStore, person: int, sensors: Iterable[str], kind: str | None
) -> int:
    """Erase what the person's sensors sent, of one kind or all.

    With all go their meters' telegrams, and the meters are let in no longer.
    """
    from edge.config import load  # noqa: PLC0415  # `--help` is quick
    from edge.store.household_gate import settle  # noqa: PLC0415
    from edge.store.journal import Journal  # noqa: PLC0415
    from edge.store.village import VillageStore  # noqa: PLC0415

    hub = load(config_path).hub
    with Journal(hub.journal_db) as journal, VillageStore(hub.village_db) as village:
        if kind is not None:
            kinds = tuple(f"ble:{source}" for source in sources_of(kind))
            return journal.erase_decoded(sorted(sensors), kinds)
        for home in store.households():
            if home.person == person:
                store.remove_household(home.device, now_ms())
        erased = settle(store, village, journal, now_ms()).erased
        return erased + journal.erase_decoded(sorted(sensors))


@click.command()
@click.argument("device_id", metavar="DEVICE")
@click.argument("who", metavar="PERSON")
@click.option(
    "--user-index",
    type=click.IntRange(0, 254),
    help="Only this user of the sensor (its button 1, 2, ...); without it, everybody's.",
)
@click.pass_obj
def assign(config_path: Path, device_id: str, who: str, user_index: int | None) -> None:
    """Say that sensor DEVICE belongs to PERSON (a name or number) from now on.

    Readings of a sensor that nobody else uses are theirs at once; those of one user among several
    wait until `dorfhub care confirm` says that it is so.

    \b
    Example:
      dorfhub care assign ble:C0112233AABB "Erna Weber" --user-index 1

    \b
    Exit codes: 0 done, 1 unknown sensor or nobody of that name, 75 locked, 78 hub.toml is wrong.
    """
    with unlocked(config_path) as store:
        found = find_person(store, who)
        _require_sensor(config_path, device_id)
        store.assign(device_id, found.person, now_ms(), user_index)
    button = "" if user_index is None else f", Taste {user_index},"
    click.echo(f"{device_id}{button} gehört jetzt zu {found.name}.")
    if user_index is not None:
        click.echo(
            "Bitte einmal messen und am Gerät nachsehen, ob die Taste stimmt. Dann:\n"
            f"  dorfhub care confirm {device_id} {found.person} --user-index {user_index}"
        )


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
