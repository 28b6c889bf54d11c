"""`dorfhub material`: the shelf of the learning point, for scripts and for the county's packs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.commands.learning_point import opened
from edge.material.kinds import LANGUAGES, LICENCES, SUBJECTS, UNKNOWN, size_words

if TYPE_CHECKING:
    from edge.desk.materials import MaterialDesk, Taken
    from edge.material.sticks import Offer


@contextmanager
def _desk(config_path: Path) -> Iterator[MaterialDesk]:
    from edge.clock import SystemClock  # noqa: PLC0415 - `--help` is quick
    from edge.desk.materials import MaterialDesk  # noqa: PLC0415
    from edge.material.errors import MediumError  # noqa: PLC0415

    with opened(config_path) as point:
        try:
            yield MaterialDesk.of(point.config, point.village, SystemClock())
        except MediumError as error:
            raise click.ClickException(error.hint) from None


@click.command()
@click.argument("place", metavar="ORT", type=click.Path(exists=True, path_type=Path))
@click.option("--language", type=click.Choice([*LANGUAGES]), default=None, help="Sprache.")
@click.option("--licence", type=click.Choice([*LICENCES]), default=UNKNOWN, help="Wer darf.")
@click.option("--subject", type=click.Choice(SUBJECTS), default=None, help="Thema.")
@click.option("--source", default="", help="Von wem es ist.")
@click.option("--title", default="", help="Wie es heißt (nur bei einer einzelnen Datei).")
@click.option("--show", is_flag=True, help="Allen zeigen, wenn Sprache und Lizenz feststehen.")
@click.pass_obj
def add(
    config_path: Path,
    place: Path,
    *,
    language: str | None,
    licence: str,
    subject: str | None,
    source: str,
    title: str,
    show: bool,
) -> None:
    """Legt eine Datei, oder alle eines Ordners, auf das Regal.

    Jede Datei wird kopiert, zurückgelesen und geprüft. Was in material.toml steht, geht vor.
    Untertitel (film.de.vtt neben film.mp4) kommen mit. Dieselbe Datei noch einmal ändert nichts.

    \b
    Beispiele:
      dorfhub material add heft.pdf --language de --licence CC-BY-4.0 --show
      dorfhub material add /media/pi/KREISPAKET --show

    \b
    Exit codes: 0 alles liegt da, 1 etwas wurde nicht genommen, 2 Eingabe, 78 hub.toml ist falsch.
    """
    from edge.material.pack import MAX_SOURCE, MAX_TITLE, About, line  # noqa: PLC0415
    from edge.material.sticks import look  # noqa: PLC0415

    folder, only = (place, None) if place.is_dir() else (place.absolute().parent, place.name)
    refused = 0
    with _desk(config_path) as desk:
        found = look(folder)
        if found.problem:
            click.echo(found.problem, err=True)
        offers = [one for one in found.offers if only in (None, one.path)]
        for offer in offers:
            about = offer.about or About()
            about = replace(
                about,
                titles=about.titles or ({"de": line(title, MAX_TITLE)} if title and only else {}),
                language=about.language or language or "",
                licence=licence if about.licence == UNKNOWN else about.licence,
                subject=about.subject or subject or "",
                source=about.source or line(source, MAX_SOURCE),
            )
            refused += _added(desk, folder, replace(offer, about=about), show=show)
    if refused or not offers:
        raise click.ClickException(
            f"Nicht genommen: {refused}" if offers else "Dort liegt nichts, was der Hub nimmt."
        )


def _added(desk: MaterialDesk, folder: Path, offer: Offer, *, show: bool) -> int:
    """Take one file and say so; return how many files were refused."""
    from edge.learning.errors import LearningError  # noqa: PLC0415
    from edge.material.sticks import open_file  # noqa: PLC0415

    if offer.refused:
        click.echo(f"nein   {offer.name}: {offer.refused}")
        return 1

    def staged(path: str) -> Taken:
        file, size = open_file(folder, path)
        with file:
            name = path.rpartition("/")[2]
            part = desk.stage(file, name, size, lambda _: None)
        if path == offer.path:
            return desk.take(part, offer.about, "command")
        language = dict(offer.captions)[path]
        return desk.take_captions(material, part, language, "command")

    taken = staged(offer.path)
    if taken.material is None:
        click.echo(f"nein   {offer.name}: {taken.reason}")
        return 1
    material = taken.material
    refused = 0
    for path, _ in offer.captions:
        track = staged(path)
        if track.how == "refused":
            click.echo(f"nein   {track.name}: {track.reason}")
            refused += 1
    if show and material.hidden and not material.lacks:
        try:
            material = desk.show(material.material)
        except LearningError as error:
            click.echo(error.hint, err=True)
    how = "neu " if taken.how == "taken" else "da  "
    lacks = f" (es fehlt: {', '.join(material.lacks)})" if material.lacks else ""
    click.echo(f"{how}   {material.material:>4}  {offer.name}{lacks}")
    return refused


@click.command("list")
@click.pass_obj
def list_(config_path: Path) -> None:
    """Zeigt, was auf dem Regal liegt.

    \b
    Beispiel:
      dorfhub material list

    \b
    Exit codes: 0 gezeigt, 78 hub.toml ist falsch.
    """
    with _desk(config_path) as desk:
        found = desk.all()
    for one in found:
        state = "fehlt: " + ", ".join(one.lacks) if one.lacks else "verborgen" if one.hidden else ""
        title = one.said("de")[1].title
        about = f"{one.kind:<5}  {one.language or '?':<9}  {size_words(one.size):>9}"
        click.echo(f"{one.material:>4}  {about}  {title}  {state}".rstrip())
    if not found:
        click.echo("Noch nichts. Anlegen: dorfhub material add DATEI")


@click.command()
@click.option("--tidy", is_flag=True, help="Dateien löschen, zu denen es kein Material gibt.")
@click.pass_obj
def check(config_path: Path, *, tidy: bool) -> None:
    """Liest jede Datei und vergleicht sie mit ihrer Prüfsumme.

    \b
    Beispiel:
      dorfhub material check

    \b
    Exit codes: 0 alles ist, wie es war, 1 etwas fehlt oder ist verdorben, 78 hub.toml ist falsch.
    """
    with _desk(config_path) as desk:
        wrong = desk.check()
        for word, materials in (("fehlt", wrong.missing), ("verdorben", wrong.spoiled)):
            for one in materials:
                click.echo(f"{word:<9}  {one.material:>4}  {one.said('de')[1].title}")
        for name in wrong.strange:
            click.echo(f"herrenlos  {name}")
        removed = desk.tidy() if tidy else 0
    if removed:
        click.echo(f"Gelöscht: {removed}")
    if wrong.missing or wrong.spoiled:
        raise click.ClickException(
            "Bitte diese Dateien noch einmal bringen: Dieselbe Datei heilt, was fehlt."
        )
    if not wrong.strange:
        click.echo("Alles ist, wie es war.")


@click.command()
@click.argument("number", metavar="NUMMER", type=int)
@click.pass_obj
def remove(config_path: Path, number: int) -> None:
    """Löscht ein Material, die Datei auch.

    \b
    Beispiel:
      dorfhub material remove 7

    \b
    Exit codes: 0 gelöscht, 1 das gibt es nicht, 78 hub.toml ist falsch.
    """
    with _desk(config_path) as desk:
        gone = desk.remove(number)
    click.echo(f"Gelöscht: {gone.said('de')[1].title}")
