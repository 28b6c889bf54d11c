"""`dorfhub heat ...`: the heat cadastre at the terminal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.commands import unlocked
from edge.commands.unlocked import now_ms
from edge.heat.german import de

if TYPE_CHECKING:
    from edge.cadastre.intake import Account
    from edge.cadastre.quality import Quality
    from edge.heat.building import Building
    from edge.store.personal import PersonalStore
    from edge.store.village import VillageStore

EXIT_REFUSED = 3  # the table was read, but not every line was taken whole
_SHOWN = 20  # findings at a terminal; --json and the file beside the table have all
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Als JSON.")


@click.command("import")
@click.argument("file", metavar="DATEI", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--mapping",
    "mapping",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Die Zuordnung der Spalten (TOML); ohne Angabe DATEI.toml.",
)
@click.option("--guess", is_flag=True, help="Die Zuordnung erraten und zum Prüfen schreiben.")
@click.option("--header", type=int, default=1, show_default=True, help="Zeile der Überschriften.")
@click.option("--sheet", default="", help="Blatt der Excel-Datei.")
@click.option("--check", is_flag=True, help="Nur prüfen, nichts übernehmen.")
@AS_JSON
@click.pass_obj
def import_(
    config_path: Path,
    file: Path,
    *,
    mapping: Path | None,
    guess: bool,
    header: int,
    sheet: str,
    check: bool,
    as_json: bool,
) -> None:
    """Lies DATEI (CSV, Excel, GeoJSON, GeoPackage, CityGML) in das Wärmekataster.

    \b
    Zuerst die Spalten zuordnen lassen, die Zuordnung prüfen und die Quelle eintragen, dann lesen:
      dorfhub heat import gebaeude.csv --guess
      dorfhub heat import gebaeude.csv --check
      dorfhub heat import gebaeude.csv

    Was nicht übernommen wird, steht mit Grund in DATEI.abgelehnt.csv (bei Formen .geojson):
    berichtigen und mit derselben Zuordnung noch einmal lesen. Verbrauch und Heizung von Häusern mit
    wenigen Wohnungen werden nur mit Einwilligung aufbewahrt. Näheres: docs/heat-cadastre.md

    \b
    Rückgabewert (Exit code): 0 alles übernommen, 1 die Datei oder Zuordnung ist falsch,
    3 einzelne Zeilen oder Werte nicht übernommen, 78 hub.toml ist falsch.
    """
    from edge.cadastre.files import has_shapes, open_table, samples  # noqa: PLC0415  # quick help
    from edge.cadastre.intake import Intake  # noqa: PLC0415
    from edge.cadastre.quarantine import beside  # noqa: PLC0415
    from edge.heat.intake import mapping as mappings  # noqa: PLC0415

    chosen = mapping or file.with_suffix(".toml")
    shapes = has_shapes(file)
    if guess:
        if chosen.exists():
            raise click.ClickException(f"{chosen} gibt es schon; bitte zuerst umbenennen.")
        lead = f"header = {header}\n" + (f"sheet = {json.dumps(sheet)}\n" if sheet else "")
        with in_words():
            if shapes:
                from edge.cadastre.shape_files import guessed  # noqa: PLC0415  # shapely: an extra

                lead, text = "", guessed(file, date.today(), sheet)  # noqa: DTZ011
            else:
                with open_table(file, header=header, sheet=sheet) as table:
                    text = mappings.guess(table.header, samples(table), date.today())  # noqa: DTZ011
        chosen.write_text(lead + text, encoding="utf-8")
        click.echo(text, nl=False)
        click.echo(f"Geschrieben: {chosen}. Bitte prüfen und „source“ eintragen.", err=True)
        return
    with in_words():
        if not chosen.exists():
            raise click.ClickException(
                f"{chosen} fehlt. Erraten lassen: dorfhub heat import {file} --guess"
            )
        columns = mappings.loads(chosen.read_text(encoding="utf-8"), shapes=shapes)
        reads, rejected = Intake, beside(file)
        if shapes:
            from edge.cadastre.shape_intake import ShapeIntake  # noqa: PLC0415  # shapely: an extra
            from edge.cadastre.shape_quarantine import beside as beside_shapes  # noqa: PLC0415

            reads, rejected = ShapeIntake, beside_shapes(file)
        with stores(config_path) as (village, personal):
            intake = reads(village, personal, columns, now_ms())
            done = intake.check(file) if check else intake.read(file, rejected)
    _say_account(done, "Form" if shapes else "Zeile", as_json=as_json)
    if done.found:
        raise SystemExit(EXIT_REFUSED)


@click.command("buildings")
@click.option("--block", default="", help="Nur die eines Baublocks.")
@click.option("--street", default="", help="Nur die einer Straße.")
@AS_JSON
@click.pass_obj
def buildings(config_path: Path, *, block: str, street: str, as_json: bool) -> None:
    """Nenne die Gebäude, mit dem, was von ihnen gilt.

    \b
    Beispiel:
      dorfhub heat buildings --block 17

    \b
    Rückgabewert (Exit code): 0 genannt, 78 hub.toml ist falsch.
    """
    from edge.heat.address import plain  # noqa: PLC0415  # `--help` is quick

    with in_words(), village_of(config_path) as village:
        found = [
            one
            for one in village.cadastre()
            if block in {"", one.block} and plain(street) in plain(one.address)
        ]
        estimates = village.heat_estimates()
    if as_json:
        click.echo(json.dumps([_as_json(one) for one in found], ensure_ascii=False))
        return
    for one in found:
        known = estimates.get(one.number)
        click.echo(
            f"{one.number:>6}  {one.address:<32} {one.type or '?':<4} {one.age or '?':<2}"
            + (f"{kwh(known.kwh)} ({kwh(known.low)} bis {kwh(known.high)})" if known else "")
        )
    if not found:
        click.echo("Kein Gebäude. Einlesen: dorfhub heat import DATEI --guess")


@click.command("building")
@click.argument("number", metavar="NUMMER", type=int)
@AS_JSON
@click.pass_obj
def building(config_path: Path, number: int, *, as_json: bool) -> None:
    """Zeige ein Gebäude: jeden Wert, wer ihn wann sagte, und was es braucht.

    \b
    Beispiel:
      dorfhub heat building 12

    \b
    Rückgabewert (Exit code): 0 gezeigt, 1 es gibt keins mit dieser Nummer, 78 hub.toml ist falsch.
    """
    from edge.heat.said import METHOD_WORDS  # noqa: PLC0415  # `--help` is quick

    with in_words(), village_of(config_path) as village:
        found = village.heat_building(number)
        if found is None:
            raise click.ClickException(
                f"Ein Gebäude {number} gibt es nicht. Alle zeigt: dorfhub heat buildings"
            )
        history = village.heat_history(number)
        estimate = village.heat_estimates(number).get(number)
    if as_json:
        known = None if estimate is None else asdict(estimate)
        click.echo(json.dumps({**_as_json(found), "estimate": known}, ensure_ascii=False))
        return
    click.echo(f"Gebäude {number}: {found.address}, {found.municipality}".rstrip(", "))
    click.echo(f"  Baublock {found.block or '–'}, Straßenabschnitt {found.section or '–'}")
    for name, said, _ in history:
        holds = "*" if found.facts.get(name) == said else " "
        band = "" if said.low is None else f" ({said.low:g} bis {said.high:g})"
        click.echo(
            f"  {holds} {_german(name):<16} {_shown(said.value)}{band}"
            f"  {METHOD_WORDS[said.method]}, {said.source}, {said.day:%d.%m.%Y}"
        )
    if estimate is not None:
        click.echo(
            f"  Wärme im Jahr: {kwh(estimate.kwh)}, mit 80 % zwischen {kwh(estimate.low)} und"
            f" {kwh(estimate.high)} ({_BASIS[estimate.basis]})"
        )
    click.echo("  (* gilt)")


@click.command("quality")
@AS_JSON
@click.pass_obj
def quality(config_path: Path, *, as_json: bool) -> None:
    """Zeige, wie vollständig das Kataster ist und worauf seine Werte ruhen.

    \b
    Beispiel:
      dorfhub heat quality

    \b
    Rückgabewert (Exit code): 0 gezeigt, 78 hub.toml ist falsch.
    """
    from edge.cadastre.quality import quality as look  # noqa: PLC0415  # `--help` is quick

    with in_words(), village_of(config_path) as village:
        found = look(village)
    if as_json:
        click.echo(json.dumps(asdict(found), ensure_ascii=False))
        return
    for line in _quality_lines(found):
        click.echo(line)


def _quality_lines(found: Quality) -> Iterator[str]:
    from edge.heat.said import METHOD_WORDS, Method  # noqa: PLC0415  # `--help` is quick

    yield f"{found.buildings} Gebäude"
    for name, share in found.complete.items():
        methods = ", ".join(
            f"{METHOD_WORDS[Method[method.upper()]]} {count}"
            for method, count in found.methods.get(name, {}).items()
        )
        yield f"  {_german(name):<18} {share:>4.0%}" + (f"  ({methods})" if methods else "")
    yield f"Verbrauch: {found.measured} Gebäude und {found.groups} Gruppen mit Jahren"
    yield f"Gradtagszahlen: {found.weather_years} Jahre, das normale " + (
        "auch" if found.normal_year else "fehlt"
    )
    for one in found.imports:
        yield f"{one.file}: {one.taken} von {one.lines} Zeilen übernommen, {one.refused} abgelehnt"


def _say_account(done: Account, word: str, *, as_json: bool) -> None:
    if as_json:
        plain = {**asdict(done), "rejected": None if done.rejected is None else str(done.rejected)}
        click.echo(json.dumps(plain, ensure_ascii=False))
        return
    several = {"Zeile": "Zeilen", "Form": "Formen"}[word]
    click.echo(
        f"{done.lines} {several}: {done.taken} übernommen, {done.refused} abgelehnt;"
        f" {done.left_out} einzelne Werte nicht übernommen, {done.values} Werte neu."
    )
    for note in done.notes:
        click.echo(f"  {note}")
    for one in done.found[:_SHOWN]:
        value = f" „{one.value}“" if one.value else ""
        where = f"{word} {one.line}, " if one.line else ""  # else it is of the whole file
        click.echo(f"  {where}{one.column}{value}: {one.why}. {one.todo}")
    if len(done.found) > _SHOWN:
        click.echo(f"  … und {len(done.found) - _SHOWN} weitere")
    if done.rejected is not None:
        click.echo(f"Zum Berichtigen: {done.rejected}")


def _as_json(one: Building) -> dict[str, object]:
    return {
        "number": one.number,
        "address": one.address,
        "municipality": one.municipality,
        "block": one.block,
        "section": one.section,
        "age_class": one.age,
        "facts": {
            name: {
                **asdict(said),
                "day": said.day.isoformat(),
                "method": said.method.name.lower(),
            }
            for name, said in one.facts.items()
        },
    }


def _german(name: str) -> str:
    from edge.heat.intake import fields  # noqa: PLC0415  # `--help` is quick

    found = fields.of(name.removesuffix("_by_position"))
    if found is None:
        return name
    return f"{found.german} (Lage)" if name.endswith("_by_position") else found.german


def _shown(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:g}".replace(".", ",")


def kwh(amount: float) -> str:
    """Return kWh as people read them, three digits."""
    digits = max(0, len(str(int(amount))) - 3)
    rounded = round(amount / 10**digits) * 10**digits
    if rounded >= 1_000_000:
        return f"{de(rounded / 1e6, 2)} GWh"
    return f"{de(rounded)} kWh"


_BASIS = {
    "measured": "gemessen",
    "group": "aus einer Gruppe",
    "typology": "nach Bauart und den Messungen im Dorf",
}


def in_words() -> AbstractContextManager[None]:
    """Say what is in the way of the cadastre."""
    from edge.heat.errors import CadastreError  # noqa: PLC0415  # `--help` is quick

    return unlocked.in_words(CadastreError)


def text_of(path: Path) -> str:
    """Return what stands in a file that somebody wrote by hand.

    :raises click.ClickException: if it is not to be read; what is not UTF-8 is from an old editor.
    """
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{path} ist nicht zu lesen: {error.strerror}") from None
    except UnicodeDecodeError:
        raise click.ClickException(
            f"{path} ist nicht zu lesen: bitte im Editor mit der Kodierung UTF-8 speichern."
        ) from None


@contextmanager
def village_of(config_path: Path) -> Iterator[VillageStore]:
    """Open village.db."""
    from edge.config import load  # noqa: PLC0415  # `--help` is quick
    from edge.store.village import VillageStore  # noqa: PLC0415

    with VillageStore(load(config_path).hub.village_db) as village:
        yield village


@contextmanager
def stores(config_path: Path) -> Iterator[tuple[VillageStore, PersonalStore | None]]:
    """Open village.db, and personal.db where it is unlocked."""
    from edge.config import load  # noqa: PLC0415  # `--help` is quick
    from edge.store.errors import Locked  # noqa: PLC0415
    from edge.store.personal import PersonalStore  # noqa: PLC0415

    config = load(config_path)
    with village_of(config_path) as village:
        try:
            personal = PersonalStore.open(config.hub.personal_db, config.personal.key_file)
        except Locked:
            yield village, None
            return
        with personal:
            yield village, personal
