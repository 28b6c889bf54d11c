"""`dorfhub care rules`: the rules by which values of care are looked at."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.process.lifecycle import EXIT_CONFIG

if TYPE_CHECKING:
    from edge.care.rules.ruleset import RuleSet

ACKNOWLEDGED = (
    "NEWS2 ist von: Royal College of Physicians. National Early Warning Score (NEWS) 2: "
    "Standardising the assessment of acute-illness severity in the NHS. Updated report of a "
    "working party. London: RCP, 2017."
)


@click.group()
def rules() -> None:
    """Den Regelsatz zeigen oder einen eigenen prüfen."""


@rules.command("show")
@click.option("--rules", "source", help="Datei (TOML) oder default, static, news2.")
@click.option("--json", "as_json", is_flag=True, help="Als JSON, für Programme.")
@click.pass_obj
def show(config_path: Path, source: str | None, *, as_json: bool) -> None:
    """Zeige, welche Regeln gelten, mit allen Zahlen; Einheiten: docs/care-rules.md.

    Ohne --rules der Regelsatz dieses Hubs.

    \b
    Beispiel:
      dorfhub care rules show --rules static

    \b
    Rückgabewert (Exit code): 0 getan, 1 das ist kein Regelsatz, 78 hub.toml ist falsch.
    """
    from edge.care.rules.codec import plain  # noqa: PLC0415  # `--help` is quick
    from edge.care.rules.ruleset import RULES  # noqa: PLC0415
    from edge.care.rules.words import RULES as TITLES  # noqa: PLC0415

    found = rule_set(config_path, source)
    told = plain(found)
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    click.echo(f"Regelsatz: {found.name}")
    for name in RULES:
        rule = told[name]
        state = "gilt" if rule and rule.get("active", True) else "gilt nicht"
        click.echo(f"\n[{name}] {TITLES[name]}: {state}")
        if rule:
            _lines({key: one for key, one in rule.items() if key != "active"})
    for name in ("remeasure", "stream", "bundle", "plausible"):
        click.echo(f"\n[{name}]")
        _lines(told[name])
    click.echo(f"\n{ACKNOWLEDGED}")


@rules.command("check")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
def check(file: Path) -> None:
    """Prüfe einen Regelsatz; Fehler werden mit ihrer Stelle genannt.

    \b
    Beispiel:
      dorfhub care rules check regeln.toml

    \b
    Rückgabewert (Exit code): 0 in Ordnung, 1 ein Fehler, 2 die Datei gibt es nicht.
    """
    from edge.care.rules.ruleset import load  # noqa: PLC0415  # `--help` is quick

    with refused():
        found = load(file)
    click.echo(f"In Ordnung: {found.name}")


def rule_set(config_path: Path, source: str | None) -> RuleSet:
    """Return the rule set of a file or name, else the hub's own; say so if it is none."""
    from edge.care.rules.ruleset import SHIPPED, default, load  # noqa: PLC0415
    from edge.config import ConfigError  # noqa: PLC0415
    from edge.config import load as load_config  # noqa: PLC0415

    with refused():
        if source is not None:
            if source in SHIPPED:
                return load(source)
            if not Path(source).is_file():
                raise click.ClickException(f"Die Datei {source} gibt es nicht.")
            return load(Path(source))
        try:
            path = load_config(config_path).personal.rules
        except ConfigError as error:
            click.echo(f"{error}\n{error.hint}", err=True)
            raise SystemExit(EXIT_CONFIG) from None
        return default() if path is None else load(path)


@contextmanager
def refused() -> Iterator[None]:
    """Say in words what is no rule set, plan or recording."""
    from edge.care.rules.errors import RuleError  # noqa: PLC0415

    try:
        yield
    except RuleError as error:
        raise click.ClickException(error.hint) from None
    except OSError as error:
        raise click.ClickException(f"Die Datei ist nicht lesbar: {error.strerror}.") from None


def _lines(table: Mapping[str, object], indent: str = "  ") -> None:
    for key, one in table.items():
        if isinstance(one, Mapping):
            said = [f"{name} = {_text(each)}" for name, each in one.items() if each is not None]
            if any(isinstance(each, Mapping) for each in one.values()):
                click.echo(f"{indent}{key}:")
                _lines(one, f"{indent}  ")
            else:
                click.echo(f"{indent}{key}: {', '.join(said)}")
        else:
            click.echo(f"{indent}{key} = {_text(one)}")


def _text(one: object) -> str:
    if isinstance(one, bool):
        return "ja" if one else "nein"
    if isinstance(one, list):
        return " bis ".join(map(_text, one))
    return f"{one:g}".replace(".", ",") if isinstance(one, float) else str(one)
