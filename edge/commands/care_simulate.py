"""`dorfhub care simulate`: what a rule set does in a simulated ward whose truth is known."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

if TYPE_CHECKING:
    from edge.care.rules.ruleset import RuleSet
    from edge.trial.physiology import Physiology
    from edge.trial.score import Score
    from edge.trial.ward import Ward, Watched, Way

TOLD_EVERY_S = 5.0  # on a stream that is no terminal
MOST_BYTES = 100_000  # of a physiology: a few pages


@click.command()
@click.option("--seed", type=int, default=1, show_default=True, help="Andere Zahl, anderes Dorf.")
@click.option(
    "--people", type=click.IntRange(1, 20_000), default=200, show_default=True, help="Wie viele."
)
@click.option(
    "--days", type=click.IntRange(7, 730), default=90, show_default=True, help="Wie lange."
)
@click.option(
    "--physiology",
    default="usual",
    show_default=True,
    metavar="NAME|DATEI",
    help="Was für Menschen: eine mitgelieferte Physiologie oder eine TOML-Datei.",
)
@click.option(
    "--rules",
    "rules_name",
    default="default",
    show_default=True,
    metavar="NAME|DATEI",
    help="Nach welchem Regelsatz.",
)
@click.option("--alone", is_flag=True, help="Ohne den Vergleich mit festen Grenzen und NEWS2.")
@click.option("--jobs", type=click.IntRange(1, 64), default=None, help="Wie viele Prozesse.")
@click.option("--json", "as_json", is_flag=True, help="Als JSON, für Programme.")
def simulate(  # noqa: PLR0917  # click's options
    seed: int,
    people: int,
    days: int,
    physiology: str,
    rules_name: str,
    jobs: int | None,
    *,
    alone: bool,
    as_json: bool,
) -> None:
    """Lasse ein erdachtes Dorf leben und zähle, wen die Regeln zu Recht und umsonst rufen.

    Personen, Messgeräte und Wohnungen sind erdacht, die Regeln sind die des Hubs. Daneben stehen
    feste Grenzen und NEWS2 allein, auf denselben Daten. Gleiche Zahl, gleiches Ergebnis.
    Was angenommen wird und wie gezählt: docs/ward-simulator.md.

    \b
    Beispiele:
      dorfhub care simulate --seed 7
      dorfhub care simulate --physiology frail --people 50 --json
      dorfhub care simulate --rules eigene-regeln.toml --alone

    \b
    Rückgabewert (Exit code): 0 fertig, 2 Datei oder Angabe ist falsch.
    """
    from edge.trial.ward import Ward, scores, ways  # noqa: PLC0415  # only when it is run

    rules = _rules(rules_name)
    ward = Ward(seed, people, days, _physiology(physiology))
    by = ways(rules, peers=not alone)
    started_s = time.monotonic()
    progress = _Progress(people)
    events = 0

    def counted() -> Iterator[Watched]:
        nonlocal events
        for one in _watched(ward, by, jobs or os.cpu_count() or 1):
            events += one.events
            progress.one()
            yield one

    found = scores(ward, by, counted())
    progress.end()
    took_s = time.monotonic() - started_s
    click.echo(f"{events} Ereignisse in {took_s:.0f} s, {events / took_s:.0f}/s", err=True)
    if as_json:
        click.echo(json.dumps(_told(ward, found), ensure_ascii=False, indent=2))
    else:
        _say(ward, found)


def _watched(ward: Ward, by: Sequence[Way], jobs: int) -> Iterator[Watched]:
    """Yield each person, in order, whatever process had them."""
    from edge.trial.ward import watch  # noqa: PLC0415  # only when it is run

    numbers = range(1, ward.people + 1)
    if jobs == 1:
        yield from (watch(ward, number, by) for number in numbers)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(partial(watch, ward, by=by), numbers, chunksize=2)


def _told(ward: Ward, found: Sequence[Score]) -> dict[str, object]:
    return {
        "seed": ward.seed,
        "people": ward.people,
        "days": ward.days,
        "physiology": ward.physiology.name,
        "ways": [score.figures() for score in found],
    }


def _say(ward: Ward, found: Sequence[Score]) -> None:
    click.echo(
        f"{ward.people} Personen, {ward.days} Tage, Physiologie „{ward.physiology.name}“, "
        f"Zahl {ward.seed}. Fehlalarme und Rückfragen je Person und Monat."
    )
    for title, part in (("Messwerte", "vital"), ("Wohnung", "inactivity")):
        click.echo(
            f"\n{title:22}{'Fehlalarme':>11}{'Rückfragen':>11}{'erkannt':>10}{'Tage':>14}{'merklich':>10}"
        )
        for score in found:
            if part == "inactivity" and not score.watches_home:
                continue
            figures = cast("dict[str, Any]", score.figures()[part])
            found_of = f"{figures['found']}/{figures['deteriorations']}"
            click.echo(
                f"{score.name:22.22}{figures['false_per_person_month']:11.2f}"
                f"{figures['asks_per_person_month']:11.2f}{found_of:>10}{_days(figures):>14}"
                f"{_noticed(figures):>10}"
            )
    own = cast("dict[str, Any]", found[0].figures())
    click.echo("\nArt                     erkannt          Tage  merklich")
    for kind, figures in own["by_kind"].items():
        found_of = f"{figures['found']}/{figures['deteriorations']}"
        click.echo(
            f"{_KINDS.get(kind, kind):22.22}{found_of:>9}{_days(figures):>14}"
            f"{_noticed(figures):>10}"
        )
    click.echo("\nTage: von Beginn bis zum Ruf, Hälfte der Fälle und neun von zehn.")
    click.echo("Merklich: Tage, seit es zu sehen war (doppelte Schwankung der Person), Hälfte.")


_KINDS = {
    "infection": "Infekt",
    "exacerbation": "COPD-Schub",
    "decompensation": "Herzschwäche",
    "hypertensive_drift": "Bluthochdruck",
    "dehydration": "Austrocknung",
    "fall": "Sturz",
}


def _days(figures: dict[str, Any]) -> str:
    if figures["median_delay_days"] is None:
        return "–"
    return f"{figures['median_delay_days']:.2f} / {figures['delay_90_days']:.2f}"


def _noticed(figures: dict[str, Any]) -> str:
    days = figures["median_delay_noticeable_days"]
    return "–" if days is None else f"{days:.2f}"


def _rules(name: str) -> RuleSet:
    from edge.care.rules.errors import RuleError  # noqa: PLC0415  # only when it is run
    from edge.care.rules.ruleset import SHIPPED, load  # noqa: PLC0415  # as above

    try:
        return load(name if name in SHIPPED else Path(name))
    except RuleError as error:
        raise click.UsageError(f"{name}: {error.hint}") from error
    except OSError as error:
        raise click.UsageError(
            f"{name} lässt sich nicht lesen ({error.strerror}). Mitgeliefert: {', '.join(SHIPPED)}."
        ) from error


def _physiology(name: str) -> Physiology:
    from edge.trial.physiology import PhysiologyError, named, names, parse  # noqa: PLC0415

    try:
        if name in names():
            return named(name)
        with Path(name).open("rb") as file:
            return parse(file.read(MOST_BYTES).decode())
    except PhysiologyError as error:
        raise click.UsageError(f"{name}: {error.hint}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(
            f"{name} lässt sich nicht lesen. Mitgeliefert: {', '.join(names())}."
        ) from error


class _Progress:
    """How far it is, on standard error: one line that changes, or one every few seconds."""

    def __init__(self, people: int) -> None:
        self._people, self._done = people, 0
        self._terminal = sys.stderr.isatty()
        self._told_s = time.monotonic()

    def one(self) -> None:
        """Count one more person."""
        self._done += 1
        now_s = time.monotonic()
        if self._terminal or now_s - self._told_s >= TOLD_EVERY_S:
            self._told_s = now_s
            text = f"{self._done} von {self._people} Personen"
            click.echo(f"\r{text}" if self._terminal else text, nl=not self._terminal, err=True)

    def end(self) -> None:
        """Take away the line that changes."""
        if self._terminal:
            click.echo("\r" + " " * 40 + "\r", nl=False, err=True)
