"""What a word about whose something is would erase: said before it is said, not after.

What a person did not agree to is erased, for good. A name that was typed wrong must not do that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.care.consent import CARE, standing
from edge.care.contact_clock import NOTES
from edge.care.kinds import KINDS, WORDS, kind_of_source

if TYPE_CHECKING:
    from edge.store.personal import PersonalStore
    from edge.store.personal_rows import Person

UNKNOWN = ""
ERASE_HELP = "Löschen, was wartet und worin PERSON nicht eingewilligt hat."


def refuse_erasure(
    store: PersonalStore, person: Person, waiting: Mapping[str, int], *, lasts: bool
) -> None:
    """Refuse what would erase values that wait, or with ``lasts`` all that will come.

    ``waiting`` is how many values of which kind would be the person's, see :func:`unread`.

    :raises click.ClickException: if the person did not agree to one of these kinds, or if
        ``lasts`` or with :data:`UNKNOWN` ones to none at all.
    """
    consents = store.consents(person.person)
    agreed = {kind for kind in KINDS if standing(consents, CARE, kind) is not None}
    missing = [kind for kind in KINDS if waiting.get(kind) and kind not in agreed]
    if missing:
        told = ", ".join(f"{WORDS[kind]} ({_wait(waiting[kind])})" for kind in missing)
        said = f"{person.name} hat nicht eingewilligt in: {told}. Sie würden gelöscht."
    elif not agreed and (lasts or waiting.get(UNKNOWN)):
        said = f"{person.name} hat in nichts eingewilligt; was der Sensor schickt, würde gelöscht."
    else:
        return
    kinds = "".join(f" --kind {kind}" for kind in missing)
    raise click.ClickException(
        f"{said} Nichts ist geändert.\n"
        "Ist es die richtige Person, vermerken Sie zuerst die Einwilligung:\n"
        f"  dorfhub care consent give {person.person}{kinds}\n"
        "Soll wirklich gelöscht werden: dasselbe noch einmal mit --erase."
    )


def unread(config_path: Path, device_id: str) -> Counter[str]:
    """Return how many values of a sensor wait that were not looked at yet, by kind.

    What advertises counts as :data:`UNKNOWN`: its kinds are not known before it is opened.
    """
    from edge.config import load  # noqa: PLC0415  # `--help` is quick
    from edge.store.journal import Journal  # noqa: PLC0415

    found = Counter[str]()
    with Journal(load(config_path).hub.journal_db) as journal:
        for kind, count in journal.undecided(device_id).items():
            if kind in NOTES:
                continue
            found[kind_of_source(kind.removeprefix("ble:")) or UNKNOWN] += count
    return found


def _wait(count: int) -> str:
    return f"{count} {'wartet' if count == 1 else 'warten'}"
