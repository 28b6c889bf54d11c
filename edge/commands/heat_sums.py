"""`dorfhub heat sums`: sums of households who agree to them."""

from __future__ import annotations

from pathlib import Path

import click

from edge.commands.heat_estimate import TYPOLOGY


@click.command("sums")
@TYPOLOGY
@click.pass_obj
def sums(config_path: Path, *, typology_path: Path | None) -> None:
    """Bilde Summen aus Haushalten, die dem eigens zugestimmt haben, für die Schätzung.

    Das geschieht von selbst einmal am Tag, solange personal.db offen ist. Eine Summe hat
    mindestens 5 Haushalte, jeder steht in einer einzigen, und sie ändert sich nie. Wer darin ist,
    steht nirgends; gezeigt werden nur Bauart, Baualter und wie viel Prozent des Erwarteten es
    waren.

    \b
    Beispiel:
      dorfhub heat sums

    \b
    Rückgabewert (Exit code): 0 auch wenn es noch zu wenige sind; 1 die Typologie fehlt oder ist
    falsch, oder personal.db ist älter als die Summen; 75 personal.db ist verschlossen; 78 hub.toml
    ist falsch.
    """
    from edge.cadastre.household_sums import make_sums  # noqa: PLC0415  # `--help` is quick
    from edge.commands.heat_cadastre import in_words, village_of  # noqa: PLC0415
    from edge.commands.heat_estimate import typology_of  # noqa: PLC0415
    from edge.commands.unlocked import unlocked  # noqa: PLC0415
    from edge.heat.building import age_words  # noqa: PLC0415
    from edge.heat.sums import ANY  # noqa: PLC0415

    with in_words():
        values = typology_of(config_path, typology_path)
        with unlocked(config_path) as personal, village_of(config_path) as village:
            made = make_sums(personal, village, values)
            known = sorted(
                village.household_sums().values(), key=lambda one: (one.type, one.age, one.percent)
            )
    if made.missing:
        raise click.ClickException(
            f"personal.db ist älter als die Summen: {made.missing} von ihnen kennt sie nicht. "
            "Neue werden nicht gebildet, damit niemand in zweien steht. Bitte eine neuere "
            "Sicherung von personal.db zurückspielen."
        )
    click.echo(f"Neue Summen: {len(made.sizes)}. Haushalte, die auf andere warten: {made.waiting}.")
    click.echo(f"Haushalte, für die etwas fehlt oder nicht passt: {made.unsuitable}.")
    for one in known:
        age = "alle Baujahre" if one.age == ANY else age_words(one.age)
        click.echo(
            f"{one.type or 'alle Häuser':<12} {age:<14} {one.households:>3} Haushalte"
            f"  {one.percent:>4} % des Erwarteten"
        )
