"""`dorfhub meter profile`: the profiles of meters, and whether one's own is right."""

from __future__ import annotations

from pathlib import Path

import click

from edge.profiles import ADVICE, profiles_with, read_text
from hardware.profiles import Profile, ProfileError, check, parse, shipped


@click.command()
@click.argument(
    "files",
    metavar="DATEI...",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path, exists=True),
)
@click.pass_context
def check_(ctx: click.Context, files: tuple[Path, ...]) -> None:
    """Prüfe Profile: jede DATEI wird gelesen, und ihre eigenen Telegramme mit ihr.

    Von einem Ordner werden alle *.toml geprüft.

    \b
    Beispiel:
      dorfhub meter profile check mein-zaehler.toml
      dorfhub meter profile check profiles/

    Rückgabewert (Exit code): 0 wenn alle stimmen, 1 wenn ein Fehler darin ist.
    """
    mistakes = 0
    for path in (one for given in files for one in _within(given)):
        try:
            text = read_text(path)
            found = check(text, shipped())
        except ProfileError as error:
            click.echo(f"{error}")
            mistakes += 1
            continue
        for mistake in found:
            at = f": {mistake.key}" if mistake.key else ""
            click.echo(f"{path}{at}: {mistake.text}")
        mistakes += len(found)
        if not found:
            _praise(path, parse(text, str(path)))
    if mistakes:
        ctx.exit(1)


def _within(given: Path) -> list[Path]:
    if not given.is_dir():
        return [given]
    found = sorted(given.glob("*.toml"))
    if not found:
        raise click.ClickException(f"{given}: in diesem Ordner liegt keine Datei *.toml")
    return found


def _praise(path: Path, profile: Profile) -> None:
    count = len(profile.examples)
    if count:
        telegrams = "1 Beispiel stimmt" if count == 1 else f"{count} Beispiele stimmen"
        click.echo(f"{path}: in Ordnung, {telegrams}.")
    else:
        click.echo(f"{path}: lesbar, aber ungeprüft: ein Telegramm als [[example]] eintragen.")


@click.command()
@click.option(
    "--profiles",
    "folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Eigene Profile (*.toml), zwischen denen des Programms aufgelistet.",
)
def list_(folder: Path | None) -> None:
    """Nenne die Profile: Name, für welche Zähler, wie viele Telegramme sie mitbringen.

    \b
    Beispiel:
      dorfhub meter profile list --profiles eigene/

    Rückgabewert (Exit code): 0, oder 1 wenn ein eigenes nicht lesbar ist.
    """
    try:
        registry = profiles_with(folder)
    except ProfileError as error:
        raise click.ClickException(f"{error}\n{ADVICE}") from error
    for profile in sorted(registry.profiles.values(), key=lambda one: one.name):
        click.echo(f"{profile.name:<28} {profile.title_de}")
        for match in profile.matches:
            words = [match.manufacturer or "jeder Hersteller"]
            words.append(f"Version {_codes(match.versions)}")
            words.append(f"Medium {_codes(match.media)}")
            click.echo(f"{'':<28} {', '.join(words)}")
        if profile.examples:
            click.echo(f"{'':<28} Beispiele: {len(profile.examples)}")


def _codes(codes: frozenset[int] | None) -> str:
    return "beliebig" if codes is None else " ".join(f"{code:02x}" for code in sorted(codes))
