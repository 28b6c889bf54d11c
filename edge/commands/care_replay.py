"""`dorfhub care replay`: what a rule set would have done."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.commands.care_rules import refused, rule_set
from edge.commands.unlocked import find_person, now_ms, unlocked

if TYPE_CHECKING:
    from edge.care.finding import Finding
    from edge.care.measured import Measured
    from edge.care.rules.plan import Plan
    from edge.care.rules.ruleset import RuleSet

_DAY_MS = 86_400_000


@click.command()
@click.argument(
    "file", required=False, type=click.Path(path_type=Path, dir_okay=False, exists=True)
)
@click.option(
    "--person", "who", metavar="PERSON", help="Statt einer Datei: was hier gespeichert ist."
)
@click.option(
    "--days",
    type=click.IntRange(1, 1800),
    default=90,
    show_default=True,
    help="Bei --person: die letzten so vielen Tage.",
)
@click.option("--rules", "source", help="Datei (TOML) oder default, static, news2.")
@click.option(
    "--record", is_flag=True, help="Bei --person: die Werte selbst als Aufzeichnung ausgeben."
)
@click.option("--json", "as_json", is_flag=True, help="Als JSON, für Programme.")
@click.pass_obj
def replay(  # its options
    config_path: Path,
    file: Path | None,
    who: str | None,
    days: int,
    source: str | None,
    *,
    record: bool,
    as_json: bool,
) -> None:
    """Zeige, was ein Regelsatz bei aufgezeichneten Werten getan hätte. Gerufen wird niemand.

    FILE hat eine Zeile JSON je Wert (docs/care-rules.md); --record schreibt eine. Bei --person
    gilt deren Plan mit eigenen Grenzen, Zeiten und Pausen, sonst keiner. Ohne --rules gilt der
    Regelsatz dieses Hubs.

    \b
    Beispiele:
      dorfhub care replay werte.jsonl --rules regeln.toml
      dorfhub care replay --person "Erna Weber" --days 30

    \b
    Rückgabewert (Exit code): 0 getan, 1 etwas davon ist nicht lesbar, 75 personal.db ist gesperrt,
    78 hub.toml ist falsch.
    """
    from edge.care.rules.plan import Plan  # noqa: PLC0415  # `--help` is quick
    from edge.care.rules.replay import read, write  # noqa: PLC0415
    from edge.ward.office import values_at_the_hub  # noqa: PLC0415

    if (file is None) == (who is None):
        raise click.UsageError("Bitte entweder FILE oder --person angeben.")
    plans: dict[int, Plan] = {}
    rules = rule_set(config_path, source)
    if file is not None:
        with refused(), file.open(encoding="utf-8", errors="replace") as lines:
            values = read(lines)
        plans = {one.person: Plan(one.person) for one in values}
    else:
        with unlocked(config_path) as store:
            person = find_person(store, str(who)).person
            since = now_ms() - days * _DAY_MS
            values = values_at_the_hub(store, person, since, "Nachrechnen, wann Regeln melden")
            # which sensors were theirs then, and the weather, nobody knows
            plans[person] = replace(store.plan(person, now_ms()), devices={}, weather=0)
        if record:
            for one in values:
                click.echo(write(one))
            return
    _tell(rules, plans, values, as_json=as_json)


def _tell(rules: RuleSet, plans: dict[int, Plan], values: list[Measured], *, as_json: bool) -> None:
    from edge.care.finding import Stage  # noqa: PLC0415  # as above
    from edge.care.rules.replay import replay as play  # noqa: PLC0415

    found: list[tuple[Plan, Finding]] = []
    with refused():
        for person, plan in plans.items():
            mine = [one for one in values if one.person == person]
            found += [(plan, one) for one in play(rules, plan, mine)]
    found.sort(key=lambda one: one[1].at)
    calls = sum(one.stage is Stage.RAISE for _, one in found)
    asks = sum(one.stage is Stage.ASK for _, one in found)
    if as_json:
        findings = [_plain(one) for _, one in found]
        summary = {"values": len(values), "people": len(plans), "asked": asks, "raised": calls}
        told = {"rules": rules.name, **summary, "findings": findings}
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    for plan, one in found:
        click.echo(_line(plan, one, several=len(plans) > 1))
    click.echo(
        f"Regelsatz „{rules.name}“, {len(values)} Werte von {len(plans)} Personen: "
        f"{asks}-mal nachgefragt, {calls}-mal jemanden gerufen."
    )


def _line(plan: Plan, one: Finding, *, several: bool) -> str:
    from edge.care.finding import Stage  # noqa: PLC0415  # as above
    from edge.care.rules.words import STAGES, URGENCIES, sentence  # noqa: PLC0415

    at = plan.local(one.at).strftime("%d.%m.%Y %H:%M")
    who = f"Nr. {one.person}  " if several else ""
    urgency = "" if one.stage is Stage.END else f" ({URGENCIES[one.urgency]})"
    return f"{at}  {who}{STAGES[one.stage]}{urgency}: {sentence(one)}"


def _plain(one: Finding) -> dict[str, object]:
    return {
        "person": one.person,
        "key": one.key,
        "rule": one.rule,
        "stage": one.stage.value,
        "urgency": one.urgency.name.lower(),
        "at": one.at,
        "since": one.since,
        "facts": dict(one.facts),
    }
