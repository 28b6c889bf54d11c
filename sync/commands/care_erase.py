"""`dorfhub care erase|replies`: what reaches beyond the village, both ways."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.commands.unlocked import find_person, now_ms, unlocked

if TYPE_CHECKING:
    from edge.store.personal import PersonalStore
    from edge.store.personal_rows import Person


@click.command()
@click.argument("who", metavar="PERSON", required=False)
@click.option(
    "--resume", is_flag=True, help="Nur zu Ende bringen, was begonnen und unterbrochen wurde."
)
@click.option("--yes", is_flag=True, help="Nicht nachfragen.")
@click.option(
    "--by",
    default="wer den Hub betreut",
    show_default=True,
    help="Wer löscht; steht auf der Quittung.",
)
@click.option(
    "--receipt",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Die Quittung auch in diese Datei schreiben, zum Beispiel auf einen Stick.",
)
@click.pass_obj
def erase(
    config_path: Path,
    who: str | None,
    *,
    resume: bool,
    yes: bool,
    by: str,
    receipt: Path | None,
) -> None:
    """Lösche PERSON (Name oder Nummer): alle Messwerte, Einwilligungen, den Namen, auch Gesendetes.

    Ein Auftrag zum Löschen geht an den Kreis und an alle, die Kopien tragen. Nichts davon ist
    rückgängig zu machen. PERSON muss nicht in der Pflege sein: Auch wer nur einen Zugang, eine
    Anmeldung oder etwas ausgeliehen hat, wird gefunden, dann nur mit dem Namen. Am Ende steht eine
    Quittung.

    \b
    Beispiele:
      dorfhub care erase "Erna Weber"
      dorfhub care erase "Erna Weber" --by "M. Kern" --receipt /media/stick/quittung.txt
      dorfhub care erase --resume

    \b
    Rückgabewert (Exit code): 0 gelöscht, 1 niemand heißt so, 2 falscher Aufruf, 75 personal.db ist
    gesperrt, 78 hub.toml ist falsch.
    """
    from edge.config import load  # noqa: PLC0415 - `--help` is quick
    from edge.desk import SignupDesk, Vault  # noqa: PLC0415
    from edge.desk.lending import LendingDesk  # noqa: PLC0415
    from edge.store.scale_users import ScaleUsers  # noqa: PLC0415
    from edge.store.setup import open_journal  # noqa: PLC0415
    from sync import backup, erasure  # noqa: PLC0415
    from sync.node import opened, parcels  # noqa: PLC0415
    from sync.receipt import lines  # noqa: PLC0415

    if (who is None) != resume:
        raise click.UsageError("Entweder PERSON oder --resume angeben.")
    with unlocked(config_path) as personal:
        config = load(config_path)
        with opened(config) as node, open_journal(config.hub) as journal:
            with Vault.of(config) as vault:  # what waits sealed may be theirs as well
                SignupDesk.of(config, node.village, vault, node.clock).drain()
                LendingDesk.of(config, node.village, vault, node.clock).drain()
            found = None if who is None else _found(personal, who)
            if found is not None and not yes:
                click.confirm(f"Alles über {found.name} unwiderruflich löschen?", abort=True)
            if found is not None and not found.person:  # only now: a no leaves nothing behind
                found = replace(found, person=personal.add_person(found.name, now_ms()))
            eraser = erasure.Eraser(
                personal,
                node.village,
                journal,
                node.outbox,
                scales=ScaleUsers(config.hub.scale_users),
                parcels=parcels(config),
            )
            stamp = node.clock.stamp()
            done = eraser.resume(stamp)
            if found is not None and found.person in {one.person for one in personal.persons()}:
                done.append(eraser.erase(found.person, stamp))
    for one in done:
        for line in erasure.sentences(one):
            click.echo(line)
    for line in backup.remains(config) if done else ():
        click.echo(line)
    if not done:
        click.echo("Es ist nichts zu löschen.")
        return
    papers = "\n\n".join("\n".join(lines(one, by)) for one in done)
    click.echo(f"\n{papers}")
    if receipt is not None:
        receipt.write_text(f"{papers}\n", encoding="utf-8")


def _found(personal: PersonalStore, who: str) -> Person:
    """Return whom a name means; number 0 is somebody who is here, but not in care.

    :raises ClickException: if nobody is, or somebody of care's is spelt alike.
    """
    from edge.learning.signup import same_name  # noqa: PLC0415 - `--help` is quick
    from edge.store.erasure import is_anybody  # noqa: PLC0415
    from edge.store.personal_rows import Person  # noqa: PLC0415

    name = who.strip()
    known = personal.find_person(name)
    if known is not None:
        return known
    alike = [one.name for one in personal.persons() if same_name(one.name) == same_name(name)]
    if alike:
        raise click.ClickException(
            f"In der Pflege heißt jemand fast so: „{alike[0]}“. Bitte genau so."
        )
    if is_anybody(personal, name):
        return Person(0, name, 0)
    return find_person(personal, name)


@click.command()
@click.argument("who", metavar="PERSON", required=False)
@click.pass_obj
def replies(config_path: Path, who: str | None) -> None:
    """Zeige, was der Pflegedienst geantwortet hat: PERSON (Name oder Nummer), sonst allen.

    \b
    Beispiel:
      dorfhub care replies "Erna Weber"

    \b
    Rückgabewert (Exit code): 0 gezeigt, 1 niemand heißt so, 75 personal.db ist gesperrt,
    78 hub.toml ist falsch.
    """
    from edge.config import load  # noqa: PLC0415 - `--help` is quick
    from edge.store.village import VillageStore  # noqa: PLC0415
    from sync.erasure import read_letter  # noqa: PLC0415

    with unlocked(config_path) as personal:
        only = None if who is None else find_person(personal, who).person
        names = {one.person: one.name for one in personal.persons()}
        identity = personal.care_identity()
        with VillageStore(load(config_path).hub.village_db) as village:
            shown = 0
            for reply in village.replies():
                letter = read_letter(reply.sealed, identity)
                if letter is None or only not in (None, letter.person):
                    continue
                shown += 1
                name = names.get(letter.person, f"Nr. {letter.person}")
                day = time.strftime("%d.%m.%Y", time.localtime(reply.received_at / 1000))
                click.echo(f"{day}  An {name}, von {letter.sender or reply.source}:")
                click.echo(f"    {letter.text}")
    if not shown:
        click.echo("Es ist keine Antwort da.")
