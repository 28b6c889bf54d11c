"""`dorfhub care waiting`, `confirm` and `claim`: whose a sensor's values are.

No value is shown here: who measured knows when it was.
"""

from __future__ import annotations

from pathlib import Path

import click

from edge.commands.unlocked import find_person, now_ms, unlocked

MOST_SHOWN = 50  # values of one user on a terminal; the counts are always whole
_HOW = "mündlich, vor Ort"


@click.command()
@click.argument("device_id", metavar="DEVICE")
@click.argument("who", metavar="PERSON")
@click.option("--user-index", type=click.IntRange(0, 254), help="This user of the sensor.")
@click.option("--how", default=_HOW, show_default=True, help="How it was made sure.")
@click.pass_obj
def confirm(config_path: Path, device_id: str, who: str, user_index: int | None, how: str) -> None:
    """Say that PERSON measured with DEVICE and that the assignment is right.

    Without --user-index: that PERSON alone uses DEVICE, whichever button is pressed, except the
    buttons that are assigned to others.

    \b
    Example:
      dorfhub care confirm ble:C0112233AABB "Erna Weber" --user-index 1

    \b
    Exit codes: 0 done, 1 no such assignment or nobody of that name, 75 personal.db is locked,
      78 hub.toml is wrong.
    """
    with unlocked(config_path) as store:
        found = find_person(store, who)
        store.confirm(device_id, found.person, how, now_ms(), user_index)
    button = "" if user_index is None else f", Taste {user_index},"
    click.echo(f"Bestätigt: {device_id}{button} gehört zu {found.name}.")
    click.echo("Was davon wartet, ordnet der Hub gleich zu.")


@click.command()
@click.pass_obj
def waiting(config_path: Path) -> None:
    """List the values that wait because nobody said whose they are.

    \b
    Example:
      dorfhub care waiting

    \b
    Exit codes: 0 none waits, 1 some do, 75 personal.db is locked, 78 hub.toml is wrong.
    """
    from edge.care.kinds import WORDS  # noqa: PLC0415  # `--help` is quick
    from edge.care.waiting import question, unclaimed  # noqa: PLC0415

    with unlocked(config_path) as store:
        groups = unclaimed(store.waiting())
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
    if count:
        click.echo(
            "Immer dieselbe Person: dorfhub care assign SENSOR PERSON --user-index TASTE, "
            "dann dorfhub care confirm.\n"
            "Einzelne: dorfhub care claim PERSON NR ...; von niemandem hier: "
            "dorfhub care claim --nobody NR ..."
        )
    for device, many in nobodys.items():
        click.echo(
            f"{device} gehört noch niemandem, {many} Werte warten: "
            f"dorfhub care assign {device} PERSON"
        )
    if not count and not nobodys:
        click.echo("Keine Messung wartet.")
        return
    raise SystemExit(1)


@click.command()
@click.argument("what", metavar="[PERSON] NUMBER...", nargs=-1, required=True)
@click.option("--nobody", is_flag=True, help="They are nobody's here; their bytes are erased.")
@click.option("--how", default=_HOW, show_default=True, help="How it was made sure.")
@click.pass_obj
def claim(config_path: Path, what: tuple[str, ...], how: str, *, nobody: bool) -> None:
    """Say that the waiting values of these NUMBERs are PERSON's, or with --nobody no one's.

    `dorfhub care waiting` shows the numbers.

    \b
    Examples:
      dorfhub care claim "Erna Weber" 4 5 6
      dorfhub care claim --nobody 7

    \b
    Exit codes: 0 done, 1 none of them waits or nobody of that name, 2 wrong usage,
      75 personal.db is locked, 78 hub.toml is wrong.
    """
    texts = what if nobody else what[1:]
    if not texts or not all(text.isdecimal() and len(text) < 19 for text in texts):
        raise click.UsageError("NUMBER: die Nummern zeigt `dorfhub care waiting`.")
    numbers = [int(text) for text in texts]
    with unlocked(config_path) as store:
        person = None if nobody else find_person(store, what[0])
        done = store.claim(numbers, person.person if person else None, how, now_ms())
    if not done:
        raise click.ClickException("Keine dieser Messungen wartet: dorfhub care waiting")
    whose = f"von {person.name}" if person else "von niemandem hier; sie werden gelöscht"
    many = "1 Messung ist" if done == 1 else f"{done} Messungen sind"
    click.echo(f"{many} {whose}.")
    if done < len(numbers):
        click.echo(f"{len(numbers) - done} der Nummern warten nicht (mehr).")


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
