"""`dorfhub care waiting`, `confirm` and `claim`: whose a sensor's values are.

No value is shown here: who measured knows when it was.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.commands.care_erasure import ERASE_HELP, refuse_erasure, unread
from edge.commands.how_given import SPOKEN
from edge.commands.unlocked import find_person, now_ms, unlocked

if TYPE_CHECKING:
    from edge.store.personal import PersonalStore

MOST_SHOWN = 50  # values of one user on a terminal; the counts are always whole


@click.command()
@click.argument("device_id", metavar="SENSOR")
@click.argument("who", metavar="PERSON")
@click.option("--user-index", type=click.IntRange(0, 254), help="Diese Taste des Sensors.")
@click.option("--how", default=SPOKEN, show_default=True, help="Wie es sichergestellt wurde.")
@click.option("--erase", is_flag=True, help=ERASE_HELP)
@click.pass_obj
def confirm(
    config_path: Path, device_id: str, who: str, user_index: int | None, how: str, *, erase: bool
) -> None:
    """Bestätige, dass PERSON mit SENSOR (seine Kennung) gemessen hat und die Zuordnung stimmt.

    Ohne --user-index: dass nur PERSON mit SENSOR misst, welche Taste auch gedrückt wird, außer den
    Tasten, die anderen gehören. Es wird verweigert, wenn PERSON nicht eingewilligt hat, dass der
    Hub behält, was wartet, außer mit --erase.

    \b
    Beispiel:
      dorfhub care confirm ble:C0112233AABB "Erna Weber" --user-index 1

    \b
    Rückgabewert (Exit code): 0 getan, 1 keine solche Zuordnung, niemand heißt so oder keine
    Einwilligung, 75 personal.db ist gesperrt, 78 hub.toml ist falsch.
    """
    with unlocked(config_path) as store:
        found = find_person(store, who)
        if not erase:
            kinds = _confirmed_kinds(store, config_path, device_id, found.person, user_index)
            if kinds is not None:
                refuse_erasure(store, found, kinds, lasts=True)
        store.confirm(device_id, found.person, how, now_ms(), user_index)
    button = "" if user_index is None else f", Taste {user_index},"
    click.echo(f"Bestätigt: {device_id}{button} gehört zu {found.name}.")
    click.echo("Was davon wartet, ordnet der Hub gleich zu.")


@click.command()
@click.pass_obj
def waiting(config_path: Path) -> None:
    """Nenne die Messungen, die warten, weil niemand gesagt hat, wessen sie sind.

    Gezeigt wird, wann gemessen wurde, nie der Wert.

    \b
    Beispiel:
      dorfhub care waiting

    \b
    Rückgabewert (Exit code): 0 keine wartet, 1 manche warten, 75 personal.db ist gesperrt,
    78 hub.toml ist falsch.
    """
    from edge.care.kinds import WORDS  # noqa: PLC0415  # `--help` is quick
    from edge.care.waiting import question, unclaimed  # noqa: PLC0415

    with unlocked(config_path) as store:
        groups = unclaimed(store.waiting())
        names = {one.person: one.name for one in store.persons()}
        assigned = {(one.device_id, one.user_index): one.person for one in store.assignments()}
    nobodys = _nobodys(config_path)
    count = sum(len(group.values) for group in groups)
    if count:
        click.echo(question(count))
    for group in groups:
        user = group.user_index
        click.echo(f"{group.device_id}, {'ohne Taste' if user is None else f'Taste {user}'}:")
        for one in group.values[:MOST_SHOWN]:
            click.echo(
                f"  Nr. {one.number}  {_moment(one.observed_at)}"
                f"  {WORDS.get(one.data_kind, one.data_kind)}"
            )
        if len(group.values) > MOST_SHOWN:
            click.echo(f"  … und {len(group.values) - MOST_SHOWN} weitere")
        for button in dict.fromkeys((user, None)):
            person = assigned.get((group.device_id, button))
            if person is not None:
                click.echo(_suggestion(group.device_id, button, person, names[person]))
                break
    if count:
        click.echo(
            "Immer dieselbe Person: dorfhub care assign SENSOR PERSON --user-index TASTE, "
            "dann dorfhub care confirm.\n"
            "Einzelne: dorfhub care claim PERSON NR ...; von niemandem hier: "
            "dorfhub care claim --nobody NR ..."
        )
    for device, many in nobodys.items():
        waits = "1 Wert wartet" if many == 1 else f"{many} Werte warten"
        click.echo(f"{device} gehört noch niemandem, {waits}: dorfhub care assign {device} PERSON")
    if not count and not nobodys:
        click.echo("Keine Messung wartet.")
        return
    raise SystemExit(1)


@click.command()
@click.argument("what", metavar="[PERSON] NR...", nargs=-1, required=True)
@click.option(
    "--nobody", is_flag=True, help="Sie sind von niemandem hier; ihre Bytes werden gelöscht."
)
@click.option("--how", default=SPOKEN, show_default=True, help="Wie es sichergestellt wurde.")
@click.option("--erase", is_flag=True, help=ERASE_HELP)
@click.pass_obj
def claim(config_path: Path, what: tuple[str, ...], how: str, *, nobody: bool, erase: bool) -> None:
    """Sag, dass die wartenden Messungen mit diesen NR von PERSON sind, oder von niemandem hier.

    Die Nummern zeigt `dorfhub care waiting`. Es wird verweigert, wenn PERSON nicht eingewilligt
    hat, dass der Hub sie behält, außer mit --erase.

    \b
    Beispiele:
      dorfhub care claim "Erna Weber" 4 5 6
      dorfhub care claim --nobody 7

    \b
    Rückgabewert (Exit code): 0 getan, 1 keine davon wartet, niemand heißt so oder keine
    Einwilligung, 2 falscher Aufruf, 75 personal.db ist gesperrt, 78 hub.toml ist falsch.
    """
    texts = what if nobody else what[1:]
    if not texts or not all(text.isdecimal() and len(text) < 19 for text in texts):
        raise click.UsageError(
            "NR fehlt oder ist keine Zahl: die Nummern zeigt `dorfhub care waiting`."
        )
    numbers = [int(text) for text in texts]
    with unlocked(config_path) as store:
        person = None if nobody else find_person(store, what[0])
        if person is not None and not erase:
            chosen = [one.data_kind for one in store.waiting() if one.number in numbers]
            refuse_erasure(store, person, Counter(chosen), lasts=False)
        done = store.claim(numbers, person.person if person else None, how, now_ms())
    if not done:
        raise click.ClickException("Keine dieser Messungen wartet: dorfhub care waiting")
    whose = f"von {person.name}" if person else "von niemandem hier; sie werden gelöscht"
    many = "1 Messung ist" if done == 1 else f"{done} Messungen sind"
    click.echo(f"{many} {whose}.")
    if done < len(numbers):
        left = len(numbers) - done
        click.echo(f"{left} der Nummern {'wartet' if left == 1 else 'warten'} nicht (mehr).")


def _confirmed_kinds(
    store: PersonalStore, config_path: Path, device_id: str, person: int, user_index: int | None
) -> Counter[str] | None:
    """Return how many waiting values of which kind a confirmation would make a person's.

    None if there is no such assignment to confirm.
    """
    from edge.care.waiting import settled_by  # noqa: PLC0415  # `--help` is quick

    assigned = [one for one in store.assignments_ever() if one.device_id == device_id]
    asked = (person, user_index, None)
    if all((one.person, one.user_index, one.valid_until) != asked for one in assigned):
        return None
    after = [
        replace(one, confirmed_at=one.confirmed_at or 0)
        if (one.person, one.user_index, one.valid_until) == asked
        else one
        for one in assigned
    ]
    waiting = [one for one in store.waiting() if one.device_id == device_id]
    kinds = Counter(one.data_kind for one in settled_by(after, person, waiting))
    return kinds + unread(config_path, device_id)


def _suggestion(device_id: str, button: int | None, person: int, name: str) -> str:
    if button is None:
        said, which = f"Misst nur {name} damit", ""
    else:
        said, which = f"Ist Taste {button} {name}", f" --user-index {button}"
    return f"  {said}: dorfhub care confirm {device_id} {person}{which}"


def _nobodys(config_path: Path) -> dict[str, int]:
    """Return how many values of which sensors wait that nobody has."""
    from edge.config import load  # noqa: PLC0415  # `--help` is quick
    from edge.store.journal import Journal  # noqa: PLC0415
    from edge.store.journal_parked import NO_OWNER  # noqa: PLC0415

    with Journal(load(config_path).hub.journal_db) as journal:
        counts = journal.parked_counts()
    return {device: count for (message, device), count in counts.items() if message == NO_OWNER}


def _moment(at_ms: int) -> str:
    from edge.clock import to_datetime  # noqa: PLC0415  # `--help` is quick

    return to_datetime(at_ms).astimezone().strftime("%d.%m.%Y %H:%M")
