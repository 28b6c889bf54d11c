"""`dorfhub heat scenario`: what refurbishment, other heating and a warmer climate come to."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.commands.heat_cadastre import AS_JSON, in_words, text_of, village_of
from edge.commands.heat_estimate import TYPOLOGY, need_buildings, typology_of
from edge.commands.numpy_extra import needs_numpy
from edge.commands.unlocked import now_ms
from edge.heat.german import de

if TYPE_CHECKING:
    from edge.heat.scenario.outlook import Band, Outlook, Part, Year
    from edge.heat.scenario.plan import Plan


@click.command("scenario")
@click.argument("file", metavar="DATEI", type=click.Path(path_type=Path, dir_okay=False))
@TYPOLOGY
@click.option(
    "--svg",
    "picture",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Auch als Bild in diese Datei.",
)
@AS_JSON
@click.pass_obj
def scenario(
    config_path: Path,
    file: Path,
    *,
    typology_path: Path | None,
    picture: Path | None,
    as_json: bool,
) -> None:
    """Rechne ein Szenario: Endenergie, Primärenergie und CO2 bis 2045.

    DATEI (TOML) sagt, wie viel saniert wird, womit geheizt wird, wie das Klima sich ändert und
    welche Faktoren gelten, jedes mit Quelle. Ein Muster mit den Faktoren des Gebäudeenergiegesetzes
    ist docs/heat-scenario.example.toml; alles andere darin ist auszufüllen. Daneben steht, was ohne
    jede Änderung bliebe. Formeln: docs/heat-scenarios.md

    \b
    Beispiel:
      dorfhub heat scenario sanierung.toml --svg sanierung.svg

    \b
    Rückgabewert (Exit code): 0 gerechnet, 1 Szenario oder Typologie fehlt oder ist unvollständig,
    weniger als 5 Gebäude, oder numpy fehlt; 78 hub.toml ist falsch.
    """
    with needs_numpy("die Schätzung"):
        from edge.cadastre.scenario import look_ahead  # noqa: PLC0415  # `--help` is quick
        from edge.heat.scenario.picture import svg  # noqa: PLC0415
        from edge.heat.scenario.reading import loads  # noqa: PLC0415
        from edge.heat.scenario.told import as_object  # noqa: PLC0415

    with in_words():
        plan = loads(text_of(file))
        values = typology_of(config_path, typology_path)
        with village_of(config_path) as village:
            need_buildings(village)
            found = look_ahead(village, values, plan, now_ms())
    if picture is not None:
        try:
            picture.write_text(svg(plan, found, made_up=values.made_up), encoding="utf-8")
        except OSError as error:
            raise click.ClickException(f"{picture} ist nicht zu schreiben: {error}") from None
    if as_json:
        click.echo(json.dumps(as_object(plan, found, made_up=values.made_up), ensure_ascii=False))
        return
    for line in _lines(plan, found, made_up=values.made_up):
        click.echo(line)


def _lines(plan: Plan, found: Outlook, *, made_up: bool) -> Iterator[str]:
    from edge.heat.scenario import words  # noqa: PLC0415  # `--help` is quick

    if plan.made_up or made_up:
        yield "Achtung: Werte dieses Szenarios oder dieser Typologie sind erfunden."
    yield (
        f"{plan.name}: {found.buildings} Gebäude, von {found.known_supply} ist die Heizung bekannt,"
        f" von {found.known_generator} ihr Baujahr; sonst gilt, was das Szenario annimmt."
    )
    yield ""
    yield f"{'Jahr':<8}{'Endenergie MWh':>28}{'Primärenergie MWh':>28}{'CO2 t':>24}{'saniert':>10}"
    base = found.base.amount
    for one in (found.base, *found.years):
        amount = one.amount
        yield (
            f"{one.year:<8}{_band(amount.final, 1e3):>28}{_band(amount.primary, 1e3):>28}"
            f"{_band(amount.co2, 1.0):>24}{one.refurbished:>10.0%}"
        )
        if one is not found.base:
            yield (
                f"{'':<8}{_change(amount.final, base.final):>28}"
                f"{_change(amount.primary, base.primary):>28}{_change(amount.co2, base.co2):>24}"
            )
    yield (
        f"Ohne jede Änderung bliebe es jedes Jahr wie {plan.base}. In Klammern das Band der"
        " Schätzung (80 %); die Annahmen selbst haben keins."
    )
    years = (found.base, *found.years)
    yield from _table("Endenergie nach Trägern, MWh", years, lambda one: one.carriers,
                      words.carriers)  # fmt: skip
    yield from _table("Endenergie nach Gebäudeklassen, MWh", years, lambda one: one.classes,
                      words.classes)  # fmt: skip
    last = found.years[-1]
    yield ""
    yield f"Was {last.year} weniger ist, eins nach dem anderen gerechnet:"
    for step in last.steps:
        yield (
            f"  {words.STEP_WORDS[step.name]:<20}{_mwh(step.final):>10} MWh Endenergie"
            f"{_mwh(step.primary):>10} MWh Primärenergie{de(step.co2):>8} t CO2"
        )
    yield ""
    yield "Faktoren:"
    for name, numbers, source in words.factors(plan):
        yield f"  {name}: {numbers}. Quelle: {source}"
    yield ""
    yield "Annahmen und ihre Quellen:"
    for what, source in plan.sources():
        yield f"  {what}: {source}"


def _table(
    title: str,
    years: Sequence[Year],
    parts: Callable[[Year], tuple[Part, ...]],
    word: Callable[[str], str],
) -> Iterator[str]:
    yield ""
    yield f"{title:<40}" + "".join(f"{one.year:>9}" for one in years)
    names = list(dict.fromkeys(part.name for one in years for part in parts(one)))
    for name in names:
        cells = []
        for one in years:
            kwh = [part.final.value for part in parts(one) if part.name == name]
            cells.append(f"{_mwh(kwh[0]) if kwh else '–':>9}")
        yield f"  {word(name):<38}" + "".join(cells)


def _band(one: Band, unit: float) -> str:
    return f"{de(one.value / unit)} ({de(one.low / unit)}–{de(one.high / unit)})"


def _change(now: Band, before: Band) -> str:
    from edge.heat.scenario.words import percent  # noqa: PLC0415  # `--help` is quick

    found = percent(now.value, before.value)
    return "–" if found is None else f"{found:+.0f} %"


def _mwh(kwh: float) -> str:
    return de(kwh / 1e3)
