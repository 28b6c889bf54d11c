"""`dorfhub heat estimate` and `heat block`: what buildings need, and what blocks do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.commands.heat_cadastre import AS_JSON, in_words, kwh, text_of, village_of
from edge.commands.numpy_extra import needs_numpy
from edge.commands.unlocked import now_ms
from edge.heat.german import de

if TYPE_CHECKING:
    from edge.cadastre.estimating import Outcome
    from edge.heat.typology import Typology
    from edge.store.village import VillageStore


TYPOLOGY = click.option(
    "--typology",
    "typology_path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Kennwerte nach Bauart und Baujahr (TOML); ohne Angabe typology.toml bei hub.toml.",
)


@click.command("estimate")
@TYPOLOGY
@AS_JSON
@click.pass_obj
def estimate(config_path: Path, *, typology_path: Path | None, as_json: bool) -> None:
    """Schätze, was jedes Gebäude braucht, und die Summen der Blöcke und Straßenabschnitte.

    Kennwerte einer Typologie werden dorthin verschoben, wo das Dorf selbst gemessen hat; jedes
    Ergebnis hat ein Band, in dem es mit 80 % liegt. Kennwerte bringt das Programm nicht mit: bitte
    aus einer Quelle eintragen, die das erlaubt (docs/heat-cadastre.md).

    \b
    Beispiel:
      dorfhub heat estimate --typology typology.toml

    \b
    Rückgabewert (Exit code): 0 geschätzt, 1 die Typologie fehlt oder ist falsch, es gibt keine
    Gebäude, oder numpy fehlt; 78 hub.toml ist falsch.
    """
    with needs_numpy("die Schätzung"):
        from edge.cadastre.estimating import estimate as run  # noqa: PLC0415  # `--help` is quick

    with in_words():
        values = typology_of(config_path, typology_path)
        with village_of(config_path) as village:
            need_buildings(village)
            done = run(village, values, now_ms())
    if as_json:
        click.echo(json.dumps({**asdict(done), "made_up": values.made_up}, ensure_ascii=False))
        return
    for line in _lines(done, made_up=values.made_up):
        click.echo(line)


@click.command("block")
@click.argument("name", metavar="[BLOCK]", default="")
@click.option("--section", is_flag=True, help="Straßenabschnitte statt Blöcke.")
@AS_JSON
@click.pass_obj
def block(config_path: Path, name: str, *, section: bool, as_json: bool) -> None:
    """Zeige die Summen der Baublöcke (MWh je ha) oder Straßenabschnitte (kWh je m).

    \b
    Beispiele:
      dorfhub heat block
      dorfhub heat block --section "Hauptstraße (1)"

    \b
    Rückgabewert (Exit code): 0 gezeigt, 1 es gibt keine Schätzung oder keinen solchen Block,
    78 hub.toml ist falsch.
    """
    from edge.cadastre.places import place_sums  # noqa: PLC0415  # `--help` is quick

    with in_words(), village_of(config_path) as village:
        if village.last_heat_run() is None:
            raise click.ClickException("Noch keine Schätzung: dorfhub heat estimate")
        found = place_sums(village, "section" if section else "block", name)
    if name and not found:
        raise click.ClickException(f"„{name}“ gibt es nicht. Alle zeigt der Befehl ohne Namen.")
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], ensure_ascii=False))
        return
    for one in found:
        if one.kwh is None or one.low is None or one.high is None:
            click.echo(f"{one.name:<24} weniger als 5 Gebäude: keine Summe")
            continue
        dense = "" if one.density is None else f"  {de(one.density)} {one.unit}"
        click.echo(
            f"{one.name:<24} {one.buildings:>4} Gebäude  {kwh(one.kwh)}"
            f" ({kwh(one.low)} bis {kwh(one.high)}){dense}"
        )


def _lines(done: Outcome, *, made_up: bool) -> Iterator[str]:
    if made_up:
        yield "Achtung: die Kennwerte dieser Typologie sind erfunden."
    yield (
        f"{done.buildings} Gebäude: {kwh(done.kwh)} im Jahr, mit 80 % zwischen {kwh(done.low)}"
        f" und {kwh(done.high)}."
    )
    yield f"Gemessen: {done.measured} Gebäude, {done.groups} Gruppen."
    if done.sums:
        yield f"Summen von Haushalten, die dem zugestimmt haben: {done.sums}."
    if done.left_out:
        yield f"{done.left_out} Gruppen zählen nicht: zu klein oder überlappend."
    if done.unadjusted:
        yield (
            f"Bei {done.unadjusted} Messungen fehlt das Wetter der Jahre: bitte Gradtagszahlen"
            " einlesen, auch die normale."
        )
    if done.too_small:
        yield (
            f"{done.too_small} Blöcke oder Abschnitte haben weniger als 5 Gebäude und keine Summe."
        )
    yield from done.metered


def typology_of(config_path: Path, chosen: Path | None) -> Typology:
    """Read the typology that was chosen, else the one beside hub.toml.

    :raises CadastreError: if it is none.
    """
    from edge.heat import typology  # noqa: PLC0415  # `--help` is quick

    path = chosen or config_path.parent / "typology.toml"
    if not path.exists():
        raise click.ClickException(
            f"Die Typologie {path} fehlt. Wie man sie anlegt: docs/heat-cadastre.md"
        )
    return typology.loads(text_of(path))


def need_buildings(village: VillageStore) -> None:
    """Refuse an empty cadastre."""
    if not village.cadastre():
        raise click.ClickException("Noch kein Gebäude. Einlesen: dorfhub heat import DATEI --guess")
