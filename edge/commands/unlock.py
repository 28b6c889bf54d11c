"""`dorfhub unlock`: opening personal.db with two of three after a reboot."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.commands.unlocked import EXIT_LOCKED, now_ms
from edge.process.lifecycle import EXIT_CONFIG

if TYPE_CHECKING:
    from edge.config import Config
    from edge.unlock.installing import Installing

_FACTORS = {"tang": "Schlüsselserver", "pin": "PIN", "token": "Stick"}


@click.command()
@click.option("--tang", "url", required=True, help="Adresse des Schlüsselservers (http://...).")
@click.option(
    "--stick",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Ordner des Sticks; ohne Angabe der eine, der steckt.",
)
@click.option(
    "--key",
    "plain",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Die bisherige Schlüsseldatei; ohne Angabe state/keys/personal.key.",
)
@click.pass_obj
def setup(config_path: Path, url: str, stick: Path | None, plain: Path | None) -> None:
    """Richtet das Entsperren mit zwei von drei ein und löscht zuletzt die offene Schlüsseldatei.

    Vorher in hub.toml [personal] key_file auf einen Ort im Arbeitsspeicher setzen. Erst wenn
    wenigstens zwei Paare wirklich geöffnet haben, gilt die neue Einrichtung.

    \b
    Beispiel:
      dorfhub unlock setup --tang http://192.168.1.5:7500

    \b
    Exit codes: 0 eingerichtet, 1 abgelehnt, 78 hub.toml ist falsch.
    """
    from edge.unlock import pin, tang  # noqa: PLC0415  # `--help` is quick
    from edge.unlock.installing import Installing  # noqa: PLC0415
    from edge.unlock.opener import Opener  # noqa: PLC0415

    with _in_words(config_path) as config:
        source, key = _plain_key(config, plain)
        work = Installing(Opener.of(config), key)
        work.use_tang(url, _confirmed(url, tang.thumbprints(url)))
        where = work.use_token(stick or _only_stick(config))
        click.echo(f"Auf dem Stick steht jetzt {where}.")
        chosen = pin.checked(_ask("Neue PIN (6 bis 32 Ziffern)"))
        work.use_pin(chosen)
        work.draft()
        _attempt(work)
        stays = f" {source} wird dann gelöscht." if source != config.personal.key_file else ""
        click.echo(
            "Gehen zwei der drei verloren, öffnet nur noch eine Kopie des Schlüssels, die fern "
            f"vom Hub liegt.{stays}"
        )
        click.confirm("Gibt es eine solche Kopie, und soll es so gelten?", abort=True)
        work.finish(source)
    click.echo("Eingerichtet.")


@click.command()
@click.pass_obj
def status(config_path: Path) -> None:
    """Zeigt, ob entsperrt ist, was eingerichtet ist und was davon gerade da ist.

    \b
    Beispiel:
      dorfhub unlock status

    \b
    Exit codes: 0 entsperrt, 1 die Einrichtung ist beschädigt, 75 gesperrt, 78 hub.toml ist falsch.
    """
    from edge.unlock.errors import NotSetUp  # noqa: PLC0415
    from edge.unlock.opener import Opener  # noqa: PLC0415
    from edge.unlock.tries import Tries  # noqa: PLC0415

    with _in_words(config_path) as config:
        opener = Opener.of(config)
        click.echo("Gesperrt." if opener.is_locked else "Entsperrt.")
        try:
            record = opener.record()
        except NotSetUp as error:
            click.echo(error.hint)
        else:
            found, missing = opener.present(record)
            pairs = (name.split("+") for name in sorted(record.wraps))
            for one, other in pairs:
                click.echo(f"  {_FACTORS[one]} und {_FACTORS[other]}")
            click.echo("Da: " + (", ".join(_FACTORS[one] for one in found) or "nichts"))
            for problem in missing:
                click.echo(problem.hint)
            if opener.is_held:
                click.echo("Von Hand gesperrt: von selbst öffnet es erst nach einem Neustart.")
            if wait_s := Tries(opener.tries_path).wait_s(now_ms()):
                click.echo(f"Eine PIN wird erst in {wait_s} s wieder angenommen.")
    if opener.is_locked:
        raise SystemExit(EXIT_LOCKED)


@click.command()
@click.pass_obj
def now(config_path: Path) -> None:
    """Entsperrt: mit Schlüsselserver und Stick, sonst mit der PIN und einem von beiden.

    \b
    Beispiel:
      dorfhub unlock now

    \b
    Exit codes: 0 entsperrt, 1 geht nicht, 78 hub.toml ist falsch.
    """
    from edge.unlock.opener import Opener  # noqa: PLC0415

    with _in_words(config_path) as config:
        opener = Opener.of(config)
        opener.record()
        opener.release()
        if not opener.without_person():
            opener.with_pin(_ask("PIN"), now_ms())
    click.echo("Entsperrt.")


@click.command()
@click.pass_obj
def lock(config_path: Path) -> None:
    """Sperrt: der Schlüssel ist weg, bis jemand entsperrt oder der Hub neu startet.

    \b
    Beispiel:
      dorfhub unlock lock

    \b
    Exit codes: 0 gesperrt, 1 geht nicht, 78 hub.toml ist falsch.
    """
    from edge.unlock.opener import Opener  # noqa: PLC0415

    with _in_words(config_path) as config:
        Opener.of(config).lock()
    click.echo("Gesperrt.")


def _plain_key(config: Config, plain: Path | None) -> tuple[Path, bytes]:
    """Return the database's key and its file, proven to open personal.db."""
    from edge.store.personal import PersonalStore  # noqa: PLC0415  # loads SQLCipher
    from edge.unlock import memory  # noqa: PLC0415

    usual = (config.hub.keys / "personal.key", config.personal.key_file)
    source = plain or next((one for one in usual if one.exists()), None)
    key = memory.read(source) if source is not None and source.exists() else None
    if source is None or key is None or not config.hub.personal_db.exists():
        raise click.ClickException(
            "Die bisherige Schlüsseldatei ist nicht da. Bitte mit --key angeben; gesperrt lässt "
            "sich nichts einrichten."
        )
    if not memory.is_memory(config.personal.key_file.parent):
        raise click.ClickException(
            "Bitte zuerst in hub.toml setzen, der Hub liest den Schlüssel dann aus dem "
            'Arbeitsspeicher: [personal] key_file = "/run/dorfhub/personal.key"'
        )
    PersonalStore.open(config.hub.personal_db, source).close()
    return source, key


