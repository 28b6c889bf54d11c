"""What commands do alike that need the personal data."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.process.lifecycle import EXIT_CONFIG

if TYPE_CHECKING:
    from edge.access.errors import AccessError
    from edge.care.case_errors import CaseError
    from edge.heat.errors import CadastreError
    from edge.learning.errors import LearningError
    from edge.store.personal import PersonalStore
    from edge.store.personal_rows import Person

EXIT_LOCKED = 75  # try again once the key file is there


@contextmanager
def unlocked(config_path: Path) -> Iterator[PersonalStore]:
    """Unlock personal.db; say in words what is in the way."""
    from edge.config import ConfigError, load  # noqa: PLC0415  # `--help` is quick
    from edge.store.errors import Locked, StoreError  # noqa: PLC0415
    from edge.store.personal import PersonalStore  # noqa: PLC0415

    try:
        config = load(config_path)
        with PersonalStore.open(config.hub.personal_db, config.personal.key_file) as store:
            yield store
    except ConfigError as error:
        click.echo(f"{error}\n{error.hint}", err=True)
        raise SystemExit(EXIT_CONFIG) from None
    except Locked as error:
        click.echo(f"{error}\n{error.hint}", err=True)
        raise SystemExit(EXIT_LOCKED) from None
    except StoreError as error:
        raise click.ClickException(f"{error}\n{error.hint}".rstrip()) from None


@contextmanager
def in_words(
    refused: type[LearningError | AccessError | CaseError | CadastreError],
) -> Iterator[None]:
    """Say what is in the way; ``refused`` is what the rules of the room raise."""
    from edge.config import ConfigError  # noqa: PLC0415  # `--help` is quick
    from edge.store.errors import Locked, StoreError  # noqa: PLC0415

    try:
        yield
    except ConfigError as error:
        click.echo(f"{error}\n{error.hint}", err=True)
        raise SystemExit(EXIT_CONFIG) from None
    except Locked as error:
        click.echo(error.hint, err=True)
        raise SystemExit(EXIT_LOCKED) from None
    except refused as error:
        raise click.ClickException(error.hint) from None
    except StoreError as error:
        raise click.ClickException(error.hint or str(error)) from None


def find_person(store: PersonalStore, who: str) -> Person:
    """Return the person of that name or number; say so if there is none."""
    found = store.find_person(who.strip())
    if found is None:
        raise click.ClickException(
            f"Eine Person „{who}“ gibt es nicht. Alle zeigt: dorfhub care person list"
        )
    return found


def what_stays(kept: int, erased: int, *, sent: bool) -> Iterator[str]:
    """Say after a withdrawal what was erased and what was not."""
    if erased:
        what = "einer Nachricht" if erased == 1 else f"von {erased} Nachrichten"
        yield f"Aus dem Journal sind die Bytes {what} der Sensoren und Zähler gelöscht."
    if kept:
        what = "1 früherer Messwert bleibt" if kept == 1 else f"{kept} frühere Messwerte bleiben"
        yield (
            f"{what} verschlüsselt in personal.db, bis sie jemand löscht: dorfhub care erase PERSON"
        )
    else:
        yield "Frühere Messwerte sind nicht gespeichert."
    if kept and sent:
        yield (
            "Was schon versiegelt an den Landkreis ging, soll auch dort gelöscht werden: Der "
            "Auftrag reist mit dem nächsten Abgleich oder Stick. Steht etwas davon zusammen mit "
            "Werten, in die weiter eingewilligt ist, bleibt es dort versiegelt; `dorfhub care "
            "erase` löscht auch das."
        )


def now_ms() -> int:
    """Return this moment, ms since 1970."""
    return time.time_ns() // 1_000_000