def _confirmed(url: str, thumbprints: list[str]) -> str:
    if not thumbprints:
        raise click.ClickException(f"{url} hat keinen Schlüssel, der unterschreibt.")
    for one in thumbprints:
        click.echo(f"Der Schlüsselserver zeigt: {one}")
        if click.confirm("Steht dort bei `tang-show-keys` dasselbe?"):
            return one
    raise click.ClickException("Ohne Bestätigung wird dem Schlüsselserver nichts anvertraut.")


def _only_stick(config: Config) -> Path:
    from edge.material.sticks import sticks  # noqa: PLC0415

    found = sticks(config.sync.sticks)
    if len(found) != 1:
        raise click.ClickException(
            f"Es stecken {len(found)} Sticks in [sync] sticks; bitte mit --stick angeben, welcher."
        )
    return found[0]


def _attempt(work: Installing) -> None:
    said = work.attempt(lambda: _ask("Zur Probe: PIN noch einmal"))
    for pair in ("tang+pin", "tang+token", "pin+token"):
        one, other = pair.split("+")
        click.echo(f"  {_FACTORS[one]} und {_FACTORS[other]}: {said.get(pair, 'öffnet')}")


def _ask(what: str) -> str:
    return str(click.prompt(what, hide_input=True, err=True))


@contextmanager
def _in_words(config_path: Path) -> Iterator[Config]:
    from edge.config import ConfigError, load  # noqa: PLC0415  # `--help` is quick
    from edge.store.errors import StoreError  # noqa: PLC0415
    from edge.unlock.errors import UnlockError  # noqa: PLC0415

    try:
        yield load(config_path)
    except ConfigError as error:
        click.echo(f"{error}\n{error.hint}", err=True)
        raise SystemExit(EXIT_CONFIG) from None
    except (UnlockError, StoreError) as error:
        raise click.ClickException(f"{error}\n{error.hint}".rstrip()) from None
